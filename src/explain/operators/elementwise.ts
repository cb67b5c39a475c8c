/** What the traces share of operators whose outputs depend on one value of each input. */
import type { ActivationRange64 } from '../../../kernels/quantization.ts';
import type { Tensor } from '../../../kernels/tensor.ts';
import { exact, type Steps, type ValueTrace, valueAt } from '../value_trace.ts';

/** input1[0, 3]: where a tensor is read for a place of the output, which goes by its last dimensions. */
function placeText(role: string, { shape }: Tensor, at: readonly number[]): string {
  return `${role}[${at
    .slice(at.length - shape.length)
    .map((i, d) => (shape[d] === 1 ? 0 : i))
    .join(', ')}]`;
}

/** The value that an input has for a place of the output. */
export function operandAt(steps: Steps, role: string, input: Tensor, at: readonly number[]): number {
  return steps.add(role, placeText(role, input, at), Number(valueAt(input, at)));
}

/** The same as it is: an int64 may be beyond a number. */
export function storedAt(steps: Steps, role: string, input: Tensor, at: readonly number[]): number | bigint {
  return steps.add(role, placeText(role, input, at), valueAt(input, at));
}

/** What prepare makes of operands that have no scales. */
type Unscaled = { readonly input1: Tensor; readonly input2: Tensor; readonly output: Tensor } & (
  | { readonly kind: 'float' | 'int'; readonly activationMin: number; readonly activationMax: number }
  | ({ readonly kind: 'int64' } & ActivationRange64)
);

/** Two numbers as they are, the result rounded to float32, or wrapped, and clamped. */
export function traceUnscaled(p: Unscaled, steps: Steps, at: readonly number[], symbol: '+' | '-' | '*'): ValueTrace {
  const a = storedAt(steps, 'input1', p.input1, at);
  const b = storedAt(steps, 'input2', p.input2, at);
  const formula = `${a} ${symbol} ${b < 0 ? `(${b})` : b}`;
  if (p.kind === 'float') {
    const result = Math.fround(compute(symbol, Number(a), Number(b)));
    steps.add('rounded', `float32(${formula})`, result);
    const value = Math.min(Math.max(result, p.activationMin), p.activationMax);
    return {
      taps: [],
      steps: steps.list,
      value: steps.add('clamp', clampText(result, p.activationMin, p.activationMax), value),
    };
  }
  const bits = { int16: 16, int32: 32, int64: 64 }[p.output.dtype as 'int16'];
  const result = BigInt.asIntN(bits, compute(symbol, BigInt(a), BigInt(b)));
  steps.add('wrapped', `${p.output.dtype}(${formula})`, exact(result));
  const [min, max] =
    'minHigh' in p
      ? [joined(p.minHigh, p.minLow), joined(p.maxHigh, p.maxLow)]
      : [BigInt(p.activationMin), BigInt(p.activationMax)];
  const value = result < min ? min : result > max ? max : result;
  steps.add('clamp', clampText(exact(result), min, max), p.kind === 'int64' ? value : Number(value));
  return { taps: [], steps: steps.list, value: steps.list.at(-1)!.value };
}

function compute<V extends number | bigint>(symbol: '+' | '-' | '*', a: V, b: V): V {
  const [x, y] = [a as number, b as number]; // or both bigint
  return (symbol === '+' ? x + y : symbol === '-' ? x - y : x * y) as V;
}

function clampText(value: number | bigint, min: number | bigint, max: number | bigint): string {
  return `min(max(${value}, ${min}), ${max})`;
}

function joined(high: number, low: number): bigint {
  return (BigInt(high) << 32n) | BigInt(low >>> 0);
}
