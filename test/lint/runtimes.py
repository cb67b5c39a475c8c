#!/usr/bin/env python3
"""What runtimes do with models that lint calls refused: records runtimes.json.

    pip install ai-edge-litert==2.3.0 numpy "tflite-micro==0.dev20261023182759"
    python runtimes.py

Takes recorded one-operator models (test/oracle/recorded) and changes one thing:

noBias: the bias is left out, and Python's default interpreter and BUILTIN_REF run it.
beyondInt32: the activation is RELU6, and the output's scale 2e-10, all other scales in proportion, so that 6 is 3e10 steps.
scales: of a CONV_2D int8, the input's, the filter's or the output's scale is infinite, no number, or 0: how many values the output
takes over all runs.
"""
import json, math, os, pickle, sys
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE.parent / "model"))
import numpy as np
from ai_edge_litert.interpreter import Interpreter, OpResolverType
from scale_rules import TYPE, cases, packed
from tflite_micro.python.tflite_micro import runtime

LAYERS = {"CONV_2D": 2, "DEPTHWISE_CONV_2D": 2, "FULLY_CONNECTED": 2, "TRANSPOSE_CONV": 3}
ACTIVATED = ("ADD", "SUB", "MUL", "CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED", "AVERAGE_POOL_2D", "MAX_POOL_2D")
RELU6 = 3


def apart(function):
    """What the function answers in a process of its own: 'ends the process' where it does not come back."""
    reading, writing = os.pipe()
    if os.fork() == 0:
        for stream in (1, 2):
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream)
        try:
            found = function()
        except Exception:
            found = "refused"
        with open(writing, "wb") as pipe:
            pickle.dump(found, pipe)
        os._exit(0)
    os.close(writing)
    with open(reading, "rb") as pipe:
        content = pipe.read()
    os.wait()
    return pickle.loads(content) if content else "ends the process"


def tflite(model, inputs, **options):
    def run():
        interpreter = Interpreter(model_content=packed(model), **options)
        interpreter.allocate_tensors()
        for detail, values in zip(interpreter.get_input_details(), inputs):
            interpreter.set_tensor(detail["index"], values)
        interpreter.invoke()
        return interpreter.get_tensor(interpreter.get_output_details()[0]["index"])
    return apart(run)


def reference(model, inputs):
    return tflite(model, inputs, experimental_op_resolver_type=OpResolverType.BUILTIN_REF)


def micro(model, inputs):
    def run():
        interpreter = runtime.Interpreter.from_bytes(packed(model))
        for i, values in enumerate(inputs):
            interpreter.set_input(values, i)
        interpreter.invoke()
        return interpreter.get_output(0)
    return apart(run)


def said(answer):
    return answer if isinstance(answer, str) else "runs"


def first(operator, dtype):
    return next((model, inputs) for own, model, inputs in cases(operator) if own == dtype)


def with_bias(operator, dtype):
    """A model of all whose inputs are there, with 8-bit weights."""
    for own, model, inputs in cases(operator):
        graph = model.subgraphs[0]
        places = list(graph.operators[0].inputs)
        if own == dtype and len(places) > LAYERS[operator] and min(places) >= 0 and TYPE[graph.tensors[places[1]].type] in ("int8", "uint8"):
            return model, inputs


def no_bias():
    for operator, place in LAYERS.items():
        for dtype in ("int8", "uint8", "int16"):
            model, inputs = with_bias(operator, dtype)
            node = model.subgraphs[0].operators[0]
            node.inputs = list(node.inputs)[:place]
            yield operator, dtype, {"default": said(tflite(model, inputs)), "reference": said(reference(model, inputs))}


def beyond_int32():
    for operator in ACTIVATED:
        model, inputs = first(operator, "int8")
        graph = model.subgraphs[0]
        node = graph.operators[0]
        node.builtinOptions.fusedActivationFunction = RELU6
        factor = 2e-10 / graph.tensors[node.outputs[0]].quantization.scale[0]
        for index in {*node.inputs, *node.outputs} - {-1}:
            tensor = graph.tensors[index]
            if tensor.quantization is not None and tensor.quantization.scale is not None and not (operator in LAYERS and index == node.inputs[1]):
                share = math.sqrt(factor) if operator == "MUL" and index != node.outputs[0] else factor
                tensor.quantization.scale = [float(np.float32(scale * share)) for scale in tensor.quantization.scale]
        yield operator, {"tflite": said(reference(model, inputs)), "tflm": said(micro(model, inputs))}


def scales():
    for place in ("input", "filter", "output"):
        for value in (math.inf, math.nan, 0.0):
            model, inputs = with_bias("CONV_2D", "int8")
            graph = model.subgraphs[0]
            node = graph.operators[0]
            index = {"input": node.inputs[0], "filter": node.inputs[1], "output": node.outputs[0]}[place]
            quantization = graph.tensors[index].quantization
            quantization.scale = [value] * len(quantization.scale)
            shape = graph.tensors[node.outputs[0]].shape
            for name, run in (("tflite", reference), ("tflm", micro)):
                answer = run(model, inputs)
                # For each channel: without its products, a bias alone is left of the sum.
                values = answer if isinstance(answer, str) else max(len(set(row)) for row in answer.reshape(-1, shape[-1]).T)
                yield f"{place} {value}", name, values


def main():
    found = {"noBias": {}, "beyondInt32": dict(beyond_int32()), "scales": {}}
    for operator, dtype, answers in no_bias():
        found["noBias"].setdefault(operator, {})[dtype] = answers
    for case, name, values in scales():
        found["scales"].setdefault(case, {})[name] = values if isinstance(values, str) else int(values)
    (HERE / "runtimes.json").write_text(json.dumps(found, indent=2) + "\n")
    print(json.dumps(found, indent=1))


if __name__ == "__main__":
    main()
