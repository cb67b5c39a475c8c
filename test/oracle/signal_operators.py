"""What TensorFlow Lite Micro answers for the operators of its audio front end: writes signal_operators.zip.

    python signal_operators.py    needs tflite-micro, numpy, and ai-edge-litert for its schema

Values that its Python cannot read or set, uint32 and uint64, go through CAST, or through the operator that reads them.
"""

import json
import os
import zipfile

import numpy as np
from flatbuffers import flexbuffers

from graph import Graph, Node, Tensor, to_bytes
from witness import run_micro

FOLDER = os.path.dirname(os.path.abspath(__file__))
RUNS = 5
LIMITS = {"int16": (-(2**15), 2**15), "int32": (-(2**31), 2**31)}
random = np.random.default_rng(7)


def draw(dtype, shape):
    """Of every size: noise cut to some bits, and ends of the range."""
    low, high = LIMITS[dtype]
    values = random.integers(low, high, shape) >> random.integers(0, np.log2(high) + 1)
    ends = random.choice([low, high - 1, 0, -1, 1, 2], shape)
    return np.where(random.random(shape) < random.choice([0, 0.1, 1], p=[0.5, 0.3, 0.2]), ends, values).astype(dtype)


def given(dtype, *shape, runs=None):
    return Tensor(dtype, shape, runs=runs or [draw(dtype, shape) for _ in range(RUNS)])


def constant(values, dtype="int16"):
    return Tensor(dtype, np.shape(values), data=np.array(values, dtype))


def signal(op, inputs, outputs, **options):
    return Node("Signal" + op, inputs, outputs, custom=bytes(flexbuffers.Dumps(options)))


def cast(source, dtype):
    target = Tensor(dtype, source.shape)
    return Node("CAST", [source], [target]), target


def window():
    for shift in (0, 12, 15):
        x = given("int16", 2, 24)
        yield [signal("Window", [x, constant(draw("int16", 24))], [Tensor("int16", x.shape)], shift=shift)]


def auto_scale():
    for runs in (None, [np.array(v, np.int16) for v in ([0] * 4, [5, -32768, 7, 0], [-32768, 0, 0, 0], [1, -1, 0, 0], [-9, 3, -300, 4])]):
        x = given("int16", 4 if runs else 30, runs=runs)
        yield [signal("FftAutoScale", [x], [Tensor("int16", x.shape), Tensor("int32")])]


def rfft():
    for length, shape in ((4, (4,)), (8, (2, 8)), (16, (13,)), (32, (3, 20)), (64, (64,)), (128, (100,)), (512, (480,))):
        y = Tensor("int16", (*shape[:-1], length + 2))
        yield [signal("Rfft", [given("int16", *shape)], [y], T=7, fft_length=length)]


def energy():
    y = Tensor("uint32", (17,))
    yield [signal("Energy", [given("int16", 34)], [y], start_index=0, end_index=17), cast(y, "int32")[0]]


def filter_bank():
    for limit in (4096, 32767, -32768):
        x = given("int32", 20)
        first, energies = cast(x, "uint32")
        weights = [constant(random.integers(min(limit, 0), max(limit, 1), 12)) for _ in range(2)]
        bands = [constant(v) for v in ([1, 3, 7, 8], [0, 2, 6, 7], [2, 4, 1, 5])]
        sums, roots = Tensor("uint64", (3,)), Tensor("uint32", (3,))
        bits = given("int32", runs=[np.array(i % 5, np.int32) for i in range(RUNS)])
        yield [
            first,
            signal("FilterBank", [energies, *weights, *bands], [sums], num_channels=3),
            signal("FilterBankSquareRoot", [sums, bits], [roots]),
            cast(roots, "int32")[0],
        ]


def subtraction():
    for clamping in (False, True):
        x = given("int32", 9)
        first, u = cast(x, "uint32")
        y, noise = Tensor("uint32", (9,)), Tensor("uint32", (9,))
        options = dict(alternate_one_minus_smoothing=15401, alternate_smoothing=983, clamping=clamping)
        options |= dict(min_signal_remaining=819, num_channels=9, one_minus_smoothing=15975, smoothing=409)
        options |= dict(smoothing_bits=10, spectral_subtraction_bits=14)
        yield [
            first,
            signal("FilterBankSpectralSubtraction", [u], [y, noise], **options),
            cast(y, "int32")[0],
            cast(noise, "int32")[0],
        ]


def pcan():
    for shift in (0, 6, 33):
        x, n = given("int32", 40), given("int32", 40)
        (first, u), (second, v) = cast(x, "uint32"), cast(n, "uint32")
        y = Tensor("uint32", (40,))
        table = constant(random.integers(-1500, 1500, 125) if shift else random.integers(0, 900, 125))
        yield [first, second, signal("PCAN", [u, v, table], [y], snr_shift=shift), cast(y, "int32")[0]]


def log():
    for bits, scale in ((3, 64), (0, 1600), (0, 65536)):
        x = given("int32", 200)
        first, u = cast(x, "uint32")
        node = signal("FilterBankLog", [u], [Tensor("int16", x.shape)], input_correction_bits=bits, output_scale=scale)
        yield [first, node]


def main():
    cases = []
    with zipfile.ZipFile(os.path.join(FOLDER, "signal_operators.zip"), "w", zipfile.ZIP_DEFLATED) as file:
        for family in (window, auto_scale, rfft, energy, filter_bank, subtraction, pcan, log):
            for number, nodes in enumerate(family()):
                graph = Graph(nodes)
                name, model = f"{family.__name__} {number}", to_bytes(graph)
                inputs = [[t.runs[run] for t in graph.inputs] for run in range(RUNS)]
                outputs = run_micro(model, inputs)
                listed = lambda runs: [[np.ravel(values).tolist() for values in run] for run in runs]
                cases.append({"name": name, "inputs": listed(inputs), "outputs": listed(outputs)})
                file.writestr(f"{name}.tflite", model)
        file.writestr("cases.json", json.dumps(cases))


if __name__ == "__main__":
    main()
