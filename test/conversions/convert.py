#!/usr/bin/env python3
"""
Converts small models by today's tools, with every recipe, and records what TFLite's reference kernels (BUILTIN_REF) answer: whether
requant runs what converters write, with the same bits. Not part of `npm test`.

    pip install tensorflow-cpu==2.21.0 ai-edge-quantizer==0.10.0 ai-edge-litert==2.3.0
    python test/conversions/convert.py OUT [--models A,B]
    node test/conversions/table.mjs OUT

Weights are random: what is tested are operators, types and shapes.
"""

import argparse
import os
import pathlib
import sys
import traceback

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
import numpy as np
import tensorflow as tf
from ai_edge_litert.interpreter import Interpreter, OpResolverType
from ai_edge_quantizer import quantizer, recipe

keras = tf.keras
L = keras.layers
RUNS = 2


def swish_block(x, filters, stride, kernel=3, squeeze=True, act="hard_swish"):
    """An inverted residual with squeeze and excitation."""
    y = L.Conv2D(filters * 2, 1, use_bias=False)(x)
    y = L.Activation(act)(L.BatchNormalization()(y))
    y = L.DepthwiseConv2D(kernel, stride, padding="same", use_bias=False)(y)
    y = L.Activation(act)(L.BatchNormalization()(y))
    if squeeze:
        s = L.GlobalAveragePooling2D(keepdims=True)(y)
        s = L.Conv2D(filters // 2, 1, activation="relu")(s)
        s = L.Conv2D(filters * 2, 1, activation="hard_sigmoid" if act == "hard_swish" else "sigmoid")(s)
        y = L.Multiply()([y, s])
    y = L.BatchNormalization()(L.Conv2D(filters, 1, use_bias=False)(y))
    return L.Add()([x, y]) if stride == 1 and x.shape[-1] == filters else y


def image_model(body, size=32):
    x = keras.Input((size, size, 3), batch_size=1)
    return keras.Model(x, body(x))


def mobilenet_v3():
    def body(x):
        y = L.Activation("hard_swish")(L.BatchNormalization()(L.Conv2D(8, 3, 2, padding="same", use_bias=False)(x)))
        y = swish_block(swish_block(y, 8, 1), 16, 2, 5)
        return L.Dense(10, activation="softmax")(L.GlobalAveragePooling2D()(y))

    return image_model(body)


def efficientnet():
    def body(x):
        y = L.Activation("swish")(L.BatchNormalization()(L.Conv2D(8, 3, 2, padding="same", use_bias=False)(x)))
        y = swish_block(swish_block(y, 8, 1, act="swish"), 16, 2, 5, act="swish")
        return L.Dense(10)(L.GlobalAveragePooling2D()(y))

    return image_model(body)


def convnext():
    def body(x):
        y = L.LayerNormalization(epsilon=1e-6)(L.Conv2D(16, 4, 4)(x))
        z = L.LayerNormalization(epsilon=1e-6)(L.DepthwiseConv2D(7, padding="same")(y))
        z = L.Dense(16)(L.Activation("gelu")(L.Dense(64)(z)))
        return L.Dense(10)(L.GlobalAveragePooling2D()(L.Add()([y, z])))

    return image_model(body)


def encoder(y, width, heads=2, act="gelu"):
    z = L.LayerNormalization(epsilon=1e-6)(y)
    y = L.Add()([y, L.MultiHeadAttention(heads, width // heads)(z, z)])
    z = L.LayerNormalization(epsilon=1e-6)(y)
    return L.Add()([y, L.Dense(width)(L.Dense(2 * width, activation=act)(z))])


def vit():
    def body(x):
        y = L.Reshape((16, 32))(L.Conv2D(32, 8, 8)(x))
        return L.Dense(10, activation="softmax")(L.GlobalAveragePooling1D()(encoder(encoder(y, 32), 32)))

    return image_model(body)


def transformer():
    x = keras.Input((12, 32), batch_size=1)
    y = encoder(L.Dense(32)(x), 32, act="relu")
    return keras.Model(x, L.Dense(8)(L.LayerNormalization()(y)))


def group_norm():
    def body(x):
        y = L.Activation("relu")(L.GroupNormalization(4)(L.Conv2D(16, 3, 2, padding="same")(x)))
        return L.Dense(10)(L.Flatten()(L.AveragePooling2D(4)(L.GroupNormalization(2)(L.Conv2D(8, 3, padding="same")(y)))))

    return image_model(body, 16)


def unet():
    def body(x):
        a = L.Conv2D(8, 3, padding="same", activation="relu")(x)
        b = L.Conv2D(16, 3, padding="same", activation="relu")(L.MaxPooling2D()(a))
        c = L.Concatenate()([L.Conv2DTranspose(8, 2, 2)(b), a])
        d = L.UpSampling2D(2, interpolation="bilinear")(b)
        return L.Conv2D(2, 1, activation="sigmoid")(L.Concatenate()([c, d]))

    return image_model(body, 16)


def lstm():
    x = keras.Input((8, 6), batch_size=1)
    return keras.Model(x, L.Dense(4)(L.LSTM(12)(x)))


def lstm_unrolled():
    x = keras.Input((4, 6), batch_size=1)
    return keras.Model(x, L.Dense(4)(L.LSTM(12, unroll=True)(x)))


def yolo():
    def body(x):
        y = L.Activation("swish")(L.Conv2D(16, 3, 2, padding="same")(x))
        boxes = L.Reshape((64, 4))(L.Conv2D(4, 1)(L.MaxPooling2D()(y)))
        scores = L.Reshape((64, 3))(L.Conv2D(3, 1, activation="sigmoid")(L.MaxPooling2D()(y)))
        return L.Concatenate()([boxes * 32.0, scores])

    return image_model(body)


MODELS = [mobilenet_v3, efficientnet, convnext, vit, transformer, group_norm, unet, yolo, lstm, lstm_unrolled]


def inputs_of(model, seed):
    random = np.random.default_rng(seed)
    return [np.float32(random.uniform(-1, 1, tensor.shape)) for tensor in model.inputs]


def randomize(model):
    random = np.random.default_rng(7)
    for weight in model.weights:
        value = random.uniform(0.5, 1.5, weight.shape) if "variance" in weight.name or "gamma" in weight.name else random.normal(0, 0.2, weight.shape)
        weight.assign(np.float32(value))


def by_tensorflow(model, how):
    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    if how == "float32":
        return converter.convert()
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if how == "dynamic":
        return converter.convert()
    if how == "float16":
        converter.target_spec.supported_types = [tf.float16]
        return converter.convert()
    converter.representative_dataset = lambda: (inputs_of(model, seed) for seed in range(20))
    if how == "16x8":
        converter.target_spec.supported_ops = [
            tf.lite.OpsSet.EXPERIMENTAL_TFLITE_BUILTINS_ACTIVATIONS_INT16_WEIGHTS_INT8,
            tf.lite.OpsSet.TFLITE_BUILTINS,
        ]
    return converter.convert()


RECIPES = {
    "aeq dynamic 8": "dynamic_wi8_afp32",
    "aeq weights 8": "weight_only_wi8_afp32",
    "aeq weights 4": "weight_only_wi4_afp32",
    "aeq dynamic 4": "dynamic_wi4_afp32",
    "aeq int8": "static_wi8_ai8",
    "aeq 16x8": "static_wi8_ai16",
}


def by_quantizer(model, float_model, path, name):
    float_path = path / "float.tflite"
    float_path.write_bytes(float_model)
    tool = quantizer.Quantizer(str(float_path))
    tool.load_quantization_recipe(getattr(recipe, name)())
    found = None
    if name.startswith("static"):
        signature = Interpreter(model_content=float_model).get_signature_list()
        key, names = next((key, value["inputs"]) for key, value in signature.items())
        found = tool.calibrate({key: [dict(zip(names, inputs_of(model, seed))) for seed in range(20)]})
    return bytes(tool.quantize(found).quantized_model)


def record(content, path):
    """The answers, or why there are none."""
    interpreter = Interpreter(
        model_content=content, experimental_op_resolver_type=OpResolverType.BUILTIN_REF, num_threads=1
    )
    interpreter.allocate_tensors()
    details, outputs = interpreter.get_input_details(), interpreter.get_output_details()
    arrays = {f"input_{i}": [] for i in range(len(details))} | {f"output_{i}": [] for i in range(len(outputs))}
    for run in range(RUNS):
        random = np.random.default_rng(run)
        for i, detail in enumerate(details):
            value = np.float32(random.uniform(-1, 1, detail["shape"])).astype(detail["dtype"])
            interpreter.set_tensor(detail["index"], value)
            arrays[f"input_{i}"].append(value)
        interpreter.invoke()
        for i, detail in enumerate(outputs):
            arrays[f"output_{i}"].append(interpreter.get_tensor(detail["index"]))
    np.savez_compressed(path, **{key: np.stack(values) for key, values in arrays.items()})


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--models", default=",".join(make.__name__ for make in MODELS))
    options = parser.parse_args()
    for make in MODELS:
        if make.__name__ not in options.models.split(","):
            continue
        keras.utils.set_random_seed(1)
        model = make()
        randomize(model)
        folder = options.out / make.__name__
        folder.mkdir(parents=True, exist_ok=True)
        float_model = None
        ways = [(how, lambda how=how: by_tensorflow(model, how)) for how in ("float32", "dynamic", "int8", "16x8", "float16")]
        ways += [(how, lambda name=name: by_quantizer(model, float_model, folder, name)) for how, name in RECIPES.items()]
        for how, convert in ways:
            stem = folder / how.replace(" ", "_")
            try:
                content = convert()
                if how == "float32":
                    float_model = content
                    continue
                stem.with_suffix(".tflite").write_bytes(content)
                record(content, stem.with_suffix(".npz"))
            except Exception as error:  # of whatever a tool throws, the reason is a row of the table
                if "--trace" in sys.argv:
                    traceback.print_exc()
                stem.with_suffix(".txt").write_text(" ".join(str(error).split())[:300] + "\n")
            print(make.__name__, how, flush=True)


if __name__ == "__main__":
    main()
