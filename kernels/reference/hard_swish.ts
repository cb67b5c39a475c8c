/**
 * HARD_SWISH: output = x * clamp(x + 3, 0, 6) / 6, in 16-bit fixed point, from a table. float32 is in
 * float/elementwise.ts.
 *
 * Equals: reference/hard_swish.h. Deviations: none.
 */
import { roundingDivideByPOT16, saturatingLeftShift, saturatingRoundingDoublingHighMul16 } from '../fixed_point.ts';
import { hardSwishFloat } from '../float/elementwise.ts';
import { withFloat } from '../float/with_float.ts';
import { type Node, operator } from '../kernel.ts';
import { type HardSwishParams, hardSwishParams, table8 } from '../quantization.ts';
import { lookup } from '../shared/lookup.ts';

function prepare(node: Node) {
  const input = node.input(0, 'int8', 'uint8');
  const output = node.output(0, input.shape, input.dtype);
  const params = hardSwishParams(input.scale, output.scale, node.singleRounding);
  node.require(params.outputShift <= 0, `input scale ${input.scale} is too large for output scale ${output.scale}`);
  const fn = (value: number) => hardSwish((value - input.zeroPoint) | 0, params) + output.zeroPoint;
  return { input, output, params, table: table8(input.dtype, input.dtype, fn) };
}

/** Of value in units of the input, in units of the output; the zero points are left to the caller. */
function hardSwish(value: number, p: HardSwishParams): number {
  const hires = (value << 23) >> 16; // value * 2^7 in an int16: as many leading bits as there is room for
  const preshiftOutput = saturatingRoundingDoublingHighMul16(hires, p.outputMultiplier);
  let reluish = hires; // to x / 3 in Q15, saturated at the last bit of the shift
  if (p.reluishShift > 0) reluish = saturatingLeftShift(reluish, (p.reluishShift - 1) | 0);
  reluish = saturatingRoundingDoublingHighMul16(reluish, p.reluishMultiplier);
  if (p.reluishShift > 0) reluish = saturatingLeftShift(reluish, 1);
  if (p.reluishShift < 0) reluish = roundingDivideByPOT16(reluish, (0 - p.reluishShift) | 0);
  reluish = (reluish + 0x8000) >> 1; // (x + 3) / 6, in 0..1
  const product = Math.imul(reluish, preshiftOutput);
  const preshift = (product + (product < 0 ? 0x7fff : 0)) >> 15; // truncated, so that the biases cancel out
  return roundingDivideByPOT16(preshift, (0 - p.outputShift) | 0);
}

const integer = operator(prepare, ({ input, table, output }) => lookup(input, table, output));

export const HARD_SWISH = withFloat(integer, hardSwishFloat);
