/** CONV_2D, DEPTHWISE_CONV_2D, TRANSPOSE_CONV, FULLY_CONNECTED: sums of products, rescaled for each output channel. */
import type { Node, Prepared } from '../../../kernels/kernel.ts';
import type { Activation } from '../../../kernels/quantization.ts';
import type { FromScales, Requantization } from '../../../kernels/reference/convolution.ts';
import type * as reference from '../../../kernels/reference/index.ts';
import type { Accumulator } from '../../../kernels/reference/matrix_product.ts';
import type { Tensor } from '../../../kernels/tensor.ts';
import { derive, float64Rescaling, type Quantity, rescaling, scaleOf } from '../derivation.ts';
import type { Account, Rescaling, Step } from '../explanation.ts';
import { clampOf, type Explains, over, plus, plusInBrackets, requantized, tapsOf, times, windowOf } from './account.ts';
import { accumulatorRange, type Layout, type Operand } from './accumulator.ts';

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
  /** The formula of the sum of products. */
  readonly sum: string;
  /** The place in the output that it is for. */
  readonly at: string;
  readonly rescale: (steps: readonly Step[]) => Rescaling;
}

function account(p: Parts, node: Node): Partial<Account> {
  const { input, filter, bias, output, requantization, accumulator, layout } = p;
  const { outputOffset, realMultiplier } = requantization;
  const scales = filterScale(filter.tensor, layout.channels);
  const steps = derive(realMultiplier, scaleOf('input', input.tensor.scale), scales, scaleOf('output', output.scale));
  const rescaling = p.rescale(steps);
  const range = accumulatorRange(accumulator, input, filter, bias, layout);
  const sum = `${bias ? 'bias[o] + ' : ''}${p.sum}`;
  const clamp = clampOf(node.options<Options>().fusedActivationFunction, output, requantization);
  return {
    formulas: [
      `acc = ${accumulator === 'int32' && range.bound >= 2 ** 31 ? `int32(${sum})` : sum}`,
      ...requantized('acc', rescaling, range.bound, outputOffset, clamp, `output[${p.at}]`),
    ],
    offsets: { input: input.offset, filter: filter.offset, output: outputOffset },
    accumulator: range,
    rescalings: [rescaling],
    clamp,
  };
}

/** One scale for all channels, or one for each; a uint8 filter has but one. */
function filterScale({ quantization }: Tensor, channels: number): Quantity {
  const scales = Array.from(quantization?.scales ?? []);
  return scaleOf('filter', ...(scales.length === channels ? scales : scales.slice(0, 1)));
}

/** By an integer multiplier and a shift for each channel. */
function byMultiplier({ multipliers, shifts }: Requantization, accumulator: Accumulator): Parts['rescale'] {
  const arithmetic = accumulator === 'int64' ? 'reduced multiplier' : 'double rounding';
  const prepared = Array.from(multipliers, (multiplier, c) => ({ multiplier, shift: shifts[c]! }));
  return (steps) => rescaling('acc', steps, arithmetic, prepared);
}

const INPUTS = ['input', 'filter', 'bias'];

export const CONV_2D: Explains<Prepared<typeof reference.CONV_2D>> = {
  inputs: INPUTS,
  explain(p, node) {
    const { groups, groupDepth, filterDepth, outputDepth, accumDepth, requantization } = p;
    const accumulator = p.product.high ? 'int64' : 'int32';
    const window = windowOf(p, node.options<Options>().padding);
    const taps = tapsOf(window);
    const c = filterDepth === 1 ? '0' : 'c';
    const channel = groups === 1 ? c : `${times(filterDepth, `floor(o / ${groupDepth})`)} + ${c}`;
    const input = plusInBrackets(`input[b, ${taps.input}, ${channel}]`, p.input.offset);
    const filter = plusInBrackets(`filter[o, ${taps.filter}, ${c}]`, p.filter.offset);
    const ranges = [...taps.ranges, ...(c === 'c' ? [`c < ${filterDepth}`] : [])];
    const layout = { channels: outputDepth, depth: accumDepth, channelStride: accumDepth, stride: 1 };
    return {
      window,
      ...account(
        {
          ...p,
          accumulator,
          layout,
          sum: over('sum', ranges, `${input} * ${filter}`),
          at: 'b, y, x, o',
          rescale: byMultiplier(requantization, accumulator),
        },
        node,
      ),
      notes: groups === 1 ? [] : [`${groups} groups: each output channel sees ${filterDepth} input channels`],
    };
  },
};

export const DEPTHWISE_CONV_2D: Explains<Prepared<typeof reference.DEPTHWISE_CONV_2D>> = {
  inputs: INPUTS,
  explain(p, node) {
    const { filterHeight, filterWidth, outputDepth, depthMultiplier, requantization } = p;
    const accumulator = p.high ? 'int64' : 'int32';
    const window = windowOf(p, node.options<Options>().padding);
    const channel = depthMultiplier === 1 ? 'o' : `floor(o / ${depthMultiplier})`;
    const taps = tapsOf(window);
    const input = plusInBrackets(`input[b, ${taps.input}, ${channel}]`, p.input.offset);
    const filter = plusInBrackets(`filter[0, ${taps.filter}, o]`, p.filter.offset);
    const depth = filterHeight * filterWidth;
    return {
      window,
      constants: { depthMultiplier },
      ...account(
        {
          ...p,
          accumulator,
          layout: { channels: outputDepth, depth, channelStride: 1, stride: outputDepth },
          sum: over('sum', taps.ranges, `${input} * ${filter}`),
          at: 'b, y, x, o',
          rescale: byMultiplier(requantization, accumulator),
        },
        node,
      ),
    };
  },
};

export const TRANSPOSE_CONV: Explains<Prepared<typeof reference.TRANSPOSE_CONV>> = {
  inputs: ['output shape', 'filter', 'input', 'bias'],
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
    const along = (out: string, tap: string, padding: number, stride: number) => {
      const position = plus(`${out} - ${tap}`, padding);
      return stride === 1 ? position : `(${position}) / ${stride}`;
    };
    const rows = along('y', 'ky', p.padTop, strideHeight);
    const columns = along('x', 'kx', p.padLeft, strideWidth);
    const input = plusInBrackets(`input[b, ${rows}, ${columns}, c]`, p.input.offset);
    const filter = plusInBrackets('filter[o, ky, kx, c]', p.filter.offset);
    const depth = filterHeight * filterWidth * inputDepth;
    return {
      window,
      ...account(
        {
          ...p,
          accumulator,
          layout: {
            channels: outputDepth,
            depth,
            channelStride: depth,
            stride: 1,
            groupOf: (k) => {
              const tap = Math.floor(k / inputDepth);
              const row = Math.floor(tap / filterWidth) % strideHeight;
              return row * filterWidth + ((tap % filterWidth) % strideWidth);
            },
          },
          sum: `sum{ky < ${filterHeight}, kx < ${filterWidth}, c < ${inputDepth}} ${input} * ${filter}`,
          at: 'b, y, x, o',
          rescale: byMultiplier(requantization, accumulator),
        },
        node,
      ),
      notes: ['taps whose row or column of the input is no whole number, or outside of it, are left out'],
    };
  },
};

export const FULLY_CONNECTED: Explains<Prepared<typeof reference.FULLY_CONNECTED>> = {
  inputs: INPUTS,
  explain(p, node) {
    const { accumDepth, outputDepth, requantization } = p;
    const accumulator = p.product.high ? 'int64' : 'int32';
    const input = plusInBrackets('input[b, d]', p.input.offset);
    const filter = plusInBrackets('filter[o, d]', p.filter.offset);
    return account(
      {
        ...p,
        accumulator,
        layout: { channels: outputDepth, depth: accumDepth, channelStride: accumDepth, stride: 1 },
        sum: `sum{d < ${accumDepth}} ${input} * ${filter}`,
        at: 'b, o',
        rescale:
          'factors' in requantization
            ? (steps) => float64Rescaling('acc', steps, requantization.factors)
            : byMultiplier(requantization, accumulator),
      },
      node,
    );
  },
};
