/**
 * Wrong implementations of models that test/diff/drawn.py drew: what diff says of each is so. DRAWN=FILE takes those of a file
 * instead, which `drawn.py --fresh SEED COUNT FILE` wrote, and prints how many are named.
 */
import { afterAll, describe, expect, test } from 'vitest';
import { readCases, verdictOf } from '../../diff/drawn_cases.ts';

const { DRAWN } = process.env;
const cases = readCases(DRAWN ?? new URL('../../diff/drawn.npz', import.meta.url));
const known = cases.filter(({ mistakes: [first] }) => !first!.startsWith('unknown') && first !== 'right');
const others = cases.filter((drawn) => !known.includes(drawn));
const named = new Set<string>();
let count = 0;

describe('the right place, and a mistake that it is or none', () => {
  test.each(known)('$name', (drawn) => {
    const verdict = verdictOf(drawn, drawn.run());
    expect(verdict).not.toMatchObject({ is: 'false' });
    if (verdict.is !== 'named') return;
    count++;
    if (drawn.mistakes.length === 1) named.add(drawn.mistakes[0]!);
  });

  test('every mistake that was drawn is named at least once', () => {
    const singles = known.filter(({ mistakes }) => mistakes.length === 1).map(({ mistakes: [id] }) => id!);
    if (!DRAWN) expect([...new Set(singles)].filter((id) => !named.has(id))).toEqual([]);
  });
});

describe('no mistake where none is known, nothing where nothing is wrong', () => {
  test.each(others)('$name', (drawn) => {
    expect(verdictOf(drawn, drawn.run())).toEqual({ is: drawn.mistakes[0] === 'right' ? 'named' : 'honest' });
  });
});

afterAll(() => {
  if (DRAWN) console.log(`${count} of ${known.length} known mistakes are named; ${others.length} others`);
});
