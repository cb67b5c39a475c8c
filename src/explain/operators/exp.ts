/** EXP, LOG, GELU, ELU: real functions of one value, from tables made of float32. */
import { lookup16 } from '../../../kernels/fixed_point.ts';
import type * as reference from '../../../kernels/reference/index.ts';
import { Steps } from '../value_trace.ts';
import { operandAt } from './elementwise.ts';
import {
  clamped,
  type OperatorAccount,
  plus,
  plusInBrackets,
  type Quantized,
  tableOf,
  typeClamp,
} from './operator_explainer.ts';

function account(fn: string): OperatorAccount<Quantized<typeof reference.EXP>> {
  return {
    inputs: ['input'],
    explain({ input, output, table }) {
      const offset = 0 - input.zeroPoint;
      const offsets = { input: offset, output: output.zeroPoint };
      if (table instanceof Int16Array || input.dtype === 'int16') {
        return {
          formulas: [
            'i = floor(input / 128)',
            'output = T[i] + floor(((T[i + 1] - T[i]) * (input - 128 * i) + 64) / 128)',
          ],
          offsets,
          notes: [`T has 513 entries of ${fn} over the range of int16, T[0] being in its middle`],
        };
      }
      const rounded = `round(float32(y * ${Math.fround(1 / output.scale)}))`;
      return {
        formulas: [
          'output = table[input]',
          `x = float32(${input.scale} * ${plusInBrackets('input', offset)})`,
          `y = ${fn}(x)`,
          `table[input] = ${clamped(plus(rounded, output.zeroPoint), typeClamp(output.dtype))}`,
        ],
        offsets,
        clamp: typeClamp(output.dtype),
        table: tableOf(input.dtype, output.dtype, table),
        notes: [`${fn} is of float32`],
      };
    },
    trace({ table: entries }, { at }, { input, table }) {
      const steps = new Steps();
      const value = operandAt(steps, 'input', input, at);
      if (entries) {
        const entry = steps.add('table', `table[${value}]`, entries.values[value - entries.first]!);
        return { taps: [], steps: steps.list, value: entry };
      }
      const i = steps.add('i', `floor(${value} / 128)`, value >> 7);
      const lut = table as Int16Array;
      const [base, next] = [lut[256 + i]!, lut[257 + i]!];
      const part = value - 128 * i;
      const formula = `${base} + floor((${next - base} * ${part} + 64) / 128)`;
      return { taps: [], value: steps.add('interpolated', formula, lookup16(lut, value)), steps: steps.list };
    },
  };
}

export const EXP = account('exp');
export const LOG = account('log');
export const GELU = account('gelu');
export const ELU = account('elu');
