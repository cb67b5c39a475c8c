"""What is random in a case: types, shapes, scales, and values that lie where rounding and clamping go wrong."""

import numpy as np

from graph import Tensor, numpy_type

RUNS = 2
QUANTIZED = ("int8", "uint8", "int16")
NONE, RELU, RELU_N1_TO_1, RELU6 = range(4)  # fused activations
LIMITS = {"int4": (-8, 7), "bool": (0, 1)} | {
    t: (int(np.iinfo(t).min), int(np.iinfo(t).max)) for t in ("int8", "uint8", "int16", "int32", "int64")
}


class Draw:
    def __init__(self, *key):
        self.random = np.random.default_rng(list(" ".join(map(str, key)).encode()))
        # In every third case all scales are few-bit numbers, so that products fall exactly between two integers.
        self.exact = self.chance(1 / 3)

    # ---- plain choices

    def chance(self, probability):
        return bool(self.random.random() < probability)

    def integer(self, low, high):
        return int(self.random.integers(low, high, endpoint=True))

    def choice(self, *values):
        return values[self.integer(0, len(values) - 1)]

    def power(self, low, high):
        """2^low to 2^high, as a float32."""
        return np.float32(2.0 ** self.random.uniform(low, high))

    def shape(self, least_rank, most_rank=None, size=160):
        rank = self.integer(least_rank, least_rank if most_rank is None else most_rank)
        while True:
            shape = tuple(self.choice(1, 2, 2, 3, 4, 5, 7, 9) for _ in range(rank))
            if np.prod(shape) <= size:
                return shape

    def broadcastable(self, shape):
        """A shape that broadcasts to this one: dimensions of 1, leading ones left out."""
        shape = tuple(1 if self.chance(0.4) else dim for dim in shape)
        return shape[self.integer(0, len(shape)) :] if self.chance(0.3) else shape

    def axis(self, rank):
        """An axis, counted from the end in half of the cases."""
        return self.integer(-rank, rank - 1)

    def activation(self):
        return self.choice(NONE, NONE, RELU, RELU6, RELU_N1_TO_1)

    # ---- quantization: keyword arguments of Tensor

    def scale(self, dtype):
        finer = 8 if dtype == "int16" else 0
        if self.exact:
            return np.float32(self.choice(1, 1, 3, 5) * 2.0 ** -(self.integer(4, 8) + finer))
        return self.power(-9 - finer, -3 - finer)

    def zero_point(self, dtype):
        if dtype not in ("int8", "uint8"):
            return 0
        low, high = LIMITS[dtype]
        return self.choice(low, high, (low + high + 1) // 2, *(self.integer(low, high) for _ in range(3)))

    def quantization(self, dtype, scale=None):
        if dtype not in QUANTIZED:
            return {}
        return {
            "scale": self.scale(dtype) if scale is None else np.float32(scale),
            "zero_point": self.zero_point(dtype),
        }

    def related(self, quantization, dtype, low=-2, high=2):
        """The same, or one whose scale is 2^low to 2^high of this one's."""
        if not quantization or self.chance(0.1):
            return quantization
        if self.exact:
            ratio = self.choice(
                *(r for r in (0.125, 0.25, 0.5, 0.75, 1, 1.5, 2, 2.5, 4, 6, 8) if 2**low <= r <= 2**high)
            )
        else:
            ratio = self.boundary_ratio(2.0 ** self.random.uniform(low, high), self.integer(30, 127))
        return self.quantization(dtype, quantization["scale"] * ratio)

    def boundary_ratio(self, ratio, steps):
        """About the ratio; in half of the cases one that brings `steps` to the middle between two integers."""
        return steps / (np.floor(steps / ratio) + 0.5) if self.chance(0.5) else ratio

    # ---- values

    def values(self, dtype, shape, low=None, high=None, zero_point=0, style="noise"):
        """noise: all values alike; edges: ends of the range and around zero; quiet: mostly zero."""
        if dtype == "float32":
            return self.reals(shape, style)
        wide = low is None and dtype in ("int32", "int64")
        least, most = LIMITS[dtype]
        low, high = (
            (-1000 if wide else least) if low is None else low,
            (1000 if wide else most) if high is None else high,
        )
        noise = self.random.integers(low, high, shape, np.int64, endpoint=True)
        if style != "noise":
            edges = [low, low + 1, zero_point - 1, zero_point, zero_point + 1, high - 1, high]
            edges = np.clip(edges, low, high) if not wide else np.append(edges, [least, most])
            sparse = np.where(self.random.random(shape) < 0.8, self.random.choice(edges, shape), noise)
            zero = min(max(zero_point, low), high)
            noise = sparse if style == "edges" else np.where(self.random.random(shape) < 0.75, zero, sparse)
        return np.asarray(noise, numpy_type(dtype))

    def reals(self, shape, style):
        noise = self.random.uniform(-3, 3, shape)
        if style != "noise":
            edges = self.random.choice([0.0, -0.0, 1.0, -1.0, 0.5, -0.5, 100.0, -100.0], shape)
            noise = np.where(self.random.random(shape) < 0.7, edges, noise)
        return np.asarray(noise, np.float32)

    def floats(self, shape, finite=False):
        """
        An input of float32: noise; then, in half of the cases, ends of the type, infinities and NaN among zeros of both
        signs and halves. Finite: neither of the latter two, nor subnormal numbers.
        """
        reach = self.choice(1, 4, 20)
        runs = [np.asarray(self.random.uniform(-reach, reach, shape), np.float32) for _ in range(RUNS)]
        few = np.float32([0, -0.0, 0.5, -0.5, 1, -1, 3, 6, -100])
        ends = np.float32([3.4e38, -3.4e38, 1e-40, -1e-40, np.inf, -np.inf, np.nan]) if self.chance(0.5) else few
        if finite:
            ends = ends[np.isfinite(ends) & (np.abs(ends) != np.float32(1e-40))]
        kinds = self.random.choice([0, 1, 2], shape, p=[0.5, 0.44, 0.06])
        runs[1] = np.choose(kinds, [runs[1], self.random.choice(few, shape), self.random.choice(ends, shape)])
        return Tensor("float32", tuple(shape), runs=runs)

    def aim(self, tensors, real):
        """
        Gives the inputs in run 1 the values whose result, in real steps of the output, lies closest to the middle
        between two integers, out of many; real(q - zero point of each). Where they broadcast, nothing.
        """
        if any(t.runs is None or t.shape != tensors[0].shape for t in tensors):
            return
        count = int(np.prod(tensors[0].shape))
        candidates = []
        for tensor in tensors:
            low, high = LIMITS[tensor.dtype]
            candidates.append(self.random.integers(low, high, 1 << 16, np.int64, endpoint=True) - tensor.zero_point)
        result = np.abs(real(*(c.astype(np.float64) for c in candidates)))
        distance = np.where(result < LIMITS[tensors[0].dtype][1], np.abs(result % 1 - 0.5), 1)
        closest = self.random.permutation(np.argsort(distance, kind="stable")[:count])
        for tensor, values in zip(tensors, candidates):
            tensor.runs[1] = (values[closest] + tensor.zero_point).astype(tensor.dtype).reshape(tensor.shape)

    # ---- tensors

    def input(self, dtype, shape, low=None, high=None, **quantization):
        zero_point = quantization.get("zero_point", 0)
        styles = ("noise", self.choice("edges", "edges", "quiet"))
        runs = [self.values(dtype, shape, low, high, zero_point, style) for style in styles]
        return Tensor(dtype, tuple(shape), **quantization, runs=runs)

    def feed(self, dtype, shape, low=None, high=None, **quantization):
        """An input of values to compute with."""
        return self.floats(shape) if dtype == "float32" else self.input(dtype, shape, low, high, **quantization)

    def sweep(self, dtype, low=None, high=None, **quantization):
        """An input that has every value of an 8-bit type in run 0; or just an input."""
        if dtype == "float32":
            return self.floats(self.shape(1, 4))
        if dtype not in ("int8", "uint8") or self.chance(0.5):
            return self.input(dtype, self.shape(1, 4), low, high, **quantization)
        least, most = LIMITS[dtype]
        values = np.arange(least if low is None else low, (most if high is None else high) + 1)
        tensor = self.input(dtype, (len(values),), low, high, **quantization)
        tensor.runs[0] = values.astype(dtype)
        return tensor

    def constant(self, dtype, data, **quantization):
        return Tensor(dtype, np.shape(data), **quantization, data=np.asarray(data, numpy_type(dtype)))

    def operand(self, dtype, shape, low=None, high=None, **quantization):
        """An input, or now and then a constant."""
        tensor = self.feed(dtype, shape, low, high, **quantization)
        if self.chance(0.25):
            tensor.data, tensor.runs = tensor.runs[self.integer(0, 1)], None
        return tensor

    def parameter(self, values, dtype="int32", at_run_time=0.15):
        """Axes, sizes, a shape: a constant, or now and then known only when the model runs."""
        tensor = self.constant(dtype, values)
        if self.chance(at_run_time):
            tensor.data, tensor.runs = None, [tensor.data] * RUNS
        return tensor

    # ---- sums of products

    def products(self, dtype, weight_type, weight_shape, axis, count, bias_type="int32", weight_zero_point=None):
        """
        What a layer that adds up `count` products needs, scales chosen so that sums fit the output: the quantization
        of its input, its weights, its bias, the quantization of its output. Half of the biases lie at rounding
        boundaries: there the sum, if all inputs are at their zero point, is half a step of the output, give or take 1.
        """
        if dtype == "float32" or "-" in dtype:
            bias = self.constant("float32", self.random.uniform(-4, 4, weight_shape[axis]))
            make = {"float32": self.stored, "float32-weights": self.real}.get(dtype, self.integers)
            return {}, make(weight_type, weight_shape, axis), bias, {}
        low, high = LIMITS[weight_type]
        if weight_type == "int8" and self.chance(0.8):
            low += 1
        zero_point = self.zero_point("uint8") if weight_type == "uint8" else weight_zero_point or 0
        style = self.choice("noise", "noise", "edges", "quiet")
        weights = self.values(weight_type, weight_shape, low, high, zero_point, style)

        channels = weight_shape[axis]
        per_channel = channels > 1 and weight_type != "uint8" and weight_zero_point is None and self.chance(0.6)
        count_of_scales = channels if per_channel else 1
        span = 65536 if dtype == "int16" else 256
        typical = max(1.0, np.std(weights.astype(np.float64) - zero_point)) * span / 4 * np.sqrt(count)
        real = span * 2.0 ** self.random.uniform(-5, -1) / typical
        above_one, fine = self.chance(0.12), self.chance(0.3)
        if above_one:
            real = 2.0 ** self.random.uniform(0, 3)
        elif (
            fine
        ):  # the biases decide, each step of the output is so wide that the last bit of the multiplier does, too
            real = 2.0 ** self.random.uniform(-22, -15)
        if self.exact:
            reals = 2.0 ** (np.round(np.log2(real)) - self.random.integers(0, 3, count_of_scales))
            input_scale, output_scale = (np.float32(2.0 ** -self.integer(4, 12)) for _ in range(2))
        else:
            reals = real * 2.0 ** -self.random.uniform(0, 3, count_of_scales)
            input_scale, output_scale = self.scale(dtype), self.scale(dtype)
        scales = np.float32(reals * output_scale / input_scale)

        reals = np.broadcast_to(scales.astype(np.float64) * input_scale / output_scale, channels)
        steps = self.random.integers(-span // 2, span // 2, channels) + 0.5
        boundary = np.rint(steps / reals) + self.random.integers(-1, 2, channels)
        usual = self.random.normal(0, typical, channels)
        bias = np.where(self.random.random(channels) < (0.9 if fine else 0.5), boundary, usual)
        if above_one and bias_type == "int32":  # sums that leave int32 when they are shifted
            huge = 2.0 ** self.random.uniform(28, 31, channels) * self.random.choice([-1, 1], channels)
            bias = np.where(self.random.random(channels) < 0.5, huge, bias)
        limit = 2**31 - 2**24 if bias_type == "int32" else 2**38
        bias = np.clip(np.rint(bias), -limit, limit).astype(np.int64)

        weights = self.constant(weight_type, weights, scale=scales, zero_point=zero_point, axis=axis)
        bias = self.constant(bias_type, bias, scale=np.float32(input_scale * scales), zero_point=0)
        return self.quantization(dtype, input_scale), weights, bias, self.quantization(dtype, output_scale)

    def integers(self, dtype, shape, axis, shifted=False):
        """Weights with one scale or one for each channel."""
        scales = [self.power(-9, -4) for _ in range(shape[axis] if axis == 3 and not shifted or self.chance(0.6) else 1)]
        zero_points = [self.zero_point("uint8") if shifted and dtype == "uint8" else 0 for _ in scales]
        return self.constant(dtype, self.values(dtype, shape), scale=scales, zero_point=zero_points, axis=axis)

    def stored(self, dtype, shape, axis):
        """Weights of float32 that are integers in the file."""
        return Tensor("float32", tuple(shape), stored=self.integers(dtype, shape, axis, shifted=True))

    def real(self, dtype, shape, axis):
        """Weights that are float32 in the file."""
        return self.constant(dtype, self.random.uniform(-1, 1, shape))
