import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  logisticInt16,
  lookup16,
  multiplyByQuantizedMultiplier,
  roundingDivideByPOT,
  saturatingLeftShift,
  saturatingRoundingDoublingHighMul,
  saturatingRoundingDoublingHighMul16,
} from '../../kernels/fixed_point.ts';
import * as q from '../../kernels/quantization.ts';

const clamp = (x: number, min: number, max: number) => Math.max(min, Math.min(max, x));
const requantize = (x: number, real: number) => {
  const { multiplier, shift } = q.quantizeMultiplier(real, false);
  return multiplyByQuantizedMultiplier(x, multiplier, shift, false);
};
/** A float32 as the models store it. */
const f = Math.fround;
const scale = fc.float({ min: f(2 ** -20), max: f(2 ** 4), noNaN: true });

describe('roundHalfAway', () => {
  it.each([
    [0.5, 1],
    [-0.5, -1],
    [1.5, 2],
    [2.5, 3], // not to even
    [-2.5, -3], // not up
    [0.49999999999999994, 0], // floor(y + 0.5) says 1
    [-0.49999999999999994, -0],
    [2251799813685248.5, 2251799813685249],
    [9007199254740991, 9007199254740991],
    [-1e300, -1e300],
    [Infinity, Infinity],
  ])('%d to %d', (y, expected) => expect(q.roundHalfAway(y)).toBe(expected));
});

describe('frexp and quantizeMultiplier', () => {
  it('frexp takes any double apart', () => {
    const same = (value: number) => {
      const { fraction, exponent } = q.frexp(value);
      expect(Math.abs(fraction)).toBeGreaterThanOrEqual(0.5);
      expect(Math.abs(fraction)).toBeLessThan(1);
      expect(fraction * 2 ** Math.ceil(exponent / 2) * 2 ** Math.floor(exponent / 2)).toBe(value);
    };
    for (const value of [1, -1, 0.75, 5e-324, -5e-324, 2 ** -1022, 2 ** -1023 * 1.5, Number.MAX_VALUE]) same(value);
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (v) => v === 0 || same(v) === undefined),
    );
  });

  it.each([
    [0, 0, 0],
    [1, 2 ** 30, 1],
    [0.5, 2 ** 30, 0],
    [0.75, 3 * 2 ** 29, 0],
    [-0.75, -3 * 2 ** 29, 0],
    [1 - 2 ** -33, 2 ** 30, 1], // rounds up to 2^31
    [1 - 2 ** -32, 2 ** 30, 1], // a tie
    [1 - 2 ** -31, 2 ** 31 - 1, 0],
    [2 ** -32, 2 ** 30, -31],
    [2 ** -32 * (1 - 2 ** -40), 2 ** 30, -31], // rounds up to where it counts
    [2 ** -33, 0, 0], // flushed
    [2 ** 101, 2 ** 30, 102], // no upper bound
    [5e-324, 0, 0],
    [Infinity, 0, 0],
    [Number.NaN, 0, 0],
  ])('%d is %d with shift %d', (real, multiplier, shift) =>
    expect(q.quantizeMultiplier(real, false)).toEqual({ multiplier, shift, singleRounding: false }),
  );

  it('is the nearest 31-bit number, halves up', () => {
    const double = fc.double({ min: 2 ** -31, max: 2 ** 60, noNaN: true });
    fc.assert(
      fc.property(double, (real) => {
        const { multiplier, shift } = q.quantizeMultiplier(real, false);
        const remainder = real * 2 ** (31 - shift) - multiplier; // exact
        return multiplier >= 2 ** 30 && multiplier < 2 ** 31 && remainder >= -0.5 && remainder < 0.5;
      }),
      { numRuns: 20_000 },
    );
  });

  it('single rounding saturates the shift at 30', () => {
    const singleRounding = true;
    expect(q.quantizeMultiplier(0.75, true)).toEqual({ multiplier: 3 * 2 ** 29, shift: 0, singleRounding });
    expect(q.quantizeMultiplier(2 ** 29, true)).toEqual({ multiplier: 2 ** 30, shift: 30, singleRounding });
    expect(q.quantizeMultiplier(2 ** 30, true)).toEqual({ multiplier: 2 ** 31 - 1, shift: 30, singleRounding });
  });

  it('reduceMultiplier', () => {
    const cases = [0, 0x7fff, 0x8000, 2 ** 30, 2 ** 30 + 0x7fff, 2 ** 30 + 0x8000, 0x7ffeffff, 0x7fff0000, 0x7fffffff];
    expect(cases.map(q.reduceMultiplier)).toEqual([0, 0, 1, 16384, 16384, 16385, 32767, 32767, 32767]);
  });
});

describe('doubleFactor and divisor', () => {
  it('hold every bit of a double', () => {
    fc.assert(
      fc.property(fc.double({ noNaN: true, noDefaultInfinity: true }), (e) => {
        if (e === 0) return;
        const { significandHigh, significandLow, leading, exponent, sign } = q.doubleFactor(e);
        const significand = significandHigh * 2 ** 32 + (significandLow >>> 0);
        expect(significand).toBeGreaterThanOrEqual(2 ** 52);
        expect(leading >>> 0).toBe(Math.floor(significand / 2 ** 21));
        const half = -(exponent + 86) / 2;
        expect(significand * 2 ** Math.ceil(half) * 2 ** Math.floor(half)).toBe(Math.abs(e));
        expect(sign).toBe(e < 0 ? -1 : 0);
      }),
      { numRuns: 2000 },
    );
  });

  it('divisor of 1, 7, 10 and 2^31 - 1', () => {
    expect(q.divisor(1)).toEqual({ multiplier: 1, shift: 0, half: 0 });
    expect(q.divisor(7)).toEqual({ multiplier: 0x92492493 | 0, shift: 2, half: 3 });
    expect(q.divisor(10)).toEqual({ multiplier: 0xcccccccd | 0, shift: 3, half: 5 });
    expect(q.divisor(2 ** 31 - 1)).toEqual({ multiplier: -0x7ffffffe, shift: 30, half: 2 ** 30 - 1 });
  });
});

// Float32 arithmetic by way of storage, and scales for which another order or precision gives other bits.
describe('real multipliers', () => {
  const F = (x: number) => Float32Array.of(x)[0]!;

  it('round where TFLite does', () => {
    fc.assert(
      fc.property(scale, scale, scale, (a, b, c) => {
        expect(q.convolutionMultiplier(a, b, c)).toBe((a * b) / c);
        expect(q.legacyConvolutionMultiplier(a, b, c)).toBe(F(a * b) / c);
        expect(q.mulMultiplier(a, b, c)).toBe(F(F(a * b) / c));
        expect(q.divMultiplier(a, b, c)).toBe(F(a / F(b * c)));
        expect(q.quantizeScale(a, c)).toBe(a / c);
        expect(q.reluMultiplier(a, c)).toBe(F(a / c));
      }),
    );
    const [a, b, c] = [f(0.1), f(0.03), f(0.07)];
    const threeRoundings = [
      q.convolutionMultiplier(a, b, c),
      q.legacyConvolutionMultiplier(a, b, c),
      q.mulMultiplier(a, b, c),
    ];
    expect(new Set(threeRoundings).size).toBe(3);
  });

  it('ADD and SUB', () => {
    const [a, b, c] = [f(0.05), f(0.2), f(0.17)];
    const t = 2 * b;
    expect(q.addMultipliers(a, b, c, 20)).toEqual({ input1: a / t, input2: 0.5, output: t / (2 ** 20 * c) });
    expect(q.addMultipliers(b, a, c, 15)).toEqual({ input1: 0.5, input2: a / t, output: t / (2 ** 15 * c) });
    expect(q.squaredDifferenceMultipliers(a, b, c).output).toBe((t * t) / (2 ** 14 * c));
  });

  it('SOFTMAX', () => {
    expect(q.softmaxMultiplier(1, f(0.1), false)).toBe(f(0.1) * 2 ** 26);
    expect(q.softmaxMultiplier(1, 100, false)).toBe(2 ** 31 - 1);
    expect(q.softmaxMultiplier(1, 100, true)).toBe(2 ** 30 - 1);
    expect(q.softmaxInputRadius(24)).toBe(124);
    expect(q.softmaxInt16Multiplier(f(0.7), f(0.0003))).toBe(F(f(0.7) * f(0.0003)) / (10 / 65535));
    expect(q.softmaxInt16MultiplierTflm(f(0.7), f(0.0003))).toBe((f(0.7) * f(0.0003)) / (10 / 65535));
    expect(q.softmaxInt16MultiplierTflm(f(0.7), f(0.0003))).not.toBe(q.softmaxInt16Multiplier(f(0.7), f(0.0003)));
    expect(q.logSoftmaxReverseMultiplier({ multiplier: 1717986944, shift: 23, singleRounding: false })).toBe(
      256 / 1717986944,
    );
  });

  it('RSQRT', () => {
    expect(q.rsqrtMultiplier(f(0.3), f(0.1))).toBe(1 / F(F(Math.sqrt(f(0.3))) * f(0.1)));
  });
});

// One row of each operator by TFLite's own kernel: the multipliers above in their place.
describe('worked rows', () => {
  const x1 = [-128, -100, -3, 0, 7, 50, 100, 127];
  const x2 = [127, -128, 10, 11, -50, 60, 3, 127];
  const [s1, s2] = [f(0.05), f(0.2)];

  it('ADD int8', () => {
    const m = q.addMultipliers(s1, s2, f(0.17), 20);
    const y = x1.map((a, i) => {
      const sum = requantize((a + 3) << 20, m.input1) + requantize((x2[i]! - 10) << 20, m.input2);
      return clamp(requantize(sum, m.output) - 1, -128, 127);
    });
    expect(y).toEqual([100, -128, -1, 1, -69, 73, 21, 127]);
  });

  it('MUL int8', () => {
    const m = q.mulMultiplier(s1, s2, f(0.9));
    const y = x1.map((a, i) => clamp(requantize((a + 3) * (x2[i]! - 10), m) - 1, -128, 127));
    expect(y).toEqual([-128, 127, -1, -1, -8, 28, -9, 127]);
  });

  it('MEAN int8', () => {
    const sums = [1 + 3 + 50 - 70 + 127 + 9, -2 - 4 + 60 + 80 - 128 + 10];
    const m = q.quantizeMultiplier(q.quantizeScale(f(0.1), f(0.07)), false);
    const { multiplier, shift } = q.meanMultiplier(m, 6);
    expect({ multiplier, shift }).toEqual({ multiplier: Math.trunc((m.multiplier * 4) / 6), shift: m.shift - 2 });
    const y = sums.map((sum) => multiplyByQuantizedMultiplier(sum + 5 * 6, multiplier, shift, false) + 3);
    expect(y).toEqual([39, 14]);
    expect(q.meanMultiplier({ multiplier: 2 ** 30, shift: -29, singleRounding: true }, 100)).toEqual({
      multiplier: Math.trunc((2 ** 30 * 4) / 100), // two bits, down to a shift of -31
      shift: -31,
      singleRounding: true,
    });
  });

  it('LEAKY_RELU int16', () => {
    const identity = q.reluMultiplier(f(0.001), f(0.0007));
    const alpha = q.mulMultiplier(f(0.001), f(0.3), f(0.0007));
    const y = [-32768, -333, 0, 333, 32767].map((x) => clamp(requantize(x, x >= 0 ? identity : alpha), -32768, 32767));
    expect(y).toEqual([-14044, -143, 0, 476, 32767]);
  });

  it('QUANTIZE int8 to int8', () => {
    const m = q.quantizeScale(f(0.1), f(0.033));
    const y = [-128, -5, 3, 4, 40, 127].map((x) => clamp(requantize(x - 3, m) - 20, -128, 127));
    expect(y).toEqual([-128, -44, -20, -17, 92, 127]);
  });

  it('DIV int8, by the reciprocal in double: rows far from a tie', () => {
    const m = q.divMultiplier(f(0.02522718533873558), f(0.10862434655427933), f(0.23053127527236938));
    const a = [104, -18, -114, -100, 20, 66, 11, 5, -103, 38, 78];
    const b = [-4, 22, -29, -54, 23, 85, 56, 16, -40, -17, 114];
    const y = a.map((x, i) => q.roundHalfAway(((x + 79) / (b[i]! - 39)) * m) + 25);
    expect(y).toEqual([21, 21, 26, 25, 19, 28, 30, 21, 25, 23, 27]);
  });

  it('HARD_SWISH int8', () => {
    const p = q.hardSwishParams(f(0.05), f(0.04), false);
    const y = [-128, -64, -32, -1, 0, 5, 32, 64, 127].map((x) => {
      const value = (x - 5) << 7;
      let reluish = value;
      if (p.reluishShift > 0) reluish = saturatingLeftShift(reluish, p.reluishShift - 1);
      reluish = saturatingRoundingDoublingHighMul16(reluish, p.reluishMultiplier);
      if (p.reluishShift > 0) reluish = saturatingLeftShift(reluish, 1);
      if (p.reluishShift < 0) reluish = roundingDivideByPOT(reluish, -p.reluishShift);
      const product = ((reluish + 32768) >> 1) * saturatingRoundingDoublingHighMul16(value, p.outputMultiplier);
      return clamp(roundingDivideByPOT(Math.trunc(product / 32768), -p.outputShift) - 110, -128, 127);
    });
    expect(y).toEqual([-110, -110, -119, -113, -113, -110, -86, -37, 42]);
  });

  it('HARD_SWISH multipliers saturate at 15 bits', () => {
    expect(q.hardSwishParams(f(128 * (1 - 2 ** -24)), 1, false)).toMatchObject({
      outputMultiplier: 0x7fff,
      outputShift: 0,
    });
  });

  it('SOFTMAX int16', () => {
    const [exp, reciprocal] = [q.softmaxExpLut16(), q.softmaxReciprocalLut16()];
    const m = q.softmaxInt16Multiplier(1, f(0.0005));
    const e = [-32768, -2000, 0, 1000, 2000, 2500].map((x) =>
      lookup16(exp, clamp(requantize(x - 2500, m) + 32767, -32768, 32767)),
    );
    const sum = e.reduce((a, b) => a + b, 0);
    const h = Math.clz32(sum);
    const shifted = Number(((BigInt(sum) << BigInt(h - 1)) + 8192n) >> 14n);
    const r = lookup16(reciprocal, clamp(shifted - 98304, -32768, 32767));
    expect(e.map((e) => (e * r + 2 ** (30 - h)) >> (31 - h))).toEqual([1, 1307, 3552, 5856, 9655, 12397]);
  });
});

describe('ranges', () => {
  it.each([
    ['NONE', 0.1, 3, 'int8', -128, 127],
    ['TANH', 0.1, 3, 'int8', -128, 127],
    ['RELU', 0.1, 3, 'int8', 3, 127],
    ['RELU', 0.1, -128, 'int8', -128, 127],
    ['RELU6', 0.1, 3, 'int8', 3, 63],
    ['RELU6', 0.01, 3, 'int8', 3, 127],
    ['RELU6', 0.04, 100, 'uint8', 100, 250],
    ['RELU_N1_TO_1', 0.1, 3, 'int8', -7, 13],
    ['RELU_N1_TO_1', 0.4, 0, 'int8', -3, 3], // 2.5 rounds away from zero
    ['RELU6', 2 ** -12, 0, 'int16', 0, 24576],
    ['RELU6', 1e-38, 0, 'int8', 0, 127], // 6 / scale is infinite
    ['RELU', 0, -5, 'int8', -5, 127], // 0 / 0
  ] as const)('%s of scale %d, zero point %d, %s: %d to %d', (activation, s, z, dtype, activationMin, activationMax) =>
    expect(q.activationRange(activation, f(s), z, dtype)).toEqual({ activationMin, activationMax }),
  );

  it('of activations on int32', () => {
    const ranges = (['NONE', 'RELU', 'RELU_N1_TO_1', 'RELU6'] as const).map((a) => q.activationRangeInt32(a));
    expect(ranges.map((r) => r.activationMin)).toEqual([-(2 ** 31), 0, -1, 0]);
    expect(ranges.map((r) => r.activationMax)).toEqual([2 ** 31 - 1, 2 ** 31 - 1, 1, 6]);
  });
});

describe('windows', () => {
  it.each([
    // padding, input, filter, stride, dilation: output, padding before
    ['SAME', 3, 2, 1, 1, 3, 0], // the odd one goes after
    ['SAME', 3, 2, 2, 1, 2, 0],
    ['SAME', 5, 3, 2, 1, 3, 1],
    ['SAME', 224, 3, 2, 1, 112, 0],
    ['SAME', 7, 3, 1, 2, 7, 2],
    ['SAME', 4, 1, 3, 1, 2, 0],
    ['VALID', 5, 3, 2, 1, 2, 0],
    ['VALID', 6, 3, 2, 1, 2, 0],
    ['VALID', 7, 3, 1, 3, 1, 0],
    ['VALID', 2, 3, 1, 1, 0, 0],
    ['VALID', 1, 5, 2, 1, -1, 0],
    ['VALID', 1, 4, 2, 1, 0, 0], // -1/2, truncated as in C
  ] as const)(
    '%s %d filter %d stride %d dilation %d: %d, %d',
    (padding, input, filter, stride, dilation, size, before) => {
      expect(q.outputSize(padding, input, filter, stride, dilation)).toBe(size);
      expect(q.computePadding(input, filter, stride, dilation, size)).toBe(before);
    },
  );
});

describe('tables of 256 entries', () => {
  const { logistic, tanh, exp, geluApproximate, gelu } = q.floatFunctions;

  it.each([
    [
      'LOGISTIC',
      logistic,
      0.05,
      5,
      2 ** -8,
      -128,
      [-128, -64, -32, -1, 0, 5, 32, 64, 127],
      [-128, -120, -93, -19, -16, 0, 75, 115, 127],
    ],
    ['TANH', tanh, 0.12247686833143234, -10, 2 ** -7, 0, [-128, -28, -8, 0, 22], [-128, -125, 31, 108, 127]],
    [
      'EXP',
      exp,
      0.014738474041223526,
      29,
      0.003171212738379836,
      -95,
      [-128, -91, -48, -28, -8, 0, 22, 127],
      [-64, -41, 6, 41, 88, 111, 127, 127],
    ],
    [
      'LOG',
      q.logFunction(f(0.008040480315685272), 0, 'int8'),
      0.024898774921894073,
      2,
      0.008040480315685272,
      0,
      [-128, 0, 2, 22, 52, 92, 127],
      [-128, -128, -128, -87, 27, 100, 127],
    ],
  ] as const)('%s int8', (_, fn, inputScale, inputZero, outputScale, outputZero, x, expected) => {
    const table = q.lut8(fn, f(inputScale), inputZero, f(outputScale), outputZero, 'int8');
    expect(x.map((v) => table[v & 0xff])).toEqual(expected);
  });

  it.each([
    ['LOGISTIC', logistic, 0.0026072184555232525, 37, 2 ** -8, 0, [122, 128, 135, 138, 142, 143, 147, 152, 158, 163]],
    ['TANH', tanh, 0.0034142842050641775, 200, 2 ** -7, 128, [52, 63, 78, 86, 94, 97, 106, 119, 137, 152]],
  ] as const)(
    '%s uint8: the same bytes, read as unsigned',
    (_, fn, inputScale, inputZero, outputScale, outputZero, expected) => {
      const table = new Uint8Array(q.lut8(fn, f(inputScale), inputZero, f(outputScale), outputZero, 'uint8').buffer);
      expect([0, 37, 80, 100, 120, 128, 150, 180, 220, 255].map((v) => table[v])).toEqual(expected);
    },
  );

  it.each([
    // function, scale, zero point: the entries where fixed point departs from float, as [value, tflm, tflite]
    ['LOGISTIC', 0.05, 5, []],
    ['LOGISTIC', 0.3, -20, []],
    ['LOGISTIC', 0.0010129845468327403, -9, [[-63, -4, -3]]],
    ['LOGISTIC', 0.04913904890418053, -123, [[-29, 125, 126]]],
    ['TANH', 0.05, 5, []],
    ['TANH', 0.3, -20, []],
    ['TANH', 0.007383739110082388, -119, [[88, 116, 117]]],
    [
      'TANH',
      0.011719273403286934,
      42,
      [
        [41, -2, -1],
        [43, 2, 1],
      ],
    ],
  ] as const)('%s of tflm, scale %d, zero point %d', (op, scale, zeroPoint, departures) => {
    const s = f(scale);
    const fixed = op === 'TANH' ? q.tanhLut8Tflm : q.logisticLut8Tflm;
    const float =
      op === 'TANH'
        ? q.lut8(tanh, s, zeroPoint, 2 ** -7, 0, 'int8')
        : q.lut8(logistic, s, zeroPoint, 2 ** -8, -128, 'int8');
    for (const singleRounding of [false, true]) {
      const table = fixed(s, zeroPoint, singleRounding);
      const found: number[][] = [];
      for (let v = -128; v < 128; v++) {
        if (table[v & 0xff] !== float[v & 0xff]) found.push([v, table[v & 0xff]!, float[v & 0xff]!]);
      }
      expect(found).toEqual(departures);
    }
  });

  it('GELU int8, exact and approximate', () => {
    const x = [-128, -68, -48, -28, -18, -8, 0, 12, 32, 72, 127];
    const table = q.lut8(geluApproximate, f(0.02234959788620472), 16, f(0.0442022979259491), -40, 'int8');
    expect(x.map((v) => table[v & 0xff])).toEqual([-40, -41, -42, -44, -44, -44, -43, -41, -35, -15, 16]);
    for (const [fn, scale] of [
      [gelu, 0.25],
      [geluApproximate, 0.25],
    ] as const) {
      const wide = q.lut8(fn, scale, 0, scale, 0, 'int8');
      for (let v = 32; v < 128; v++) expect([wide[v], wide[-v & 0xff]! + 0]).toEqual([v, 0]); // beyond 8: x, and 0
      expect([1, 2, 4, 6, 8].map((v) => wide[v])).toEqual([1, 1, 3, 6, 8]);
      expect([-1, -2, -3, -4, -6, -8, -12].map((v) => wide[v & 0xff])).toEqual([0, -1, -1, -1, 0, 0, 0]);
    }
  });
});

describe('tables for int16', () => {
  it.each([
    [
      'EXP',
      q.floatFunctions.exp,
      0.00045892709749750793,
      0.0004176144429948181,
      [-32768, -31768, -12768, -2768, 0, 232, 7232],
      [0, 0, 7, 672, 2393, 2662, 32767],
    ],
    [
      'LOG',
      q.logFunction(f(0.0003378955880180001), 0, 'int16'),
      0.0008969054324552417,
      0.0003378955880180001,
      [-2768, 0, 232, 7232, 17232, 32767],
      [-32768, -27213, -4705, 5533, 8103, 10005],
    ],
  ] as const)('%s', (_, fn, inputScale, outputScale, x, expected) => {
    const lut = q.lut16(fn, f(inputScale), 0, f(outputScale), 0);
    expect(x.map((v) => lookup16(lut, v))).toEqual(expected);
  });

  it('SOFTMAX in double and in float32 differ in two entries', () => {
    const differing = (a: Int16Array, b: Int16Array) => a.filter((v, i) => v !== b[i]).length;
    expect(differing(q.softmaxExpLut16(), q.softmaxExpLut16(Math.fround))).toBe(0);
    expect(differing(q.softmaxReciprocalLut16(), q.softmaxReciprocalLut16(Math.fround))).toBe(2);
    expect(q.softmaxExpLut16()[512]).toBe(32767);
    expect(q.softmaxReciprocalLut16()[0]).toBe(32767);
    expect(q.softmaxReciprocalLut16()[512]).toBe(16384);
  });

  it('SIGMOID_TABLE is 65536 / (1 + exp(-i / 24)), to the nearest or, 44 times, one more', () => {
    const off = [...q.SIGMOID_TABLE].map((v, i) => v - Math.round(65536 / (1 + Math.exp(-i / 24))));
    expect(off.length).toBe(256);
    expect(off.reduce((n, d) => n + d, 0)).toBe(44);
    expect(new Set(off)).toEqual(new Set([0, 1]));
    expect(logisticInt16(q.SIGMOID_TABLE, 32767, 3, 0)).toBe(32757);
  });

  it.each([
    ['LOGISTIC', 2 ** -12, 3, 0],
    ['LOGISTIC', 2 ** -11, 24576, 12],
    ['TANH', 2 ** -12, 3, 0],
    ['TANH', 2 ** -11, 6, 0],
    ['TANH', 2 ** -13, 24576, 14],
    ['TANH', f(2 ** -12 * 1.0006), 3, 0], // within 0.001 of the exponent
    ['TANH', f(2 ** -12 * 1.0008), 24595, 13],
    ['LOGISTIC', f(0.0003), 30198, 13],
    ['LOGISTIC', 2, 24576, 0],
    ['LOGISTIC', f(2 ** -60), 0, 31],
  ] as const)('sigmoidMultiplier of %s, %d: %d, %d', (op, inputScale, multiplier, shift) =>
    expect(q.sigmoidMultiplier(op, inputScale)).toEqual({ multiplier, shift }),
  );
});

it('saturatingRoundingDoublingHighMul on a quantized multiplier is the real product, rounded', () => {
  const { multiplier, shift } = q.quantizeMultiplier(0.7, false);
  expect(shift).toBe(0);
  expect([10, 100, -100, 1000].map((x) => saturatingRoundingDoublingHighMul(x, multiplier))).toEqual([7, 70, -70, 700]);
});
