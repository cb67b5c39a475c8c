"""Models drawn at random, computed with numpy alone in the profile tflm, with mistakes made on purpose in one node.

    python drawn.py                       writes drawn.npz, which test/src/diff/drawn.test.ts reads: a mistake each
    python drawn.py --fresh SEED COUNT F  writes COUNT models with mistakes of any kind, drawn from SEED, to F: read by DRAWN=F npx vitest run test/src/diff/drawn.test.ts

A case is a chain of layers on one input, or a layer of two inputs. What is wrong is a set of ids of src/diff/mistakes, or
`unknown-...`, which diff knows nothing of and must not put a name to. Written from the formulas, not from what requant tries.
"""

import argparse
import json
from pathlib import Path

import numpy as np
from wrong import half_away, wrap
from wrong import requantize as requantize_below_1

from independent import quantize_multiplier  # wrong.py has put its folder on the path


def requantize(acc, real, m):
    """Multipliers of 1 and more are shifts to the left first."""
    left = np.array([max(quantize_multiplier(float(v))[1], 0) for v in real])
    return requantize_below_1(acc << left, real / 2.0**left, m)


def f32(x):
    return float(np.float32(x))


class Tensor:
    def __init__(self, name, values, scale, zero, shape=None):
        self.name, self.scale, self.zero = name, f32(scale), int(zero)
        self.values = np.asarray(values)
        self.shape = list(shape if shape is not None else self.values.shape)


# ---- layers: prepare(rng, tensor) draws parameters; run(values, mistakes) computes


def calibrated(rng, real, low=None):
    """Scale and zero point that leave a little of a layer's real values to the clamp."""
    least, most = np.percentile(real, [2, 98])
    if low is not None:
        least = low
    scale = max((most - least) / 255, 1e-3) * rng.uniform(0.9, 1.2)
    return f32(scale), int(np.clip(round(-128 - least / scale), -128, 127))


def finish(r, zero, zero_in, m, low=-128):
    if "output-zero-point-missing" in m:
        q = r
    elif "output-zero-point-subtracted" in m:
        q = r - zero
    elif "output-zero-point-twice" in m:
        q = r + 2 * zero
    elif "output-zero-point-of-input" in m:
        q = r + zero_in
    else:
        q = r + zero
    if "clamp-missing" in m:
        return q
    if "clamp-wraps" in m:
        return wrap(q, 8)
    if "clamped-before-zero-point" in m:
        return wrap(np.clip(q - zero, -128, 127) + zero, 8)
    if "activation-missing" in m:
        return np.clip(q, -128, 127)
    if "activation-at-stored-zero" in m:
        return np.clip(np.maximum(q, 0), -128, 127)
    if "clamp-symmetric" in m:
        return np.clip(q, max(low, -127), 127)
    if "clamp-of-other-type" in m:
        return np.clip(q, 0, 255)
    return np.clip(q, low, 127)


def placed(q, m):
    """[1, h, w, c] or [1, c], put where they belong, or not."""
    flat = q.reshape(-1)
    shape = q.shape
    c = shape[-1]
    if c == 1 and any("column" in mistake or "channel" in mistake for mistake in m):
        raise ValueError("one channel alone")
    h, w = (shape[1], shape[2]) if q.ndim == 4 else (1, 1)
    if "output-nchw" in m:
        return q.reshape(h * w, c).T.reshape(shape)
    if "output-transposed" in m:
        return q.reshape(h, w, c).transpose(1, 0, 2).reshape(shape)
    if "output-channels-reversed" in m:
        return q[..., ::-1]
    if "output-channels-pair-swapped" in m:
        return q[..., np.arange(c) ^ 1] if c % 2 == 0 else q
    for name, by in [("one-later", 1), ("one-column-later", c), ("one-row-later", c * w)]:
        if f"output-{name}" in m:
            return np.concatenate([np.zeros(by, q.dtype), flat[:-by]]).reshape(shape)
    if "output-one-earlier" in m:
        return np.append(flat[1:], 0).reshape(shape)
    for mistake in m:
        if "-not-written" in mistake:
            q = q.copy()
            value = ZERO[0] if mistake.endswith("-zero-point") else 0
            part = mistake.split("-not-written")[0]
            if part == "last-row":
                q[:, -1] = value
            elif part == "last-column":
                q[:, :, -1] = value
            elif part == "last-channel":
                q[..., -1] = value
            elif part == "second-half":
                q.reshape(-1)[flat.size // 2 :] = value
            elif part == "whole-output":
                q[:] = value
            else:
                n = int(part.split("behind-")[1][:-1])
                if c <= n or c % n < 2:
                    raise ValueError("no such channels")
                q[..., c - c % n :] = value
    return q


ZERO = [0]  # of the output that is being placed


def reading(x, m, role="input"):
    if f"{role}-read-unsigned" in m:
        return x & 0xFF
    if f"{role}-shifted-to-unsigned" in m:
        return x + 128
    return x


class Linear:
    """CONV_2D, DEPTHWISE_CONV_2D and, on a vector, FULLY_CONNECTED."""

    def __init__(self, rng, op, x, **want):
        self.op = op
        self.zero, c = 0, x.shape[-1]
        self.o = c if op == "DEPTHWISE_CONV_2D" else int(rng.choice([5, 6, 7, 11, 12, 19]))
        self.k = (1, 1) if op == "FULLY_CONNECTED" else tuple(want.get("kernel") or rng.choice([2, 3, 3], 2).tolist())
        self.stride = (1, 1) if op == "FULLY_CONNECTED" else tuple(want.get("stride") or rng.choice([1, 1, 2], 2).tolist())
        self.same = op != "FULLY_CONNECTED" and want.get("same", bool(rng.integers(2)))
        self.relu = want.get("relu", bool(rng.integers(3) == 0))
        depth = 1 if op == "DEPTHWISE_CONV_2D" else c
        self.w = rng.integers(-127, 128, (self.o, *self.k, depth))
        per_channel = op != "FULLY_CONNECTED" and want.get("per_channel", True)
        self.ws = np.array([f32(v) for v in rng.uniform(0.002, 0.03, self.o if per_channel else 1)])
        if want.get("big"):
            self.w = np.where(rng.random(self.w.shape) < 0.7, np.abs(self.w), self.w)
        acc = self.sums(x.values, x, np.zeros(self.o, "i8"), ())
        if acc.size == 0:
            raise ValueError("the window is larger than the image")
        self.b = (rng.normal(0, 0.4, self.o) * acc.std()).astype("i8")
        real = (acc + self.b) * self.scales(x.scale)
        self.scale, self.zero = calibrated(rng, real, float(np.percentile(real, 15)) if self.relu else None)

    def scales(self, si):
        return si * np.broadcast_to(self.ws, (self.o,))

    def before(self, x, m):
        pads = []
        for d in (0, 1):
            size, k, s = x.shape[1 + d], self.k[d], self.stride[d]
            out = -(-size // s) if self.same else (size - k) // s + 1
            total = max((out - 1) * s + k - size, 0)
            first = total // 2
            if "same-padding-extra-first" in m:
                first = -(-total // 2)
            if "padding-half-kernel" in m:
                first = k // 2
            if "padding-none-before" in m:
                first = 0
            if "padding-all-before" in m:
                first = total
            if "window-one-late" in m:
                first -= 1
            if "window-one-early" in m:
                first += 1
            pads.append((first, out, total // 2))
        return pads

    def weights(self, m):
        o, kh, kw, d = self.w.shape
        w = reading(self.w, m, "weights")
        depthwise = self.op == "DEPTHWISE_CONV_2D"
        stored = w.transpose(3, 1, 2, 0).reshape(-1) if depthwise else w.reshape(-1)  # as the file has them
        if "kernel-flipped" in m:
            w = w[:, ::-1, ::-1]
        if "kernel-transposed" in m:
            w = w.transpose(0, 2, 1, 3)
        if "weights-hwio" in m:
            w = stored.reshape(kh, kw, d, o).transpose(3, 0, 1, 2)
        if "weights-oihw" in m:
            w = stored.reshape(o, d, kh, kw).transpose(0, 2, 3, 1)
        if "weights-transposed" in m:
            w = stored.reshape(d, o).T.reshape(o, 1, 1, d)
        if "weights-channel-first" in m:
            w = stored.reshape(o, kh, kw, 1)
        if "weights-of-next-channel" in m:
            w = np.roll(w, -1, 0)
        if "weights-channels-reversed" in m:
            w = w[::-1]
        w = w.copy()
        if "last-row-left-out" in m:
            w[:, -1] = 0
        if "first-row-left-out" in m:
            w[:, 0] = 0
        if "last-column-left-out" in m:
            w[:, :, -1] = 0
        if "last-tap-left-out" in m:
            w[:, -1, -1] = 0
        if "last-channel-left-out" in m:
            w[..., -1] = 0
        for n in (4, 8, 16):
            if f"channels-behind-{n}s-left-out" in m:
                if d <= n or d % n < 2:
                    raise ValueError("no such channels")
                w[..., d - d % n :] = 0
        return w

    def sums(self, values, x, bias, m):
        values = reading(values.astype("i8"), m)
        if x.values.ndim == 2:
            values = values.reshape(1, 1, -1)
        else:
            values = values.reshape(x.shape[1:])
        h, width, c = values.shape
        if "input-nchw" in m:
            values = values.reshape(c, h, width).transpose(1, 2, 0)
        if "input-transposed" in m:
            values = values.reshape(width, h, c).transpose(1, 0, 2)
        z = x.zero
        offset = -z
        if "input-zero-point-added" in m:
            offset = z
        if "input-zero-point-missing" in m:
            offset = 0
        if "input-zero-point-twice" in m:
            offset = -2 * z
        if "input-zero-point-of-output" in m:
            offset = -self.zero
        centered = values + offset
        if "input-offset-wraps" in m:
            centered = wrap(centered, 8)
        w = self.weights(m)
        if self.op == "FULLY_CONNECTED":
            pads = [(0, 1, 0), (0, 1, 0)]
        else:
            pads = self.before(x, m)
        stride = list(self.stride)
        if "stride-ignored" in m:
            stride = [1, 1]
        if "strides-swapped" in m:
            stride = stride[::-1]
        acc = np.zeros((pads[0][1], pads[1][1], self.o), "i8")
        outside = 0
        for name, value in [("padded-with-0", 0), ("padded-with-zero-point-of-output", self.zero), ("padded-with-lowest", -128)]:
            if name in m:
                outside = value + offset
        flat = centered.reshape(-1)
        limited = next((bits for name, bits in LIMITED.items() if name in m), None)
        for oy in range(acc.shape[0]):
            for ox in range(acc.shape[1]):
                top, start = oy * stride[0] - pads[0][0], ox * stride[1] - pads[1][0]
                hangs = top < 0 or start < 0 or top + self.k[0] > h or start + self.k[1] > width
                extra = z if hangs and "input-zero-point-missing-at-border" in m else 0
                total = np.zeros(self.o, "i8")
                for ky in range(self.k[0]):
                    for kx in range(self.k[1]):
                        row, column = top + ky, start + kx
                        if 0 <= row < h and 0 <= column < width:
                            pixel = centered[row, column] + extra
                        elif "padding-reads-memory" in m:
                            at = (row * width + column) * c
                            pixel = flat[at : at + c] if 0 <= at and at + c <= flat.size else np.zeros(c, "i8")
                        else:
                            pixel = np.full(c, outside)
                        if self.op == "DEPTHWISE_CONV_2D":
                            products = [pixel * w[:, ky, kx, 0]]
                        else:
                            products = [pixel[i] * w[:, ky, kx, i] for i in range(c)] if limited else [w[:, ky, kx] @ pixel]
                        for product in products:
                            total = total + product
                            if limited:
                                total = np.clip(total, -(1 << limited - 1), (1 << limited - 1) - 1)
                acc[oy, ox] = total
        if "products-in-16-bits" in m:
            acc = wrap(acc, 16)
        acc = acc + self.bias(bias, m)
        if "accumulator-16-bits" in m:
            acc = wrap(acc, 16)
        if "accumulator-saturated-to-16-bits" in m:
            acc = np.clip(acc, -32768, 32767)
        return acc

    def bias(self, bias, m):
        if "bias-missing" in m or "bias-after-requantization" in m:
            return 0 * bias
        if "bias-subtracted" in m:
            return -bias
        if "bias-twice" in m:
            return 2 * bias
        if "bias-16-bits" in m:
            return wrap(bias, 16)
        if "bias-of-channel-0" in m:
            return np.full_like(bias, bias[0])
        if "bias-of-next-channel" in m:
            return np.roll(bias, -1)
        if "bias-of-previous-channel" in m:
            return np.roll(bias, 1)
        if "bias-reversed" in m:
            return bias[::-1]
        return bias

    def run(self, x, m):
        acc = self.sums(x.values, x, self.b, m)
        si, so = x.scale, self.scale
        ws = np.broadcast_to(self.ws, (self.o,)).astype("f8")
        last = self.o - 1
        channels = np.arange(self.o)
        other = {
            "of-channel-0": 0 * channels,
            "of-last-channel": 0 * channels + last,
            "of-next-channel": (channels + 1) % self.o,
            "of-previous-channel": (channels + last) % self.o,
            "of-reversed-channel": last - channels,
        }
        for name, index in other.items():
            if f"scale-{name}" in m:
                ws = ws[index]
        if "scale-of-largest-channel" in m:
            ws = np.full_like(ws, ws.max())
        real = si * ws / so
        if "output-scale-missing" in m:
            real = si * ws
        if "input-scale-missing" in m:
            real = ws / so
        if "weights-scale-missing" in m:
            real = np.full_like(ws, si / so)
        if "output-scale-multiplied" in m:
            real = si * ws * so
        if "multiplier-inverse" in m:
            real = so / (si * ws)
        if "bias-scale-for-output" in m:
            real = np.ones_like(ws)
        for name, index in other.items():
            if f"shift-{name}" in m:
                exponent = np.floor(np.log2(real))
                real = real * 2.0 ** (exponent[index] - exponent)
        if "multiplier-truncated-to-16-bits" in m or "multiplier-in-16-bits" in m:
            pairs = [quantize_multiplier(float(v)) for v in real]
            short = [q >> 16 if "multiplier-truncated-to-16-bits" in m else min((q + (1 << 15)) >> 16, 32767) for q, _ in pairs]
            e = np.array([15 - s for _, s in pairs])
            r = (acc * np.array(short) + (1 << e - 1)) >> e
        elif "requantized-in-float32" in m:
            r = half_away((acc.astype("f4") * real.astype("f4")).astype("f4").astype("f8")).astype("i8")
        elif "optimized-kernels" in m:
            pairs = [quantize_multiplier(float(v)) for v in real]
            e = np.array([-s for _, s in pairs])
            high = (acc.astype(object) * np.array([q for q, _ in pairs], object) + (1 << 30)) // (1 << 31)
            r = (high.astype("i8") + np.where(e > 0, 1 << np.maximum(e - 1, 0), 0)) >> e
        else:
            r = requantize(acc, real, m)
        if "bias-after-requantization" in m:
            r = r + self.b
        low = -128
        if self.relu:
            low = max(-128, self.zero)
        q = finish(r, self.zero, x.zero, m, low)
        shape = (1, *q.shape) if x.values.ndim == 4 else (1, self.o)
        return q.reshape(shape)

    def describe(self, x):
        d = self.op == "DEPTHWISE_CONV_2D"
        w = self.w.transpose(3, 1, 2, 0) if d else self.w.reshape(self.o, -1) if self.op == "FULLY_CONNECTED" else self.w
        options = {"fusedActivationFunction": "RELU" if self.relu else "NONE"}
        if self.op != "FULLY_CONNECTED":
            options |= {"padding": "SAME" if self.same else "VALID", "strideH": self.stride[0], "strideW": self.stride[1], "dilationHFactor": 1, "dilationWFactor": 1}
        if d:
            options["depthMultiplier"] = 1
        return options, [
            ("INT8", w.shape, self.ws, [0] * len(self.ws), 3 if d else 0, w),
            ("INT32", (self.o,), x.scale * self.ws, [0] * len(self.ws), 0, self.b),
        ]


LIMITED = {"accumulator-saturates-at-16-bits": 16}


class Pool:
    def __init__(self, rng, op, x, **want):
        self.op, self.k = op, (2, 3) if want.get("odd") else tuple(rng.choice([2, 3], 2).tolist())
        self.same = want.get("same", bool(rng.integers(2)))
        self.stride = (2, 2)
        self.scale, self.zero = x.scale, x.zero

    before = Linear.before

    def run(self, x, m):
        values = reading(x.values[0], m)
        pads = self.before(x, m)
        h, w, c = values.shape
        q = np.zeros((1, pads[0][1], pads[1][1], c), "i8")
        for oy in range(q.shape[1]):
            for ox in range(q.shape[2]):
                top, start = oy * 2 - pads[0][0], ox * 2 - pads[1][0]
                window = [values[r, s] for r in range(top, top + self.k[0]) for s in range(start, start + self.k[1]) if 0 <= r < h and 0 <= s < w]
                full = self.k[0] * self.k[1]
                if "pool-padded-with-0" in m:
                    window += [np.zeros(c, "i8")] * (full - len(window))
                window = np.array(window).reshape(-1, c)
                q[0, oy, ox] = self.join(window, full, x.zero, m)
        return np.clip(q, -128, 127)

    def join(self, window, full, zero, m):
        average = self.op == "AVERAGE_POOL_2D"
        if len(window) == 0:
            return np.full(window.shape[1], 0)
        if "minimum-for-maximum" in m:
            return window.min(0)
        if "maximum-starts-at-0" in m:
            return np.maximum(window.max(0), 0)
        if average == ("maximum-for-average" in m):
            if not average and "average-for-maximum" in m:
                return half_away(window.sum(0) / len(window)).astype("i8")
            return window.max(0)
        if not average and "average-for-maximum" not in m:
            return window.max(0)
        total = window.sum(0)
        if "average-sum-in-8-bits" in m:
            total = wrap(total, 8)
        mean = total / (full if "average-counts-padding" in m else len(window))
        if "average-truncated" in m:
            return np.trunc(mean).astype("i8")
        if "average-floored" in m:
            return np.floor(mean).astype("i8")
        if "average-half-up" in m:
            return np.floor(mean + 0.5).astype("i8")
        if "average-half-up-truncated" in m:
            return np.trunc(mean + 0.5).astype("i8")
        if "average-half-even" in m:
            return np.rint(mean).astype("i8")
        if "average-around-zero-point" in m:
            return half_away(mean - zero).astype("i8") + zero
        return half_away(mean).astype("i8")

    def describe(self, x):
        return {"padding": "SAME" if self.same else "VALID", "strideH": 2, "strideW": 2, "filterHeight": self.k[0], "filterWidth": self.k[1], "fusedActivationFunction": "NONE"}, []


class Sum:
    """ADD or SUB of the input and a constant of another scale."""

    def __init__(self, rng, op, x, **want):
        self.op = op
        self.s2, self.z2 = f32(x.scale * rng.uniform(0.3, 2.5)), int(rng.integers(-60, 60))
        self.y = rng.integers(-128, 128, x.shape)
        self.sign = 1 if op == "ADD" else -1
        real = (x.values - x.zero) * x.scale + self.sign * (self.y - self.z2) * self.s2
        self.scale, self.zero = calibrated(rng, real)

    def run(self, x, m):
        s1, s2, so = x.scale, self.s2, self.scale
        if "scales-swapped" in m:
            s1, s2 = s2, s1
        if "scale-of-input-1-for-both" in m:
            s2 = s1
        z1, z2 = x.zero, self.z2
        if "zero-points-swapped" in m:
            z1, z2 = z2, z1
        if "zero-point-of-input-1-for-both" in m:
            z2 = z1
        if "zero-point-of-input-1-missing" in m or "input-zero-points-missing" in m:
            z1 = 0
        if "zero-point-of-input-2-missing" in m or "input-zero-points-missing" in m:
            z2 = 0
        if "input-zero-points-added" in m:
            z1, z2 = -z1, -z2
        a, b = reading(x.values, m) - z1, reading(self.y, m) - z2
        sign = self.sign
        if "difference-for-sum" in m or "sum-for-difference" in m:
            sign = -sign
        if "operands-swapped" in m:
            a, b = -a, -b
        real = (a * s1 + sign * b * s2) / so
        if "sum-in-real-numbers" in m:
            r = half_away(real).astype("i8")
        elif "sum-truncated" in m:
            r = np.trunc(real).astype("i8")
        elif "sum-floored" in m:
            r = np.floor(real).astype("i8")
        elif "operands-rounded-first" in m:
            r = (half_away(a * s1 / so) + sign * half_away(b * s2 / so)).astype("i8")
        elif "operands-not-rescaled" in m:
            r = a + sign * b
        else:
            twice = 2 * max(s1, s2)
            one = lambda v, s, again: self.scaled(self.scaled(v, s / twice, m), s / twice, m) if again else self.scaled(v, s / twice, m)  # noqa: E731
            left = one(a << 20, s1, "operands-rescaled-twice" in m or "operand-1-rescaled-twice" in m)
            right = one(b << 20, s2, "operands-rescaled-twice" in m or "operand-2-rescaled-twice" in m)
            r = self.scaled(left + sign * right, twice / f32((1 << 20) * so), m)
        q = finish(r, self.zero, x.zero, m)
        return q

    @staticmethod
    def scaled(v, real, m):
        return requantize(v[..., None], np.array([real]), m if "single-rounding" in m else ())[..., 0]

    def describe(self, x):
        return {"fusedActivationFunction": "NONE"}, [("INT8", self.y.shape, [self.s2], [self.z2], 0, self.y)]


class Product(Sum):
    def __init__(self, rng, op, x, **want):
        super().__init__(rng, "ADD", x)
        self.op = op
        real = (x.values - x.zero) * x.scale * (self.y - self.z2) * self.s2
        self.scale, self.zero = calibrated(rng, real)

    def run(self, x, m):
        z1, z2 = x.zero, self.z2
        if "zero-point-of-input-1-missing" in m or "input-zero-points-missing" in m:
            z1 = 0
        if "zero-point-of-input-2-missing" in m or "input-zero-points-missing" in m:
            z2 = 0
        if "input-zero-points-added" in m:
            z1, z2 = -z1, -z2
        if "zero-points-swapped" in m:
            z1, z2 = z2, z1
        product = (reading(x.values, m) - z1) * (reading(self.y, m) - z2)
        s1, s2, so = np.float32(x.scale), np.float32(self.s2), np.float32(self.scale)
        real = float(np.float32(s1 * s2) / so)
        if "output-scale-missing" in m:
            real = float(s1) * float(s2)
        if "scale-of-input-2-missing" in m:
            real = float(s1) / float(so)
        if "scale-of-input-1-missing" in m:
            real = float(s2) / float(so)
        r = requantize(product[..., None], np.array([real]), m)[..., 0]
        return finish(r, self.zero, x.zero, m)


LAYERS = {"CONV_2D": Linear, "DEPTHWISE_CONV_2D": Linear, "FULLY_CONNECTED": Linear, "MAX_POOL_2D": Pool, "AVERAGE_POOL_2D": Pool, "ADD": Sum, "SUB": Sum, "MUL": Product}


# ---- what diff knows nothing of


def unknown(rng, name, layer, x, right):
    """Other values than the layer's, by no mistake that is known; None where that changes nothing or makes no sense."""
    q = right.copy()
    flat = q.reshape(-1)
    if name == "unknown-bit-flips":
        at = rng.choice(flat.size, max(flat.size // 9, 1), replace=False)
        flat[at] = wrap(flat[at] ^ (1 << rng.integers(0, 8, at.size)), 8)
    elif name == "unknown-one-bit":
        at = rng.integers(flat.size)
        flat[at] = wrap(flat[at] ^ (1 << int(rng.integers(0, 8))), 8)
    elif name == "unknown-lowest-bit-cleared":
        q = q & ~1
    elif name == "unknown-noise":
        q = np.clip(q + rng.integers(-1, 2, q.shape), -128, 127)
    elif name == "unknown-shuffled":
        q = rng.permutation(flat).reshape(q.shape)
    elif name == "unknown-halved":
        q = np.clip(q - (q >> 3), -128, 127)
    elif isinstance(layer, Linear):
        w, b = layer.w, layer.b
        if name == "unknown-wrong-weight":
            layer.w = w.copy()
            layer.w.reshape(-1)[rng.integers(w.size)] ^= 0x15
        elif name == "unknown-other-weights":
            layer.w = rng.integers(-127, 128, w.shape)
        elif name == "unknown-wrong-bias":
            layer.b = b + (np.arange(len(b)) == rng.integers(len(b))) * int(np.abs(b).max() // 3 + 1000)
        elif name == "unknown-weights-of-4-bits":
            layer.w = (w >> 4) << 4
        q = layer.run(x, ())
        layer.w, layer.b = w, b
    else:
        return None
    return None if np.array_equal(q, right) else q


UNKNOWN = ["bit-flips", "one-bit", "lowest-bit-cleared", "noise", "shuffled", "halved", "wrong-weight", "other-weights", "wrong-bias", "weights-of-4-bits"]


# ---- cases


def drawn_input(rng, vector=False):
    shape = (1, int(rng.choice([11, 14, 19]))) if vector else (1, *rng.choice([5, 6, 7, 8, 9], 2).tolist(), int(rng.choice([1, 3, 6, 7, 11, 19])))
    return Tensor("input", rng.integers(-128, 128, shape), rng.uniform(0.01, 0.1), rng.choice([-128, -7, 3, 21, -60]))


def case_of(rng, ops, guilty, mistakes, want):
    """One model and what the candidate gives; None where the mistakes change nothing."""
    x = start = drawn_input(rng, ops[0] == "FULLY_CONNECTED")
    layers, arrays, xs = [], {}, []
    for i, op in enumerate(ops):
        layer = LAYERS[op](rng, op, x, **(want if i == guilty else {}))
        right = layer.run(x, ())
        values = right
        ZERO[0] = layer.zero
        if i == guilty:
            name = mistakes[0]
            values = unknown(rng, name, layer, x, right) if name.startswith("unknown") else placed(layer.run(x, mistakes), mistakes)
            if values is None or (np.array_equal(values, right) and not name.startswith("right")):
                return None
            if values.min() < -128 or values.max() > 127:
                if i < len(ops) - 1:
                    return None
        layers.append(layer)
        xs.append(x)
        x = Tensor(f"layer_{i}", values, layer.scale, layer.zero)
        arrays[f"tensor_{i + 1}"] = values
    tensors = [{"shape": list(start.shape), "type": "INT8", "scale": [start.scale], "zero": [start.zero], "axis": 0}]
    tensors += [{"shape": list(arrays[f"tensor_{i + 1}"].shape), "type": "INT8", "scale": [l.scale], "zero": [l.zero], "axis": 0} for i, l in enumerate(layers)]
    nodes, data = [], {}
    for i, (layer, own) in enumerate(zip(layers, xs)):
        options, constants = layer.describe(own)
        inputs = [i]
        for kind, shape, scale, zero, axis, values in constants:
            data[str(len(tensors))] = np.asarray(values).reshape(-1).astype("i1" if kind == "INT8" else "<i4")
            inputs.append(len(tensors))
            tensors.append({"shape": list(shape), "type": kind, "scale": [f32(s) for s in scale], "zero": list(zero), "axis": axis})
        nodes.append({"op": layer.op, "options": options, "inputs": inputs, "output": i + 1})
    about = {"tensors": tensors, "nodes": nodes, "output": len(layers), "guilty": guilty, "mistakes": mistakes}
    result = {"about": np.frombuffer(json.dumps(about).encode(), "u1"), "input": start.values.astype("i1")}
    result |= {f"data_{k}": v for k, v in data.items()}
    for k, v in arrays.items():
        result[k] = v.astype("i1" if v.min() >= -128 and v.max() <= 127 else "<i4")
    return result


REQUANTIZATION = "single-rounding requantized-in-float64 half-to-even half-up truncated floored xnnpack shift-without-rounding high-multiply-not-rounded right-shift-not-rounded product-not-doubled no-shift shift-one-less shift-one-more".split()
PLACES = "output-nchw output-transposed output-channels-reversed output-channels-pair-swapped output-one-later output-one-earlier output-one-column-later output-one-row-later last-row-not-written last-column-not-written last-channel-not-written second-half-not-written whole-output-not-written channels-behind-4s-not-written channels-behind-8s-not-written channels-behind-16s-not-written last-row-not-written-zero-point last-column-not-written-zero-point last-channel-not-written-zero-point second-half-not-written-zero-point whole-output-not-written-zero-point channels-behind-4s-not-written-zero-point channels-behind-8s-not-written-zero-point channels-behind-16s-not-written-zero-point".split()
ENDS = "output-zero-point-missing output-zero-point-subtracted output-zero-point-twice output-zero-point-of-input clamp-missing clamp-wraps clamped-before-zero-point clamp-of-other-type".split()
WEIGHTED = "input-read-unsigned weights-read-unsigned input-shifted-to-unsigned weights-shifted-to-unsigned input-zero-point-added input-zero-point-missing input-zero-point-twice input-zero-point-of-output input-offset-wraps bias-missing bias-subtracted bias-twice bias-after-requantization bias-16-bits bias-of-channel-0 bias-of-next-channel bias-of-previous-channel bias-reversed output-scale-missing output-scale-multiplied input-scale-missing weights-scale-missing multiplier-inverse bias-scale-for-output weights-of-next-channel weights-channels-reversed last-channel-left-out channels-behind-4s-left-out channels-behind-8s-left-out channels-behind-16s-left-out accumulator-16-bits products-in-16-bits accumulator-saturates-at-16-bits accumulator-saturated-to-16-bits multiplier-truncated-to-16-bits multiplier-in-16-bits requantized-in-float32 optimized-kernels activation-missing activation-at-stored-zero clamp-symmetric".split() + REQUANTIZATION + ENDS
WINDOWED = "input-nchw input-transposed kernel-flipped kernel-transposed same-padding-extra-first padding-half-kernel padding-none-before padding-all-before window-one-late window-one-early stride-ignored strides-swapped last-row-left-out first-row-left-out last-column-left-out last-tap-left-out padded-with-0 padded-with-zero-point-of-output padded-with-lowest padding-reads-memory input-zero-point-missing-at-border scale-of-channel-0 scale-of-last-channel scale-of-next-channel scale-of-previous-channel scale-of-reversed-channel scale-of-largest-channel shift-of-channel-0 shift-of-last-channel shift-of-next-channel shift-of-previous-channel shift-of-reversed-channel".split()
OPERANDS = "input-zero-points-missing input-zero-points-added zero-point-of-input-1-missing zero-point-of-input-2-missing zero-points-swapped".split()
SUMS = OPERANDS + "scales-swapped scale-of-input-1-for-both zero-point-of-input-1-for-both sum-in-real-numbers sum-truncated sum-floored operands-rounded-first operands-not-rescaled operands-rescaled-twice operand-1-rescaled-twice operand-2-rescaled-twice single-rounding".split() + ENDS
AVERAGES = "average-counts-padding maximum-for-average average-sum-in-8-bits average-truncated average-floored average-half-up average-half-up-truncated average-half-even average-around-zero-point pool-padded-with-0".split()
KNOWN = {
    "CONV_2D": WEIGHTED + WINDOWED + ["weights-hwio", "weights-oihw"] + PLACES,
    "DEPTHWISE_CONV_2D": [name for name in WEIGHTED + WINDOWED if not (name.startswith("channels-behind") or name == "last-channel-left-out")] + ["weights-channel-first"] + PLACES[:6],
    "FULLY_CONNECTED": WEIGHTED + ["weights-transposed"] + [name for name in PLACES if "row" not in name and "column" not in name and name not in ("output-nchw", "output-transposed")],
    "MAX_POOL_2D": ["minimum-for-maximum", "maximum-starts-at-0", "average-for-maximum", "pool-padded-with-0"] + PLACES,
    "AVERAGE_POOL_2D": AVERAGES + PLACES,
    "ADD": SUMS + ["difference-for-sum"],
    "SUB": SUMS + ["sum-for-difference", "operands-swapped"],
    "MUL": OPERANDS + ["output-scale-missing", "scale-of-input-1-missing", "scale-of-input-2-missing"] + REQUANTIZATION + ENDS,
}
STAGES = [REQUANTIZATION, ENDS, ["bias-missing", "bias-twice", "bias-reversed"], ["input-zero-point-added", "input-zero-point-missing"], ["kernel-flipped"], ["scale-of-next-channel"], PLACES]


def attempts(rng, ops, guilty, mistakes, want=None, count=40):
    for _ in range(count):
        try:
            case = case_of(rng, ops, guilty, mistakes, want or {"relu": "activation" in mistakes[0]})
        except (ValueError, IndexError):  # a mistake that makes no sense on what was drawn
            continue
        if case:
            return case
    return None


def recorded():
    rng = np.random.default_rng(20)
    lacking = []
    for op, names in KNOWN.items():
        for name in dict.fromkeys(names):
            want = {"relu": "activation" in name, "big": "16-bits" in name}
            if "swapped" in name and "stride" in name:
                want["stride"] = (1, 2)
            case = attempts(rng, [op], 0, [name], want)
            if case:
                yield f"{op}:{name}", case
            else:
                lacking.append(f"{op}:{name}")
        for name in UNKNOWN:
            case = attempts(rng, [op], 0, [f"unknown-{name}"])
            if case:
                yield f"{op}:unknown-{name}", case
        yield f"{op}:right", case_of(rng, [op], 0, ["right"], {})
    pair = np.random.default_rng(21)
    while True:
        op = str(pair.choice(["CONV_2D", "DEPTHWISE_CONV_2D"]))
        a, b = pair.choice(len(STAGES), 2, replace=False)
        names = sorted([str(pair.choice(STAGES[a])), str(pair.choice(STAGES[b]))])
        case = attempts(pair, [op], 0, names, {"relu": False}, 3)
        if case:
            yield f"{op}:{'+'.join(names)}:{pair.integers(1000)}", case
        PAIRS[0] -= bool(case)
        if PAIRS[0] == 0:
            break
    print("change nothing on any model drawn:", *lacking)


PAIRS = [30]


def fresh(seed, count):
    rng = np.random.default_rng(seed)
    made = 0
    while made < count:
        ops = [str(rng.choice(list(KNOWN))) for _ in range(int(rng.integers(1, 4)))]
        if "FULLY_CONNECTED" in ops:
            ops = ["FULLY_CONNECTED"] * len(ops)
        guilty = int(rng.integers(len(ops)))
        kind = rng.integers(10)
        if kind < 3:
            mistakes = [f"unknown-{rng.choice(UNKNOWN)}"]
        elif kind < 4:
            mistakes = ["right"]
        elif kind < 5 and ops[guilty] in ("CONV_2D", "DEPTHWISE_CONV_2D"):
            a, b = rng.choice(len(STAGES), 2, replace=False)
            mistakes = sorted([str(rng.choice(STAGES[a])), str(rng.choice(STAGES[b]))])
        else:
            mistakes = [str(rng.choice(KNOWN[ops[guilty]]))]
        try:
            case = case_of(rng, ops, guilty, mistakes, {"big": "16-bits" in mistakes[0]})
        except (ValueError, IndexError):  # a layer that is larger than what is left of the image
            continue
        shape = case[f"tensor_{guilty + 1}"].shape if case else ()
        if len(shape) == 4 and 1 in shape[1:3] and ("row" in mistakes[-1] or "column" in mistakes[-1]):
            continue  # the last row is all there is
        if case:
            yield f"{made}:{ops[guilty]}:{'+'.join(mistakes)}", case
            made += 1


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--fresh", nargs=3)
    arguments = parser.parse_args()
    path = Path(arguments.fresh[2]) if arguments.fresh else Path(__file__).with_name("drawn.npz")
    cases = fresh(int(arguments.fresh[0]), int(arguments.fresh[1])) if arguments.fresh else recorded()
    np.savez_compressed(path, **{f"{name}/{key}": array for name, case in cases for key, array in case.items()})


if __name__ == "__main__":
    main()
