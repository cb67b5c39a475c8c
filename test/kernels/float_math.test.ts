import { describe, expect, test } from 'vitest';
import { cosf, erfcf, expf, expm1f, logf, powf, sinf, tanhf } from '../../kernels/float_math.ts';

// x and the answers of glibc 2.36, as the bits of float32.
// biome-ignore format: a table
const cases = [
  [0x3089705f, 0x3f800000, 0xc1a5c940, 0x3089705f, 0x3089705f, 0x3f800000],
  [0xb089705f, 0x3f800000, 0xc1a5c940, 0xb089705f, 0xb089705f, 0x3f800000],
  [0x3dcccccd, 0x3f8d763e, 0xc0135d8e, 0x3dd763da, 0x3dcc1ebc, 0x3f6335a1],
  [0xbdcccccd, 0x3f67a36d, 0xc0135d8e, 0xbdc2e49a, 0xbdcc1ebc, 0x3f8e652f],
  [0x3e99999a, 0x3facc82d, 0xbf9a1bc8, 0x3eb320b2, 0x3e9526ed, 0x3f2bdf1e],
  [0xbe99999a, 0x3f3da643, 0xbf9a1bc8, 0xbe84b37a, 0xbe9526ed, 0x3faa1071],
  [0x3f000000, 0x3fd3094c, 0xbf317218, 0x3f261299, 0x3eec9a9f, 0x3ef5810a],
  [0xbf000000, 0x3f1b4598, 0xbf317218, 0xbec974d0, 0xbeec9a9f, 0x3fc29fbe],
  [0x3f666666, 0x401d6a23, 0xbdd7c745, 0x3fbad446, 0x3f375f4c, 0x3e4ff74c],
  [0xbf666666, 0x3ed029e6, 0xbdd7c745, 0xbf17eb0d, 0xbf375f4c, 0x3fe60116],
  [0x3f8ccccd, 0x40404442, 0x3dc331ff, 0x40004442, 0x3f4ced81, 0x3df5570a],
  [0xbf8ccccd, 0x3eaa6e14, 0x3dc331ff, 0xbf2ac8f6, 0xbf4ced81, 0x3ff0aa90],
  [0x3fc00000, 0x408f69ff, 0x3ecf991f, 0x405ed3fe, 0x3f67b7cc, 0x3d0ad555],
  [0xbfc00000, 0x3e647c3c, 0x3ecf991f, 0xbf46e0f1, 0xbf67b7cc, 0x3ffba955],
  [0x40200000, 0x4142eb7f, 0x3f6a9208, 0x4132eb7f, 0x3f7c92c1, 0x39d55c2d],
  [0xc0200000, 0x3da81c2e, 0x3f6a9208, 0xbf6afc7a, 0xbf7c92c1, 0x3ffff2aa],
  [0x40600000, 0x42047639, 0x3fa05a89, 0x42007639, 0x3f7f8896, 0x35477955],
  [0xc0600000, 0x3cf76081, 0x3fa05a89, 0xbf7844fc, 0xbf7f8896, 0x3ffffffa],
  [0x41000000, 0x453a4f54, 0x40051592, 0x453a3f54, 0x3f7ffffc, 0x0f63a7e2],
  [0xc1000000, 0x39afe108, 0x40051592, 0xbf7fea04, 0xbf7ffffc, 0x40000000],
  [0x41400000, 0x481ef0b3, 0x401f08b6, 0x481ef073, 0x3f800000, 0x00000000],
  [0xc0b00000, 0x3b85ea53, 0x3fda352f, 0xbf7ef42b, 0xbf7ffdd0, 0x40000000],
  [0x418c0000, 0x4c17eb64, 0x40372e4d, 0x4c17eb64, 0x3f800000, 0x00000000],
  [0xc18c0000, 0x32d7b175, 0x40372e4d, 0xbf800000, 0xbf800000, 0x40000000],
  [0x41d80000, 0x52f7c118, 0x4052eefe, 0x52f7c118, 0x3f800000, 0x00000000],
  [0x42200000, 0x5c51106a, 0x406c169a, 0x5c51106a, 0x3f800000, 0x00000000],
  [0x42a00000, 0x792abbce, 0x408c3990, 0x792abbce, 0x3f800000, 0x00000000],
  [0xc2a00000, 0x05bfecba, 0x408c3990, 0xbf800000, 0xbf800000, 0x40000000],
  [0x4202422f, 0x56fc9f1c, 0x405eed30, 0x56fc9f1c, 0x3f800000, 0x00000000], // exp by fused multiply-adds, as below
  [0xc27c65d9, 0x11fa2993, 0x4084a17c, 0xbf800000, 0xbf800000, 0x40000000],
  [0x00080000, 0x3f800000, 0xc2b437e0, 0x00080000, 0x00080000, 0x3f800000],
  [0xc0074be3, 0x3df74d70, 0x3f3fa346, 0xbf611652, 0xbf78a444, 0x3fffa47b],
  [0x4076bd19, 0x423cf835, 0x3facbaab, 0x4238f836, 0x3f7fc54c, 0x3355ab76],
  [0x3f6cdc3a, 0x40217004, 0xbd9f24e6, 0x3fc2e008, 0x3f3a761d, 0x3e434996],
  [0x3dfce3be, 0x3f90d2a9, 0xc005dddb, 0x3e069546, 0x3dfb9cb1, 0x3f5c82d4],
  [0x3f12abc7, 0x3fe300ce, 0xbf0e9699, 0x3f46019c, 0x3f047b90, 0x3ed5e963],
  [0xbeafe391, 0x3f359211, 0xbf88c3b0, 0xbe94dbdf, 0xbea9480f, 0x3fafbb92],
  [0x3ef76dd2, 0x3fcf886e, 0xbf3a29d8, 0x3f1f10dc, 0x3ee5cfba, 0x3efd194b],
  [0xbe8d45e1, 0x3f42455b, 0xbfa4d115, 0xbe76ea94, 0xbe89cb2e, 0x3fa6dd1a],
  [0x40aac1ee, 0x434fb75d, 0x3fd6564d, 0x434eb75e, 0x3f7ffcf6, 0x29496105],
  [0x3f3e0d06, 0x400675d9, 0xbe988478, 0x3f8cebb2, 0x3f216dff, 0x3e9668b0],
  [0x40ba1cc4, 0x43a7d0bb, 0x3fe15bd3, 0x43a750ba, 0x3f7ffed6, 0x2560e2a8],
  [0xbee25776, 0x3f248825, 0xbf50f7aa, 0xbeb6efb6, 0xbed4aa4a, 0x3fbbec62],
  [0xbf81f7ff, 0x3eb97abb, 0x3c7a146a, 0xbf2342a3, 0xbf449a3b, 0x3fecaba2],
  [0xbf859480, 0x3eb451cb, 0x3d2ec7a6, 0xbf25d71b, 0xbf47806f, 0x3fee1522],
  [0x4052a944, 0x41d7152d, 0x3f987ec0, 0x41cf152d, 0x3f7f4aeb, 0x36596bcf],
  [0xc090d83a, 0x3c3144be, 0x3fc14540, 0xbf7d3aed, 0xbf7ff0a8, 0x40000000],
  [0xbf7b0af1, 0x3ec00984, 0xbca03038, 0xbf1ffb3e, 0xbf40daf3, 0x3fead116],
  [0xbe18ea77, 0x3f5c7d0e, 0xbff36719, 0xbe0e0bc7, 0xbe17ca0c, 0x3f9568bd],
  [0x3fb51dea, 0x4083b96e, 0x3eb1b8af, 0x404772db, 0x3f6377c1, 0x3d39e4a0],
  [0xbe7b34ee, 0x3f484ef6, 0xbfb3dd72, 0xbe5ec42a, 0xbe76492d, 0x3fa2bbe2],
  [0xc014a2c2, 0x3dc8c669, 0x3f57b5aa, 0xbf66e733, 0xbf7b2049, 0x3fffde83],
  [0xc08adcff, 0x3c55b3c4, 0x3fbbdf5c, 0xbf7ca931, 0xbf7fe9b4, 0x40000000],
  [0x3ce20f3f, 0x3f8394d5, 0xc065c471, 0x3ce53520, 0x3ce20090, 0x3f7807df],
  [0x3f6f90a4, 0x402326fb, 0xbd87e3e7, 0x3fc64df5, 0x3f3bb8b2, 0x3e3e26d6],
] as const;

describe('float32 functions as the C library computes them', () => {
  const word = new DataView(new ArrayBuffer(4));
  const bitsOf = (x: number) => {
    word.setFloat32(0, x);
    return word.getUint32(0);
  };
  const fromBits = (bits: number) => {
    word.setUint32(0, bits);
    return word.getFloat32(0);
  };

  test('all bits', () => {
    const found = cases.map(([x]) => {
      const value = fromBits(x);
      return [x, ...[expf(value), logf(Math.abs(value)), expm1f(value), tanhf(value), erfcf(value)].map(bitsOf)];
    });
    expect(found).toEqual(cases);
  });

  test('none is the correctly rounded function', () => {
    const rounded = [Math.exp, (x: number) => Math.log(Math.abs(x)), Math.expm1, Math.tanh];
    const differing = rounded.map((fn, i) => cases.filter((c) => bitsOf(fn(fromBits(c[0]))) !== c[i + 1]).length);
    for (const count of differing) expect(count).toBeGreaterThan(0);
  });

  test.each([
    [
      expf,
      [NaN, Infinity, -Infinity, 0, 89, -104, 88.5],
      [NaN, Infinity, 0, 1, Infinity, 0, Math.fround(Math.exp(88.5))],
    ],
    [logf, [NaN, Infinity, -1, 0, 1, 2 ** -149], [NaN, Infinity, NaN, -Infinity, 0, Math.fround(-149 * Math.LN2)]],
    [expm1f, [NaN, Infinity, -Infinity, 0, 90, -20], [NaN, Infinity, -1, 0, Infinity, -1]],
    [tanhf, [NaN, Infinity, -Infinity, 0, 23, -23], [NaN, 1, -1, 0, 1, -1]],
    [erfcf, [NaN, Infinity, -Infinity, 0, 29, -7], [NaN, 0, 2, 1, 0, 2]],
  ] as const)('%o at its ends', (fn, x, expected) => expect(x.map((value) => fn(value))).toEqual(expected));
});

/** x, sin(x), cos(x), as glibc 2.36 prints them in nine digits; from 120 on, x is reduced by another way. */
test.each([
  [9.99999975e-6, 9.99999975e-6, 1],
  [0.5, 0.47942555, 0.87758255],
  [0.785398185, 0.707106769, 0.707106769],
  [1.57079637, 1, -4.37113883e-8],
  [3.14159274, -8.74227766e-8, -1],
  [-2, -0.909297407, -0.416146845],
  [100.5, -0.0309599675, 0.9995206],
  [119.989998, 0.572438717, 0.819947481],
  [120, 0.580611169, 0.81418097],
  [1000.25, 0.94030869, 0.340322793],
  [-30000000, -0.964130282, -0.265429407],
  [1.23449999e20, 0.642426372, 0.766347408],
  [3.40282347e38, -0.521876514, 0.853021026],
  [-0, -0, 1],
  [Infinity, NaN, NaN],
])('sin and cos of %d', (x, sin, cos) => {
  const value = Math.fround(x);
  expect([sinf(value), cosf(value)]).toEqual([Math.fround(sin), Math.fround(cos)]);
});

/** x, y, x^y, likewise. */
test.each([
  [2, 0.5, 1.41421354],
  [10, -3.70000005, 0.000199526214],
  [9.9999461e-41, 0.300000012, 9.99997285e-13],
  [-2, 3, -8],
  [-2, 2.5, NaN],
  [0.999989986, 12345, 0.88371712],
  [3.29999995, 80, Infinity],
  [7, -60, 0],
  [0.100000001, 37.5, 3.16227942e-38],
  [1.5, 2.25, 2.49003434],
  [NaN, 0, 1],
  [1, NaN, 1],
  [-1, Infinity, 1],
  [-0, -3, -Infinity],
  [-Infinity, 3, -Infinity],
])('%d to the power of %d', (x, y, power) => {
  expect(powf(Math.fround(x), Math.fround(y))).toBe(Math.fround(power));
});
