/**
 * SQUARED_DIFFERENCE: output = requantize((rescale1(input1 - zeroPoint1) - rescale2(input2 - zeroPoint2))^2), where rescale
 * brings both inputs to one scale, twice the larger one, with 7 more bits; int32: (input1 - input2)^2, which wraps.
 *
 * Equals: squared_difference.cc. Deviations: upstream ends the process for multipliers of 1 and above; TFLite Micro does
 * not, nor is it done here.
 */
import { multiplyByQuantizedMultiplier } from '../fixed_point.ts';
import { squaredDifferenceFloat } from '../float/arithmetic.ts';
import { withFloat } from '../float/with_float.ts';
import { type Eval, type Node, operator } from '../kernel.ts';
import { quantizeMultiplier, squaredDifferenceMultipliers, typeRange } from '../quantization.ts';
import { binary, prepareBinary } from '../shared/elementwise.ts';
import { prepareScaling, rescale } from '../shared/rescale.ts';

const LEFT_SHIFT = 7;

function prepare(node: Node) {
  const p = prepareBinary(node, ['int8', 'int32']);
  const { input1, input2, output } = p;
  if (output.dtype === 'int32') return { ...p, params: undefined };
  const real = squaredDifferenceMultipliers(input1.scale, input2.scale, output.scale);
  return {
    ...p,
    params: {
      scaling1: prepareScaling(node, input1, real.input1, LEFT_SHIFT),
      scaling2: prepareScaling(node, input2, real.input2, LEFT_SHIFT),
      outputOffset: output.zeroPoint,
      ...quantizeMultiplier(real.output, node.singleRounding),
      ...typeRange('int8'),
    },
  };
}

function bind(p: ReturnType<typeof prepare>): Eval {
  if (!p.params) return binary(p, (a, b) => square((a - b) | 0));
  const { scaling1, scaling2, outputOffset, multiplier, shift, singleRounding, min, max } = p.params;
  return binary(p, (a, b) => {
    const difference = (rescale(a, scaling1) - rescale(b, scaling2)) | 0;
    const scaled = multiplyByQuantizedMultiplier(square(difference), multiplier, shift, singleRounding);
    return Math.min(Math.max((scaled + outputOffset) | 0, min), max);
  });
}

function square(x: number): number {
  return Math.imul(x, x);
}

export const SQUARED_DIFFERENCE = withFloat(operator(prepare, bind), squaredDifferenceFloat);
