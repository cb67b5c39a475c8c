"""Makes mobilenet_v1_025_32_uint8: the network of mobilenet_v1.py the older way, in legacy uint8.

    python mobilenet_v1_uint8.py                     (about ten minutes, TensorFlow 1.15)
    python golden.py mobilenet_v1_025_32_uint8       (the environment of TensorFlow 2)

The first command needs requirements-tf1.txt and Python 3.7, and the environment's bin folder on PATH,
where the converter looks for its program toco_from_protos. It trains with tf.contrib.quantize, which
puts fake quantization into the graph, converts with TOCO, and writes the inputs of golden.npz. The
second adds the answers of TFLite's reference kernels, which TensorFlow 1.15 is too old for.
"""

import pathlib
import tempfile

from contrib_quantize import accuracy, convert, freeze, quantized_accuracy, real, runs, session  # first: it sets the environment
import drawing

import numpy as np
import tensorflow as tf
from tensorflow.contrib import quantize, slim

FOLDER = pathlib.Path(__file__).parent / "mobilenet_v1_025_32_uint8"

# (filters at full width, stride) of the depthwise separable convolutions
BLOCKS = [(64, 1), (128, 2), (128, 1), (256, 2), (256, 1), (512, 2)] + [(512, 1)] * 5 + [(1024, 2), (1024, 1)]
BATCH, EPOCHS, FLOAT_EPOCHS = 64, 16, 10


def build(image, training, classes=10, width=0.25):
    """The logits [n, classes]."""
    normal = {"is_training": training, "decay": 0.95, "scale": True, "fused": True}
    settings = {"normalizer_fn": slim.batch_norm, "normalizer_params": normal, "activation_fn": tf.nn.relu6}
    with slim.arg_scope([slim.conv2d, slim.separable_conv2d], padding="SAME", **settings):
        x = slim.conv2d(image, int(32 * width), 3, scope="first")
        for i, (filters, stride) in enumerate(BLOCKS):
            x = slim.separable_conv2d(x, None, 3, depth_multiplier=1, stride=stride, scope=f"depthwise_{i}")
            x = slim.conv2d(x, int(filters * width), 1, scope=f"pointwise_{i}")
    x = slim.avg_pool2d(x, 2, scope="pool")
    x = slim.conv2d(x, classes, 1, activation_fn=None, scope="logits")
    return tf.reshape(x, [-1, classes], name="scores")


def train(images, labels, checkpoint):
    """Float first; fake quantization switches itself on after FLOAT_EPOCHS."""
    steps = len(images) // BATCH
    with tf.Graph().as_default():
        tf.compat.v1.set_random_seed(1)
        image = tf.compat.v1.placeholder(tf.float32, [BATCH, 32, 32, 3])
        label = tf.compat.v1.placeholder(tf.int64, [BATCH])
        logits = build(image, training=True)
        loss = tf.reduce_mean(tf.nn.sparse_softmax_cross_entropy_with_logits(labels=label, logits=logits))
        quantize.create_training_graph(quant_delay=FLOAT_EPOCHS * steps)
        step = tf.compat.v1.train.get_or_create_global_step()
        rate = tf.compat.v1.train.cosine_decay(3e-3, step, EPOCHS * steps, alpha=0.01)
        updates = tf.compat.v1.get_collection(tf.compat.v1.GraphKeys.UPDATE_OPS)
        with tf.control_dependencies(updates):
            minimise = tf.compat.v1.train.AdamOptimizer(rate).minimize(loss, global_step=step)
        print("parameters:", sum(int(np.prod(v.shape)) for v in tf.compat.v1.trainable_variables()))
        rng = np.random.RandomState(1)
        with session() as run:
            run.run(tf.compat.v1.global_variables_initializer())
            for epoch in range(EPOCHS):
                order, losses = rng.permutation(len(images)), []
                for i in range(steps):
                    chosen = order[i * BATCH : (i + 1) * BATCH]
                    feed = {image: images[chosen], label: labels[chosen]}
                    losses.append(run.run([loss, minimise], feed)[0])
                print(f"epoch {epoch + 1}: loss {np.mean(losses):.4f}", flush=True)
            tf.compat.v1.train.Saver().save(run, str(checkpoint))


def restored(checkpoint, quantized, work):
    """Calls work(session, image, output) in the evaluation graph, with or without fake quantization."""
    with tf.Graph().as_default():
        image = tf.compat.v1.placeholder(tf.float32, [1, 32, 32, 3], name="image")
        output = tf.nn.softmax(build(image, training=False), name="probabilities")
        if quantized:
            quantize.create_eval_graph()
        with session() as run:
            tf.compat.v1.train.Saver().restore(run, str(checkpoint))
            return work(run, image, output)


def main():
    images, labels = drawing.shapes(8000, seed=20)
    test, test_labels = drawing.shapes(1000, seed=21)
    FOLDER.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        checkpoint = pathlib.Path(folder) / "model"
        train(real(images), labels, checkpoint)
        floats = restored(checkpoint, False, accuracy(real(test), test_labels))
        fake = restored(checkpoint, True, accuracy(real(test), test_labels))
        frozen = [restored(checkpoint, quantized, freeze) for quantized in (False, True)]
    content = convert(frozen[1])
    (FOLDER / "model.tflite").write_bytes(content)
    inputs, expected = runs(test, test_labels)
    np.savez_compressed(str(FOLDER / "golden.npz"), input_0=inputs)
    drawing.write_labels(FOLDER, drawing.SHAPES, list(expected) + [None] * 4)
    integers = quantized_accuracy(content, test, test_labels)
    sizes = [graph.ByteSize() for graph in frozen]
    print(f"frozen graph {sizes[0]} bytes, with fake quantization {sizes[1]}, model.tflite {len(content)}")
    print(f"{len(test)} held-out images: float {floats:.3f}, fake-quantized {fake:.3f}, uint8 {integers:.3f}")


if __name__ == "__main__":
    main()
