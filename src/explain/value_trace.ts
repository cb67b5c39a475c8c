/** How one value of an output comes about, step by step: what the accounts of operators write, and what they write it with. */
import {
  multiplyByQuantizedMultiplier64,
  multiplyByQuantizedMultiplierSingleRounding,
  roundingDivideByPOT,
  saturatingRoundingDoublingHighMul,
} from '../../kernels/fixed_point.ts';
import type { Node } from '../../kernels/kernel.ts';
import { type QuantizedType, roundHalfAway, typeRange } from '../../kernels/quantization.ts';
import type { Tensor } from '../../kernels/tensor.ts';
import type { Clamp, Rescaling } from './explanation.ts';

/** A value of an output, while the data of the node's tensors is in place. */
export interface Place {
  readonly node: Node;
  readonly output: Tensor;
  /** One index for each dimension of the output. */
  readonly at: readonly number[];
}

export interface ValueTrace {
  /** What a sum or a maximum is made of; empty where there is none. */
  readonly taps: readonly Tap[];
  readonly steps: readonly TraceStep[];
  /** The last step's value: what the kernel writes. */
  readonly value: number | bigint;
}

export interface Tap {
  /** Its place in the input: outside of it where a window hangs over the edge. */
  readonly at: readonly number[];
  /** null outside of the input: there is nothing to add. */
  readonly value: number | bigint | null;
  readonly weightAt?: readonly number[];
  readonly weight?: number;
  /** What it brings to the sum: (value + input offset) * (weight + filter offset), or the value itself. */
  readonly term: number | bigint | null;
}

export interface TraceStep {
  readonly name: string;
  readonly formula: string;
  readonly value: number | bigint;
}

/** Collects steps; each method returns the value that it has come to. */
export class Steps {
  readonly list: TraceStep[] = [];

  add<V extends number | bigint>(name: string, formula: string, value: V): V {
    this.list.push({ name, formula, value });
    return value;
  }

  /** value + offset, if there is one. */
  offset(name: string, value: number, offset: number): number {
    return offset === 0 ? value : this.add(name, sum(value, offset), (value + offset) | 0);
  }

  /** x times the real multiplier of a channel, as the kernel does it. */
  rescale(x: number | bigint, rescaling: Rescaling, channel = 0): number {
    const { arithmetic, multipliers } = rescaling;
    const { real, multiplier, shift, reduced } = multipliers[multipliers.length > 1 ? channel : 0]!;
    this.add('in real numbers', `${x} * ${real}`, Number(x) * real);
    switch (arithmetic) {
      case 'float64': {
        const product = this.add('product', `float64(${x} * ${real})`, Number(x) * real);
        const rounded = roundHalfAway(product);
        const isInt32 = rounded >= -(2 ** 31) && rounded < 2 ** 31;
        return this.add('rounded', `round(${product})`, isInt32 ? rounded : -(2 ** 31));
      }
      case 'reduced multiplier': {
        const wide = BigInt(x);
        const [high, low] = [Number(BigInt.asIntN(32, wide >> 32n)), Number(BigInt.asIntN(32, wide))];
        const scaled = multiplyByQuantizedMultiplier64(high, low, reduced!, shift!);
        this.add('multiply', `${x} * ${reduced}`, exact(wide * BigInt(reduced!)));
        return this.add('right shift', `floor((${x} * ${reduced} + 2^${14 - shift!}) / 2^${15 - shift!})`, scaled);
      }
      case 'single rounding': {
        const scaled = multiplyByQuantizedMultiplierSingleRounding(Number(x), multiplier!, shift!);
        this.add('multiply', `${x} * ${multiplier}`, exact(BigInt(x) * BigInt(multiplier!)));
        return this.add('right shift', `floor((${x} * ${multiplier} + 2^${30 - shift!}) / 2^${31 - shift!})`, scaled);
      }
      case 'double rounding': {
        const left = shift! > 0 ? this.add('left shift', `${x} * 2^${shift}`, Number(x) << shift!) : Number(x);
        return this.#multiplyAndShift(left, multiplier!, Math.min(shift!, 0));
      }
      case 'int16':
        throw new Error('an int16 rescaling is traced by its operator');
    }
  }

  /** The same by a reference that takes the multiplier to be below 1, and shifts to the right whatever the shift's sign. */
  rescaleSmallerThanOne(x: number, rescaling: Rescaling): number {
    const { arithmetic, multipliers } = rescaling;
    const { multiplier, shift } = multipliers[0]!;
    if (arithmetic !== 'double rounding' || shift! <= 0) return this.rescale(x, rescaling);
    const high = this.highMultiply(x, multiplier!);
    return this.add('right shift', `${high} / 2^${32 - shift!}, rounded up`, roundingDivideByPOT(high, -shift! | 0));
  }

  #multiplyAndShift(x: number, multiplier: number, shift: number): number {
    const high = this.highMultiply(x, multiplier);
    if (shift === 0) return high;
    return this.add('right shift', `round(${high} / 2^${-shift})`, roundingDivideByPOT(high, -shift));
  }

  highMultiply(x: number, multiplier: number): number {
    const formula = `floor((${x} * ${multiplier} + 2^30) / 2^31)`;
    return this.add('high multiply', formula, saturatingRoundingDoublingHighMul(x, multiplier));
  }

  /** The output: the zero point added, then clamped. */
  /** A scale below 0 leads out of the output's type: kernels' tables saturate, and memory wraps. */
  output(scaled: number, offset: number, { min, max, dtype }: Clamp, isTable = false): number {
    const value = this.offset('zero point', scaled, offset) + 0; // a rounded -0.3 is -0
    const formula = `min(max(${value}, ${min.value}), ${max.value})`;
    const clamped = this.add('clamp', formula, Math.min(Math.max(value, min.value), max.value));
    const stored = (isTable ? saturated : wrapped)(clamped, typeRange(dtype as QuantizedType));
    return stored === clamped ? clamped : this.add('stored', `${dtype}(${clamped})`, stored);
  }
}

interface Range {
  readonly min: number;
  readonly max: number;
}

function saturated(value: number, { min, max }: Range): number {
  return Math.min(Math.max(value, min), max);
}

function wrapped(value: number, { min, max }: Range): number {
  const count = max - min + 1;
  return value - count * Math.floor((value - min) / count);
}

/** a + b, or a - b. */
export function sum(a: number | bigint, b: number | bigint): string {
  return b < 0 ? `${a} - ${-b}` : `${a} + ${b}`;
}

/** A number where it is one. */
export function exact(value: bigint): number | bigint {
  return Number.isSafeInteger(Number(value)) ? Number(value) : value;
}

// ---- places in tensors

export function flatIndex(shape: readonly number[], at: readonly number[]): number {
  return at.reduce((flat, i, d) => flat * shape[d]! + i, 0);
}

export function unflatten(shape: readonly number[], flat: number): number[] {
  const at = new Array<number>(shape.length);
  for (let d = shape.length - 1; d >= 0; d--) {
    at[d] = flat % shape[d]!;
    flat = Math.floor(flat / shape[d]!);
  }
  return at;
}

/** A tensor's value at a place, which goes by the last dimensions where the tensor is broadcast. */
export function valueAt({ shape, data }: Tensor, at: readonly number[]): number | bigint {
  const own = at.slice(at.length - shape.length).map((i, d) => (shape[d] === 1 ? 0 : i));
  return data[flatIndex(shape, own)]!;
}
