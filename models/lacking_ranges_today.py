"""Makes digits_bn_default_ranges_uint8/float_inside.tflite: the frozen graph of lacking_ranges.py in a converter of today.

    python lacking_ranges_today.py           (seconds, TensorFlow 2.19)

TOCO refuses this graph, since no range is known for the outputs of three layers. MLIR converts it without a word: uint8 at both
ends, float inside. Three remedies follow, of which only the accuracy is printed. Needs tensorflow 2.19.0 and scikit-learn.
"""

import os
import pathlib
import tempfile

os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"

import numpy as np
import tensorflow as tf

import drawing

FOLDER = pathlib.Path(__file__).parent / "digits_bn_default_ranges_uint8"


def frozen():
    return tf.compat.v1.GraphDef.FromString((FOLDER / "frozen.pb").read_bytes())


def without_fake_quantization(graph):
    behind = {node.name: node.input[0] for node in graph.node if node.op == "FakeQuantWithMinMaxVars"}
    for node in graph.node:
        node.input[:] = [behind.get(name, name) for name in node.input]
    return graph


def converter(graph):
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / "graph.pb"
        file.write_bytes(graph.SerializeToString())
        return tf.compat.v1.lite.TFLiteConverter.from_frozen_graph(str(file), ["image"], ["probabilities"])


def by_stats(default_ranges=None, new_converter=True):
    """As TensorFlow 1 converts: ranges from the fake quantization of the graph."""
    converts = converter(frozen())
    converts.inference_type = tf.uint8
    converts.quantized_input_stats = {"image": (128, 128)}  # mean and standard deviation: q = 128 + 128 real
    converts.default_ranges_stats = default_ranges
    converts.experimental_new_converter = new_converter
    return converts.convert()


def by_examples(graph, images):
    """Post-training: ranges from examples."""
    converts = converter(graph)
    converts.optimizations = [tf.lite.Optimize.DEFAULT]
    converts.representative_dataset = lambda: ([image[np.newaxis]] for image in images)
    converts.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
    converts.inference_input_type = converts.inference_output_type = tf.int8
    return converts.convert()


def accuracy(content, images, labels):
    """Of the reference kernels; images are pixels."""
    resolver = tf.lite.experimental.OpResolverType.BUILTIN_REF
    interpreter = tf.lite.Interpreter(model_content=content, num_threads=1, experimental_op_resolver_type=resolver)
    interpreter.allocate_tensors()
    source, target = interpreter.get_input_details()[0], interpreter.get_output_details()[0]
    low = np.iinfo(source["dtype"]).min
    right = 0
    for image, label in zip(images, labels):
        interpreter.set_tensor(source["index"], (image[np.newaxis].astype(int) + low).astype(source["dtype"]))
        interpreter.invoke()
        right += interpreter.get_tensor(target["index"])[0].argmax() == label
    return right / len(labels)


def main():
    (images, _), (test, test_labels) = drawing.digits()
    content = by_stats()
    (FOLDER / "float_inside.tflite").write_bytes(content)
    examples = (images[:300].astype(np.float32) - 128) / 128
    variants = {
        "float inside": content,
        "the same, experimental_new_converter=False": by_stats(new_converter=False),
        "default ranges 0 to 6": by_stats(default_ranges=(0, 6)),
        "300 representative images": by_examples(without_fake_quantization(frozen()), examples),
    }
    for name, content in variants.items():
        print(f"{name}: {accuracy(content, test, test_labels):.4f}, {len(content)} bytes")
    try:
        accuracy(by_examples(frozen(), examples), test, test_labels)
    except RuntimeError as error:
        print(f"300 representative images, fake quantization still in the graph: {error}")
    for folder in "digits_bn_default_ranges_uint8", "digits_bn_folded_uint8", "digits_bn_unfolded_uint8":
        content = (FOLDER.parent / folder / "model.tflite").read_bytes()
        print(f"{folder}: {accuracy(content, test, test_labels):.4f}, {len(content)} bytes")


if __name__ == "__main__":
    main()
