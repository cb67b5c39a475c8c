/** SOFTMAX: differences to the greatest value, rescaled; their exponentials; each divided by the sum of all. */
import type { Prepared } from '../../../kernels/kernel.ts';
import { softmaxInputRadius } from '../../../kernels/quantization.ts';
import type * as reference from '../../../kernels/reference/index.ts';
import { derive, type Quantity, rescaling, scaleOf, step } from '../derivation.ts';
import type { Account } from '../explanation.ts';
import { type Explains, plus, rescaled, typeClamp } from './account.ts';

type Softmax = Prepared<typeof reference.SOFTMAX>;
type Softmax8 = Extract<Softmax, { kind: 'int8' }>;
type Softmax16 = Extract<Softmax, { kind: 'int16' }>;

export const SOFTMAX: Explains<Softmax> = {
  inputs: ['input'],
  explain: (p) => (p.kind === 'int8' ? fixedPoint(p) : byTables(p)),
};

function betaOf(beta: number): Quantity {
  return { name: 'beta', values: [beta] };
}

function fixedPoint(p: Softmax8): Partial<Account> {
  const { input, output, depth, multiplier, shift, outputBits, min } = p;
  const operands = [betaOf(p.beta), scaleOf('input', input.scale)];
  const steps = [
    step('real', 'min(beta * input.scale * 2^26, 2^31 - 1)', 'float64', operands, (beta, scale) =>
      Math.min(beta! * scale! * 2 ** 26, 2 ** 31 - 1),
    ),
  ];
  const scaling = rescaling('difference', steps, 'double rounding', [{ multiplier, shift }]);
  const radius = softmaxInputRadius(shift);
  return {
    formulas: [
      `difference[i] = input[i] - max{j < ${depth}} input[j]`,
      `e[i] = exp(${rescaled('difference[i]', scaling, 0)})`,
      `total = sum{j < ${depth}} round(e[j] / 2^12)`,
      'z = leadingZeros(total)',
      'reciprocal = 2^62 / (total * 2^z)',
      `output[i] = ${plus(`round(floor((reciprocal * e[i] + 2^30) / 2^31) / 2^(${43 - outputBits} - z))`, min)}`,
    ],
    offsets: { output: min },
    rescalings: [scaling],
    clamp: typeClamp(output.dtype),
    constants: { diffMin: 0 - radius },
    notes: [
      'exp takes 26 bits of fraction and gives 31; it and the reciprocal are computed in fixed point',
      `a difference below ${-radius} counts as nothing`,
      'along the last dimension; the zero point of the input cancels out',
    ],
  };
}

function byTables(p: Softmax16): Partial<Account> {
  const { input, depth, multiplier, shift } = p;
  const steps = derive(p.realMultiplier, betaOf(p.beta), scaleOf('input', input.scale));
  const scaling = rescaling('difference', steps, 'double rounding', [{ multiplier, shift }]);
  return {
    formulas: [
      `difference[i] = input[i] - max{j < ${depth}} input[j]`,
      `e[i] = expTable(min(max(${rescaled('difference[i]', scaling, 0)} + 32767, -32768), 32767))`,
      `total = sum{j < ${depth}} e[j]`,
      'z = leadingZeros(total)',
      'reciprocal = reciprocalTable(min(floor((total * 2^(z - 1) + 2^13) / 2^14) - 98304, 32767))',
      'output[i] = min(max(floor((e[i] * reciprocal + 2^(30 - z)) / 2^(31 - z)), 0), 32767)',
    ],
    offsets: { input: 0, output: 0 },
    rescalings: [scaling],
    notes: ['both tables have 513 entries over the range of int16, and are interpolated', 'along the last dimension'],
  };
}
