"""TFLite's reference kernels, one thread, for against_tflite.ts: a line in, one invoke, its time and checksum out."""

import json
import sys
import time
import zlib

import numpy as np
from ai_edge_litert.interpreter import Interpreter, OpResolverType


def ramp(detail):
    """The input that models.ts makes: i * 37, wrapped to the type, or reals from 0 to 1."""
    count = int(np.prod(detail["shape"]))
    if detail["dtype"] == np.float32:
        values = (np.arange(count) * 37 % 255 / 255).astype(np.float32)
    else:
        values = (np.arange(count) * 37).astype(detail["dtype"])
    return values.reshape(detail["shape"])


interpreter = Interpreter(
    model_path=sys.argv[1],
    num_threads=1,
    experimental_op_resolver_type=OpResolverType.BUILTIN_REF,
)
interpreter.allocate_tensors()
inputs = [(detail["index"], ramp(detail)) for detail in interpreter.get_input_details()]
for _ in sys.stdin:
    start = time.perf_counter()
    for index, values in inputs:
        interpreter.set_tensor(index, values)
    interpreter.invoke()
    outputs = [interpreter.get_tensor(detail["index"]) for detail in interpreter.get_output_details()]
    milliseconds = (time.perf_counter() - start) * 1000
    checksum = 0
    for output in outputs:
        checksum = zlib.crc32(np.ascontiguousarray(output).tobytes(), checksum)
    print(json.dumps({"ms": milliseconds, "checksum": checksum}), flush=True)
