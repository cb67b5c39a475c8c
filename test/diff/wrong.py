"""digits_conv_int8 computed with numpy alone, in the profile tflm, with mistakes made on purpose.

    python wrong.py        writes recorded.npz, which test/src/inspect/diff.test.ts reads

Each case is `<node>:<mistakes>`, mistakes joined by +, and holds what every node gives for one image of noise, so that what
follows the guilty node is wrong too. Written from the formula, not from what requant tries.
"""

import math
import sys
from fractions import Fraction
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "explain"))
from independent import PROJECT, nodes_of, quantize_multiplier  # noqa: E402

MODEL = PROJECT / "models" / "digits_conv_int8"


def wrap(x, bits):
    half = 1 << (bits - 1)
    return (x + half) % (1 << bits) - half


def half_away(x):
    return np.sign(x) * np.floor(np.abs(x) + 0.5)


def rounding_shift(x, e):
    """x / 2^e, halves away from zero."""
    e = np.maximum(e, 0)
    return np.where(e == 0, x, np.sign(x) * ((np.abs(x) + (1 << np.maximum(e - 1, 0))) >> e))


def requantize(acc, real, m):
    """int sums [..., channels] by real multipliers, one for each channel."""
    pairs = [quantize_multiplier(float(value)) for value in real]
    q = np.array([pair[0] for pair in pairs], dtype=object)
    e = -np.array([pair[1] for pair in pairs])
    product = acc.astype(object) * q
    high = ((product + (1 << 30)) // (1 << 31)).astype("i8")
    exact = acc * real
    if "single-rounding" in m:
        return ((product + (1 << 30 + e).astype(object)) // (1 << 31 + e).astype(object)).astype("i8")
    if "requantized-in-float64" in m:
        return half_away(exact).astype("i8")
    if "half-to-even" in m:
        return np.rint(exact).astype("i8")
    if "half-up" in m:
        return np.floor(exact + 0.5).astype("i8")
    if "truncated" in m:
        return np.trunc(exact).astype("i8")
    if "floored" in m:
        return np.floor(exact).astype("i8")
    if "xnnpack" in m:
        return np.rint(acc.astype("f4") * real.astype("f4")).astype("i8")
    if "shift-without-rounding" in m:
        return (product // (1 << 31 + e).astype(object)).astype("i8")
    if "high-multiply-not-rounded" in m:
        return rounding_shift((product // (1 << 31)).astype("i8"), e)
    if "right-shift-not-rounded" in m:
        return high >> e
    if "product-not-doubled" in m:
        return rounding_shift(((product + (1 << 31)) // (1 << 32)).astype("i8"), e)
    if "no-shift" in m:
        return high
    if "shift-one-less" in m:
        return rounding_shift(high, e - 1)
    if "shift-one-more" in m:
        return rounding_shift(high, e + 1)
    return rounding_shift(high, e)


def linear(x, w, bias, inputs, output, m, same=False):
    """x [h, w, c], w [o, kh, kw, c] -> [h', w', o]."""
    tensor_x, tensor_w = inputs[0], inputs[1]
    zero, height, width, depth = tensor_x.zero_point, *x.shape
    o, kh, kw, c = w.shape
    if "input-read-unsigned" in m:
        x = x & 0xFF
    if "weights-read-unsigned" in m:
        w = w & 0xFF
    if "input-nchw" in m:
        x = x.reshape(depth, height, width).transpose(1, 2, 0)
    if "input-transposed" in m:
        x = x.transpose(1, 0, 2)
    if "kernel-flipped" in m:
        w = w[:, ::-1, ::-1]
    if "kernel-transposed" in m:
        w = w.transpose(0, 2, 1, 3)
    if "weights-hwio" in m:
        w = w.reshape(kh, kw, c, o).transpose(3, 0, 1, 2)
    if "weights-oihw" in m:
        w = w.reshape(o, c, kh, kw).transpose(0, 2, 3, 1)
    if "weights-transposed" in m:
        w = w.reshape(c, o).T.reshape(o, 1, 1, c)
    offset = -zero
    if "input-zero-point-added" in m:
        offset = zero
    if "input-zero-point-missing" in m:
        offset = 0
    if "input-zero-point-twice" in m:
        offset = -2 * zero
    centered = x + offset
    if same:
        outside = offset if "padded-with-0" in m else 0
        centered = np.pad(centered, ((1, 1), (1, 1), (0, 0)), constant_values=outside)
    windows = np.lib.stride_tricks.sliding_window_view(centered, (kh, kw), (0, 1))  # [h', w', c, kh, kw]
    acc = np.einsum("yxcij,oijc->yxo", windows, w)
    if "products-in-16-bits" in m:
        acc = wrap(acc, 16)
    if "accumulator-float32" in m:
        acc = acc.astype("f4").astype("i8")
    if "bias-missing" not in m:
        if "bias-subtracted" in m:
            bias = -bias
        if "bias-twice" in m:
            bias = 2 * bias
        if "bias-of-channel-0" in m:
            bias = np.full_like(bias, bias[0])
        if "bias-of-next-channel" in m:
            bias = np.roll(bias, -1)
        acc = acc + bias
    if "accumulator-16-bits" in m:
        acc = wrap(acc, 16)
    scales = np.broadcast_to(np.asarray(tensor_w.scales, "f8"), (o,)).copy()
    if "scale-of-channel-0" in m:
        scales[:] = scales[0]
    if "scale-of-last-channel" in m:
        scales[:] = scales[-1]
    if "scale-of-next-channel" in m:
        scales = np.roll(scales, -1)
    si, so = float(tensor_x.scales[0]), float(output.scales[0])
    real = si * scales / so
    if "output-scale-missing" in m:
        real = si * scales
    if "input-scale-missing" in m:
        real = scales / so
    if "weights-scale-missing" in m:
        real = np.full_like(scales, si / so)
    if "output-scale-multiplied" in m:
        real = si * scales * so
    result = requantize(acc, real, m)
    if "output-zero-point-subtracted" in m:
        result = result - output.zero_point
    elif "output-zero-point-twice" in m:
        result = result + 2 * output.zero_point
    elif "output-zero-point-missing" not in m:
        result = result + output.zero_point
    if "clamp-wraps" in m:
        result = wrap(result, 8)
    elif "clamp-missing" not in m:
        result = np.clip(result, -128, 127)  # RELU's 0 is stored as -128
    return place(result, m)


def place(result, m):
    """Where the values are put."""
    height, width, depth = result.shape
    if "output-nchw" in m:
        return result.transpose(2, 0, 1).reshape(height, width, depth)
    if "output-channels-reversed" in m:
        return result[..., ::-1]
    return result


def pool(x, m):
    height, width, depth = x.shape
    parts = x.reshape(height // 2, 2, width // 2, 2, depth)
    if "minimum-for-maximum" in m:
        return parts.min((1, 3))
    if "average-for-maximum" in m:
        return half_away(parts.sum((1, 3)) / 4).astype("i8")
    if "maximum-starts-at-0" in m:
        return np.maximum(parts.max((1, 3)), 0)
    return parts.max((1, 3))


def run(image, guilty, m):
    """What each node up to the dense layer gives, by tensor."""
    at = lambda node: m if node == guilty else ()  # noqa: E731
    made = {}
    x = image.astype("i8").reshape(28, 28, 1)
    for number, op, _, inputs, outputs in NODES:
        output = outputs[0]
        if op == "CONV_2D":
            weights = inputs[1].values.reshape(inputs[1].shape)
            x = linear(x, weights, inputs[2].values, inputs, output, at(number), same=number == 0)
        elif op == "FULLY_CONNECTED":
            o, d = inputs[1].shape
            flat = x
            if number == guilty and "flattened-nchw" in m:
                flat = x.transpose(2, 0, 1)
            weights = inputs[1].values.reshape(o, 1, 1, d)
            x = linear(flat.reshape(1, 1, d), weights, inputs[2].values, inputs, output, at(number))
        made[output.index] = x
        if number in POOLED:
            x = pool(x, at(number + 1))
            made[POOLED[number]] = x
    return made


ALL = list(nodes_of(MODEL / "model.tflite"))
NODES = [node for node in ALL if node[1] in ("CONV_2D", "FULLY_CONNECTED")]
POOLED = {0: 9, 2: 11}  # behind which nodes a pool comes, and its output's tensor

CASES = """
2:input-read-unsigned 2:weights-read-unsigned 2:input-zero-point-added 2:input-zero-point-missing 2:input-zero-point-twice
2:input-nchw 2:input-transposed 2:kernel-flipped 2:kernel-transposed 2:weights-hwio 2:weights-oihw 0:padded-with-0
2:accumulator-16-bits 2:products-in-16-bits 2:bias-missing 2:bias-subtracted 2:bias-twice 2:bias-of-channel-0 2:bias-of-next-channel
2:output-scale-missing 2:input-scale-missing 2:weights-scale-missing 2:scale-of-channel-0 2:scale-of-last-channel
2:scale-of-next-channel 2:single-rounding 2:requantized-in-float64 2:half-to-even 2:truncated 2:floored 2:xnnpack
2:shift-without-rounding 2:high-multiply-not-rounded 2:right-shift-not-rounded 2:product-not-doubled 2:no-shift
2:shift-one-less 2:shift-one-more 2:output-zero-point-missing 2:output-zero-point-subtracted 2:output-zero-point-twice
2:clamp-wraps 2:clamp-missing 2:output-nchw 2:output-channels-reversed 0:kernel-flipped 0:input-zero-point-missing
0:xnnpack 0:truncated 3:minimum-for-maximum 3:average-for-maximum 1:maximum-starts-at-0 5:bias-missing
5:input-zero-point-missing 5:flattened-nchw 5:output-zero-point-missing 5:weights-transposed
2:input-zero-point-missing+truncated 2:bias-missing+output-zero-point-missing 2:kernel-flipped+floored
2:scale-of-channel-0+bias-twice 2:input-nchw+bias-twice 0:input-zero-point-added+bias-missing
2:kernel-transposed+shift-without-rounding 2:bias-of-next-channel+truncated
""".split()


def dense_loop():
    """The loop that people post for Flatten + Dense of a float image, with seven mistakes at once: to real numbers."""
    image = np.load(PROJECT / "models" / "digits_dense" / "golden.npz")["input_0"][0].reshape(-1)
    image = (image * 1.3 + 0.001).astype("f4")  # beyond 1, so that the clamp of the input matters
    (_, _, _, (x, w, bias), (output,)) = next(node for node in nodes_of(PROJECT / "models" / "digits_dense" / "model.tflite") if node[1] == "FULLY_CONNECTED")
    si, sw, sb = float(x.scales[0]), float(w.scales[0]), float(bias.scales[0])
    q = image.astype("f8") / si + x.zero_point  # neither rounded nor clamped
    multiplier, shift = quantize_multiplier(si * sw)  # without / s_output
    values = []
    for weights, b in zip(w.values.reshape(w.shape), bias.values):
        acc = b + sum((value + x.zero_point) * weight for value, weight in zip(q, weights))  # + where - is right
        scaled = math.floor(Fraction(float(acc)) * multiplier / Fraction(2) ** (31 - shift))  # not rounded
        values.append(np.float32(sb * (scaled - output.zero_point)))  # no zero point, no clamp, the scale of the bias
    return image, np.array(values, "f4")


def main():
    image = np.random.default_rng(5).integers(-128, 128, 784)
    arrays = {"input/tensor_0": image.astype("i1")}
    right = run(image, -1, ())
    for case in CASES:
        node, mistakes = case.split(":")
        made = run(image, int(node), mistakes.split("+"))
        if all(np.array_equal(made[tensor], right[tensor]) for tensor in right):
            raise SystemExit(f"{case} changes nothing")
        for tensor, values in made.items():
            if tensor == 8 and int(node) > 1:
                continue  # long, and right: two nodes before the guilty one
            fits = values.min() >= -128 and values.max() <= 127
            arrays[f"{case}/tensor_{tensor}"] = values.astype("i1" if fits else "<i4")
    for tensor, values in right.items():
        arrays[f"right/tensor_{tensor}"] = values.astype("i1")
    arrays["loop/input_0"], arrays["loop/output_0"] = dense_loop()
    np.savez_compressed(Path(__file__).with_name("recorded.npz"), **arrays)


if __name__ == "__main__":
    main()
