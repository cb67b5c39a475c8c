/**
 * DEPTHWISE_CONV_2D of 8-bit values, one output channel for each input channel.
 *
 *   for each output pixel:
 *     taps[t] = where the pixel of tap t lies, or the padding: a pixel full of the input's zero point
 *     for each block of 8 channels:
 *       sums = bias - zeroPoint * (the sum of the filter)
 *       for each pair of taps: sums += input[taps[t]] * filter[t] + input[taps[t + 1]] * filter[t + 1]     i32x4.dot_i16x8_s
 *       output = requantize(sums)
 *
 * The filter is packed in that order: for each block and pair, 8 channels x 2 taps of int16, 32 bytes. An odd number of taps is
 * made even by one of the padding with weights of 0.
 */
import { BLOCK_BYTES, EXACT, HEADER_BYTES, LOW_BYTES, requantize8, requantizeExactly, wayOf } from './requantize';
import { load8 } from './rows';
import { lowBytes, store8 } from './store';

export function depthwiseConv2d(
  input: usize,
  isUnsigned: bool,
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
  filter: usize,
  blocks: usize,
  output: usize,
  tile: usize,
): void {
  const pairs = (filterHeight * filterWidth + 1) >> 1;
  const reach = (filterWidth - 1) * dilationWidth;
  const step = i32x4.splat(strideWidth * depth);
  for (let b = 0; b < batches; b++) {
    for (let outY = 0; outY < outputHeight; outY++) {
      const inYOrigin = outY * strideHeight - padTop;
      const isInsideY = inYOrigin >= 0 && inYOrigin + (filterHeight - 1) * dilationHeight < inputHeight;
      let wasInside = false;
      for (let outX = 0; outX < outputWidth; outX++) {
        const inXOrigin = outX * strideWidth - padLeft;
        const isInside = isInsideY && inXOrigin >= 0 && inXOrigin + reach < inputWidth;
        if (isInside && wasInside) {
          // The last tap of an odd number moves along, and reads anything: its weights are 0.
          for (let t = 0; t < pairs; t += 2) {
            const at = taps + (<usize>t << 3);
            v128.store(at, i32x4.add(v128.load(at), step));
          }
        } else {
          findTaps(input, inputHeight, inputWidth, depth, filterHeight, filterWidth, dilationHeight, dilationWidth, inYOrigin, inXOrigin, padding, taps);
        }
        wasInside = isInside;
        if (isUnsigned) convolvePixel<u8>(depth, pairs, taps, filter, blocks, output, tile);
        else convolvePixel<i8>(depth, pairs, taps, filter, blocks, output, tile);
        output += depth;
      }
    }
    input += inputHeight * inputWidth * depth;
  }
}

/** An odd number of taps gets one more, the first. */
function findTaps(
  input: usize,
  inputHeight: i32,
  inputWidth: i32,
  depth: i32,
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
    const row = input + inY * inputWidth * depth;
    for (let filterX = 0; filterX < filterWidth; filterX++) {
      const inX = inXOrigin + filterX * dilationWidth;
      const isInside = inY >= 0 && inY < inputHeight && inX >= 0 && inX < inputWidth;
      store<usize>(to, isInside ? row + inX * depth : padding);
      to += 4;
    }
  }
  store<usize>(to, load<usize>(taps));
}

function convolvePixel<T>(
  depth: i32,
  pairs: i32,
  taps: usize,
  filter: usize,
  blocks: usize,
  output: usize,
  tile: usize,
): void {
  const header = blocks;
  blocks += HEADER_BYTES;
  const tapsEnd = taps + (<usize>pairs << 3);
  for (let c = 0; c < depth; c += 8) {
    let sums0 = v128.load(blocks);
    let sums1 = v128.load(blocks, 16);
    for (let tap = taps; tap < tapsEnd; tap += 8) {
      const a = load8<T>(load<usize>(tap) + c);
      const b = load8<T>(load<usize>(tap, 4) + c);
      const low = i16x8.shuffle(a, b, 0, 8, 1, 9, 2, 10, 3, 11);
      const high = i16x8.shuffle(a, b, 4, 12, 5, 13, 6, 14, 7, 15);
      sums0 = i32x4.add(sums0, i32x4.dot_i16x8_s(low, v128.load(filter)));
      sums1 = i32x4.add(sums1, i32x4.dot_i16x8_s(high, v128.load(filter, 16)));
      filter += 32;
    }
    const way = wayOf(blocks);
    if (way != EXACT) {
      const values = requantize8(sums0, sums1, blocks, way, header);
      store8(output + c, lowBytes(values, values, v128.load(header, LOW_BYTES)), depth - c);
    } else {
      v128.store(tile, sums0);
      v128.store(tile, sums1, 16);
      const lanes = min(8, depth - c);
      for (let i = 0; i < lanes; i++) {
        const sum = load<i32>(tile + (<usize>i << 2));
        store<u8>(output + c + i, requantizeExactly(sum, blocks, i, header));
      }
    }
    blocks += BLOCK_BYTES;
  }
}
