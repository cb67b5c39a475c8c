/**
 * From scales to integer multipliers, step by step: the same arithmetic as the functions of kernels/quantization.ts that
 * prepare calls, with every intermediate result, and in which precision it is rounded.
 */
import type { DoubleFactor } from '../../kernels/fixed_point.ts';
import {
  convolutionMultiplier,
  doubleFactor,
  legacyConvolutionMultiplier,
  mulMultiplier,
  type QuantizedMultiplier,
  quantizeMultiplier,
  quantizeScale,
  type RealMultiplier,
  reduceMultiplier,
  reluMultiplier,
  softmaxInt16Multiplier,
  softmaxInt16MultiplierTflm,
} from '../../kernels/quantization.ts';
import type { DerivationStep, Multiplier, Rescaling } from '../formula/rescaling.ts';

// ---- steps

/** A number, or one for each output channel, under the name that formulas have for it. */
export interface Quantity {
  readonly name: string;
  readonly values: readonly number[];
}

/** A tensor's scale, or its scales where a kernel tells channels apart. */
export function scaleOf(role: string, ...scales: number[]): Quantity {
  return { name: scales.length > 1 ? `${role}.scale[o]` : `${role}.scale`, values: scales };
}

type Precision = Exclude<DerivationStep['precision'], 'integer'>;

/** One operation on real numbers, for each channel where an operand has one for each. */
export function step(
  name: string,
  formula: string,
  precision: Precision,
  operands: readonly Quantity[],
  compute: (...values: number[]) => number,
): DerivationStep {
  const channels = Math.max(...operands.map(({ values }) => values.length));
  const values = Array.from({ length: channels }, (_, c) => {
    const value = compute(...operands.map((operand) => operand.values[operand.values.length > 1 ? c : 0]!));
    return precision === 'float32' ? Math.fround(value) : value;
  });
  return { name: channels > 1 ? `${name}[o]` : name, formula, precision, values };
}

function times(name: string, a: Quantity, b: Quantity, precision: Precision): DerivationStep {
  return step(name, `${a.name} * ${b.name}`, precision, [a, b], (x, y) => x! * y!);
}

export function over(name: string, a: Quantity, b: Quantity, precision: Precision): DerivationStep {
  return step(name, `${a.name} / ${b.name}`, precision, [a, b], (x, y) => x! / y!);
}

type Derive = (...operands: Quantity[]) => DerivationStep[];

function product(productPrecision: Precision, quotientPrecision: Precision): Derive {
  return (a, b, output) => {
    const first = times('product', a!, b!, productPrecision);
    return [first, over('real', first, output!, quotientPrecision)];
  };
}

function ratio(precision: Precision): Derive {
  return (input, output) => [over('real', input!, output!, precision)];
}

/** Differences to steps of 10 / 65535. */
function softmaxInt16(precision: Precision): Derive {
  return (beta, input) => {
    const first = times('product', beta!, input!, precision);
    return [first, over('real', first, { name: '(10 / 65535)', values: [10 / 65535] }, 'float64')];
  };
}

const DERIVATIONS = new Map<RealMultiplier, Derive>([
  [convolutionMultiplier, product('float64', 'float64')],
  [legacyConvolutionMultiplier, product('float32', 'float64')],
  [mulMultiplier, product('float32', 'float32')],
  [quantizeScale, ratio('float64')],
  [reluMultiplier, ratio('float32')],
  [softmaxInt16Multiplier, softmaxInt16('float32')],
  [softmaxInt16MultiplierTflm, softmaxInt16('float64')],
]);

/** The steps of a function of kernels/quantization.ts, on what it takes. */
export function derive(real: RealMultiplier, ...operands: Quantity[]): DerivationStep[] {
  return known(DERIVATIONS.get(real), 'the function')(...operands);
}

/** addMultipliers: ADD, SUB. */
export function deriveAdd(scale1: number, scale2: number, outputScale: number, leftShift: number) {
  const [input1, input2, output] = [
    scaleOf('input1', scale1),
    scaleOf('input2', scale2),
    scaleOf('output', outputScale),
  ];
  const twice = step('twice', 'twice the larger scale', 'float64', [input1, input2], (a, b) => 2 * Math.max(a!, b!));
  const grid = step('grid', `2^${leftShift} * output.scale`, 'float32', [output], (scale) => 2 ** leftShift * scale!);
  return {
    input1: [twice, over('real', input1, twice, 'float64')],
    input2: [twice, over('real', input2, twice, 'float64')],
    output: [twice, grid, over('real', twice, grid, 'float64')],
  };
}

// ---- multipliers

/** A rescaling by the last step's numbers; `prepared` is what prepare made of them, which must be the same. */
export function rescaling(
  of: string,
  steps: readonly DerivationStep[],
  prepared: readonly QuantizedMultiplier[],
  leftShift = 0,
  isReduced = false,
): Rescaling {
  const { singleRounding } = prepared[0]!;
  const multipliers = steps.at(-1)!.values.map((real, c): Multiplier => {
    const { multiplier, shift } = quantizeMultiplier(real, singleRounding);
    const reduced = isReduced ? reduceMultiplier(multiplier) : null;
    agree((reduced ?? multiplier) === prepared[c]?.multiplier && shift === prepared[c].shift, of);
    return { real, multiplier, shift, hex: hex(multiplier), reduced };
  });
  const arithmetic = isReduced ? 'reduced multiplier' : roundingOf(singleRounding);
  return { of, leftShift, steps, arithmetic, multipliers };
}

export function roundingOf(singleRounding: boolean): 'single rounding' | 'double rounding' {
  return singleRounding ? 'single rounding' : 'double rounding';
}

/** FULLY_CONNECTED, where it requantizes in float64. */
export function float64Rescaling(
  of: string,
  steps: readonly DerivationStep[],
  prepared: readonly DoubleFactor[],
): Rescaling {
  const multipliers = steps.at(-1)!.values.map((real, c): Multiplier => {
    const factor = doubleFactor(real);
    agree(
      Object.entries(factor).every(([key, value]) => prepared[c]?.[key as keyof DoubleFactor] === value),
      of,
    );
    return { real, multiplier: null, shift: null, hex: hexFloat(real), reduced: null };
  });
  return { of, leftShift: 0, steps, arithmetic: 'float64', multipliers };
}

/** What kernels compute with is what is said of it; anything else is a bug of ours. */
export function agree(same: boolean, what: string): void {
  if (!same) throw new Error(`the explanation of ${what} contradicts what prepare made`);
}

function known<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new Error(`${what} that prepare took is not known here`);
  return value;
}

/** An int32 as C writes it: 0x500c4e8e. */
export function hex(integer: number): string {
  return `0x${(integer >>> 0).toString(16).padStart(8, '0')}`;
}

/** A float64 as C writes it, without loss: 0x1.4p-3. */
export function hexFloat(value: number): string {
  const bits = new DataView(new ArrayBuffer(8));
  bits.setFloat64(0, value);
  const exponent = ((bits.getUint32(0) >>> 20) & 0x7ff) - 1023;
  const mantissa = (bits.getBigUint64(0) & 0xfffffffffffffn).toString(16).padStart(13, '0').replace(/0+$/, '');
  return `0x1${mantissa && `.${mantissa}`}p${exponent}`;
}
