/** LOGISTIC and TANH: of 8 bits a table; of int16 one table for both, interpolated. */
import type { Prepared } from '../../../kernels/kernel.ts';
import { logisticInputRadius, quantizeMultiplier } from '../../../kernels/quantization.ts';
import type * as reference from '../../../kernels/reference/index.ts';
import { rescaling, scaleOf, step } from '../derivation.ts';
import type { Account } from '../explanation.ts';
import { clamped, type Explains, plus, plusInBrackets, rescaled, tableOf, typeClamp } from './account.ts';

type Logistic = Prepared<typeof reference.LOGISTIC>;
type Table = Extract<Logistic, { kind: 'table' }>;
type Interpolated = Exclude<Logistic, { kind: 'table' }>;

function account(op: 'LOGISTIC' | 'TANH'): Explains<Logistic> {
  return {
    inputs: ['input'],
    explain(p) {
      if (p.kind !== 'table') return interpolated(p);
      return p.fixedPoint ? fixedPointTable(op, p) : floatTable(op, p);
    },
  };
}

/** Made with the C library's functions of float32. */
function floatTable(op: 'LOGISTIC' | 'TANH', { input, output, table }: Table): Partial<Account> {
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
function fixedPointTable(op: 'LOGISTIC' | 'TANH', { input, output, table }: Table): Partial<Account> {
  const scale = scaleOf('input', input.scale);
  const steps = [step('real', `${scale.name} * 2^27`, 'float64', [scale], (s) => s! * 2 ** 27)];
  const scaling = rescaling('input', steps, 'double rounding', [quantizeMultiplier(steps[0]!.values[0]!)]);
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

export const LOGISTIC = account('LOGISTIC');
export const TANH = account('TANH');
