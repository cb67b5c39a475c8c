"""Makes mobilenet_v1_025_32_int8: MobileNet v1, a quarter of the width, for 32x32 colour images, int8 in and out.

    python mobilenet_v1.py       (about three minutes, TensorFlow 2)

Needs requirements-tf2.txt. Tells the ten drawn shapes of drawing.py apart. The network is MobileNet v1
but for its first stride, 1 instead of 2, as the images are small. Trains in float, converts after the
training with 300 of the training images as the representative set. mobilenet_v1_uint8.py makes the same
network by the older way.
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

FOLDER = pathlib.Path(__file__).parent / "mobilenet_v1_025_32_int8"

# (filters at full width, stride) of the depthwise separable convolutions
BLOCKS = [(64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2)] + [(512, 1)] * 5 + [(1024, 2), (1024, 1)]


def build(classes=10, width=0.25):
    layers = keras.layers

    def normalised(x):
        return layers.ReLU(6.0)(layers.BatchNormalization(momentum=0.95)(x))

    image = layers.Input((32, 32, 3), name="image")
    x = normalised(layers.Conv2D(int(32 * width), 3, padding="same", use_bias=False)(image))
    for filters, stride in BLOCKS:
        x = normalised(layers.DepthwiseConv2D(3, stride, padding="same", use_bias=False)(x))
        x = normalised(layers.Conv2D(int(filters * width), 1, use_bias=False)(x))
    x = layers.AveragePooling2D(2)(x)
    x = layers.Flatten()(layers.Conv2D(classes, 1)(x))
    return keras.Model(image, layers.Softmax()(x))


def convert(model, examples):
    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    converter.representative_dataset = lambda: ([example[np.newaxis]] for example in examples)
    converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converter.inference_input_type = converter.inference_output_type = tf.int8
    return converter.convert()


def real(images):
    """Pixels 0 .. 255 as -1 .. 127/128, so that the int8 input is the pixel less 128."""
    return (images.astype(np.float32) - 128) / 128


def main():
    keras.utils.set_random_seed(1)
    tf.config.threading.set_intra_op_parallelism_threads(1)
    tf.config.experimental.enable_op_determinism()
    images, labels = drawing.shapes(8000, seed=20)
    test, test_labels = drawing.shapes(1000, seed=21)

    model = build()
    trainable = sum(int(np.prod(weight.shape)) for weight in model.trainable_weights)
    print("parameters:", model.count_params(), "trained:", trainable)
    epochs, batch = 30, 64
    schedule = keras.optimizers.schedules.CosineDecay(3e-3, epochs * len(images) // batch)
    loss = keras.losses.CategoricalCrossentropy(label_smoothing=0.1)
    model.compile(keras.optimizers.Adam(schedule), loss, ["accuracy"])
    model.fit(real(images), np.eye(10)[labels], batch_size=batch, epochs=epochs, verbose=2)

    FOLDER.mkdir(exist_ok=True)
    file = FOLDER / "model.tflite"
    file.write_bytes(convert(model, real(images[:300])))
    golden.describe(file)

    chosen = drawing.first_of_each(test_labels, 10)
    some = golden.quantize(golden.Reference(file).inputs[0], real(test[chosen]))[:, np.newaxis]
    golden.record(FOLDER, np.concatenate([some, golden.extremes(file)]))
    drawing.write_labels(FOLDER, drawing.SHAPES, list(test_labels[chosen]) + [None] * 4)
    floats = (model.predict(real(test), verbose=0).argmax(1) == test_labels).mean()
    integers = (golden.predict(file, real(test)).argmax(1) == test_labels).mean()
    print(f"{len(test)} held-out images: float {floats:.3f}, int8 {integers:.3f}")


if __name__ == "__main__":
    main()
