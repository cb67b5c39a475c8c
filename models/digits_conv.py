"""Makes digits_conv_int8: a convolutional classifier of handwritten digits, int8 in and out.

    python digits_conv.py        (half a minute, TensorFlow 2)

Needs requirements-tf2.txt. Trains in float, converts after the training with 200 of the training
images as the representative set, and records golden.npz over 20 held-out digits, two of each class.
"""

import os
import pathlib

os.environ["TF_USE_LEGACY_KERAS"] = "1"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import numpy as np
import tensorflow as tf
import tf_keras as keras

import drawing
import golden

FOLDER = pathlib.Path(__file__).parent / "digits_conv_int8"


def build():
    return keras.Sequential(
        [
            keras.layers.Input((28, 28, 1), name="image"),
            keras.layers.Conv2D(8, 3, padding="same", activation="relu"),
            keras.layers.MaxPooling2D(2),
            keras.layers.Conv2D(16, 3, padding="valid", activation="relu"),
            keras.layers.MaxPooling2D(2),
            keras.layers.Flatten(),
            keras.layers.Dense(10, activation="softmax"),
        ]
    )


def shifted(images, rng, by=2):
    """Each image moved by up to `by` pixels in both directions; black moves in."""
    padded = np.pad(images, ((0, 0), (by, by), (by, by), (0, 0)))
    moves = rng.randint(0, 2 * by + 1, (len(images), 2))
    return np.stack([image[y : y + 28, x : x + 28] for image, (y, x) in zip(padded, moves)])


def convert(model, examples):
    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = lambda: ([example[np.newaxis]] for example in examples)
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = converter.inference_output_type = tf.int8
    return converter.convert()


def main():
    keras.utils.set_random_seed(1)
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.experimental.enable_op_determinism()
    (train, train_labels), (test, test_labels) = drawing.digits()
    train, test = train.astype(np.float32) / 255, test.astype(np.float32) / 255

    model = build()
    model.summary()
    steps = 40 * len(train) // 32
    model.compile(
        keras.optimizers.Adam(keras.optimizers.schedules.CosineDecay(3e-3, steps)),
        keras.losses.CategoricalCrossentropy(label_smoothing=0.1),
        ["accuracy"],
    )
    rng, targets = np.random.RandomState(1), np.eye(10)[train_labels]
    for _ in range(40):
        model.fit(shifted(train, rng), targets, batch_size=32, verbose=0)

    FOLDER.mkdir(exist_ok=True)
    file = FOLDER / "model.tflite"
    file.write_bytes(convert(model, train[:200]))
    golden.describe(file)
    chosen = drawing.first_of_each(test_labels, 10)
    images = golden.quantize(golden.Reference(file).inputs[0], test[chosen])
    arrays = golden.record(FOLDER, images[:, np.newaxis])
    drawing.write_labels(FOLDER, [str(digit) for digit in range(10)], test_labels[chosen])

    floats = (model.predict(test, verbose=0).argmax(1) == test_labels).mean()
    integers = (golden.predict(file, test).argmax(1) == test_labels).mean()
    right = (arrays["output_0"][:, 0].argmax(1) == test_labels[chosen]).sum()
    print(f"{len(test)} held-out digits: float {floats:.4f}, int8 {integers:.4f}; golden.npz: {right} of {len(chosen)}")


if __name__ == "__main__":
    main()
