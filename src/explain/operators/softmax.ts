/** SOFTMAX: differences to the greatest value, rescaled; their exponentials; each divided by the sum of all. */
import { softmaxInputRadius, softmaxMultiplier } from '../../../kernels/quantization.ts';
import type * as reference from '../../../kernels/reference/index.ts';
import { apply, call, clamp, condition, divided, type Expression, floor, minus, name, named, number, over, plus, power, read, rescale, round, sum, type Term, times } from '../../formula/expression.ts'; // biome-ignore format: one line
import { either, family, indicesOf, type Step, step } from '../../formula/formula.ts';
import { step as derivationStep, derive, type Quantity, rescaling, scaleOf } from '../derivation.ts';
import { type Explained, formula, interpolated, type OperatorExplainer, outputOf, type Quantized, typeClamp } from './operator_explainer.ts'; // biome-ignore format: one line

type Softmax = Quantized<typeof reference.SOFTMAX>;
type Softmax8 = Extract<Softmax, { kind: 'int8' }>;
type Softmax16 = Extract<Softmax, { kind: 'int16' }>;

export const SOFTMAX: OperatorExplainer<Softmax> = {
  explain: (p) => (p.kind === 'int8' ? fixedPoint(p) : byTables(p)),
};

function betaOf(beta: number): Quantity {
  return { name: 'beta', values: [beta] };
}

/** The input's value of a row, as [rows, depth]. */
function rowValue(p: Softmax, column: Term): Expression {
  return read('input', [name('b'), column], [p.input.size / p.depth, p.depth]);
}

/** How far each value of the row is below the greatest. */
function differences(p: Softmax): Step[] {
  return [
    step('maximum', over('max', { j: p.depth }, rowValue(p, name('j')))),
    family('difference', ['k'], [minus(rowValue(p, name('k')), name('maximum'))]),
  ];
}

const rows = (p: Softmax) => indicesOf(['b', 'i'], [p.input.size / p.depth, p.depth]);

function fixedPoint(p: Softmax8): Explained {
  const { input, output, depth, shift, outputBits, min } = p;
  const operands = [betaOf(p.beta), scaleOf('input', input.scale)];
  const formulaOfReal = `min(beta * input.scale * 2^26, 2^${p.singleRounding ? 30 : 31} - 1)`;
  const derivation = [
    derivationStep('real', formulaOfReal, 'float64', operands, (beta, scale) =>
      softmaxMultiplier(beta!, scale!, p.singleRounding),
    ),
  ];
  const scaling = rescaling('difference', derivation, [p]);
  const diffMin = 0 - softmaxInputRadius(shift);
  const clampOfType = typeClamp(output.dtype);
  const difference = apply('difference', name('k'));
  const [total, z, e] = [name('total'), name('z'), apply('e', name('i'))];
  const exponent = minus(43 - outputBits, z);
  const high = floor(divided(plus(times(name('reciprocal'), e), power(30)), power(31)));
  return {
    expressions: [
      formula(rows(p), [
        ...differences(p),
        family(
          'e',
          ['k'],
          [call('expFixed', rescale(difference, 0, 0)), condition(difference, '>=', diffMin)],
          [number(0), condition(difference, '<', diffMin)],
        ),
        step('total', saturated(sum({ j: depth }, round(divided(apply('e', name('j')), power(12)))), depth, 19)),
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
