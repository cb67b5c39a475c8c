/** CONV_2D, DEPTHWISE_CONV_2D, TRANSPOSE_CONV, FULLY_CONNECTED: sums of products, rescaled for each output channel. */
import type { Node } from '../../../kernels/kernel.ts';
import type { Activation } from '../../../kernels/quantization.ts';
import type * as reference from '../../../kernels/reference/index.ts';
import type { FromScales, Requantization } from '../../../kernels/shared/convolution.ts';
import type { Accumulator } from '../../../kernels/shared/matrix_product.ts';
import type { Tensor } from '../../../kernels/tensor.ts';
import { call, divided, type Expression, floor, minus, name, plus, read, sum, type Term, times } from '../../formula/expression.ts'; // biome-ignore format: one line
import { type Index, indicesOf, step } from '../../formula/formula.ts';
import type { DerivationStep, Rescaling } from '../../formula/rescaling.ts';
import { derive, float64Rescaling, type Quantity, rescaling, scaleOf } from '../derivation.ts';
import { accumulatorRange, type Layout, type Operand } from './accumulator.ts';
import { centered, clampOf, type Explained, formula, type OperatorExplainer, type Quantized, requantized, tapsOf, windowOf } from './operator_explainer.ts'; // biome-ignore format: one line

interface Options {
  padding: string;
  fusedActivationFunction: Activation;
}

/** What the operators of the family have in common. */
interface Parts {
  readonly input: Operand;
  readonly filter: Operand;
  readonly bias: Tensor<'int32' | 'int64'> | undefined;
  readonly output: Tensor<'int8' | 'uint8' | 'int16'>;
  readonly requantization: Pick<Requantization, 'outputOffset' | 'activationMin' | 'activationMax'> & FromScales;
  readonly accumulator: Accumulator;
  readonly layout: Layout;
  /** The sum of products, for the output's value at these indices. */
  readonly sum: Expression;
  readonly indices: readonly Index[];
  readonly rescale: (steps: readonly DerivationStep[]) => Rescaling;
}

function explained(p: Parts, node: Node): Explained {
  const { input, filter, bias, output, requantization, accumulator, layout } = p;
  const { outputOffset, realMultiplier } = requantization;
  const scales = filterScale(filter.tensor, layout.channels);
  const steps = derive(realMultiplier, scaleOf('input', input.tensor.scale), scales, scaleOf('output', output.scale));
  const scaling = p.rescale(steps);
  const range = accumulatorRange(accumulator, input, filter, bias, layout);
  const total = bias ? plus(read('bias', [name('o')]), p.sum) : p.sum;
  const clamp = clampOf(node.options<Options>().fusedActivationFunction, output, requantization);
  const acc = accumulator === 'int32' && range.bound >= 2 ** 31 ? call('int32', total) : total;
  const by = { rescaling: scaling, bound: range.bound, channel: name('o') };
  return {
    expressions: [
      formula(p.indices, [
        step('acc', acc, accumulator === 'int64' ? 'int64' : undefined),
        ...requantized(name('acc'), by, outputOffset, clamp),
      ]),
    ],
    offsets: { input: input.offset, filter: filter.offset, output: outputOffset },
    accumulator: range,
    rescalings: [scaling],
    clamp,
  };
}

/** One scale for all channels, or one for each; a uint8 filter has but one. */
function filterScale({ quantization }: Tensor, channels: number): Quantity {
  const scales = Array.from(quantization?.scales ?? []);
  return scaleOf('filter', ...(scales.length === channels ? scales : scales.slice(0, 1)));
}

/** By an integer multiplier and a shift for each channel. */
function byMultiplier(
  { multipliers, shifts, singleRounding }: Requantization,
  accumulator: Accumulator,
): Parts['rescale'] {
  const prepared = Array.from(multipliers, (multiplier, c) => ({ multiplier, shift: shifts[c]!, singleRounding }));
  return (steps) => rescaling('acc', steps, prepared, 0, accumulator === 'int64');
}

/** The product of an input's and a weight's value, their offsets added. */
function product(
  p: { readonly input: Operand; readonly filter: Operand },
  inputAt: readonly Term[],
  filterAt: readonly Term[],
  inputShape?: readonly number[],
): Expression {
  return times(
    centered(read('input', inputAt, inputShape), p.input.offset),
    centered(read('filter', filterAt), p.filter.offset),
  );
}

const PIXELS = ['b', 'y', 'x', 'o'];

export const CONV_2D: OperatorExplainer<Quantized<typeof reference.CONV_2D>> = {
  explain(p, node) {
    const { groups, groupDepth, filterDepth, outputDepth, accumDepth, requantization } = p;
    const accumulator = p.product.high ? 'int64' : 'int32';
    const window = windowOf(p, node.options<Options>().padding);
    const taps = tapsOf(window);
    const c = filterDepth === 1 ? 0 : name('c');
    const channel = groups === 1 ? c : plus(times(filterDepth, floor(divided(name('o'), groupDepth))), c);
    const ranges = { ...taps.ranges, ...(filterDepth > 1 && { c: filterDepth }) };
    return {
      window,
      ...explained(
        {
          ...p,
          accumulator,
          layout: { channels: outputDepth, depth: accumDepth, channelStride: accumDepth, stride: 1 },
          sum: sum(ranges, product(p, [name('b'), ...taps.input, channel], [name('o'), ...taps.filter, c])),
          indices: indicesOf(PIXELS, p.output.shape),
          rescale: byMultiplier(requantization, accumulator),
        },
        node,
      ),
      notes: groups === 1 ? [] : [`${groups} groups: each output channel sees ${filterDepth} input channels`],
    };
  },
};

export const DEPTHWISE_CONV_2D: OperatorExplainer<Quantized<typeof reference.DEPTHWISE_CONV_2D>> = {
  explain(p, node) {
    const { filterHeight, filterWidth, outputDepth, depthMultiplier, requantization } = p;
    const accumulator = p.high ? 'int64' : 'int32';
    const window = windowOf(p, node.options<Options>().padding);
    const channel = depthMultiplier === 1 ? name('o') : floor(divided(name('o'), depthMultiplier));
    const taps = tapsOf(window);
    const depth = filterHeight * filterWidth;
    return {
      window,
      constants: { depthMultiplier },
      ...explained(
        {
          ...p,
          accumulator,
          layout: { channels: outputDepth, depth, channelStride: 1, stride: outputDepth },
          sum: sum(taps.ranges, product(p, [name('b'), ...taps.input, channel], [0, ...taps.filter, name('o')])),
          indices: indicesOf(PIXELS, p.output.shape),
          rescale: byMultiplier(requantization, accumulator),
        },
        node,
      ),
    };
  },
};

export const TRANSPOSE_CONV: OperatorExplainer<Quantized<typeof reference.TRANSPOSE_CONV>> = {
  explain(p, node) {
    const { filterHeight, filterWidth, inputDepth, outputDepth, strideHeight, strideWidth, requantization } = p;
    const accumulator = p.high ? 'int64' : 'int32';
    // The window is the output's: it moves over the output, as a CONV_2D's over its input.
    const moved = {
      ...p,
      inputHeight: p.outputHeight,
      outputHeight: p.inputHeight,
      inputWidth: p.outputWidth,
      outputWidth: p.inputWidth,
    };
    const window = windowOf(moved, node.options<Options>().padding);
    const along = (out: string, tap: string, padding: number, stride: number) =>
      divided(plus(minus(name(out), name(tap)), padding), stride);
    const rows = along('y', 'ky', p.padTop, strideHeight);
    const columns = along('x', 'kx', p.padLeft, strideWidth);
    const [ky, kx, c] = [name('ky'), name('kx'), name('c')];
    const ranges = { ky: filterHeight, kx: filterWidth, c: inputDepth };
    const depth = filterHeight * filterWidth * inputDepth;
    return {
      window,
      ...explained(
        {
          ...p,
          accumulator,
          layout: { channels: outputDepth, depth, channelStride: depth, stride: 1, groupOf: phaseOf(p) },
          sum: sum(ranges, product(p, [name('b'), rows, columns, c], [name('o'), ky, kx, c])),
          indices: indicesOf(PIXELS, p.output.shape),
          rescale: byMultiplier(requantization, accumulator),
        },
        node,
      ),
      notes: ['taps whose row or column of the input is no whole number, or outside of it, are left out'],
    };
  },
};

/** Which weights of a TRANSPOSE_CONV meet in one sum: those whose taps are whole strides apart. */
function phaseOf({ inputDepth, filterWidth, strideHeight, strideWidth }: Quantized<typeof reference.TRANSPOSE_CONV>) {
  return (k: number) => {
    const tap = Math.floor(k / inputDepth);
    const row = Math.floor(tap / filterWidth) % strideHeight;
    return row * filterWidth + ((tap % filterWidth) % strideWidth);
  };
}

export const FULLY_CONNECTED: OperatorExplainer<Quantized<typeof reference.FULLY_CONNECTED>> = {
  explain(p, node) {
    const { accumDepth, outputDepth, requantization } = p;
    const accumulator = p.product.high ? 'int64' : 'int32';
    const batches = p.output.size / Math.max(outputDepth, 1);
    const d = name('d');
    return explained(
      {
        ...p,
        accumulator,
        layout: { channels: outputDepth, depth: accumDepth, channelStride: accumDepth, stride: 1 },
        sum: sum({ d: accumDepth }, product(p, [name('b'), d], [name('o'), d], [batches, accumDepth])),
        indices: indicesOf(['b', 'o'], [batches, outputDepth]),
        rescale:
          'factors' in requantization
            ? (steps) => float64Rescaling('acc', steps, requantization.factors)
            : byMultiplier(requantization, accumulator),
      },
      node,
    );
  },
};
