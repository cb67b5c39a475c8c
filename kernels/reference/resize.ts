/**
 * RESIZE_BILINEAR: output[b, y, x, c] = the mean of the four pixels around the position in the input, weighted in steps
 * of 1/1024, rounded half away from zero, with single rounding half up. (uint8 and float32, both in float32:
 * float/resize_bilinear.ts.)
 * RESIZE_NEAREST_NEIGHBOR: output[b, y, x, c] = input[b, rows[y], columns[x], c].
 *
 * Equals: reference/resize_bilinear.h ResizeBilinearInteger, reference/resize_nearest_neighbor.h. Deviations: where the
 * rounded scale leads beyond the input's edge, at which TFLite reads wild, the edge is read; heights and widths end at
 * 2^20 - 1.
 */
import { prepareFloatPositions, resizeBilinearFloat } from '../float/resize_bilinear.ts';
import { type Eval, type Node, operator } from '../kernel.ts';
import { roundHalfAway } from '../quantization.ts';
import { bytesOf, type DType, elementSize, type Tensor } from '../tensor.ts';
import { isDelegated } from '../xnnpack.ts';
import { prepareXnnpackResize, xnnpackResize } from './xnnpack/resize_bilinear.ts';

interface Options {
  alignCorners: boolean;
  halfPixelCenters: boolean;
}

/** So that positions in steps of 1/1024 fit an int32. */
const MAX_SIZE = 2 ** 20 - 1;

function prepareResize<T extends DType>(node: Node, ...dtypes: T[]) {
  const { alignCorners, halfPixelCenters } = node.options<Options>();
  const input = node.input(0, ...dtypes);
  node.require(input.shape.length === 4, `the input must have 4 dimensions, not ${input.shape.length}`);
  const [batches, inputHeight, inputWidth, depth] = input.shape;
  const size = node.values(1, 'int32');
  node.require(size.length === 2, `the size has ${size.length} values; it must have 2`);
  const [outputHeight, outputWidth] = size;
  const output = node.output(0, [batches, outputHeight, outputWidth, depth], input.dtype);
  const sizes = [inputHeight, inputWidth, outputHeight, outputWidth];
  if (sizes.some((size) => size > MAX_SIZE)) node.unsupported(`a height or width is larger than ${MAX_SIZE}`);
  node.require(output.size === 0 || input.size > 0, `an input of [${input.shape}] cannot be resized`);
  return {
    input,
    output,
    batches,
    depth,
    inputHeight,
    inputWidth,
    outputHeight,
    outputWidth,
    alignCorners,
    halfPixelCenters,
  };
}

// ---- RESIZE_BILINEAR

function prepareBilinear(node: Node) {
  const p = prepareResize(node, 'int8', 'uint8', 'int16', 'float32');
  const { input, output, alignCorners, halfPixelCenters } = p;
  node.require(p.outputHeight > 0 && p.outputWidth > 0, 'the size must be positive');
  node.require(!(alignCorners && halfPixelCenters), 'alignCorners and halfPixelCenters exclude each other');
  if (isDelegated(node)) return prepareXnnpackResize(node, p);
  const positions = <P>(prepare: (inputSize: number, outputSize: number, align: boolean, half: boolean) => P) => ({
    rows: prepare(p.inputHeight, p.outputHeight, alignCorners, halfPixelCenters),
    columns: prepare(p.inputWidth, p.outputWidth, alignCorners, halfPixelCenters),
  });
  return input.dtype === 'uint8' || input.dtype === 'float32'
    ? {
        kind: 'float' as const,
        input: input as Tensor<'uint8' | 'float32'>,
        output: output as Tensor<'uint8' | 'float32'>,
        ...positions(prepareFloatPositions),
        isOptimized: prepareIsOptimized(node, p),
      }
    : {
        kind: 'integer' as const,
        ...p,
        singleRounding: node.singleRounding,
        input: input as Tensor<'int8' | 'int16'>,
        output: output as Tensor<'int8' | 'int16'>,
        ...positions(preparePositions),
      };
}

/** Whether a uint8 node is left to the optimized kernel. */
function prepareIsOptimized(node: Node, p: ReturnType<typeof prepareResize>): boolean {
  if (node.profile !== 'xnnpack' || p.input.dtype !== 'uint8') return false;
  node.arithmetic = 'optimized';
  const isTimes8 = p.outputHeight === 8 * p.inputHeight && p.outputWidth === 8 * p.inputWidth;
  if (p.halfPixelCenters && isTimes8 && p.depth % 8 === 0) {
    node.unsupported('the optimized kernel for 8 times the size, which the delegate leaves it to here, is not done');
  }
  return true;
}

/** Output index i is at i * scale + offset in the input, in steps of 1/1024. */
function preparePositions(inputSize: number, outputSize: number, alignCorners: boolean, halfPixelCenters: boolean) {
  const less = alignCorners && outputSize > 1 ? 1 : 0;
  const divisor = outputSize - less;
  const scale = Math.trunc((1024 * (inputSize - less) + Math.trunc(divisor / 2)) / divisor);
  return { scale, offset: halfPixelCenters ? Math.trunc(scale / 2) - 512 : 0 };
}

export type Bilinear = ReturnType<typeof prepareBilinear>;

function bindBilinear(p: Bilinear): Eval {
  if (p.output.size === 0) return () => {};
  if (p.kind === 'xnnpack') return xnnpackResize(p);
  if (p.kind === 'float') return resizeBilinearFloat(p);
  const { depth, singleRounding } = p;
  if (p.input.dtype === 'int16') {
    const input = p.input.data as Int16Array;
    const output = p.output.data as Int16Array;
    const pixel: Pixel = (from, right, down, wx, wy, to) =>
      pixel16(depth, singleRounding, input, output, from, right, down, wx, wy, to);
    return () => evalBilinear(p, pixel);
  }
  const input = p.input.data as Int8Array;
  const output = p.output.data as Int8Array;
  const pixel: Pixel = (from, right, down, wx, wy, to) =>
    pixel8(depth, singleRounding, input, output, from, right, down, wx, wy, to);
  return () => evalBilinear(p, pixel);
}

/** Mixes the pixel at `from` with the ones `right` and `down` of it, which have weights of wx / 1024 and wy / 1024. */
type Pixel = (from: number, right: number, down: number, wx: number, wy: number, to: number) => void;

function evalBilinear(p: Bilinear & { kind: 'integer' }, pixel: Pixel) {
  const { batches, depth, inputHeight, inputWidth, outputHeight, outputWidth, rows, columns } = p;
  const rowStride = Math.imul(inputWidth, depth);
  let to = 0;
  for (let b = 0; b < batches; b++) {
    for (let y = 0; y < outputHeight; y++) {
      const inputY = Math.max((Math.imul(y, rows.scale) + rows.offset) | 0, 0);
      const y0 = Math.min(inputY >> 10, inputHeight - 1);
      const down = y0 < inputHeight - 1 ? rowStride : 0;
      const row = Math.imul(Math.imul(b, inputHeight) + y0, rowStride);
      for (let x = 0; x < outputWidth; x++) {
        const inputX = Math.max((Math.imul(x, columns.scale) + columns.offset) | 0, 0);
        const x0 = Math.min(inputX >> 10, inputWidth - 1);
        const right = x0 < inputWidth - 1 ? depth : 0;
        pixel(row + Math.imul(x0, depth), right, down, inputX & 1023, inputY & 1023, to);
        to += depth;
      }
    }
  }
}

function pixel8(
  depth: number,
  singleRounding: boolean,
  input: Int8Array,
  output: Int8Array,
  from: number,
  right: number,
  down: number,
  wx: number,
  wy: number,
  to: number,
) {
  for (let c = from; c < from + depth; c++) {
    const upper = Math.imul(input[c], 1024 - wx) + Math.imul(input[c + right], wx);
    const lower = Math.imul(input[c + down], 1024 - wx) + Math.imul(input[c + down + right], wx);
    output[to++] = mix(upper, lower, wy, singleRounding);
  }
}

function pixel16(
  depth: number,
  singleRounding: boolean,
  input: Int16Array,
  output: Int16Array,
  from: number,
  right: number,
  down: number,
  wx: number,
  wy: number,
  to: number,
) {
  for (let c = from; c < from + depth; c++) {
    const upper = Math.imul(input[c], 1024 - wx) + Math.imul(input[c + right], wx);
    const lower = Math.imul(input[c + down], 1024 - wx) + Math.imul(input[c + down + right], wx);
    output[to++] = mix(upper, lower, wy, singleRounding);
  }
}

/**
 * (upper * (1024 - wy) + lower * wy) / 2^20 for |upper|, |lower| <= 2^25 and wy in 0..1023, rounded half away from zero or,
 * with singleRounding, half up.
 * The numerator may have 36 bits: it is high * 2^10 + low, where low is in 0..1023.
 */
function mix(upper: number, lower: number, wy: number, singleRounding: boolean): number {
  const carry = (Math.imul(upper & 1023, 1024 - wy) + Math.imul(lower & 1023, wy)) | 0;
  const high = (Math.imul(upper >> 10, 1024 - wy) + Math.imul(lower >> 10, wy) + (carry >> 10)) | 0;
  const low = carry & 1023;
  const negativeHalf = singleRounding ? 0 : (low + (high >> 31)) >> 10; // then -1
  return (high + 512 + negativeHalf) >> 10;
}

// ---- RESIZE_NEAREST_NEIGHBOR

function prepareNearestNeighbor(node: Node) {
  const p = prepareResize(node, 'int8', 'uint8', 'bool', 'int16', 'int32', 'float32');
  const { inputHeight, inputWidth, outputHeight, outputWidth, alignCorners, halfPixelCenters } = p;
  return {
    ...p,
    rows: prepareIndices(inputHeight, outputHeight, alignCorners, halfPixelCenters),
    columns: prepareIndices(inputWidth, outputWidth, alignCorners, halfPixelCenters),
    pixelBytes: p.depth * elementSize(p.input.dtype),
  };
}

/** The input's index for every index of the output along one dimension, in float32 as GetNearestNeighbor. */
function prepareIndices(inputSize: number, outputSize: number, alignCorners: boolean, halfPixelCenters: boolean) {
  const F = Math.fround;
  const scale = alignCorners && outputSize > 1 ? F((inputSize - 1) / (outputSize - 1)) : F(inputSize / outputSize);
  const offset = halfPixelCenters ? 0.5 : 0;
  return Int32Array.from({ length: outputSize }, (_, i) => {
    const position = F((i + offset) * scale);
    return Math.min(alignCorners ? roundHalfAway(position) : Math.floor(position), inputSize - 1);
  });
}

export type NearestNeighbor = ReturnType<typeof prepareNearestNeighbor>;

function bindNearestNeighbor(p: NearestNeighbor): Eval {
  if (p.output.size === 0) return () => {};
  const input = bytesOf(p.input);
  const output = bytesOf(p.output);
  return () => evalNearestNeighbor(p, input, output);
}

function evalNearestNeighbor(
  { batches, inputHeight, inputWidth, rows, columns, pixelBytes }: NearestNeighbor,
  input: Uint8Array,
  output: Uint8Array,
) {
  let to = 0;
  for (let b = 0; b < batches; b++) {
    for (let y = 0; y < rows.length; y++) {
      const row = Math.imul(Math.imul(b, inputHeight) + rows[y], inputWidth);
      for (let x = 0; x < columns.length; x++) {
        let from = Math.imul(row + columns[x], pixelBytes);
        for (const end = from + pixelBytes; from < end; from++) output[to++] = input[from];
      }
    }
  }
}

export const RESIZE_BILINEAR = operator(prepareBilinear, bindBilinear);
export const RESIZE_NEAREST_NEIGHBOR = operator(prepareNearestNeighbor, bindNearestNeighbor);
