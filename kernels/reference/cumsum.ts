/**
 * CUMSUM: output[i] = the sum of input[0] to input[i] along an axis; `exclusive` leaves out input[i], `reverse` begins
 * at the other end. Sums wrap.
 *
 * Equals: reference/cumsum.h. int8 is for profile tflm alone, where the sums are rescaled; TFLite has no quantized
 * CUMSUM. Deviations: none.
 */
import { addHigh, multiplyByQuantizedMultiplier } from '../fixed_point.ts';
import { cumsumFloat } from '../float/along_axis.ts';
import { withFloat } from '../float/with_float.ts';
import { type Eval, type Node, operator } from '../kernel.ts';
import { quantizeMultiplier } from '../quantization.ts';
import { prepareAxisInput } from '../shared/axes.ts';
import { int32Halves, sizeOf, type Tensor } from '../tensor.ts';

interface Options {
  exclusive: boolean;
  reverse: boolean;
}

function prepare(node: Node) {
  const { exclusive, reverse } = node.options<Options>();
  const input = node.isMicro ? node.input(0, 'int32', 'int64', 'int8') : node.input(0, 'int32', 'int64');
  const { shape } = input;
  const axis = prepareAxisInput(node, 1, shape.length, 'int32');
  const output = node.output(0, shape, input.dtype);
  const axisSize = shape[axis];
  const innerSize = sizeOf(shape.slice(axis + 1));
  return {
    input,
    output,
    exclusive,
    reverse,
    axis,
    axisSize,
    innerSize,
    first: reverse ? (axisSize - 1) * innerSize : 0,
    step: reverse ? -innerSize : innerSize,
    ...(input.dtype === 'int8'
      ? prepareInt8(node, input, output)
      : { inputOffset: 0, outputOffset: 0, multiplier: 0, shift: 0, singleRounding: false }),
  };
}

/** The sum is in steps of 2^-19 of the input's scale. As in TFLite Micro it begins with -inputZeroPoint, and wraps. */
function prepareInt8(node: Node, input: Tensor, output: Tensor) {
  return {
    inputOffset: 0 - input.zeroPoint, // not -0, which would be a double
    outputOffset: output.zeroPoint,
    ...quantizeMultiplier((2 * input.scale) / (2 ** 20 * output.scale), node.singleRounding),
  };
}

type Cumsum = ReturnType<typeof prepare>;

function bind(p: Cumsum): Eval {
  const { input, output } = p;
  if (input.dtype === 'int8') {
    const inputData = input.data as Int8Array;
    const outputData = output.data as Int8Array;
    return () => evalInt8(p, inputData, outputData);
  }
  if (input.dtype === 'int32') {
    const inputData = input.data as Int32Array;
    const outputData = output.data as Int32Array;
    return () => evalInt32(p, inputData, outputData);
  }
  const inputData = int32Halves(input as Tensor<'int64'>);
  const outputData = int32Halves(output as Tensor<'int64'>);
  return () => evalInt64(p, inputData, outputData);
}

function evalInt32({ exclusive, axisSize, innerSize, first, step }: Cumsum, input: Int32Array, output: Int32Array) {
  const block = Math.imul(axisSize, innerSize);
  for (let from = 0; from < input.length; from += block) {
    for (let inner = 0; inner < innerSize; inner++) {
      let acc = 0;
      for (let k = 0, i = from + inner + first; k < axisSize; k++, i += step) {
        const sum = (acc + input[i]) | 0;
        output[i] = exclusive ? acc : sum;
        acc = sum;
      }
    }
  }
}

function evalInt64({ exclusive, axisSize, innerSize, first, step }: Cumsum, input: Int32Array, output: Int32Array) {
  const block = Math.imul(axisSize, innerSize) << 1;
  for (let from = 0; from < input.length; from += block) {
    for (let inner = 0; inner < innerSize; inner++) {
      let high = 0;
      let low = 0;
      for (let k = 0, i = from + ((inner + first) << 1); k < axisSize; k++, i += step << 1) {
        const sumHigh = addHigh(high, low, input[i + 1], input[i]);
        const sumLow = (low + input[i]) | 0;
        output[i] = exclusive ? low : sumLow;
        output[i + 1] = exclusive ? high : sumHigh;
        high = sumHigh;
        low = sumLow;
      }
    }
  }
}

function evalInt8(p: Cumsum, input: Int8Array, output: Int8Array) {
  const { exclusive, axisSize, innerSize, first, step, inputOffset, outputOffset, multiplier, shift, singleRounding } =
    p;
  const block = Math.imul(axisSize, innerSize);
  for (let from = 0; from < input.length; from += block) {
    for (let inner = 0; inner < innerSize; inner++) {
      let acc = inputOffset << 19;
      for (let k = 0, i = from + inner + first; k < axisSize; k++, i += step) {
        const sum = (acc + ((input[i] + inputOffset) << 19)) | 0;
        const scaled = multiplyByQuantizedMultiplier(exclusive ? acc : sum, multiplier, shift, singleRounding);
        output[i] = Math.min(Math.max(scaled + outputOffset, -128), 127);
        acc = sum;
      }
    }
  }
}

export const CUMSUM = withFloat(operator(prepare, bind), cumsumFloat);
