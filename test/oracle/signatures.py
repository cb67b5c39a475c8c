"""A model of several signatures that share variables, and what TFLite answers when they are called in turn.

    python signatures.py convert    needs tensorflow==2.19.0; writes signatures/model.tflite
    python signatures.py record     needs ai-edge-litert==2.3.0; writes signatures/calls.jsonl, a call a line
"""

import json
import os
import sys
import tempfile

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
import numpy as np

FOLDER = os.path.join(os.path.dirname(os.path.abspath(__file__)), "signatures")
MODEL = os.path.join(FOLDER, "model.tflite")
CALLS = 80


def convert():
    import tensorflow as tf

    random = np.random.default_rng(1)
    weights = lambda *shape: tf.constant(random.normal(size=shape) / 2, tf.float32)
    noise = lambda low, *shape: random.uniform(low, 1, shape).astype(np.float32)
    takes = lambda name, *shape: tf.TensorSpec(shape, tf.float32, name=name)

    class Codec(tf.Module):
        def __init__(self):
            self.window = tf.Variable(tf.zeros([1, 4, 3]))
            self.steps = tf.Variable([100])
            self.encoder, self.decoder, self.scorer = weights(5, 3), weights(3, 5), weights(12, 2)

        @tf.function(input_signature=[takes("x", None, 5)])
        def encode(self, x):
            return {"code": tf.nn.relu(tf.matmul(x, self.encoder))}

        @tf.function(input_signature=[takes("code", None, 3), takes("offset", None, 5)])
        def decode(self, code, offset):
            y = tf.matmul(code, self.decoder)
            return {"y": y + offset, "plain": y}

        @tf.function(input_signature=[takes("code", 1, 1, 3)])
        def listen(self, code):
            window = tf.concat([self.window[:, 1:], code], axis=1)
            self.window.assign(window)
            self.steps.assign_add([1])
            score = tf.nn.softmax(tf.matmul(tf.reshape(window, [1, 12]), self.scorer))
            return {"score": score, "steps": self.steps.read_value()}

        @tf.function(input_signature=[takes("bias", 1, 4, 3)])
        def look(self, bias):
            return {"window": self.window.read_value() + bias, "steps": self.steps.read_value()}

    def examples():
        for _ in range(100):
            yield "encode", {"x": noise(-1, 1, 5)}
            yield "decode", {"code": noise(0, 1, 3), "offset": noise(-1, 1, 5)}
            yield "listen", {"code": noise(0, 1, 1, 3)}
            yield "look", {"bias": noise(-1, 1, 4, 3)}

    codec = Codec()
    keys = ["encode", "decode", "listen", "look"]
    with tempfile.TemporaryDirectory() as saved:
        tf.saved_model.save(codec, saved, signatures={key: getattr(codec, key) for key in keys})
        converter = tf.lite.TFLiteConverter.from_saved_model(saved, signature_keys=keys)
        converter.optimizations = [tf.lite.Optimize.DEFAULT]
        converter.representative_dataset = examples
        converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]
        converter.inference_input_type = converter.inference_output_type = tf.int8
        converter.experimental_enable_resource_variables = True
        model = converter.convert()
    with open(MODEL, "wb") as file:
        file.write(model)


def record():
    from ai_edge_litert.interpreter import Interpreter, OpResolverType

    random = np.random.default_rng(2)
    interpreter = Interpreter(MODEL, num_threads=1, experimental_op_resolver_type=OpResolverType.BUILTIN_REF)
    with open(os.path.join(FOLDER, "calls.jsonl"), "w") as file:
        for _ in range(CALLS):
            key = random.choice(["encode", "decode", "listen", "listen", "look"])
            signature = interpreter.get_signature_runner(key)
            batch = int(random.integers(0, 4, endpoint=True))
            inputs = {}
            for name, detail in sorted(signature.get_input_details().items()):
                shape = [batch if dim < 0 else int(dim) for dim in detail["shape_signature"]]
                inputs[name] = random.integers(-128, 127, shape, np.int8, endpoint=True)
            outputs = signature(**inputs)
            call = {"signature": str(key), "inputs": plain(inputs), "outputs": plain(outputs)}
            file.write(json.dumps(call) + "\n")


def plain(arrays):
    return {
        name: {"dtype": array.dtype.name, "shape": array.shape, "data": array.ravel().tolist()}
        for name, array in sorted(arrays.items())
    }


if __name__ == "__main__":
    {"convert": convert, "record": record}[sys.argv[1]]()
