"""What explain says of convolutions and dense layers, computed once more: from the file's bytes, with numpy alone.

    python independent.py                      records the answers for models/ in recorded.json.gz, which the tests read
    python independent.py FOLDER ...           compares `requant explain --json` of every model in the folders, in every profile

The second form needs the project built (`npm run build`), and ends with exit status 1 if a number differs.
"""

import gzip
import json
import math
import struct
import subprocess
import sys
from pathlib import Path

import numpy as np

PROJECT = Path(__file__).resolve().parents[2]
PROFILES = ["tflite", "tflite-2.19", "tflm", "single-rounding"]


# ---- the file: just so much of a flatbuffer reader as is needed


class Table:
    def __init__(self, data, at):
        self.data, self.at = data, at
        self.vtable = at - struct.unpack_from("<i", data, at)[0]
        self.size = struct.unpack_from("<H", data, self.vtable)[0]

    def field(self, i):
        """Where field i lies; None if it is left out."""
        slot = 4 + 2 * i
        offset = struct.unpack_from("<H", self.data, self.vtable + slot)[0] if slot < self.size else 0
        return self.at + offset if offset else None

    def scalar(self, i, kind, default=0):
        at = self.field(i)
        return default if at is None else struct.unpack_from("<" + kind, self.data, at)[0]

    def table(self, i):
        at = self.field(i)
        return None if at is None else Table(self.data, at + struct.unpack_from("<I", self.data, at)[0])

    def vector(self, i, dtype):
        at = self.field(i)
        if at is None:
            return np.array([], dtype)
        at += struct.unpack_from("<I", self.data, at)[0]
        return np.frombuffer(self.data, np.dtype(dtype).newbyteorder("<"), struct.unpack_from("<I", self.data, at)[0], at + 4)

    def tables(self, i):
        at = self.field(i)
        if at is None:
            return []
        at += struct.unpack_from("<I", self.data, at)[0]
        count = struct.unpack_from("<I", self.data, at)[0]
        places = range(at + 4, at + 4 + 4 * count, 4)
        return [Table(self.data, place + struct.unpack_from("<I", self.data, place)[0]) for place in places]


OPS = {3: "CONV_2D", 4: "DEPTHWISE_CONV_2D", 9: "FULLY_CONNECTED", 67: "TRANSPOSE_CONV"}
TYPES = {0: "float32", 2: "int32", 3: "uint8", 4: "int64", 7: "int16", 9: "int8", 17: "int4"}
RANGES = {"int4": (-8, 7), "int8": (-128, 127), "uint8": (0, 255), "int16": (-32768, 32767)}


class Tensor:
    def __init__(self, table, buffers, index):
        self.index = index
        self.shape = table.vector(0, "i4").tolist()
        self.dtype = TYPES.get(table.scalar(1, "b"), "other")
        data = buffers[table.scalar(2, "I")].vector(0, "u1")
        self.bytes = len(data)
        self.values = self.unpacked(data) if len(data) else None
        q = table.table(4)
        self.scales = q.vector(2, "f4") if q else np.array([], "f4")
        self.zero_points = q.vector(3, "i8").tolist() if q else []

    def unpacked(self, data):
        if self.dtype == "int4":
            nibbles = np.stack([data & 15, data >> 4], 1).reshape(-1)[: math.prod(self.shape)].astype("i8")
            return np.where(nibbles > 7, nibbles - 16, nibbles)
        return data.view(self.dtype).astype("i8") if self.dtype in ("int8", "uint8", "int16", "int32", "int64") else None

    @property
    def size(self):
        return math.prod(self.shape)

    @property
    def zero_point(self):
        return self.zero_points[0] if len(self.zero_points) == 1 else 0


def nodes_of(path):
    """(number, operator, its options' table, inputs, outputs) of every node that this file knows."""
    data = path.read_bytes()
    model = Table(data, struct.unpack_from("<I", data, 0)[0])
    codes = [max(code.scalar(0, "b"), code.scalar(3, "i")) for code in model.tables(1)]
    buffers = model.tables(4)
    graph = model.tables(2)[0]
    tensors = [Tensor(table, buffers, i) for i, table in enumerate(graph.tables(0))]
    for number, node in enumerate(graph.tables(3)):
        op = OPS.get(codes[node.scalar(0, "I")])
        inputs = [tensors[i] if i >= 0 else None for i in node.vector(1, "i4")]
        if op:
            yield number, op, node.table(4), inputs, [tensors[i] for i in node.vector(2, "i4")]


# ---- arithmetic


def round_half_away(x):
    return int(math.floor(abs(x) + 0.5)) * (1 if x >= 0 else -1)


def quantize_multiplier(real):
    fraction, shift = math.frexp(real)
    multiplier = round_half_away(fraction * 2.0**31)
    if multiplier == 2**31:
        multiplier, shift = 2**30, shift + 1
    return (0, 0) if shift < -31 else (multiplier, shift)


def clamp(activation, output):
    """The fused activation's number in the schema: 0 none, 1 RELU, 2 RELU_N1_TO_1, 3 RELU6."""
    least, most = RANGES[output.dtype]
    low, high = {1: (0, None), 2: (-1, 1), 3: (0, 6)}.get(activation, (None, None))
    quantized = lambda real: output.zero_point + round_half_away(float(np.float32(real) / output.scales[0]))
    return (
        least if low is None else max(least, quantized(low)),
        most if high is None else min(most, quantized(high)),
    )


def padding(size, output, filter, stride, dilation):
    """Before and after, along one dimension."""
    whole = max((output - 1) * stride + (filter - 1) * dilation + 1 - size, 0)
    return whole // 2, whole - whole // 2


def sums(weights, groups, low, high, bias):
    """The least and the greatest sum of each channel; `weights` is [channels, terms], `groups` says which terms meet."""
    lows, highs = [], []
    for group in set(groups):
        part = weights[:, [g == group for g in groups]]
        lows.append(np.minimum(part * low, part * high).sum(1))
        highs.append(np.maximum(part * low, part * high).sum(1))
    return (np.min(lows, 0) + bias).tolist(), (np.max(highs, 0) + bias).tolist()


# ---- nodes


def node_facts(number, op, options, inputs, outputs, profile):
    """The numbers of one node; None where it computes in float."""
    is_transposed, is_dense, is_depthwise = op == "TRANSPOSE_CONV", op == "FULLY_CONNECTED", op == "DEPTHWISE_CONV_2D"
    x = inputs[2 if is_transposed else 0]
    w = inputs[1]
    place = 3 if is_transposed else 2
    b = inputs[place] if len(inputs) > place else None
    y = outputs[0]
    if x.dtype not in RANGES or w.values is None:
        return None

    if is_dense:
        channels, depth = w.shape
        activation = options.scalar(0, "b") if options else 0
        weights, groups, macs, window = w.values.reshape(channels, depth), [0] * depth, y.size * depth, None
    else:
        _, height, width, _ = w.shape
        channels = w.shape[3] if is_depthwise else w.shape[0]
        stride = [options.scalar(2, "i"), options.scalar(1, "i")]
        activation = options.scalar(4 if is_depthwise else 3, "b")
        first = 5 if is_depthwise else 4
        dilation = [1, 1] if is_transposed else [options.scalar(first + 1, "i", 1), options.scalar(first, "i", 1)]
        large, small = (y, x) if is_transposed else (x, y)
        pads = [padding(large.shape[1 + d], small.shape[1 + d], w.shape[1 + d], stride[d], dilation[d]) for d in (0, 1)]
        window = {
            "filter": [height, width],
            "stride": stride,
            "dilation": dilation,
            "padding": {
                "mode": ["SAME", "VALID"][options.scalar(0, "b")],
                "top": pads[0][0],
                "left": pads[1][0],
                "bottom": pads[0][1],
                "right": pads[1][1],
            },
        }
        if is_depthwise:
            weights, groups = w.values.reshape(height * width, channels).T, [0] * (height * width)
            macs = y.size * height * width
        else:
            weights = w.values.reshape(channels, -1)
            taps = [(ky, kx) for ky in range(height) for kx in range(width) for _ in range(w.shape[3])]
            groups = [(ky % stride[0], kx % stride[1]) if is_transposed else 0 for ky, kx in taps]
            macs = x.size * height * width * channels if is_transposed else y.size * weights.shape[1]

    input_offset, filter_offset = (0 if x.dtype == "int16" else -x.zero_point), 0
    if w.dtype == "uint8" or is_dense:
        filter_offset = -w.zero_point
    is_wide = x.dtype == "int16" and (b is None or b.dtype == "int64")
    least, most = RANGES[x.dtype]
    bias = 0 if b is None else b.values
    low, high = sums(weights + filter_offset, groups, least + input_offset, most + input_offset, bias)
    low = low if isinstance(low, list) else [low]

    scale_in, scale_out = np.float64(x.scales[0]), np.float64(y.scales[0])
    # GetQuantizedConvolutionMultipler multiplies the scales in float32: of uint8 layers, and up to TensorFlow 2.19 of dense ones
    # with one scale for all channels.
    is_dense_of_219 = is_dense and profile == "tflite-2.19" and len(w.scales) == 1
    if is_dense_of_219 or (x.dtype == "uint8" and not is_dense):
        products = [np.float64(np.float32(x.scales[0] * w.scales[0]))]
    else:
        products = [scale_in * np.float64(scale) for scale in w.scales]
    multipliers = []
    for product in products:
        real = float(product / scale_out)
        if is_dense and profile == "tflite":
            multipliers.append([real, None, None, None])
            continue
        multiplier, shift = quantize_multiplier(real)
        reduced = (min((multiplier + 2**15) >> 16, 2**15 - 1)) if is_wide else None
        multipliers.append([real, multiplier, shift, reduced])

    smallest, largest = clamp(activation, y)
    tensor = lambda t: {
        "index": t.index,
        "dtype": t.dtype,
        "shape": t.shape,
        "scales": [float(scale) for scale in t.scales],
        "zeroPoints": t.zero_points,
    }
    return {
        "node": number,
        "op": op,
        "input": tensor(x),
        "filter": tensor(w),
        "output": tensor(y),
        "offsets": {"input": input_offset, "filter": filter_offset, "output": y.zero_point},
        "window": window,
        "accumulator": {
            "type": "int64" if is_wide else "int32",
            "terms": max(groups.count(group) for group in set(groups)),
            "low": low,
            "high": high,
            "bound": max(-min([0, *low]), max([0, *high])),
        },
        "multipliers": multipliers,
        "products": [float(product) for product in products],
        "clamp": [smallest, largest],
        "macs": macs,
        "parameters": {"count": w.size + (b.size if b else 0), "bytes": w.bytes + (b.bytes if b else 0)},
    }


def model_facts(path, profile):
    return [fact for fact in (node_facts(*node, profile) for node in nodes_of(path)) if fact is not None]


# ---- the two forms


def record():
    """Of profiles but the first, only the nodes in which they differ from it."""
    recorded = []
    for path in sorted((PROJECT / "models").glob("*/model.tflite")):
        first = model_facts(path, PROFILES[0])
        for profile in PROFILES:
            facts = model_facts(path, profile)
            nodes = facts if profile == PROFILES[0] else [fact for fact, other in zip(facts, first) if fact != other]
            recorded.append({"model": path.parent.name, "profile": profile, "nodes": nodes})
    target = PROJECT / "test/explain/recorded.json.gz"
    target.write_bytes(gzip.compress(json.dumps(recorded, separators=(",", ":")).encode(), mtime=0))
    print(f"{len(recorded)} answers, {target.stat().st_size} bytes")


def explained(node):
    """Of what explain says of a node, what node_facts computes."""
    tensors = {tensor["role"]: tensor for tensor in node["inputs"] + node["outputs"]}
    tensor = lambda role: {
        **{key: tensors[role][key] for key in ("index", "dtype", "shape")},
        "scales": tensors[role]["quantization"]["scales"],
        "zeroPoints": tensors[role]["quantization"]["zeroPoints"],
    }
    [rescaling] = node["rescalings"]
    return {
        **{key: node[key] for key in ("node", "op", "offsets", "window", "macs", "parameters")},
        **{role: tensor(role) for role in ("input", "filter", "output")},
        "accumulator": {key: node["accumulator"][key] for key in ("type", "terms", "low", "high", "bound")},
        "multipliers": [
            [multiplier[key] for key in ("real", "multiplier", "shift", "reduced")]
            for multiplier in rescaling["multipliers"]
        ],
        "products": rescaling["steps"][0]["values"],
        "clamp": [node["clamp"]["min"]["value"], node["clamp"]["max"]["value"]],
    }


def numbers(value):
    """How many values a fact is made of."""
    if isinstance(value, dict):
        return sum(numbers(part) for part in value.values())
    return sum(numbers(part) for part in value) if isinstance(value, list) else 1


def compare(folders):
    paths = sorted(path for folder in folders for path in Path(folder).rglob("*.tflite"))
    nodes = values = different = refused = left = 0
    for path in paths:
        for profile in PROFILES:
            command = ["node", PROJECT / "dist/src/cli/main.js", "explain", path, "--json", "--profile", profile]
            run = subprocess.run(command, capture_output=True, text=True)
            if run.returncode != 0:
                refused += 1
                print(f"{path} ({profile}): {run.stderr.splitlines()[0]}")
                continue
            said = {node["node"]: node for node in json.loads(run.stdout)["nodes"]}
            facts = model_facts(path, profile)
            left += len(list(nodes_of(path))) - len(facts)
            for fact in facts:
                nodes += 1
                values += numbers(fact)
                found = explained(said[fact["node"]])
                for key, value in fact.items():
                    if found[key] != value:
                        different += 1
                        print(f"{path} ({profile}), node {fact['node']} {fact['op']}, {key}: {found[key]}, not {value}"[:400])
    print(f"{len(paths)} models, {nodes} nodes, {values} values: {different} facts differ")
    print(f"not compared: {refused} times a model that requant refuses, {left} nodes in float or without constant weights")
    return 1 if different else 0


if __name__ == "__main__":
    if len(sys.argv) == 1:
        record()
    else:
        sys.exit(compare(sys.argv[1:]))
