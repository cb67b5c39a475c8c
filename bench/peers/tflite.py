"""TFLite's native kernels, one thread, for main.ts: own.ts's twin, with the same lines of JSON in and out."""

import base64
import json
import sys
import time

request = json.loads(sys.stdin.readline())
model = open(request["model"], "rb").read()
given = [base64.b64decode(data) for data in request["inputs"]]


def answer(**fields):
    print(json.dumps(fields), flush=True)


try:
    start = time.perf_counter()
    import numpy as np
    from ai_edge_litert.interpreter import Interpreter, OpResolverType

    resolvers = {
        "reference": OpResolverType.BUILTIN_REF,
        "optimized": OpResolverType.BUILTIN_WITHOUT_DEFAULT_DELEGATES,
        "xnnpack": OpResolverType.AUTO,
    }
    interpreter = Interpreter(
        model_content=model, num_threads=1, experimental_op_resolver_type=resolvers[request["kernels"]]
    )
    interpreter.allocate_tensors()
    inputs = [
        (detail["index"], np.frombuffer(data, detail["dtype"]).reshape(detail["shape"]))
        for detail, data in zip(interpreter.get_input_details(), given)
    ]
    indices = [detail["index"] for detail in interpreter.get_output_details()]

    def invoke():
        for index, values in inputs:
            interpreter.set_tensor(index, values)
        interpreter.invoke()
        return [interpreter.get_tensor(index) for index in indices]

    outputs = invoke()
    start_ms = (time.perf_counter() - start) * 1000
    answer(outputs=[base64.b64encode(output.tobytes()).decode() for output in outputs], startMs=start_ms)
    for line in sys.stdin:
        count = json.loads(line)["count"]
        start = time.perf_counter()
        for _ in range(count):
            invoke()
        answer(ms=(time.perf_counter() - start) * 1000 / count)
except Exception as error:
    answer(error=f"{type(error).__name__}: {error}")
