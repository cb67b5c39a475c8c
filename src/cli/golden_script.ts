/** Records TFLite's own answers in the format that `requant verify` reads; BUILTIN_REF is the profile 'tflite'. */
export const GOLDEN_SCRIPT = String.raw`"""Records what TFLite's reference kernels answer: python record_golden.py MODEL.tflite [INPUTS.npz]

INPUTS.npz holds input_0, input_1, ..., each of shape [runs, ...shape of that input]; without it, three random runs.
Writes MODEL.npz (golden.npz for model.tflite) and the CRC-32 of every tensor of run 0. pip install ai-edge-litert numpy
"""
import csv, os, re, sys, zlib
import numpy as np
from ai_edge_litert.interpreter import Interpreter, OpResolverType

model, *given = sys.argv[1:] or sys.exit(__doc__)
stem = re.sub(r"\.tflite$", "", model)
named = os.path.basename(stem) != "model"
golden = stem + ".npz" if named else os.path.join(os.path.dirname(model), "golden.npz")
tensors_csv = stem + ".tensors.csv" if named else os.path.join(os.path.dirname(model), "tensors.csv")

def load(keep_tensors):  # without BUILTIN_REF, XNNPACK's arithmetic would answer, which rounds otherwise
    return Interpreter(model, num_threads=1, experimental_op_resolver_type=OpResolverType.BUILTIN_REF,
                       experimental_preserve_all_tensors=keep_tensors)

def prepared(interpreter):
    for detail, value in zip(interpreter.get_input_details(), inputs):
        if tuple(detail["shape"]) != value.shape[1:]: interpreter.resize_tensor_input(detail["index"], value.shape[1:])
    interpreter.allocate_tensors()
    return interpreter

def run(interpreter, values):
    for detail, value in zip(interpreter.get_input_details(), values):
        interpreter.set_tensor(detail["index"], value.astype(detail["dtype"], casting="same_kind"))
    interpreter.invoke()
    return [interpreter.get_tensor(detail["index"]).copy() for detail in interpreter.get_output_details()]

def noise(detail, runs=3, rng=np.random.default_rng(0)):
    shape, dtype = (runs, *detail["shape"]), detail["dtype"]
    if dtype == np.float32: return rng.uniform(-1, 1, shape).astype(dtype)
    if dtype in (np.bool_, np.int32, np.int64): low, high = 0, 1
    else: low, high = np.iinfo(dtype).min, np.iinfo(dtype).max
    return rng.integers(low, high, shape, endpoint=True).astype(dtype)

interpreter = load(keep_tensors=False)
details = interpreter.get_input_details()
recorded = np.load(given[0]) if given else {f"input_{i}": noise(detail) for i, detail in enumerate(details)}
inputs = [recorded[f"input_{i}"] for i in range(len(details))]
runs = list(zip(*inputs)) if inputs else [()]  # through one interpreter, so that state carries over
interpreter = prepared(interpreter)
outputs = [np.stack(values) for values in zip(*(run(interpreter, values) for values in runs))]
arrays = {f"input_{i}": x for i, x in enumerate(inputs)} | {f"output_{i}": x for i, x in enumerate(outputs)}
np.savez_compressed(golden, **arrays)

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
print(f"{golden}: {len(runs)} runs; {tensors_csv}; now: requant verify {model}")
`;
