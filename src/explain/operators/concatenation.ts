/** CONCATENATION: values go as they are, but for uint8 of another scale, which a table requantizes. */
import type * as reference from '../../../kernels/reference/index.ts';
import { prepareWholeQuantization } from '../../../kernels/shared/same_quantization.ts';
import type { Tensor } from '../../../kernels/tensor.ts';
import { type Condition, call, condition, type Expression, float32, name, named, plus, read, round, times } from '../../formula/expression.ts'; // biome-ignore format: one line
import { either, indicesOf } from '../../formula/formula.ts';
import { dimensionNames, formula, type OperatorExplainer, outputOf, type Quantized, typeClamp } from './operator_explainer.ts'; // biome-ignore format: one line

export const CONCATENATION: OperatorExplainer<Quantized<typeof reference.CONCATENATION>> = {
  explain({ tables }, node) {
    const output = node.outputs[0]!;
    const names = dimensionNames(output.shape.length);
    const { axis } = node.options<{ axis: number }>();
    const dimension = axis < 0 ? axis + names.length : axis;
    const along = name(names[dimension]!);
    let start = 0;
    const cases = node.inputs.flatMap((input, i): [Expression, ...Condition[]][] => {
      const count = input!.shape[dimension] ?? 1;
      if (input!.size === 0) return [];
      const at = names.map((other, d) => (d === dimension ? plus(along, -start) : name(other)));
      const value = read(`input${i}`, at);
      const isRescaled = tables.some((table) => table.input === input);
      const conditions = [
        ...(start > 0 ? [condition(along, '>=', start)] : []),
        ...(start + count < output.shape[dimension]! ? [condition(along, '<', start + count)] : []),
      ];
      start += count;
      return [[isRescaled ? requantized(value, input!, output) : value, ...conditions]];
    });
    return { expressions: [formula(indicesOf(names, output.shape), [either('output', ...cases)])] };
  },
};

/** In float32, as the table is made. */
function requantized(value: Expression, input: Tensor, output: Tensor): Expression {
  const [from, to] = [prepareWholeQuantization(input), prepareWholeQuantization(output)];
  const ratio = Math.fround(from.scale * Math.fround(1 / to.scale));
  const bias = Math.fround(-from.zeroPoint * ratio);
  const product = named('product', float32(times(value, ratio)));
  const shifted = bias === 0 ? product : named('shifted', float32(plus(product, bias)));
  return outputOf(named('rounded', call('x86int32', round(shifted))), to.zeroPoint, typeClamp('uint8'));
}
