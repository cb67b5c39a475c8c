/**
 * FULLY_CONNECTED of float32: output[b, o] = clamp(bias[o] + sum over d of input[b, d] * filter[o, d]), added up from 0 in
 * this order, the bias last. With integer weights, hybrid: bias[o] + scale[b] * filterScale[o] *
 *   sum over d of (q[b, d] - zeroPoint[b]) * filter[o, d].
 *
 * Equals: reference/fully_connected.h; fully_connected.cc EvalHybridDense. Deviations: none.
 */
import { type Eval, type Node, operator } from '../kernel.ts';
import { prepareProductShape } from '../shared/convolution.ts';
import type { Tensor } from '../tensor.ts';
import { clampAsVector, prepareActivationFloat } from './activation.ts';
import {
  addIntegerProducts,
  addLostSigns,
  type HybridWeights,
  prepareIsHybrid,
  prepareQuantizedRows,
  prepareWeightScales,
  quantizeRows,
  weightsOf,
} from './hybrid.ts';
import { addProducts, finish, prepareBiasFloat } from './products.ts';

interface Options {
  asymmetricQuantizeInputs: boolean;
}

function prepare(node: Node) {
  const input = node.input(0, 'float32');
  const filter = node.input<'float32' | HybridWeights>(1, 'float32', 'int8', 'uint8', 'int4', 'int2');
  const { shape, outputDepth, accumDepth } = prepareProductShape(node, input, filter);
  const bias = prepareBiasFloat(node, outputDepth);
  const output = node.output(0, shape, 'float32');
  node.macs = output.size * accumDepth;
  const layer = {
    kind: 'float' as const,
    input,
    bias,
    output,
    outputDepth,
    accumDepth,
    ...prepareActivationFloat(node),
  };
  if (filter.dtype === 'float32') return { ...layer, filter: filter as Tensor<'float32'>, hybrid: undefined };
  prepareIsHybrid(node, filter);
  const rows = outputDepth > 0 ? output.size / outputDepth : 0;
  node.require(rows * accumDepth === input.size, `${input.size} values do not fall into rows of ${accumDepth}`);
  const { asymmetricQuantizeInputs } = node.options<Options>();
  const hybrid = {
    filter,
    filterScales: prepareWeightScales(node, filter, outputDepth),
    quantized: prepareQuantizedRows(node, input, rows, asymmetricQuantizeInputs),
    sums: node.scratch('int32', outputDepth),
  };
  return { ...layer, filter: undefined, hybrid };
}

type FullyConnected = ReturnType<typeof prepare>;

function bind(p: FullyConnected): Eval {
  if (p.hybrid) return () => evalHybrid(p, p.hybrid);
  const [input, filter, output] = [p.input.data, p.filter.data, p.output.data];
  const { outputDepth, accumDepth } = p;
  return () => {
    output.fill(0);
    for (let from = 0, to = 0; to < output.length; from += accumDepth, to += outputDepth) {
      addProducts(input, from, accumDepth, filter, 0, accumDepth, output, to, outputDepth);
    }
    finish(p, output);
  };
}

type Hybrid = NonNullable<FullyConnected['hybrid']>;

const F = Math.fround;

function evalHybrid(p: FullyConnected, { filter, filterScales, quantized, sums }: Hybrid) {
  const { outputDepth, accumDepth } = p;
  const output = p.output.data;
  const weights = weightsOf(filter);
  const values = quantized.values.data;
  quantizeRows(quantized);
  const hasLowest = weights.includes(-128);
  for (let b = 0; b < quantized.rows; b++) {
    const zeroPoint = quantized.zeroPoints.data[b];
    const from = b * accumDepth;
    sums.data.fill(0);
    addIntegerProducts(values, from, accumDepth, weights, 0, accumDepth, sums.data, 0, outputDepth);
    if (hasLowest) addLostSigns(zeroPoint)(values, from, accumDepth, weights, 0, accumDepth, sums.data, 0, outputDepth);
    for (let o = 0, to = b * outputDepth; o < outputDepth; o++, to++) {
      const scaled = F(F(sums.data[o]) * F(quantized.scales.data[b] * filterScales[o]));
      output[to] = (p.bias?.data[o] ?? 0) + scaled;
    }
  }
  clampAsVector(p, output);
}

export const fullyConnectedFloat = operator(prepare, bind);
