/** RESIZE_BILINEAR of integers: four pixels mixed, by weights of 10 bits. */
import type * as reference from '../../../kernels/reference/index.ts';
import {
  call,
  divided,
  type Expression,
  floor,
  minus,
  name,
  plus,
  power,
  read,
  round,
  times,
} from '../../formula/expression.ts';
import { indicesOf, type Step, step } from '../../formula/formula.ts';
import { formula, type OperatorExplainer, type Quantized } from './operator_explainer.ts';

type Bilinear = Quantized<typeof reference.RESIZE_BILINEAR>;

/** Along one dimension: the position in 1/1024, the pixel before, the one after, and the weight of the latter. */
function along(out: string, size: number, { scale, offset }: { scale: number; offset: number }): Step[] {
  const position = plus(times(name(out), scale), offset);
  const at = name(`${out}Position`);
  return [
    step(`${out}Position`, offset < 0 ? call('max', position, 0) : position),
    step(`${out}0`, call('min', floor(divided(at, power(10))), size - 1)),
    step(`${out}1`, call('min', plus(name(`${out}0`), 1), size - 1)),
    step(`${out}Weight`, minus(at, times(power(10), floor(divided(at, power(10)))))),
  ];
}

/** Two values, the second by a weight of so many 1024ths. */
function mixed(a: Expression, b: Expression, weight: Expression): Expression {
  return plus(times(a, minus(power(10), weight)), times(b, weight));
}

export const RESIZE_BILINEAR: OperatorExplainer<Bilinear> = {
  explain: (p, { singleRounding, outputs }) => {
    const pixel = (y: string, x: string) => read('input', [name('b'), name(y), name(x), name('c')]);
    const row = (y: string) => mixed(pixel(y, 'x0'), pixel(y, 'x1'), name('xWeight'));
    const total = mixed(name('upper'), name('lower'), name('yWeight'));
    return {
      expressions: [
        formula(indicesOf(['b', 'y', 'x', 'c'], outputs[0]!.shape), [
          ...along('y', p.inputHeight, p.rows),
          ...along('x', p.inputWidth, p.columns),
          step('upper', row('y0')),
          step('lower', row('y1')),
          step(
            'output',
            singleRounding ? floor(divided(plus(total, power(19)), power(20))) : round(divided(total, power(20))),
          ),
        ]),
      ],
      notes: ['positions and weights are in steps of 1/1024'],
    };
  },
};
