/**
 * EMBEDDING_LOOKUP to float32: a row of 8-bit values times the scale of its table, or its own.
 *
 * Equals: embedding_lookup.cc EvalHybrid, which reads the bytes of uint8 as signed. Deviations: none.
 */

/** Dequantizes a row, from values[from] on, into output[to...]. */
export function bindDequantizeRow(values: Int8Array, scales: Float32Array, rowSize: number, output: Float32Array) {
  return (from: number, to: number) => {
    const scale = scales[scales.length === 1 || rowSize === 0 ? 0 : Math.trunc(from / rowSize)];
    for (let i = 0; i < rowSize; i++) output[to + i] = values[from + i] * scale;
  };
}
