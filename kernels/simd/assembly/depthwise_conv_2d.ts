/**
 * DEPTHWISE_CONV_2D, one output channel for each input channel: of 8-bit values and, by int16.ts, of int16.
 *
 *   for each output pixel:
 *     taps[t] = where the pixel of tap t lies, or the padding: a pixel full of the input's zero point
 *     for each block of 8 channels:
 *       sums = bias - zeroPoint * (the sum of the filter)
 *       for each unit of taps: sums += the sum over its taps t of input[taps[t]] * filter[t]
 *       output = requantize(sums)
 *
 * Units are as in product.ts: two taps of int16 or, where the engine multiplies whole bytes, four taps of bytes. The filter is
 * packed in the order in which it is read: for each block and unit, the taps of 8 channels, 32 bytes. What is missing in the
 * last unit is the first tap again, with weights of 0. In front of a filter of bytes lie, for each unit, four times its taps that
 * are there, as 1 or 0: what is multiplied with filterOffset to make up for an uint8 filter that is read as int8.
 */
import { convolveInt16 } from './int16';
import { multiplyAdd } from './product';
import { BLOCK_BYTES, clampBytes, EXACT, HEADER_BYTES, requantize8, storeBlock, wayOf } from './requantize';
import { load8 } from './rows';

export function depthwiseConv2d(
  input: usize,
  isInt16: bool,
  isUnsigned: bool,
  isBytes: bool,
  flip: i32,
  batches: i32,
  inputHeight: i32,
  inputWidth: i32,
  depth: i32,
  outputHeight: i32,
  outputWidth: i32,
  filterHeight: i32,
  filterWidth: i32,
  strideHeight: i32,
  strideWidth: i32,
  dilationHeight: i32,
  dilationWidth: i32,
  padTop: i32,
  padLeft: i32,
  padding: usize,
  taps: usize,
  units: i32,
  filterOffset: i32,
  filter: usize,
  blocks: usize,
  output: usize,
  tile: usize,
): void {
  const tapBytes = units << (isBytes ? 4 : 3);
  const reach = (filterWidth - 1) * dilationWidth;
  const pixelBytes = isInt16 ? depth << 1 : depth;
  const step = i32x4.splat(strideWidth * pixelBytes);
  for (let b = 0; b < batches; b++) {
    for (let outY = 0; outY < outputHeight; outY++) {
      const inYOrigin = outY * strideHeight - padTop;
      const isInsideY = inYOrigin >= 0 && inYOrigin + (filterHeight - 1) * dilationHeight < inputHeight;
      let wasInside = false;
      for (let outX = 0; outX < outputWidth; outX++) {
        const inXOrigin = outX * strideWidth - padLeft;
        const isInside = isInsideY && inXOrigin >= 0 && inXOrigin + reach < inputWidth;
        if (isInside && wasInside) {
          for (let t = 0; t < tapBytes; t += 16) v128.store(taps + t, i32x4.add(v128.load(taps + t), step));
        } else {
          findTaps(input, inputHeight, inputWidth, pixelBytes, filterHeight, filterWidth, dilationHeight, dilationWidth, inYOrigin, inXOrigin, padding, taps);
        }
        wasInside = isInside;
        if (isInt16) convolveInt16(depth, units, taps, filter, blocks, output, tile);
        else if (ASC_FEATURE_RELAXED_SIMD && isBytes) {
          if (flip) convolveBytes<i8>(depth, units, taps, filterOffset, filter, blocks, output, tile);
          else convolveBytes<u8>(depth, units, taps, filterOffset, filter, blocks, output, tile);
        } else if (isUnsigned) convolvePixel<u8>(depth, units, taps, filter, blocks, output, tile);
        else convolvePixel<i8>(depth, units, taps, filter, blocks, output, tile);
        output += pixelBytes;
      }
    }
    input += inputHeight * inputWidth * pixelBytes;
  }
}

/** Behind the last tap comes the first, as often as a unit may need it. */
function findTaps(
  input: usize,
  inputHeight: i32,
  inputWidth: i32,
  pixelBytes: i32,
  filterHeight: i32,
  filterWidth: i32,
  dilationHeight: i32,
  dilationWidth: i32,
  inYOrigin: i32,
  inXOrigin: i32,
  padding: usize,
  taps: usize,
): void {
  let to = taps;
  for (let filterY = 0; filterY < filterHeight; filterY++) {
    const inY = inYOrigin + filterY * dilationHeight;
    const row = input + inY * inputWidth * pixelBytes;
    for (let filterX = 0; filterX < filterWidth; filterX++) {
      const inX = inXOrigin + filterX * dilationWidth;
      const isInside = inY >= 0 && inY < inputHeight && inX >= 0 && inX < inputWidth;
      store<usize>(to, isInside ? row + inX * pixelBytes : padding);
      to += 4;
    }
  }
  v128.store(to, v128.load32_splat(taps));
}

/**
 * A pixel, from values of T. Sixteen channels at a time share what it costs to find the taps: with eight at a time, all 3 x 3
 * convolutions of MobileNet v2 took a quarter longer.
 */
function convolvePixel<T>(
  depth: i32,
  units: i32,
  taps: usize,
  filter: usize,
  blocks: usize,
  output: usize,
  tile: usize,
): void {
  const header = blocks;
  blocks += HEADER_BYTES;
  const tapsEnd = taps + (<usize>units << 3);
  const blockBytes = <usize>units << 5;
  let c = 0;
  for (; c + 8 < depth; c += 16) {
    let sums0 = v128.load(blocks);
    let sums1 = v128.load(blocks, 16);
    let sums2 = v128.load(blocks, BLOCK_BYTES);
    let sums3 = v128.load(blocks, BLOCK_BYTES + 16);
    let next = filter + blockBytes;
    for (let tap = taps; tap < tapsEnd; tap += 8) {
      const a = load<usize>(tap) + c;
      const b = load<usize>(tap, 4) + c;
      const a0 = load8<T>(a);
      const b0 = load8<T>(b);
      const a1 = load8<T>(a + 8);
      const b1 = load8<T>(b + 8);
      sums0 = i32x4.add(sums0, i32x4.dot_i16x8_s(interleaveLow16(a0, b0), v128.load(filter)));
      sums1 = i32x4.add(sums1, i32x4.dot_i16x8_s(interleaveHigh16(a0, b0), v128.load(filter, 16)));
      sums2 = i32x4.add(sums2, i32x4.dot_i16x8_s(interleaveLow16(a1, b1), v128.load(next)));
      sums3 = i32x4.add(sums3, i32x4.dot_i16x8_s(interleaveHigh16(a1, b1), v128.load(next, 16)));
      filter += 32;
      next += 32;
    }
    filter = next;
    storeTwoBlocks(sums0, sums1, sums2, sums3, blocks, header, output + c, depth - c, tile);
    blocks += 2 * BLOCK_BYTES;
  }
  if (c < depth) {
    let sums0 = v128.load(blocks);
    let sums1 = v128.load(blocks, 16);
    for (let tap = taps; tap < tapsEnd; tap += 8) {
      const a = load8<T>(load<usize>(tap) + c);
      const b = load8<T>(load<usize>(tap, 4) + c);
      sums0 = i32x4.add(sums0, i32x4.dot_i16x8_s(interleaveLow16(a, b), v128.load(filter)));
      sums1 = i32x4.add(sums1, i32x4.dot_i16x8_s(interleaveHigh16(a, b), v128.load(filter, 16)));
      filter += 32;
    }
    storeBlock(sums0, sums1, blocks, header, output + c, depth - c, tile);
  }
}

/** The same from bytes. The sign bits of i8 are flipped. */
function convolveBytes<T>(
  depth: i32,
  units: i32,
  taps: usize,
  filterOffset: i32,
  filter: usize,
  blocks: usize,
  output: usize,
  tile: usize,
): void {
  const header = blocks;
  blocks += HEADER_BYTES;
  const unitBytes = <usize>units << 4;
  const ones = filter;
  filter += unitBytes;
  const factor = i32x4.splat(filterOffset);
  let c = 0;
  for (; c + 8 < depth; c += 16) {
    let sums0 = v128.load(blocks);
    let sums1 = v128.load(blocks, 16);
    let sums2 = v128.load(blocks, BLOCK_BYTES);
    let sums3 = v128.load(blocks, BLOCK_BYTES + 16);
    let inputs0 = i32x4.splat(0);
    let inputs1 = inputs0;
    let inputs2 = inputs0;
    let inputs3 = inputs0;
    let next = filter + 2 * unitBytes;
    for (let at: usize = 0; at < unitBytes; at += 16) {
      const tap = taps + at;
      const a = flip<T>(v128.load(load<usize>(tap) + c));
      const b = flip<T>(v128.load(load<usize>(tap, 4) + c));
      const d = flip<T>(v128.load(load<usize>(tap, 8) + c));
      const e = flip<T>(v128.load(load<usize>(tap, 12) + c));
      const ab = interleaveLow8(a, b);
      const de = interleaveLow8(d, e);
      const ab1 = interleaveHigh8(a, b);
      const de1 = interleaveHigh8(d, e);
      const values0 = interleaveLow16(ab, de);
      const values1 = interleaveHigh16(ab, de);
      const values2 = interleaveLow16(ab1, de1);
      const values3 = interleaveHigh16(ab1, de1);
      sums0 = multiplyAdd<u8>(values0, v128.load(filter), sums0);
      sums1 = multiplyAdd<u8>(values1, v128.load(filter, 16), sums1);
      sums2 = multiplyAdd<u8>(values2, v128.load(next), sums2);
      sums3 = multiplyAdd<u8>(values3, v128.load(next, 16), sums3);
      filter += 32;
      next += 32;
      if (filterOffset) {
        const one = v128.load(ones + at);
        inputs0 = multiplyAdd<u8>(values0, one, inputs0);
        inputs1 = multiplyAdd<u8>(values1, one, inputs1);
        inputs2 = multiplyAdd<u8>(values2, one, inputs2);
        inputs3 = multiplyAdd<u8>(values3, one, inputs3);
      }
    }
    filter = next;
    if (filterOffset) {
      sums0 = i32x4.add(sums0, i32x4.mul(inputs0, factor));
      sums1 = i32x4.add(sums1, i32x4.mul(inputs1, factor));
      sums2 = i32x4.add(sums2, i32x4.mul(inputs2, factor));
      sums3 = i32x4.add(sums3, i32x4.mul(inputs3, factor));
    }
    storeTwoBlocks(sums0, sums1, sums2, sums3, blocks, header, output + c, depth - c, tile);
    blocks += 2 * BLOCK_BYTES;
  }
  if (c < depth) {
    let sums0 = v128.load(blocks);
    let sums1 = v128.load(blocks, 16);
    let inputs0 = i32x4.splat(0);
    let inputs1 = inputs0;
    for (let at: usize = 0; at < unitBytes; at += 16) {
      const tap = taps + at;
      const a = flip<T>(v128.load64_zero(load<usize>(tap) + c));
      const b = flip<T>(v128.load64_zero(load<usize>(tap, 4) + c));
      const d = flip<T>(v128.load64_zero(load<usize>(tap, 8) + c));
      const e = flip<T>(v128.load64_zero(load<usize>(tap, 12) + c));
      const ab = interleaveLow8(a, b);
      const de = interleaveLow8(d, e);
      const values0 = interleaveLow16(ab, de);
      const values1 = interleaveHigh16(ab, de);
      sums0 = multiplyAdd<u8>(values0, v128.load(filter), sums0);
      sums1 = multiplyAdd<u8>(values1, v128.load(filter, 16), sums1);
      filter += 32;
      if (filterOffset) {
        inputs0 = multiplyAdd<u8>(values0, v128.load(ones + at), inputs0);
        inputs1 = multiplyAdd<u8>(values1, v128.load(ones + at), inputs1);
      }
    }
    if (filterOffset) {
      sums0 = i32x4.add(sums0, i32x4.mul(inputs0, factor));
      sums1 = i32x4.add(sums1, i32x4.mul(inputs1, factor));
    }
    storeBlock(sums0, sums1, blocks, header, output + c, depth - c, tile);
  }
}

@inline
function flip<T>(bytes: v128): v128 {
  return isSigned<T>() ? v128.xor(bytes, i8x16.splat(-128)) : bytes;
}

@inline
function interleaveLow8(a: v128, b: v128): v128 {
  return i8x16.shuffle(a, b, 0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23);
}

@inline
function interleaveHigh8(a: v128, b: v128): v128 {
  return i8x16.shuffle(a, b, 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31);
}

@inline
function interleaveLow16(a: v128, b: v128): v128 {
  return i16x8.shuffle(a, b, 0, 8, 1, 9, 2, 10, 3, 11);
}

@inline
function interleaveHigh16(a: v128, b: v128): v128 {
  return i16x8.shuffle(a, b, 4, 12, 5, 13, 6, 14, 7, 15);
}

/** Sixteen channels of a pixel, or the `count` that there are, more than eight. */
@inline
function storeTwoBlocks(
  sums0: v128,
  sums1: v128,
  sums2: v128,
  sums3: v128,
  block: usize,
  header: usize,
  output: usize,
  count: i32,
  tile: usize,
): void {
  const next = block + BLOCK_BYTES;
  const way0 = wayOf(block);
  const way1 = wayOf(next);
  if (count >= 16 && way0 != EXACT && way1 != EXACT) {
    const values0 = requantize8(sums0, sums1, block, way0, header);
    const values1 = requantize8(sums2, sums3, next, way1, header);
    v128.store(output, clampBytes(values0, values1, header));
    return;
  }
  storeBlock(sums0, sums1, block, header, output, 8, tile);
  storeBlock(sums2, sums3, next, header, output + 8, count - 8, tile);
}

/** Each value so many times. Writes up to 16 bytes beyond the output. */
export function repeatValues(input: usize, isInt16: bool, count: i32, times: i32, output: usize): void {
  const size = isInt16 ? 2 : 1;
  const bytes = times * size;
  for (let i = 0; i < count; i++) {
    const values = isInt16 ? v128.load16_splat(input) : v128.load8_splat(input);
    for (let at = 0; at < bytes; at += 16) v128.store(output + at, values);
    input += size;
    output += bytes;
  }
}
