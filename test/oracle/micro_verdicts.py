#!/usr/bin/env python3
"""
Asks TensorFlow Lite Micro which one-operator models it takes: AllocateTensors and Invoke of tflite-micro, on the models of
random_models.py and on what is left of them after one to three changes of a kind that other converters, other options or
other runtimes would make: element types (of all tensors, of the activations alone, of one), quantization, constant or
computed inputs, ranks, fused activations, inputs left out or added.

Writes OUT/micro_verdicts.zip: verdicts.json lists the cases, the models lie back to back in models.bin. A verdict is

- runs: AllocateTensors and both runs went through;
- refused: one of them answered with an error; `message` is what TensorFlow Lite Micro printed;
- dies: the process ended, by an abort or by memory that is not its own.

Each model is asked for twice, in processes whose fresh memory is filled with different bytes; where they disagree, what the
kernel does is an accident, and the case is left out and counted.

Needs ai-edge-litert, which brings flatbuffers and settles the shapes of outputs, numpy and tflite-micro.
"""

import argparse
import importlib.metadata
import json
import os
import pathlib
import select
import subprocess
import sys
import tempfile
import zipfile
from collections import Counter

import numpy as np
from ai_edge_litert import schema_py_generated as schema
from flatbuffers import flexbuffers

import operators
from draw import LIMITS, QUANTIZED, RUNS, Draw
from graph import Graph, Node, Tensor, describe, numpy_type, to_bytes
from witness import PROGRAMS, Died, Refused, Witness, read_arrays, write_request

ARENA = 1 << 20


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ops", type=lambda text: text.split(","), default=[*CASES], help="A,B (default: all)")
    parser.add_argument("--count", type=int, default=32, help="cases of each operator")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--out", type=pathlib.Path, required=True, help="folder to write to")
    parser.add_argument("--verbose", action="store_true", help="print every case")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    counts, cases, seen = Counter(), [], set()
    for op in options.ops:
        own = Counter()
        for number in range(options.count):
            fate, case = record(op, options.seed, number)
            if case is not None and case["model"] in seen:
                fate, case = "seen before", None
            own[fate] += 1
            if case is None:
                continue
            seen.add(case["model"])
            cases.append(case)
            if options.verbose:
                print(fate, case["text"], case.get("message", ""))
        counts += own
        print(f"{op}:", ", ".join(f"{n} {fate}" for fate, n in sorted(own.items())), flush=True)
    cases += absent() if options.ops == [*CASES] else []
    write_zip(options.out / "micro_verdicts.zip", options.seed, cases)
    print(f"seed {options.seed}: {len(cases)} models;", ", ".join(f"{n} {fate}" for fate, n in sorted(counts.items())))


def record(op, seed, number):
    """(the verdict, the case), or why there is none."""
    d = Draw("micro", seed, op, number)
    graph = settled(op, seed, number)
    if graph is None:
        return "not settled", None
    for _ in range(d.choice(0, 1, 1, 1, 2, 3)):
        change(d, graph)
    mend(graph)
    runs = [[tensor.runs[run] for tensor in graph.inputs] for run in range(RUNS)]
    model = to_bytes(graph)
    shapes = shapes_of(graph, model, runs)
    if shapes == "wrong":
        return "wrong shapes", None
    verdict = ask(model, runs)
    if verdict is None or verdict == ("dies", "signal 11") and shapes == "refused":
        return "unstable", None
    if any(words in verdict[1] for words in ABOUT_VALUES):
        return "wrong values", None
    return verdict[0], {"op": op, "model": model, "text": describe(graph), "verdict": verdict[0], "message": verdict[1]}


def mend(graph):
    """No division by zero or, of the least integer, by -1, and no loop that is never entered."""
    for node in (node for part in graph.subgraphs for node in part.nodes):
        tensor = node.inputs[1] if len(node.inputs) > 1 else None
        if node.op in ("DIV", "FLOOR_DIV", "FLOOR_MOD"):
            zero = int(np.atleast_1d(tensor.zero_point)[0]) if tensor.scale is not None else 0
            safe = 1 if zero == 0 else 0
            nonzero = lambda values: np.where((values == zero) | (values == -1), safe, values).astype(values.dtype)
            if tensor.runs:
                tensor.runs = [nonzero(values) for values in tensor.runs]
            else:
                tensor.data = nonzero(tensor.data)
        elif op_of_loop(graph) and node.op == "LESS" and tensor.data is not None:
            tensor.data = np.maximum(tensor.data, 2)


def op_of_loop(graph):
    return any(node.op == "WHILE" for node in graph.nodes)


def settled(op, seed, number):
    """The case of that number, its outputs' shapes as TFLite finds them."""
    kinds = CASES[op]
    graph = kinds[number % len(kinds)](seed, number)
    runs = [[tensor.runs[run] for tensor in graph.inputs] for run in range(RUNS)]
    if all(tensor.shape for tensor in graph.outputs):
        return graph
    try:
        answers = SHAPES.answers(to_bytes(graph), runs)
    except (Refused, Died):
        return None
    for tensor, answer in zip(graph.outputs, answers[0], strict=True):
        tensor.shape = answer.shape
    return graph


ABOUT_VALUES = ("Division by 0", "index out of bounds", "Rsqrt is only defined for positive values", "ValidateBoxes")


def shapes_of(graph, model, runs):
    """
    Whether TFLite takes the model, and finds the shapes that the file has. Where it does not take it, TensorFlow Lite Micro may
    well read what is not there: a segmentation fault is an accident then.
    """
    try:
        answers = SHAPES.answers(model, runs)
    except (Refused, Died):
        return "refused"
    right = all(tensor.shape == answer.shape for tensor, answer in zip(graph.outputs, answers[0], strict=True))
    return "right" if right else "wrong"


# ---- the cases


def case_of(op, dtype):
    return lambda seed, number: operators.make_case(op, dtype, seed, number)


def drawn(recipe, op, dtype):
    return lambda seed, number: Graph([recipe(Draw(seed, op, dtype, number), op, dtype)])


def add_n(d, op, dtype):
    graph = operators.add_n(d, op, dtype)
    for tensor in [*graph.inputs, *graph.outputs]:
        tensor.scale, tensor.zero_point = np.float32(2.0**-5), 3
    graph.outputs[0].shape = graph.inputs[0].shape
    return graph


def circular_buffer(d, op, dtype):
    rows, width, depth = d.integer(1, 5), d.integer(1, 3), d.integer(1, 3)
    x = d.input(dtype, (1, 1, width, depth), **d.quantization(dtype))
    y = Tensor(dtype, (1, rows, width, depth), scale=x.scale, zero_point=x.zero_point)
    return Node(op, [x], [y], custom=bytes(flexbuffers.Dumps([d.integer(1, 3)])))


def detection_in_float(d, op, dtype):
    node = operators.detection_postprocess(d, op, "uint8")
    for tensor in node.inputs:
        dequantized = lambda data, t=tensor: (np.float32(data) - t.zero_point) * np.float32(t.scale)
        if tensor.runs:
            tensor.runs = [dequantized(data) for data in tensor.runs]
        else:
            tensor.data = dequantized(tensor.data)
        tensor.dtype, tensor.scale = dtype, None
    settings = flexbuffers.Loads(node.custom)
    found = settings["max_detections"]
    for tensor, shape in zip(node.outputs, ((1, found, 4), (1, found), (1, found), (1,))):
        tensor.shape = shape
    return node


def variable_without_init(d, op, dtype):
    """VAR_HANDLE, READ_VARIABLE, ASSIGN_VARIABLE of what CALL_ONCE did not set."""
    graph = operators.variable(d, op, dtype)
    return Graph(graph.nodes[1:], graph.inputs, graph.outputs)


CASES = {op: [case_of(op, dtype) for dtype in types] for op, types in operators.TABLE.items()}
for names, recipe, dtype in (
    ("CEIL COS SIN FLOOR ROUND SQUARE ABS NEG LOG RSQRT ELU ZEROS_LIKE", operators.plain, "float32"),
    ("L2_POOL_2D", operators.pool, "float32"),
    ("LOG_SOFTMAX", operators.softmax, "float32"),
    ("EQUAL NOT_EQUAL LESS LESS_EQUAL GREATER GREATER_EQUAL", operators.comparison, "float32"),
    ("FLOOR_DIV FLOOR_MOD", lambda d, op, dtype: operators.div(d, op, dtype), "float32"),
    ("SQUARED_DIFFERENCE", operators.squared_difference, "float32"),
    ("SUM REDUCE_MAX REDUCE_MIN", operators.reduction, "float32"),
    ("ADD_N", add_n, "int8"),
    ("CIRCULAR_BUFFER", circular_buffer, "int8"),
    ("TFLite_Detection_PostProcess", detection_in_float, "float32"),
):
    for name in names.split():

        def made(seed, number, name=name, recipe=recipe, dtype=dtype):
            made = recipe(Draw(seed, name, dtype, number), name, dtype)
            graph = made if isinstance(made, Graph) else Graph([made])
            for node in graph.nodes:
                if recipe is operators.plain:
                    node.outputs[0].shape = node.inputs[0].shape
                if name in ("FLOOR_DIV", "FLOOR_MOD", "LOG_SOFTMAX"):
                    node.options = None
            return graph

        CASES.setdefault(name, []).append(made)
CASES["VAR_HANDLE"].append(
    lambda seed, number: variable_without_init(Draw(seed, "VAR_HANDLE", number), "VAR_HANDLE", "int8")
)
CASES = {op: CASES[op] for op in sorted(CASES)}


def absent():
    """A model of each operator of the schema that no case is about."""
    cases = []
    for name in sorted(vars(schema.BuiltinOperator)):
        if name[0] == "_" or name in CASES or name in ("CUSTOM", "PLACEHOLDER_FOR_GREATER_OP_CODES"):
            continue
        if name in ("ASSIGN_VARIABLE", "READ_VARIABLE", "CALL_ONCE"):  # parts of other cases
            continue
        quantized = {"scale": np.float32(0.5), "zero_point": 0}
        x = Tensor("int8", (1, 2), **quantized, runs=[np.zeros((1, 2), np.int8)] * RUNS)
        graph = Graph([Node(name, [x], [Tensor("int8", (1, 2), **quantized)])])
        model = to_bytes(graph)
        verdict, message = ask(model, [[x.runs[run]] for run in range(RUNS)])
        cases.append({"op": name, "model": model, "text": describe(graph), "verdict": verdict, "message": message})
    return cases


# ---- changes

TYPES = ("int8", "uint8", "int16", "int32", "int64", "bool", "float32")


def change(d, graph):
    node = graph.nodes[-1] if len(graph.nodes) < 3 else d.choice(*graph.nodes)
    kind = d.choice(*KINDS)
    kind(d, graph, node)


def tensors_of(node):
    return [tensor for tensor in [*node.inputs, *node.outputs] if tensor is not None and tensor.dtype != "resource"]


def all_types(d, graph, node):
    """Every tensor of the type of the activations gets another."""
    tensors = tensors_of(node)
    if tensors:
        old, new = tensors[-1].dtype, d.choice(*TYPES)
        for tensor in tensors_of(node):
            if tensor.dtype == old:
                retype(d, tensor, new)


def activation_types(d, graph, node):
    """Inputs and outputs, not constants."""
    tensors = [tensor for tensor in tensors_of(node) if tensor.data is None]
    if tensors:
        old, new = tensors[-1].dtype, d.choice(*TYPES)
        for tensor in tensors:
            if tensor.dtype == old:
                retype(d, tensor, new)


def one_type(d, graph, node):
    tensor = d.choice(*tensors_of(node)) if tensors_of(node) else None
    if tensor is not None:
        retype(d, tensor, d.choice("int4" if tensor.data is not None else "uint32", *TYPES, *TYPES))


def retype(d, tensor, dtype):
    if tensor.dtype == dtype or tensor.variable and dtype == "int4":
        return
    if tensor.data is not None and tensor.dtype in ("int32", "int64") and tensor.scale is None:
        if dtype not in ("int32", "int64", "float32"):
            return  # axes, sizes: narrower ones are read beyond their end
    tensor.dtype = dtype
    low, high = LIMITS.get(dtype, (0, 1000) if dtype == "uint32" else (-1e9, 1e9))
    fit = lambda data: np.clip(data.astype(np.float64), low, high).astype(numpy_type(dtype))
    if tensor.runs:
        tensor.runs = [fit(data) for data in tensor.runs]
    if tensor.data is not None:
        tensor.data = fit(tensor.data)
    if dtype not in QUANTIZED and dtype not in ("int32", "int4") and d.chance(0.8):
        tensor.scale = None
    elif dtype in QUANTIZED and tensor.scale is None and d.chance(0.7):
        tensor.scale, tensor.zero_point = np.float32(0.05), 0
    if tensor.scale is not None and dtype in ("int8", "int16", "uint8"):
        tensor.zero_point = np.clip(tensor.zero_point, low, high)
        if dtype == "int16" and d.chance(0.8):
            tensor.zero_point = tensor.zero_point * 0


def quantization(d, graph, node):
    tensors = [tensor for tensor in tensors_of(node) if tensor.scale is not None]
    if not tensors:
        return
    tensor = d.choice(*tensors)
    what = d.choice("none", "zero point", "scale", "large", "channels", "alike", "unit")
    if what == "none":
        tensor.scale = None
    elif what == "zero point":
        tensor.zero_point = np.asarray(tensor.zero_point) * 0 + d.choice(-128, -1, 0, 1, 127, 128)
    elif what == "scale":
        tensor.scale = np.float32(np.asarray(tensor.scale) * d.choice(0.5, 1.0001, 1.5, 3, 100))
    elif what == "large":
        tensor.scale = np.float32(np.asarray(tensor.scale) * 0 + d.choice(1e-12, 1e-3, 1, 1000))
    elif what == "channels":
        axis = d.integer(0, len(tensor.shape) - 1) if tensor.shape else 0
        count = tensor.shape[axis] if tensor.shape and d.chance(0.7) else d.integer(1, 4)
        tensor.scale, tensor.axis = np.full(count, np.atleast_1d(tensor.scale)[0]), axis
        tensor.zero_point = np.full(count, np.atleast_1d(tensor.zero_point)[0])
    elif what == "alike":
        for other in tensors:
            other.scale, other.zero_point = tensors[0].scale, tensors[0].zero_point
    else:
        tensor.scale, tensor.zero_point = np.float32(d.choice(1 / 256, 1 / 128, 1 / 32768, 1 / 16)), d.choice(-128, 0, 127)


def constness(d, graph, node):
    """A constant becomes an input, or an input a constant."""
    tensors = [t for t in node.inputs if t is not None and (t.data is not None or t.runs) and t.dtype != "int4"]
    if not tensors:
        return
    tensor = d.choice(*tensors)
    if tensor.data is not None:
        tensor.runs, tensor.data = [tensor.data] * RUNS, None
        graph.inputs.append(tensor)
    elif len(graph.inputs) > 1 and tensor in graph.inputs:
        tensor.data, tensor.runs = tensor.runs[0], None
        graph.inputs.remove(tensor)


def ranks(d, graph, node):
    """Dimensions of 1 in front of every tensor of the highest rank."""
    tensors = tensors_of(node)
    highest = max((len(tensor.shape) for tensor in tensors), default=0)
    more = d.integer(1, 3)
    if highest + more > 6 or node.op in WINDOWS:
        return
    for tensor in tensors:
        if len(tensor.shape) == highest and not tensor.variable:
            tensor.shape = (1,) * more + tuple(tensor.shape)
            if tensor.runs:
                tensor.runs = [data.reshape(tensor.shape) for data in tensor.runs]
            if tensor.data is not None:
                tensor.data = tensor.data.reshape(tensor.shape)


WINDOWS = "CONV_2D DEPTHWISE_CONV_2D TRANSPOSE_CONV AVERAGE_POOL_2D MAX_POOL_2D L2_POOL_2D SVDF".split()
WINDOWS += ["UNIDIRECTIONAL_SEQUENCE_LSTM"]  # they read dimensions that are not there, and so does nobody else


def one_rank(d, graph, node):
    """The same of one tensor."""
    tensor = d.choice(*tensors_of(node)) if tensors_of(node) else None
    if tensor is not None and len(tensor.shape) < 6 and not tensor.variable and node.op not in WINDOWS:
        tensor.shape = (1, *tensor.shape)
        if tensor.runs:
            tensor.runs = [data.reshape(tensor.shape) for data in tensor.runs]
        if tensor.data is not None:
            tensor.data = tensor.data.reshape(tensor.shape)


def activation(d, graph, node):
    if hasattr(node.options, "fusedActivationFunction"):
        node.options.fusedActivationFunction = d.integer(0, 4)
    elif hasattr(node.options, "alignCorners"):
        node.options.alignCorners, node.options.halfPixelCenters = d.chance(0.5), d.chance(0.5)
    elif hasattr(node.options, "beta"):
        node.options.beta = d.choice(0.0, 1.0, 100.0)


def inputs_given(d, graph, node):
    """An optional input is left out, in either way, or there is one more or nine more like the last."""
    if not node.inputs:
        return
    what = d.choice("fewer", "none", "more", "many")
    if what in ("fewer", "none"):
        place = OPTIONAL.get(node.op)
        if place is not None and len(node.inputs) == place + 1 and node.inputs[place] not in graph.inputs:
            node.inputs[place:] = [None] if what == "none" else []
    else:
        node.inputs += [node.inputs[-1]] * (1 if what == "more" else 9)


OPTIONAL = {"CONV_2D": 2, "DEPTHWISE_CONV_2D": 2, "FULLY_CONNECTED": 2, "TRANSPOSE_CONV": 3, "RESHAPE": 1}


KINDS = [*[all_types] * 5, *[activation_types] * 3, *[one_type] * 4, *[quantization] * 4, *[constness] * 2, *[ranks] * 2]
KINDS += [one_rank, activation, activation, inputs_given]


# ---- asking


def serve():
    """Like witness.py's, but tells what TensorFlow Lite Micro printed."""
    from tflite_micro.python.tflite_micro import runtime

    requests, replies = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    printed = tempfile.TemporaryFile()
    os.dup2(printed.fileno(), 2)
    while line := requests.readline():
        size, inputs, runs = map(int, line.split())
        model = requests.read(size)
        values = read_arrays(requests, inputs, runs)
        os.ftruncate(2, 0)
        os.lseek(2, 0, os.SEEK_SET)
        stage = "prepare"
        try:
            interpreter = runtime.Interpreter.from_bytes(model, arena_size=ARENA)
            for arrays in values:
                stage = "input"
                for i, value in enumerate(arrays):
                    interpreter.set_input(value, i)
                stage = "invoke"
                interpreter.invoke()
            stage = "runs"
        except (RuntimeError, ValueError) as error:
            reason = str(error)
        printed.seek(0)
        said = " ".join(printed.read().decode(errors="replace").split())
        if stage == "input":
            said = reason
        replies.write((json.dumps([stage, said]) + "\n").encode())
        replies.flush()


class Asked(Witness):
    def verdict(self, model, runs):
        if self.process is None:
            pipe, null = subprocess.PIPE, subprocess.DEVNULL
            self.process = subprocess.Popen(self.command, stdin=pipe, stdout=pipe, stderr=null, env=self.environment)
        try:
            write_request(self.process.stdin, model, runs)
            if not select.select([self.process.stdout], [], [], 60)[0]:
                raise EOFError
            line = self.process.stdout.readline()
            if not line:
                raise EOFError
            return json.loads(line)
        except (EOFError, BrokenPipeError):
            self.process.kill()
            code = self.process.wait()
            self.process = None
            return ["dies", f"signal {-code}"] if code < 0 and code != -9 else ["no answer", ""]


SHAPES = Witness(PROGRAMS["tflite"], 0x55)
MICRO = [Asked([sys.executable, __file__, "serve"], fill) for fill in (0x55, 0xAA)]


def ask(model, runs):
    """(verdict, message); None where it is an accident, or the package cannot hand over the inputs."""
    first, second = (witness.verdict(model, runs) for witness in MICRO)
    if first[0] != second[0] or first[0] in ("input", "no answer"):
        return None
    stage, message = first
    if stage in ("runs", "dies"):
        return stage, message if stage == "dies" else ""
    return "refused", f"{stage}: {message}"


def write_zip(path, seed, cases):
    made_by = {package: importlib.metadata.version(package) for package in ("ai-edge-litert", "numpy", "tflite-micro")}
    index = [{**case, "model": len(case["model"])} for case in cases]
    header = json.dumps({"seed": seed, "made by": made_by})
    text = header[:-1] + ', "cases": [\n' + ",\n".join(map(json.dumps, index)) + "\n]}\n"
    models = b"".join(case["model"] for case in cases)
    with zipfile.ZipFile(path, "w") as file:
        for name, content in (("verdicts.json", text), ("models.bin", models)):
            file.writestr(zipfile.ZipInfo(name), content, zipfile.ZIP_DEFLATED, 9)


if __name__ == "__main__":
    serve() if sys.argv[1:] == ["serve"] else main()
