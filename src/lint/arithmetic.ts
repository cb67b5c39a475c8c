/** Sums and scales that integer arithmetic does not hold, or that a runtime refuses. */
import { placeOf } from '../model/operator_facts.ts';
import { few, MICRO, percent, type Rule, real, remedy, TFLITE } from './rule.ts';

const SMALLER_SUMS = remedy(
  'make the sums smaller: fewer input channels or taps in a layer, weight decay, or a smaller bias; until then, verify on real inputs ' +
    'that `requant trace` shows no sum that wraps',
);

export const accumulatorOverflow: Rule = {
  id: 'accumulator-overflow',
  severity: 'warning',
  title: 'sums that may leave their accumulator',
  why: 'they wrap, in TFLite and in firmware, and a large positive sum becomes a large negative one; no runtime reports it',
  *check({ nodes, model }) {
    const [subgraph] = model.subgraphs;
    for (const { node, accumulator, outputs } of nodes) {
      if (!accumulator) continue;
      // The multiplication of an int64 sum takes 48 bits: MultiplyByQuantizedMultiplier of int64 in TFLite's common.cc.
      const width = accumulator.type === 'int32' ? 32 : 48;
      if (accumulator.bits <= width) continue;
      const { bound, bits, terms, from } = accumulator;
      yield {
        subgraph: subgraph!,
        node: subgraph!.operators[node],
        tensor: subgraph!.tensors[outputs[0]!.index],
        text: `the sum of ${terms} products and the bias can reach ${bound}, which takes ${bits} bits, more than ${width} (known from the ${from})`,
        numbers: { bound, bits, width, terms },
        remedies: [SMALLER_SUMS],
      };
    }
  },
};

/** What a multiplier of 1 or more does to an operator. */
const ADDITIONS = ['ADD', 'SQUARED_DIFFERENCE'];
const LAYERS = ['CONV_2D', 'DEPTHWISE_CONV_2D', 'TRANSPOSE_CONV', 'FULLY_CONNECTED'];

const WIDER_OUTPUT = remedy(
  'give the output the range of its real values, with a representative_dataset or by longer training: its scale is too small for what ' +
    'goes into it',
);

export const largeMultiplier: Rule = {
  id: 'large-multiplier',
  severity: 'warning',
  title: 'a multiplier of 1 or more',
  why:
    'one step of the sum is a step of the output or more: the output shows steps that the sum does not have, most sums end in the clamp, ' +
    'and kernels that only shift to the right cannot do it',
  *check({ nodes, model, profile }) {
    const [subgraph] = model.subgraphs;
    for (const { node, op, outputs, rescalings } of nodes) {
      const isAddition = ADDITIONS.includes(op);
      if (!isAddition && !LAYERS.includes(op)) continue;
      // Of an ADD: that of the output; those of the inputs are 1/2 or less by construction.
      const multipliers = rescalings.at(-1)?.multipliers ?? [];
      const large = multipliers.flatMap(({ real: value }, channel) => (value >= 1 ? [{ channel, value }] : []));
      if (large.length === 0) continue;
      const most = Math.max(...large.map(({ value }) => value));
      const which =
        multipliers.length === 1
          ? `the real multiplier is ${real(most)}`
          : `${large.length} of ${multipliers.length} channels, up to ${real(most)}: ${few(large.map(({ channel }) => channel))}`;
      yield {
        subgraph: subgraph!,
        node: subgraph!.operators[node],
        tensor: subgraph!.tensors[outputs[0]!.index],
        text: which,
        numbers: { largest: most, channels: large.length, of: multipliers.length },
        // TensorFlow Lite Micro computes such a SQUARED_DIFFERENCE.
        ...(isAddition &&
          !(op === 'SQUARED_DIFFERENCE' && MICRO.includes(profile)) && {
            severity: 'error',
            refuses: true as const,
            why: `TFLite ends the process while it prepares such a ${op} (QuantizeMultiplierSmallerThanOneExp)`,
          }),
        remedies: [WIDER_OUTPUT],
      };
    }
  },
};

/** Converters round the product in their own ways; what is more was edited, or comes from other ranges. */
const NEARLY = 1e-3;

/** TFLite's GetQuantizedConvolutionMultipler: the difference may be this share of the output's scale. */
const REFUSED = 0.02;

export const biasScale: Rule = {
  id: 'bias-scale',
  severity: 'warning',
  title: 'a bias whose scale is not input scale * filter scale',
  why: 'kernels add the bias to the products as it is, and never look at its scale: it counts as more or as less than was meant',
  *check({ flows }) {
    for (const { subgraph } of flows) {
      for (const node of subgraph.operators) {
        const tensorAt = (role: string) => subgraph.tensors[node.inputs[placeOf(node.op, role)] ?? -1];
        const [input, filter, bias] = ['input', 'filter', 'bias'].map((role) => tensorAt(role)?.quantization?.scales);
        const tensor = tensorAt('bias');
        if (!input || !filter || !bias || input.length !== 1) continue;
        const off = Array.from(bias, (scale, c) => {
          const product = input[0]! * filter[filter.length === 1 ? 0 : c]!;
          return { scale, product, ratio: Math.abs(scale / product - 1) };
        });
        const worst = off.reduce((most, other) => (other.ratio > most.ratio ? other : most));
        if (!(worst.ratio > NEARLY && worst.ratio < Infinity)) continue;
        const channels = off.filter(({ ratio }) => ratio > NEARLY).length;
        const output = subgraph.tensors[node.outputs[0] ?? -1];
        const share = Math.abs(worst.scale - worst.product) / (output?.quantization?.scales[0] ?? Infinity);
        const isRefused =
          share > REFUSED && (output?.dtype === 'uint8' || (node.op === 'FULLY_CONNECTED' && filter.length === 1));
        yield {
          subgraph,
          node,
          tensor,
          text: `its scale is ${real(worst.scale)}, the products' is ${real(worst.product)}: ${percent(worst.ratio)} off (${channels} of ${bias.length})`,
          numbers: { scale: worst.scale, product: worst.product, channels },
          ...(isRefused && {
            severity: 'error',
            refuses: true as const,
            why: `TFLite refuses the node: the difference is ${real(share)} of the output's scale, and may be ${REFUSED}`,
          }),
          remedies: [
            remedy(
              'quantize the bias anew, round(real / (input scale * filter scale)), or convert again; scales are not edited one by one',
            ),
          ],
        };
      }
    }
  },
};

export const refusedQuantization: Rule = {
  id: 'refused-quantization',
  severity: 'error',
  title: 'quantization parameters that TFLite refuses',
  why: 'the file converts without a word, and AllocateTensors fails',
  *check({ flows }) {
    for (const { subgraph } of flows) {
      for (const node of subgraph.operators) {
        const at = (i: number | undefined) => subgraph.tensors[i ?? -1];
        const [input, filter] = [at(node.inputs[0]), at(node.inputs[1])];
        const zeros = filter?.quantization?.zeroPoints;
        const wrong = zeros && Array.from(zeros).find((zero) => zero !== 0);
        if (['CONV_2D', 'DEPTHWISE_CONV_2D'].includes(node.op) && filter?.dtype === 'int8' && wrong !== undefined) {
          yield {
            subgraph,
            node,
            tensor: filter,
            text: `int8 weights with the zero point ${wrong}: TFLite takes 0 alone ('affine_quantization->zero_point->data[i] != 0 (${wrong} != 0)')`,
            numbers: { zeroPoint: wrong },
            refuses: true,
            profiles: TFLITE,
            remedies: ASYMMETRIC_WEIGHTS,
          };
        }
        if (node.op === 'DEQUANTIZE' && input?.dtype === 'float32') {
          yield {
            subgraph,
            node,
            tensor: input,
            text: "it dequantizes float32 ('dequantize.cc: is_supported_type was not true'): nothing in front of it was quantized",
            refuses: true,
            profiles: TFLITE,
            remedies: ASYMMETRIC_WEIGHTS,
          };
        }
        for (const tensor of [...node.inputs, ...node.outputs].map(at)) {
          const zero = tensor?.quantization?.zeroPoints[0];
          if (tensor?.dtype !== 'int16' || !zero || !LAYERS.includes(node.op)) continue;
          yield {
            subgraph,
            node,
            tensor,
            text: `int16 activations with the zero point ${zero}: TFLite takes 0 alone`,
            numbers: { zeroPoint: zero },
            refuses: true,
            profiles: TFLITE,
            remedies: [
              remedy('convert anew: EXPERIMENTAL_TFLITE_BUILTINS_ACTIVATIONS_INT16_WEIGHTS_INT8 makes symmetric int16'),
            ],
          };
        }
      }
    }
  },
};

/** A contrib.quantize graph, converted with inference_type = tf.int8. */
const ASYMMETRIC_WEIGHTS = [
  remedy(
    'a graph trained with contrib.quantize has asymmetric weights, and converts to uint8 alone, TensorFlow 1.15',
    'converter.inference_type = tf.uint8',
  ),
  remedy(
    'for int8, quantize the float graph after training, TensorFlow 1.15 and 2',
    'converter.optimizations = [tf.lite.Optimize.DEFAULT]',
    'converter.representative_dataset = representative_dataset',
  ),
];
