/** QUANTIZE to 8 bits, from 8 bits by a table, from float32; DEQUANTIZE of int8 and uint8: see assembly/float/quantize.ts. */
import type { Dequantize } from '../float/dequantize.ts';
import type { Eval, Node } from '../kernel.ts';
import type { PreparedQuantize } from '../reference/quantize.ts';
import { flipOf, isPlainZeroPoint } from './bytes.ts';
import { lookup } from './lookup.ts';
import type { SimdMemory } from './memory.ts';
import { prepareResident } from './resident.ts';

export function QUANTIZE(p: PreparedQuantize, node: Node) {
  if (p.kind === 'integer') return lookup(p, node);
  if (p.kind === 'optimized' || node.arithmetic !== 'reference') return undefined;
  const { input, output, channels, scales, zeroPoints } = p;
  const isTaken = output.dtype !== 'int16' && channels === 1 && isPlainZeroPoint(zeroPoints[0], output);
  const resident = isTaken ? prepareResident(node, input) : undefined;
  if (!resident) return undefined;
  const flip = flipOf(output);
  return ({ bind }: SimdMemory): Eval => {
    resident.load();
    return bind('quantizeFloat', {
      input: resident.tensor,
      count: output.size,
      scale: scales[0],
      zeroPoint: zeroPoints[0] + flip,
      output,
      flip,
      special: zeroPoints[0] < 0 ? 127 : -128, // -2^31 plus the zero point, which may wrap
    });
  };
}

export function DEQUANTIZE(p: Dequantize, node: Node) {
  if (p.whole > 0) return undefined;
  const { input, output, channels, scales, zeroPoints } = p;
  const is8Bit = input.dtype === 'int8' || input.dtype === 'uint8';
  const isTaken = is8Bit && channels === 1 && isPlainZeroPoint(zeroPoints[0], input);
  const resident = isTaken ? prepareResident(node, input) : undefined;
  if (!resident) return undefined;
  const flip = flipOf(input);
  return ({ bind }: SimdMemory): Eval => {
    resident.load();
    return bind('dequantize', {
      input: resident.tensor,
      flip,
      zeroPoint: zeroPoints[0] + flip,
      scale: scales[0],
      output,
      count: output.size,
    });
  };
}
