/**
 * RESIZE_BILINEAR of int8 and uint8 in profile xnnpack: the mean of the four pixels around the position in the input, weighted
 * in steps of 1/2048, rounded once, half up.
 *
 * Equals: XNNPACK's s8-ibilinear and u8-ibilinear kernels and its indirection init. Deviations: none.
 */
import type { Eval, Node } from '../../kernel.ts';
import { roundHalfEven } from '../../quantization.ts';
import { byteMask, int8View, type Tensor } from '../../tensor.ts';

const F = Math.fround;

interface Resize {
  readonly input: Tensor;
  readonly output: Tensor;
  readonly batches: number;
  readonly depth: number;
  readonly inputHeight: number;
  readonly inputWidth: number;
  readonly outputHeight: number;
  readonly outputWidth: number;
  readonly alignCorners: boolean;
  readonly halfPixelCenters: boolean;
}

export function prepareXnnpackResize<R extends Resize>(node: Node, r: R) {
  node.arithmetic = 'XNNPACK';
  return {
    kind: 'xnnpack' as const,
    ...r,
    input: r.input as Tensor<'int8' | 'uint8'>,
    output: r.output as Tensor<'int8' | 'uint8'>,
    rows: preparePositions(r.inputHeight, r.outputHeight, r),
    columns: preparePositions(r.inputWidth, r.outputWidth, r),
  };
}

/** For every index of the output along one dimension: the input's two neighbours, and the upper one's weight, in 1/2048. */
function preparePositions(inputSize: number, outputSize: number, { alignCorners, halfPixelCenters }: Resize) {
  const less = alignCorners && outputSize > 1 ? 1 : 0;
  const scale = F((inputSize - less) / (outputSize - less));
  const offset = halfPixelCenters ? F(F(0.5 * scale) - 0.5) : 0;
  const lower = new Int32Array(outputSize);
  const upper = new Int32Array(outputSize);
  const weight = new Int32Array(outputSize);
  for (let i = 0; i < outputSize; i++) {
    const position = Math.min(Math.max(F(F(i * scale) + offset), 0), inputSize - 1);
    lower[i] = Math.trunc(position);
    upper[i] = Math.min(lower[i] + 1, inputSize - 1);
    weight[i] = roundHalfEven(F(F(position - lower[i]) * 2048));
  }
  return { lower, upper, weight };
}

type XnnpackResize = ReturnType<typeof prepareXnnpackResize>;

export function xnnpackResize(p: XnnpackResize): Eval {
  const [input, output] = [int8View(p.input), int8View(p.output)];
  const mask = byteMask(p.input.dtype);
  return () => evalResize(p, mask, input, output);
}

function evalResize(p: XnnpackResize, mask: number, input: Int8Array, output: Int8Array) {
  const { batches, depth, inputHeight, inputWidth, outputHeight, outputWidth, rows, columns } = p;
  let to = 0;
  for (let b = 0; b < batches; b++) {
    for (let y = 0; y < outputHeight; y++) {
      const upper = Math.imul(Math.imul(b, inputHeight) + rows.lower[y], inputWidth);
      const lower = Math.imul(Math.imul(b, inputHeight) + rows.upper[y], inputWidth);
      for (let x = 0; x < outputWidth; x++, to += depth) {
        const left = columns.lower[x];
        const right = Math.imul(columns.upper[x] - left, depth);
        const [top, bottom] = [Math.imul(upper + left, depth), Math.imul(lower + left, depth)];
        pixel(depth, mask, input, output, top, bottom, right, columns.weight[x], rows.weight[y], to);
      }
    }
  }
}

function pixel(
  depth: number,
  mask: number,
  input: Int8Array,
  output: Int8Array,
  top: number,
  bottom: number,
  right: number,
  wx: number,
  wy: number,
  to: number,
) {
  for (let c = 0; c < depth; c++) {
    const upper = mix(input[top + c] & mask, input[top + right + c] & mask, wx);
    const lower = mix(input[bottom + c] & mask, input[bottom + right + c] & mask, wx);
    output[to + c] = ((upper << 11) + Math.imul(lower - upper, wy) + (1 << 21)) >> 22;
  }
}

/** 2048 times the mean. */
function mix(left: number, right: number, weight: number): number {
  return (left << 11) + Math.imul(right - left, weight);
}
