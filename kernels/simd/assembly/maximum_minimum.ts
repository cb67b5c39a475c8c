/**
 * MAXIMUM, MINIMUM: output = max(input1, input2), or min, of values that are compared as they are stored.
 *
 *     for each run of `chunk` bytes:
 *       for each 16 of them, the last ones stored singly: output = max(input1, input2), in lanes of their type
 *       input1 += advance1, input2 += advance2, as in add.ts
 */
import { store16 } from './bytes';

/** What is compared, and, from MINIMUM on, by which the less is taken. */
const INT8 = 0;
const UINT8 = 1;
const INT16 = 2;
const INT32 = 3;
const MINIMUM = 4;

export function maximumMinimum(
  kind: i32,
  input1: usize,
  advance1: i32,
  input2: usize,
  advance2: i32,
  output: usize,
  count: i32,
  chunk: i32,
): void {
  for (let done = 0; done < count; done += chunk) {
    const length = min<i32>(chunk, count - done);
    if (kind == INT8) maximumMinimumRow(INT8, input1, input2, output, length);
    else if (kind == UINT8) maximumMinimumRow(UINT8, input1, input2, output, length);
    else if (kind == INT16) maximumMinimumRow(INT16, input1, input2, output, length);
    else if (kind == INT32) maximumMinimumRow(INT32, input1, input2, output, length);
    else if (kind == MINIMUM + INT8) maximumMinimumRow(MINIMUM + INT8, input1, input2, output, length);
    else if (kind == MINIMUM + UINT8) maximumMinimumRow(MINIMUM + UINT8, input1, input2, output, length);
    else if (kind == MINIMUM + INT16) maximumMinimumRow(MINIMUM + INT16, input1, input2, output, length);
    else maximumMinimumRow(MINIMUM + INT32, input1, input2, output, length);
    input1 += advance1;
    input2 += advance2;
    output += length;
  }
}

@inline
function maximumMinimumRow(kind: i32, input1: usize, input2: usize, output: usize, length: i32): void {
  for (let i = 0; i < length; i += 16) {
    store16(output + i, maximumMinimum16(kind, v128.load(input1 + i), v128.load(input2 + i)), length - i);
  }
}

@inline
function maximumMinimum16(kind: i32, a: v128, b: v128): v128 {
  if (kind == INT8) return i8x16.max_s(a, b);
  if (kind == UINT8) return i8x16.max_u(a, b);
  if (kind == INT16) return i16x8.max_s(a, b);
  if (kind == INT32) return i32x4.max_s(a, b);
  if (kind == MINIMUM + INT8) return i8x16.min_s(a, b);
  if (kind == MINIMUM + UINT8) return i8x16.min_u(a, b);
  if (kind == MINIMUM + INT16) return i16x8.min_s(a, b);
  return i32x4.min_s(a, b);
}
