/** Where values differ, and where else the candidate's are found: each statement where it must be made, and where not. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { diff } from '../../../src/diff/diff.ts';
import { type Differences, whereItDiffers } from '../../../src/diff/differences.ts';
import { longestStart, type OtherValues } from '../../../src/diff/elsewhere.ts';
import type { Values } from '../../../src/diff/hypothesis.ts';
import { Interpreter, type TensorData } from '../../../src/index.ts';
import { type NpyArray, readNpz } from '../../../src/io/npz.ts';
import { diffBlocks } from '../../../src/report/diff.ts';
import { differencesBlocks } from '../../../src/report/differences.ts';
import { render } from '../../../src/report/document.ts';
import { smallModel } from '../small_models.ts';

/** The tensors of a model that does nothing with them: int8, zero point 3. */
function tensorsOf(...shapes: readonly (readonly number[])[]) {
  const tensors = shapes.map((shape) => ({ type: 'INT8' as const, shape, scale: 0.5, zeroPoint: 3 }));
  const outputs = shapes.map((_, i) => i);
  return new Interpreter(smallModel({ tensors, nodes: [], inputs: outputs, outputs })).tensors;
}

const sizeOf = (shape: readonly number[]) => shape.reduce((product, dim) => product * dim, 1);

/** The same numbers on every machine, between -100 and 100. */
function drawn(size: number, seed = 1): Values {
  let state = seed;
  return Float64Array.from({ length: size }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return ((state >>> 8) % 201) - 100;
  });
}

function where(shape: readonly number[], candidate: Values, reference: Values, others: readonly OtherValues[] = []) {
  const [tensor] = tensorsOf(shape);
  return whereItDiffers(candidate, reference, { tensor: tensor!, target: 'quantized', others, runs: [] });
}

/** With what is added to the values for which `isWrong`. */
function wrongAt(shape: readonly number[], isWrong: (index: number[], position: number) => boolean): Differences {
  const reference = drawn(sizeOf(shape));
  const candidate = reference.map((value, position) => {
    const index: number[] = [];
    for (let d = shape.length - 1, rest = position; d >= 0; rest = Math.floor(rest / shape[d]!), d--)
      index.unshift(rest % shape[d]!);
    return isWrong(index, position) ? value + 1 + (position % 5) : value;
  });
  return where(shape, candidate, reference)!;
}

const textOf = (differences: Differences) => render(differencesBlocks(differences), 'text');
const idsOf = (differences: Differences | null) => differences!.elsewhere.map(({ id }) => id);

describe('positions', () => {
  const shape = [1, 8, 9, 20];

  test('nothing differs', () => {
    expect(where(shape, drawn(1440), drawn(1440))).toBeNull();
  });

  test('one value', () => {
    const found = wrongAt(shape, (_, position) => position === 700);
    expect(found).toMatchObject({
      different: 1,
      first: { position: 700, index: [0, 3, 8, 0] },
      last: { position: 700 },
      box: { from: [0, 3, 8, 0], to: [0, 3, 8, 0] },
      positions: [[700, 700]],
      maxDifference: 1,
      greater: 1,
      border: null,
      period: null,
      elsewhere: [],
    });
    expect(textOf(found)).toContain('row 3 of 8; column 8 of 9; channel 0 of 20');
  });

  test('channels, rows, columns: which, or all', () => {
    const found = wrongAt(shape, ([, row, , channel]) => row === 2 && channel! >= 16);
    expect(found.axes.map(({ name, indices, count }) => [name, indices, count])).toEqual([
      ['row', [[2, 2]], 1],
      ['column', [[0, 8]], 9],
      ['channel', [[16, 19]], 4],
    ]);
    expect(found.box).toEqual({ from: [0, 2, 0, 16], to: [0, 2, 8, 19] });
    expect(found.positions).toHaveLength(9);
    expect(textOf(found)).toContain('row 2 of 8; all 9 columns; channel 16 to 19 of 20, behind the last whole 8 or 16');
  });

  test('every second channel, which is no period besides', () => {
    const found = wrongAt(shape, ([, , , channel]) => channel! % 2 === 1);
    expect(found.period).toBeNull();
    expect(textOf(found)).toContain('all 8 rows; all 9 columns; channel 1 to 19 by 2 of 20');
  });

  test.each([
    [[1, 8, 9, 16], 12, []],
    [[1, 8, 9, 20], 15, []],
    [[1, 8, 9, 20], 17, []],
    [[1, 8, 9, 35], 32, [4, 8, 16, 32]],
  ] as const)('the remainder of a vector, %j from channel %i', (dims, from, remainderOf) => {
    expect(wrongAt(dims, ([, , , channel]) => channel! >= from).axes.at(-1)!.remainderOf).toEqual(remainderOf);
  });

  test.each([
    [1, (y: number, x: number) => y === 0 || x === 0 || y === 7 || x === 8],
    [1, (y: number, x: number) => y === 0 || x === 0],
    [2, (y: number, x: number) => y < 2 || x > 6],
    [null, (y: number) => y === 0],
    [null, (y: number, x: number) => y === 0 || x === 0 || (y === 3 && x === 4)],
    [null, () => true],
  ])('the border of %s', (border, isWrong) => {
    const found = wrongAt([1, 8, 9, 4], ([, y, x]) => isWrong(y!, x!));
    expect(found.border).toBe(border);
    if (border) expect(textOf(found)).toContain('outermost rows and columns');
  });

  test.each([
    [{ period: 7, residues: [3] }, (p: number) => p % 7 === 3],
    [{ period: 16, residues: [12, 13, 14, 15] }, (p: number) => p % 16 > 11],
    [null, (p: number) => p % 7 === 3 || p === 700],
    [null, (p: number) => p % 7 === 3 && p < 70],
    [null, (p: number) => p % 20 === 4],
  ])('the period %j', (period, isWrong) => {
    const found = wrongAt(shape, (_, position) => isWrong(position));
    if (period?.residues.length === 4) expect(found.period!.residues.length / found.period!.period).toBe(1 / 4);
    else expect(found.period).toEqual(period);
  });

  test('magnitudes: signs, NaN', () => {
    const reference = drawn(40);
    const candidate = reference.slice();
    candidate[3]! += 4;
    candidate[5]! -= 2;
    candidate[7] = Number.NaN;
    const found = where([1, 40], candidate, reference)!;
    expect(found).toMatchObject({ different: 3, notNumbers: 1, maxDifference: 4, meanDifference: 3, greater: 1 });
    expect(textOf(found)).toContain('4, mean 3; 1 greater; 1 value not a number');
  });
});

// ---- elsewhere

/** candidate[b][y][x][c] = what `of` says. */
function moved([b, h, w, c]: readonly number[], of: (n: number, y: number, x: number, c: number) => number): Values {
  const values: number[] = [];
  for (let n = 0; n < b!; n++)
    for (let y = 0; y < h!; y++) for (let x = 0; x < w!; x++) for (let i = 0; i < c!; i++) values.push(of(n, y, x, i));
  return Float64Array.from(values);
}

describe('the same values at other places', () => {
  const shape = [2, 6, 5, 8];
  const reference = drawn(480);
  const at = (n: number, y: number, x: number, c: number) => reference[((n * 6 + y) * 5 + x) * 8 + c]!;
  const square = [1, 6, 6, 8];
  const atSquare = (y: number, x: number, c: number) => reference[(y * 6 + x) * 8 + c]!;

  test.each<[string, Values]>([
    ['channel-reversed', moved(shape, (n, y, x, c) => at(n, y, x, 7 - c))],
    ['row-reversed', moved(shape, (n, y, x, c) => at(n, 5 - y, x, c))],
    ['column-reversed', moved(shape, (n, y, x, c) => at(n, y, 4 - x, c))],
    ['batch-reversed', moved(shape, (n, y, x, c) => at(1 - n, y, x, c))],
    ['channel-rotated-3', moved(shape, (n, y, x, c) => at(n, y, x, (c + 3) % 8))],
    ['column-rotated-1', moved(shape, (n, y, x, c) => at(n, y, (x + 1) % 5, c))],
    ['channel-pairs-swapped', moved(shape, (n, y, x, c) => at(n, y, x, c ^ 1))],
    ['channel-interleaved-2', moved(shape, (n, y, x, c) => at(n, y, x, (c % 2) * 4 + (c >> 1)))],
    ['channel-interleaved-4', moved(shape, (n, y, x, c) => at(n, y, x, (c % 4) * 2 + (c >> 2)))],
    ['channel-shifted-1', moved(shape, (n, y, x, c) => (c < 1 ? -128 : at(n, y, x, c - 1)))],
    ['column-shifted--1', moved(shape, (n, y, x, c) => (x > 3 ? -128 : at(n, y, x + 1, c)))],
    ['channel-other', moved(shape, (n, y, x, c) => at(n, y, x, [0, 5, 2, 3, 1, 4, 7, 6][c]!))],
    ['channel-other', moved(shape, (n, y, x, c) => at(n, y, x, c === 6 ? 5 : c))],
    ['rotated-180', moved(shape, (n, y, x, c) => at(n, 5 - y, 4 - x, c))],
    ['reversed', reference.toReversed()],
    ['groups-of-4-reversed', reference.map((_, i) => reference[i ^ 3]!)],
    ['shifted-1', Float64Array.of(9, ...reference.subarray(0, -1))],
    ['shifted--1', Float64Array.of(...reference.subarray(1), 9)],
    ['shifted-40', Float64Array.of(...drawn(40, 5), ...reference.subarray(0, -40))],
    ['order-CHW', Float64Array.from([0, 1].flatMap((n) => [...moved([1, 8, 6, 5], (_, c, y, x) => at(n, y, x, c))]))],
    ['order-WHC', Float64Array.from([0, 1].flatMap((n) => [...moved([1, 5, 6, 8], (_, x, y, c) => at(n, y, x, c))]))],
  ])('%s', (id, candidate) => {
    const found = where(shape, candidate, reference)!;
    const [first, ...others] = found.elsewhere;
    expect(first).toMatchObject({ kind: 'permutation', id, weak: false });
    expect(others).toEqual([]);
    expect(textOf(found)).toContain(`The candidate’s values are the reference’s, ${first!.title.slice(17)}`);
    const touched = candidate.slice();
    touched[57]! += 1;
    touched[203]! -= 1;
    expect(idsOf(where(shape, touched, reference))).not.toContain(id);
  });

  test('rows and columns of a square transposed', () => {
    const own = reference.subarray(0, 288);
    const found = where(
      square,
      moved(square, (_, y, x, c) => atSquare(x, y, c)),
      own,
    );
    expect(idsOf(found)).toEqual(['order-WHC']);
    expect(found!.elsewhere[0]!.title).toContain('rows and columns transposed');
  });

  test('taken to be CHW: what is HWC is read as [c][y][x]', () => {
    const candidate = moved([1, 6, 5, 8], (_, y, x, c) => reference[(c * 6 + y) * 5 + x]!);
    expect(idsOf(where([1, 6, 5, 8], candidate, reference.subarray(0, 240)))).toEqual(['order-CHW-read']);
  });

  test('a list of few values: weak evidence, which is said', () => {
    const few = drawn(10);
    const found = where([1, 10], few.toReversed(), few)!;
    expect(found.elsewhere[0]).toMatchObject({ id: 'channel-reversed', weak: true, informative: 9 });
    expect(textOf(found)).toContain('(weak evidence: 9 informative values)');
  });

  test('values that are nearly all equal prove nothing', () => {
    const scores = Float64Array.from({ length: 100 }, (_, i) => (i === 20 ? 120 : i === 79 ? 3 : -128));
    expect(idsOf(where([1, 100], scores.toReversed(), scores))).toEqual([]);
    const flat = new Float64Array(240).fill(-128);
    flat[7] = 5;
    const other = new Float64Array(240).fill(-128);
    other[8] = 5;
    expect(idsOf(where([1, 6, 5, 8], other, flat))).toEqual([]);
  });

  test('wrong values are no permutation', () => {
    expect(idsOf(where(shape, drawn(480, 77), reference))).toEqual([]);
    expect(idsOf(wrongAt(shape, () => true))).toEqual([]);
  });
});

describe('one value', () => {
  const reference = drawn(200);
  const filled = (value: number, from = 100) => reference.map((own, i) => (i < from ? own : value));

  test.each([
    [0, 'all 0 where they differ (not real 0: a buffer cleared and not written)'],
    [3, 'all 3 where they differ (real 0, the zero point)'],
    [-128, 'all -128 where they differ (the lowest int8)'],
    [127, 'all 127 where they differ (the highest int8)'],
    [-51, 'all -51 where they differ (0xCD, a fill of memory that was not written)'],
    [-86, 'all -86 where they differ (0xAA, a fill of memory that was not written)'],
    [17, 'all 17 where they differ'],
  ])('%i', (value, title) => {
    const found = where([1, 200], filled(value), reference)!;
    expect(found.elsewhere).toMatchObject([{ kind: 'constant', id: `constant-${value}`, title, weak: false }]);
    expect(found.positions.length).toBeLessThan(4);
  });

  test('a few values are weak evidence; one other value is none', () => {
    expect(where([1, 200], filled(0, 190), reference)!.elsewhere).toMatchObject([{ id: 'constant-0', weak: true }]);
    const candidate = filled(0);
    candidate[150] = 99;
    expect(idsOf(where([1, 200], candidate, reference))).toEqual([]);
    expect(idsOf(where([1, 200], filled(0, 198), reference))).toEqual([]);
  });

  test('where the reference has one value too, a wrong one says nothing', () => {
    const flat = new Float64Array(200).fill(7);
    expect(idsOf(where([1, 200], new Float64Array(200).fill(8), flat))).toEqual([]);
  });
});

describe('the values of another tensor', () => {
  const [own, other, third] = tensorsOf([1, 100], [1, 60], [1, 100]);
  const reference = drawn(100);
  const others: OtherValues[] = [
    { tensor: other!, node: 4, op: 'ADD', whose: 'candidate', values: drawn(60, 2) },
    { tensor: third!, node: null, op: null, whose: 'reference', values: drawn(100, 3) },
  ];
  const find = (candidate: Values) =>
    whereItDiffers(candidate, reference, { tensor: own!, target: 'quantized', others, runs: [] })!;

  test('all of them', () => {
    expect(find(drawn(100, 3)).elsewhere).toMatchObject([{ kind: 'tensor', tensor: 2, node: null, weak: false }]);
    expect(textOf(find(drawn(100, 3)))).toContain(
      "The candidate’s values are those of tensor 2 't2', an input of the model: a buffer in use for both",
    );
  });

  test('a part: its end lies in their beginning', () => {
    const candidate = Float64Array.of(...reference.subarray(0, 70), ...drawn(60, 2).subarray(0, 30));
    expect(find(candidate).elsewhere).toMatchObject([{ tensor: 1, node: 4, weak: false }]);
    expect(find(candidate).elsewhere[0]!.title).toMatch(
      /^from flat position 70 to 99 those of tensor 1 't1', the output of node 4 ADD, of its positions 0 to 29: /,
    );
  });

  test('two parts of two tensors', () => {
    const candidate = Float64Array.of(...drawn(60, 2).subarray(20), ...drawn(100, 3).subarray(0, 60));
    expect(find(candidate).elsewhere).toMatchObject([{ tensor: 1 }, { tensor: 2 }]);
  });

  test('not where a value is another, nor where few are alike', () => {
    const candidate = drawn(100, 3);
    candidate[50]! ^= 1;
    const touched = find(candidate).elsewhere;
    expect(touched.filter(({ values }) => values > 60)).toEqual([]);
    const few = reference.slice();
    few.set(drawn(60, 2).subarray(0, 3), 10);
    expect(find(few).elsewhere).toEqual([]);
    few.set(drawn(60, 2).subarray(0, 9), 10);
    expect(find(few).elsewhere).toMatchObject([{ tensor: 1, weak: true }]);
  });

  test('longest beginnings, against a slow search', () => {
    for (let seed = 1; seed < 200; seed++) {
      const text = drawn(30, seed).map((value) => value & 1);
      const pattern = drawn(1 + (seed % 9), seed + 500).map((value) => value & 1);
      let longest = 0;
      for (let offset = 0; offset < text.length; offset++) {
        let length = 0;
        while (length < pattern.length && pattern[length] === text[offset + length]) length++;
        longest = Math.max(longest, length);
      }
      const { length, offset } = longestStart(pattern, text);
      expect([seed, length]).toEqual([seed, longest]);
      expect([...text.subarray(offset, offset + length)]).toEqual([...pattern.subarray(0, length)]);
    }
  });
});

describe('in a model', () => {
  const read = (path: string) => readFileSync(new URL(`../../../${path}`, import.meta.url));
  const digits = new Interpreter(read('models/digits_conv_int8/model.tflite'));
  const runs = readNpz(read('models/digits_conv_int8/golden.npz'), 'golden.npz').get('input_0')!;
  const input = (example: number) => (runs.data as Int8Array).slice(784 * example, 784 * (example + 1)) as TensorData;
  const valuesOn = (data: TensorData) => {
    const arrays = new Map<string, NpyArray>();
    digits.invoke([data], {
      tap: ({ index, dtype, shape, data: values }) => arrays.set(`tensor_${index}`, { dtype, shape, data: values }),
    });
    return arrays;
  };
  const textFor = (arrays: ReadonlyMap<string, NpyArray>, otherInputs: { name: string; inputs: TensorData[] }[] = []) =>
    render(diffBlocks('m', 't', diff(digits, [input(0)], arrays, { otherInputs })), 'text');
  const nodes = digits.nodes.map(({ outputs }) => `tensor_${outputs[0]!.index}`);

  test('a buffer that a later node has written again, before it was dumped', () => {
    const arrays = valuesOn(input(0));
    const [, pooled, later] = nodes.map((name) => arrays.get(name)!);
    const data = pooled!.data.slice() as Int8Array;
    data.set((later!.data as Int8Array).subarray(0, 300), 100);
    const found = diff(digits, [input(0)], arrays.set(nodes[1]!, { ...pooled!, data }));
    expect(found.divergent[0]!.node).toBe(1);
    expect(found.divergent[0]!.differences!.elsewhere).toMatchObject([{ kind: 'tensor', node: 2 }]);
  });

  test('values of another run: of the given input, and of another example', () => {
    const stale = valuesOn(input(1)).set(nodes[3]!, valuesOn(input(0)).get(nodes[3]!)!);
    const own = { dtype: 'int8', shape: [1, 28, 28, 1], data: input(1) } as NpyArray;
    expect(textFor(new Map([['input_0', own], ...stale]))).toContain(
      'The candidate’s values are the reference’s on the input that was given, and not on the candidate’s own',
    );
    const other = valuesOn(input(0)).set(nodes[3]!, valuesOn(input(3)).get(nodes[3]!)!);
    const examples = [1, 2, 3].map((example) => ({ name: `example ${example}`, inputs: [input(example)] }));
    expect(textFor(other, examples)).toContain('The candidate’s values are the reference’s for example 3: left from');
    expect(textFor(other, examples.slice(0, 2))).not.toContain('example');
  });
});
