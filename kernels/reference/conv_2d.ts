/**
 * CONV_2D: output[b, y, x, o] = requantize(bias[o] +
 *   sum over ky, kx, c of (input[b, y*strideH + ky*dilationH - padTop, x*strideW + kx*dilationW - padLeft, g + c]
 *                          + inputOffset) * (filter[o, ky, kx, c] + filterOffset)),
 * taps outside the image left out. With groups, output channel o sees only its group's input channels, from g on.
 *
 * Equals: reference/conv.h (uint8), reference/integer_ops/conv.h (int8, int16). Deviations: the accumulator of int16
 * follows the type of the bias (see prepareBias).
 *
 * The taps of two neighbouring pixels are gathered into a patch, with inputOffset added and zeros outside the image;
 * then every dtype is the same product of a patch and a row of the filter, taken for four channels at a time.
 */
import { addHigh, foldHigh, multiplyByQuantizedMultiplier, multiplyByQuantizedMultiplier64 } from '../fixed_point.ts';
import { type Eval, type Node, operator } from '../kernel.ts';
import type { Activation, Padding } from '../quantization.ts';
import { byteMask, int8View, type Tensor } from '../tensor.ts';
import { biasValues, prepareBias, prepareRequantization } from './convolution.ts';
import { prepareWindow } from './window.ts';

interface Options {
  padding: Padding;
  strideH: number;
  strideW: number;
  dilationHFactor: number;
  dilationWFactor: number;
  fusedActivationFunction: Activation;
  quantizedBiasType: string;
}

type Conv = ReturnType<typeof prepare>;

function prepare(node: Node) {
  const options = node.options<Options>();
  const input = node.input(0, 'int8', 'uint8', 'int16');
  const filter = node.input(1, ...(input.dtype === 'uint8' ? (['uint8'] as const) : (['int8', 'int4'] as const)));
  node.require(input.shape.length === 4 && filter.shape.length === 4, 'input and filter must have 4 dimensions');
  const [batches, inputHeight, inputWidth, inputDepth] = input.shape;
  const [outputDepth, filterHeight, filterWidth, filterDepth] = filter.shape; // OHWI
  node.require(
    filterDepth > 0 && inputDepth % filterDepth === 0 && outputDepth % (inputDepth / filterDepth) === 0,
    `${inputDepth} input channels and ${outputDepth} output channels do not fall into groups of ${filterDepth}`,
  );
  const { bias, accumulator } = prepareBias(node, 2, input, options.quantizedBiasType, outputDepth);
  node.require(bias !== undefined, 'there is no bias');
  const { padding, strideH, strideW, dilationHFactor, dilationWFactor } = options;
  const rows = prepareWindow(node, padding, inputHeight, filterHeight, strideH, dilationHFactor);
  const columns = prepareWindow(node, padding, inputWidth, filterWidth, strideW, dilationWFactor);
  const output = node.output(0, [batches, rows.size, columns.size, outputDepth], input.dtype);
  const accumDepth = filterHeight * filterWidth * filterDepth;
  node.macs = output.size * accumDepth;
  return {
    input,
    filter,
    bias,
    output,
    accumulator,
    batches,
    inputHeight,
    inputWidth,
    inputDepth,
    outputHeight: rows.size,
    outputWidth: columns.size,
    outputDepth,
    groups: inputDepth / filterDepth,
    groupDepth: outputDepth / (inputDepth / filterDepth), // output channels of a group
    filterHeight,
    filterWidth,
    filterDepth,
    accumDepth,
    strideHeight: strideH,
    strideWidth: strideW,
    dilationHeight: dilationHFactor,
    dilationWidth: dilationWFactor,
    padTop: rows.padding,
    padLeft: columns.padding,
    inputOffset: input.dtype === 'int16' ? 0 : -input.zeroPoint,
    filterOffset: filter.dtype === 'uint8' ? -filter.zeroPoint : 0,
    ...prepareRequantization(input, filter, output, outputDepth, accumulator, options.fusedActivationFunction),
    patch: node.scratch('int16', 2 * accumDepth),
  };
}

function bind(p: Conv): Eval {
  const biases = biasValues(p.bias, p.accumulator, p.outputDepth);
  const packed = new Int16Array(packedSize(p));
  if (p.filter.known) packFilter(p, packed);
  const { gather, store } = p.input.dtype === 'int16' ? bind16(p, packed, biases) : bind8(p, packed, biases);
  return () => {
    if (!p.filter.known) packFilter(p, packed);
    evalConv(p, gather, store);
  };
}

/** Copies the taps of output pixel (b, y, x) that group g sees into the patch, from `at` on. */
type Gather = (b: number, y: number, x: number, g: number, at: number) => void;
/** Computes the group's channels of `count` pixels, from `pixel` on, from the patch. */
type Store = (pixel: number, count: number, g: number) => void;

function evalConv({ groups, batches, outputHeight, outputWidth, accumDepth }: Conv, gather: Gather, store: Store) {
  for (let g = 0; g < groups; g++) {
    let pixel = 0;
    let gathered = 0;
    for (let b = 0; b < batches; b++) {
      for (let y = 0; y < outputHeight; y++) {
        for (let x = 0; x < outputWidth; x++) {
          gather(b, y, x, g, Math.imul(gathered, accumDepth));
          if (++gathered === 2) {
            store(pixel, 2, g);
            pixel += 2;
            gathered = 0;
          }
        }
      }
    }
    if (gathered > 0) store(pixel, gathered, g);
  }
}

// ---- the product: 2 pixels by 4 channels

/** Output channels of a block of the packed filter. */
const CHANNELS = 4;

/** What multiplyBlock leaves: the sums of the first pixel's 4 channels, then the second's. */
const sums = new Int32Array(2 * CHANNELS);

/** Blocks that a group's channels take. */
function blocksOf(groupDepth: number): number {
  return (groupDepth + CHANNELS - 1) >> 2;
}

function packedSize({ groups, groupDepth, accumDepth }: Conv): number {
  return groups * blocksOf(groupDepth) * CHANNELS * accumDepth;
}

/**
 * The filter with filterOffset added, in blocks of 4 channels of a group: element (block * accumDepth + k) * 4 + j
 * belongs to the block's channel j; zeros where the last block is not full. The product then reads neighbours only.
 */
function packFilter({ filter, groups, groupDepth, accumDepth, filterOffset }: Conv, packed: Int16Array) {
  const values = filter.data;
  let to = 0;
  for (let g = 0; g < groups; g++) {
    for (let o = 0; o < groupDepth; o += CHANNELS) {
      for (let k = 0; k < accumDepth; k++) {
        for (let j = o; j < o + CHANNELS; j++) {
          packed[to++] =
            j < groupDepth ? values[Math.imul(Math.imul(g, groupDepth) + j, accumDepth) + k] + filterOffset : 0;
        }
      }
    }
  }
}

/**
 * Sums over k in [from, to) of both pixels' patches times a block of the filter. They wrap in int32, as upstream's.
 * 2.0 GMAC/s, where a dot product for each output gives 0.4 (depth 96, Node 20 on a Xeon).
 */
function multiplyBlock(patch: Int16Array, filter: Int16Array, block: number, depth: number, from: number, to: number) {
  let a0 = 0;
  let a1 = 0;
  let a2 = 0;
  let a3 = 0;
  let b0 = 0;
  let b1 = 0;
  let b2 = 0;
  let b3 = 0;
  for (let k = from, f = (Math.imul(block, depth) + from) << 2; k < to; k++, f += CHANNELS) {
    const a = patch[k];
    const b = patch[k + depth];
    const w0 = filter[f];
    const w1 = filter[f + 1];
    const w2 = filter[f + 2];
    const w3 = filter[f + 3];
    a0 = (a0 + Math.imul(a, w0)) | 0;
    a1 = (a1 + Math.imul(a, w1)) | 0;
    a2 = (a2 + Math.imul(a, w2)) | 0;
    a3 = (a3 + Math.imul(a, w3)) | 0;
    b0 = (b0 + Math.imul(b, w0)) | 0;
    b1 = (b1 + Math.imul(b, w1)) | 0;
    b2 = (b2 + Math.imul(b, w2)) | 0;
    b3 = (b3 + Math.imul(b, w3)) | 0;
  }
  sums[0] = a0;
  sums[1] = a1;
  sums[2] = a2;
  sums[3] = a3;
  sums[4] = b0;
  sums[5] = b1;
  sums[6] = b2;
  sums[7] = b3;
}

// ---- int8 and uint8

function bind8(p: Conv, filter: Int16Array, biases: Int32Array): { gather: Gather; store: Store } {
  const input = int8View(p.input as Tensor<'int8' | 'uint8'>);
  const output = int8View(p.output as Tensor<'int8' | 'uint8'>);
  const mask = byteMask(p.input.dtype);
  const patch = p.patch.data;
  return {
    gather: (b, y, x, g, at) => gather8(p, input, mask, patch, b, y, x, g, at),
    store: (pixel, count, g) => store8(p, patch, filter, biases, output, pixel, count, g),
  };
}

function gather8(
  p: Conv,
  input: Int8Array,
  mask: number,
  patch: Int16Array,
  b: number,
  outY: number,
  outX: number,
  g: number,
  at: number,
) {
  const { inputHeight, inputWidth, inputDepth, filterDepth, inputOffset } = p;
  const inYOrigin = Math.imul(outY, p.strideHeight) - p.padTop;
  const inXOrigin = Math.imul(outX, p.strideWidth) - p.padLeft;
  let to = at;
  for (let filterY = 0; filterY < p.filterHeight; filterY++) {
    const inY = inYOrigin + Math.imul(filterY, p.dilationHeight);
    const row = Math.imul(Math.imul(b, inputHeight) + inY, inputWidth);
    for (let filterX = 0; filterX < p.filterWidth; filterX++) {
      const inX = inXOrigin + Math.imul(filterX, p.dilationWidth);
      const inside = inY >= 0 && inY < inputHeight && inX >= 0 && inX < inputWidth;
      const end = to + filterDepth;
      if (!inside) while (to < end) patch[to++] = 0;
      else {
        let from = Math.imul(row + inX, inputDepth) + Math.imul(g, filterDepth);
        while (to < end) patch[to++] = (input[from++] & mask) + inputOffset;
      }
    }
  }
}

function store8(
  p: Conv,
  patch: Int16Array,
  filter: Int16Array,
  biases: Int32Array,
  output: Int8Array,
  pixel: number,
  count: number,
  g: number,
) {
  const { groupDepth, outputDepth, accumDepth, multipliers, shifts, outputOffset, activationMin, activationMax } = p;
  let block = Math.imul(g, blocksOf(groupDepth));
  for (let o = 0; o < groupDepth; o += CHANNELS) {
    multiplyBlock(patch, filter, block++, accumDepth, 0, accumDepth);
    const firstChannel = Math.imul(g, groupDepth) + o;
    const channels = Math.min(CHANNELS, groupDepth - o);
    for (let i = 0; i < count; i++) {
      const to = Math.imul(pixel + i, outputDepth);
      for (let j = 0; j < channels; j++) {
        const c = firstChannel + j;
        const acc = (sums[i * CHANNELS + j] + biases[c]) | 0;
        const scaled = (multiplyByQuantizedMultiplier(acc, multipliers[c], shifts[c]) + outputOffset) | 0;
        output[to + c] = Math.min(Math.max(scaled, activationMin), activationMax);
      }
    }
  }
}

// ---- int16 activations, int8 filter; zero points are 0

function bind16(p: Conv, filter: Int16Array, biases: Int32Array): { gather: Gather; store: Store } {
  const input = p.input.data as Int16Array;
  const output = p.output.data as Int16Array;
  const patch = p.patch.data;
  const store = p.accumulator === 'int64' ? store16x8 : store16;
  return {
    gather: (b, y, x, g, at) => gather16(p, input, patch, b, y, x, g, at),
    store: (pixel, count, g) => store(p, patch, filter, biases, output, pixel, count, g),
  };
}

function gather16(
  p: Conv,
  input: Int16Array,
  patch: Int16Array,
  b: number,
  outY: number,
  outX: number,
  g: number,
  at: number,
) {
  const { inputHeight, inputWidth, inputDepth, filterDepth } = p;
  const inYOrigin = Math.imul(outY, p.strideHeight) - p.padTop;
  const inXOrigin = Math.imul(outX, p.strideWidth) - p.padLeft;
  let to = at;
  for (let filterY = 0; filterY < p.filterHeight; filterY++) {
    const inY = inYOrigin + Math.imul(filterY, p.dilationHeight);
    const row = Math.imul(Math.imul(b, inputHeight) + inY, inputWidth);
    for (let filterX = 0; filterX < p.filterWidth; filterX++) {
      const inX = inXOrigin + Math.imul(filterX, p.dilationWidth);
      const inside = inY >= 0 && inY < inputHeight && inX >= 0 && inX < inputWidth;
      const end = to + filterDepth;
      if (!inside) while (to < end) patch[to++] = 0;
      else {
        let from = Math.imul(row + inX, inputDepth) + Math.imul(g, filterDepth);
        while (to < end) patch[to++] = input[from++];
      }
    }
  }
}

function store16(
  p: Conv,
  patch: Int16Array,
  filter: Int16Array,
  biases: Int32Array,
  output: Int16Array,
  pixel: number,
  count: number,
  g: number,
) {
  const { groupDepth, outputDepth, accumDepth, multipliers, shifts, activationMin, activationMax } = p;
  let block = Math.imul(g, blocksOf(groupDepth));
  for (let o = 0; o < groupDepth; o += CHANNELS) {
    multiplyBlock(patch, filter, block++, accumDepth, 0, accumDepth);
    const firstChannel = Math.imul(g, groupDepth) + o;
    const channels = Math.min(CHANNELS, groupDepth - o);
    for (let i = 0; i < count; i++) {
      const to = Math.imul(pixel + i, outputDepth);
      for (let j = 0; j < channels; j++) {
        const c = firstChannel + j;
        const acc = (sums[i * CHANNELS + j] + biases[c]) | 0;
        const scaled = multiplyByQuantizedMultiplier(acc, multipliers[c], shifts[c]);
        output[to + c] = Math.min(Math.max(scaled, activationMin), activationMax);
      }
    }
  }
}

/** Products of int16 and int8 are at most 2^22: so many of them fit an int32. */
const FOLD = 256;

/** The sums of multiplyBlock over the whole depth, as int64: high and low halves. */
const sumsHigh = new Int32Array(2 * CHANNELS);
const sumsLow = new Int32Array(2 * CHANNELS);

function store16x8(
  p: Conv,
  patch: Int16Array,
  filter: Int16Array,
  biases: Int32Array,
  output: Int16Array,
  pixel: number,
  count: number,
  g: number,
) {
  const { groupDepth, outputDepth, accumDepth, multipliers, shifts, activationMin, activationMax } = p;
  let block = Math.imul(g, blocksOf(groupDepth));
  for (let o = 0; o < groupDepth; o += CHANNELS) {
    sumsHigh.fill(0);
    sumsLow.fill(0);
    for (let k = 0; k < accumDepth; k += FOLD) {
      multiplyBlock(patch, filter, block, accumDepth, k, Math.min(k + FOLD, accumDepth));
      for (let i = 0; i < sums.length; i++) {
        sumsHigh[i] = foldHigh(sumsHigh[i], sumsLow[i], sums[i]);
        sumsLow[i] += sums[i];
      }
    }
    block++;
    const firstChannel = Math.imul(g, groupDepth) + o;
    const channels = Math.min(CHANNELS, groupDepth - o);
    for (let i = 0; i < count; i++) {
      const to = Math.imul(pixel + i, outputDepth);
      for (let j = 0; j < channels; j++) {
        const c = firstChannel + j;
        const s = i * CHANNELS + j;
        const accHigh = addHigh(sumsHigh[s], sumsLow[s], biases[2 * c + 1], biases[2 * c]);
        const accLow = (sumsLow[s] + biases[2 * c]) | 0;
        const scaled = multiplyByQuantizedMultiplier64(accHigh, accLow, multipliers[c], shifts[c]);
        output[to + c] = Math.min(Math.max(scaled, activationMin), activationMax);
      }
    }
  }
}

export const CONV_2D = operator(prepare, bind);
