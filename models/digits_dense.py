"""Makes digits_dense: one dense layer that tells handwritten digits apart, float32 in and out, int8 inside.

    python digits_dense.py       (half a minute, TensorFlow 2)

Needs requirements-tf2.txt. The smallest whole model there is to compute by hand: QUANTIZE, RESHAPE,
FULLY_CONNECTED, DEQUANTIZE. It is trained with tfmot's quantization-aware training, so that no
representative data are needed: the ranges are learned.
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

FOLDER = pathlib.Path(__file__).parent / "digits_dense"


def build():
    return keras.Sequential(
        [keras.layers.Input((28, 28), name="image"), keras.layers.Flatten(), keras.layers.Dense(10)]
    )


def train(model, images, labels, epochs, rate, batch):
    schedule = keras.optimizers.schedules.CosineDecay(rate, epochs * len(images) // batch)
    loss = keras.losses.SparseCategoricalCrossentropy(from_logits=True)
    model.compile(keras.optimizers.Adam(schedule), loss, ["accuracy"])
    model.fit(images, labels, batch_size=batch, epochs=epochs, verbose=0)


def accuracy(model, images, labels):
    return (model.predict(images, verbose=0).argmax(1) == labels).mean()


def main():
    keras.utils.set_random_seed(1)
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.experimental.enable_op_determinism()
    (images, labels), (test, test_labels) = drawing.digits()
    images, test = images[..., 0].astype(np.float32) / 255, test[..., 0].astype(np.float32) / 255

    model = build()
    train(model, images, labels, epochs=60, rate=3e-3, batch=32)
    wrapped = tfmot.quantization.keras.quantize_model(model)
    print("parameters:", model.count_params(), "wrapped:", wrapped.count_params())
    # 8000 steps and more: the learned ranges keep 0.999 of themselves at each step.
    train(wrapped, images, labels, epochs=50, rate=3e-4, batch=8)

    converter = tf.lite.TFLiteConverter.from_keras_model(wrapped)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    FOLDER.mkdir(exist_ok=True)
    file = FOLDER / "model.tflite"
    file.write_bytes(converter.convert())
    golden.describe(file)

    chosen = drawing.first_of_each(test_labels, 10)
    runs = np.concatenate([test[chosen][:, np.newaxis], golden.extremes(file, 0, 1)])
    golden.record(FOLDER, runs)
    drawing.write_labels(FOLDER, [str(digit) for digit in range(10)], list(test_labels[chosen]) + [None] * 4)
    integers = (golden.predict(file, test).argmax(1) == test_labels).mean()
    print(
        f"{len(test)} held-out digits: float {accuracy(model, test, test_labels):.4f}, "
        f"quantization-aware {accuracy(wrapped, test, test_labels):.4f}, converted {integers:.4f}"
    )


if __name__ == "__main__":
    main()
