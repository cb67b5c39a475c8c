"""
The operators, and how a random case of each is written: a recipe takes a Draw, the operator's name and the type of the
case, and returns a Node, a list of Nodes or a Graph. A type `a-b` is that of input and output.

Comments say what BUILTIN_REF of ai-edge-litert 2.3.0 does not take; what it answers nothing certain for is left out.
"""

import numpy as np
from ai_edge_litert import schema_py_generated as schema
from flatbuffers import flexbuffers

from draw import LIMITS, QUANTIZED, RELU, RUNS, Draw
from graph import Graph, Node, Tensor

SAME, VALID = 0, 1
MICRO = ("tflm", "single-rounding")
UNIT = {
    "int8": {"scale": 1 / 256, "zero_point": -128},
    "uint8": {"scale": 1 / 256, "zero_point": 0},
    "int16": {"scale": 1 / 32768, "zero_point": 0},
}  # of values from 0 to 1


def type_code(dtype):
    return getattr(schema.TensorType, dtype.upper())


def options(table, **fields):
    """The options of that name: options("Conv2D", strideW=1)."""
    return getattr(schema, f"{table}OptionsT")(**fields)


# ---- windows


def output_size(padding, size, filter_size, stride, dilation):
    extent = (filter_size - 1) * dilation + 1
    return -(-size // stride) if padding == SAME else (size - extent) // stride + 1


def window(d, height, width, dilated=True):
    """Padding, (filter, stride, dilation) down, and the same across."""
    padding = d.choice(SAME, VALID)
    pointwise = d.chance(0.15)

    def along(size):
        filter_size, dilation = (1, 1) if pointwise else (d.integer(1, 4), d.choice(1, 1, 1, 2, 3) if dilated else 1)
        if padding == VALID and (filter_size - 1) * dilation >= size:
            filter_size, dilation = min(filter_size, size), 1
        return filter_size, d.choice(1, 1, 2, 3), dilation

    return padding, along(height), along(width)


def image(d, deepest=5):
    return (d.choice(1, 1, 2), d.integer(1, 6), d.integer(1, 6), d.integer(1, deepest))


def weight_type_of(d, dtype):
    if is_hybrid(dtype):
        return dtype.removeprefix("hybrid-")
    if dtype == "float32-weights":
        return "float32"
    if dtype == "float32":
        return d.choice("int8", "int8", "uint8", "int4")
    if dtype == "int8":
        return d.choice("int8", "int8", "int8", "int4")
    return "uint8" if dtype == "uint8" else "int8"


def activations_of(dtype):
    """
    The type of a layer's activations: float32 in a case `hybrid-int8`, of which only the weights are int8, and in a case
    `float32-weights`; in one of `float32`, the weights are integers in the file.
    """
    return "float32" if is_hybrid(dtype) or dtype == "float32-weights" else dtype


def is_hybrid(dtype):
    return dtype.startswith("hybrid-")


def feed(d, dtype, shape, **quantization):
    """The input of a layer; of a hybrid one, finite: of others, C++ leaves the extremes undefined."""
    return d.floats(shape, finite=True) if is_hybrid(dtype) else d.feed(activations_of(dtype), shape, **quantization)


def bias_type_of(d, dtype, narrow=True):
    """The bias's type and the option that says so: int16 adds up in int64 or, if the option is set, in int32."""
    if dtype != "int16":
        return "int32", 0
    return ("int32", type_code("int32")) if narrow and d.chance(1 / 3) else ("int64", 0)


def conv_2d(d, op, dtype):  # not without bias; uint8 not per channel
    batch, height, width, depth = image(d)
    padding, (fh, sh, dh), (fw, sw, dw) = window(d, height, width)
    groups = d.choice(1, 1, 1, depth, 2 if depth % 2 == 0 else 1)
    channels = groups * d.integer(1, 1 + 5 // groups)
    weight_type = weight_type_of(d, dtype)
    bias_type, bias_code = bias_type_of(d, dtype)
    if is_hybrid(dtype) and groups > 1:
        groups, channels = 1, channels // groups  # with one scale, it reads beyond it
    count = fh * fw * depth // groups
    qx, weights, bias, qy = d.products(dtype, weight_type, (channels, fh, fw, depth // groups), 0, count, bias_type)
    return Node(
        op,
        [feed(d, dtype, (batch, height, width, depth), **qx), weights, bias],
        [Tensor(activations_of(dtype), **qy)],
        options(
            "Conv2D",
            padding=padding,
            strideH=sh,
            strideW=sw,
            dilationHFactor=dh,
            dilationWFactor=dw,
            fusedActivationFunction=d.activation(),
            quantizedBiasType=bias_code,
        ),
    )


def depthwise_conv_2d(d, op, dtype):  # int16: neither int4 weights nor an int32 bias
    batch, height, width, depth = image(d)
    padding, (fh, sh, dh), (fw, sw, dw) = window(d, height, width)
    multiplier = d.choice(1, 1, 2, 3)
    weight_type = weight_type_of(d, dtype)
    bias_type, _ = bias_type_of(d, dtype, narrow=False)
    qx, weights, bias, qy = d.products(dtype, weight_type, (1, fh, fw, depth * multiplier), 3, fh * fw, bias_type)
    inputs = [feed(d, dtype, (batch, height, width, depth), **qx), weights] + [bias] * (not d.chance(0.1))
    return Node(
        op,
        inputs,
        [Tensor(activations_of(dtype), **qy)],
        options(
            "DepthwiseConv2D",
            padding=padding,
            strideH=sh,
            strideW=sw,
            dilationHFactor=dh,
            dilationWFactor=dw,
            depthMultiplier=multiplier,
            fusedActivationFunction=d.activation(),
        ),
    )


def image_of(d, dtype, shape, **q):
    return feed(d, dtype, shape) if activations_of(dtype) == "float32" else d.input(dtype, shape, **q)


def transpose_conv(d, op, dtype):
    batch, height, width, depth = d.choice(1, 1, 2), d.integer(1, 4), d.integer(1, 4), d.integer(1, 4)
    padding, channels = d.choice(SAME, VALID), d.integer(1, 4)
    fh, fw, sh, sw = d.integer(1, 4), d.integer(1, 4), d.choice(1, 2, 2, 3), d.choice(1, 2, 2, 3)

    def grown(size, filter_size, stride):  # a size that the window brings back to this one
        return (size - 1) * stride + d.integer(1, stride) + (filter_size - 1 if padding == VALID else 0)

    shape = (batch, grown(height, fh, sh), grown(width, fw, sw), channels)
    bias_type, bias_code = bias_type_of(d, dtype)
    weight_type = weight_type_of(d, dtype) if "float32" in activations_of(dtype) else "uint8" if dtype == "uint8" else "int8"
    qx, weights, bias, qy = d.products(
        dtype, weight_type, (channels, fh, fw, depth), 0, fh * fw * depth / sh / sw, bias_type
    )
    inputs = [d.parameter(shape), weights, image_of(d, dtype, (batch, height, width, depth), **qx)]
    inputs += [bias] if d.chance(0.7) else []
    node = Node(
        op,
        inputs,
        [Tensor(activations_of(dtype), **qy)],
        options(
            "TransposeConv",
            padding=padding,
            strideH=sh,
            strideW=sw,
            fusedActivationFunction=d.activation(),
            quantizedBiasType=bias_code,
        ),
    )
    if activations_of(dtype) == "float32":
        return node
    # They read an int32 bias of int16 as int64, beyond its end.
    return Graph([node], undefined=MICRO if bias_code and bias in inputs else ())


def pool(d, op, dtype):  # takes no other scale for the output: nothing is rescaled
    shape = image(d, 4)
    padding, (fh, sh, _), (fw, sw, _) = window(d, shape[1], shape[2], dilated=False)
    q = d.quantization(dtype)
    return Node(
        op,
        [d.feed(dtype, shape, **q)],
        [Tensor(dtype, **q)],
        options(
            "Pool2D",
            padding=padding,
            strideH=sh,
            strideW=sw,
            filterHeight=fh,
            filterWidth=fw,
            fusedActivationFunction=d.activation(),
        ),
    )


# ---- matrices


def fully_connected(d, op, dtype):  # uint8 not per channel
    depth, units = d.integer(1, 24), d.integer(1, 9)
    leading = d.shape(0, 3, 12)
    bias_type, bias_code = bias_type_of(d, dtype)
    weight_type = weight_type_of(d, dtype)
    shifted = d.integer(-20, 20) if dtype == "int8" and weight_type == "int8" and d.chance(0.3) else None
    qx, weights, bias, qy = d.products(dtype, weight_type, (units, depth), 0, depth, bias_type, shifted)
    keep = d.chance(0.3)
    shape = (*leading, depth)
    if not keep and leading and d.chance(0.3):  # the last dimension need not be the depth
        shape = (*leading[:-1], depth * leading[-1])
    inputs = [feed(d, dtype, shape, **qx), weights, bias]
    if d.chance(0.2):
        inputs = inputs[:2] + [None] * d.integer(0, 1)
    return Node(
        op,
        inputs,
        [Tensor(activations_of(dtype), **qy)],
        options(
            "FullyConnected",
            fusedActivationFunction=d.activation(),
            keepNumDims=keep,
            quantizedBiasType=bias_code,
            asymmetricQuantizeInputs=is_hybrid(dtype) and d.chance(0.5),
        ),
    )


def batch_matmul(d, op, dtype):  # not uint8
    rows, depth, columns, batch = d.integer(1, 5), d.integer(1, 9), d.integer(1, 5), d.shape(0, 2, 6)
    adj_x, adj_y = d.chance(0.3), d.chance(0.3)
    other = "int8" if dtype == "int16" and d.chance(0.3) else dtype
    if dtype == "hybrid-int8":  # several dimensions of matrices mix up the rows' scales
        batch = d.shape(0, 1, 6)
        fields = {"adjX": adj_x, "adjY": adj_y, "asymmetricQuantizeInputs": d.chance(0.5)}
        x = d.floats((*batch, depth, rows) if adj_x else (*batch, rows, depth), finite=True)
        y = (*batch, columns, depth) if adj_y else (*batch, depth, columns)
        y = d.constant("int8", d.values("int8", y), scale=d.power(-9, -4), zero_point=0)
        return Node(op, [x, y], [Tensor("float32")], options("BatchMatMul", **fields))
    if dtype == "float32":
        batch_y = tuple(1 if d.chance(0.2) else dim for dim in batch)
        x = d.floats((*batch, depth, rows) if adj_x else (*batch, rows, depth))
        y = d.floats((*batch_y, columns, depth) if adj_y else (*batch_y, depth, columns))
        return Node(op, [x, y], [Tensor(dtype)], options("BatchMatMul", adjX=adj_x, adjY=adj_y))
    span = {"int8": 256, "int16": 65536}
    qx, qy = d.quantization(dtype), d.quantization(other)
    if dtype == "int16":
        qy["zero_point"] = 0
    typical = qx["scale"] * qy["scale"] * np.sqrt(depth) * span[dtype] * span[other] / 12
    q = d.quantization(
        dtype, 2.0 ** np.round(np.log2(typical * 8 / span[dtype])) if d.exact else typical * d.power(1, 4) / span[dtype]
    )
    x = d.input(dtype, (*batch, depth, rows) if adj_x else (*batch, rows, depth), **qx)
    batch_y = tuple(1 if d.chance(0.2) else dim for dim in batch)[d.integer(0, len(batch)) if d.chance(0.2) else 0 :]
    y = d.operand(other, (*batch_y, columns, depth) if adj_y else (*batch_y, depth, columns), **qy)
    return Node(op, [x, y], [Tensor(dtype, **q)], options("BatchMatMul", adjX=adj_x, adjY=adj_y))


# ---- two operands


def pair(d, dtype, qa, qb, a_range=(), b_range=()):
    """Two operands; every other pair broadcasts."""
    shape = d.shape(0, 4) if d.chance(0.1) else d.shape(1, 4)
    shapes = [shape, shape]
    if d.chance(0.5):
        shapes[1] = d.broadcastable(shape)
        if d.chance(0.3):
            shapes[0] = tuple(1 if d.chance(0.3) else dim for dim in shape)
        if d.chance(0.5):
            shapes.reverse()
    b = d.operand(dtype, shapes[1], *b_range, **qb)
    a = d.operand(dtype, shapes[0], *a_range, **qa) if b.data is None else d.feed(dtype, shapes[0], *a_range, **qa)
    return [a, b]


def arithmetic(d, op, dtype):
    """ADD, SUB, MUL. int16 with scales that are powers of two has a path of its own in ADD and SUB."""
    table = op.title()
    fields = {"fusedActivationFunction": d.activation()}
    qa = d.quantization(dtype)
    if op == "MUL":
        qb = d.quantization(dtype)
        span = 65536 if dtype == "int16" else 256
        ratio = span * (2.0 ** -d.integer(2, 6) if d.exact else d.power(-6, -2))
        if not d.exact:
            ratio = d.boundary_ratio(ratio, d.integer(30, 127) * d.integer(30, 127))
        qy = d.quantization(dtype, np.float64(qa["scale"]) * qb["scale"] * ratio) if qa else {}
    else:
        qb, qy = d.related(qa, dtype, -3, 3), d.related(qa, dtype, -2, 3)
        fields["potScaleInt16"] = False
    inputs = pair(d, dtype, qa, qb)
    if "potScaleInt16" in fields and dtype == "int16" and inputs[0].shape == inputs[1].shape and d.chance(0.4):
        shift = d.integer(0, 4)
        base = 2.0 ** -d.integer(8, 15)
        powers = [base / 2**shift, base]
        if d.chance(0.5):
            powers.reverse()
        for tensor, scale in zip(inputs, powers):
            tensor.scale = np.float32(scale)
        qy = {"scale": np.float32(base), "zero_point": 0}
        fields["potScaleInt16"] = True
    if qa and d.chance(0.7):
        sa, sb, sy = (np.float64(scale) for scale in (inputs[0].scale, inputs[1].scale, qy["scale"]))
        d.aim(
            inputs,
            {
                "ADD": lambda a, b: (a * sa + b * sb) / sy,
                "SUB": lambda a, b: (a * sa - b * sb) / sy,
                "MUL": lambda a, b: a * sa * b * sb / sy,
            }[op],
        )
    return Node(op, inputs, [Tensor(dtype, **qy)], options(table, **fields))


def div(d, op, dtype):  # not int64; not by the zero point, but for float32
    qa, qb = d.quantization(dtype), d.quantization(dtype)
    qy = d.quantization(dtype, qa["scale"] / qb["scale"] * d.power(-7, 1)) if qa else {}
    a, b = pair(d, dtype, qa, qb)
    step = d.choice(1, 2, 5) if b.zero_point < 100 else -3
    for values in (b.runs or [b.data]) if dtype != "float32" else []:
        values[values == b.zero_point] = b.zero_point + step
    return Node(op, [a, b], [Tensor(dtype, **qy)], options("Div", fusedActivationFunction=d.activation()))


def floor_div(d, op, dtype):  # plain integers, whatever their scale; not uint8; not by zero, nor the least one by -1
    if dtype == "float32":
        a, b = pair(d, dtype, {}, {})
        other = lambda values: np.where(values == 0, np.float32(0.75), values)
        b.runs, b.data = b.runs and [other(run) for run in b.runs], None if b.data is None else other(b.data)
        return Node(op, [a, b], [Tensor(dtype)])
    low, high = LIMITS[dtype]
    a, b = pair(d, dtype, {}, {}, a_range=(low + 1, high))
    for values in b.runs or [b.data]:
        values[values == 0] = d.choice(1, -1, 2, 3, -3)
    return Node(op, [a, b], [Tensor(dtype)])


def power(d, op, dtype):
    """Positive bases, whole exponents and any others."""
    shape = d.shape(1, 4)
    a = d.floats(shape)
    exponent = d.choice((), (1,), d.broadcastable(shape), shape)
    kinds = [np.float32(d.choice(0.0, 0.5, 1.0, 2.0, 3.0, 4.0, 7.0, -1.0, -2.0, 2.00001))] * int(np.prod(exponent))
    data = np.float32(kinds).reshape(exponent) if d.chance(0.6) else np.float32(d.random.uniform(-4, 4, exponent))
    if d.chance(0.6):
        a.runs = [np.abs(run) for run in a.runs]
    return Node(op, [a, d.constant(dtype, data)], [Tensor(dtype)], options("Pow"))


def lrn(d, op, dtype):
    fields = {"radius": d.integer(0, 4), "bias": d.choice(0.0, 1.0, 2.0), "alpha": d.choice(1.0, 0.1, 0.5), "beta": d.choice(0.5, 0.75, 1.0)}
    return Node(op, [d.floats(image(d, 9))], [Tensor(dtype)], options("LocalResponseNormalization", **fields))


def squared_difference(d, op, dtype):  # int8 and int32
    qa = d.quantization(dtype)
    qb = d.related(qa, dtype)
    qy = d.quantization(dtype, qa["scale"] ** 2 * (2.0 ** d.integer(2, 7) if d.exact else d.power(2, 8))) if qa else {}
    inputs = pair(d, dtype, qa, qb)
    if qa and d.chance(0.7):
        d.aim(inputs, lambda a, b: (a * qa["scale"] - b * qb["scale"]) ** 2 / qy["scale"])
    return Node(op, inputs, [Tensor(dtype, **qy)])


def alike(d, op, dtype):
    """MAXIMUM, MINIMUM, LOGICAL_AND, LOGICAL_OR, BITWISE_XOR: on the values as they are stored."""
    q = d.quantization(dtype)
    return Node(op, pair(d, dtype, q, q), [Tensor(dtype, **q)])


def right_shift(d, op, dtype):
    return Node(op, pair(d, dtype, {}, {}, b_range=(0, 20)), [Tensor(dtype)])


def comparison(d, op, dtype):  # scales below 1; NOT_EQUAL of int16 only where it is quantized
    qa = d.quantization(dtype)
    qb = d.related(qa, dtype)
    few = (-3, 3) if not qa and dtype not in ("bool", "float32") and d.chance(0.5) else ()
    node = Node(op, pair(d, dtype, qa, qb, few, few), [Tensor("bool")])
    return Graph([node], undefined=MICRO if dtype == "int16" else ())  # they take int16 to scales that are not computed


def select(d, op, dtype):
    q = d.quantization(dtype)
    a, b = d.shape(1, 4), None
    condition = a
    if op == "SELECT_V2" and d.chance(0.6):
        condition, a, b = d.broadcastable(a), d.choice(a, d.broadcastable(a)), a
    elif op == "SELECT" and d.chance(0.3):
        condition = a[:1]
    b = b or a
    inputs = [d.operand("bool", condition), d.input(dtype, a, **q), d.operand(dtype, b, **q)]
    return Node(op, inputs, [Tensor(dtype, **q)])


def add_n(d, op, dtype):
    shape = d.shape(1, 4)
    return Node(op, [d.feed(dtype, shape) for _ in range(d.integer(2, 5))], [Tensor(dtype)])


# ---- one operand


def relu(d, op, dtype):  # RELU_N1_TO_1 and RELU_0_TO_1 not int16
    q = d.quantization(dtype)
    x, y = d.sweep(dtype, **q), Tensor(dtype, **d.related(q, dtype, -3, 3))
    if dtype == "int16" and d.chance(0.7):
        d.aim([x], lambda v: v * np.float64(x.scale) / y.scale)
    return Node(op, [x], [y])


def leaky_relu(d, op, dtype):
    q = d.quantization(dtype)
    alpha = d.choice(0.5, 0.25, 0.0, 1.0, -0.5) if d.exact else float(np.float32(d.random.uniform(-0.5, 1.5)))
    x, y = d.sweep(dtype, **q), Tensor(dtype, **d.related(q, dtype))
    if dtype == "int16" and d.chance(0.7):
        d.aim([x], lambda v: np.where(v < 0, alpha * v, v) * np.float64(x.scale) / y.scale)
    return Node(op, [x], [y], options("LeakyRelu", alpha=alpha))


def prelu(d, op, dtype):  # int16 with an alpha of int8
    q, shape = d.quantization(dtype), d.shape(2, 4)
    if dtype == "float32":
        alpha = d.constant(dtype, d.random.uniform(-2, 2, d.broadcastable(shape)))
        return Node(op, [d.floats(shape), alpha], [Tensor(dtype)])
    alpha_type = "int8" if dtype == "int16" else dtype
    alpha_shape = d.choice((*[1] * (len(shape) - 2), shape[-1]), shape[1:], d.broadcastable(shape))
    low, high = LIMITS[alpha_type]
    alpha = d.constant(
        alpha_type, d.values(alpha_type, alpha_shape, low, high), **d.quantization(alpha_type, d.power(-9, -6))
    )
    return Node(op, [d.input(dtype, shape, **q), alpha], [Tensor(dtype, **d.related(q, dtype))])


def sigmoid(d, op, dtype):
    """LOGISTIC and TANH. LOGISTIC's output is 1/256 or, in int16, 1/32768; TANH's int16 output 1/32768."""
    q = d.quantization(dtype, d.power(-8, -2) if dtype != "int16" else d.choice(2.0**-12, 2.0**-11, d.power(-15, -10)))
    out = dict(UNIT[dtype])
    if op == "TANH" and dtype != "int16":
        out = (
            {"scale": 1 / 128, "zero_point": 0 if dtype == "int8" else 128}
            if d.chance(0.7)
            else d.quantization(dtype, d.power(-8, -5))
        )
    elif dtype != "int16" and d.chance(0.15):
        out["zero_point"] = d.zero_point(dtype)
    return Node(op, [d.sweep(dtype, **q)], [Tensor(dtype, **out)])


def hard_swish(d, op, dtype):  # an input scale of at most 128 output scales
    q = d.quantization(dtype, d.power(-8, 0) if not d.exact else 2.0 ** -d.integer(0, 8))
    return Node(op, [d.sweep(dtype, **q)], [Tensor(dtype, **d.related(q, dtype))])


def gelu(d, op, dtype):
    if dtype == "float32":
        return Node(op, [d.floats(d.shape(1, 4))], [Tensor(dtype)], options("Gelu", approximate=d.chance(0.5)))
    q = d.quantization(dtype, d.power(-7, -4) / (256 if dtype == "int16" else 1))
    return Node(
        op, [d.sweep(dtype, **q)], [Tensor(dtype, **d.related(q, dtype))], options("Gelu", approximate=d.chance(0.5))
    )


def elu(d, op, dtype):  # int8
    if dtype == "float32":
        return plain(d, op, dtype)
    q = d.quantization(dtype, d.power(-7, -4))
    return Node(op, [d.sweep(dtype, **q)], [Tensor(dtype, **d.related(q, dtype))])


def elementwise(d, op, dtype):
    """EXP, LOG, SQRT, RSQRT: int8 and int16; the roots not below the zero point."""
    q = d.quantization(dtype)
    low = q["zero_point"] if op in ("SQRT", "RSQRT") else None
    span = 65536 if dtype == "int16" else 256
    top = q["scale"] * span / 2
    largest = {
        "EXP": np.exp(min(top, 6)),
        "LOG": max(abs(np.log(top)), 1),
        "SQRT": np.sqrt(2 * top),
        "RSQRT": 1 / np.sqrt(q["scale"]),
    }[op]
    out = d.quantization(dtype, largest / span * d.power(-1, 2))
    return Node(op, [d.sweep(dtype, low, **q)], [Tensor(dtype, **out)])


def absolute(d, op, dtype):  # not uint8
    q = d.quantization(dtype)
    x, y = d.sweep(dtype, **q), Tensor(dtype, **(q if d.chance(0.3) else d.related(q, dtype)))
    if dtype == "int16" and d.chance(0.7):
        d.aim([x], lambda v: v * np.float64(x.scale) / y.scale)
    return Node(op, [x], [y])


def plain(d, op, dtype):
    """NEG, SIGN, LOGICAL_NOT, ZEROS_LIKE: on the values as they are stored. And what has no parameters in float32."""
    return Node(op, [d.sweep(dtype)], [Tensor(dtype)])


def softmax(d, op, dtype):  # outputs of other scales are refused (int8) or taken as if they were these
    shape, q = d.shape(1, 4, 250), d.quantization(dtype)
    out_type = "int16" if dtype == "int8" and d.chance(0.15) else dtype
    out = {"scale": 1 / 65536, "zero_point": -32768} if out_type != dtype else UNIT.get(dtype, {})
    beta = d.choice(1.0, 1.0, 1.0, 0.5, 2.0, 0.1, 8.0)
    return Node(op, [d.feed(dtype, shape, **q)], [Tensor(out_type, **out)], options("Softmax", beta=beta))


def log_softmax(d, op, dtype):  # not int16; the output is 1/16
    q = d.quantization(dtype)
    out = {"scale": 16 / 256, "zero_point": LIMITS[dtype][1]} if q else {}
    return Node(op, [image_of(d, dtype, d.shape(1, 4, 250), **q)], [Tensor(dtype, **out)])


def l2_normalization(d, op, dtype):  # not int16; the output is 1/128
    out = {"scale": 1 / 128, "zero_point": 0 if dtype == "int8" else 128}
    if dtype == "float32":
        out = {}
    return Node(
        op, [d.feed(dtype, d.shape(2, 4, 250), **d.quantization(dtype))], [Tensor(dtype, **out)], options("L2Norm")
    )


def quantize(d, op, dtype):
    """From float32, with values on and beside the middle between two steps, and beyond int32; or between integers."""
    source, target = dtype.split("-")
    if source != "float32":
        q = (
            d.quantization(source, d.scale("int16"))
            if source in QUANTIZED
            else {"scale": d.scale("int16"), "zero_point": 0}
        )
        out = (
            d.related(q, target, -3, 3)
            if target in QUANTIZED
            else {"scale": np.float32(q["scale"] * d.power(-6, 1)), "zero_point": 0}
        )
        if (source, target) in (("int8", "uint8"), ("uint8", "int8")) and d.chance(0.2):
            out = {"scale": q["scale"], "zero_point": q["zero_point"] + (128 if target == "uint8" else -128)}
        limits = (-(2**16), 2**16) if source == "int32" else ()
        x, y = d.input(source, d.shape(1, 4), *limits, **q), Tensor(target, **out)
        if source == "int16" and d.chance(0.7):
            d.aim([x], lambda v: v * np.float64(x.scale) / y.scale)
        return Node(op, [x], [y])
    shape, q = d.shape(1, 4), d.quantization(target)
    if d.chance(0.25):
        axis = d.integer(0, len(shape) - 1)
        scales = np.float32([d.scale(target) for _ in range(shape[axis])])
        q = {"scale": scales, "zero_point": [d.zero_point(target) for _ in scales], "axis": axis}
    low, high = LIMITS[target]
    scale = np.max(q["scale"])
    noise = d.random.uniform(low * 1.2 - np.max(q["zero_point"]), high * 1.2 - np.max(q["zero_point"]), shape) * scale
    halves = (np.floor(noise / scale) + 0.5) * scale
    halves = np.nextafter(np.float32(halves), np.float32(d.random.choice([-np.inf, np.inf], shape)))
    exactly = np.float32((np.floor(noise / scale) + 0.5) * scale)
    beyond = d.random.choice(np.float32([0.0, -0.0, 3e9, -3e9, np.inf, -np.inf, np.nan, 1e-30]), shape)
    kinds = d.random.choice([0, 1, 2], shape, p=[0.3, 0.6, 0.1])
    runs = [np.float32(noise), np.choose(kinds, [halves, exactly, beyond]).astype(np.float32)]
    return Node(op, [Tensor("float32", shape, runs=runs)], [Tensor(target, **q)])


def dequantize(d, op, dtype):  # int16 not per channel
    shape, q = d.shape(1, 4), d.quantization(dtype)
    if dtype != "int16" and d.chance(0.25):
        axis = d.integer(0, len(shape) - 1)
        scales = np.float32([d.scale(dtype) for _ in range(shape[axis])])
        tensor = d.input(dtype, shape)
        tensor.scale, tensor.zero_point, tensor.axis = scales, [d.zero_point(dtype) for _ in scales], axis
        return Node(op, [tensor], [Tensor("float32")])
    return Node(op, [d.sweep(dtype, **q)], [Tensor("float32")])


def cast(d, op, dtype):
    """Reals beyond the integer type saturate in TFLite; elsewhere they are undefined behaviour."""
    source, target = dtype.split("-")
    tensor = d.input(source, d.shape(0, 4))
    beyond = source == "float32" and d.chance(0.6)
    if beyond:
        ends = np.float32([3e9, -3e9, 1e19, -1e19, 300, -300, 70000, -70000, np.inf, -np.inf, np.nan])
        ends = d.random.choice(ends, tensor.shape)
        tensor.runs[1] = np.where(d.random.random(tensor.shape) < 0.4, ends, tensor.runs[1]).astype(np.float32)
    fields = {"inDataType": type_code(source), "outDataType": type_code(target)}
    node = Node(op, [tensor], [Tensor(target)], options("Cast", **fields))
    return Graph([node], undefined=("tflite-2.19", *MICRO) if beyond else ())


def fake_quant(d, op, dtype):  # not narrowRange
    low, high = -d.random.uniform(0, 4), d.random.uniform(0.1, 4)
    fields = {"min": float(np.float32(low)), "max": float(np.float32(high)), "numBits": d.choice(2, 4, 8, 8, 16)}
    return Node(op, [d.input(dtype, d.shape(1, 4))], [Tensor(dtype)], options("FakeQuant", **fields))


# ---- reductions and what looks along an axis


def some_axes(d, rank):
    """One axis or more; counted from either end, twice now and then."""
    axes = [axis for axis in range(rank) if d.chance(0.5)] or [d.integer(0, rank - 1)]
    axes = [axis - rank * d.chance(0.3) for axis in axes]
    return axes + axes[:1] * d.chance(0.1)


def reduction(d, op, dtype):
    """SUM not int16 (and int8 is added as if it were uint8); REDUCE_MAX and REDUCE_MIN rescale nothing."""
    shape, q = d.shape(1, 4), d.quantization(dtype)
    axes = some_axes(d, len(shape))
    out = q
    if q and op == "MEAN":
        out = d.related(q, dtype)
    elif q and op == "SUM":
        out = d.related(q, dtype, 0, 5)
    elif q and op == "REDUCE_PROD":
        shape = tuple(min(dim, 3) for dim in shape)
        count = np.prod([shape[axis] for axis in {axis % len(shape) for axis in axes}])
        out = d.quantization(
            dtype, float(q["scale"] * (16 if dtype == "int8" else 4000)) ** float(count) / LIMITS[dtype][1]
        )
        if not 1e-30 < out["scale"] < 1e30:
            out = q
    x = d.feed(dtype, shape, **q)
    axes = axes[0] if len(axes) == 1 and d.chance(0.3) else axes
    return Node(op, [x, d.parameter(axes)], [Tensor(dtype, **out)], options("Reducer", keepDims=d.chance(0.5)))


def arg_max(d, op, dtype):  # not int16, int64
    shape = d.shape(1, 4)
    few = (0, 3) if dtype != "bool" and d.chance(0.5) else ()
    axis = d.axis(len(shape))
    axis = d.parameter(d.choice(axis, [axis]), d.choice("int32", "int64"))
    out_type = d.choice("int32", "int64")
    return Node(
        op,
        [d.floats(shape, finite=True) if dtype == "float32" else d.input(dtype, shape, *few, **d.quantization(dtype)), axis],
        [Tensor(out_type)],
        options(op.title().replace("_", ""), outputType=type_code(out_type)),
    )


def cumsum(d, op, dtype):
    shape = d.shape(1, 4)
    return Node(
        op,
        [d.feed(dtype, shape), d.parameter(d.axis(len(shape)), at_run_time=0)],
        [Tensor(dtype)],
        options("Cumsum", exclusive=d.chance(0.5), reverse=d.chance(0.5)),
    )


def topk_v2(d, op, dtype):
    shape, q = d.shape(1, 4), d.quantization(dtype)
    few = (0, 5) if d.chance(0.5) else ()
    return Node(
        op,
        [d.input(dtype, shape, *few, **q), d.parameter(d.integer(1, shape[-1]))],
        [Tensor(dtype, **q), Tensor("int32")],
    )


# ---- data on the move: what comes out has the quantization of what went in


def moved(least_rank, most_rank=None, size=160):
    """A recipe that gets its input, too, and what its output is quantized like."""

    def recipe_of(function):
        def recipe(d, op, dtype):
            q = d.quantization(dtype)
            return function(d, op, d.input(dtype, d.shape(least_rank, most_rank, size), **q), q)

        recipe.__doc__ = function.__doc__
        return recipe

    return recipe_of


def like(tensor, q):
    return Tensor(tensor.dtype, **q)


@moved(1, 4, 100)
def concatenation(d, op, x, q):  # int8: one scale and zero point for all; no activation
    axis, inputs = d.axis(len(x.shape)), [x]
    for _ in range(d.integer(0, 3)):
        shape = list(x.shape)
        shape[axis] = d.integer(1, 4)
        # uint8 rescales
        inputs.append(d.operand(x.dtype, shape, **(d.related(q, x.dtype) if x.dtype == "uint8" else q)))
    inputs = [inputs[i] for i in d.random.permutation(len(inputs))]
    out = d.related(q, x.dtype) if x.dtype == "uint8" else q
    return Node(op, inputs, [like(x, out)], options("Concatenation", axis=axis))


def split(d, op, dtype):
    parts, q = d.integer(1, 4), d.quantization(dtype)
    shape = list(d.shape(1, 4, 60))
    axis = d.axis(len(shape))
    shape[axis] *= parts
    where = d.parameter(d.choice(axis, [axis]), at_run_time=0)
    x = d.input(dtype, shape, **q)
    if op == "SPLIT":
        return Node(op, [where, x], [like(x, q) for _ in range(parts)], options("Split", numSplits=parts))
    cuts = np.sort(d.random.integers(0, shape[axis] + 1, parts - 1))
    sizes = np.diff([0, *cuts, shape[axis]])
    sizes = np.maximum(sizes, 1)
    shape[axis] = int(sizes.sum())
    x = d.input(dtype, shape, **q)
    if d.chance(0.3):
        sizes[d.integer(0, parts - 1)] = -1
    return Node(
        op,
        [x, d.parameter(sizes, at_run_time=0), where],
        [like(x, q) for _ in range(parts)],
        options("SplitV", numSplits=parts),
    )


@moved(0, 4, 60)
def pack(d, op, x, q):  # not bool
    others = [d.operand(x.dtype, x.shape, **q) for _ in range(d.integer(0, 3))]
    return Node(
        op, [x, *others], [like(x, q)], options("Pack", valuesCount=1 + len(others), axis=d.axis(len(x.shape) + 1))
    )


@moved(1, 4)
def unpack(d, op, x, q):  # not int64
    axis = d.axis(len(x.shape))
    return Node(op, [x], [like(x, q) for _ in range(x.shape[axis])], options("Unpack", num=x.shape[axis], axis=axis))


@moved(1, 4, 60)
def pad(d, op, x, q):
    pads = [[d.integer(0, 2), d.integer(0, 2)] for _ in x.shape]
    pads = d.parameter(pads, d.choice("int32", "int32", "int64"))
    value = [d.operand(x.dtype, d.choice((), (1,)), **q)] if op == "PADV2" else []
    return Node(op, [x, pads, *value], [like(x, q)])


@moved(1, 4, 60)
def mirror_pad(d, op, x, q):
    mode = d.integer(0, 1)  # REFLECT leaves out the border
    most = [min(dim - (1 - mode), 3) for dim in x.shape]
    pads = d.parameter([[d.integer(0, m), d.integer(0, m)] for m in most], d.choice("int32", "int64"))
    return Node(op, [x, pads], [like(x, q)], options("MirrorPad", mode=mode))


@moved(0, 5)
def reshape(d, op, x, q):
    size = int(np.prod(x.shape))
    shape = []
    while size > 1:
        shape.append(d.choice(*(n for n in range(2, size + 1) if size % n == 0)))
        size //= shape[-1]
    for _ in range(d.integer(0, 2)):
        shape.insert(d.integer(0, len(shape)), 1)
    given = list(shape)
    if shape and d.chance(0.4):
        given[d.integer(0, len(shape) - 1)] = -1
    if given and d.chance(0.3):
        return Node(op, [x], [like(x, q)], options("Reshape", newShape=np.array(given, np.int32)))
    return Node(op, [x, d.parameter(np.array(given, np.int32))], [like(x, q)], options("Reshape"))


@moved(1, 5)
def squeeze(d, op, x, q):
    ones = [i for i, dim in enumerate(x.shape) if dim == 1]
    chosen = [i - len(x.shape) * d.chance(0.4) for i in ones if d.chance(0.6)]
    return Node(op, [x], [like(x, q)], options("Squeeze", squeezeDims=np.array(chosen, np.int32)))


@moved(0, 4)
def expand_dims(d, op, x, q):
    axis = d.axis(len(x.shape) + 1)
    return Node(op, [x, d.parameter(d.choice(axis, [axis]), d.choice("int32", "int64"))], [like(x, q)])


@moved(1, 5)
def transpose(d, op, x, q):
    return Node(op, [x, d.parameter(d.random.permutation(len(x.shape)))], [like(x, q)])


@moved(1, 4)
def slice_(d, op, x, q):
    begin = [d.integer(0, dim - 1) for dim in x.shape]
    size = [-1 if d.chance(0.25) else d.integer(1, dim - b) for dim, b in zip(x.shape, begin)]
    of = d.choice("int32", "int64")
    return Node(op, [x, d.parameter(begin, of), d.parameter(size, of)], [like(x, q)])


@moved(1, 4)
def strided_slice(d, op, x, q):
    """Indices from both ends and beyond them, every mask; not an ellipsis that stands for no dimension."""
    begin, end, strides = [], [], []
    masks = dict.fromkeys(("beginMask", "endMask", "shrinkAxisMask", "newAxisMask", "ellipsisMask"), 0)
    dims = list(x.shape)
    skipped = range(0)
    if d.chance(0.2):
        first = d.integer(0, len(dims) - 1)
        skipped = range(first, d.integer(first + 1, len(dims)))
    axis = 0
    while axis < len(dims):
        bit = 1 << len(begin)
        dim = dims[axis]
        if d.chance(0.08) and not skipped:
            masks["newAxisMask"] |= bit
            entry = (d.integer(-1, 1), d.integer(-1, 1), 1)
        elif axis in skipped:
            masks["ellipsisMask"] |= bit
            entry = (0, 0, 1)
            axis = skipped.stop
        else:
            axis += 1
            stride = d.choice(1, 1, 1, 2, 3, -1, -2)
            low = d.integer(0, dim - 1)
            high = d.integer(low, dim - 1)
            first, last = (low, high + 1) if stride > 0 else (high, low - 1)
            if d.chance(0.15):
                masks["shrinkAxisMask"] |= bit
                first, last, stride = low, low + 1, 1
            else:
                masks["beginMask"] |= bit * d.chance(0.2)
                masks["endMask"] |= bit * d.chance(0.2)
                if d.chance(0.1):
                    first, last = (first, dim + 5) if stride > 0 else (dim + 5, last)
            from_end = [
                first - dim if d.chance(0.3) and first < dim else first,
                last - dim if 0 < last < dim and d.chance(0.3) else last,
            ]
            if last < 0 and stride < 0:  # -1 would mean the last
                from_end[1] = -dim - 1
            entry = (*from_end, stride)
        begin.append(entry[0]), end.append(entry[1]), strides.append(entry[2])
    inputs = [x, *(d.parameter(values) for values in (begin, end, strides))]
    return Node(op, inputs, [like(x, q)], options("StridedSlice", **masks))


@moved(1, 4)
def gather(d, op, x, q):
    axis = d.integer(0, len(x.shape) - 1)
    batch_dims = d.integer(0, axis) if d.chance(0.3) else 0
    shape = (*x.shape[:batch_dims], *d.shape(0, 2, 12))
    indices = d.operand(d.choice("int32", "int64"), shape, 0, x.shape[axis] - 1)
    fields = {"axis": axis - len(x.shape) * d.chance(0.3), "batchDims": batch_dims}
    return Node(op, [x, indices], [like(x, q)], options("Gather", **fields))


def indices_into(d, shape, count, depth):
    return np.stack([d.random.integers(0, shape[i], count) for i in range(depth)], -1)


@moved(1, 4)
def gather_nd(d, op, x, q):
    depth, leading = d.integer(1, len(x.shape)), d.shape(1, 2, 12)
    runs = [indices_into(d, x.shape, leading, depth).astype(np.int32) for _ in range(RUNS)]
    return Node(op, [x, Tensor("int32", runs[0].shape, runs=runs)], [like(x, q)])


def scatter_nd(d, op, dtype):  # not int16
    shape, count = d.shape(1, 4, 100), d.integer(1, 6)
    depth = d.integer(1, len(shape))
    indices = indices_into(d, shape, (count,), depth)
    updates = d.input(dtype, (count, *shape[depth:]), *((-50, 50) if dtype == "int8" else ()), **d.quantization(dtype))
    return Node(op, [d.parameter(indices), updates, d.parameter(shape)], [Tensor(dtype, **quantization_of(updates))])


def quantization_of(tensor):
    return {} if tensor.scale is None else {"scale": tensor.scale, "zero_point": tensor.zero_point}


@moved(1, 4, 40)
def tile(d, op, x, q):
    times = d.parameter([d.integer(1, 3) for _ in x.shape], d.choice("int32", "int64"))
    return Node(op, [x, times], [like(x, q)])


def broadcast_to(d, op, dtype):
    shape, q = d.shape(1, 5), d.quantization(dtype)
    x = d.input(dtype, d.broadcastable(shape), **q)
    return Node(op, [x, d.parameter(shape, d.choice("int32", "int64"))], [like(x, q)], version=3)


def space_to_batch_nd(d, op, dtype):  # ranks 3 and 4
    batch, height, width, depth = image(d, 3)
    spatial = [height, width] if d.chance(0.7) else [height]
    block = [d.integer(1, 3) for _ in spatial]
    q = d.quantization(dtype)
    if op == "SPACE_TO_BATCH_ND":
        pads = []
        for dim, b in zip(spatial, block):
            before = d.integer(0, 2)
            pads.append([before, -(dim + before) % b])
        x = d.input(dtype, (batch, *spatial, depth), **q)
    else:
        x = d.input(dtype, (batch * int(np.prod(block)), *spatial, depth), **q)
        pads = [
            [c := d.integer(0, min(2, dim * b - 1)), d.integer(0, min(1, dim * b - 1 - c))]
            for dim, b in zip(spatial, block)
        ]
    return Node(op, [x, d.parameter(block), d.parameter(pads)], [like(x, q)])


def space_to_depth(d, op, dtype):  # not int16
    batch, height, width, depth = image(d, 3)
    block, q = d.integer(1, 3), d.quantization(dtype)
    down = op == "SPACE_TO_DEPTH"
    shape = (batch, height * block, width * block, depth) if down else (batch, height, width, depth * block**2)
    if np.prod(shape) > 300:
        shape = (1, block, block, depth) if down else (1, 1, 1, depth * block**2)
    x = d.input(dtype, shape, **q)
    return Node(op, [x], [like(x, q)], options("SpaceToDepth" if down else "DepthToSpace", blockSize=block))


def resize(d, op, dtype):  # RESIZE_BILINEAR: not both options
    x = d.feed(dtype, image(d, 3), **d.quantization(dtype))
    align, half = d.choice((False, False), (True, False), (False, True))
    if op == "RESIZE_NEAREST_NEIGHBOR" and d.chance(0.15):
        align = half = True
    size = d.parameter([d.integer(1, 9), d.integer(1, 9)])
    table = op.title().replace("_", "")
    return Node(op, [x, size], [like(x, quantization_of(x))], options(table, alignCorners=align, halfPixelCenters=half))


@moved(1, 4)
def reverse_v2(d, op, x, q):  # neighbouring axes
    first = d.integer(0, len(x.shape) - 1)
    axes = list(range(first, d.integer(first, len(x.shape) - 1) + 1))
    return Node(op, [x, d.constant("int32", [a - len(x.shape) * d.chance(0.3) for a in axes])], [like(x, q)])


@moved(2, 4)
def reverse_sequence(d, op, x, q):  # not int8
    seq, batch = (int(i) for i in d.random.permutation(len(x.shape))[:2])
    lengths = d.operand(d.choice("int32", "int64"), (x.shape[batch],), 1, x.shape[seq])
    return Node(op, [x, lengths], [like(x, q)], options("ReverseSequence", seqDim=seq, batchDim=batch))


def embedding_lookup(d, op, dtype):  # not int16
    source, _, target = dtype.partition("-")
    shape, q = d.shape(2, 3), d.quantization(source)
    if target:
        scales = q["scale"] * d.random.uniform(0.5, 2, shape[0]) if d.chance(0.5) else q["scale"]
        q = {"scale": np.float32(scales), "zero_point": 0}
    table = d.constant(source, d.values(source, shape), **q)
    ids = d.operand("int32", (d.integer(1, 5),), 0, shape[0] - 1)
    ids.data, ids.runs = None, ids.runs or [ids.data] * RUNS
    return Node(op, [ids, table], [Tensor("float32") if target else like(table, q)])


@moved(1, 4)
def dynamic_update_slice(d, op, x, q):
    shape = [d.integer(1, dim) for dim in x.shape]
    start = [d.integer(-1, dim) for dim in x.shape]  # brought into range
    return Node(op, [x, d.operand(x.dtype, shape, **q), d.parameter(start, d.choice("int32", "int64"))], [like(x, q)])


def one_hot(d, op, dtype):  # not int16
    shape, depth, q = d.shape(0, 3, 24), d.integer(1, 5), d.quantization(dtype)
    indices = d.input(d.choice("int32", "int64"), shape, -1, depth)
    values = [d.operand(dtype, (), **q) for _ in range(2)]
    return Node(
        op,
        [indices, d.parameter(depth), *values],
        [Tensor(dtype, **q)],
        options("OneHot", axis=d.integer(-1, len(shape))),
    )


def fill(d, op, dtype):
    q = d.quantization(dtype)
    shape = d.parameter(d.shape(1, 4), d.choice("int32", "int64"), at_run_time=0.4)
    return Node(op, [shape, d.input(dtype, (), **q)], [Tensor(dtype, **q)])


@moved(0, 5)
def rank(d, op, x, q):
    return Node(op, [x], [Tensor("int32")])


@moved(1, 5)
def shape(d, op, x, q):
    out_type = d.choice("int32", "int64")
    return Node(op, [x], [Tensor(out_type)], options("Shape", outType=type_code(out_type)))


def where(d, op, dtype):  # not int16; as many in each run, as the answers have one shape
    shape = d.shape(1, 4)
    x = d.input(dtype, shape, *((0, 1) if dtype != "bool" else ()))
    x.runs[0].flat[0] = 1  # at least one, as Python cannot read an empty tensor
    x.runs[1] = d.random.permutation(x.runs[0].reshape(-1)).reshape(shape)
    return Node(op, [x], [Tensor("int64")])


def unique(d, op, dtype):  # the same values in both runs, in another order, as the answers have one shape
    x = d.input(dtype, (d.integer(1, 40),), 0, d.choice(3, 20, 100))
    x.runs[1] = d.random.permutation(x.runs[0])
    index_type = d.choice("int32", "int64")
    return Node(op, [x], [Tensor(dtype), Tensor(index_type)], options("Unique", idxOutType=type_code(index_type)))


def range_(d, op, dtype):
    start, delta = d.integer(-50, 50), d.choice(1, 2, 3, 7, -1, -4)
    limit = start + delta * d.integer(1, 20) + d.integer(0, abs(delta) - 1) * (1 if delta > 0 else -1)
    return Node(op, [d.parameter(value, dtype, at_run_time=0.5) for value in (start, limit, delta)], [Tensor(dtype)])


def broadcast_args(d, op, dtype):
    shape = d.shape(1, 4)
    shapes = [shape, d.broadcastable(shape) or (1,)]
    return Node(op, [d.parameter(s, dtype, at_run_time=0.5) for s in shapes], [Tensor(dtype)])


# ---- state


def svdf(d, op, dtype):  # int8 input, int16 state; RELU, which then does not clip
    batch, size, rank_, units, memory = (
        d.integer(1, 3),
        d.integer(1, 8),
        d.integer(1, 2),
        d.integer(1, 5),
        d.integer(2, 6),
    )
    filters = rank_ * units
    q, out, state = d.quantization(dtype), d.quantization(dtype), d.power(-13, -9)
    feature = np.float32(state * d.power(9, 11) / (5000 * np.sqrt(size)) / q["scale"])
    time = np.float32(out["scale"] * d.power(3, 6) / (2**21 * np.sqrt(rank_ * memory)) / state)
    bias = d.constant(
        "int32", d.values("int32", (units,), -(2**20), 2**20), scale=np.float32(state * time), zero_point=0
    )
    inputs = [
        d.input(dtype, (batch, size), **q),
        d.constant("int8", d.values("int8", (filters, size), -127), scale=feature, zero_point=0),
        d.constant("int16", d.values("int16", (filters, memory), -3000, 3000), scale=time, zero_point=0),
        bias if d.chance(0.7) else None,
        Tensor("int16", (batch, memory * filters), scale=state, zero_point=0, variable=True),
    ]
    return Node(op, inputs, [Tensor(dtype, **out)], options("SVDF", rank=rank_, fusedActivationFunction=RELU))


def lstm(d, op, dtype):  # int8; the cell is a power of two; five intermediates
    batch, steps, size, cells = d.integer(1, 3), d.integer(1, 3), d.integer(1, 5), d.integer(1, 5)
    time_major, coupled, peephole, normal, projected = (d.chance(p) for p in (0.3, 0.25, 0.25, 0.25, 0.3))
    units = d.integer(1, 4) if projected else cells
    q = d.quantization(dtype, d.power(-8, -5))
    out = d.quantization(dtype, d.power(-8, -6))
    hidden = d.quantization(dtype, d.power(-8, -6)) if projected else out
    cell = 2.0 ** -d.integer(9, 15)

    def weights(rows, columns, scale, reach):
        step = np.float32(reach * d.power(-1, 1) / (5000 * np.sqrt(columns) * scale))
        return d.constant("int8", d.values("int8", (rows, columns), -127), scale=step, zero_point=0)

    def vector(kind, reach, size, scale):
        return d.constant(kind, d.values(kind, (size,), -reach, reach), scale=np.float32(scale), zero_point=0)

    def gates(make, missing=()):  # input, forget, cell, output
        return [
            None if gate in missing or (coupled and gate == "input") else make()
            for gate in ("input", "forget", "cell", "output")
        ]

    inputs = [d.input(dtype, (steps, batch, size) if time_major else (batch, steps, size), **q)]
    inputs += gates(lambda: weights(cells, size, q["scale"], 2)) + gates(lambda: weights(cells, units, out["scale"], 2))
    peepholes = gates(lambda: vector("int16", 30000, cells, d.power(-17, -14)), ("cell",))
    inputs += [peepholes[0], peepholes[1], peepholes[3]] if peephole else [None] * 3
    inputs += gates(lambda: vector("int32", 5000, cells, 2.0**-12))
    inputs += [weights(units, cells, hidden["scale"], out["scale"] * 60) if projected else None]
    inputs += [vector("int32", 3000, units, 2.0**-12) if projected and d.chance(0.5) else None]
    inputs += [
        Tensor(dtype, (batch, units), **out, variable=True),
        Tensor("int16", (batch, cells), scale=cell, variable=True),
    ]
    inputs += gates(lambda: vector("int16", 32767, cells, d.power(-15, -13))) if normal else [None] * 4
    between = [Tensor("int16", (0,), scale=d.power(-13, -10) if normal else 2.0**-12) for _ in range(4)]
    fields = {
        "fusedActivationFunction": schema.ActivationFunctionType.TANH,
        "timeMajor": time_major,
        "cellClip": d.choice(0.0, float(np.float32(cell * d.integer(2000, 30000)))),
        "projClip": d.choice(0.0, float(np.float32(out["scale"] * 80))) if projected else 0.0,
    }
    return Node(
        op,
        inputs,
        [Tensor(dtype, **out)],
        options("UnidirectionalSequenceLSTM", **fields),
        intermediates=[*between, Tensor(dtype, (0,), **hidden)],
    )


def fed(tensor):
    """A subgraph's own input of the same kind."""
    return Tensor(tensor.dtype, tensor.shape, **quantization_of(tensor))


def if_(d, op, dtype):
    """One branch adds, the other multiplies."""
    q = d.quantization(dtype)
    x = d.input(dtype, d.shape(1, 4), **q)
    branches = []
    for kind in ("ADD", "MUL"):
        inner = fed(x)
        other = d.related(q, dtype) if kind == "ADD" else d.quantization(dtype, 2.0**-6)
        other = d.constant(dtype, d.values(dtype, d.choice(x.shape, (1,))), **other)
        fields = {"potScaleInt16": False} if kind == "ADD" else {}
        node = Node(
            kind, [inner, other], [fed(x)], options(kind.title(), fusedActivationFunction=d.activation(), **fields)
        )
        branches.append(Graph([node], [inner]))
    condition = Tensor("bool", d.choice((), (1,)))
    condition.runs = [np.full(condition.shape, run == 0) for run in range(RUNS)]
    return Node(
        op,
        [condition, x],
        [Tensor(dtype, **q)],
        options("If", thenSubgraphIndex=branches[0], elseSubgraphIndex=branches[1]),
    )


def while_(d, op, dtype):
    """while (i < n) { x += constant; i += 1; }, from another i in each run."""
    times, q = d.integer(0, 4), d.quantization(dtype)
    x = d.input(dtype, d.shape(1, 3, 60), **q)
    start = Tensor("int32", (1,), runs=[np.array([run * (times // 2)], np.int32) for run in range(RUNS)])
    i, inner = fed(start), fed(x)
    condition = Graph([Node("LESS", [i, d.constant("int32", [times])], [Tensor("bool", (1,))])], [i, inner])
    i, inner = fed(start), fed(x)
    step = d.constant(dtype, d.values(dtype, x.shape, -20 if dtype != "uint8" else 0, 100), **d.related(q, dtype))
    body = Graph(
        [
            Node("ADD", [i, d.constant("int32", [1])], [fed(start)], options("Add", potScaleInt16=False)),
            Node(
                "ADD",
                [inner, step],
                [fed(x)],
                options("Add", fusedActivationFunction=d.activation(), potScaleInt16=False),
            ),
        ],
        [i, inner],
    )
    fields = {"condSubgraphIndex": condition, "bodySubgraphIndex": body}
    return Node(op, [start, x], [fed(start), fed(x)], options("While", **fields))


def variable(d, op, dtype):
    """CALL_ONCE sets a variable; each run adds to it: VAR_HANDLE, READ_VARIABLE, ASSIGN_VARIABLE."""
    q = d.quantization(dtype)
    x = d.input(dtype, d.shape(1, 3, 60), **q)
    named = lambda: options("VarHandle", sharedName="v", container="")
    first = Tensor("resource")
    once = Graph(
        [
            Node("VAR_HANDLE", [], [first], named()),
            Node("ASSIGN_VARIABLE", [first, d.constant(dtype, d.values(dtype, x.shape), **q)], []),
        ],
        [],
    )
    handle, before, after = Tensor("resource"), fed(x), fed(x)
    return Graph(
        [
            Node("CALL_ONCE", [], [], options("CallOnce", initSubgraphIndex=once)),
            Node("VAR_HANDLE", [], [handle], named()),
            Node("READ_VARIABLE", [handle], [before]),
            Node(
                "ADD", [before, x], [after], options("Add", fusedActivationFunction=d.activation(), potScaleInt16=False)
            ),
            Node("ASSIGN_VARIABLE", [handle, after], []),
        ],
        outputs=[after],
    )


def detection_postprocess(d, op, dtype):  # not int8; the fast path leaves what it does not find unwritten
    regular, anchors, classes = d.chance(0.5), d.integer(12, 30), d.integer(1, 5)
    counted = classes - (classes > 1 and d.chance(0.5))  # with or without a background class
    settings = {
        "max_detections": d.integer(1, 10) if regular else d.integer(1, 3),
        "max_classes_per_detection": 1,
        "num_classes": counted,
        "nms_score_threshold": d.choice(0.0, 0.3, 0.6) if regular else 0.0,
        "nms_iou_threshold": d.choice(0.3, 0.5, 0.6),
        "y_scale": 10.0,
        "x_scale": 10.0,
        "h_scale": 5.0,
        "w_scale": 5.0,
    }
    if regular:
        settings |= {"use_regular_nms": True, "detections_per_class": d.integer(1, 10)}
    else:
        settings["nms_iou_threshold"] = d.choice(0.7, 0.9)
    corners = np.concatenate([d.random.integers(20, 236, (anchors, 2)), d.random.integers(10, 100, (anchors, 2))], 1)
    inputs = [
        d.input(dtype, (1, anchors, 4), scale=d.power(-5, -3), zero_point=d.integer(100, 156)),
        d.input(dtype, (1, anchors, classes), scale=np.float32(1 / 256), zero_point=0),
        d.constant(dtype, corners, scale=np.float32(1 / 256), zero_point=0),
    ]
    inputs[0].runs[1] = d.values(dtype, inputs[0].shape)
    return Node(op, inputs, [Tensor("float32") for _ in range(4)], custom=bytes(flexbuffers.Dumps(settings)))


# ---- the table

EIGHT = "int8 uint8"
ACTIVATIONS = "int8 uint8 int16"
INTEGERS = "int8 uint8 int16 int32 int64"
ANY = "int8 uint8 int16 int32 int64 bool"
QUANTIZE_PAIRS = """float32-int8 float32-uint8 float32-int16 int8-int8 int8-uint8 int8-int16 uint8-int8 uint8-uint8
    uint8-int16 int16-int8 int16-int16 int16-int32 int32-int8 int32-int16"""
CASTS = (
    " ".join(f"{a}-{b}" for a in (*INTEGERS.split(), "float32") for b in (*INTEGERS.split(), "float32") if a != b)
    + " bool-int32 bool-float32 int32-bool int8-bool"
)

COMPUTING = [  # recipe, types, operators
    (conv_2d, ACTIVATIONS, "CONV_2D"),
    (depthwise_conv_2d, ACTIVATIONS, "DEPTHWISE_CONV_2D"),
    (fully_connected, ACTIVATIONS, "FULLY_CONNECTED"),
    (transpose_conv, ACTIVATIONS, "TRANSPOSE_CONV"),
    (pool, ACTIVATIONS, "AVERAGE_POOL_2D MAX_POOL_2D"),
    (batch_matmul, "int8 int16", "BATCH_MATMUL"),
    (arithmetic, INTEGERS, "ADD SUB MUL"),
    (div, "int8 uint8 int16 int32", "DIV"),
    (floor_div, "int8 int16 int32", "FLOOR_DIV FLOOR_MOD"),
    (squared_difference, "int8 int32", "SQUARED_DIFFERENCE"),
    (alike, INTEGERS, "MAXIMUM MINIMUM"),
    (alike, "bool", "LOGICAL_AND LOGICAL_OR"),
    (alike, "int8 uint8 int16 int32", "BITWISE_XOR"),
    (right_shift, "int8 uint8 int16 int32", "RIGHT_SHIFT"),
    (comparison, ANY, "EQUAL NOT_EQUAL"),
    (comparison, INTEGERS, "LESS LESS_EQUAL GREATER GREATER_EQUAL"),
    (select, ANY, "SELECT SELECT_V2"),
    (add_n, "int32", "ADD_N"),
    (relu, ACTIVATIONS, "RELU RELU6"),
    (relu, EIGHT, "RELU_N1_TO_1 RELU_0_TO_1"),
    (leaky_relu, ACTIVATIONS, "LEAKY_RELU"),
    (prelu, ACTIVATIONS, "PRELU"),
    (sigmoid, ACTIVATIONS, "LOGISTIC TANH"),
    (hard_swish, EIGHT, "HARD_SWISH"),
    (gelu, ACTIVATIONS, "GELU"),
    (elu, "int8", "ELU"),
    (elementwise, "int8 int16", "EXP LOG SQRT RSQRT"),
    (absolute, "int8 int16 int32", "ABS"),
    (plain, "int8 int16 int32 int64", "NEG"),
    (plain, "int32", "SIGN"),
    (plain, "bool", "LOGICAL_NOT"),
    (plain, "int32 int64", "ZEROS_LIKE"),
    (softmax, ACTIVATIONS, "SOFTMAX"),
    (log_softmax, EIGHT, "LOG_SOFTMAX"),
    (l2_normalization, EIGHT, "L2_NORMALIZATION"),
    (quantize, QUANTIZE_PAIRS, "QUANTIZE"),
    (dequantize, ACTIVATIONS, "DEQUANTIZE"),
    (fake_quant, "float32", "FAKE_QUANT"),
    (reduction, INTEGERS, "MEAN REDUCE_MAX REDUCE_MIN"),
    (reduction, "int8 uint8 int32 int64", "SUM"),
    (reduction, "int8 int16 int32 int64", "REDUCE_PROD"),
    (reduction, "bool", "REDUCE_ANY REDUCE_ALL"),
    (arg_max, "int8 uint8 int32 bool", "ARG_MAX ARG_MIN"),
    (cumsum, "int32 int64", "CUMSUM"),
    (topk_v2, INTEGERS, "TOPK_V2"),
    (concatenation, "uint8", "CONCATENATION"),
    (resize, ACTIVATIONS, "RESIZE_BILINEAR"),
    (svdf, "int8", "SVDF"),
    (lstm, "int8", "UNIDIRECTIONAL_SEQUENCE_LSTM"),
    (detection_postprocess, "uint8", "TFLite_Detection_PostProcess"),
]
MOVING = [  # the same, where values are only copied or counted: a third of the cases will do
    (cast, CASTS, "CAST"),
    (concatenation, "int8 int16 int32 int64 bool", "CONCATENATION"),
    (split, INTEGERS, "SPLIT SPLIT_V"),
    (pack, INTEGERS, "PACK"),
    (unpack, "int8 uint8 int16 int32 bool", "UNPACK"),
    (pad, ANY, "PAD PADV2"),
    (mirror_pad, ANY, "MIRROR_PAD"),
    (reshape, ANY, "RESHAPE"),
    (squeeze, ANY, "SQUEEZE"),
    (expand_dims, ANY, "EXPAND_DIMS"),
    (transpose, ANY, "TRANSPOSE"),
    (slice_, ANY, "SLICE"),
    (strided_slice, ANY, "STRIDED_SLICE"),
    (gather, ANY, "GATHER"),
    (gather_nd, ANY, "GATHER_ND"),
    (scatter_nd, "int8 uint8 int32 int64 bool", "SCATTER_ND"),
    (tile, ANY, "TILE"),
    (broadcast_to, ANY, "BROADCAST_TO"),
    (space_to_batch_nd, ANY, "SPACE_TO_BATCH_ND BATCH_TO_SPACE_ND"),
    (space_to_depth, "int8 uint8 int32 int64", "SPACE_TO_DEPTH DEPTH_TO_SPACE"),
    (resize, ACTIVATIONS, "RESIZE_NEAREST_NEIGHBOR"),
    (reverse_v2, ANY, "REVERSE_V2"),
    (reverse_sequence, "uint8 int16 int32 int64", "REVERSE_SEQUENCE"),
    (embedding_lookup, "int8 uint8 int8-float32", "EMBEDDING_LOOKUP"),
    (dynamic_update_slice, ANY, "DYNAMIC_UPDATE_SLICE"),
    (one_hot, "int8 uint8 int32 int64 bool", "ONE_HOT"),
    (fill, ANY, "FILL"),
    (rank, ANY, "RANK"),
    (shape, ANY, "SHAPE"),
    (unique, INTEGERS, "UNIQUE"),
    (where, "bool int8 uint8 int32 int64", "WHERE"),
    (range_, "int32 int64", "RANGE"),
    (broadcast_args, "int32 int64", "BROADCAST_ARGS"),
    (if_, ACTIVATIONS, "IF"),
    (while_, "int8 uint8 int16 int32", "WHILE"),
    (variable, "int8 uint8 int16 int32", "VAR_HANDLE"),
]
IN_FLOAT = [  # the same in float32, which no compression makes smaller: a fifth
    (conv_2d, "CONV_2D"),
    (depthwise_conv_2d, "DEPTHWISE_CONV_2D"),
    (fully_connected, "FULLY_CONNECTED"),
    (transpose_conv, "TRANSPOSE_CONV"),
    (batch_matmul, "BATCH_MATMUL"),
    (pool, "AVERAGE_POOL_2D MAX_POOL_2D L2_POOL_2D"),
    (arithmetic, "ADD SUB MUL"),
    (div, "DIV"),
    (alike, "MAXIMUM MINIMUM"),
    (plain, "RELU RELU6 RELU_N1_TO_1 RELU_0_TO_1 LOGISTIC TANH HARD_SWISH EXP SQRT NEG SQUARE ABS SIGN"),
    (plain, "SIN COS FLOOR LOG RSQRT"),
    (prelu, "PRELU"),
    (squared_difference, "SQUARED_DIFFERENCE"),
    (floor_div, "FLOOR_DIV FLOOR_MOD"),
    (power, "POW"),
    (lrn, "LOCAL_RESPONSE_NORMALIZATION"),
    (comparison, "EQUAL NOT_EQUAL LESS LESS_EQUAL GREATER GREATER_EQUAL"),
    (add_n, "ADD_N"),
    (cumsum, "CUMSUM"),
    (arg_max, "ARG_MAX ARG_MIN"),
    (log_softmax, "LOG_SOFTMAX"),
    (elu, "ELU"),
    (gelu, "GELU"),
    (plain, "CEIL ROUND"),
    (leaky_relu, "LEAKY_RELU"),
    (softmax, "SOFTMAX"),
    (l2_normalization, "L2_NORMALIZATION"),
    (reduction, "MEAN SUM REDUCE_MAX REDUCE_MIN REDUCE_PROD"),
    (concatenation, "CONCATENATION"),
    (split, "SPLIT SPLIT_V"),
    (pack, "PACK"),
    (unpack, "UNPACK"),
    (pad, "PAD PADV2"),
    (mirror_pad, "MIRROR_PAD"),
    (reshape, "RESHAPE"),
    (squeeze, "SQUEEZE"),
    (expand_dims, "EXPAND_DIMS"),
    (transpose, "TRANSPOSE"),
    (slice_, "SLICE"),
    (strided_slice, "STRIDED_SLICE"),
    (gather, "GATHER"),
    (gather_nd, "GATHER_ND"),
    (tile, "TILE"),
    (broadcast_to, "BROADCAST_TO"),
    (space_to_batch_nd, "SPACE_TO_BATCH_ND BATCH_TO_SPACE_ND"),
    (space_to_depth, "SPACE_TO_DEPTH DEPTH_TO_SPACE"),
    (reverse_v2, "REVERSE_V2"),
    (reverse_sequence, "REVERSE_SEQUENCE"),
    (dynamic_update_slice, "DYNAMIC_UPDATE_SLICE"),
    (one_hot, "ONE_HOT"),
    (fill, "FILL"),
    (select, "SELECT SELECT_V2"),
    (resize, "RESIZE_NEAREST_NEIGHBOR"),
    (rank, "RANK"),
    (shape, "SHAPE"),
    (plain, "ZEROS_LIKE"),
    (resize, "RESIZE_BILINEAR"),
]

FLOAT_LAYERS = [  # float32 activations with weights that are not behind a DEQUANTIZE: a third
    (fully_connected, "float32-weights hybrid-int8 hybrid-uint8 hybrid-int4", "FULLY_CONNECTED"),
    (conv_2d, "float32-weights hybrid-int8 hybrid-uint8 hybrid-int4", "CONV_2D"),
    (depthwise_conv_2d, "float32-weights hybrid-int8", "DEPTHWISE_CONV_2D"),
    (transpose_conv, "float32-weights hybrid-int8", "TRANSPOSE_CONV"),
    (batch_matmul, "hybrid-int8", "BATCH_MATMUL"),
]

TABLE = {}  # operator: {type: (recipe, share of the cases)}
SHARES = (
    (COMPUTING, 1),
    (MOVING, 1 / 3),
    ([(recipe, "float32", names) for recipe, names in IN_FLOAT], 1 / 5),
    (FLOAT_LAYERS, 1 / 3),
)
for lines, share in SHARES:
    for recipe, types, names in lines:
        for name in names.split():
            TABLE.setdefault(name, {}).update({dtype: (recipe, share) for dtype in types.split()})


def make_case(op, dtype, seed, number):
    """The graph of one case: always the same for the same arguments."""
    recipe, _ = TABLE[op][dtype]
    made = recipe(Draw(seed, op, dtype, number), op, dtype)
    if isinstance(made, Graph):
        return made
    nodes = made if isinstance(made, list) else [made]
    stored = [tensor for node in nodes for tensor in node.inputs if tensor and tensor.stored]
    return Graph([*(Node("DEQUANTIZE", [tensor.stored], [tensor]) for tensor in stored), *nodes])
