#!/usr/bin/env python3
"""What TFLite does with scales that do not fit: records scale_rules.json, which src/model/operator_facts.ts is tested against.

    python scale_rules.py      (needs ai-edge-litert 2.3.0, numpy, flatbuffers)

Takes the recorded one-operator models of test/oracle/recorded. For each quantized input of a node with a quantized output, the input's
scale alone is changed in the file, and BUILTIN_REF runs the model again on the same bytes. An operator that requantizes answers
otherwise; one that takes the stored values over answers the same ("ignored"), or AllocateTensors fails ("refused").

"accepted": of some operators the output's scale and zero point are tried on a grid, and what AllocateTensors takes is listed.

Each model runs in a process of its own, since some checks end it.
"""
import io, json, os, pickle, zipfile
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
import flatbuffers
import numpy as np
from ai_edge_litert import schema_py_generated as S
from ai_edge_litert.interpreter import Interpreter, OpResolverType

HERE = Path(__file__).parent
RECORDED = HERE.parent / "oracle" / "recorded"
TYPE = {value: name.lower() for name, value in vars(S.TensorType).items() if name[0] != "_"}
QUANTIZED = ("int8", "uint8", "int16")
FACTORS = (1.5, 0.4)
FIXED = ("LOGISTIC", "TANH", "SOFTMAX", "LOG_SOFTMAX", "L2_NORMALIZATION")
SCALES = ("1/256", "1/255", "1/128", "1/127", "1/32768", "1/32767", "1/16", "1/100")
MOST_CASES = 12


def packed(model):
    builder = flatbuffers.Builder(1 << 16)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def answer(model, inputs):
    """The outputs' bytes, or None where TFLite refuses or ends the process."""
    content = packed(model)
    reading, writing = os.pipe()
    if os.fork() == 0:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        try:
            interpreter = Interpreter(model_content=content, experimental_op_resolver_type=OpResolverType.BUILTIN_REF)
            interpreter.allocate_tensors()
            for detail, values in zip(interpreter.get_input_details(), inputs):
                interpreter.set_tensor(detail["index"], values)
            interpreter.invoke()
            found = [interpreter.get_tensor(d["index"]).tobytes() for d in interpreter.get_output_details()]
        except (RuntimeError, ValueError):
            found = None
        with open(writing, "wb") as pipe:
            pickle.dump(found, pipe)
        os._exit(0)
    os.close(writing)
    with open(reading, "rb") as pipe:
        content = pipe.read()
    os.wait()
    return pickle.loads(content) if content else None


def cases(operator):
    """Each recorded model of one node, with its type and the inputs of its first run."""
    with zipfile.ZipFile(RECORDED / f"{operator}.zip") as archive:
        index = json.loads(archive.read("cases.json"))
        models, values = io.BytesIO(archive.read("models.bin")), io.BytesIO(archive.read("values.bin"))
    for case in index["cases"]:
        model = S.ModelT.InitFromPackedBuf(models.read(case["model"]), 0)
        array = lambda dtype, *shape: np.frombuffer(
            values.read(index["runs"] * int(np.prod(shape)) * np.dtype(dtype).itemsize), dtype).reshape(index["runs"], *shape)
        inputs = [array(*signature)[0] for signature in case["inputs"]]
        for signature in case["outputs"] * (1 + sum(value == "different" for value in case.values())):
            array(*signature)
        if len(model.subgraphs) == 1 and len(model.subgraphs[0].operators) == 1:
            yield case["type"], model, inputs


def quantization(graph, tensor):
    """Of a tensor with one scale."""
    found = graph.tensors[tensor].quantization if tensor >= 0 and TYPE[graph.tensors[tensor].type] in QUANTIZED else None
    return found if found is not None and found.scale is not None and len(found.scale) == 1 else None


def on_other_scale(model, inputs, place):
    """What came of each changed scale of one input: 'refused', 'same' or 'changed'."""
    graph = model.subgraphs[0]
    right = answer(model, inputs)
    if right is None:  # BUILTIN_REF has no ELU
        return
    own = quantization(graph, graph.operators[0].inputs[place])
    scale = own.scale
    for factor in FACTORS:
        own.scale = [float(np.float32(scale[0] * factor))]
        found = answer(model, inputs)
        yield "refused" if found is None else "same" if found == right else "changed"
    own.scale = scale


def accepted(model, inputs, dtype):
    graph = model.subgraphs[0]
    own = quantization(graph, graph.operators[0].outputs[0])
    least, most = np.iinfo(dtype).min, np.iinfo(dtype).max
    for scale in SCALES:
        for zero in [z for z in (-128, 0, 127, 128, 255) if least <= z <= most]:
            own.scale, own.zeroPoint = [float(np.float32(eval(scale)))], [zero]
            if answer(model, inputs) is not None:
                yield scale, zero


def main():
    rules, fixed = {}, {}
    for path in sorted(RECORDED.glob("*.zip")):
        operator, found, tried = path.stem, {}, {}
        for dtype, model, inputs in cases(operator):
            graph = model.subgraphs[0]
            node = graph.operators[0]
            code = model.operatorCodes[node.opcodeIndex]
            if max(code.builtinCode, code.deprecatedBuiltinCode) == S.BuiltinOperator.CUSTOM or dtype not in QUANTIZED:
                continue
            if not len(node.outputs) or quantization(graph, node.outputs[0]) is None:
                continue
            tried[dtype] = tried.get(dtype, 0) + 1
            if tried[dtype] > MOST_CASES:
                continue
            output = TYPE[graph.tensors[node.outputs[0]].type]
            if operator in FIXED and output == dtype and tried[dtype] == 1:
                fixed.setdefault(operator, {})[dtype] = list(accepted(model, inputs, dtype))
                continue
            for place, tensor in enumerate(node.inputs):
                if quantization(graph, tensor) is not None:
                    found.setdefault(dtype, {}).setdefault(place, set()).update(on_other_scale(model, inputs, place))
        verdict = lambda seen: "rescaled" if "changed" in seen else "ignored" if seen == {"same"} else "refused" if seen == {"refused"} else "mixed"
        found = {dtype: {place: seen for place, seen in places.items() if seen} for dtype, places in found.items()}
        if any(found.values()):
            rules[operator] = {dtype: {place: verdict(seen) for place, seen in sorted(places.items())} for dtype, places in found.items()}
        print(operator, rules.get(operator), flush=True)
    lines = lambda table: "{\n" + ",\n".join(f"    {json.dumps(op)}: {json.dumps(row)}" for op, row in table.items()) + "\n  }"
    (HERE / "scale_rules.json").write_text(
        f'{{\n  "made by": "ai-edge-litert 2.3.0, BUILTIN_REF",\n  "onOtherScale": {lines(rules)},\n  "accepted": {lines(fixed)}\n}}\n')


if __name__ == "__main__":
    main()
