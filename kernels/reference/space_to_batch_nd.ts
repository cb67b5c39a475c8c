/**
 * SPACE_TO_BATCH_ND: the spatial dimensions, padded, fall into blocks; the elements at one place of every block form an
 * image, a batch of its own. BATCH_TO_SPACE_ND: the reverse, with the edges cropped.
 *
 *   [batch, height, width, depth]             padded: height = tall * blockHeight, width = broad * blockWidth
 *   [batch, tall, blockHeight, broad, blockWidth, depth]
 *   [blockHeight * blockWidth * batch, tall, broad, depth]
 *
 * Equals: reference/space_to_batch_nd.h, reference/batch_to_space_nd.h. Deviations: TFLite Micro pads with a value that it
 * never sets; here it is the zero point in every profile.
 */
import { type Node, operator } from '../kernel.ts';
import { prepareSameQuantizationOfIntegers } from '../shared/same_quantization.ts';
import { type Copy, type Fill, move, preparePermuted, prepareScalar, prepareShifted } from '../shared/strided_copy.ts';
import { sizeOf } from '../tensor.ts';
import { preparePairs } from './pad.ts';

function prepareSpaceToBatch(node: Node) {
  const { input, batch, spatial, depth, block, edges } = prepareInputs(node);
  const padded = spatial.map((dim, d) => edges[d][0] + dim + edges[d][1]);
  node.require(
    padded.every((dim, d) => dim >= 0 && dim % block[d] === 0),
    `[${padded}], with padding, does not fall into blocks of [${block}]`,
  );
  const blocks = padded.map((dim, d) => dim / block[d]);
  const output = node.output(0, [batch * sizeOf(block), ...blocks, depth], input.dtype);
  prepareSameQuantizationOfIntegers(node, input, output);
  let tensor = input;
  const steps: (Copy | Fill)[] = [];
  if (!isZero(edges)) {
    tensor = node.scratch(input.dtype, output.size);
    const shape = [batch, ...padded, depth];
    const isByte = input.dtype === 'int8' || input.dtype === 'uint8' || input.dtype === 'bool';
    const offsets = [0, ...edges.map(([before]) => before), 0];
    steps.push(
      { source: prepareScalar(input.dtype, isByte ? output.zeroPoint : 0), target: tensor },
      prepareShifted({ tensor: input, shape: input.shape }, { tensor, shape }, offsets),
    );
  }
  const shape = [batch, ...blocks.flatMap((dim, d) => [dim, block[d]]), depth];
  const perm = [...block.map((_, d) => 2 * d + 2), 0, ...block.map((_, d) => 2 * d + 1), shape.length - 1];
  return [...steps, preparePermuted({ tensor, shape }, output, perm)];
}

function prepareBatchToSpace(node: Node) {
  const { input, batch, spatial, depth, block, edges } = prepareInputs(node);
  const images = sizeOf(block);
  node.require(batch % images === 0, `${batch} batches do not fall into blocks of [${block}]`);
  node.require(
    edges.every(([before, after]) => before >= 0 && after >= 0),
    `a crop of [${edges.join('], [')}] is negative`,
  );
  const whole = spatial.map((dim, d) => dim * block[d]);
  const cropped = whole.map((dim, d) => dim - edges[d][0] - edges[d][1]);
  const outputShape = [batch / images, ...cropped, depth];
  const output = node.output(0, outputShape, input.dtype);
  prepareSameQuantizationOfIntegers(node, input, output);
  const shape = [...block, batch / images, ...spatial, depth];
  const perm = [block.length, ...block.flatMap((_, d) => [block.length + 1 + d, d]), shape.length - 1];
  if (isZero(edges)) return [preparePermuted({ tensor: input, shape }, output, perm)];
  const tensor = node.scratch(input.dtype, input.size);
  const source = { tensor, shape: [batch / images, ...whole, depth] };
  const offsets = [0, ...edges.map(([before]) => -before), 0];
  return [
    preparePermuted({ tensor: input, shape }, tensor, perm),
    prepareShifted(source, { tensor: output, shape: outputShape }, offsets),
  ];
}

/** Input, the sizes of its blocks, and what is added to or taken from the edges: a row [before, after] for a dimension. */
function prepareInputs(node: Node) {
  const input = node.input(0);
  const rank = input.shape.length;
  node.require(rank === 3 || rank === 4, `the input has ${rank} dimensions; 3 or 4 can be rearranged`);
  const block = node.values(1, 'int32');
  node.require(
    block.length === rank - 2 && block.every((size) => size > 0),
    `a block of [${block}] does not fit ${rank - 2} spatial dimensions`,
  );
  const edges = preparePairs(node, 2, rank - 2, 'int32');
  return {
    input,
    batch: input.shape[0],
    spatial: input.shape.slice(1, -1),
    depth: input.shape[rank - 1],
    block,
    edges,
  };
}

function isZero(edges: readonly [number, number][]): boolean {
  return edges.every(([before, after]) => before === 0 && after === 0);
}

export const SPACE_TO_BATCH_ND = operator(prepareSpaceToBatch, move);
export const BATCH_TO_SPACE_ND = operator(prepareBatchToSpace, move);
