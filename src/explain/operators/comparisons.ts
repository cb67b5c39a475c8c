/** EQUAL, LESS and the like: of quantized values, in a common scale. */
import type * as reference from '../../../kernels/reference/index.ts';
import { type Condition, condition, name, number, read } from '../../formula/expression.ts';
import { either } from '../../formula/formula.ts';
import { step as derivationStep, rescaling, scaleOf } from '../derivation.ts';
import { shiftedLeft, smallerThanOne } from './common_scale.ts';
import { type OperatorExplainer, type Quantized, repeated, valueByValue } from './operator_explainer.ts';

type Relation = Condition['relation'];

const OPPOSITE: { readonly [relation in Relation]: Relation } = {
  '<': '>=',
  '<=': '>',
  '>': '<=',
  '>=': '<',
  '=': '!=',
  '!=': '=',
};

function comparison(relation: Relation): OperatorExplainer<Quantized<typeof reference.EQUAL>> {
  return {
    explain(p) {
      const result = (a = read('input1') as Condition['left'], b = read('input2') as Condition['left']) =>
        either('output', [number(1), condition(a, relation, b)], [number(0), condition(a, OPPOSITE[relation], b)]);
      if (!p.scaling) return { expressions: valueByValue(result()), notes: repeated(p) };
      const scalings = p.scaling as [(typeof p.scaling)[0], (typeof p.scaling)[0]];
      const rescalings = scalings.map((scaling, i) => {
        const role = `input${i + 1}`;
        const real = scaleOf(role, [p.input1, p.input2][i]!.scale);
        const steps = [derivationStep('real', real.name, 'float32', [real], (scale) => scale!)];
        return rescaling(role, steps, [scaling], scaling.leftShift);
      });
      return {
        expressions: valueByValue(
          ...smallerThanOne('a', shiftedLeft('input1', scalings[0]), 0, rescalings),
          ...smallerThanOne('b', shiftedLeft('input2', scalings[1]), 1, rescalings),
          result(name('a'), name('b')),
        ),
        offsets: { input1: scalings[0].offset, input2: scalings[1].offset },
        rescalings,
        notes: [
          'both are compared as whole numbers of 1/256: reals that are closer than that may count as equal',
          ...repeated(p),
        ],
      };
    },
  };
}

export const EQUAL = comparison('=');
export const NOT_EQUAL = comparison('!=');
export const LESS = comparison('<');
export const LESS_EQUAL = comparison('<=');
export const GREATER = comparison('>');
export const GREATER_EQUAL = comparison('>=');
