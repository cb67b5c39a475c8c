/**
 * TOPK_V2: values[row] = the k greatest of a row of the input, in descending order; indices[row] = where they were, of
 * equal values the first first.
 *
 * Equals: topk_v2.cc. Deviations: none.
 *
 * A heap holds the k best seen so far, the worst of them at its root.
 */
import { type Eval, type Node, operator } from '../kernel.ts';
import { byteMask, bytesOf, elementSize, int8View, int32Halves, type Tensor } from '../tensor.ts';

function prepare(node: Node) {
  const input = node.input(0, 'int8', 'uint8', 'int16', 'int32', 'int64');
  const { shape } = input;
  node.require(shape.length > 0, 'the input must have a dimension');
  const rowSize = shape.at(-1)!;
  const ks = node.values(1, 'int32', 'int16');
  node.require(ks.length === 1, `there are ${ks.length} values of k; there must be one`);
  const k = Math.max(ks[0], 0);
  node.require(k <= rowSize, `k is ${k}, more than the ${rowSize} values of a row`);
  const outputShape = shape.with(-1, k);
  const values = node.output(0, outputShape, input.dtype);
  const indices = node.output(1, outputShape, 'int32', 'int16');
  node.require(indices.dtype === 'int32' || rowSize < 2 ** 15, `indices below ${rowSize} do not fit int16`);
  return {
    input,
    values,
    indices,
    rowSize,
    k,
    high: node.scratch('int32', rowSize), // a row's values; of int64 the high halves
    low: node.scratch('int32', rowSize),
    heap: node.scratch('int32', k), // indices of the row
  };
}

type TopK = ReturnType<typeof prepare>;

function bind(p: TopK): Eval {
  const { input, k, rowSize } = p;
  if (p.values.size === 0) return () => {};
  const bytes = elementSize(input.dtype);
  const from = bytesOf(input);
  const values = bytesOf(p.values);
  const indices = p.indices.data as Int32Array | Int16Array;
  const heap = p.heap.data;
  const high = p.high.data;
  const low = p.low.data;
  const load = bindLoad(p);
  return () => {
    low.fill(0); // of all types but int64
    for (let row = 0, to = 0; to < indices.length; row += rowSize) {
      load(row);
      selectTop(heap, k, high, low, rowSize);
      for (let i = 0; i < k; i++, to++) {
        indices[to] = heap[i];
        let source = Math.imul(row + heap[i], bytes);
        for (let b = Math.imul(to, bytes), end = b + bytes; b < end; b++) values[b] = from[source++];
      }
    }
  };
}

/** Gives what loads the row that begins at element `row`. */
function bindLoad(p: TopK): (row: number) => void {
  const { input, rowSize } = p;
  const high = p.high.data;
  const low = p.low.data;
  switch (input.dtype) {
    case 'int64': {
      const data = int32Halves(input as Tensor<'int64'>);
      return (row) => {
        for (let i = 0, from = row << 1; i < rowSize; i++) {
          low[i] = data[from++];
          high[i] = data[from++];
        }
      };
    }
    case 'int32': {
      const data = input.data as Int32Array;
      return (row) => {
        for (let i = 0; i < rowSize; i++) high[i] = data[row + i];
      };
    }
    case 'int16': {
      const data = input.data as Int16Array;
      return (row) => {
        for (let i = 0; i < rowSize; i++) high[i] = data[row + i];
      };
    }
    default: {
      const data = int8View(input as Tensor<'int8' | 'uint8'>);
      const mask = byteMask(input.dtype);
      return (row) => {
        for (let i = 0; i < rowSize; i++) high[i] = data[row + i] & mask;
      };
    }
  }
}

/** The indices of the k best of `size` values, best first, in `heap`; k > 0. */
function selectTop(heap: Int32Array, k: number, high: Int32Array, low: Int32Array, size: number) {
  for (let i = 0; i < k; i++) heap[i] = i;
  for (let i = (k >> 1) - 1; i >= 0; i--) siftDown(heap, i, k, high, low);
  for (let i = k; i < size; i++) {
    if (precedes(i, heap[0], high, low)) {
      heap[0] = i;
      siftDown(heap, 0, k, high, low);
    }
  }
  for (let last = k - 1; last > 0; last--) {
    const worst = heap[0];
    heap[0] = heap[last];
    heap[last] = worst;
    siftDown(heap, 0, last, high, low);
  }
}

/** Puts the element at i of a heap of this size, the only one out of place, into its place. */
function siftDown(heap: Int32Array, i: number, size: number, high: Int32Array, low: Int32Array) {
  const element = heap[i];
  for (let child = 2 * i + 1; child < size; child = 2 * i + 1) {
    if (child + 1 < size && precedes(heap[child], heap[child + 1], high, low)) child++;
    if (!precedes(element, heap[child], high, low)) break;
    heap[i] = heap[child];
    i = child;
  }
  heap[i] = element;
}

/** Whether value a comes before value b: if it is greater, or equal and first. */
function precedes(a: number, b: number, high: Int32Array, low: Int32Array): boolean {
  if (high[a] !== high[b]) return high[a] > high[b];
  if (low[a] !== low[b]) return (low[a] ^ 0x80000000) > (low[b] ^ 0x80000000);
  return a < b;
}

export const TOPK_V2 = operator(prepare, bind);
