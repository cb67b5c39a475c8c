import fc from 'fast-check';
import Long from 'long';
import { describe, expect, it, test } from 'vitest';
import * as fp from '../../kernels/fixed_point.ts';
import {
  divisor,
  doubleFactor,
  floatMultiplier,
  frexp,
  quantizeMultiplier,
  reduceMultiplier,
  roundHalfAway,
  roundHalfEven,
  SIGMOID_TABLE,
  sigmoidMultiplier,
  softmaxInputRadius,
  softmaxMultiplier,
} from '../../kernels/quantization.ts';

const MIN = -(2 ** 31);
const MAX = 2 ** 31 - 1;
const EDGES = [
  MIN,
  MIN + 1,
  -(2 ** 30),
  -65537,
  -65536,
  -32768,
  -3,
  -2,
  -1,
  0,
  1,
  2,
  3,
  32767,
  65535,
  65536,
  2 ** 30,
  MAX,
];

const int32 = fc.oneof(
  { weight: 3, arbitrary: fc.integer({ min: MIN, max: MAX }) },
  { weight: 1, arbitrary: fc.constantFrom(...EDGES) },
  { weight: 1, arbitrary: fc.integer({ min: -70000, max: 70000 }) },
);
const multiplier = fc.oneof(
  fc.integer({ min: 2 ** 30, max: MAX }),
  fc.constantFrom(2 ** 30, 2 ** 30 + 1, MAX - 1, MAX),
);

/** All of it in big integers: the oracle. */
const wrap = (x: bigint) => Number(BigInt.asIntN(32, x));
const high32 = (x: bigint) => wrap(x >> 32n);
const srdhm = (a: number, b: number) =>
  a === MIN && b === MIN ? MAX : wrap((BigInt(a) * BigInt(b) + (1n << 30n)) >> 31n);
/** n / d, rounded half away from zero. */
function divideHalfAway(n: bigint, d: bigint): bigint {
  const magnitude = (2n * (n < 0n ? -n : n) + d) / (2n * d);
  return n < 0n ? -magnitude : magnitude;
}
const rdpot = (x: number, e: number) => wrap(divideHalfAway(BigInt(x), 1n << BigInt(e)));
const multiplyTwice = (x: number, m: number, s: number) => fp.multiplyByQuantizedMultiplier(x, m, s, false);

function check<T extends unknown[]>(
  runs: number,
  arbitraries: { [K in keyof T]: fc.Arbitrary<T[K]> },
  same: (...t: T) => void,
) {
  fc.assert(fc.property(...(arbitraries as unknown as [fc.Arbitrary<unknown>]), same as (...t: unknown[]) => void), {
    numRuns: runs,
  });
}
/** expect() costs microseconds, so properties compare first. */
function equal(actual: number, expected: number) {
  if (!Object.is(actual, expected)) expect(actual).toBe(expected);
}

describe('products', () => {
  it('multiplyHigh and multiplyHighUnsigned are the high limb of the product', () => {
    const same = (a: number, b: number) => {
      equal(fp.multiplyHigh(a, b), Long.fromInt(a).mul(Long.fromInt(b)).high);
      equal(fp.multiplyHighUnsigned(a, b), high32(BigInt(a >>> 0) * BigInt(b >>> 0)));
    };
    for (const a of EDGES) for (const b of EDGES) same(a, b);
    check(50_000, [int32, int32], same);
  });

  it('saturatingRoundingDoublingHighMul rounds ties up and saturates once', () => {
    equal(fp.saturatingRoundingDoublingHighMul(MIN, MIN), MAX);
    equal(fp.saturatingRoundingDoublingHighMul(1, 2 ** 30), 1); // 0.5
    equal(fp.saturatingRoundingDoublingHighMul(-1, 2 ** 30), 0); // -0.5
    for (const a of EDGES) for (const b of EDGES) equal(fp.saturatingRoundingDoublingHighMul(a, b), srdhm(a, b));
    check(50_000, [int32, int32], (a, b) => equal(fp.saturatingRoundingDoublingHighMul(a, b), srdhm(a, b)));
  });

  it('saturatingRoundingDoublingHighMul16, every int16 by some', () => {
    for (const b of [-32768, -32767, -16384, -1, 0, 1, 3, 12345, 16384, 32767]) {
      for (let a = -32768; a < 32768; a++) {
        const exact = Math.floor((a * b + 2 ** 14) / 2 ** 15);
        equal(fp.saturatingRoundingDoublingHighMul16(a, b), Math.min(exact, 32767));
      }
    }
  });
});

describe('shifts', () => {
  it('roundingDivideByPOT rounds half away from zero', () => {
    for (let e = 0; e <= 12; e++) for (let x = -5000; x <= 5000; x++) equal(fp.roundingDivideByPOT(x, e), rdpot(x, e));
    check(50_000, [int32, fc.nat(31)], (x, e) => equal(fp.roundingDivideByPOT(x, e), rdpot(x, e)));
  });

  it('roundingDivideByPOT beyond 31: the mask of a 64-bit shift, the shift of a 32-bit one', () => {
    check(10_000, [int32, fc.integer({ min: 32, max: 127 })], (x, e) => {
      const mask = wrap((1n << BigInt(e % 64)) - 1n);
      const up = (x & mask) > (mask >> 1) + (x < 0 ? 1 : 0);
      equal(fp.roundingDivideByPOT(x, e), ((x >> (e % 32)) + (up ? 1 : 0)) | 0);
    });
  });

  it('roundingDivideByPOT16, every int16: beyond 15 the mask is all ones', () => {
    for (let e = 0; e <= 31; e++) {
      for (let x = -32768; x < 32768; x += e < 17 ? 1 : 7) {
        const mask = ((e < 16 ? (1 << e) - 1 : -1) << 16) >> 16;
        const up = (x & mask) > (mask >> 1) + (x < 0 ? 1 : 0);
        equal(fp.roundingDivideByPOT16(x, e), (x >> e) + (up ? 1 : 0));
      }
    }
  });

  it('saturatingRoundingMultiplyByPOT', () => {
    check(30_000, [int32, fc.integer({ min: -31, max: 31 })], (x, e) => {
      const left = Math.max(MIN, Math.min(MAX, x * 2 ** e));
      equal(fp.saturatingRoundingMultiplyByPOT(x, e), e > 0 ? left : rdpot(x, -e));
    });
  });

  it('saturatingLeftShift, every int16', () => {
    for (let amount = 0; amount <= 20; amount++) {
      for (let x = -32768; x < 32768; x += amount < 3 ? 1 : 7) {
        equal(fp.saturatingLeftShift(x, amount), Math.max(-32768, Math.min(32767, x * 2 ** amount)));
      }
    }
  });

  it('saturatingAdd', () => {
    check(20_000, [int32, int32], (a, b) => equal(fp.saturatingAdd(a, b), Math.max(MIN, Math.min(MAX, a + b))));
  });
});

describe('requantization', () => {
  const shift = fc.integer({ min: -31, max: 30 });
  /** x next to where x * m * 2^(s - 31) crosses k + 1/2, m * 2^(s - 31) being what scales it. */
  const nearTie = (k: number, m: number, s: number, off: number) => {
    const x = Math.round((k + 0.5) / (m * 2 ** (s - 31))) + off;
    return Math.abs(x) <= MAX ? x : x % MAX;
  };
  const k = fc.integer({ min: -40000, max: 40000 });
  const off = fc.integer({ min: -1, max: 1 });

  it('multiplyByQuantizedMultiplier rounds twice, after a left shift that wraps and counts mod 32', () => {
    const same = (x: number, m: number, s: number) =>
      equal(multiplyTwice(x, m, s), s > 0 ? srdhm(x << s, m) : rdpot(srdhm(x, m), -s));
    equal(multiplyTwice(169, 1073741697, 0), 84); // 84.49999… stays
    check(50_000, [int32, multiplier, shift], same);
    check(50_000, [k, multiplier, shift, off], (k, m, s, o) => same(nearTie(k, m, s, o), m, s));
    check(2_000, [int32, multiplier], (x, m) => equal(multiplyTwice(x, m, 102), multiplyTwice(x, m, 6)));
  });

  it('multiplyByPositiveMultiplier is multiplyByQuantizedMultiplier of a multiplier >= 0 and a shift >= -31', () => {
    const same = (x: number, m: number, s: number) =>
      equal(fp.multiplyByPositiveMultiplier(x, m, s), s > 0 ? srdhm(x << s, m) : rdpot(srdhm(x, m), -s));
    check(50_000, [int32, multiplier, shift], same);
    check(50_000, [k, multiplier, shift, off], (k, m, s, o) => same(nearTie(k, m, s, o), m, s));
    for (const x of EDGES)
      for (const m of [0, 2 ** 30, MAX]) for (const s of [-31, -1, 0, 1, 31, 32, 102]) same(x, m, s);
  });

  it('multiplyByQuantizedMultiplier with single rounding rounds once, half up, and keeps what a left shift takes out', () => {
    const same = (x: number, m: number, s: number) => {
      const n = BigInt((31 - s) & 63);
      const half = n === 0n ? 0n : 1n << (n - 1n);
      equal(fp.multiplyByQuantizedMultiplierSingleRounding(x, m, s), wrap((BigInt(x) * BigInt(m) + half) >> n));
    };
    check(40_000, [int32, multiplier, shift], same);
    check(40_000, [k, multiplier, shift, off], (k, m, s, o) => same(nearTie(k, m, s, o), m, s));
    // Negative multipliers, and shifts that DIV and RSQRT come to.
    check(40_000, [int32, int32, fc.integer({ min: -64, max: 31 })], same);
    for (const x of EDGES) for (const m of EDGES) for (let s = -64; s <= 31; s++) same(x, m, s);
    for (const multiply of [fp.multiplyByQuantizedMultiplier, fp.multiplyByQuantizedMultiplierSmallerThanOneExp]) {
      equal(multiply(2 ** 29, 2 ** 30, 3, true), (2 ** 31) | 0);
      equal(multiply(2 ** 30, 2 ** 30, 1, true), 2 ** 30);
      equal(multiply(-3, 2 ** 30, -1, true), -1);
    }
    equal(fp.multiplyByQuantizedMultiplier(2 ** 30, 2 ** 30, 1, false), -(2 ** 30)); // the shift wraps
  });

  it('the two differ where the first rounding lifts a value onto a tie, and on negative ties', () => {
    const m = 2 ** 30; // 0.5
    const both = (x: number) => [false, true].map((single) => fp.multiplyByQuantizedMultiplier(x, m, -1, single));
    expect([-3, -2, -1, 1, 2, 3].map(both)).toEqual([
      [-1, -1],
      [-1, 0],
      [0, 0],
      [1, 0],
      [1, 1],
      [1, 1],
    ]); // of quarters
  });

  it('multiplyByQuantizedMultiplier64 has a 15-bit multiplier and one rounding', () => {
    const acc = fc.oneof(
      fc.bigInt({ min: -(1n << 47n), max: (1n << 47n) - 1n }),
      fc.constantFrom(-(1n << 47n), (1n << 47n) - 1n, -(1n << 32n), -1n, 0n, 1n, (1n << 32n) - 1n),
    );
    const same = (acc: bigint, m: number, s: number) => {
      const r = reduceMultiplier(m);
      const expected = wrap((acc * BigInt(r) + (1n << BigInt(14 - s))) >> BigInt(15 - s));
      equal(fp.multiplyByQuantizedMultiplier64(high32(acc), wrap(acc), r, s), expected);
    };
    const shift = fc.integer({ min: -31, max: 14 });
    check(40_000, [acc, multiplier, shift], same);
    check(30_000, [k, multiplier, shift, off], (k, m, s, o) => {
      const acc = divideHalfAway(BigInt(2 * k + 1) << BigInt(14 - s), BigInt(reduceMultiplier(m))) + BigInt(o);
      if (acc < 1n << 47n && acc >= -(1n << 47n)) same(acc, m, s);
    });
  });
});

describe('multiplyByDouble has the bits of a double product', () => {
  const viaDouble = (acc: number, e: number) => {
    const rounded = roundHalfAway(acc * e);
    return Math.abs(rounded) < 2 ** 31 ? rounded | 0 : MIN;
  };
  const same = (acc: number, e: number) => {
    const big = BigInt(acc);
    equal(fp.multiplyByDouble(high32(big), wrap(big), doubleFactor(e)), viaDouble(acc, e));
    if (Math.abs(acc) <= MAX) equal(fp.multiplyByDouble32(acc, doubleFactor(e)), viaDouble(acc, e));
  };
  const significand = fc.double({ min: 1, max: 2, maxExcluded: true, noNaN: true });
  const acc53 = fc.oneof(int32, fc.maxSafeInteger());

  it('anywhere, in every binade', () => {
    check(40_000, [acc53, significand, fc.integer({ min: -1022, max: 1023 })], (acc, m, b) => same(acc, m * 2 ** b));
    check(40_000, [acc53, significand, fc.integer({ min: -60, max: 32 })], (acc, m, b) => same(acc, m * 2 ** b));
  });

  it('on both sides of k + 1/2', () => {
    const k = fc.oneof(fc.integer({ min: -300, max: 300 }), fc.integer({ min: -70000, max: 70000 }), int32);
    check(
      60_000,
      [k, significand, fc.integer({ min: -53, max: 4 }), fc.integer({ min: -2, max: 2 })],
      (k, m, b, off) => {
        const e = m * 2 ** b;
        const acc = Math.round((k + 0.5) / e) + off;
        if (Math.abs(acc) < 2 ** 53) same(acc, e);
      },
    );
  });

  it('where the product lies below k + 1/2 and only its rounding to 53 bits reaches it', () => {
    let lifted = 0;
    const k = fc.oneof(fc.nat(300), fc.nat(70000), fc.nat(MAX));
    check(60_000, [k, fc.oneof(fc.nat(MAX), fc.maxSafeNat()), fc.boolean()], (k, acc, negative) => {
      if (acc === 0) return;
      const e = (k + 0.5) / acc; // rounded, so that acc * e is next to k + 1/2
      same(negative ? -acc : acc, e);
      const { fraction, exponent } = frexp(e);
      const exact = 2n * BigInt(acc) * BigInt(fraction * 2 ** 53); // 2 * acc * e * 2^(53 - exponent)
      if (acc * e === k + 0.5 && exact < BigInt(2 * k + 1) << BigInt(53 - exponent)) lifted++;
    });
    expect(lifted).toBeGreaterThan(10_000);
  });

  it('on exact ties, away from zero', () => {
    for (const b of [-1, -2, -5, -20, -31]) {
      for (let k = -2000; k < 2000; k++) same((2 * k + 1) * 2 ** (-b - 1), 2 ** b);
    }
    expect([-3, -1, 1, 3].map((acc) => fp.multiplyByDouble32(acc, doubleFactor(0.5)))).toEqual([-2, -1, 1, 2]);
  });

  it('at the end of int32, and beyond: -2^31', () => {
    for (const e of [1, -1, 0.5, 0.75, 1 - 2 ** -53, 1 + 2 ** -52, 2, 2 ** 20 / 3, 2 ** 31, 1e300, 2 ** -21]) {
      for (const limit of [
        2 ** 31 - 1.5,
        2 ** 31 - 1,
        2 ** 31 - 0.5,
        2 ** 31,
        2 ** 32 - 0.25,
        2 ** 32,
        2 ** 33,
        2 ** 52,
      ]) {
        for (const off of [-2, -1, 0, 1, 2]) {
          const acc = Math.round(limit / e) + off;
          if (Math.abs(acc) < 2 ** 53) for (const sign of [-1, 1]) same(sign * acc, e);
        }
      }
    }
    equal(fp.multiplyByDouble32(MAX, doubleFactor(1)), MAX);
    equal(fp.multiplyByDouble32(MAX, doubleFactor(2)), MIN);
  });

  it('with degenerate factors', () => {
    const accs = [MIN, -1, 0, 1, MAX, 2 ** 52, -(2 ** 53) + 1, 2 ** 53 - 1];
    for (const e of [0, -0, 5e-324, -5e-324, 2 ** -1022, 1.7976931348623157e308, -1e308]) {
      for (const acc of accs) same(acc, e);
    }
    for (const e of [Infinity, -Infinity, NaN])
      for (const acc of accs) equal(fp.multiplyByDouble32(acc | 0, doubleFactor(e)), MIN);
  });
});

describe('64 bits in two limbs', () => {
  it('folding partial sums', () => {
    check(3_000, [fc.array(int32, { maxLength: 40 })], (parts) => {
      let [high, low] = [0, 0];
      let expected = Long.ZERO;
      for (const part of parts) {
        high = fp.foldHigh(high, low, part);
        low = (low + part) | 0;
        expected = expected.add(Long.fromInt(part));
      }
      equal(high, expected.high);
      equal(low, expected.low);
    });
  });

  it('addHigh', () => {
    check(20_000, [int32, int32, int32, int32], (aHigh, aLow, bHigh, bLow) =>
      equal(fp.addHigh(aHigh, aLow, bHigh, bLow), new Long(aLow, aHigh).add(new Long(bLow, bHigh)).high),
    );
  });

  it('subtractHigh, multiplyHigh64 and compare64', () => {
    check(20_000, [int32, int32, int32, int32], (aHigh, aLow, bHigh, bLow) => {
      const [a, b] = [new Long(aLow, aHigh), new Long(bLow, bHigh)];
      equal(fp.subtractHigh(aHigh, aLow, bHigh, bLow), a.sub(b).high);
      equal(fp.multiplyHigh64(aHigh, aLow, bHigh, bLow), a.mul(b).high);
      equal(fp.compare64(aHigh, aLow, bHigh, bLow), a.compare(b));
      equal(fp.compare64(aHigh, aLow, aHigh, bLow), a.compare(new Long(bLow, aHigh)));
    });
  });

  it('right shifts', () => {
    check(30_000, [int32, int32, fc.nat(63)], (high, low, n) => {
      equal(fp.shiftRight64(high, low, n), new Long(low, high).shiftRight(n).low);
      const small = high >> 1; // so that rounding cannot leave int64
      const rounded = ((BigInt(small) << 32n) + BigInt(low >>> 0) + (1n << BigInt(n)) / 2n) >> BigInt(n);
      if (n > 0) equal(fp.roundingShiftRight64(small, low, n), wrap(rounded));
    });
  });
});

test('divideTruncated', () => {
  for (const n of EDGES) for (const d of EDGES) if (d !== 0) equal(fp.divideTruncated(n, d), Math.trunc(n / d) | 0);
  for (let n = -100; n <= 100; n++) {
    for (let d = 1; d <= 100; d++) {
      equal(fp.divideTruncated(n, d), Math.trunc(n / d) | 0);
      equal(fp.divideTruncated(n, -d), Math.trunc(n / -d) | 0);
    }
  }
  const divisor = fc.oneof(int32, fc.integer({ min: -300, max: 300 })).filter((d) => d !== 0);
  check(20_000, [int32, divisor], (n, d) => {
    equal(fp.divideTruncated(n, d), Math.trunc(n / d) | 0);
    equal(fp.divideTruncated((n - (n % d)) | 0, d), Math.trunc(n / d) | 0);
  });
});

describe('division by a constant', () => {
  const around = (x: number) => [x - 1, x, x + 1].filter((x) => x >= MIN && x <= MAX);

  it('divide truncates', () => {
    for (let n = 1; n <= 300; n++) {
      const d = divisor(n);
      for (let x = -1000; x <= 1000; x++) equal(fp.divide(x, d), Math.trunc(x / n) | 0);
      for (const x of EDGES) equal(fp.divide(x, d), Math.trunc(x / n) | 0);
    }
    const n = fc.oneof(
      fc.integer({ min: 1, max: MAX }),
      fc.integer({ min: 1, max: 70000 }),
      fc.nat(30).map((b) => 2 ** b),
    );
    check(40_000, [int32, n], (x, n) => {
      const d = divisor(n);
      for (const y of around(x)) equal(fp.divide(y, d), Math.trunc(y / n) | 0);
      for (const y of around(x - (x % n))) equal(fp.divide(y, d), Math.trunc(y / n) | 0);
    });
    for (const n of [1, 2, 3, MAX - 1, MAX])
      for (const x of EDGES) equal(fp.divide(x, divisor(n)), Math.trunc(x / n) | 0);
  });

  it('roundingDivide rounds half away from zero', () => {
    for (let n = 1; n <= 300; n++) {
      const d = divisor(n);
      for (let x = -700; x <= 700; x++) equal(fp.roundingDivide(x, d), Number(divideHalfAway(BigInt(x), BigInt(n))));
    }
  });
});

// Rows computed by TFLite's own kernels, of which each depends on one of the functions.
describe('functions', () => {
  /** SOFTMAX or LOG_SOFTMAX of an int8 row, as reference_ops does it. */
  function softmax(x: number[], inputScale: number): { S: number; e: (d: number) => number; minimum: number } {
    const { multiplier, shift } = quantizeMultiplier(softmaxMultiplier(1, inputScale, false), false);
    const minimum = -softmaxInputRadius(shift);
    const max = Math.max(...x);
    const e = (d: number) => fp.expOnNegativeValues(fp.saturatingRoundingDoublingHighMul(d << shift, multiplier), 5);
    let S = 0;
    for (const q of x) if (q - max >= minimum) S = (S + fp.roundingDivideByPOT(e(q - max), 12)) | 0;
    return { S, e, minimum };
  }

  it.each([
    [0.10000000149011612, [-128, -20, 0, 10, 20, 25], [-128, -127, -117, -98, -47, 5]],
    [
      0.016955135390162468,
      [110, -115, 56, -58, -13, -84, 111, -97, 4, 11, -108, -94],
      [-45, -126, -95, -123, -118, -125, -44, -126, -114, -113, -126, -125],
    ],
    [
      0.0076072136871516705,
      [97, 71, 62, 47, 101, 118, 48, 19, 52, 93, -52, 109],
      [-102, -107, -108, -110, -101, -97, -110, -114, -109, -103, -120, -99],
    ],
  ])('expOnNegativeValues and getReciprocal: SOFTMAX with scale %d', (scale, x, expected) => {
    const { S, e, minimum } = softmax(x, scale);
    const reciprocal = fp.getReciprocal(S);
    const exponent = fp.reciprocalBitsOverUnit(S, 12) + 31 - 8;
    const max = Math.max(...x);
    const y = x.map((q) =>
      q - max < minimum
        ? -128
        : Math.min(
            fp.roundingDivideByPOT(fp.saturatingRoundingDoublingHighMul(reciprocal, e(q - max)), exponent) - 128,
            127,
          ),
    );
    expect(y).toEqual(expected);
  });

  it.each([
    [
      0.03592795133590698,
      [44, -67, -125, 111, 11, 28, -49, -27, -97, 54, 72, -68],
      [81, 18, -16, 120, 62, 72, 28, 41, 0, 87, 97, 17],
    ],
    [
      0.018420865759253502,
      [93, -72, -23, -76, 19, -104, 39, 21, 98, -66, -78, 46],
      [106, 57, 72, 56, 84, 48, 90, 85, 107, 59, 55, 92],
    ],
  ])('logForXGreaterThanOrEqualTo1: LOG_SOFTMAX with scale %d', (scale, x, expected) => {
    const { multiplier, shift } = quantizeMultiplier(softmaxMultiplier(1, scale, false), false);
    const log = fp.logForXGreaterThanOrEqualTo1(softmax(x, scale).S, 12, 5);
    const max = Math.max(...x);
    const y = x.map((q) => {
      const scaled = fp.saturatingRoundingDoublingHighMul((q - max) << shift, multiplier);
      return Math.max(fp.roundingDivideByPOT((scaled - log) | 0, 22) + 127, -128);
    });
    expect(y).toEqual(expected);
  });

  it.each([
    [
      49,
      [110, -17, -94, -58, -55, -12, -15, 95, -51, 71, -93, 57],
      [26, -28, -61, -45, -44, -26, -27, 19, -42, 9, -60, 3],
    ],
    [-106, [81, -43, -39, 89, -75, -78, -13, -76, -86, -28, -126, 123], [61, 21, 22, 64, 10, 9, 31, 10, 7, 26, -7, 75]],
  ])('invSqrtMultiplier and invSqrtShift: L2_NORMALIZATION with zero point %d', (zeroPoint, x, expected) => {
    const squares = x.reduce((sum, q) => sum + (q - zeroPoint) ** 2, 0);
    const m = fp.invSqrtMultiplier(squares);
    const s = fp.invSqrtShift(squares);
    expect(x.map((q) => multiplyTwice(q - zeroPoint, m, s + 7))).toEqual(expected);
  });

  it('invSqrtMultiplier: 1 / sqrt(x) in steps of 2^-12, powers of four and small numbers', () => {
    const inverse = (x: number) => multiplyTwice(2 ** 12, fp.invSqrtMultiplier(x), fp.invSqrtShift(x));
    for (let k = 0; k <= 12; k++) equal(inverse(4 ** k), 2 ** (12 - k));
    for (let x = 1; x < 128; x++) equal(inverse(x), Math.round(2 ** 12 / Math.sqrt(x)));
    equal(inverse(0), 2 ** 12); // 0 counts as 1
  });

  it('at the ends of their domains', () => {
    expect([0, MIN].map((a) => fp.expOnNegativeValues(a, 5))).toEqual([MAX, 0]);
    expect([0, MIN, MAX].map((a) => fp.logistic(a, 5))).toEqual([2 ** 30, 0, MAX]);
    expect([0, MIN, MAX].map((a) => fp.tanh(a, 5))).toEqual([0, -MAX, MAX]);
    equal(fp.oneOverOnePlusXForXIn01(0), MAX);
    expect([1, 2, 4, 2 ** 30].map(fp.getReciprocal)).toEqual([MAX, MAX, MAX, MAX]);
  });

  it('logForXGreaterThanOrEqualTo1: log(z / 2^19) * 2^26, off by less than two', () => {
    const z = [4096, 2 ** 19, 600000, 2 ** 20, 3 * 2 ** 20, MAX];
    const exact = [-325614239.1, 0, 9052214.2, 46516319.9, 120242942.5, 558195838.4];
    const log = z.map((z) => fp.logForXGreaterThanOrEqualTo1(z, 12, 5));
    expect(log).toEqual([-325614240, 0, 9052214, 46516320, 120242944, 558195838]);
    expect(log.every((y, i) => Math.abs(y - exact[i]!) < 2)).toBe(true);
  });

  it('expOnNegativeValues is 0 below -32', () => {
    expect(fp.expOnNegativeValues(-33 * 2 ** 25, 6)).toBe(0);
    expect(fp.expOnNegativeValues(-(2 ** 30) - 1, 6)).toBe(0);
  });

  it('getReciprocal, to 17 of its bits', () => {
    for (let x = 1; x < 3000; x++) {
      const exact = 2 ** (47 - Math.clz32(x)) / x; // no ties: x is odd up to a power of two
      equal(fp.roundingDivideByPOT(fp.getReciprocal(x), 15), Math.round(exact));
      equal(fp.reciprocalBitsOverUnit(x, 12), Math.floor(Math.log2(x)) - 19);
    }
  });

  it('symmetries: logistic(-a) = 2^31 - 1 - logistic(a), tanh(-a) = -tanh(a)', () => {
    check(10_000, [fc.integer({ min: 1, max: MAX }), fc.integer({ min: 0, max: 6 })], (a, integerBits) => {
      equal(fp.logistic(-a, integerBits), MAX - fp.logistic(a, integerBits));
      equal(fp.tanh(-a, integerBits), -fp.tanh(a, integerBits));
    });
  });
});

describe('tables of int16', () => {
  it.each([
    [
      'LOGISTIC',
      2 ** -12,
      [-32768, -20000, -4096, -1, 0, 1, 4096, 20000, 32767],
      [11, 247, 8812, 16382, 16384, 16386, 23956, 32521, 32757],
    ],
    ['LOGISTIC', 0.0024189401883631945, [-32768, -2768, 0, 232, 7232], [1, 40, 16384, 20864, 32767]],
    [
      'TANH',
      Math.fround(0.0003),
      [-32768, -20000, -4096, -1, 0, 1, 4096, 20000, 32767],
      [-32767, -32767, -27598, -11, 0, 11, 27598, 32767, 32767],
    ],
    [
      'TANH',
      0.00006746783037669957,
      [-32768, -12768, -2768, 0, 232, 7232, 17232],
      [-31990, -22838, -6050, 0, 512, 14830, 26931],
    ],
  ] as const)('%s with scale %d', (op, scale, x, expected) => {
    const { multiplier, shift } = sigmoidMultiplier(op, scale);
    const fn = op === 'TANH' ? fp.tanhInt16 : fp.logisticInt16;
    expect(x.map((q) => fn(SIGMOID_TABLE, q, multiplier, shift))).toEqual(expected);
  });

  it('tanhInt16 rounds negative halves up', () => {
    const x = [-20864, -18560, -18304, -17536];
    expect(x.map((x) => fp.tanhInt16(SIGMOID_TABLE, x, 3, 0))).toEqual([-32766, -32761, -32760, -32756]);
  });

  it('lookup16 interpolates between entries, halves up, and wraps the slope', () => {
    const lut = new Int16Array(513);
    lut[256] = 100;
    lut[257] = 101;
    expect([0, 63, 64, 127, 128, 128 + 64].map((x) => fp.lookup16(lut, x))).toEqual([100, 100, 101, 101, 101, 51]);
    lut[0] = -32768;
    lut[1] = 32767;
    expect([-32768, -32704, -32641].map((x) => fp.lookup16(lut, x))).toEqual([-32768, -32768, 32767]); // slope -1
  });
});

describe("XNNPACK's product and ruy's rounding", () => {
  const F = Math.fround;
  /** From 2^-32 to 2^8, at any mantissa and at its ends. */
  const scale = fc
    .tuple(
      fc.oneof(fc.integer({ min: 2 ** 23, max: 2 ** 24 - 1 }), fc.constantFrom(2 ** 23, 2 ** 23 + 1, 2 ** 24 - 1)),
      fc.integer({ min: -56, max: -15 }),
    )
    .map(([mantissa, exponent]) => mantissa * 2 ** exponent);
  const check = (acc: number, real: number) => {
    const expected = roundHalfEven(F(F(acc) * real));
    const { multiplier, shift } = floatMultiplier(real);
    const found = fp.multiplyByFloat(acc, multiplier, shift);
    const clamp = (x: number) => Math.max(-(2 ** 23), Math.min(2 ** 23, x)) + 0;
    expect([acc, real, clamp(found)]).toEqual([acc, real, clamp(expected)]);
  };

  test('multiplyByFloat is rint(float32(float32(acc) * scale)), beyond every output anything beyond', () => {
    fc.assert(fc.property(int32, scale, check), { numRuns: 20000 });
  });

  test('multiplyByFloat at ties: of the sum to 24 bits, of the product to 24 bits, to an integer', () => {
    for (const sign of [1, -1]) {
      for (let bits = 24; bits < 31; bits++) {
        for (const low of [-1, 0, 1]) {
          for (const odd of [0, 1, 2, 3]) {
            // a sum of bits + 1 bits that lies at or beside the middle of two floats
            const sum = sign * (2 ** bits + (2 * odd + 1) * 2 ** (bits - 24) + low);
            for (const exponent of [0, -1, -3, -20, -bits, -bits - 1]) check(sum | 0, 2 ** exponent);
          }
        }
      }
      for (let k = 0; k < 3000; k++) check(sign * k, 0.5);
      for (let k = 0; k < 3000; k++) check(sign * (2 * k + 1), F(1 / 6));
      // (2^23 + a) * (2^23 + b) = 2^46 + (a + b) * 2^23 + a * b: a tie of the product if a * b = 2^22
      for (let i = 0; i <= 22; i++) check(sign * (2 ** 23 + 2 ** i), (2 ** 23 + 2 ** (22 - i)) * 2 ** -30);
      for (const real of [2 ** -24, 1 - 2 ** -24, F(0.1), 255]) check(sign < 0 ? MIN : MAX, real);
    }
  });

  test('multiplyByFloat of every sum of two 8-bit factors, with a few scales', () => {
    for (const real of [F(0.0007), F(0.1), 0.5, 1, F(3.3), 255]) {
      for (let acc = -65536; acc <= 65536; acc++) {
        const { multiplier, shift } = floatMultiplier(real);
        const found = fp.multiplyByFloat(acc, multiplier, shift);
        if (found !== roundHalfEven(F(F(acc) * real)) + 0) check(acc, real);
      }
    }
  });

  test('multiplyByQuantizedMultiplierHalfUp halves up where gemmlowp halves away from zero', () => {
    const halfUp = (x: number, m: number, shift: number) => {
      const high = BigInt(srdhm(wrap(BigInt(x) << BigInt(Math.max(shift, 0))), m));
      const right = BigInt(Math.max(-shift, 0));
      return right === 0n ? Number(high) : Number((high + (1n << (right - 1n))) >> right);
    };
    fc.assert(
      fc.property(int32, multiplier, fc.integer({ min: -31, max: 7 }), (x, m, shift) => {
        expect(fp.multiplyByQuantizedMultiplierHalfUp(x, m, shift)).toBe(halfUp(x, m, shift));
      }),
      { numRuns: 5000 },
    );
    const { multiplier: half } = quantizeMultiplier(0.5, false);
    expect(fp.multiplyByQuantizedMultiplierHalfUp(-3, half, -0)).toBe(-1);
    expect(fp.multiplyByQuantizedMultiplierHalfUp(-6, half, -1)).toBe(-1);
    expect(fp.multiplyByQuantizedMultiplier(-6, half, -1, false)).toBe(-2);
  });
});
