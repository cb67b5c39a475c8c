/**
 * exp, log, expm1, tanh, erfc, sin, cos and pow of float32, for the tables of quantized functions, which TFLite makes with the C library's,
 * and for what computes in float32. Those are not correctly rounded, and one unit in the last place moves an entry of a table
 * now and then: so they are here with their errors, each step rounded to float32 or, in expf, logf, sinf, cosf and powf, to
 * double.
 *
 * Equals: glibc 2.28 to 2.40 on a machine with fused multiply-adds (without them two of all float32 have another expf), of
 * which those in double are Arm's optimized routines, the others fdlibm's.
 */

const F = Math.fround;

const word = new DataView(new ArrayBuffer(4));

function bitsOf(x: number): number {
  word.setFloat32(0, x);
  return word.getInt32(0);
}

function fromBits(bits: number): number {
  word.setInt32(0, bits);
  return word.getFloat32(0);
}

/** c[0] + x * (c[1] + x * (...)), each step rounded to float32. */
function horner(x: number, c: Float32Array): number {
  let sum = c[c.length - 1];
  for (let i = c.length - 2; i >= 0; i--) sum = F(c[i] + F(x * sum));
  return sum;
}

// ---- exp and log, in double

const EXP2 = Float64Array.from({ length: 32 }, (_, i) => 2 ** (i / 32));

const SCALE = 46.16624130844683; // 32 / ln 2
const SCALE_HIGH = F(SCALE);
const SCALE_LOW = SCALE - SCALE_HIGH;

/** exp(x) = 2^(k / 32) * 2^(r / 32), k an integer, |r| <= 1/2; the latter by a cubic. */
export function expf(x: number): number {
  const z = SCALE * x;
  if (!(z < 32 * 128)) return x > 0 ? Infinity : x; // NaN
  if (z < -32 * 151) return 0;
  const k = z + 3 * 2 ** 51 - 3 * 2 ** 51; // to the nearest, halves to even
  const lost = SCALE_LOW * x - (z - SCALE_HIGH * x); // by rounding the product: exact, as x has 24 bits
  const r = z - k + lost; // as a fused multiply-add has it
  const y = (1.6938359250920212e-6 * r + 0.00023459809789509004) * (r * r) + (0.021660849396613134 * r + 1);
  return F(y * EXP2[k & 31] * 2 ** (k >> 5));
}

// biome-ignore format: as a block
const INVERSES = Float64Array.of(
  1.398907162146528, 1.3403141896637998, 1.286432210124115, 1.2367150214269895,
  1.1906977166711752, 1.1479821020556429, 1.1082251448272158, 1.0711297413057381,
  1.036437278977283, 1, 0.9492859795739057, 0.8951049428609004,
  0.8476821620351103, 0.8050314851692001, 0.7664671008843108, 0.731428603316328,
);

// biome-ignore format: as a block
const LOGS = Float64Array.of(
  -0.33569133332882284, -0.2929040563774074, -0.2518726580937369, -0.21245868807117255,
  -0.17453945183745634, -0.1380057072319758, -0.10275976698545139, -0.06871392447020525,
  -0.0357891387398228, 0, 0.05204517742929496, 0.11081431298787942,
  0.1652495223695143, 0.21687389031699977, 0.2659635028121397, 0.3127556664073557,
);

/** log(x) = k * ln 2 - log(c) + log(1 + r), for x = 2^k * m and c about 1 / m from a table; the latter by a cubic. */
export function logf(x: number): number {
  if (!(x > 0 && x < Infinity)) return x === 0 ? -Infinity : x > 0 ? x : NaN;
  if (x === 1) return 0;
  const isSubnormal = x < 2 ** -126;
  const bits = isSubnormal ? bitsOf(x * 2 ** 23) - (23 << 23) : bitsOf(x);
  const offset = (bits - 0x3f330000) | 0;
  const i = (offset >> 19) & 15;
  const m = fromBits(bits - (offset & 0xff800000));
  const r = m * INVERSES[i] - 1;
  const y0 = LOGS[i] + (offset >> 23) * Math.LN2;
  const r2 = r * r;
  return F((-0.25089342214237154 * r2 + (0.333456765744066 * r - 0.4999997485802103)) * r2 + (y0 + r));
}

// ---- expm1 and tanh, in float32

const LN2_HIGH = F(0.69313812256);
const LN2_LOW = F(9.0580006145e-6);
const EXPM1 = Float32Array.of(1, -0.033333335072, 0.0015873016091, -7.936507609e-5, 4.0082177293e-6, -2.0109921195e-7);

/** exp(x) - 1 = 2^k * (exp(r) - 1) + 2^k - 1, where x = k * ln 2 + r, and c what r lost by rounding. */
export function expm1f(x: number): number {
  if (Number.isNaN(x) || x > 89) return x > 89 ? Infinity : x;
  const abs = Math.abs(x);
  if (x < -18.714973) return -1;
  if (abs < 2 ** -25) return x;
  let k = 0;
  let c = 0;
  let r = x;
  if (abs > F(0.34657359)) {
    k = abs < F(1.0397208) ? Math.sign(x) : Math.trunc(F(F(F(Math.LOG2E) * x) + (x > 0 ? 0.5 : -0.5)));
    const high = F(x - F(k * LN2_HIGH));
    const low = F(k * LN2_LOW);
    r = F(high - low);
    c = F(F(high - r) - low);
  }
  const half = F(0.5 * r);
  const square = F(r * half);
  const p = horner(square, EXPM1);
  const t = F(3 - F(p * half));
  let e = F(square * F(F(p - t) / F(6 - F(r * t))));
  if (k === 0) return F(r - F(F(r * e) - square));
  e = F(F(F(r * F(e - c)) - c) - square);
  if (k === -1) return F(F(0.5 * F(r - e)) - 0.5);
  if (k === 1) return r < -0.25 ? F(-2 * F(e - F(r + 0.5))) : F(1 + F(2 * F(r - e)));
  if (k <= -2 || k > 56) return F(F(F(1 - F(e - r)) * 2 ** k) - 1);
  if (k < 23) return F(F(F(1 - 2 ** -k) - F(e - r)) * 2 ** k);
  return F(F(F(r - F(e + 2 ** -k)) + 1) * 2 ** k);
}

export function tanhf(x: number): number {
  const abs = Math.abs(x);
  if (!(abs < 22)) return Number.isNaN(x) ? x : Math.sign(x);
  if (abs < 2 ** -55) return x;
  let tanh: number;
  if (abs >= 1) {
    tanh = F(1 - F(2 / F(expm1f(F(2 * abs)) + 2)));
  } else {
    const t = expm1f(F(-2 * abs));
    tanh = F(-t / F(t + 2));
  }
  return x < 0 ? -tanh : tanh;
}

// ---- erfc, in float32: a rational function for each of four ranges

const ERX = F(0.84506291151);

// biome-ignore format: as a block
const SMALL = [
  Float32Array.of(0.12837916613, -0.32504209876, -0.028481749818, -0.005770270247, -2.3763017452e-5),
  Float32Array.of(1, 0.39791721106, 0.0650222525, 0.0050813062117, 1.3249473704e-4, -3.9602282413e-6),
] as const;
// biome-ignore format: as a block
const NEAR_ONE = [
  Float32Array.of(
    -0.0023621185683, 0.41485610604, -0.37220788002, 0.31834661961, -0.11089469492, 0.035478305072, -0.0021663755178,
  ),
  Float32Array.of(1, 0.10642088205, 0.54039794207, 0.071828655899, 0.12617121637, 0.013637083583, 0.011984500103),
] as const;
// biome-ignore format: as a block
const TO_2_86 = [
  Float32Array.of(
    -0.0098649440333, -0.6938585639, -10.558626175, -62.375331879, -162.39666748, -184.60508728, -81.287437439,
    -9.8143291473,
  ),
  Float32Array.of(
    1, 19.65127182, 137.65776062, 434.56588745, 645.38726807, 429.00814819, 108.63500214, 6.5702495575,
    -0.060424413532,
  ),
] as const;
// biome-ignore format: as a block
const TO_28 = [
  Float32Array.of(
    -0.009864943102, -0.79928326607, -17.757955551, -160.63638306, -637.56646729, -1025.0950928, -483.51919556,
  ),
  Float32Array.of(
    1, 30.338060379, 325.79251099, 1536.7296143, 3199.8581543, 2553.050293, 474.52853394, -22.440952301,
  ),
] as const;

function ratio(x: number, [numerator, denominator]: readonly [Float32Array, Float32Array]): number {
  return F(horner(x, numerator) / horner(x, denominator));
}

/** 1 - erf(x). */
export function erfcf(x: number): number {
  const abs = Math.abs(x);
  if (Number.isNaN(x)) return x;
  if (abs < 0.84375) {
    if (abs < 2 ** -26) return F(1 - x);
    const xy = F(x * ratio(F(x * x), SMALL));
    return x < 0.25 ? F(1 - F(x + xy)) : F(0.5 - F(xy + F(x - 0.5)));
  }
  if (abs < 1.25) {
    const y = ratio(F(abs - 1), NEAR_ONE);
    return x >= 0 ? F(F(1 - ERX) - y) : F(1 + F(ERX + y));
  }
  if (x < -6) return 2;
  if (abs >= 28) return 0;
  const s = F(1 / F(abs * abs));
  const y = ratio(s, abs < F(2.857142) ? TO_2_86 : TO_28);
  const z = fromBits(bitsOf(abs) & 0xffffe000);
  const gauss = F(expf(F(F(-z * z) - 0.5625)) * expf(F(F(F(z - abs) * F(z + abs)) + y)));
  return x > 0 ? F(gauss / abs) : F(2 - F(gauss / abs));
}

// ---- sin and cos, in double

const HALF_PI = 1.5707963267948966;
const HALF_PI_HIGH = F(HALF_PI); // a multiple of 2^-23: its multiples by the small numbers below are exact, and so are those of the rest
const HALF_PI_LOW = HALF_PI - HALF_PI_HIGH;

/** 2 / pi in binary, from 2^-1 on, by 32 bits: as many as a float32 can make a multiple of 1 of. */
const TWO_OVER_PI = 0xa2f9836e4e441529fc2757d1f534ddc0db6295993c439041n;

export function sinf(x: number): number {
  if (Math.abs(x) < 2 ** -12) return x;
  return sine(x, 0);
}

export function cosf(x: number): number {
  return sine(x, 1);
}

/** The sine of x, a number of quarter turns further on. */
function sine(x: number, quarters: number): number {
  const abs = Math.abs(x);
  if (!(abs < Infinity)) return NaN;
  if (abs < F(0.7853981852531433)) return F(sinePolynomial(x, quarters));
  if (abs < 120) {
    const n = Math.floor(x * 0.6366197723675814 + 0.5);
    return F(sinePolynomial(x - n * HALF_PI_HIGH - n * HALF_PI_LOW, n + quarters)); // as a fused multiply-add has it
  }
  const { turns, rest } = reduceLarge(abs);
  return F(x < 0 ? sinePolynomial(-rest, quarters - turns) : sinePolynomial(rest, quarters + turns));
}

/** sin(x + n * pi / 2), |x| up to pi / 4. */
function sinePolynomial(x: number, n: number): number {
  const sign = (n & 2) === 0 ? 1 : -1;
  const x2 = x * x;
  if ((n & 1) === 0) {
    const x3 = sign * x * x2;
    return sign * x + x3 * -0.16666654943701084 + x3 * x2 * (0.008332178146138854 + x2 * -0.00019517298981385725);
  }
  const x4 = x2 * x2;
  const c1 = 1 + x2 * -0.49999999725108224;
  const c2 = -0.001388676379437604 + x2 * 2.4390450703564542e-5;
  return sign * (c1 + x4 * 0.041666623324344516 + x4 * x2 * c2);
}

/** x >= 2 as a number of quarter turns and a rest, with 64 bits of x * 2 / pi: those above, and multiples of 4, do not matter. */
function reduceLarge(x: number): { turns: number; rest: number } {
  const bits = bitsOf(x);
  const word = (bits >> 26) & 15;
  const mantissa = BigInt(((bits & 0x7fffff) | 0x800000) << ((bits >> 23) & 7)) & 0xffffffffn;
  // 32 bits of 2 / pi from bit 8 * word - 24 on, and two words more, 32 and 64 further
  const piece = (i: number) => (TWO_OVER_PI >> BigInt(184 - 8 * word - 32 * i)) & 0xffffffffn;
  const product = ((mantissa * piece(0)) << 32n) + mantissa * piece(1) + ((mantissa * piece(2)) >> 32n);
  const low = BigInt.asUintN(64, product);
  const turns = (low + (1n << 61n)) >> 62n;
  return { turns: Number(turns), rest: Number(BigInt.asIntN(64, low - (turns << 62n))) * (HALF_PI / 2 ** 62) };
}

// ---- pow, in double

// biome-ignore format: as a block
const LOG2S = Float64Array.of(
  -0.48430022186289673, -0.42257122959194704, -0.3633754347673556, -0.30651309567405577,
  -0.25180720160537634, -0.19910014943794563, -0.14825100623281615, -0.09913323807318392,
  -0.051632812977629436, 0, 0.07508531937943004, 0.15987125980713107,
  0.2384046664317681, 0.31288288605863257, 0.38370422656453185, 0.451211048935815,
);

/** log2(x) of the bits of a positive number, as in logf. */
function log2(bits: number): number {
  const offset = (bits - 0x3f330000) | 0;
  const i = (offset >> 19) & 15;
  const r = fromBits(bits - (offset & 0xff800000)) * INVERSES[i] - 1;
  const y0 = LOG2S[i] + (offset >> 23);
  const r2 = r * r;
  const y = 0.288457581109214 * r - 0.36092606229713164;
  const p = 0.480898481472577 * r - 0.7213474675006291;
  return y * (r2 * r2) + (p * r2 + (1.4426950408774342 * r + y0));
}

/** 2^x, |x| below 151. */
function exp2(x: number): number {
  const k = x * 32 + 3 * 2 ** 51 - 3 * 2 ** 51; // to the nearest, halves to even
  const r = x - k / 32;
  const y = (0.05550361559341535 * r + 0.2402284522445722) * (r * r) + (0.6931471806916203 * r + 1);
  return y * EXP2[k & 31] * 2 ** (k >> 5);
}

/** 0 of a number that is no integer, 1 of an odd one, 2 of an even one. */
function parity(y: number): 0 | 1 | 2 {
  return Math.trunc(y) !== y ? 0 : y % 2 === 0 ? 2 : 1;
}

export function powf(x: number, y: number): number {
  if (y === 0 || x === 1) return 1;
  if (Number.isNaN(x) || Number.isNaN(y)) return NaN;
  const abs = Math.abs(x);
  if (Math.abs(y) === Infinity) return abs === 1 ? 1 : abs > 1 === y > 0 ? Infinity : 0;
  const sign = x < 0 || Object.is(x, -0) ? parity(y) : 2;
  if (abs === 0 || abs === Infinity) return ((abs === 0) === y > 0 ? 0 : Infinity) * (sign === 1 ? -1 : 1);
  if (sign === 0) return NaN;
  const bits = abs < 2 ** -126 ? bitsOf(abs * 2 ** 23) - (23 << 23) : bitsOf(abs);
  const exponent = y * log2(bits);
  const power = exponent > 127.99999995700433 ? Infinity : exponent <= -150 ? 0 : F(exp2(exponent));
  return sign === 1 ? -power : power;
}
