"""Makes cnn56_int8/dynamic_range.tflite and cnn56_int8/short_training.tflite: what the network of cnn56.py becomes by mistake.

    python cnn56_pitfalls.py     (two minutes, TensorFlow 2)

Needs requirements-tf2.txt. Prints what tfmot's 30 additional parameters are, how many they would be with the ReLUs inside the
layers, and the range of the first ReLU during a training that is too short.
"""

import collections

import numpy as np

import cnn56  # before TensorFlow: it sets the environment
import golden

import tensorflow as tf
import tensorflow_model_optimization as tfmot
import tf_keras as keras

FOLDER = cnn56.HERE / "cnn56_int8"


def inside():
    """The network of cnn56.build() with the ReLUs as activations of their layers."""
    layers = keras.layers
    return keras.Sequential(
        [
            layers.Input((56, 56, 1), name="image"),
            layers.Conv2D(30, 3, activation="relu"),
            layers.MaxPooling2D(2),
            layers.Conv2D(16, 3, activation="relu"),
            layers.MaxPooling2D(2),
            layers.Conv2D(16, 3, activation="relu"),
            layers.GlobalAveragePooling2D(),
            layers.Dense(8, activation="relu"),
            layers.Dense(1, activation="sigmoid"),
        ]
    )


def additional(name, model):
    """The parameters that wrapping adds, layer by layer."""
    wrapped = tfmot.quantization.keras.quantize_model(model)
    print(f"{name}: {model.count_params()} parameters, wrapped {wrapped.count_params()}")
    for layer in wrapped.layers:
        added = collections.Counter()
        for weight in layer.weights:
            part = weight.name.split("/")[-1].split(":")[0]
            if part not in ("kernel", "bias"):
                added[part] += int(np.prod(weight.shape))
        parts = ", ".join(f"{part} {count}" for part, count in added.items())
        print(f"  {layer.name} ({type(layer).__name__}) +{sum(added.values())}: {parts}")
    return wrapped


def dynamic_range(model):
    """Optimize.DEFAULT, and neither examples nor learned ranges."""
    converter = tf.lite.TFLiteConverter.from_keras_model(model)
    converter.optimizations = [tf.lite.Optimize.DEFAULT]
    return converter.convert()


class Ranges(keras.callbacks.Callback):
    """Prints the range of the first ReLU at some steps."""

    def on_train_batch_end(self, batch, logs=None):
        if batch + 1 in (1, 10, 50, 100, 187):
            layer = self.model.get_layer("quant_activation")
            low, high = (w.numpy() for w in layer.weights if w.name.endswith(("min:0", "max:0")))
            print(f"step {batch + 1}: {layer.name} {low:.3f} to {high:.3f}")


def main():
    (images, labels), (test, test_labels) = cnn56.repeatable()

    additional("ReLUs inside", inside())
    model = cnn56.build()
    cnn56.train(model, images, labels, epochs=20, rate=3e-3, batch=32)
    (FOLDER / "dynamic_range.tflite").write_bytes(dynamic_range(model))

    wrapped = additional("ReLUs apart", model)
    wrapped.compile(keras.optimizers.Adam(3e-4), keras.losses.BinaryCrossentropy(label_smoothing=0.1))
    wrapped.fit(images, labels, batch_size=32, epochs=1, verbose=0, callbacks=[Ranges()])
    file = FOLDER / "short_training.tflite"
    file.write_bytes(cnn56.convert(wrapped, tf.int8))
    scale, zero_point = golden.Reference(file).outputs[0]["quantization"]
    probability = (golden.predict(file, test)[:, 0].astype(float) - zero_point) * scale
    print(f"after one epoch, int8: {((probability > 0.5) == test_labels).mean():.3f}")


if __name__ == "__main__":
    main()
