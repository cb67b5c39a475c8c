/** LOGISTIC and TANH: of 8 bits a table; of int16 one table for both, interpolated. */
import { logistic, roundingDivideByPOT, tanh } from '../../../kernels/fixed_point.ts';
import {
  floatFunctions,
  logisticInputRadius,
  quantizeMultiplier,
  roundHalfAway,
  SIGMOID_TABLE,
} from '../../../kernels/quantization.ts';
import type * as reference from '../../../kernels/reference/index.ts';
import { rescaling, scaleOf, step } from '../derivation.ts';
import type { Account } from '../explanation.ts';
import { Steps, sum, type ValueTrace } from '../value_trace.ts';
import { operandAt } from './elementwise.ts';
import {
  clamped,
  type OperatorAccount,
  plus,
  plusInBrackets,
  type Quantized,
  rescaled,
  tableOf,
  typeClamp,
} from './operator_explainer.ts';

type Logistic = Quantized<typeof reference.LOGISTIC>;
type Op = 'LOGISTIC' | 'TANH';
type Table = Extract<Logistic, { kind: 'table' }>;
type Interpolated = Exclude<Logistic, { kind: 'table' }>;

function account(op: Op): OperatorAccount<Logistic> {
  return {
    inputs: ['input'],
    explain(p, { singleRounding }) {
      if (p.kind !== 'table') return interpolated(p);
      return p.fixedPoint ? fixedPointTable(op, p, singleRounding) : floatTable(op, p);
    },
    trace(account, { at }, p) {
      const steps = new Steps();
      const input = operandAt(steps, 'input', p.input, at);
      if (p.kind !== 'table') return traceInterpolated(steps, input, p);
      return p.fixedPoint ? traceFixedPoint(op, steps, input, account) : traceFloat(op, steps, input, p, account);
    },
  };
}

/** Made with the C library's functions of float32. */
function floatTable(op: Op, { input, output, table }: Table): Partial<Account> {
  const clamp = typeClamp(output.dtype);
  const offset = 0 - input.zeroPoint;
  return {
    formulas: [
      'output = table[input]',
      `x = float32(${input.scale} * ${plusInBrackets('input', offset)})`,
      op === 'LOGISTIC' ? 'y = float32(1 / float32(1 + exp(-x)))' : 'y = tanh(x)',
      `table[input] = ${clamped(plus(`round(float32(y * ${Math.fround(1 / output.scale)}))`, output.zeroPoint), clamp)}`,
    ],
    offsets: { input: offset, output: output.zeroPoint },
    clamp,
    table: tableOf(input.dtype, output.dtype, table),
  };
}

/** Made in fixed point, for an output scale that is taken for granted. */
function fixedPointTable(op: Op, { input, output, table }: Table, singleRounding: boolean): Partial<Account> {
  const scale = scaleOf('input', input.scale);
  const steps = [step('real', `${scale.name} * 2^27`, 'float64', [scale], (s) => s! * 2 ** 27)];
  const scaling = rescaling('input', steps, [quantizeMultiplier(steps[0]!.values[0]!, singleRounding)]);
  const offset = 0 - input.zeroPoint;
  const [fn, bits, zeroPoint] = op === 'LOGISTIC' ? ['logistic', 23, -128] : ['tanh', 24, 0];
  const radius = logisticInputRadius(scaling.multipliers[0]!.shift!);
  const difference = plus('input', offset);
  return {
    formulas: [
      'output = table[input]',
      `x = ${rescaled(plusInBrackets('input', offset), scaling, 0)}`,
      `table[input] = min(${plus(`round(${fn}(x) / 2^${bits})`, Number(zeroPoint))}, 127) where abs(${difference}) < ${radius}`,
      `table[input] = -128 where ${difference} < ${1 - radius}`,
      `table[input] = 127 where ${difference} >= ${radius}`,
    ],
    constants: { radius },
    offsets: { input: offset, output: Number(zeroPoint) },
    rescalings: [scaling],
    clamp: typeClamp(output.dtype),
    table: tableOf(input.dtype, output.dtype, table),
    notes: [`x has 27 bits of fraction, ${fn}(x) 31: both in fixed point`],
  };
}

function interpolated({ kind, multiplier, shift }: Interpolated): Partial<Account> {
  const [bits, half, upper] = kind === 'LOGISTIC' ? [9, 9, '2^25 - r + 511'] : [8, 7, '2^23 - r + 127'];
  const lower = kind === 'LOGISTIC' ? 'r + 512' : 'r - 2^23 + 128';
  return {
    formulas: [
      shift > 0 ? `d = floor((input * ${multiplier} + 2^${shift - 1}) / 2^${shift})` : `d = input * ${multiplier}`,
      `i = floor(abs(d) / 2^${bits})`,
      `r = T[i] * 2^${bits} + (abs(d) - i * 2^${bits}) * (T[i + 1] - T[i]) where i < 255`,
      `r = ${kind === 'LOGISTIC' ? '32767 * 2^10' : '65535 * 2^8'} where i >= 255`,
      `output = floor((${lower}) / 2^${half + 1}) where d >= 0`,
      `output = floor((${upper}) / 2^${half + 1}) where d < 0`,
    ],
    offsets: { input: 0, output: 0 },
    constants: { multiplier, shift },
    notes: [
      'd counts in steps of 1 / 12288, of which 512 make an entry of T, the logistic function in 256 entries from 0 on',
    ],
  };
}

// ---- traces

/** How the table's entry was made. */
function traceFloat(op: Op, steps: Steps, value: number, { input, output }: Table, account: Account): ValueTrace {
  const difference = centered(steps, value, 0 - input.zeroPoint);
  const x = steps.add('x', `float32(${input.scale} * ${difference})`, Math.fround(input.scale * difference));
  const fn = floatFunctions[op === 'LOGISTIC' ? 'logistic' : 'tanh'];
  const y = steps.add('y', op === 'LOGISTIC' ? `1 / (1 + exp(${-x}))` : `tanh(${x})`, fn(x));
  const inverse = Math.fround(1 / output.scale);
  const rounded = steps.add('rounded', `round(float32(${y} * ${inverse}))`, roundHalfAway(Math.fround(y * inverse)));
  const { zeroPoint } = output;
  const moved = Math.trunc(Math.fround(rounded + zeroPoint)); // a tiny scale leads out of int32
  if (zeroPoint !== 0) steps.add('zero point', sum(rounded, zeroPoint), moved);
  return { taps: [], value: steps.output(moved, 0, account.clamp!), steps: steps.list };
}

/** Tables are made of real differences, which do not wrap. */
function centered(steps: Steps, value: number, offset: number): number {
  return offset === 0 ? value : steps.add('offset', sum(value, offset), value + offset);
}

function traceFixedPoint(op: Op, steps: Steps, value: number, account: Account): ValueTrace {
  const { offsets, constants, rescalings, clamp } = account;
  const difference = centered(steps, value, offsets.input!);
  const radius = constants.radius!;
  if (Math.abs(difference) >= radius) {
    const end = difference <= -radius ? clamp!.min.value : clamp!.max.value;
    const formula = `${difference} is ${radius} or more away from 0`;
    return { taps: [], value: steps.add('end of the table', formula, end), steps: steps.list };
  }
  const x = steps.rescale(difference, rescalings[0]!);
  const y = steps.add('y', `${op.toLowerCase()}(${x})`, op === 'LOGISTIC' ? logistic(x, 4) : tanh(x, 4));
  const bits = op === 'LOGISTIC' ? 23 : 24;
  const rounded = steps.add('right shift', `round(${y} / 2^${bits})`, roundingDivideByPOT(y, bits));
  return { taps: [], value: steps.output(rounded, offsets.output!, clamp!), steps: steps.list };
}

function traceInterpolated(steps: Steps, input: number, { kind, multiplier, shift }: Interpolated): ValueTrace {
  const isLogistic = kind === 'LOGISTIC';
  const half = shift > 0 ? 2 ** (shift - 1) : 0;
  const d = Math.floor((input * multiplier + half) / 2 ** shift);
  steps.add('d', `floor((${input} * ${multiplier} + ${half}) / 2^${shift})`, d);
  const bits = isLogistic ? 9 : 8;
  const i = steps.add('i', `floor(${Math.abs(d)} / 2^${bits})`, Math.abs(d) >> bits);
  const part = Math.abs(d) - i * 2 ** bits;
  const [base, next] = [SIGMOID_TABLE[Math.min(i, 254)]!, SIGMOID_TABLE[Math.min(i, 254) + 1]!];
  const r =
    i < 255
      ? steps.add('r', `${base} * 2^${bits} + ${part} * (${next} - ${base})`, base * 2 ** bits + part * (next - base))
      : steps.add('r', 'the end of the table', isLogistic ? 32767 * 2 ** 10 : 65535 * 2 ** 8);
  const [above, below] = isLogistic ? [512, 2 ** 25 + 511] : [128 - 2 ** 23, 2 ** 23 + 127];
  const sum = d >= 0 ? r + above : below - r;
  steps.add('sum', d >= 0 ? `${r} + ${above}` : `${below} - ${r}`, sum);
  const value = steps.add('right shift', `floor(${sum} / 2^${isLogistic ? 10 : 8})`, sum >> (isLogistic ? 10 : 8));
  return { taps: [], value, steps: steps.list };
}

export const LOGISTIC = account('LOGISTIC');
export const TANH = account('TANH');
