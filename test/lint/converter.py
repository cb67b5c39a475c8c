#!/usr/bin/env python3
"""What TensorFlow's converter leaves in float, and why: records converter.json and converted.zip, which lint's statements are tested
against.

    pip install tensorflow-cpu==2.21.0 tf_keras==2.21.0 tensorflow-model-optimization==0.8.0
    python converter.py

converter.json: of each operator, made by a function of one float tensor between a convolution and a sigmoid and converted with a
representative data set, what became of it: "integer", "float" (between a DEQUANTIZE and a QUANTIZE), or "absent" where the converter
wrote other operators for it. int8: TFLITE_BUILTINS_INT8. int16: 16x8 with TFLITE_BUILTINS beside it; without, the converter refuses
what it would leave in float ("refused").

converted.zip: small models, one of each way in which a part of a model stays in float, beside one that differs from it in the cause
alone and is all integer. Weights are random.
"""
import contextlib, io, json, os, sys, zipfile
from pathlib import Path

os.environ.update(TF_CPP_MIN_LOG_LEVEL="3", CUDA_VISIBLE_DEVICES="", TF_USE_LEGACY_KERAS="1", TF_ENABLE_ONEDNN_OPTS="0")
import numpy as np
import tensorflow as tf
import tf_keras
from tensorflow.lite.python import schema_py_generated as S

HERE = Path(__file__).parent
RANDOM = np.random.default_rng(1)
SHAPE = (1, 4, 4, 6)
TYPE = {value: name for name, value in vars(S.TensorType).items() if name[0] != "_"}
OPERATOR = {value: name for name, value in vars(S.BuiltinOperator).items() if name[0] != "_"}
INT8 = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
INT16 = [tf.lite.OpsSet.EXPERIMENTAL_TFLITE_BUILTINS_ACTIVATIONS_INT16_WEIGHTS_INT8]
nn, layers = tf.nn, tf_keras.layers


def constant(*shape):
    return tf.constant(RANDOM.normal(size=shape).astype(np.float32))


def flipped(x):
    return tf.reverse(x, [1])


def positive(x):
    return nn.relu(x) + 0.1


def as_real(condition):
    return tf.cast(condition, tf.float32)


# Of each operator, a function of a [1,4,4,6] tensor that the converter makes it of.
FUNCTIONS = {
    "ABS": tf.abs, "NEG": tf.negative, "SIN": tf.sin, "COS": tf.cos, "SQUARE": tf.square, "FLOOR": tf.floor, "CEIL": tf.math.ceil,
    "ROUND": tf.round, "SIGN": tf.sign, "EXP": tf.exp, "ELU": nn.elu, "GELU": nn.gelu, "TANH": tf.tanh, "RELU6": nn.relu6,
    "SQRT": lambda x: tf.sqrt(positive(x)), "RSQRT": lambda x: tf.math.rsqrt(positive(x)), "LOG": lambda x: tf.math.log(positive(x)),
    "HARD_SWISH": lambda x: x * nn.relu6(x + 3) * (1 / 6), "LEAKY_RELU": lambda x: nn.leaky_relu(x, 0.1), "LOGISTIC": tf.sigmoid,
    "SOFTMAX": nn.softmax, "LOG_SOFTMAX": nn.log_softmax, "L2_NORMALIZATION": lambda x: tf.math.l2_normalize(x, axis=-1),
    "ADD": lambda x: x + flipped(x), "SUB": lambda x: x - flipped(x), "MUL": lambda x: x * flipped(x),
    "DIV": lambda x: x / positive(flipped(x)), "MAXIMUM": lambda x: tf.maximum(x, flipped(x)),
    "MINIMUM": lambda x: tf.minimum(x, flipped(x)), "SQUARED_DIFFERENCE": lambda x: tf.math.squared_difference(x, flipped(x)),
    "POW": lambda x: tf.pow(positive(x), 1.7), "FLOOR_DIV": lambda x: tf.math.floordiv(x, positive(flipped(x))),
    "FLOOR_MOD": lambda x: tf.math.floormod(x, positive(flipped(x))), "ATAN2": lambda x: tf.math.atan2(x, flipped(x)),
    "ADD_N": lambda x: tf.add_n([x, flipped(x), x]), "MEAN": lambda x: tf.reduce_mean(x, [1, 2], keepdims=True),
    "SUM": lambda x: tf.reduce_sum(x, [1, 2], keepdims=True), "REDUCE_MAX": lambda x: tf.reduce_max(x, [1, 2], keepdims=True),
    "REDUCE_MIN": lambda x: tf.reduce_min(x, [1, 2], keepdims=True), "REDUCE_PROD": lambda x: tf.reduce_prod(x, [3], keepdims=True),
    "CUMSUM": lambda x: tf.cumsum(x, 1), "TOPK_V2": lambda x: tf.math.top_k(x, 2)[0],
    "AVERAGE_POOL_2D": lambda x: nn.avg_pool2d(x, 2, 2, "SAME"), "MAX_POOL_2D": lambda x: nn.max_pool2d(x, 2, 2, "SAME"),
    "CONV_2D": lambda x: nn.conv2d(x, constant(3, 3, 6, 4), 1, "SAME"), "CONV_3D": lambda x: nn.conv3d(x[..., None], constant(2, 2, 2, 1, 3), [1] * 5, "SAME"),
    "DEPTHWISE_CONV_2D": lambda x: nn.depthwise_conv2d(x, constant(3, 3, 6, 1), [1] * 4, "SAME"),
    "TRANSPOSE_CONV": lambda x: nn.bias_add(nn.conv2d_transpose(x, constant(3, 3, 4, 6), (1, 8, 8, 4), 2, "SAME"), constant(4)),
    "FULLY_CONNECTED": lambda x: tf.matmul(tf.reshape(x, (1, 96)), constant(96, 5)), "BATCH_MATMUL": lambda x: tf.matmul(x, flipped(x), transpose_b=True),
    "CONCATENATION": lambda x: tf.concat([x, flipped(x)], -1), "PACK": lambda x: tf.stack([x, flipped(x)], -1),
    "SPLIT": lambda x: tf.add(*tf.split(x, 2, -1)), "SPLIT_V": lambda x: tf.reduce_sum(tf.split(x, [2, 4], -1)[0]) * tf.split(x, [2, 4], -1)[1],
    "UNPACK": lambda x: sum(tf.unstack(x, axis=1)),
    "PAD": lambda x: tf.pad(x, [[0, 0], [1, 1], [1, 1], [0, 0]]), "PADV2": lambda x: tf.pad(x, [[0, 0], [1, 1], [1, 1], [0, 0]], constant_values=0.5),
    "MIRROR_PAD": lambda x: tf.pad(x, [[0, 0], [1, 1], [1, 1], [0, 0]], "REFLECT"), "RESHAPE": lambda x: tf.reshape(x, (1, 16, 6)),
    "TRANSPOSE": lambda x: tf.transpose(x, (0, 3, 1, 2)), "SLICE": lambda x: tf.slice(x, [0, 1, 1, 0], [1, 2, 2, 6]),
    "STRIDED_SLICE": lambda x: x[:, ::2, ::2, :], "GATHER": lambda x: tf.gather(x, [0, 2], axis=1), "GATHER_ND": lambda x: tf.gather_nd(x, [[0, 1], [0, 2]]),
    "BROADCAST_TO": lambda x: tf.broadcast_to(x[:, :1], SHAPE), "TILE": lambda x: tf.tile(x, [1, 2, 1, 1]), "SPACE_TO_DEPTH": lambda x: nn.space_to_depth(x, 2),
    "DEPTH_TO_SPACE": lambda x: nn.depth_to_space(x[..., :4], 2), "SPACE_TO_BATCH_ND": lambda x: tf.space_to_batch_nd(x, [2, 2], [[0, 0], [0, 0]]),
    "BATCH_TO_SPACE_ND": lambda x: tf.batch_to_space(tf.tanh(tf.space_to_batch_nd(x, [2, 2], [[0, 0], [0, 0]])), [2, 2], [[0, 0], [0, 0]]),
    "RESIZE_BILINEAR": lambda x: tf.image.resize(x, (8, 8)), "RESIZE_NEAREST_NEIGHBOR": lambda x: tf.image.resize(x, (8, 8), "nearest"),
    "REVERSE_V2": flipped, "REVERSE_SEQUENCE": lambda x: tf.reverse_sequence(x, [2], seq_axis=1), "SELECT_V2": lambda x: tf.where(flipped(x) > 0.1, x, flipped(x)),
    "SCATTER_ND": lambda x: tf.scatter_nd([[0], [2]], x[0, :2], (5, 4, 6)), "PRELU": layers.PReLU(shared_axes=[1, 2], alpha_initializer="random_normal"),
    "CAST": lambda x: as_real(tf.cast(x * 10, tf.int32)), "SEGMENT_SUM": lambda x: tf.math.segment_sum(x[0], [0, 0, 1, 1]),
    "LOCAL_RESPONSE_NORMALIZATION": nn.local_response_normalization, "GREATER": lambda x: as_real(x > flipped(x)), "LESS": lambda x: as_real(x < flipped(x)),
    "EQUAL": lambda x: as_real(tf.equal(x, flipped(x))), "ARG_MAX": lambda x: as_real(tf.argmax(x, -1)), "ARG_MIN": lambda x: as_real(tf.argmin(x, -1)),
}


def keras_model(function):
    given = tf_keras.Input(SHAPE[1:], batch_size=1)
    hidden = layers.Conv2D(6, 3, padding="same", use_bias=False)(given)
    made = function(hidden) if isinstance(function, layers.Layer) else layers.Lambda(function)(hidden)
    return tf_keras.Model(given, layers.Lambda(tf.sigmoid)(made))


def convert(converter, operators=None, edges=None, data=SHAPE, **options):
    """The bytes; without operators no data set is given."""
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if operators:
        examples = [RANDOM.normal(size=data).astype(np.float32) for _ in range(8)]
        converter.representative_dataset = lambda: ([example] for example in examples)
        converter.target_spec.supported_ops = operators
    if edges:
        converter.inference_input_type = converter.inference_output_type = edges
    for name, value in options.items():
        setattr(converter, name, value)
    with contextlib.redirect_stdout(io.StringIO()):
        return converter.convert()


def of_keras(model, *arguments, **options):
    return convert(tf.lite.TFLiteConverter.from_keras_model(model), *arguments, **options)


def nodes(model):
    """Of each node its operator, and whether it reads or writes float32."""
    file = S.ModelT.InitFromPackedBuf(model, 0)
    for graph in file.subgraphs:
        for node in graph.operators:
            code = file.operatorCodes[node.opcodeIndex]
            tensors = [*node.inputs, *node.outputs]
            yield OPERATOR[max(code.builtinCode, code.deprecatedBuiltinCode)], any(TYPE[graph.tensors[i].type] == "FLOAT32" for i in tensors if i >= 0)


def became(operator, function, operators, edges=None):
    try:
        found = list(nodes(of_keras(keras_model(function), operators, edges)))
    except Exception as error:
        if f"not yet supported for op: '{operator}'" in str(error):
            return "refused"
        if "not yet supported for op" in str(error):
            return "absent"  # another one beside it is refused
        raise
    own = [is_float for name, is_float in found if name == operator]
    return "absent" if not own else "float" if any(own) else "integer"


class Stream(tf.Module):
    """A layer over a window of four frames, of which it keeps three."""

    def __init__(self):
        self.state = tf.Variable(tf.zeros((1, 3, 4)))
        self.weights = tf.Variable(constant(16, 2))

    @tf.function
    def step(self, frame):
        window = tf.concat([self.state, frame], 1)
        self.state.assign(window[:, 1:])
        return tf.sigmoid(tf.matmul(tf.reshape(window, (1, 16)), self.weights))


def stream(**options):
    module = Stream()
    function = module.step.get_concrete_function(tf.TensorSpec((1, 1, 4), tf.float32))
    return convert(tf.lite.TFLiteConverter.from_concrete_functions([function], module), INT8, tf.int8, (1, 1, 4), **options)


def trained(*parts, annotate=None, optimize=True):
    """A model through tensorflow_model_optimization's quantization-aware training."""
    import tensorflow_model_optimization as tfmot
    quantization = tfmot.quantization.keras
    model = tf_keras.Sequential([layers.Input((8, 8, 3)), *parts])
    if annotate:
        model = tf_keras.models.clone_model(model, clone_function=lambda layer: quantization.quantize_annotate_layer(layer) if isinstance(layer, annotate) else layer)
        model = quantization.quantize_apply(model)
    else:
        model = quantization.quantize_model(model)
    model.compile("sgd", "mse")
    images = RANDOM.normal(size=(32, 8, 8, 3)).astype(np.float32)
    model.fit(images, RANDOM.normal(size=(32, 4)), epochs=1, verbose=0)
    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    if not optimize:
        with contextlib.redirect_stdout(io.StringIO()):
            return converter.convert()
    return convert(converter, edges=tf.int8)


def halves():
    """The same model over and over, with other weights. Of the part that nothing reads, calibration finds a range at times alone."""
    while True:
        yield of_keras(keras_model(lambda x: tf.tanh(tf.split(x, [2, 4], -1)[0])), INT8, tf.int8)


def models():
    both = [*INT16, tf.lite.OpsSet.TFLITE_BUILTINS]
    dense = lambda *between: (layers.Flatten(), layers.Dense(6), *between, layers.ReLU(), layers.Dense(4))
    yield "neg_int8", of_keras(keras_model(tf.negative), INT8, tf.int8)
    yield "abs_int8", of_keras(keras_model(tf.abs), INT8, tf.int8)
    yield "prelu_16x8", of_keras(keras_model(FUNCTIONS["PRELU"]), both)
    yield "prelu_int8", of_keras(keras_model(layers.PReLU(shared_axes=[1, 2])), INT8, tf.int8)
    yield "split_unused_int8", next(model for model in halves() if any(is_float for _, is_float in nodes(model)))
    yield "split_used_int8", of_keras(keras_model(FUNCTIONS["SPLIT_V"]), INT8, tf.int8)
    yield "cast_int8", of_keras(keras_model(FUNCTIONS["CAST"]), INT8, tf.int8)
    yield "stream_float_state", stream()
    yield "stream_int8_state", stream(_experimental_variable_quantization=True)
    yield "dynamic_range", of_keras(tf_keras.Sequential([layers.Input((4, 4, 6)), layers.Conv2D(16, 3), layers.Flatten(), layers.Dense(64)]))
    yield "float16", of_keras(keras_model(tf.tanh), **{"target_spec": tf.lite.TargetSpec(supported_types=[tf.float16])})
    yield "float_edges_int8", of_keras(keras_model(tf.tanh), INT8)
    yield "float_edges_16x8", of_keras(keras_model(tf.tanh), INT16)
    yield "tfmot_dense_norm", trained(*dense(layers.BatchNormalization()))
    yield "tfmot_dense", trained(*dense())
    yield "tfmot_conv_norm", trained(layers.Conv2D(4, 3), layers.BatchNormalization(), layers.ReLU(), layers.Flatten(), layers.Dense(4))
    yield "tfmot_transpose_norm", trained(layers.Conv2D(4, 3), layers.Conv2DTranspose(4, 3, strides=2), layers.BatchNormalization(), layers.ReLU(), layers.Flatten(), layers.Dense(4))
    yield "tfmot_annotated_in_part", trained(layers.Conv2D(4, 3, activation="relu"), layers.Flatten(), layers.Dense(4), annotate=layers.Conv2D)
    yield "tfmot_not_converted", trained(layers.Conv2D(4, 3, activation="relu"), layers.Flatten(), layers.Dense(4), optimize=False)
    yield "tfmot_converted", trained(layers.Conv2D(4, 3, activation="relu"), layers.Flatten(), layers.Dense(4))
    normalized = tf_keras.Sequential([layers.Input((8, 8, 3), batch_size=1), *dense(layers.BatchNormalization())])
    yield "dense_norm_after_training", of_keras(normalized, INT8, tf.int8, (1, 8, 8, 3))


def main():
    table = {"made by": f"TensorFlow {tf.__version__}", "int8": {}, "int16": {}}
    for operator, function in FUNCTIONS.items():
        table["int8"][operator] = became(operator, function, INT8, tf.int8)
        strict = became(operator, function, INT16)
        relaxed = became(operator, function, [*INT16, tf.lite.OpsSet.TFLITE_BUILTINS]) if strict == "refused" else strict
        table["int16"][operator] = {"strict": strict, "with TFLITE_BUILTINS": relaxed}
        print(operator, table["int8"][operator], strict, relaxed, flush=True)
    (HERE / "converter.json").write_text(json.dumps(table, indent=2) + "\n")
    with zipfile.ZipFile(HERE / "converted.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for name, model in models():
            archive.writestr(zipfile.ZipInfo(f"{name}.tflite", (1980, 1, 1, 0, 0, 0)), model, zipfile.ZIP_DEFLATED)
            print(name, len(model), [operator + ("*" if is_float else "") for operator, is_float in nodes(model)], flush=True)


if __name__ == "__main__":
    main()
