"""A process that runs models, because the runtimes may end it, and never answers for what it has not computed.

Two witnesses answer each case. The memory that they get from malloc is filled with different bytes, and the second
makes the runs in reverse order where a model keeps no state: where they disagree, the answer is an accident.
"""

import multiprocessing
import os

import numpy as np


class Refused(Exception):
    """The runtime does not take the model, or answered with an error."""


class Died(Exception):
    """The runtime ended the process, or did not come back."""


class Witness:
    def __init__(self, fill):
        self.fill = fill
        self.process = None

    def answers(self, runtime, model, runs, reverse=False):
        """Each run's outputs; runs[r][i] is input i of run r."""
        if self.process is None:
            self.start()
        self.pipe.send((runtime, model, runs[::-1] if reverse else runs))
        try:
            if not self.pipe.poll(60):
                raise EOFError
            error, outputs = self.pipe.recv()
        except (EOFError, ConnectionResetError):
            self.stop()
            raise Died(f"exit code {self.exit_code}") from None
        if error:
            raise Refused(error)
        return outputs[::-1] if reverse else outputs

    def start(self):
        os.environ["GLIBC_TUNABLES"] = f"glibc.malloc.perturb={self.fill}"  # is read when a process starts
        context = multiprocessing.get_context("spawn")
        self.pipe, theirs = context.Pipe()
        self.process = context.Process(target=serve, args=(theirs,), daemon=True)
        self.process.start()
        theirs.close()

    def stop(self):
        self.process.join(0.2)
        self.process.kill()
        self.process.join()
        self.exit_code = self.process.exitcode
        self.process = None


def serve(pipe):
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    nowhere = os.open(os.devnull, os.O_WRONLY)  # for what the runtimes print; the parent says which case it was
    os.dup2(nowhere, 1)
    os.dup2(nowhere, 2)
    while True:
        try:
            runtime, model, runs = pipe.recv()
        except EOFError:
            return
        try:
            pipe.send((None, RUNTIMES[runtime](model, runs)))
        except (RuntimeError, ValueError) as error:
            pipe.send((" ".join(str(error).split()) or type(error).__name__, None))


def run_tflite(model, runs):
    from ai_edge_litert.interpreter import Interpreter, OpResolverType

    interpreter = Interpreter(
        model_content=model, num_threads=1, experimental_op_resolver_type=OpResolverType.BUILTIN_REF
    )
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


def run_tflm(model, runs):
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


RUNTIMES = {"tflite": run_tflite, "tflm": run_tflm}
