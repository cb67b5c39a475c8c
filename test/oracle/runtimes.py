"""How many values the runtimes disagree about: for the models of models/, and for the random models of recorded/.

    python runtimes.py      writes runtimes.json, and runtimes.npz with what the default interpreter answered for models/

Asked are, in a Python with ai-edge-litert, numpy and tflite-micro:

    reference   OpResolverType.BUILTIN_REF: recorded already
    optimized   OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES
    default     Interpreter(model): the XNNPACK delegate, and optimized kernels for what it leaves
    micro       TensorFlow Lite Micro; of the random models, its answers are recorded already

Each is a process of its own, by witness.py. What a runtime refuses is not counted for it.
"""

import io
import json
import os
import re
import sys
import zipfile
from importlib.metadata import version
from pathlib import Path

import numpy as np
import witness

HERE = Path(__file__).resolve().parent
MODELS = HERE.parents[1] / "models"
OTHERS = {"tflite-2.19": "tflite", "tflm": "tflite", "single-rounding": "tflm", "xnnpack": "tflite"}


def asked_as(resolver):
    def run(model, runs):
        from ai_edge_litert.interpreter import Interpreter, OpResolverType

        options = {"experimental_op_resolver_type": OpResolverType[resolver]} if resolver else {}
        interpreter = Interpreter(model_content=model, num_threads=1, **options)
        interpreter.allocate_tensors()
        answers = []
        for values in runs:
            for detail, value in zip(interpreter.get_input_details(), values, strict=True):
                interpreter.set_tensor(detail["index"], value)
            interpreter.invoke()
            answers.append([interpreter.get_tensor(detail["index"]) for detail in interpreter.get_output_details()])
        return answers

    return run


witness.RUNTIMES["optimized"] = asked_as("BUILTIN_WITHOUT_DEFAULT_DELEGATES")
witness.RUNTIMES["default"] = asked_as(None)
WITNESSES = {
    name: witness.Witness([sys.executable, __file__, module], 0)
    for name, module in {"optimized": "optimized", "default": "default", "micro": "tflite_micro"}.items()
}


def answers_of(name, model, inputs):
    """Each output with its runs in front, or None where the runtime refuses the model."""
    runs = [[array[r] for array in inputs] for r in range(len(inputs[0]))] if inputs else [[]]
    try:
        outputs = WITNESSES[name].answers(model, runs)
    except (witness.Refused, witness.Died):
        return None
    return [np.stack(values) for values in zip(*outputs, strict=True)]


def differing(one, other):
    """Values whose bits differ; NaN is NaN."""
    return sum(int(((a != b) & ~((a != a) & (b != b))).sum()) for a, b in zip(one, other, strict=True))


def recorded(op):
    """The random models of an operator: (type, model, inputs, answers by profile)."""
    with zipfile.ZipFile(HERE / "recorded" / f"{op}.zip") as files:
        index = json.loads(files.read("cases.json"))
        models, values = io.BytesIO(files.read("models.bin")), io.BytesIO(files.read("values.bin"))

    def array(signature):
        dtype, *shape = signature
        shape = [index["runs"], *shape]
        dtype = np.dtype(dtype)
        return np.frombuffer(values.read(int(np.prod(shape)) * dtype.itemsize), dtype).reshape(shape)

    for case in index["cases"]:
        inputs = [array(signature) for signature in case["inputs"]]
        answers = {"tflite": [array(signature) for signature in case["outputs"]]}
        for profile, like in OTHERS.items():
            if profile in case:
                is_same = case[profile] == "same"
                answers[profile] = answers[like] if is_same else [array(signature) for signature in case["outputs"]]
        yield case["type"], models.read(case["model"]), inputs, answers


def row(reference, others):
    """Of each runtime how many values differ, of how many."""
    result = {}
    for name, answers in others.items():
        fits = answers is not None and all(a.shape == b.shape for a, b in zip(reference, answers, strict=True))
        if fits:
            result[name] = [differing(reference, answers), sum(array.size for array in reference)]
    return result


def measure_models(arrays):
    rows = {}
    for path in sorted(MODELS.glob("*/model.tflite")):
        name, model = path.parent.name, path.read_bytes()
        with np.load(path.parent / "golden.npz") as golden:
            inputs, reference = [golden["input_0"]], [golden["output_0"]]
        answers = {runtime: answers_of(runtime, model, inputs) for runtime in WITNESSES}
        rows[name] = row(reference, answers)
        arrays[name] = answers["default"][0]
    return rows


def measure_operators():
    rows = {}
    for path in sorted((HERE / "recorded").glob("*.zip")):
        op = path.stem
        for dtype, model, inputs, recorded_answers in recorded(op):
            reference = recorded_answers["tflite"]
            others = {runtime: answers_of(runtime, model, inputs) for runtime in ("optimized", "default")}
            found = row(reference, {**others, "micro": recorded_answers.get("tflm")})
            sums = rows.setdefault(op, {}).setdefault(dtype, {})
            for runtime, counts in found.items():
                sums[runtime] = [a + b for a, b in zip(sums.get(runtime, [0, 0]), counts)]
    return rows


def lines_of(result):
    """As JSON, a line for each list of counts."""
    return re.sub(r"\[\s+(\d+),\s+(\d+)\s+\]", r"[\1, \2]", json.dumps(result, indent=1))


def main():
    arrays = {}
    versions = {name: version(name) for name in ("ai-edge-litert", "numpy", "tflite-micro")}
    result = {"made by": versions, "models": measure_models(arrays), "operators": measure_operators()}
    (HERE / "runtimes.json").write_text(lines_of(result) + "\n")
    np.savez_compressed(HERE / "runtimes.npz", **arrays)


if __name__ == "__main__":
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    if len(sys.argv) > 1:
        witness.serve(sys.argv[1])
    else:
        main()
