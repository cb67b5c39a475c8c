/** Operators that look up, spread or sort by indices: EMBEDDING_LOOKUP, SCATTER_ND, TOPK_V2. */
import type { Prepared } from '../../../kernels/kernel.ts';
import type * as reference from '../../../kernels/reference/index.ts';
import { apply, call, condition, type Expression, entry, float32, name, number, over, read, sum, times } from '../../formula/expression.ts'; // biome-ignore format: one line
import { either, family, indicesOf, step } from '../../formula/formula.ts';
import { type Cases, dimensionNames, type Explained, formula, type OperatorExplainer, output } from './operator_explainer.ts'; // biome-ignore format: one line

export const EMBEDDING_LOOKUP: OperatorExplainer<Prepared<typeof reference.EMBEDDING_LOOKUP>> = {
  explain: ({ values, scales, output: target }) => {
    const cases = ([i, ...at]: Expression[]): Cases => {
      const row = read('ids', [i!]);
      const value = read('value', [row, ...at]);
      if (!scales) return [[value]];
      const signed = values.dtype === 'uint8' ? call('int8', value) : value;
      return [[float32(times(signed, scales.length === 1 ? scales[0]! : entry('scale', row)))]];
    };
    return {
      expressions: [output(target, cases)],
      ...(scales && scales.length > 1 && { tables: { scale: { first: 0, values: Array.from(scales) } } }),
      notes: [
        'an index outside of the table is an error',
        ...(scales && values.dtype === 'uint8' ? ['a defect of the reference: it reads uint8 as if it were int8'] : []),
      ],
    };
  },
};

/** An output's value is the sum of the updates whose indices are its place. */
export const SCATTER_ND: OperatorExplainer<Prepared<typeof reference.SCATTER_ND>> = {
  explain: ({ indices, output: target }) => {
    const outer = indices.shape.slice(0, -1);
    const depth = indices.shape.at(-1)!;
    const names = dimensionNames(target.shape.length);
    const places = outer.map((_, d) => `u${d}`);
    const at = places.map(name);
    const update = read('updates', [...at, ...names.slice(depth).map(name)]);
    const isMeant = names.slice(0, depth).map((i, d) => condition(read('indices', [...at, d]), '=', name(i)));
    const ranges = Object.fromEntries(places.map((place, d) => [place, outer[d]!]));
    const total = sum(ranges, apply('part', ...at));
    const stored = target.dtype === 'bool' ? call('min', total, 1) : call(target.dtype, total);
    return {
      expressions: [
        formula(
          indicesOf(names, target.shape),
          places.length === 0
            ? [either('output', [update, ...isMeant], ...(depth > 0 ? ([[number(0)]] as const) : []))]
            : [family('part', places, [update, ...isMeant]), step('output', stored)],
        ),
      ],
      notes: [
        'updates whose indices are others are left out of the sum: where all are, it is 0',
        'an index outside of the output is an error',
      ],
    };
  },
};

/** The value at place i is the one that i others precede. */
export const TOPK_V2: OperatorExplainer<Prepared<typeof reference.TOPK_V2>> = {
  explain: ({ values, rowSize }): Explained => {
    const names = dimensionNames(values.shape.length);
    const row = names.slice(0, -1).map(name);
    const [j, k] = [name('j'), name('k')];
    const of = (column: Expression) => read('input', [...row, column]);
    const place = [
      family(
        'precedes',
        ['k', 'j'],
        [number(1), condition(of(k), '>', of(j))],
        [number(1), condition(of(k), '=', of(j)), condition(k, '<', j)],
      ),
      family('rank', ['j'], [over('count', { k: rowSize }, apply('precedes', k, j))]),
      family('found', ['j'], [j, condition(apply('rank', j), '=', name(names.at(-1)!))]),
      step('place', sum({ j: rowSize }, apply('found', j))),
    ];
    const indices = indicesOf(names, values.shape);
    return {
      expressions: [
        formula(indices, [...place, step('output', of(name('place')))], 0),
        formula(indices, [...place, step('output', name('place'))], 1),
      ],
      notes: ['in descending order; of equal values, the first comes first'],
    };
  },
};
