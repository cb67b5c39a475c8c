/**
 * EMBEDDING_LOOKUP to float32: a row of 8-bit values times the scale of its table, or its own.
 *
 * Equals: embedding_lookup.cc EvalHybrid, which reads the bytes of uint8 as signed. Deviations: none.
 */

import { int8View, type Tensor } from '../tensor.ts';

/** Dequantizes a row, from values[from] on, into output[to...]. */
export function bindDequantizeRow(
  table: Tensor<'int8' | 'uint8' | 'int4' | 'int2'>,
  scales: Float32Array,
  rowSize: number,
  result: Tensor<'float32'>,
) {
  const values = int8View(table);
  const output = result.data;
  return (from: number, to: number) => {
    const scale = scales[scales.length === 1 || rowSize === 0 ? 0 : Math.trunc(from / rowSize)];
    for (let i = 0; i < rowSize; i++) output[to + i] = values[from + i] * scale;
  };
}
