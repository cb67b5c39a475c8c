/**
 * FULLY_CONNECTED of float32: output[b, o] = clamp(bias[o] + sum over d of input[b, d] * filter[o, d]), added up from 0 in
 * this order, the bias last.
 *
 * Equals: reference/fully_connected.h. Deviations: none.
 */
import type { Eval, Node } from '../kernel.ts';
import { prepareProductShape } from '../shared/convolution.ts';
import { prepareActivationFloat } from './activation.ts';
import { addProducts, finish } from './products.ts';
import { prepareBiasFloat, prepareWeights } from './weights.ts';

export function prepareFullyConnectedFloat(node: Node) {
  const input = node.input(0, 'float32');
  const filter = prepareWeights(node);
  const { shape, outputDepth, accumDepth } = prepareProductShape(node, input, filter);
  const bias = prepareBiasFloat(node, outputDepth);
  const output = node.output(0, shape, 'float32');
  node.macs = output.size * accumDepth;
  const activation = prepareActivationFloat(node);
  return { kind: 'float' as const, input, filter, bias, output, outputDepth, accumDepth, ...activation };
}

export function fullyConnectedFloat(p: ReturnType<typeof prepareFullyConnectedFloat>): Eval {
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
