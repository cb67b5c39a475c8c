/** CONCATENATION: values go as they are, but for uint8 of another scale, which a table requantizes. */
import { roundHalfAway } from '../../../kernels/quantization.ts';
import type * as reference from '../../../kernels/reference/index.ts';
import { prepareWholeQuantization } from '../../../kernels/shared/same_quantization.ts';
import type { Tensor } from '../../../kernels/tensor.ts';
import { flatIndex, Steps, sum, unflatten } from '../value_trace.ts';
import { sourceInBox } from './movement.ts';
import { indices, type OperatorAccount, plus, type Quantized, typeClamp } from './operator_explainer.ts';

export const CONCATENATION: OperatorAccount<Quantized<typeof reference.CONCATENATION>> = {
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
  trace(_, { node, output, at }, { tables, steps: boxes }) {
    const steps = new Steps();
    for (const [i, box] of boxes.entries()) {
      const source = sourceInBox(box, flatIndex(output.shape, at));
      if (source === undefined) continue;
      const input = node.inputs[i]!;
      const place = unflatten(input.shape, source).join(', ');
      const value = steps.add('source', `input${i}[${place}]`, input.data[source]!);
      const isRescaled = tables.some((table) => table.input === input);
      return {
        taps: [],
        value: isRescaled ? traceRequantized(steps, Number(value), input, output) : value,
        steps: steps.list,
      };
    }
    return undefined;
  },
};

/** In float32, as the table is made. */
function floatRescaling(input: Tensor, output: Tensor) {
  const [from, to] = [prepareWholeQuantization(input), prepareWholeQuantization(output)];
  const ratio = Math.fround(from.scale * Math.fround(1 / to.scale));
  return { ratio, bias: Math.fround(-from.zeroPoint * ratio), to };
}

function requantized(value: string, input: Tensor, output: Tensor): string {
  const { ratio, bias, to } = floatRescaling(input, output);
  return `min(max(${plus(`round(float32(${plus(`float32(${value} * ${ratio})`, bias)}))`, to.zeroPoint)}, 0), 255)`;
}

function traceRequantized(steps: Steps, value: number, input: Tensor, output: Tensor): number {
  const { ratio, bias, to } = floatRescaling(input, output);
  const product = steps.add('product', `float32(${value} * ${ratio})`, Math.fround(value * ratio));
  const real = steps.add('shifted', `float32(${sum(product, bias)})`, Math.fround(product + bias));
  const rounded = roundHalfAway(real);
  const whole = steps.add('rounded', `round(${real})`, Math.abs(rounded) < 2 ** 31 ? rounded : -(2 ** 31));
  return steps.output(whole, to.zeroPoint, typeClamp('uint8'));
}
