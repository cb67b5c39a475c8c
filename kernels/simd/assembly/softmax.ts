/**
 * SOFTMAX of 8-bit rows: output[i] = exps[max - input[i]] * scale * 2^-exponent, where scale and exponent are the reciprocal
 * of the sum of all exps[max - input[j]].
 *
 *     for each row:
 *       max = the greatest input[i], 16 at a time
 *       sum = min(sum of parts[max - input[i]], 2^31 - 1)
 *       answer(d) = min(round(exps[d] * scale / 2^(31 + exponent)), 255) + outputMin
 *       output[i] = answer(max - input[i]); in a long row by a table of all 256 answers
 */
import { getReciprocal } from './fixed_point';

/** Values of a row from which it pays to compute the answers to all 256 differences first. */
const LONG = 256;

/**
 * Tables of 256 for max - input: `exps` in Q(0), `parts` the same in Q(12), of which sums are made, and room for the bytes
 * of `answers`. `flip` makes an int8 of an input's byte.
 */
export function softmax8(
  input: usize,
  flip: i32,
  rows: i32,
  depth: i32,
  exps: usize,
  parts: usize,
  answers: usize,
  output: usize,
  outputMin: i32,
): void {
  for (let row = 0; row < rows; row++) {
    const largest = maximumOf(input, depth, flip);
    let sum: i64 = 0;
    for (let i = 0; i < depth; i++) sum += load<i32>(parts + (difference(largest, input + i) << 2));
    const saturated = <i32>min<i64>(sum, i32.MAX_VALUE);
    const exponent = 35 - clz(saturated); // 23 or more: the largest value's own part is 2^19
    const scale = exponent > 31 ? 0 : getReciprocal(saturated);
    const right = min<i32>(exponent, 31);
    if (depth < LONG) {
      for (let i = 0; i < depth; i++) {
        const exp = load<u32>(exps + (difference(largest, input + i) << 2));
        store<u8>(output + i, answer(exp, scale, right, outputMin));
      }
    } else {
      for (let d: usize = 0; d < 256; d++) {
        store<u8>(answers + d, answer(load<u32>(exps + (d << 2)), scale, right, outputMin));
      }
      for (let i = 0; i < depth; i++) store<u8>(output + i, load<u8>(answers + difference(largest, input + i)));
    }
    input += depth;
    output += depth;
  }
}

@inline
function difference(largest: u32, input: usize): usize {
  return (largest - load<u8>(input)) & 0xff;
}

/** RoundingDivideByPOT(floor((exp * scale + 2^30) / 2^31), right), nothing of which is negative. */
@inline
function answer(exp: u32, scale: u32, right: u32, outputMin: i32): u8 {
  const product = <u32>((<u64>exp * <u64>scale + (1 << 30)) >> 31);
  return <u8>(<i32>min<u32>((product + (<u32>1 << (right - 1))) >> right, 255) + outputMin);
}

/** The byte of the greatest value. */
function maximumOf(values: usize, count: i32, flip: i32): u32 {
  const flips = i8x16.splat(<i8>flip);
  let largest = i8x16.splat(-128);
  let i = 0;
  for (; i <= count - 16; i += 16) largest = i8x16.max_s(largest, v128.xor(v128.load(values + i), flips));
  for (; i < count; i++) largest = i8x16.max_s(largest, v128.xor(v128.load8_splat(values + i), flips));
  largest = i8x16.max_s(largest, i8x16.shuffle(largest, largest, 8, 9, 10, 11, 12, 13, 14, 15, 0, 0, 0, 0, 0, 0, 0, 0));
  largest = i8x16.max_s(largest, i8x16.shuffle(largest, largest, 4, 5, 6, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0));
  largest = i8x16.max_s(largest, i8x16.shuffle(largest, largest, 2, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0));
  largest = i8x16.max_s(largest, i8x16.shuffle(largest, largest, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0));
  return i8x16.extract_lane_u(v128.xor(largest, flips), 0);
}
