/** ADD and SUB: both inputs brought to one scale, added there, and rescaled to the output's. */
import type { Node } from '../../../kernels/kernel.ts';
import type { Activation } from '../../../kernels/quantization.ts';
import type * as reference from '../../../kernels/reference/index.ts';
import { divided, type Expression, minus, name, named, plus, power, read, round } from '../../formula/expression.ts';
import { step } from '../../formula/formula.ts';
import { deriveAdd, rescaling } from '../derivation.ts';
import { shiftedLeft, smallerThanOne } from './common_scale.ts';
import { unscaled } from './elementwise.ts';
import { clamped, clampOf, type Explained, type OfReference, type OperatorExplainer, outputOf, repeated, valueByValue } from './operator_explainer.ts'; // biome-ignore format: one line

type Add = OfReference<typeof reference.ADD>;
type General = Extract<Add, { kind: 'general' }>;
type PowersOfTwo = Extract<Add, { kind: 'powers of two' }>;

function activationOf(node: Node): Activation {
  return node.options<{ fusedActivationFunction: Activation }>().fusedActivationFunction;
}

function general(p: General, node: Node): Explained {
  const { input1, input2, output, scaling1, scaling2, outputOffset } = p;
  const { leftShift } = scaling1;
  const steps = deriveAdd(input1.scale, input2.scale, output.scale, leftShift);
  const rescalings = [
    rescaling('input1', steps.input1, [scaling1], leftShift),
    rescaling('input2', steps.input2, [scaling2], leftShift),
    rescaling('a + b', steps.output, [p]),
  ];
  const clamp = clampOf(activationOf(node), output, p);
  const total = p.sign > 0 ? plus(name('a'), name('b')) : minus(name('a'), name('b'));
  return {
    expressions: valueByValue(
      ...smallerThanOne('a', shiftedLeft('input1', scaling1), 0, rescalings),
      ...smallerThanOne('b', shiftedLeft('input2', scaling2), 1, rescalings),
      ...smallerThanOne('scaled', named(p.sign > 0 ? 'a + b' : 'a - b', total), 2, rescalings),
      step('output', outputOf(name('scaled'), outputOffset, clamp)),
    ),
    offsets: { input1: scaling1.offset, input2: scaling2.offset, output: outputOffset },
    rescalings,
    clamp,
    notes: repeated(p),
  };
}

function powersOfTwo(p: PowersOfTwo, node: Node): Explained {
  const clamp = clampOf(activationOf(node), p.output, p);
  const shifted = (role: string, shift: number): Expression =>
    shift === 0 ? read(role) : named('right shift', round(divided(read(role), power(shift))));
  const [a, b] = [shifted('input1', p.shift1), shifted('input2', p.shift2)];
  return {
    expressions: valueByValue(step('output', clamped(named('sum', p.sign > 0 ? plus(a, b) : minus(a, b)), clamp))),
    clamp,
    notes: ['all scales are powers of two: inputs are shifted, not multiplied', ...repeated(p)],
  };
}

const explainer: OperatorExplainer<Add> = {
  ofFloat: true,
  explain(p, node) {
    switch (p.kind) {
      case 'general':
        return general(p, node);
      case 'powers of two':
        return powersOfTwo(p, node);
      default: {
        const [a, b] = [read('input1'), read('input2')];
        return unscaled(p.sign > 0 ? plus(a, b) : minus(a, b), p, activationOf(node));
      }
    }
  },
};

export const ADD = explainer;
export const SUB = explainer;
