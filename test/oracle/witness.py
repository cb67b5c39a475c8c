"""The programs that answer, one for each profile: see README.md. `witness.py MODULE` is one, in a Python that has MODULE.

They are processes of their own, because the runtimes may end them. Two of each answer each case: the memory that they
get from malloc is filled with different bytes, and the second makes the runs in reverse order where a model keeps no
state. Where they disagree, the answer is an accident.
"""

import importlib.util
import os
import select
import subprocess
import sys
from types import SimpleNamespace

import numpy as np


def programs():
    """Of the profiles that are installed, the command that starts theirs."""
    python = [sys.executable, __file__]
    found = {"tflite": [*python, "ai_edge_litert"], "xnnpack": [*python, "default"]}
    if "TENSORFLOW_2_19" in os.environ:
        found["tflite-2.19"] = [os.environ["TENSORFLOW_2_19"], __file__, "tensorflow"]
    if importlib.util.find_spec("tflite_micro") is not None:
        found["tflm"] = [*python, "tflite_micro"]
    if "SINGLE_ROUNDING" in os.environ:
        found["single-rounding"] = [os.environ["SINGLE_ROUNDING"]]
    return found


PROGRAMS = programs()


# ---- asking


class Refused(Exception):
    """The runtime does not take the model, or answered with an error."""


class Died(Exception):
    """The runtime ended the process, or did not come back."""


class Witness:
    def __init__(self, command, fill):
        self.command = command
        self.environment = {**os.environ, "GLIBC_TUNABLES": f"glibc.malloc.perturb={fill}"}
        self.process = None

    def answers(self, model, runs, reverse=False):
        """Each run's outputs; runs[r][i] is input i of run r."""
        if self.process is None:
            pipe, null = subprocess.PIPE, subprocess.DEVNULL
            self.process = subprocess.Popen(self.command, stdin=pipe, stdout=pipe, stderr=null, env=self.environment)
        try:
            write_request(self.process.stdin, model, runs[::-1] if reverse else runs)
            if not select.select([self.process.stdout], [], [], 60)[0]:
                raise EOFError
            outputs = read_reply(self.process.stdout, len(runs))
        except (EOFError, BrokenPipeError):
            self.process.kill()
            raise Died(f"exit code {self.process.wait()}") from None
        finally:
            if self.process.poll() is not None:
                self.process = None
        return outputs[::-1] if reverse else outputs


def write_request(stream, model, runs):
    stream.write(b"%d %d %d\n" % (len(model), len(runs[0]), len(runs)))
    stream.write(model)
    write_arrays(stream, runs)
    stream.flush()


def read_reply(stream, runs):
    line = stream.readline().decode()
    if not line.endswith("\n"):
        raise EOFError
    if line.startswith("refused"):
        raise Refused(line.removeprefix("refused").strip())
    return read_arrays(stream, int(line), runs)


# ---- answering


def serve(module):
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    requests, replies = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_WRONLY)  # for what the runtimes print; who asks says which case it was
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    while line := requests.readline():
        size, inputs, runs = map(int, line.split())
        model = requests.read(size)
        values = read_arrays(requests, inputs, runs)
        try:
            outputs = RUNTIMES[module](model, values)
            replies.write(b"%d\n" % len(outputs[0]))
            write_arrays(replies, outputs)
        except (RuntimeError, ValueError) as error:
            replies.write(f"refused {' '.join(str(error).split()) or type(error).__name__}\n".encode())
        replies.flush()


def run_litert(model, runs):
    from ai_edge_litert.interpreter import Interpreter, OpResolverType

    return run_tflite(Interpreter, OpResolverType, model, runs)


def run_default(model, runs):
    """As Interpreter(model) answers: with the XNNPACK delegate, and the optimized kernels."""
    from ai_edge_litert.interpreter import Interpreter

    return invoke(Interpreter(model_content=model, num_threads=1), runs)


def run_tensorflow(model, runs):
    from tensorflow import lite

    return run_tflite(lite.Interpreter, lite.experimental.OpResolverType, model, runs)


def run_tflite(interpreter_class, resolvers, model, runs):
    """By the reference kernels; what is not among them (ELU, CEIL, ROUND), by the optimized ones."""
    make = {"model_content": model, "num_threads": 1}
    try:
        interpreter = interpreter_class(**make, experimental_op_resolver_type=resolvers.BUILTIN_REF)
    except ValueError as error:
        if "Didn't find op for builtin opcode" not in str(error):
            raise
        optimized = resolvers.BUILTIN_WITHOUT_DEFAULT_DELEGATES
        interpreter = interpreter_class(**make, experimental_op_resolver_type=optimized)
    return invoke(interpreter, runs)


def invoke(interpreter, runs):
    interpreter.allocate_tensors()
    inputs = [detail["index"] for detail in interpreter.get_input_details()]
    outputs = [detail["index"] for detail in interpreter.get_output_details()]
    answers = []
    for values in runs:
        for index, value in zip(inputs, values, strict=True):
            interpreter.set_tensor(index, value)
        interpreter.invoke()
        answers.append([interpreter.get_tensor(index) for index in outputs])
    return answers


def run_micro(model, runs):
    from tflite_micro.python.tflite_micro import runtime

    interpreter = runtime.Interpreter.from_bytes(model, arena_size=1 << 20)
    answers = []
    for values in runs:
        for i, value in enumerate(values):
            interpreter.set_input(value, i)
        interpreter.invoke()
        outputs = []
        while True:
            try:
                outputs.append(np.array(interpreter.get_output(len(outputs))))
            except (IndexError, RuntimeError, ValueError):
                break
        answers.append(outputs)
    return answers


RUNTIMES = {"ai_edge_litert": run_litert, "default": run_default, "tensorflow": run_tensorflow, "tflite_micro": run_micro}


# ---- arrays, as .npy files back to back; what NumPy takes for a file it wants to seek in


def write_arrays(stream, runs):
    target = SimpleNamespace(write=stream.write)
    for array in (array for run in runs for array in run):
        np.lib.format.write_array(target, np.asarray(array), (1, 0), allow_pickle=False)


def read_arrays(stream, count, runs):
    source = SimpleNamespace(read=stream.read)
    return [[np.lib.format.read_array(source, allow_pickle=False) for _ in range(count)] for _ in range(runs)]


if __name__ == "__main__":
    serve(sys.argv[1])
