/** Ranges of activations that no data made, or that leave much of the type unused. */

import { type DataFlow, isQuantized } from '../inspect/data_flow.ts';
import { groupBy } from '../inspect/group_by.ts';
import { initialRanges, rangedKind } from '../inspect/initial_ranges.ts';
import type { OperatorSpec, TensorSpec } from '../model/model.ts';
import { ACTIVATION_LIMITS, sharesScaleOf, typeLimits } from '../model/operator_facts.ts';
import { LONGER_TRAINING } from './converter.ts';
import { count, few, percent, type Rule, real, remedy } from './rule.ts';

const REAL_RANGES = remedy(
  'let data make the range: convert with a representative_dataset, or train it until it moves, and leave out default_ranges_stats ' +
    '(--default_ranges_min, --default_ranges_max)',
);

export const defaultRange: Rule = {
  id: 'default-range',
  severity: 'warning',
  title: 'a range that trainers start with or converters fall back to',
  why: 'values beyond it are lost, and values that never come near its ends waste its steps; such a file converts without a word',
  *check({ flows }) {
    for (const flow of flows) {
      for (const { tensor, kind, range, scale } of initialRanges(flow)) {
        yield {
          subgraph: flow.subgraph,
          node: flow.writers.get(tensor.index),
          tensor,
          text: `these ${kind} have exactly the range ${range}, in steps of ${real(scale)}`,
          numbers: { scale },
          remedies: [REAL_RANGES],
        };
      }
    }
  },
};

const FEWEST_EQUAL = 3;

export const equalRanges: Rule = {
  id: 'equal-ranges',
  severity: 'warning',
  title: 'several layers whose outputs have one and the same range',
  why:
    'ranges that data made differ in every layer, but where a CONCATENATION or another operator of one scale joins them, and none joins ' +
    'these: this range was given, and fits none of them in particular',
  *check({ flows }) {
    for (const flow of flows) {
      const initial = new Set(initialRanges(flow).map(({ tensor }) => tensor));
      const ranged = flow.subgraph.tensors.filter((tensor) => {
        return !initial.has(tensor) && rangedKind(flow, tensor) === 'activations' && !isOfLimits(tensor, flow);
      });
      const groups = groupBy(ranged, ({ dtype, quantization }) => {
        return `${dtype} ${quantization!.scales[0]} ${quantization!.zeroPoints[0]}`;
      });
      const classes = scaleClasses(flow);
      for (const found of groups.values()) {
        // Of those that must have one scale, the first counts.
        const tensors = [...groupBy(found, ({ index }) => classes[index]).values()].map(([first]) => first!);
        if (tensors.length < FEWEST_EQUAL) continue;
        const { scales, zeroPoints } = tensors[0]!.quantization!;
        const list = few(tensors.map(({ index }) => index));
        yield {
          subgraph: flow.subgraph,
          node: flow.writers.get(tensors[0]!.index),
          tensor: tensors[0],
          text: `the scale ${real(scales[0]!)} and zero point ${zeroPoints[0]} are those of ${tensors.length} outputs: tensors ${list}`,
          numbers: { tensors: tensors.length, scale: scales[0]!, zeroPoint: zeroPoints[0]! },
          remedies: [REAL_RANGES],
        };
      }
    }
  },
};

/**
 * By tensor: a number that it shares with those that must have its scale, as operators between them move, choose or compare values. A
 * converter gives them one range, which holds for all of them.
 */
function scaleClasses({ subgraph: { operators, tensors } }: DataFlow): readonly number[] {
  const classes = tensors.map(({ index }) => index);
  const rootOf = (index: number): number => {
    let root = index;
    while (classes[root] !== root) root = classes[root]!;
    return root;
  };
  for (const { op, isCustom, inputs, outputs } of operators) {
    if (isCustom) continue;
    const passed = sharesScaleOf(op, inputs.length).map((place) => inputs[place]!);
    if (passed.length === 0) continue;
    const [first, ...others] = [...passed, ...outputs].filter((index) => index >= 0).map(rootOf);
    for (const other of others) classes[rootOf(other)] = rootOf(first!);
  }
  return classes.map((_, index) => rootOf(index));
}

/** An activation that has limits on both sides has one range by right. */
function isOfLimits(tensor: TensorSpec, { writers }: DataFlow): boolean {
  return writers.get(tensor.index)?.options.fusedActivationFunction === 'RELU_N1_TO_1';
}

/** Rounding of zero points and of learned ends takes a few steps; what is more was never reached. */
const FEW_STEPS = 8;

export const unusedRange: Rule = {
  id: 'unused-range',
  severity: 'warning',
  title: 'an activation that uses a part of its type alone',
  why:
    'a ReLU is never below 0, so its zero point should be the lowest value of the type: steps below it are never taken, and ' +
    'those that are left are too coarse. It is what an untrained range looks like',
  *check({ flows, quantization }) {
    for (const flow of flows) {
      for (const node of flow.subgraph.operators) {
        const tensor = flow.subgraph.tensors[node.outputs[0] ?? -1];
        const limits = limitsOf(node);
        if (!limits || !tensor || !isQuantized(tensor) || tensor.quantization!.scales.length !== 1) continue;
        const ends = typeLimits(tensor.dtype);
        if (!ends || tensor.dtype === 'int16') continue; // symmetric: half of it is unused by design
        const [scale, zeroPoint] = [tensor.quantization!.scales[0]!, tensor.quantization!.zeroPoints[0]!];
        const [low, high] = limits.map((limit) => zeroPoint + limit / scale) as [number, number];
        const unused = Math.floor(Math.max(low - ends[0], 0) + Math.max(ends[1] - high, 0));
        if (!(unused > FEW_STEPS)) continue;
        yield {
          subgraph: flow.subgraph,
          node,
          tensor,
          text: `zero point ${zeroPoint}: ${unused} of 256 steps (${percent(unused / 256)}) are never taken`,
          numbers: { zeroPoint, unused, scale },
          remedies: [quantization.method === 'quantization-aware training' ? LONGER_TRAINING : REAL_RANGES],
        };
      }
    }
  },
};

function limitsOf({ op, options }: OperatorSpec): readonly [number, number] | undefined {
  if (op === 'SVDF') return undefined; // its kernels do not look at the activation
  return ACTIVATION_LIMITS[op] ?? ACTIVATION_LIMITS[String(options.fusedActivationFunction)];
}

/** Operators that a folded batch normalization leaves alone, with weights before or after it. */
const LAYERS = ['CONV_2D', 'DEPTHWISE_CONV_2D', 'TRANSPOSE_CONV', 'FULLY_CONNECTED'];
const BETWEEN = ['RELU', 'RELU6', 'RELU_N1_TO_1', 'LEAKY_RELU', 'PRELU', 'HARD_SWISH', 'LOGISTIC', 'TANH', 'ELU', 'RESHAPE', 'DEQUANTIZE', 'QUANTIZE']; // biome-ignore format: one line

export const unfoldedBatchNorm: Rule = {
  id: 'unfolded-batch-norm',
  severity: 'warning',
  title: 'batch normalization that was not folded into the layer',
  why: 'a MUL and an ADD by channel at run time, two roundings and two tensors more, where a folded one costs nothing',
  *check({ flows }) {
    for (const flow of flows) {
      const { operators, tensors } = flow.subgraph;
      for (const node of operators) {
        if (node.op !== 'MUL') continue;
        const channels = constantChannels(node, flow);
        const next = flow.readers.get(node.outputs[0]!) ?? [];
        const [add] = next;
        if (channels === undefined || next.length !== 1 || !add || !['ADD', 'SUB'].includes(add.op)) continue;
        if (constantChannels(add, flow) !== channels) continue;
        const layer = layerBefore(node, flow);
        if (!layer) continue;
        const activation = layer.between ?? activationOf(layer, flow);
        const behind = activation ? `behind the ${activation} of ${layer.op} (node ${layer.index})` : `behind ${layer.op} (node ${layer.index})`; // biome-ignore format: one line
        yield {
          subgraph: flow.subgraph,
          node,
          tensor: tensors[node.outputs[0]!],
          text: `MUL (node ${node.index}) and ${add.op} (node ${add.index}) by ${count(channels, 'channel')}, ${behind}`,
          numbers: { channels, extraNodes: 2 },
          remedies: [activation ? BEFORE_ACTIVATION : FUSED],
        };
      }
    }
  },
};

/** What a layer has fused; of a ReLU, toco leaves no more than a range that begins at 0. */
function activationOf({ options, outputs }: OperatorSpec, { subgraph }: DataFlow): string | undefined {
  const fused = String(options.fusedActivationFunction ?? 'NONE');
  if (fused !== 'NONE') return fused;
  const output = subgraph.tensors[outputs[0] ?? -1];
  const lowest = typeLimits(output?.dtype ?? '')?.[0];
  return lowest !== undefined && output?.quantization?.zeroPoints[0] === lowest ? 'ReLU' : undefined;
}

const BEFORE_ACTIVATION = remedy(
  'put batch normalization between the layer and its activation, where converters fold it into the weights; with contrib.quantize, ' +
    'fix the learning phase before the model is built, else the ranges are lost (tf.keras.backend.set_learning_phase)',
  'layers.Conv2D(filters, size, use_bias=False), layers.BatchNormalization(), layers.ReLU()',
);
const FUSED = remedy(
  'the converter folds it where it is in inference mode, right behind the layer, and nothing else reads the layer: build with ' +
    'training=False, and leave BatchNormalization fused (the default)',
);

/** How many channels an ADD or MUL has a constant for, where it has one: a list along the last dimension. */
function constantChannels({ inputs }: OperatorSpec, { subgraph: { tensors } }: DataFlow): number | undefined {
  const [constant] = inputs.map((i) => tensors[i]).filter((tensor) => tensor?.constant);
  const size = constant?.shape.reduce((product, dim) => product * dim, 1);
  return constant && size === constant.shape.at(-1) && size! > 1 ? size : undefined;
}

/** The layer whose output reaches the node, with the activation that lies between. */
function layerBefore(node: OperatorSpec, { subgraph: { tensors }, writers }: DataFlow) {
  let between: string | undefined;
  for (let at: OperatorSpec | undefined = node; ; ) {
    const from: number | undefined = at.inputs.find((i) => i >= 0 && !tensors[i]!.constant);
    at = from === undefined ? undefined : writers.get(from);
    if (!at) return undefined;
    if (LAYERS.includes(at.op)) return { ...at, between };
    if (!BETWEEN.includes(at.op)) return undefined;
    if (!['RESHAPE', 'DEQUANTIZE', 'QUANTIZE'].includes(at.op)) between = at.op;
  }
}
