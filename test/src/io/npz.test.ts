import { zipSync } from 'fflate';
import { describe, expect, test } from 'vitest';
import { InputError } from '../../../kernels/errors.ts';
import { type NpyArray, readNpy, readNpz, writeNpy, writeNpz } from '../../../src/io/npz.ts';

/** A .npy file as written down: header text, then bytes. */
function npy(header: string, values: ArrayLike<number>, version = 1): Uint8Array {
  const length = version === 1 ? [header.length & 255, header.length >> 8] : [header.length, 0, 0, 0];
  const text = [...header].map((c) => c.charCodeAt(0));
  return Uint8Array.from([
    0x93,
    ...[...'NUMPY'].map((c) => c.charCodeAt(0)),
    version,
    0,
    ...length,
    ...text,
    ...Array.from(values),
  ]);
}

const header = (descr: string, shape: string, fortran = 'False') =>
  `{'descr': '${descr}', 'fortran_order': ${fortran}, 'shape': (${shape}), }`;

const arrays: readonly NpyArray[] = [
  { dtype: 'int8', shape: [2, 3], data: Int8Array.of(-128, -1, 0, 1, 2, 127) },
  { dtype: 'uint8', shape: [3], data: Uint8Array.of(0, 128, 255) },
  { dtype: 'bool', shape: [2], data: Uint8Array.of(0, 1) },
  { dtype: 'int16', shape: [1, 2, 1], data: Int16Array.of(-32768, 32767) },
  { dtype: 'uint16', shape: [1], data: Uint16Array.of(65535) },
  { dtype: 'int32', shape: [2], data: Int32Array.of(-(2 ** 31), 2 ** 31 - 1) },
  { dtype: 'uint32', shape: [1], data: Uint32Array.of(2 ** 32 - 1) },
  { dtype: 'int64', shape: [2], data: BigInt64Array.of(-(2n ** 63n), 2n ** 63n - 1n) },
  { dtype: 'float32', shape: [4], data: Float32Array.of(-0, Number.NaN, Number.POSITIVE_INFINITY, 0.1) },
  { dtype: 'float64', shape: [], data: Float64Array.of(0.1) }, // a scalar
  { dtype: 'int8', shape: [0, 3], data: new Int8Array(0) }, // nothing in it
];

describe('what is written is read back', () => {
  test.each(arrays)('$dtype $shape', (array) => {
    expect(readNpy(writeNpy(array), 'a.npy')).toEqual(array);
  });

  test('the data begins at a multiple of 64, whatever the header', () => {
    for (let rank = 0; rank < 40; rank++) {
      const shape = new Array<number>(rank).fill(1);
      expect((writeNpy({ dtype: 'int8', shape, data: Int8Array.of(7) }).length - 1) % 64).toBe(0);
    }
  });

  test('an npz, by name', () => {
    const named = new Map(arrays.map((array, i) => [`input_${i}`, array]));
    expect(readNpz(writeNpz(named), 'a.npz')).toEqual(named);
  });

  test('a type that NumPy does not have', () => {
    expect(() => writeNpy({ dtype: 'int4', shape: [1], data: Int8Array.of(1) })).toThrow(InputError);
  });
});

describe('what NumPy and others write', () => {
  test.each<[string, Uint8Array, number[], number[]]>([
    [
      'fortran order, columns first',
      npy(header('|i1', '2, 3', 'True'), [1, 4, 2, 5, 3, 6]),
      [2, 3],
      [1, 2, 3, 4, 5, 6],
    ],
    [
      'fortran order of three dimensions',
      npy(header('|i1', '2, 2, 2', 'True'), [1, 5, 3, 7, 2, 6, 4, 8]),
      [2, 2, 2],
      [1, 2, 3, 4, 5, 6, 7, 8],
    ],
    ['fortran order of one dimension', npy(header('|i1', '2,', 'True'), [1, 2]), [2], [1, 2]],
    ['format 2.0, a header length of four bytes', npy(header('|i1', '1,'), [5], 2), [1], [5]],
    ['double quotes, no spaces', npy(`{"descr":"<i2","fortran_order":False,"shape":(1,)}`, [1, 2]), [1], [513]],
    ['no byte order', npy(header('i1', '1,'), [255]), [1], [-1]],
  ])('%s', (_, bytes, shape, values) => {
    const array = readNpy(bytes, 'a.npy');
    expect([array.shape, Array.from(array.data, Number)]).toEqual([shape, values]);
  });

  test("a Buffer, a view into Node's pool at an odd offset", () => {
    const pool = Buffer.alloc(301, 99);
    const file = Buffer.from(writeNpy(arrays[5]!));
    file.copy(pool, 3);
    expect(readNpy(pool.subarray(3, 3 + file.length), 'a.npy')).toEqual(arrays[5]);
  });

  test('the data is a copy', () => {
    const file = writeNpy(arrays[0]!);
    const { data } = readNpy(file, 'a.npy');
    file.fill(0);
    expect(data).toEqual(arrays[0]!.data);
  });
});

describe('wrong files', () => {
  test.each<[string, Uint8Array, RegExp]>([
    ['empty', new Uint8Array(0), /^a.npy is no .npy file/],
    ['a text', new TextEncoder().encode('1, 2, 3'), /^a.npy is no .npy file/],
    ['nothing but magic', npy('', []).subarray(0, 6), /^a.npy is cut in its header/],
    ['cut in the header', npy(header('|i1', '1,'), [1]).subarray(0, 30), /^a.npy is cut in its header/],
    [
      'a header of 4 GB',
      Uint8Array.from([0x93, ...Buffer.from('NUMPY'), 2, 0, 255, 255, 255, 255, 1]),
      /cut in its header/,
    ],
    ['big endian', npy(header('>i2', '1,'), [0, 1]), /little-endian/],
    ['Python objects', npy(header('|O', '1,'), [0]), /little-endian/],
    ['half precision', npy(header('<f2', '1,'), [0, 0]), /float32/],
    ['a type named as a method', npy(header('<toString', '1,'), [0]), /little-endian/],
    ['a record', npy(`{'descr': [('a', '<i2')], 'fortran_order': False, 'shape': (1,), }`, [0, 0]), /little-endian/],
    ['no shape', npy(`{'descr': '<i2'}`, [0, 0]), /little-endian/],
    ['too few values', npy(header('<i4', '2,'), [1, 0, 0, 0]), /4 bytes of values; int32 \[2\] takes 8/],
    ['too many values', npy(header('|i1', '2,'), [1, 0, 0]), /3 bytes/],
    ['half a value', npy(header('<i4', '2,'), [1, 0, 0, 0, 0]), /5 bytes/],
    ['a shape beyond all memory', npy(header('<i4', `${2 ** 40}, ${2 ** 40}`), [1]), /takes 4.835703278458517e\+24/],
  ])('%s', (_, bytes, message) => {
    expect(() => readNpy(bytes, 'a.npy')).toThrow(InputError);
    expect(() => readNpy(bytes, 'a.npy')).toThrow(message);
  });

  test('every cut of an npz is an InputError, and so is every byte set to 255', () => {
    const file = writeNpz(new Map([['input_0', arrays[0]!]]));
    for (let length = 0; length < file.length; length++) expectInputErrorOrArrays(file.slice(0, length));
    for (let i = 0; i < file.length; i++) expectInputErrorOrArrays(file.with(i, 255));
  });

  test('an entry that is no array is named', () => {
    const file = zipSync({ 'labels.txt': Uint8Array.of(65) });
    expect(() => readNpz(file, 'a.npz')).toThrow(/^a.npz: labels.txt is no .npy file/);
  });
});

function expectInputErrorOrArrays(bytes: Uint8Array) {
  try {
    readNpz(bytes, 'a.npz');
  } catch (error) {
    expect(error).toBeInstanceOf(InputError);
  }
}
