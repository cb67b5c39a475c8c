import { describe, expect, test } from 'vitest';
import { bindCopy, type Copy, move, prepareScalar, stridesOf } from '../../kernels/shared/strided_copy.ts';
import { type DType, Tensor, viewOf } from '../../kernels/tensor.ts';

const types: DType[] = ['int8', 'uint8', 'bool', 'int16', 'int32', 'float32', 'int64'];

/** A tensor of `size` elements that are all different, as far as the type goes. */
function tensorOf(dtype: DType, size: number, first: number): Tensor {
  const tensor = new Tensor(0, 't', dtype, [size]);
  tensor.data = viewOf(dtype, new ArrayBuffer(8 * size), 0, size);
  for (let i = 0; i < size; i++) {
    tensor.data[i] = dtype === 'int64' ? BigInt(first + i) << 31n : dtype === 'bool' ? i & 1 : (first + i) * 257;
  }
  return tensor;
}

/** What the copy must leave in the target, element by element. */
function expected(copy: Copy, moreFrom = 0, moreTo = 0) {
  const result = Array.from<number | bigint>(copy.target.data);
  const walk = (d: number, from: number, to: number) => {
    if (d === copy.shape.length) result[to] = copy.source.data[from]!;
    else
      for (let i = 0; i < copy.shape[d]!; i++)
        walk(d + 1, from + i * copy.fromStrides[d]!, to + i * copy.toStrides[d]!);
  };
  walk(0, copy.from + moreFrom, copy.to + moreTo);
  return result;
}

describe.each(types)('a box of %s', (dtype) => {
  const source = tensorOf(dtype, 60, 1);
  const target = () => tensorOf(dtype, 120, 1000);
  const transposed = { shape: [5, 4, 3], from: 0, fromStrides: [1, 15, 5], to: 0, toStrides: [12, 3, 1] };

  test.each([
    { what: 'a scalar', shape: [], from: 7, fromStrides: [], to: 9, toStrides: [] },
    { what: 'one run', shape: [60], from: 0, fromStrides: [1], to: 0, toStrides: [1] },
    {
      what: 'dimensions that lie end to end',
      shape: [3, 4, 5],
      from: 0,
      fromStrides: [20, 5, 1],
      to: 40,
      toStrides: [20, 5, 1],
    },
    { what: 'runs of 4, with gaps', shape: [3, 4], from: 8, fromStrides: [20, 1], to: 4, toStrides: [8, 1] },
    { what: 'runs of 4 at an odd place', shape: [3, 4], from: 5, fromStrides: [20, 1], to: 3, toStrides: [8, 1] },
    { what: 'runs of 3', shape: [3, 3], from: 0, fromStrides: [20, 1], to: 0, toStrides: [4, 1] },
    { what: 'a transposed box', ...transposed },
    { what: 'every second element', shape: [10], from: 1, fromStrides: [2], to: 0, toStrides: [1] },
    { what: 'backwards', shape: [60], from: 59, fromStrides: [-1], to: 0, toStrides: [1] },
    { what: 'rows backwards', shape: [15, 4], from: 56, fromStrides: [-4, 1], to: 0, toStrides: [4, 1] },
    { what: 'repeated', shape: [3, 4, 5], from: 0, fromStrides: [5, 0, 1], to: 0, toStrides: [20, 5, 1] },
    {
      what: 'dimensions of size 1',
      shape: [1, 6, 1, 2, 1],
      from: 0,
      fromStrides: [9, 2, 7, 1, 3],
      to: 0,
      toStrides: [0, 4, 0, 2, 0],
    },
    { what: 'an empty box', shape: [3, 0, 2], from: 0, fromStrides: [1, 1, 1], to: 0, toStrides: [1, 1, 1] },
  ])('$what', ({ what: _, ...box }) => {
    const copy = { ...box, source, target: target() };
    const values = expected(copy);
    move([copy])();
    expect(Array.from<number | bigint>(copy.target.data)).toEqual(values);
  });

  test('further on by elements that are known at run time', () => {
    const copy = { shape: [2, 4], from: 0, fromStrides: [8, 1], to: 0, toStrides: [4, 1], source, target: target() };
    for (const { step, from, to } of [
      { step: 4, from: 12, to: 8 },
      { step: 1, from: 7, to: 3 },
      { step: 2, from: 6, to: 10 },
    ]) {
      const values = expected(copy, from, to);
      bindCopy(copy, step)(from, to);
      expect(Array.from<number | bigint>(copy.target.data)).toEqual(values);
    }
  });

  test('a target that is filled, then partly written', () => {
    const filled = target();
    const value = prepareScalar(dtype, 1);
    move([
      { source: value, target: filled },
      { shape: [2], from: 3, fromStrides: [1], to: 5, toStrides: [1], source, target: filled },
    ])();
    const values = Array.from<number | bigint>({ length: 120 }).fill(value.data[0]!);
    values[5] = source.data[3]!;
    values[6] = source.data[4]!;
    expect(Array.from<number | bigint>(filled.data)).toEqual(values);
  });
});

test('memory that is aligned for the type only', () => {
  const memory = new ArrayBuffer(64);
  const source = new Tensor(0, 's', 'int8', [8]);
  const target = new Tensor(1, 't', 'int8', [8]);
  source.data = new Int8Array(memory, 1, 8);
  source.data.set([1, 2, 3, 4, 5, 6, 7, 8]);
  target.data = new Int8Array(memory, 18, 8);
  move([{ shape: [8], from: 0, fromStrides: [1], to: 0, toStrides: [1], source, target }])();
  expect([...target.data]).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
});

test('strides', () => {
  expect(stridesOf([2, 3, 4])).toEqual([12, 4, 1]);
  expect(stridesOf([2, 0, 4])).toEqual([0, 4, 1]);
  expect(stridesOf([])).toEqual([]);
});
