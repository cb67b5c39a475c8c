"""Records what TFLite's reference kernels answer for a model: golden.npz and tensors.csv beside it.

    python golden.py FOLDER...

runs FOLDER/model.tflite on the inputs that FOLDER/golden.npz holds already (only the keys input_<i>
are looked at) and writes both files anew. The scripts that make the models call record() instead.

Needs numpy and ai-edge-litert (requirements-tf2.txt), but no TensorFlow.

golden.npz   input_<i>: [runs, ...shape of model input i], output_<i>: [runs, ...shape of model output i]
tensors.csv  for run 0, a line for each tensor that an operator wrote: op, op_name, tensor (its index),
             name, dtype, shape (joined by x), crc32 of its bytes in little-endian order
"""

import csv
import pathlib
import sys
import zlib

import numpy as np
from ai_edge_litert.interpreter import Interpreter, OpResolverType


class Reference:
    """A model in the reference kernels, one thread, no delegate."""

    def __init__(self, model, keep_tensors=False):
        self.interpreter = Interpreter(
            model_path=str(model),
            num_threads=1,
            experimental_op_resolver_type=OpResolverType.BUILTIN_REF,
            experimental_preserve_all_tensors=keep_tensors,
        )
        self.interpreter.allocate_tensors()
        self.inputs = self.interpreter.get_input_details()
        self.outputs = self.interpreter.get_output_details()

    def __call__(self, *values):
        for detail, value in zip(self.inputs, values):
            self.interpreter.set_tensor(detail["index"], value)
        self.interpreter.invoke()
        return [self.interpreter.get_tensor(detail["index"]).copy() for detail in self.outputs]

    def written(self):
        """(operator, tensor detail, values) in order of execution; needs keep_tensors."""
        details = {detail["index"]: detail for detail in self.interpreter.get_tensor_details()}
        for operator in self.interpreter._get_ops_details():
            for index in operator["outputs"]:
                yield operator, details[index], self.interpreter.get_tensor(index)


def quantize(detail, reals):
    """Real values as the elements of a tensor: round(real / scale) + zero point, clamped."""
    dtype = detail["dtype"]
    if dtype == np.float32:
        return np.asarray(reals, dtype)
    scale, zero_point = detail["quantization"]
    limits = np.iinfo(dtype)
    return np.clip(np.rint(np.asarray(reals) / scale) + zero_point, limits.min, limits.max).astype(dtype)


def extremes(model, low=None, high=None, seed=0):
    """Four runs for a model of one input: noise over the whole range, a mixture of the two ends, all low, all high.

    The range is the element type's; for a float32 input it must be given.
    """
    detail = Reference(model).inputs[0]
    shape, dtype = tuple(detail["shape"]), detail["dtype"]
    rng = np.random.RandomState(seed)
    if dtype == np.float32:
        noise = rng.uniform(low, high, shape)
    else:
        low, high = np.iinfo(dtype).min, np.iinfo(dtype).max
        noise = rng.randint(low, high + 1, shape)
    ends = np.where(rng.randint(0, 2, shape) == 1, high, low)
    return np.stack([noise, ends, np.full(shape, low), np.full(shape, high)]).astype(dtype)


def predict(model, reals):
    """Output 0 of a model of one input, for each of a batch of real-valued inputs: [n, ...output without its batch]."""
    reference = Reference(model)
    values = quantize(reference.inputs[0], reals)
    return np.concatenate([reference(value[np.newaxis])[0] for value in values])


def record(folder, *inputs):
    """Writes golden.npz and tensors.csv for folder/model.tflite; inputs[i] is [runs, ...shape of model input i]."""
    folder = pathlib.Path(folder)
    reference = Reference(folder / "model.tflite")
    outputs = [reference(*run) for run in zip(*inputs)]
    arrays = {f"input_{i}": values for i, values in enumerate(inputs)}
    arrays.update({f"output_{i}": np.stack(values) for i, values in enumerate(zip(*outputs))})
    np.savez_compressed(folder / "golden.npz", **arrays)

    # Apart, since keeping every tensor alive changes the memory plan.
    reference = Reference(folder / "model.tflite", keep_tensors=True)
    reference(*(values[0] for values in inputs))
    with open(folder / "tensors.csv", "w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["op", "op_name", "tensor", "name", "dtype", "shape", "crc32"])
        for operator, detail, values in reference.written():
            shape = "x".join(map(str, values.shape))
            crc = zlib.crc32(np.ascontiguousarray(values).tobytes())
            writer.writerow(
                [operator["index"], operator["op_name"], detail["index"], detail["name"], values.dtype.name, shape]
                + [f"{crc:08x}"]
            )
    return arrays


def describe(model):
    """Prints the inputs, the outputs and the operators of a model, and whether any of its tensors is float."""
    reference = Reference(model, keep_tensors=True)
    for kind, details in ("input", reference.inputs), ("output", reference.outputs):
        for detail in details:
            scale, zero_point = detail["quantization"]
            shape = "x".join(map(str, detail["shape"]))
            print(f"{kind} {detail['name']} {shape} {detail['dtype'].__name__}: real = {scale!r} * (q - {zero_point})")
    reference(*(np.zeros(detail["shape"], detail["dtype"]) for detail in reference.inputs))
    for operator, detail, values in reference.written():
        shape = "x".join(map(str, values.shape))
        scale, zero_point = detail["quantization"]
        form = f"{shape:14} {values.dtype.name} {scale:.6g} {zero_point}"
        print(f"  {operator['index']:2} {operator['op_name']:20} {form}")
    details = reference.interpreter.get_tensor_details()
    floats = [detail["name"] for detail in details if detail["dtype"] in (np.float32, np.float16, np.float64)]
    print(f"float tensors: {', '.join(floats) or 'none'}; {pathlib.Path(model).stat().st_size} bytes")


if __name__ == "__main__":
    if len(sys.argv) < 2:
        sys.exit(__doc__)
    for folder in sys.argv[1:]:
        with np.load(pathlib.Path(folder) / "golden.npz") as old:
            inputs = [old[f"input_{i}"] for i in range(sum(key.startswith("input_") for key in old.files))]
        record(folder, *inputs)
        print(f"{folder}: {len(inputs[0])} runs")
