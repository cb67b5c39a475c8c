/** LOGISTIC and TANH: of 8 bits a table; of int16 one table for both, interpolated. */
import { logisticInputRadius, quantizeMultiplier, SIGMOID_TABLE } from '../../../kernels/quantization.ts';
import type * as reference from '../../../kernels/reference/index.ts';
import { call, condition, divided, type Expression, entry, float32, floor, minus, name, number, plus, power, read, rescale, round, times } from '../../formula/expression.ts'; // biome-ignore format: one line
import { either, step } from '../../formula/formula.ts';
import { step as derivationStep, rescaling, scaleOf } from '../derivation.ts';
import { type Explained, type OperatorExplainer, type Quantized, tableOf, tabulated, typeClamp, valueByValue } from './operator_explainer.ts'; // biome-ignore format: one line

type Logistic = Quantized<typeof reference.LOGISTIC>;
type Op = 'LOGISTIC' | 'TANH';
type Table = Extract<Logistic, { kind: 'table' }>;
type Interpolated = Exclude<Logistic, { kind: 'table' }>;

function explainer(op: Op): OperatorExplainer<Logistic> {
  return {
    explain(p, { singleRounding }) {
      if (p.kind !== 'table') return interpolated(p);
      if (p.fixedPoint) return fixedPointTable(op, p, singleRounding);
      return tabulated((x) => [[op === 'TANH' ? call('tanh', x) : logistic(x)]], p);
    },
  };
}

function logistic(x: Expression): Expression {
  return float32(divided(1, float32(plus(1, call('exp', minus(0, x))))));
}

/** Made in fixed point, for an output scale that is taken for granted. */
function fixedPointTable(op: Op, { input, output, table }: Table, singleRounding: boolean): Explained {
  const scale = scaleOf('input', input.scale);
  const steps = [derivationStep('real', `${scale.name} * 2^27`, 'float64', [scale], (s) => s! * 2 ** 27)];
  const scaling = rescaling('difference', steps, [quantizeMultiplier(steps[0]!.values[0]!, singleRounding)]);
  const offset = 0 - input.zeroPoint;
  const [fn, bits, zeroPoint] = op === 'LOGISTIC' ? ['logisticFixed', 23, -128] : ['tanhFixed', 24, 0];
  const radius = logisticInputRadius(scaling.multipliers[0]!.shift!);
  const difference = name('difference');
  const y = call(String(fn), rescale(difference, 0, 0));
  return {
    expressions: valueByValue(
      step('difference', plus(read('input'), offset)),
      either(
        'output',
        [number(-128), condition(difference, '<=', -radius)],
        [number(127), condition(difference, '>=', radius)],
        [
          call('min', plus(round(divided(y, power(Number(bits)))), Number(zeroPoint)), 127),
          condition(difference, '>', -radius),
          condition(difference, '<', radius),
        ],
      ),
    ),
    constants: { radius },
    offsets: { input: offset, output: Number(zeroPoint) },
    rescalings: [scaling],
    clamp: typeClamp(output.dtype),
    table: tableOf(input.dtype, output.dtype, table),
    notes: [
      `${fn} takes 27 bits of fraction and gives 31, in fixed point`,
      'its 256 values are computed once: a table',
    ],
  };
}

function interpolated({ kind, multiplier, shift }: Interpolated): Explained {
  const isLogistic = kind === 'LOGISTIC';
  const bits = isLogistic ? 9 : 8;
  const [d, i, r] = [name('d'), name('i'), name('r')];
  const magnitude = call('abs', d);
  const scaled = times(read('input'), multiplier);
  const rise = minus(entry('T', plus(i, 1)), entry('T', i));
  const between = times(minus(magnitude, times(i, power(bits))), rise);
  const [half, top] = isLogistic ? [512, 2 ** 25 + 511] : [128 - 2 ** 23, 2 ** 23 + 127];
  const right = power(isLogistic ? 10 : 8);
  return {
    expressions: valueByValue(
      step('d', shift > 0 ? floor(divided(plus(scaled, power(shift - 1)), power(shift))) : scaled),
      step('i', floor(divided(magnitude, power(bits)))),
      either(
        'r',
        [plus(times(entry('T', i), power(bits)), between), condition(i, '<', 255)],
        [isLogistic ? times(32767, power(10)) : times(65535, power(8)), condition(i, '>=', 255)],
      ),
      either(
        'output',
        [floor(divided(plus(r, half), right)), condition(d, '>=', 0)],
        [floor(divided(minus(top, r), right)), condition(d, '<', 0)],
      ),
    ),
    offsets: { input: 0, output: 0 },
    constants: { multiplier, shift },
    tables: { T: { first: 0, values: Array.from(SIGMOID_TABLE) } },
    notes: [
      'd counts in steps of 1 / 12288, of which 512 make an entry of T, the logistic function in 256 entries from 0 on',
    ],
  };
}

export const LOGISTIC = explainer('LOGISTIC');
export const TANH = explainer('TANH');
