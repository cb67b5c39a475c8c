/**
 * FAKE_QUANT: output = round((clamp(input) - min) / scale) * scale + min: real values as numBits bits would hold them,
 * in float32, with min and max moved a little so that 0 is one of the values.
 *
 * Equals: reference_ops.h FakeQuant. Deviations: none.
 */
import { type Eval, type Node, operator } from '../kernel.ts';
import { roundHalfAway } from '../quantization.ts';

const F = Math.fround;

interface Options {
  min: number;
  max: number;
  numBits: number;
  narrowRange: boolean;
}

function prepare(node: Node) {
  const input = node.input(0, 'float32');
  const output = node.output(0, input.shape, 'float32');
  const { min, max, numBits, narrowRange } = node.options<Options>();
  if (narrowRange) node.unsupported('narrowRange is for weights, and is not done while a model runs');
  node.require(numBits >= 1 && numBits <= 16, `numBits is ${numBits}; it must be 1 to 16`);
  node.require(min <= 0 && max >= 0 && min < max && F(max - min) < Infinity, `the range ${min} to ${max} must have 0`);
  const quantMax = 2 ** numBits - 1;
  const scale = F(F(max - min) / quantMax);
  node.require(scale > 0, `the range ${min} to ${max} is too small`);
  const zeroPointFromMin = F(0 - F(min / scale));
  const zeroPoint = zeroPointFromMin > quantMax ? quantMax : Math.max(roundHalfAway(zeroPointFromMin), 0);
  return {
    input,
    output,
    scale,
    inverseScale: F(1 / scale),
    min: F(-zeroPoint * scale),
    max: F((quantMax - zeroPoint) * scale),
  };
}

function bind({ input, output, scale, inverseScale, min, max }: ReturnType<typeof prepare>): Eval {
  const x = input.data;
  const y = output.data;
  return () => {
    for (let i = 0; i < x.length; i++) {
      const shifted = F((x[i] > min ? (x[i] > max ? max : x[i]) : min) - min); // NaN becomes min
      y[i] = F(Math.floor(F(shifted * inverseScale) + 0.5) * scale) + min; // no half-integers are negative here
    }
  };
}

export const FAKE_QUANT = operator(prepare, bind);
