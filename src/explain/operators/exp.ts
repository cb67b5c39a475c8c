/** EXP, LOG, GELU, ELU: real functions of one value, from tables made of float32. */
import type { Node } from '../../../kernels/kernel.ts';
import { typeRange } from '../../../kernels/quantization.ts';
import type * as reference from '../../../kernels/reference/index.ts';
import type { Tensor } from '../../../kernels/tensor.ts';
import { type Condition, call, condition, type Expression, number, read } from '../../formula/expression.ts';
import { step } from '../../formula/formula.ts';
import { interpolated, type OperatorExplainer, type Quantized, tabulated, valueByValue } from './operator_explainer.ts';

type Exp = Quantized<typeof reference.EXP>;
type Cases = (x: Expression) => readonly [value: Expression, ...when: Condition[]][];

function explainer(fn: string, casesOf: (node: Node, p: Exp) => Cases): OperatorExplainer<Exp> {
  return {
    explain(p, node) {
      const { input, output, table } = p;
      if (table instanceof Int16Array) {
        return {
          expressions: valueByValue(step('output', interpolated('T', read('input')))),
          offsets: { input: 0 - input.zeroPoint, output: output.zeroPoint },
          tables: { T: { first: -256, values: Array.from(table) } },
          notes: [`T has 513 entries of ${fn} over the range of int16, T[0] being in its middle`],
        };
      }
      return tabulated(casesOf(node, p), { input: input as Tensor<'int8' | 'uint8'>, output, table });
    },
  };
}

const always =
  (fn: string): Cases =>
  (x) => [[call(fn, x)]];

/** What has no logarithm gives the output's least value. */
function logCases({ output }: Exp): Cases {
  const { min } = typeRange(output.dtype);
  const least = Math.fround((min - output.zeroPoint) * output.scale);
  return (x) => [
    [call('log', x), condition(x, '>', 0)],
    [number(least), condition(x, '<=', 0)],
  ];
}

export const EXP = explainer('exp', () => always('exp'));
export const LOG = explainer('log', (_, p) => logCases(p));
export const GELU = explainer('gelu', (node) =>
  always(node.options<{ approximate: boolean }>().approximate ? 'geluApproximate' : 'gelu'),
);
export const ELU = explainer('elu', (node) => always(node.isMicro ? 'eluTflm' : 'elu'));
