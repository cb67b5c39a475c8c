/** CONV_2D, DEPTHWISE_CONV_2D, TRANSPOSE_CONV, FULLY_CONNECTED: sums of products, rescaled for each output channel. */
import type { Node } from '../../../kernels/kernel.ts';
import type { Activation } from '../../../kernels/quantization.ts';
import type * as reference from '../../../kernels/reference/index.ts';
import type { FromScales, Requantization } from '../../../kernels/shared/convolution.ts';
import type { Accumulator } from '../../../kernels/shared/matrix_product.ts';
import type { Tensor } from '../../../kernels/tensor.ts';
import { derive, float64Rescaling, type Quantity, rescaling, scaleOf } from '../derivation.ts';
import type { Account, Rescaling, Step, Window } from '../explanation.ts';
import { exact, flatIndex, Steps, sum, type Tap, unflatten, type ValueTrace } from '../value_trace.ts';
import { accumulatorRange, type Layout, type Operand } from './accumulator.ts';
import {
  clampOf,
  type OperatorAccount,
  over,
  plus,
  plusInBrackets,
  type Quantized,
  requantized,
  tapsOf,
  times,
  windowOf,
} from './operator_explainer.ts';

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
function byMultiplier(
  { multipliers, shifts, singleRounding }: Requantization,
  accumulator: Accumulator,
): Parts['rescale'] {
  const prepared = Array.from(multipliers, (multiplier, c) => ({ multiplier, shift: shifts[c]!, singleRounding }));
  return (steps) => rescaling('acc', steps, prepared, 0, accumulator === 'int64');
}

// ---- traces

/** From the products to the output, of channel o. */
function traceSum(account: Account, taps: readonly Tap[], bias: Tensor | undefined, o: number): ValueTrace {
  const steps = new Steps();
  const inside = taps.flatMap(({ term }) => (term === null ? [] : [BigInt(term)]));
  const left = taps.length - inside.length;
  const out = left > 0 ? `, ${left} left out` : '';
  const products = inside.reduce((total, term) => total + term, 0n);
  steps.add('sum of products', `${inside.length} products${out}`, exact(products));
  const added = bias ? BigInt(bias.data[o]!) : 0n;
  const total = account.accumulator!.type === 'int32' ? BigInt.asIntN(32, products + added) : products + added;
  const acc = exact(total);
  if (bias) {
    steps.add('bias', `bias[${o}]`, exact(added));
    steps.add('acc', sum(exact(products), exact(added)), acc);
  }
  const scaled = steps.rescale(acc, account.rescalings[0]!, o);
  const value = steps.output(scaled, account.offsets.output!, account.clamp!);
  return { taps, steps: steps.list, value };
}

/** Makes the taps of a sum: each of a place in the input, and one in the filter. */
function tapMaker({ offsets }: Account, input: Tensor, filter: Tensor) {
  return (at: readonly number[], weightAt: readonly number[]): Tap => {
    const weight = Number(filter.data[flatIndex(filter.shape, weightAt)]);
    const isInside = at.every((i, d) => i >= 0 && i < input.shape[d]!);
    if (!isInside) return { at, value: null, weightAt, weight, term: null };
    const value = Number(input.data[flatIndex(input.shape, at)]);
    return { at, value, weightAt, weight, term: (value + offsets.input!) * (weight + offsets.filter!) };
  };
}

/** Every tap of a window, and the row and the column of the input that it meets. */
function* windowTaps({ filter, stride, dilation, padding }: Window, y: number, x: number) {
  for (let ky = 0; ky < filter[0]; ky++) {
    const row = y * stride[0] + ky * dilation[0] - padding.top;
    for (let kx = 0; kx < filter[1]; kx++) {
      yield { ky, kx, row, column: x * stride[1] + kx * dilation[1] - padding.left };
    }
  }
}

// ---- operators

const INPUTS = ['input', 'filter', 'bias'];

export const CONV_2D: OperatorAccount<Quantized<typeof reference.CONV_2D>> = {
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
  trace(account, { at }, p) {
    const [b, y, x, o] = at as [number, number, number, number];
    const tap = tapMaker(account, p.input.tensor, p.filter.tensor);
    const first = Math.floor(o / p.groupDepth) * p.filterDepth;
    const taps: Tap[] = [];
    for (const { ky, kx, row, column } of windowTaps(account.window!, y, x)) {
      for (let c = 0; c < p.filterDepth; c++) taps.push(tap([b, row, column, first + c], [o, ky, kx, c]));
    }
    return traceSum(account, taps, p.bias, o);
  },
};

export const DEPTHWISE_CONV_2D: OperatorAccount<Quantized<typeof reference.DEPTHWISE_CONV_2D>> = {
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
  trace(account, { at }, p) {
    const [b, y, x, o] = at as [number, number, number, number];
    const tap = tapMaker(account, p.input.tensor, p.filter.tensor);
    const c = Math.floor(o / p.depthMultiplier);
    const taps = Array.from(windowTaps(account.window!, y, x), ({ ky, kx, row, column }) =>
      tap([b, row, column, c], [0, ky, kx, o]),
    );
    return traceSum(account, taps, p.bias, o);
  },
};

export const TRANSPOSE_CONV: OperatorAccount<Quantized<typeof reference.TRANSPOSE_CONV>> = {
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
  trace(account, { at }, p) {
    const [b, y, x, o] = at as [number, number, number, number];
    const tap = tapMaker(account, p.input.tensor, p.filter.tensor);
    const taps: Tap[] = [];
    for (let ky = 0; ky < p.filterHeight; ky++) {
      const row = (y + p.padTop - ky) / p.strideHeight;
      for (let kx = 0; kx < p.filterWidth; kx++) {
        const column = (x + p.padLeft - kx) / p.strideWidth;
        if (!Number.isInteger(row) || !Number.isInteger(column)) continue;
        for (let c = 0; c < p.inputDepth; c++) taps.push(tap([b, row, column, c], [o, ky, kx, c]));
      }
    }
    return traceSum(account, taps, p.bias, o);
  },
};

export const FULLY_CONNECTED: OperatorAccount<Quantized<typeof reference.FULLY_CONNECTED>> = {
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
  trace(account, { output, at }, p) {
    const { tensor } = p.input;
    const o = at.at(-1)!;
    const start = flatIndex(output.shape.slice(0, -1), at.slice(0, -1)) * p.accumDepth; // the input is [batches, depth]
    const tap = tapMaker(account, tensor, p.filter.tensor);
    const taps = Array.from({ length: p.accumDepth }, (_, d) => tap(unflatten(tensor.shape, start + d), [o, d]));
    return traceSum(account, taps, p.bias, o);
  },
};
