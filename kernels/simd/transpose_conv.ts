/**
 * TRANSPOSE_CONV with a constant filter: a convolution for each phase of the strides. Along one dimension, an output y with
 * y + padding = q * stride + r sees the taps r, r + stride, r + 2 * stride, ... of the inputs q, q - 1, q - 2, ...: all y with the
 * same r see the same taps, of neighbouring inputs.
 */

import type { FloatForm } from '../float/with_float.ts';
import type { Node, OptimizedBind } from '../kernel.ts';
import type { TransposeConv } from '../reference/transpose_conv.ts';
import type { Engine } from './engine.ts';
import { type Part, prepareImage } from './image.ts';
import { isConstant } from './resident.ts';

/** Phases that are worth a call each. */
const MAX_PHASES = 64;

export function transposeConv(engine: Engine) {
  return (p: TransposeConv | FloatForm, node: Node): OptimizedBind | undefined => {
    if ('kind' in p) return undefined;
    const isTaken = isConstant(p.filter.tensor, p.bias) && p.strideHeight * p.strideWidth <= MAX_PHASES;
    if (!isTaken || p.output.size === 0 || node.singleRounding) return undefined;
    const rows = phasesOf(p.inputHeight, p.outputHeight, p.filterHeight, p.strideHeight, p.padTop);
    const columns = phasesOf(p.inputWidth, p.outputWidth, p.filterWidth, p.strideWidth, p.padLeft);
    const image = { height: rows.size, width: columns.size, top: rows.before, left: columns.before };
    const parts = rows.phases.flatMap((y) =>
      columns.phases.map((x) => phasePart(p, y, x, columns.size * p.inputDepth)),
    );
    return prepareImage(p, image, parts, p.high !== undefined, node, engine);
  };
}

/** One r along one dimension. */
interface Phase {
  /** In the order of the inputs. */
  readonly taps: readonly number[];
  /** The first y, and how many. */
  readonly first: number;
  readonly count: number;
  /** The input of the first tap of the first y; in the image. */
  readonly start: number;
}

/** The phases, how large the image must be for them, and how much of it lies before the input. */
function phasesOf(input: number, output: number, filter: number, stride: number, padding: number) {
  const phases: Phase[] = [];
  for (let first = 0; first < Math.min(stride, output); first++) {
    const q = Math.trunc((first + padding) / stride);
    const r = (first + padding) % stride;
    const taps = Array.from(
      { length: Math.ceil(Math.max(filter - r, 0) / stride) },
      (_, i) => r + i * stride,
    ).reverse();
    phases.push({ taps, first, count: Math.ceil((output - first) / stride), start: q + 1 - taps.length });
  }
  const before = Math.max(0, ...phases.map(({ start }) => 0 - start));
  const end = Math.max(input, ...phases.map(({ start, taps, count }) => start + taps.length + count - 1));
  return {
    phases: phases.map((phase) => ({ ...phase, start: phase.start + before })),
    before,
    size: before + end,
  };
}

function phasePart(p: TransposeConv, rows: Phase, columns: Phase, imageRow: number): Part {
  const { inputDepth: depth, outputDepth, outputWidth, filterWidth, strideHeight, strideWidth } = p;
  const { tensor, offset, layout } = p.filter;
  const starts = rows.taps.flatMap((y) => columns.taps.map((x) => (y * filterWidth + x) * depth));
  return {
    filter: { tensor, offset, layout: { ...layout, count: 1, depth: starts.length * depth }, starts },
    bias: p.bias,
    requantization: p.requantization,
    outputHeight: rows.count,
    outputWidth: columns.count,
    start: rows.start * imageRow + columns.start * depth,
    rowStride: imageRow,
    pixelStride: depth,
    tapRows: rows.taps.length,
    tapRowStride: imageRow,
    tapColumns: columns.taps.length,
    tapColumnStride: depth,
    outputStart: (rows.first * outputWidth + columns.first) * outputDepth,
    outputRowStride: strideHeight * outputWidth * outputDepth,
    outputPixelStride: strideWidth * outputDepth,
  };
}
