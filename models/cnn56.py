"""Makes cnn56_int8 and cnn56_16x8: is there a crack in this 56x56 picture of a surface?

    python cnn56.py              (about three minutes, TensorFlow 2)

Needs requirements-tf2.txt. The network has 7101 parameters, and 7131 when tfmot has wrapped its
layers for quantization-aware training. cnn56_int8 is converted from the wrapped network, cnn56_16x8
(int16 activations, int8 weights) from the float one with 300 representative images: tfmot knows
8-bit activations only.
"""

import os
import pathlib

os.environ["TF_USE_LEGACY_KERAS"] = "1"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import numpy as np
import tensorflow as tf
import tensorflow_model_optimization as tfmot
import tf_keras as keras

import drawing
import golden

HERE = pathlib.Path(__file__).parent
IMAGES_IN_GOLDEN = 10  # of each class


def build():
    """Activation('relu') stands as a layer of its own; the converter fuses it into the convolution again."""
    layers = keras.layers
    return keras.Sequential(
        [
            layers.Input((56, 56, 1), name="image"),
            layers.Conv2D(30, 3),  # 300 parameters
            layers.Activation("relu"),
            layers.MaxPooling2D(2),
            layers.Conv2D(16, 3),  # 4336
            layers.Activation("relu"),
            layers.MaxPooling2D(2),
            layers.Conv2D(16, 3),  # 2320
            layers.Activation("relu"),
            layers.GlobalAveragePooling2D(),
            layers.Dense(8),  # 136
            layers.Activation("relu"),
            layers.Dense(1),  # 9
            layers.Activation("sigmoid"),
        ]
    )


def real(images):
    """Pixels 0 .. 255 as -1 .. 127/128, so that the int8 input is the pixel less 128."""
    return (images.astype(np.float32) - 128) / 128


def train(model, images, labels, epochs, rate, batch):
    steps = epochs * len(images) // batch
    schedule = keras.optimizers.schedules.CosineDecay(rate, steps)
    loss = keras.losses.BinaryCrossentropy(label_smoothing=0.1)
    model.compile(keras.optimizers.Adam(schedule), loss, ["accuracy"])
    model.fit(images, labels, batch_size=batch, epochs=epochs, verbose=2)


def convert(model, dtype, examples=None):
    """Without examples, the ranges are those that quantization-aware training has learned."""
    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    if examples is not None:
        converter.representative_dataset = lambda: ([example[np.newaxis]] for example in examples)
    if dtype == tf.int16:
        ops = tf.lite.OpsSet.EXPERIMENTAL_TFLITE_BUILTINS_ACTIVATIONS_INT16_WEIGHTS_INT8
        converter.target_spec.supported_ops = [ops]
    converter.inference_input_type = converter.inference_output_type = dtype
    return converter.convert()


def finish(name, content, images, labels):
    """Writes the model and the answers to some of the held-out images; the accuracy over all of them."""
    folder = HERE / name
    folder.mkdir(exist_ok=True)
    file = folder / "model.tflite"
    file.write_bytes(content)
    golden.describe(file)
    detail = golden.Reference(file).inputs[0]
    chosen = drawing.first_of_each(labels, 2, IMAGES_IN_GOLDEN)
    some = golden.quantize(detail, images[chosen])[:, np.newaxis]
    golden.record(folder, np.concatenate([some, golden.extremes(file)]))
    drawing.write_labels(folder, drawing.SURFACES, list(labels[chosen]) + [None] * 4)
    scale, zero_point = golden.Reference(file).outputs[0]["quantization"]
    probability = (golden.predict(file, images)[:, 0].astype(float) - zero_point) * scale
    return ((probability > 0.5) == labels).mean()


def repeatable():
    """Training that gives the same bytes each time; images to train with and held-out ones, with their labels."""
    keras.utils.set_random_seed(1)
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.experimental.enable_op_determinism()
    images, labels = drawing.surfaces(6000, seed=10)
    test, test_labels = drawing.surfaces(1000, seed=11)
    return (real(images), labels), (real(test), test_labels)


def main():
    (images, labels), (test, test_labels) = repeatable()

    model = build()
    print("parameters:", model.count_params())
    assert model.count_params() == 7101
    train(model, images, labels, epochs=20, rate=3e-3, batch=32)
    floats = ((model.predict(test, verbose=0)[:, 0] > 0.5) == test_labels).mean()
    sixteen = finish("cnn56_16x8", convert(model, tf.int16, images[:300]), test, test_labels)

    # tfmot's ranges start at -6 .. 6 and keep 0.999 of themselves at each step: it takes thousands of
    # steps, hence the small batches, before the range of a relu begins at 0 and all 256 values are used.
    wrapped = tfmot.quantization.keras.quantize_model(model)
    print("parameters, wrapped:", wrapped.count_params())
    assert wrapped.count_params() == 7131
    train(wrapped, images, labels, epochs=12, rate=3e-4, batch=8)
    aware = ((wrapped.predict(test, verbose=0)[:, 0] > 0.5) == test_labels).mean()
    eight = finish("cnn56_int8", convert(wrapped, tf.int8), test, test_labels)
    print(f"{len(test)} held-out images: float {floats:.3f}, 16x8 {sixteen:.3f}")
    print(f"quantization-aware {aware:.3f}, int8 {eight:.3f}")


if __name__ == "__main__":
    main()
