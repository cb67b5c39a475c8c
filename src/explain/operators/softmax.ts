/**
 * SOFTMAX: differences to the greatest value, rescaled; their exponentials; each divided by the sum of all. LOG_SOFTMAX: the
 * differences less the logarithm of that sum.
 */
import {
  logSoftmaxReverseMultiplier,
  type QuantizedMultiplier,
  softmaxInputRadius,
  softmaxMultiplier,
} from '../../../kernels/quantization.ts';
import type * as reference from '../../../kernels/reference/index.ts';
import { apply, call, clamp, condition, divided, type Expression, floor, minus, name, named, number, over, plus, power, read, rescale, round, sum, type Term, times } from '../../formula/expression.ts'; // biome-ignore format: one line
import { either, family, indicesOf, type Step, step } from '../../formula/formula.ts';
import type { Rescaling } from '../../formula/rescaling.ts';
import { step as derivationStep, derive, type Quantity, rescaling, scaleOf } from '../derivation.ts';
import { type Explained, formula, interpolated, type OperatorExplainer, outputOf, type Quantized, typeClamp } from './operator_explainer.ts'; // biome-ignore format: one line

type Softmax = Quantized<typeof reference.SOFTMAX>;
type LogSoftmax = Quantized<typeof reference.LOG_SOFTMAX>;
type Softmax8 = Extract<Softmax, { kind: 'int8' }>;
type Softmax16 = Extract<Softmax, { kind: 'int16' }>;

export const SOFTMAX: OperatorExplainer<Softmax> = {
  explain: (p) => (p.kind === 'int8' ? fixedPoint(p) : byTables(p)),
};

function betaOf(beta: number): Quantity {
  return { name: 'beta', values: [beta] };
}

/** What is along the last dimension of the input. */
type Rows = Pick<Softmax, 'depth'> & { readonly input: { readonly size: number } };

/** The input's value of a row, as [rows, depth]. */
function rowValue(p: Rows, column: Term): Expression {
  return read('input', [name('b'), column], [p.input.size / p.depth, p.depth]);
}

/** How far each value of the row is below the greatest. */
function differences(p: Rows): Step[] {
  return [
    step('maximum', over('max', { j: p.depth }, rowValue(p, name('j')))),
    family('difference', ['k'], [minus(rowValue(p, name('k')), name('maximum'))]),
  ];
}

const rows = (p: Rows) => indicesOf(['b', 'i'], [p.input.size / p.depth, p.depth]);

function fixedPoint(p: Softmax8): Explained {
  const { input, output, depth, shift, outputBits, min } = p;
  const scaling = toFixedPoint(p.beta, input.scale, p);
  const diffMin = 0 - softmaxInputRadius(shift);
  const clampOfType = typeClamp(output.dtype);
  const [total, z, e] = [name('total'), name('z'), apply('e', name('i'))];
  const exponent = minus(43 - outputBits, z);
  const high = floor(divided(plus(times(name('reciprocal'), e), power(30)), power(31)));
  return {
    expressions: [
      formula(rows(p), [
        ...differences(p),
        ...exponentials(depth, diffMin),
        step('z', call('leadingZeros', total)),
        step('reciprocal', call('reciprocalFixed', total)),
        either(
          'output',
          [
            outputOf(
              named('right shift', round(divided(named('high multiply', high), power(exponent)))),
              min,
              clampOfType,
            ),
            condition(exponent, '<=', 31),
          ],
          [number(min), condition(exponent, '>', 31)],
        ),
      ]),
    ],
    offsets: { output: min },
    rescalings: [scaling],
    clamp: clampOfType,
    constants: { diffMin },
    notes: [
      'expFixed takes 26 bits of fraction and gives 31; reciprocalFixed(total) is 2^62 / (total * 2^z): both in fixed point',
      'along the last dimension; the zero point of the input cancels out',
    ],
  };
}

/** Differences times the input's scale and beta, with 26 bits of fraction. */
function toFixedPoint(beta: number, scale: number, prepared: QuantizedMultiplier): Rescaling {
  const { singleRounding } = prepared;
  const operands = [betaOf(beta), scaleOf('input', scale)];
  const formulaOfReal = `min(beta * input.scale * 2^26, 2^${singleRounding ? 30 : 31} - 1)`;
  const real = (b?: number, s?: number) => softmaxMultiplier(b!, s!, singleRounding);
  return rescaling('difference', [derivationStep('real', formulaOfReal, 'float64', operands, real)], [prepared]);
}

/** Of the differences that are not too far below the greatest value, and their sum, with 19 bits of fraction. */
function exponentials(depth: number, diffMin: number): Step[] {
  const difference = apply('difference', name('k'));
  return [
    family(
      'e',
      ['k'],
      [call('expFixed', rescale(difference, 0, 0)), condition(difference, '>=', diffMin)],
      [number(0), condition(difference, '<', diffMin)],
    ),
    step('total', saturated(sum({ j: depth }, round(divided(apply('e', name('j')), power(12)))), depth, 19)),
  ];
}

export const LOG_SOFTMAX: OperatorExplainer<LogSoftmax> = {
  explain(p) {
    const { input, depth, scale, reverse, outputMin, outputMax } = p;
    const toFixed = toFixedPoint(1, input.scale, scale);
    const quantities = [
      { name: 'multiplier', values: [scale.multiplier] },
      { name: 'shift', values: [scale.shift] },
    ];
    const real = (multiplier?: number, shift?: number) =>
      logSoftmaxReverseMultiplier({ ...scale, multiplier: multiplier!, shift: shift! });
    const fromFixed = rescaling(
      'logTotal',
      [derivationStep('real', '2^(31 - shift) / multiplier', 'float64', quantities, real)],
      [reverse],
    );
    const clampOfType = typeClamp(p.output.dtype);
    const [logTotal, difference] = [name('logTotal'), apply('difference', name('i'))];
    const inFixed = call('int32', minus(named('scaled', rescale(difference, 0, 0)), logTotal));
    const value = outputOf(named('right shift', round(divided(inFixed, power(22)))), outputMax, clampOfType);
    return {
      expressions: [
        formula(rows(p), [
          ...differences(p),
          ...exponentials(depth, 0 - softmaxInputRadius(scale.shift)),
          step('logTotal', call('logFixed', name('total'))),
          step('least', call('max', rescale(minus(logTotal, 2 ** 31), 1, 2 ** 31), p.diffMin - 1)),
          either(
            'output',
            [value, condition(difference, '>', name('least'))],
            [number(outputMin), condition(difference, '<=', name('least'))],
          ),
        ]),
      ],
      offsets: { output: outputMax },
      rescalings: [toFixed, fromFixed],
      clamp: clampOfType,
      constants: { diffMin: p.diffMin },
      notes: [
        'expFixed takes 26 bits of fraction and gives 31; logFixed takes 19 and gives 26: both in fixed point',
        'along the last dimension; the zero point of the input cancels out',
      ],
    };
  },
};

function byTables(p: Softmax16): Explained {
  const { input, depth } = p;
  const derivation = derive(p.realMultiplier, betaOf(p.beta), scaleOf('input', input.scale));
  const scaling = rescaling('difference', derivation, [p]);
  const [total, z, e] = [name('total'), name('z'), apply('e', name('i'))];
  const scaled = rescale(apply('difference', name('k')), 0, 0);
  const normalized = floor(divided(plus(times(total, power(minus(z, 1))), power(13)), power(14)));
  const shifted = floor(divided(plus(times(e, name('reciprocal')), power(minus(30, z))), power(minus(31, z))));
  return {
    expressions: [
      formula(rows(p), [
        ...differences(p),
        family('entry', ['k'], [clamp(plus(scaled, 32767), -32768, 32767)]),
        family('e', ['k'], [interpolated('expTable', apply('entry', name('k')))]),
        step('total', saturated(sum({ j: depth }, apply('e', name('j'))), depth, 15)),
        step('z', call('leadingZeros', total)),
        step('place', call('min', minus(named('normalized', normalized), 98304), 32767)),
        step('reciprocal', interpolated('reciprocalTable', name('place'))),
        step('output', clamp(named('right shift', shifted), 0, 32767)),
      ]),
    ],
    offsets: { input: 0, output: 0 },
    rescalings: [scaling],
    tables: {
      expTable: { first: -256, values: Array.from(p.expLut) },
      reciprocalTable: { first: -256, values: Array.from(p.reciprocalLut) },
    },
    notes: ['both tables have 513 entries over the range of int16, and are interpolated', 'along the last dimension'],
  };
}

/** The sum of so many numbers of so many bits, none below 0: it saturates in int32. */
function saturated(total: Expression, count: number, bits: number): Expression {
  return count * 2 ** bits >= 2 ** 31 ? call('min', total, 2 ** 31 - 1) : total;
}
