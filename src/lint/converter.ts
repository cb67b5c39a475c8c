/**
 * What to tell the converter: the lines that lead from a trained model to an integer-only file. Each was run, in the versions
 * of TensorFlow that its text names.
 */
import { type Remedy, remedy } from './rule.ts';

/** Float or hybrid, and trained without fake quantization. */
export const FULL_INTEGER: Remedy = remedy(
  'post-training quantization of weights and activations, TensorFlow 2: representative_dataset yields some hundred real inputs, ' +
    'prepared as in training',
  'converter = tf.lite.TFLiteConverter.from_keras_model(model)',
  'converter.optimizations = [tf.lite.Optimize.DEFAULT]',
  'converter.representative_dataset = representative_dataset',
  'converter.target_spec.supported_ops = [tf.lite.OpsSet.TFLITE_BUILTINS_INT8]',
  'converter.inference_input_type = tf.int8',
  'converter.inference_output_type = tf.int8',
);

export const INTEGER_EDGES: Remedy = remedy(
  'let callers give and take integers, TensorFlow 2 (tf.uint8 also goes for int8 models)',
  'converter.inference_input_type = tf.int8',
  'converter.inference_output_type = tf.int8',
);

/** Of a graph with FAKE_QUANT nodes. */
export const TRAINED_RANGES: readonly Remedy[] = [
  remedy(
    'trained with tensorflow_model_optimization: its converter needs the flag that makes integers of fake quantization',
    'converter = tf.lite.TFLiteConverter.from_keras_model(quantization_aware_model)',
    'converter.optimizations = [tf.lite.Optimize.DEFAULT]',
  ),
  remedy(
    'trained with contrib.quantize, TensorFlow 1.15: say so, and which real numbers the input stands for',
    'converter.inference_type = tf.uint8',
    "converter.quantized_input_stats = {'input': (mean, std)}  # real = (pixel - mean) / std",
  ),
];

/** Of a tensor that training gave no range. */
export const MISSING_RANGES: readonly Remedy[] = [
  remedy(
    'batch normalization is where the ranges get lost: tf.contrib.quantize puts no fake quantization behind a layer whose batch ' +
      'normalization it does not recognise. Leave it fused (the default) between layer and activation, and fix the learning phase ' +
      'before the model is built, TensorFlow 1.15',
    'tf.keras.backend.set_learning_phase(1)  # 0 for the graph that is converted',
    'layers.Conv2D(filters, size), layers.BatchNormalization(), layers.ReLU()',
  ),
  remedy(
    'or put batch normalization behind the activation, not fused: every tensor gets a range, and a MUL and an ADD remain for each layer',
    "layers.Conv2D(filters, size, activation='relu'), layers.BatchNormalization(fused=False)",
  ),
  remedy(
    'or give the tensor a range where the model is built, and train it',
    'x = tf.quantization.fake_quant_with_min_max_args(x, min=0, max=6)',
  ),
  remedy(
    'or take one made-up range for all that have none, TensorFlow 1.15 to 2.17 and 2.19 to 2.21: for experiments, as every such ' +
      'tensor then has steps of 6 / 255 and loses what is above 6',
    'converter.default_ranges_stats = (0, 6)  # the toco command: --default_ranges_min=0 --default_ranges_max=6',
  ),
];

export const PER_CHANNEL: Remedy = remedy(
  'quantize weights per channel: every TensorFlow 2 converter does for int8; contrib.quantize and toco know one scale for a tensor alone',
  ...FULL_INTEGER.code,
);

export const LONGER_TRAINING: Remedy = remedy(
  'train longer before converting: the moving averages of tensorflow_model_optimization start at -6 and 6 and keep 0.999 of what ' +
    'they had in each step, so that some thousand steps are needed. Or quantize after training, with a representative_dataset',
);
