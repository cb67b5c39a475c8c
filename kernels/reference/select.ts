/**
 * SELECT, SELECT_V2: output = condition ? x : y, of any type. SELECT_V2 broadcasts; SELECT takes a condition for each
 * value, for each index of the first dimension, or one for all.
 *
 * Equals: select.cc, reference/select.h. Deviations: none.
 */
import { type Eval, type Node, operator } from '../kernel.ts';
import { type Broadcast, forEachRow, prepareBroadcast } from '../shared/broadcast.ts';
import { elementSize, int8View, isSameShape, type Tensor } from '../tensor.ts';

const SCALAR = { shape: [] };

function prepareSelect(node: Node) {
  return prepare(node, (condition, x, y) => {
    const { shape } = condition;
    node.require(isSameShape(x.shape, y.shape), `the values have shapes [${x.shape}] and [${y.shape}]`);
    if (shape.length === 0 || isSameShape(shape, x.shape)) return shape;
    node.require(
      shape.length === 1 && shape[0] === x.shape[0],
      `a condition of shape [${shape}] does not go with [${x.shape}]`,
    );
    return x.shape.map((dim, d) => (d === 0 ? dim : 1));
  });
}

function prepareSelectV2(node: Node) {
  return prepare(node, (condition) => condition.shape);
}

/** conditionShape(condition, x, y): the shape in which the condition is broadcast. */
function prepare(node: Node, conditionShape: (condition: Tensor, x: Tensor, y: Tensor) => readonly number[]) {
  const condition = node.input(0, 'bool');
  const x = node.input(1);
  const y = node.input(2, x.dtype);
  // Where all is one value, upstream leaves the output the shape that the file says.
  const allScalar = condition.size === 1 && x.size === 1 && y.size === 1 && node.outputs[0]?.size === 1;
  const broadcast = allScalar
    ? prepareBroadcast(node, SCALAR, SCALAR, SCALAR)
    : prepareBroadcast(node, { shape: conditionShape(condition, x, y) }, x, y);
  const shape = allScalar ? node.outputs[0].shape : broadcast.shape;
  return { condition, x, y, broadcast, output: node.output(0, shape, x.dtype) };
}

function bind({ condition, x, y, output, broadcast }: ReturnType<typeof prepare>): Eval {
  const c = int8View(condition);
  const size = elementSize(output.dtype);
  const tensors = [x, y, output];
  if (size === 1) {
    const [a, b, to] = tensors.map((tensor) => int8View(tensor as Tensor<'int8'>));
    return forEachRow(broadcast, (at, from) => select8(c, a, b, to, broadcast, at, from));
  }
  if (size === 2) {
    const [a, b, to] = tensors.map((tensor) => tensor.data as Int16Array);
    return forEachRow(broadcast, (at, from) => select16(c, a, b, to, broadcast, at, from));
  }
  const words = size >> 2;
  const [a, b, to] = tensors.map(({ data }) => new Int32Array(data.buffer, data.byteOffset, words * data.length));
  return forEachRow(broadcast, (at, from) => selectWords(words, c, a, b, to, broadcast, at, from));
}

function select8(
  c: Int8Array,
  x: Int8Array,
  y: Int8Array,
  output: Int8Array,
  { count, steps }: Broadcast,
  to: number,
  from: Int32Array,
) {
  let [h, i, j] = from;
  const [step0, step1, step2] = steps;
  for (let k = to; k < to + count; k++, h += step0, i += step1, j += step2) output[k] = c[h] !== 0 ? x[i] : y[j];
}

function select16(
  c: Int8Array,
  x: Int16Array,
  y: Int16Array,
  output: Int16Array,
  { count, steps }: Broadcast,
  to: number,
  from: Int32Array,
) {
  let [h, i, j] = from;
  const [step0, step1, step2] = steps;
  for (let k = to; k < to + count; k++, h += step0, i += step1, j += step2) output[k] = c[h] !== 0 ? x[i] : y[j];
}

/** Values of 4 bytes, or of 8. */
function selectWords(
  words: number,
  c: Int8Array,
  x: Int32Array,
  y: Int32Array,
  output: Int32Array,
  { count, steps }: Broadcast,
  to: number,
  from: Int32Array,
) {
  let [h, i, j] = from;
  const [step0, step1, step2] = steps;
  for (let k = to; k < to + count; k++, h += step0, i += step1, j += step2) {
    for (let w = 0; w < words; w++) {
      output[k * words + w] = c[h] !== 0 ? x[i * words + w] : y[j * words + w];
    }
  }
}

export const SELECT = operator(prepareSelect, bind);
export const SELECT_V2 = operator(prepareSelectV2, bind);
