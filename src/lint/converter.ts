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

/** Of a model whose activations have these types: the edges take no other, but for uint8 around int8. */
export function integerEdges(activations: readonly string[]): Remedy {
  if (activations.includes('uint8') && !activations.includes('int8')) {
    return remedy(
      'let callers give and take uint8: leave out inference_input_type = tf.float32 where the graph is converted, TensorFlow 1.15',
      'converter.inference_type = tf.uint8',
    );
  }
  const type = activations.includes('int16') && !activations.includes('int8') ? 'int16' : 'int8';
  return remedy(
    `let callers give and take integers, TensorFlow 2${type === 'int8' ? ' (tf.uint8 also goes)' : ''}`,
    `converter.inference_input_type = tf.${type}`,
    `converter.inference_output_type = tf.${type}`,
  );
}

/**
 * Operators that TensorFlow 2.21's converter leaves in float in the midst of quantized ones, by the type of the activations: each was
 * converted, test/lint/converter.py. int16: where TFLITE_BUILTINS stands beside the set of 16x8; it refuses them otherwise.
 */
// biome-ignore format: as a block
const LEFT_IN_FLOAT: { readonly [dtype: string]: readonly string[] } = {
  int8: [
    'ADD_N', 'ATAN2', 'CAST', 'CEIL', 'CONV_3D', 'COS', 'CUMSUM', 'ELU', 'FLOOR', 'FLOOR_DIV', 'FLOOR_MOD',
    'LOCAL_RESPONSE_NORMALIZATION', 'NEG', 'POW', 'ROUND', 'SEGMENT_SUM', 'SIGN', 'SIN', 'SQUARE',
  ],
  int16: [
    'ADD_N', 'ARG_MAX', 'ARG_MIN', 'ATAN2', 'CAST', 'CEIL', 'CONV_3D', 'COS', 'CUMSUM', 'DEPTH_TO_SPACE', 'DIV', 'ELU', 'EQUAL',
    'FLOOR', 'FLOOR_DIV', 'FLOOR_MOD', 'GREATER', 'HARD_SWISH', 'L2_NORMALIZATION', 'LESS', 'LOCAL_RESPONSE_NORMALIZATION',
    'LOG_SOFTMAX', 'NEG', 'PADV2', 'POW', 'PRELU', 'REVERSE_SEQUENCE', 'ROUND', 'SEGMENT_SUM', 'SIGN', 'SIN', 'SPACE_TO_DEPTH',
    'SQRT', 'SQUARE', 'TOPK_V2',
  ],
};

/** Of those of 16x8, what is left in float without TFLITE_BUILTINS, too. */
const NEVER_REFUSED = ['PADV2'];

/** Operators that it quantizes, of either type. */
// biome-ignore format: as a block
const QUANTIZED: readonly string[] = [
  'ABS', 'ADD', 'AVERAGE_POOL_2D', 'BATCH_MATMUL', 'BATCH_TO_SPACE_ND', 'BROADCAST_TO', 'CONCATENATION', 'CONV_2D',
  'DEPTHWISE_CONV_2D', 'EXP', 'FULLY_CONNECTED', 'GATHER', 'GATHER_ND', 'GELU', 'LEAKY_RELU', 'LOG', 'LOGISTIC', 'MAXIMUM',
  'MAX_POOL_2D', 'MEAN', 'MINIMUM', 'MIRROR_PAD', 'MUL', 'PACK', 'PAD', 'REDUCE_MAX', 'REDUCE_MIN', 'REDUCE_PROD', 'RESHAPE', 'RESIZE_BILINEAR',
  'RESIZE_NEAREST_NEIGHBOR', 'REVERSE_V2', 'RSQRT', 'SCATTER_ND', 'SLICE', 'SOFTMAX', 'SPACE_TO_BATCH_ND', 'SPLIT', 'SPLIT_V',
  'SQUARED_DIFFERENCE', 'STRIDED_SLICE', 'SUB', 'SUM', 'TANH', 'TILE', 'TRANSPOSE', 'TRANSPOSE_CONV', 'UNPACK',
];

export function isLeftInFloat(op: string, dtype: string): boolean {
  return LEFT_IN_FLOAT[dtype]?.includes(op) ?? false;
}

/** Whether a 16x8 conversion that allows no float operators refuses a model with it. */
export function isRefused16x8(op: string): boolean {
  return isLeftInFloat(op, 'int16') && !NEVER_REFUSED.includes(op);
}

export function isQuantizedByConverter(op: string, dtype: string): boolean {
  return QUANTIZED.includes(op) || (dtype === 'int8' && isLeftInFloat(op, 'int16') && !isLeftInFloat(op, 'int8'));
}

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
