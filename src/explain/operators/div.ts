/** DIV, by a reciprocal in fixed point where it is quantized; FLOOR_DIV and FLOOR_MOD of plain integers. */
import type { Prepared } from '../../../kernels/kernel.ts';
import { type Activation, divMultiplier, type QuantizedType } from '../../../kernels/quantization.ts';
import type * as reference from '../../../kernels/reference/index.ts';
import type { Tensor } from '../../../kernels/tensor.ts';
import { call, condition, divided, type Expression, floor, minus, name, named, number, plus, power, read, round, times } from '../../formula/expression.ts'; // biome-ignore format: one line
import { either, step } from '../../formula/formula.ts';
import { step as derivationStep, rescaling, scaleOf } from '../derivation.ts';
import { unscaled } from './elementwise.ts';
import { clampOf, type Explained, type OperatorExplainer,outputOf, 
  type Quantized, repeated, valueByValue } from './operator_explainer.ts'; // biome-ignore format: one line

type Div = Prepared<typeof reference.DIV>;
type Requantized = Extract<Div, { kind: 'quantized' }>;

const quotient = () => divided(read('input1'), read('input2'));

export const DIV: OperatorExplainer<Div> = {
  ofFloat: true,
  explain(p, node) {
    const { fusedActivationFunction: activation } = node.options<{ fusedActivationFunction: Activation }>();
    if (p.kind === 'float') return unscaled(quotient(), p, activation);
    if (p.kind === 'int') {
      const { activationMin: min, activationMax: max } = p;
      const cut = call('min', call('truncate', quotient()), 2 ** 31 - 1);
      const output = activation === 'NONE' ? cut : call('min', call('max', cut, min), max);
      return { expressions: valueByValue(step('output', output)), notes: repeated(p) };
    }
    return quantized(p, activation, node.singleRounding);
  },
};

function quantized(p: Requantized, activation: Activation, singleRounding: boolean): Explained {
  const output = p.output as Tensor<QuantizedType>;
  const clamp = clampOf(activation, output, p);
  const scales = [
    scaleOf('input1', p.input1.scale),
    scaleOf('input2', p.input2.scale),
    scaleOf('output', output.scale),
  ];
  const real = 'input1.scale / float32(input2.scale * output.scale)';
  const steps = [derivationStep('real', real, 'float32', scales, (a, b, c) => divMultiplier(a!, b!, c!))];
  const scaling = rescaling('quotient', steps, [p]);
  const { multiplier, shift } = scaling.multipliers[0]!;
  const [divisor, dividend, size, headroom, bits] = ['divisor', 'dividend', 'size', 'headroom', 'bits'].map(name) as [Expression, Expression, Expression, Expression, Expression]; // biome-ignore format: one line
  const zeros = (x: Expression) => minus(call('leadingZeros', x), 1);
  /** x * m * 2^s, s being computed. */
  const multiplied = (x: Expression, m: Expression, left: Expression) =>
    floor(divided(plus(times(x, m), power(minus(30, left))), power(minus(31, left))));
  const high = (x: Expression, m: Expression) => floor(divided(plus(times(x, m), power(30)), power(31)));
  const unscaledQuotient = singleRounding
    ? multiplied(dividend, name('reciprocal'), headroom)
    : high(times(dividend, power(headroom)), name('reciprocal'));
  const [right, total, n] = [minus(bits, shift!), name('total'), name('n')];
  const highOfQuotient = named('high multiply', high(name('quotient'), number(multiplier!)));
  // The reference takes the shift to be to the right, by 31 bits at most: of more than 31 it counts what is above 32, and rounds
  // up; rounding once, it counts mod 64.
  const scaled = singleRounding
    ? [
        step('product', times(name('quotient'), number(multiplier!))),
        step('total', plus(bits, 31 - shift!)),
        either('n', [total, condition(total, '<', 64)], [minus(total, 64), condition(total, '>=', 64)]),
        either(
          'scaled',
          [call('int32', name('product')), condition(n, '=', 0)],
          [call('int32', floor(divided(plus(name('product'), power(minus(n, 1))), power(n)))), condition(n, '>', 0)],
        ),
      ]
    : [
        step('high', highOfQuotient),
        either(
          'scaled',
          [round(divided(name('high'), power(right))), condition(right, '<', 32)],
          [plus(floor(divided(name('high'), power(minus(right, 32)))), 1), condition(name('high'), '>=', 0)],
          [floor(divided(name('high'), power(minus(right, 32)))), condition(name('high'), '<', 0)],
        ),
      ];
  return {
    expressions: valueByValue(
      step('a', plus(read('input1'), p.input1Offset)),
      step('divisor', plus(read('input2'), p.input2Offset)),
      step('size', call('abs', divisor)),
      either('dividend', [name('a'), condition(divisor, '>', 0)], [minus(0, name('a')), condition(divisor, '<', 0)]),
      either(
        'headroom',
        [zeros(dividend), condition(dividend, '>=', 0)],
        [zeros(minus(minus(0, dividend), 1)), condition(dividend, '<', 0)],
      ),
      step('reciprocal', call('reciprocalFixed', size)),
      step('quotient', unscaledQuotient),
      step('bits', plus(minus(31, call('leadingZeros', size)), headroom)),
      ...scaled,
      step('output', outputOf(name('scaled'), p.outputOffset, clamp)),
    ),
    offsets: { input1: p.input1Offset, input2: p.input2Offset, output: p.outputOffset },
    rescalings: [scaling],
    clamp,
    notes: ['reciprocalFixed(x) is 2^62 / (x * 2^leadingZeros(x)), in fixed point', 'a divisor of 0 is an error', ...repeated(p)], // biome-ignore format: one line
  };
}

/** floor(a / b), and what is left, in the output's type. */
export const FLOOR_DIV: OperatorExplainer<Quantized<typeof reference.FLOOR_DIV>> = {
  explain: (p) => ({
    expressions: valueByValue(step('output', call(p.output.dtype, floor(quotient())))),
    notes: ['a divisor of 0 is an error', ...repeated(p)],
  }),
};

export const FLOOR_MOD: OperatorExplainer<Quantized<typeof reference.FLOOR_MOD>> = {
  explain: (p) => ({
    expressions: valueByValue(step('output', minus(read('input1'), times(floor(quotient()), read('input2'))))),
    notes: ['a divisor of 0 is an error', ...repeated(p)],
  }),
};
