/** CONCATENATION: values go as they are, but for uint8 of another scale, which a table requantizes. */
import type { Prepared } from '../../../kernels/kernel.ts';
import type * as reference from '../../../kernels/reference/index.ts';
import { prepareWholeQuantization } from '../../../kernels/reference/same_quantization.ts';
import type { Tensor } from '../../../kernels/tensor.ts';
import { type Explains, indices, plus } from './account.ts';

export const CONCATENATION: Explains<Prepared<typeof reference.CONCATENATION>> = {
  inputs: [],
  explain({ tables }, node) {
    const { axis } = node.options<{ axis: number }>();
    const output = node.outputs[0]!;
    const rank = output.shape.length;
    const start = new Array<number>(rank).fill(0);
    const dimension = axis < 0 ? axis + rank : axis;
    return {
      formulas: node.inputs.map((input, i) => {
        const value = `input${i}[${indices(rank)}]`;
        const isRescaled = tables.some((table) => table.input === input);
        const formula = `output[${indices(rank, start)}] = ${isRescaled ? requantized(value, input!, output) : value}`;
        start[dimension]! += input!.shape[dimension] ?? 1;
        return formula;
      }),
    };
  },
};

/** In float32, as the table is made. */
function requantized(value: string, input: Tensor, output: Tensor): string {
  const [from, to] = [prepareWholeQuantization(input), prepareWholeQuantization(output)];
  const ratio = Math.fround(from.scale * Math.fround(1 / to.scale));
  const bias = Math.fround(-from.zeroPoint * ratio);
  return `min(max(${plus(`round(float32(${plus(`float32(${value} * ${ratio})`, bias)}))`, to.zeroPoint)}, 0), 255)`;
}
