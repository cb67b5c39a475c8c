"""What the scripts for TensorFlow 1.15 share: graphs trained with tf.contrib.quantize, frozen, converted by TOCO and measured."""

import os

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import numpy as np
import tensorflow as tf

import drawing


def real(images):
    """Pixels 0 .. 255 as -1 .. 127/128: scale 1/128, zero point 128."""
    return (images.astype(np.float32) - 128) / 128


def session():
    return tf.compat.v1.Session(
        config=tf.compat.v1.ConfigProto(intra_op_parallelism_threads=1, inter_op_parallelism_threads=1)
    )


def freeze(run, image, output):
    return tf.compat.v1.graph_util.convert_variables_to_constants(run, run.graph_def, [output.op.name])


def convert(graph, default_ranges=None):
    """A frozen graph from "image" to "probabilities" as a legacy uint8 .tflite file."""
    with tf.Graph().as_default() as frozen:
        tf.import_graph_def(graph, name="")
        ends = [frozen.get_tensor_by_name(name) for name in ("image:0", "probabilities:0")]
        with tf.compat.v1.Session(graph=frozen) as again:
            converter = tf.lite.TFLiteConverter.from_session(again, ends[:1], ends[1:])
            converter.inference_type = tf.uint8
            converter.quantized_input_stats = {"image": (128, 128)}  # mean and standard deviation: q = 128 + 128 real
            converter.default_ranges_stats = default_ranges
            return converter.convert()


def accuracy(images, labels):
    def work(run, image, output):
        answers = [run.run(output, {image: one[np.newaxis]})[0].argmax() for one in images]
        return (np.array(answers) == labels).mean()

    return work


def quantized_accuracy(content, images, labels):
    """By TensorFlow 1.15's own interpreter; images are the uint8 pixels themselves."""
    interpreter = tf.lite.Interpreter(model_content=content)
    interpreter.allocate_tensors()
    source, target = interpreter.get_input_details()[0]["index"], interpreter.get_output_details()[0]["index"]
    right = 0
    for one, label in zip(images, labels):
        interpreter.set_tensor(source, one[np.newaxis])
        interpreter.invoke()
        right += interpreter.get_tensor(target)[0].argmax() == label
    return right / len(labels)


def runs(images, labels):
    """The inputs of golden.npz: two images of each class, noise, a mixture of 0 and 255, all 0, all 255."""
    chosen = drawing.first_of_each(labels, 10)
    rng = np.random.RandomState(0)
    shape = images[:1].shape
    others = [rng.randint(0, 256, shape), rng.randint(0, 2, shape) * 255, np.zeros(shape), np.full(shape, 255)]
    return np.concatenate([images[chosen][:, np.newaxis], np.stack(others).astype(np.uint8)]), labels[chosen]
