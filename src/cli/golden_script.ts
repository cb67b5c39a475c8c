/** Records TFLite's own answers in the format that `requant verify` reads: BUILTIN_REF is profile 'tflite', or 'tflite-2.19'. */
export const GOLDEN_SCRIPT = String.raw`"""Records what TFLite's reference kernels answer.

INPUTS.npz holds input_0, input_1, ..., each of shape [runs, ...shape of that input]; without it, three random runs.
Writes MODEL.npz (golden.npz for model.tflite) and the CRC-32 of every tensor of run 0. pip install ai-edge-litert numpy;
without ai-edge-litert, TensorFlow answers: up to 2.19 other bits, those of requant verify --profile tflite-2.19.

With --signature KEY, that signature runs: its arrays are input_<name> and output_<name>, and MODEL.KEY.npz is written.
"""
import argparse, csv, os, re, zlib
import numpy as np
try: from ai_edge_litert.interpreter import Interpreter, OpResolverType
except ImportError: from tensorflow.lite.python.interpreter import Interpreter, OpResolverType

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("model", metavar="MODEL.tflite")
parser.add_argument("inputs", metavar="INPUTS.npz", nargs="?")
parser.add_argument("--signature", metavar="KEY")
arguments = parser.parse_args()
model, signature = arguments.model, arguments.signature
stem = re.sub(r"\.tflite$", "", model)
named = os.path.basename(stem) != "model"
golden = stem if named else os.path.join(os.path.dirname(model), "golden")
golden += ".npz" if signature is None else f".{signature}.npz"
tensors_csv = stem + ".tensors.csv" if named else os.path.join(os.path.dirname(model), "tensors.csv")

def load(keep_tensors):  # without BUILTIN_REF, XNNPACK's arithmetic would answer, which rounds otherwise
    return Interpreter(model, num_threads=1, experimental_op_resolver_type=OpResolverType.BUILTIN_REF,
                       experimental_preserve_all_tensors=keep_tensors)

def prepared(interpreter):
    for detail, value in zip(interpreter.get_input_details(), inputs.values()):
        if tuple(detail["shape"]) != value.shape[1:]: interpreter.resize_tensor_input(detail["index"], value.shape[1:])
    interpreter.allocate_tensors()
    return interpreter

def run(interpreter, values):
    if signature is not None: return interpreter.get_signature_runner(signature)(**dict(zip(inputs, values)))
    for detail, value in zip(interpreter.get_input_details(), values):
        interpreter.set_tensor(detail["index"], value)
    interpreter.invoke()
    return {str(i): interpreter.get_tensor(detail["index"]) for i, detail in enumerate(interpreter.get_output_details())}

def noise(detail, runs=3, rng=np.random.default_rng(0)):
    shape, dtype = (runs, *detail["shape"]), detail["dtype"]
    if dtype == np.float32: return rng.uniform(-1, 1, shape).astype(dtype)
    if dtype in (np.bool_, np.int32, np.int64): low, high = 0, 1
    else: low, high = np.iinfo(dtype).min, np.iinfo(dtype).max
    return rng.integers(low, high, shape, endpoint=True).astype(dtype)

interpreter = load(keep_tensors=False)
details = {str(i): detail for i, detail in enumerate(interpreter.get_input_details())}
if signature is not None: details = interpreter.get_signature_runner(signature).get_input_details()
recorded = np.load(arguments.inputs) if arguments.inputs else {f"input_{name}": noise(details[name]) for name in details}
inputs = {name: recorded[f"input_{name}"].astype(details[name]["dtype"], casting="same_kind") for name in details}
runs = list(zip(*inputs.values())) if inputs else [()]  # through one interpreter, so that state carries over
if signature is None: prepared(interpreter)
answers = [{name: value.copy() for name, value in run(interpreter, values).items()} for values in runs]
arrays = {f"input_{name}": value for name, value in inputs.items()}
arrays |= {f"output_{name}": np.stack([answer[name] for answer in answers]) for name in answers[0]}
np.savez_compressed(golden, **arrays)
print(f"{golden}: {len(runs)} runs")

if signature is None:
    interpreter = prepared(load(keep_tensors=True))  # apart, since keeping all tensors changes where they lie
    run(interpreter, runs[0])
    tensors = {detail["index"]: detail for detail in interpreter.get_tensor_details()}
    with open(tensors_csv, "w", newline="") as file:
        lines = csv.writer(file)
        lines.writerow(["op", "op_name", "tensor", "name", "dtype", "shape", "crc32"])
        for op in interpreter._get_ops_details():
            for index in op["outputs"]:
                if tensors[index]["dtype"] == np.object_: continue  # resources and strings have no bytes to compare
                value = interpreter.get_tensor(index)
                crc, shape = zlib.crc32(value.tobytes()), "x".join(map(str, value.shape))
                lines.writerow([op["index"], op["op_name"], index, tensors[index]["name"], value.dtype.name, shape, f"{crc:08x}"])
    print(f"{tensors_csv}: every tensor of run 0")
print(f"now: requant verify {model}" + ("" if signature is None else f" --signature {signature}"))
`;
