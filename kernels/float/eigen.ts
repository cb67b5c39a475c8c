/**
 * exp, tanh and erfc of float32 as Eigen has them for vectors, and TFLite where it computes by Eigen: rational functions, each step
 * rounded, no multiply-adds fused.
 *
 * Equals: Eigen's pexp_float, ptanh_float (of EIGEN_FAST_MATH) and generic_fast_erfc, on x86-64. Deviations: none.
 */
const F = Math.fround;

/** c[0] * x^n + ... + c[n]. */
function polynomial(x: number, c: Float32Array): number {
  let sum = c[0];
  for (let i = 1; i < c.length; i++) sum = F(F(sum * x) + c[i]);
  return sum;
}

const EXP = Float32Array.of(
  0.0013744963798671961,
  0.008368944749236107,
  0.041669651865959167,
  0.166665181517601,
  0.49999988079071045,
);
const [LOG2E, LN2_HIGH, LN2_LOW] = Float32Array.of(Math.LOG2E, -0.693359375, 2.1219444e-4);

/** Of values in vectors; of others, Eigen takes the C library's. */
export function expEigen(value: number): number {
  const x = Math.min(Math.max(value, -104), F(88.723));
  const scaled = F(x * LOG2E);
  const m = scaled + 1.5 * 2 ** 52 - 1.5 * 2 ** 52; // to the nearest, halves to even
  const r = F(F(m * LN2_LOW) + F(F(m * LN2_HIGH) + x));
  const r2 = F(r * r);
  const even = F(F(r2 * F(F(r2 * EXP[0]) + EXP[2])) + EXP[4]);
  const odd = F(F(r2 * EXP[1]) + EXP[3]);
  return F(F(F(r2 * F(F(r * odd) + even)) + F(r + 1)) * 2 ** m);
}

const TANH_END = F(7.907389640808105);
const TANH_P = Float32Array.of(1.394553628e-8, 2.10273356e-5, 3.520756727e-3, 1.3402161e-1);
const TANH_Q = Float32Array.of(8.015776984e-7, 3.326951409e-4, 2.597254514e-2, 4.67354834e-1, 1);

export function tanhEigen(value: number): number {
  const x = Math.max(Math.min(value, TANH_END), -TANH_END);
  const x2 = F(x * x);
  return F(F(F(F(x2 * x) * polynomial(x2, TANH_P)) + x) / polynomial(x2, TANH_Q));
}

const TANH_END_219 = F(7.905311107635498);
// biome-ignore format: as a block
const TANH_P_219 = Float32Array.of(
  -2.76076847742355e-16, 2.00018790482477e-13, -8.60467152213735e-11, 5.12229709037114e-8, 1.48572235717979e-5,
  6.37261928875436e-4, 4.89352455891786e-3,
);
const TANH_Q_219 = Float32Array.of(1.19825839466702e-6, 1.18534705686654e-4, 2.268434632439e-3, 4.89352518554385e-3);

/** As it was in TensorFlow 2.19's Eigen. */
export function tanhEigen219(value: number): number {
  if (Math.abs(value) < F(0.0004)) return value;
  const x = Math.max(Math.min(value, TANH_END_219), -TANH_END_219);
  const x2 = F(x * x);
  return F(F(x * polynomial(x2, TANH_P_219)) / polynomial(x2, TANH_Q_219));
}

// biome-ignore format: as a block
const ERFC_SMALL = Float32Array.of(
  5.618022987619042e-4, -4.913816694170237e-3, 2.6707515120506287e-2, -1.1280010640621185e-1, 3.7612295150756836e-1,
  -1.1283791065216064,
);
const ERFC_P = Float32Array.of(
  1.0208116471767426e-1,
  4.2920666933059692e-1,
  3.237907886505127e-1,
  5.3971976041793823e-2,
);
const ERFC_Q = Float32Array.of(
  1.7251677811145782e-2,
  3.9137163758277893e-1,
  1,
  6.2173241376876831e-1,
  9.5662862062454224e-2,
);

export function erfcEigen(value: number, exp: (x: number) => number): number {
  const x = Math.min(Math.max(value, -11), 11);
  const x2 = F(x * x);
  if (!(x2 > 1)) return F(F(x * polynomial(x2, ERFC_SMALL)) + 1);
  const gauss = exp(-x2); // of the square as rounded: what that lost is made good
  const z = F(gauss - F(gauss * F(x * x - x2)));
  const inverse = F(1 / x2);
  const ratio = F(polynomial(inverse, ERFC_P) / F(x * polynomial(inverse, ERFC_Q)));
  return F(F(z * ratio) + (x < 0 ? 2 : 0));
}
