"""Makes digits_bn_default_ranges_uint8, digits_bn_folded_uint8 and digits_bn_unfolded_uint8, and meets two errors on the way.

    python lacking_ranges.py                 (a minute, TensorFlow 1.15)
    python lacking_ranges_today.py           (TensorFlow 2.19: the same frozen graph in a converter of today)
    python golden.py digits_bn_*_uint8       (the environment of TensorFlow 2)

Three blocks of convolution, batch normalization and ReLU read digits; tf.contrib.quantize puts fake quantization into the graph,
TOCO converts it. How the blocks are written decides whether that works:

    lacking   Conv -> BN(fused=False) -> ReLU     "Array re_lu/Relu ... is lacking min/max data"; converts with default ranges
    missing   Conv -> BN -> ReLU                  "Key conv2d/act_quant/max not found in checkpoint"
    folded    the same, learning phase fixed      converts, batch normalization folded into the convolutions
    unfolded  Conv(relu) -> BN(fused=False)       converts, batch normalization stays as MUL and ADD

Needs requirements-tf1.txt and Python 3.7, and the environment's bin folder on PATH, where the converter looks for its program
toco_from_protos.
"""

import pathlib
import re
import tempfile

from contrib_quantize import accuracy, convert, freeze, quantized_accuracy, real, runs, session  # first: it sets the environment
import drawing

import numpy as np
import tensorflow as tf
from tensorflow.contrib import quantize
from tensorflow.lite.python.convert import ConverterError

K, layers = tf.keras.backend, tf.keras.layers
HERE = pathlib.Path(__file__).parent
DEFAULT, FOLDED, UNFOLDED = (
    HERE / f"digits_bn_{name}_uint8" for name in ("default_ranges", "folded", "unfolded")
)
BATCH, EPOCHS, FLOAT_EPOCHS = 32, 40, 20


def lacking(x, filters):
    x = layers.Conv2D(filters, 3, strides=2, padding="same", use_bias=False)(x)
    x = layers.BatchNormalization(momentum=0.9, fused=False)(x)
    return layers.ReLU()(x)


def missing(x, filters):
    x = layers.Conv2D(filters, 3, strides=2, padding="same", use_bias=False)(x)
    x = layers.BatchNormalization(momentum=0.9)(x)
    return layers.ReLU()(x)


def unfolded(x, filters):
    x = layers.Conv2D(filters, 3, strides=2, padding="same", activation="relu")(x)
    return layers.BatchNormalization(momentum=0.9, fused=False)(x)


def by_hand(maxima):
    """The blocks of lacking(), with a fake-quant node behind each ReLU."""
    maxima = iter(maxima)

    def block(x, filters):
        high = next(maxima)
        return layers.Lambda(lambda x: tf.quantization.fake_quant_with_min_max_args(x, min=0, max=high))(lacking(x, filters))

    return block


def build(block, batch):
    """A Keras model: images [batch, 28, 28, 1] to logits [batch, 10]."""
    image = layers.Input((28, 28, 1), batch, name="image")
    x = image
    for filters in 8, 12, 12:
        x = block(x, filters)
    x = layers.Conv2D(16, 3, padding="same", activation="relu")(x)
    x = layers.AveragePooling2D(4)(x)
    return tf.keras.Model(image, layers.Dense(10)(layers.Flatten()(x)))


def train(block, images, labels, checkpoint, fix_learning_phase):
    """Float first; fake quantization switches itself on after FLOAT_EPOCHS."""
    steps = len(images) // BATCH
    with tf.Graph().as_default():
        tf.compat.v1.set_random_seed(1)
        if fix_learning_phase:
            K.set_learning_phase(1)  # before the first layer is built
        model = build(block, BATCH)
        label = tf.compat.v1.placeholder(tf.int64, [BATCH])
        loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=label, logits=model.output))
        quantize.create_training_graph(quant_delay=FLOAT_EPOCHS * steps)
        step = tf.compat.v1.train.get_or_create_global_step()
        rate = tf.compat.v1.train.cosine_decay(3e-3, step, EPOCHS * steps, alpha=0.01)
        with tf.control_dependencies(model.updates):
            minimise = tf.compat.v1.train.AdamOptimizer(rate).minimize(loss, global_step=step)
        rng = np.random.RandomState(1)
        with session() as run:
            run.run(tf.compat.v1.global_variables_initializer())
            for _ in range(EPOCHS):
                order = rng.permutation(len(images))
                for i in range(steps):
                    chosen = order[i * BATCH : (i + 1) * BATCH]
                    feed = {model.input: images[chosen], label: labels[chosen]}
                    if not fix_learning_phase:
                        feed[K.learning_phase()] = True
                    run.run(minimise, feed)
            tf.compat.v1.train.Saver().save(run, str(checkpoint))
            print(f"{block.__name__}: fake quantization of {', '.join(fake_quantized()) or 'nothing'}", flush=True)


def fake_quantized():
    nodes = tf.compat.v1.get_default_graph().as_graph_def().node
    return sorted({node.name.rsplit("/", 1)[0] for node in nodes if node.op == "FakeQuantWithMinMaxVars"})


def restored(block, checkpoint, quantized, work):
    """Calls work(session, image, output) in the evaluation graph, with or without fake quantization."""
    with tf.Graph().as_default():
        K.set_learning_phase(0)
        model = build(block, 1)
        output = tf.nn.softmax(model.output, name="probabilities")
        if quantized:
            quantize.create_eval_graph()
        with session() as run:
            tf.compat.v1.train.Saver().restore(run, str(checkpoint))
            return work(run, model.input, output)


def toco_error(graph):
    """The fatal line of TOCO's log, from the name of its source file on."""
    try:
        convert(graph)
    except ConverterError as error:
        return re.search(r"F (tensorflow/lite/toco/.*)", str(error)).group(1)
    raise AssertionError("converted")


def checkpoint_error(block, checkpoint):
    """What restoring says, up to the place in the program."""
    try:
        restored(block, checkpoint, True, freeze)
    except tf.errors.NotFoundError as error:
        return error.message.split("\n\t")[0]
    raise AssertionError("restored")


def observed(images):
    """The highest value behind each ReLU of the blocks."""

    def work(run, image, output):
        names = ["re_lu/Relu:0", "re_lu_1/Relu:0", "re_lu_2/Relu:0"]
        return np.max([[value.max() for value in run.run(names, {image: one[np.newaxis]})] for one in images], axis=0)

    return work


def finish(folder, content, images, labels):
    """Writes the model and the inputs of golden.npz; golden.py adds the answers."""
    folder.mkdir(exist_ok=True)
    (folder / "model.tflite").write_bytes(content)
    inputs, expected = runs(images, labels)
    np.savez_compressed(str(folder / "golden.npz"), input_0=inputs)
    drawing.write_labels(folder, [str(digit) for digit in range(10)], list(expected) + [None] * 4)


def main():
    (images, labels), (test, test_labels) = drawing.digits()
    held_out, ours = (real(test), test_labels), (test, test_labels)

    def report(name, content=None, graph=None):
        parts = [f"{key} {value:.4f}" for key, value in (graph or {}).items()]
        if content is not None:
            parts.append(f"uint8 {quantized_accuracy(content, *ours):.4f}, {len(content)} bytes")
        print(f"{name}: {', '.join(parts)}", flush=True)

    def graphs(block, checkpoint):
        return {
            kind: restored(block, checkpoint, quantized, accuracy(*held_out))
            for kind, quantized in (("float", False), ("fake-quantized", True))
        }

    with tempfile.TemporaryDirectory() as folder:
        checkpoint = pathlib.Path(folder) / "lacking"
        train(lacking, real(images), labels, checkpoint, fix_learning_phase=False)
        graph = restored(lacking, checkpoint, True, freeze)
        DEFAULT.mkdir(exist_ok=True)
        (DEFAULT / "frozen.pb").write_bytes(graph.SerializeToString())
        (DEFAULT / "toco_error.txt").write_text(toco_error(graph) + "\n")
        report("lacking", graph=graphs(lacking, checkpoint))
        content = convert(graph, default_ranges=(0, 6))
        finish(DEFAULT, content, *ours)
        report("lacking, default ranges 0 to 6", content)
        maxima = restored(lacking, checkpoint, False, observed(real(images[:300])))
        print("highest values behind the ReLUs:", maxima)
        for high in 1, 2, 4, 8, 16, 32, 64, 128, 256:
            report(f"lacking, default ranges 0 to {high}", convert(graph, default_ranges=(0, high)))
        block = by_hand([float(high) for high in maxima])
        report("lacking, fake-quant nodes by hand", convert(restored(block, checkpoint, True, freeze)))

        checkpoint = pathlib.Path(folder) / "missing"
        train(missing, real(images), labels, checkpoint, fix_learning_phase=False)
        FOLDED.mkdir(exist_ok=True)
        (FOLDED / "checkpoint_error.txt").write_text(checkpoint_error(missing, checkpoint) + "\n")

        for block, target, fix in ((missing, FOLDED, True), (unfolded, UNFOLDED, False)):
            checkpoint = pathlib.Path(folder) / target.name
            train(block, real(images), labels, checkpoint, fix_learning_phase=fix)
            content = convert(restored(block, checkpoint, True, freeze))
            finish(target, content, *ours)
            report(target.name, content, graphs(block, checkpoint))


if __name__ == "__main__":
    main()
