/** Defects and oddities of upstream that the model meets. kernels/README.md lists them all; each here was seen to happen. */

import { PROFILES, type Profile } from '../../kernels/kernel.ts';
import { type DataFlow, isQuantized } from '../inspect/data_flow.ts';
import type { OperatorSpec, TensorSpec } from '../model/model.ts';
import { count, type Found, MICRO, type Remedy, type Rule, remedy, type Severity, TFLITE } from './rule.ts';

interface Defect {
  readonly profiles: readonly Profile[];
  readonly ops: readonly string[];
  /** What else must hold for the node to meet it. */
  readonly when: (node: OperatorSpec, inputs: readonly (TensorSpec | undefined)[], output: TensorSpec) => boolean;
  readonly text: string;
  readonly remedy: string;
  readonly severity?: Severity;
  readonly refuses?: true;
}

const typeOf = (dtype: string) => (_: OperatorSpec, inputs: readonly (TensorSpec | undefined)[]) =>
  inputs[0]?.dtype === dtype;
const differ = (a: TensorSpec | undefined, b: TensorSpec | undefined) =>
  a?.quantization?.scales[0] !== b?.quantization?.scales[0] ||
  a?.quantization?.zeroPoints[0] !== b?.quantization?.zeroPoints[0];

const DEFECTS: readonly Defect[] = [
  {
    ops: ['SUM'],
    profiles: TFLITE,
    when: typeOf('int8'),
    text: "TFLite's reference kernel reads int8 as uint8 (-1 counts as 255), and answers accordingly",
    remedy: "take TFLite's optimized kernel or TensorFlow Lite Micro, which add up right, or MEAN and a scale",
  },
  {
    ops: ['SUM'],
    profiles: TFLITE,
    when: typeOf('int16'),
    text: "TFLite's reference kernel reads int16 as bytes, and leaves half of the output unwritten",
    remedy: "take TFLite's optimized kernel of TensorFlow 2.20 or newer, or MEAN and a scale",
  },
  {
    ops: ['LESS', 'LESS_EQUAL', 'GREATER', 'GREATER_EQUAL'],
    profiles: TFLITE,
    when: (_, [a, b]) => a?.dtype === 'int16' && differ(a, b),
    text: 'TFLite compares the stored int16 values, though the scales differ: the answer is not that of the real values',
    remedy: 'bring both inputs to one scale with a QUANTIZE in front, or compare in int8',
  },
  {
    ops: ['EQUAL', 'NOT_EQUAL'],
    profiles: ['tflite-2.19'],
    when: (_, [a, b]) => a?.dtype === 'int16' && differ(a, b),
    text: 'TensorFlow 2.19 compares the stored int16 values, though the scales differ',
    remedy: 'take a newer runtime, or one scale for both inputs',
  },
  {
    ops: ['NEG'],
    profiles: TFLITE,
    when: (_, [input], output) =>
      input !== undefined &&
      isQuantized(input) &&
      (differ(input, output) || (input.quantization?.zeroPoints[0] ?? 0) !== 0),
    text: 'TFLite negates what is stored: it heeds neither zero points nor scales',
    remedy: 'multiply by -1 (MUL), which rescales',
  },
  {
    ops: ['SVDF'],
    profiles: TFLITE,
    refuses: true, // requant does
    when: (_, inputs) => inputs[4]?.dtype === 'int8' || inputs[2]?.dtype === 'int8',
    severity: 'error',
    text: 'its state or its time weights are int8: TFLite takes them for int16, and reads and writes beyond them',
    remedy: 'run it on TensorFlow Lite Micro, which has int8 states, or convert the state to int16',
  },
  {
    ops: ['CONV_2D', 'FULLY_CONNECTED', 'TRANSPOSE_CONV'],
    profiles: TFLITE,
    when: ({ op, options }, inputs) => {
      const [activation, bias] = op === 'TRANSPOSE_CONV' ? [inputs[2], inputs[3]] : [inputs[0], inputs[2]];
      return activation?.dtype === 'int16' && bias?.dtype === 'int32' && options.quantizedBiasType !== 'INT32';
    },
    severity: 'error',
    text: 'its bias is int32, and the option quantizedBiasType does not say so: TFLite reads pairs of int32 as int64, beyond the end',
    remedy:
      'convert with _experimental_full_integer_quantization_bias_type = tf.int32, which writes the option, or with int64 biases',
  },
  {
    ops: ['CONCATENATION'],
    profiles: PROFILES,
    when: (_, inputs, output) => output.dtype === 'int8' && inputs.some((input) => input && differ(input, output)),
    severity: 'error',
    refuses: true,
    text: 'its inputs have other scales or zero points than its output: int8 is copied, never rescaled; TFLite and TensorFlow Lite Micro refuse it',
    remedy: 'put a QUANTIZE before each input, as converters do',
  },
  {
    ops: ['LOGISTIC'],
    profiles: TFLITE,
    when: (_, [input], output) =>
      input !== undefined && ['int8', 'uint8'].includes(output.dtype) && output.quantization?.scales[0] !== 1 / 256,
    severity: 'error',
    refuses: true,
    text: 'its output scale is not 1/256: TFLite refuses it; TensorFlow Lite Micro answers in steps of 1/256 all the same',
    remedy: 'convert anew; the scale is fixed',
  },
  {
    ops: ['CONV_2D', 'DEPTHWISE_CONV_2D'],
    profiles: ['tflite'],
    when: ({ op, inputs: { length, 2: bias } }, [input]) =>
      isQuantized(input) && (bias === -1 || (op === 'CONV_2D' && length === 2)),
    severity: 'error',
    refuses: true,
    text: 'it has no bias: TFLite refuses the node, and TensorFlow Lite Micro runs it',
    remedy: 'give the layer a bias of zeros, as converters do',
  },
  {
    ops: ['DEPTHWISE_CONV_2D'],
    profiles: ['tflite'],
    when: ({ inputs: { length } }, [input]) => length === 2 && ['int8', 'uint8'].includes(input?.dtype ?? ''),
    severity: 'error',
    text: 'it has no bias: the kernels that ai-edge-litert 2.3.0 takes by default end the process; its reference kernels, and those of TensorFlow Lite Micro, run it',
    remedy: 'give the layer a bias of zeros, as converters do; until then, run it with OpResolverType.BUILTIN_REF',
  },
  {
    ops: ['TFLite_Detection_PostProcess'],
    profiles: PROFILES,
    when: () => true,
    severity: 'note',
    text: 'where it finds fewer boxes than it may, TFLite leaves the other slots of its outputs unwritten: they hold what was there before',
    remedy: 'read as many boxes as the last output counts, and no more',
  },
  {
    ops: ['SPACE_TO_BATCH_ND'],
    profiles: MICRO,
    when: (_, [input, , paddings]) => isQuantized(input) && (paddings?.constant?.some((byte) => byte !== 0) ?? true),
    text: 'TensorFlow Lite Micro pads with a value that it never sets',
    remedy: 'use shapes that need no padding, or a dilated convolution, which converters make of the pair',
  },
  {
    ops: ['GREATER'],
    profiles: MICRO,
    when: typeOf('int16'),
    text: 'TensorFlow Lite Micro compares int16 by multipliers that it never computed',
    remedy: 'compare int8 or int32',
  },
];

export const upstreamDefect: Rule = {
  id: 'upstream-defect',
  severity: 'warning',
  title: 'a node that meets a defect of its runtime',
  why: 'what comes out is not what the operator is said to do',
  *check({ flows }) {
    for (const flow of flows) for (const node of flow.subgraph.operators) yield* defectsOf(flow, node);
  },
};

function* defectsOf({ subgraph }: DataFlow, node: OperatorSpec): Generator<Found> {
  const inputs = node.inputs.map((i) => subgraph.tensors[i]);
  const output = subgraph.tensors[node.outputs[0] ?? -1];
  if (!output) return;
  for (const { ops, when, text, remedy: what, ...found } of DEFECTS) {
    if (!ops.includes(node.op) || !when(node, inputs, output)) continue;
    yield { ...found, subgraph, node, tensor: output, text, remedies: [remedy(what)] };
  }
}

/** Where correct runtimes answer with other bits. */
const DIFFERENCES: readonly {
  readonly ops: readonly string[];
  readonly dtypes: readonly string[];
  readonly text: string;
}[] = [
  {
    ops: ['FULLY_CONNECTED'],
    dtypes: ['int8', 'uint8', 'int16'],
    text: 'TFLite from TensorFlow 2.20 on requantizes it in double; TensorFlow 2.19 and TensorFlow Lite Micro by multiplier and shift',
  },
  {
    ops: ['LOGISTIC', 'TANH'],
    dtypes: ['int8'],
    text: 'TFLite looks it up in a table made in float32; TensorFlow Lite Micro computes in fixed point',
  },
  {
    ops: ['SOFTMAX'],
    dtypes: ['int16'],
    text: 'TFLite makes its tables in double, TensorFlow Lite Micro in float32',
  },
];

const COMPARE: Remedy = remedy(
  'record golden files from the runtime that ships, and verify by its profile',
  'requant verify MODEL --profile tflm',
);

export const runtimesDiffer: Rule = {
  id: 'runtimes-differ',
  severity: 'note',
  title: 'operators in which correct runtimes give different bits',
  why: "a comparison of the two finds single steps of difference, which later layers may make larger, and which are nobody's mistake",
  *check({ flows }) {
    for (const { subgraph } of flows) {
      for (const { ops, dtypes, text } of DIFFERENCES) {
        const met = subgraph.operators.filter(
          ({ op, outputs }) => ops.includes(op) && dtypes.includes(subgraph.tensors[outputs[0] ?? -1]?.dtype ?? ''),
        );
        if (met.length === 0) continue;
        const [node] = met;
        yield {
          subgraph,
          node,
          tensor: subgraph.tensors[node!.outputs[0]!],
          text: `${count(met.length, 'node')} of ${[...new Set(met.map(({ op }) => op))].join(' and ')}: ${text}`,
          numbers: { nodes: met.length },
          remedies: [COMPARE],
        };
      }
    }
  },
};
