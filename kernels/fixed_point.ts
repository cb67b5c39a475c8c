/**
 * Fixed-point arithmetic: int32 in, int32 out.
 *
 * Equals, bit for bit: gemmlowp fixedpoint.h, and TFLite's internal/common.h on top of it.
 *
 * Only int32 operations occur here (imul, shifts, sums wrapped by `| 0`), so that an engine keeps every value in an
 * integer register, and so that the code reads like the C it must equal. "Q(n)" is a number with n integer bits and
 * 31 - n fraction bits; a product of Q(a) and Q(b) is `saturatingRoundingDoublingHighMul`, a Q(a + b). Sums wrap.
 *
 * A 64-bit number is two int32 limbs, `high` and `low`, two's complement. A kernel keeps both in locals:
 *
 *     let high = 0, low = 0;
 *     for (…) {
 *       let part = 0;                                   // int16 * int8 is below 2^22: 256 products fit an int32
 *       for (… at most 256 …) part = (part + Math.imul(x, w)) | 0;
 *       high = foldHigh(high, low, part);               // before low changes
 *       low = (low + part) | 0;
 *     }
 *     y = multiplyByQuantizedMultiplier64(high, low, reducedMultiplier, shift);
 */

const INT32_MIN = -0x80000000;
const INT32_MAX = 0x7fffffff;

// ---- what kernels/quantization.ts prepares

/** A double for multiplyByDouble: |e| = significand * 2^-(exponent + 86), where significand is in [2^52, 2^53). */
export interface DoubleFactor {
  /** The significand's bits 32 to 52; 0 if e is zero, infinite or NaN. */
  significandHigh: number;
  /** Its bits 0 to 31. */
  significandLow: number;
  /** Its 32 leading bits. */
  leading: number;
  /** 2^20 for zero, so that every result is 0; -2^20 for infinity and NaN, so that every result is -2^31. */
  exponent: number;
  /** -1 for a negative e, else 0. */
  sign: number;
}

/** A divisor for `divide` and `roundingDivide`. */
export interface Divisor {
  multiplier: number;
  shift: number;
  /** floor(n / 2) */
  half: number;
}

// ---- products and shifts

/** floor(a * b / 2^32), a and b signed. With Math.imul(a, b) as the low limb, the whole 64-bit product. */
export function multiplyHigh(a: number, b: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >> 16;
  const bLow = b & 0xffff;
  const bHigh = b >> 16;
  const middle = (Math.imul(aHigh, bLow) + (Math.imul(aLow, bLow) >>> 16)) | 0; // fits: |aHigh| <= 2^15, bLow < 2^16
  const carry = (Math.imul(aLow, bHigh) + (middle & 0xffff)) | 0;
  return (Math.imul(aHigh, bHigh) + (middle >> 16) + (carry >> 16)) | 0;
}

/** floor(a * b / 2^32), a and b read as unsigned. */
export function multiplyHighUnsigned(a: number, b: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >>> 16;
  const bLow = b & 0xffff;
  const bHigh = b >>> 16;
  const middle = (Math.imul(aHigh, bLow) + (Math.imul(aLow, bLow) >>> 16)) | 0; // below 2^32, read by >>>
  const carry = (Math.imul(aLow, bHigh) + (middle & 0xffff)) | 0;
  return (Math.imul(aHigh, bHigh) + (middle >>> 16) + (carry >>> 16)) | 0;
}

/** floor((a * b + 2^30) / 2^31), and 2^31 - 1 for a = b = -2^31. gemmlowp SaturatingRoundingDoublingHighMul. */
export function saturatingRoundingDoublingHighMul(a: number, b: number): number {
  return a === INT32_MIN && b === INT32_MIN ? INT32_MAX : roundingDoublingHighMul(a, b);
}

/** The same, but wrapped. The partial products are multiplyHigh's; what is below their bit 16 cannot carry. */
function roundingDoublingHighMul(a: number, b: number): number {
  const aLow = a & 0xffff;
  const aHigh = a >> 16;
  const bLow = b & 0xffff;
  const bHigh = b >> 16;
  const middle = (Math.imul(aHigh, bLow) + (Math.imul(aLow, bLow) >>> 16)) | 0;
  const carry = (Math.imul(aLow, bHigh) + (middle & 0xffff) + 0x4000) | 0; // fits: |aLow * bHigh| <= 2^31 - 2^15
  return (((Math.imul(aHigh, bHigh) + (middle >> 16)) << 1) + (carry >> 15)) | 0;
}

/** The same on int16 values: floor((a * b + 2^14) / 2^15), and 2^15 - 1 for a = b = -2^15. */
export function saturatingRoundingDoublingHighMul16(a: number, b: number): number {
  return Math.min((Math.imul(a, b) + 0x4000) >> 15, 0x7fff);
}

/**
 * x / 2^exponent, rounded half away from zero. gemmlowp RoundingDivideByPOT, exponent in 0..31. For 32..63, where a DIV
 * with extreme scales gets, upstream's mask is all ones and x >> exponent counts mod 32, as on x86-64.
 */
export function roundingDivideByPOT(x: number, exponent: number): number {
  return (exponent & 32) !== 0 ? ((x >> exponent) + (~x >>> 31)) | 0 : roundingDivideByPOT31(x, exponent);
}

/** The same for an exponent in 0..31. */
function roundingDivideByPOT31(x: number, exponent: number): number {
  const mask = ((1 << exponent) - 1) | 0;
  const remainder = x & mask;
  const threshold = ((mask >> 1) - (x >> 31)) | 0;
  return ((x >> exponent) + ((threshold - remainder) >>> 31)) | 0; // + 1 if remainder > threshold, without a branch
}

/** The same of an int16 x. Beyond 15 upstream's mask is all ones, and what is left is 1, or -1 of a negative x. */
export function roundingDivideByPOT16(x: number, exponent: number): number {
  return exponent > 15 ? (x >> 31) | 1 : roundingDivideByPOT31(x, exponent);
}

/**
 * x * 2^exponent: saturated for exponent > 0, rounded half away from zero for exponent < 0; exponent in -31..31.
 * gemmlowp SaturatingRoundingMultiplyByPOT and, from Q(m) to Q(n) with exponent m - n, Rescale.
 */
export function saturatingRoundingMultiplyByPOT(x: number, exponent: number): number {
  if (exponent <= 0) return roundingDivideByPOT(x, (0 - exponent) | 0);
  const threshold = ((1 << (31 - exponent)) - 1) | 0;
  if (x > threshold) return INT32_MAX;
  return x < ((0 - threshold) | 0) ? INT32_MIN : x << exponent;
}

/** x * 2^amount of an int16 x, saturated to int16; amount >= 0. TFLite's SaturatingLeftShift, for HARD_SWISH. */
export function saturatingLeftShift(x: number, amount: number): number {
  return Math.max(-0x8000, Math.min(0x7fff, x << Math.min(amount, 16)));
}

/** a + b, saturated. */
export function saturatingAdd(a: number, b: number): number {
  const sum = (a + b) | 0;
  return ((a ^ sum) & (b ^ sum)) < 0 ? (a >> 31) ^ INT32_MAX : sum;
}

/** (a + b) / 2 without overflow, halves up, for a + b >= 0. gemmlowp RoundingHalfSum. */
function roundingHalfSum(a: number, b: number): number {
  return ((a & b) + ((a ^ b) >> 1) + ((a ^ b) & 1)) | 0;
}

// ---- requantization

/**
 * x * multiplier * 2^(shift - 31). TFLite MultiplyByQuantizedMultiplier(int32).
 *
 * It is rounded twice, by the high multiply, then by the right shift; a left shift (shift > 0) comes first, wraps, and counts
 * mod 32. With singleRounding, TFLite's macro TFLITE_SINGLE_ROUNDING, it is rounded once.
 */
export function multiplyByQuantizedMultiplier(
  x: number,
  multiplier: number,
  shift: number,
  singleRounding: boolean,
): number {
  if (singleRounding) return multiplyByQuantizedMultiplierSingleRounding(x, multiplier, shift);
  if (shift > 0) return saturatingRoundingDoublingHighMul(x << shift, multiplier);
  return roundingDivideByPOT(saturatingRoundingDoublingHighMul(x, multiplier), (0 - shift) | 0);
}

/**
 * multiplyByQuantizedMultiplier for shift <= 0. TFLite MultiplyByQuantizedMultiplierSmallerThanOneExp, which does not look
 * at the sign: what it makes of shift > 0 (where SUB's or a comparison's scales lead) is roundingDivideByPOT's answer for an
 * exponent of 64 - shift. With singleRounding the two are the same.
 */
export function multiplyByQuantizedMultiplierSmallerThanOneExp(
  x: number,
  multiplier: number,
  shift: number,
  singleRounding: boolean,
): number {
  if (singleRounding) return multiplyByQuantizedMultiplierSingleRounding(x, multiplier, shift);
  return roundingDivideByPOT(saturatingRoundingDoublingHighMul(x, multiplier), (0 - shift) | 0);
}

/**
 * multiplyByQuantizedMultiplier with two roundings, for multiplier >= 0 and shift >= -31, without a branch: for the loops
 * over a convolution's outputs, where it saves a quarter of the time (5.5 ns for 7.3; Node 20 on a Xeon).
 */
export function multiplyByPositiveMultiplier(x: number, multiplier: number, shift: number): number {
  const left = shift & ~(shift >> 31);
  const right = (left - shift) | 0;
  return roundingDivideByPOT31(roundingDoublingHighMul(x << left, multiplier), right);
}

/**
 * floor((x * multiplier + 2^(n - 1)) / 2^n), n = 31 - shift: rounded once, half up. The product has 64 bits, and the result
 * the low 32. n counts mod 64, as on x86-64; a DIV gets to n = 0, where nothing is added.
 */
export function multiplyByQuantizedMultiplierSingleRounding(x: number, multiplier: number, shift: number): number {
  const n = (31 - shift) & 63;
  const high = multiplyHigh(x, multiplier); // at most 2^30
  if (n > 32) return ((high >> (n - 33)) + 1) >> 1; // no lower bit counts
  const low = Math.imul(x, multiplier);
  return n === 0 ? low : roundingShiftRight64(high, low, n);
}

/**
 * floor((acc * reducedMultiplier + 2^(14 - shift)) / 2^(15 - shift)), for the 64-bit accumulators of 16x8.
 * TFLite MultiplyByQuantizedMultiplier(int64), in every build; |acc| < 2^47 and shift in -31..7 by upstream's contract
 * (up to 14 here). The multiplier is reduced to 15 bits in prepare, by `reduceMultiplier`.
 */
export function multiplyByQuantizedMultiplier64(
  accHigh: number,
  accLow: number,
  reducedMultiplier: number,
  shift: number,
): number {
  // Limbs of 16 bits: with a 15-bit multiplier every product and its carry fit an int32.
  let carry = Math.imul(accLow & 0xffff, reducedMultiplier);
  let low = carry & 0xffff;
  carry = (Math.imul(accLow >>> 16, reducedMultiplier) + (carry >>> 16)) | 0;
  low |= carry << 16;
  carry = (Math.imul(accHigh & 0xffff, reducedMultiplier) + (carry >>> 16)) | 0;
  let high = carry & 0xffff;
  carry = (Math.imul(accHigh >> 16, reducedMultiplier) + (carry >>> 16)) | 0;
  high |= carry << 16;
  return roundingShiftRight64(high, low, (15 - shift) | 0);
}

/**
 * x * multiplier * 2^(shift - 31), x * multiplier halved up twice: by the high multiply, then by the right shift. What ruy's
 * kernels for AVX2 make of MultiplyByQuantizedMultiplier; multiplier >= 0, shift >= -31.
 */
export function multiplyByQuantizedMultiplierHalfUp(x: number, multiplier: number, shift: number): number {
  const left = shift & ~(shift >> 31);
  const right = (left - shift) | 0;
  const scaled = roundingDoublingHighMul(x << left, multiplier);
  return right === 0 ? scaled : ((scaled >> (right - 1)) + 1) >> 1;
}

/**
 * rint(float32(float32(acc) * multiplier * 2^shift)): the bits of IEEE float32 arithmetic and none of it. Ties go to the even,
 * three times: where acc has more than 24 bits, where the product has, and where it becomes an integer. Prepared by
 * `floatMultiplier`: multiplier has 24 bits. From 2^23 on, far beyond every output, what is given is any such number.
 */
export function multiplyByFloat(acc: number, multiplier: number, shift: number): number {
  if (acc === 0 || multiplier === 0) return 0;
  const sign = acc >> 31;
  const magnitude = (acc ^ sign) - sign;
  const right = (8 - Math.clz32(magnitude)) | 0; // to 24 bits
  let a = right <= 0 ? magnitude << (0 - right) : halveToEven(magnitude, right);
  let exponent = (right + shift) | 0;
  if (a === 0x1000000) {
    a = 0x800000;
    exponent++;
  }
  // The product of 48 bits or 47, as `high` * 2^24 + `low`.
  const aLow = a & 0xfff;
  const aHigh = a >> 12;
  const bLow = multiplier & 0xfff;
  const bHigh = multiplier >> 12;
  const middle = Math.imul(aHigh, bLow) + Math.imul(aLow, bHigh);
  const lower = ((middle & 0xfff) << 12) + Math.imul(aLow, bLow);
  const high = (Math.imul(aHigh, bHigh) + (middle >> 12) + (lower >>> 24)) | 0;
  const low = lower & 0xffffff;
  const bits = high >= 0x800000 ? 24 : 23; // below the 24 leading ones
  const leading = bits === 24 ? high : (high << 1) | (low >> 23);
  const rest = low & ((1 << bits) - 1);
  const mantissa = (leading + ((rest + (1 << (bits - 1)) - 1 + (leading & 1)) >>> bits)) | 0; // to 2^24
  const down = (0 - exponent - bits) | 0;
  const rounded = down <= 0 ? mantissa : down > 25 ? 0 : halveToEven(mantissa, down);
  return ((rounded ^ sign) - sign) | 0;
}

/** x / 2^n, ties to the even, of an unsigned x below 2^31 + 2^n; n in 1..25. */
function halveToEven(x: number, n: number): number {
  const floor = x >>> n;
  return (floor + (((x & ((1 << n) - 1)) + (1 << (n - 1)) - 1 + (floor & 1)) >>> n)) | 0;
}

/**
 * roundHalfAway(double(acc) * e) as an int32, with the bits of IEEE double arithmetic and none of it; what does not fit
 * an int32 gives -2^31, as cvttsd2si does. |acc| < 2^53, e any double, prepared by `doubleFactor`.
 * FULLY_CONNECTED's requantization in TFLite since 2.20: std::round(acc * effective_scale).
 *
 * v = |acc| * |e| = product * 2^-(t + 1), where product is at least h, the high 32 bits of the two leading 32-bit words,
 * and less than h + 4, what double's rounding may add included. Unless a multiple of 1/2 lies in between, h decides.
 * That leaves about one value in 2^(30 - bits of the result) to the exact product.
 */
export function multiplyByDouble(accHigh: number, accLow: number, factor: DoubleFactor): number {
  const sign = accHigh >> 31;
  const low = ((accLow ^ sign) - sign) | 0;
  const high = ((accHigh ^ sign) + (accLow === 0 ? sign & 1 : 0)) | 0;
  const headroom = high !== 0 ? Math.clz32(high) : (32 + Math.clz32(low)) | 0; // 11..64
  const leading = headroom < 32 ? (high << headroom) | (low >>> (32 - headroom)) : low << (headroom - 32);
  const t = (headroom + factor.exponent) | 0;
  if (t > 31) return 0; // v < 1/2, and far enough below
  const h = multiplyHighUnsigned(leading, factor.leading);
  const doubled = (h >>> t) | 0; // floor(2 * v)
  const magnitude =
    t > 0 && doubled === (((h + 4) >>> t) | 0) ? ((doubled + 1) | 0) >>> 1 : multiplyByDoubleExactly(high, low, factor);
  const negative = sign ^ factor.sign;
  return ((magnitude ^ negative) - negative) | 0;
}

/** multiplyByDouble of an int32 accumulator. */
export function multiplyByDouble32(acc: number, factor: DoubleFactor): number {
  return multiplyByDouble(acc >> 31, acc, factor);
}

const product = new Int32Array(10); // limbs of 16 bits, unsigned

/**
 * The magnitude of multiplyByDouble from all 106 bits: rounds to 53 bits, then to an integer. Both roundings may be
 * "add one half and cut", because 53-bit ties matter only just below k + 1/2, an even significand for k < 2^51.
 */
function multiplyByDoubleExactly(high: number, low: number, factor: DoubleFactor): number {
  if (factor.significandHigh === 0) return INT32_MIN; // infinity or NaN
  if ((high | low) === 0) return 0;
  product.fill(0);
  for (let i = 0; i < 4; i++) {
    const a = limb(high, low, i);
    let carry = 0;
    for (let j = 0; j < 4; j++) {
      const b = limb(factor.significandHigh, factor.significandLow, j);
      const sum = (Math.imul(a, b) + product[i + j]! + carry) | 0; // below 2^32, read by >>>
      product[i + j] = sum & 0xffff;
      carry = sum >>> 16;
    }
    product[i + 4] = carry;
  }
  let top = 7;
  while (product[top] === 0) top--;
  const length = ((top << 4) + 32 - Math.clz32(product[top]!)) | 0;
  const fractionBits = (factor.exponent + 86) | 0; // v = product / 2^fractionBits
  if (((length - fractionBits) | 0) > 31) return INT32_MIN; // v >= 2^31
  if (length > 53) addBit(length - 54);
  addBit(fractionBits - 1);
  const i = fractionBits >> 4;
  const shift = fractionBits & 15;
  return (product[i]! >>> shift) | (product[i + 1]! << (16 - shift)) | ((product[i + 2]! << (31 - shift)) << 1);
}

/** Bits 16 * i to 16 * i + 15 of (high, low). */
function limb(high: number, low: number, i: number): number {
  return ((i < 2 ? low : high) >>> ((i & 1) << 4)) & 0xffff;
}

/** product += 2^bit. */
function addBit(bit: number): void {
  let carry = 1 << (bit & 15);
  for (let i = bit >> 4; carry !== 0; i++) {
    carry = (carry + product[i]!) | 0;
    product[i] = carry & 0xffff;
    carry >>>= 16;
  }
}

// ---- 64 bits in two limbs

/** The high limb of (high, low) + part, part an int32; the low limb is (low + part) | 0. */
export function foldHigh(high: number, low: number, part: number): number {
  return addHigh(high, low, part >> 31, part);
}

/** The high limb of (aHigh, aLow) + (bHigh, bLow); the low limb is (aLow + bLow) | 0. */
export function addHigh(aHigh: number, aLow: number, bHigh: number, bLow: number): number {
  const sum = (aLow + bLow) | 0;
  return (aHigh + bHigh + (((aLow & bLow) | ((aLow | bLow) & ~sum)) >>> 31)) | 0;
}

/** The high limb of (aHigh, aLow) - (bHigh, bLow); the low limb is (aLow - bLow) | 0. */
export function subtractHigh(aHigh: number, aLow: number, bHigh: number, bLow: number): number {
  const difference = (aLow - bLow) | 0;
  return (aHigh - bHigh - (((~aLow & bLow) | ((~aLow | bLow) & difference)) >>> 31)) | 0;
}

/** The high limb of (aHigh, aLow) * (bHigh, bLow), which wraps; the low limb is imul(aLow, bLow). */
export function multiplyHigh64(aHigh: number, aLow: number, bHigh: number, bLow: number): number {
  return (multiplyHighUnsigned(aLow, bLow) + Math.imul(aHigh, bLow) + Math.imul(aLow, bHigh)) | 0;
}

/** -1, 0 or 1: whether (aHigh, aLow) is less than, equal to or greater than (bHigh, bLow). */
export function compare64(aHigh: number, aLow: number, bHigh: number, bLow: number): number {
  if (aHigh !== bHigh) return aHigh < bHigh ? -1 : 1;
  return aLow === bLow ? 0 : (aLow ^ INT32_MIN) < (bLow ^ INT32_MIN) ? -1 : 1;
}

/** (high, low) >> n, as an int32; n in 0..63. */
export function shiftRight64(high: number, low: number, n: number): number {
  return n < 32 ? (low >>> n) | ((high << 1) << (31 - n)) : high >> (n - 32);
}

/** ((high, low) + 2^(n - 1)) >> n, as an int32; n in 1..63, the sum must not leave int64. */
export function roundingShiftRight64(high: number, low: number, n: number): number {
  return (shiftRight64(high, low, n) + (shiftRight64(high, low, (n - 1) | 0) & 1)) | 0;
}

// ---- division by a constant

/** x / n, truncated, for every int32 x and n in 1..2^31 - 1. Granlund and Montgomery 1994, figure 5.2. */
export function divide(x: number, divisor: Divisor): number {
  return (((x + multiplyHigh(x, divisor.multiplier)) >> divisor.shift) - (x >> 31)) | 0;
}

/** x / n, rounded half away from zero, for |x| + n / 2 < 2^31. AVERAGE_POOL_2D's rounding. */
export function roundingDivide(x: number, divisor: Divisor): number {
  const sign = x >> 31;
  return divide((x + ((divisor.half ^ sign) - sign)) | 0, divisor);
}

// ---- division by a value

/** n / d, truncated; d not 0. -2^31 / -1 wraps. Bit by bit, as many as the quotient has. */
export function divideTruncated(n: number, d: number): number {
  const magnitude = divideUnsigned(n < 0 ? (0 - n) | 0 : n, d < 0 ? (0 - d) | 0 : d);
  return (n ^ d) < 0 ? (0 - magnitude) | 0 : magnitude;
}

/** floor(n / d), n and d in 0..2^31 read as unsigned, d not 0. */
function divideUnsigned(n: number, d: number): number {
  let bit = (Math.clz32(d) - Math.clz32(n)) | 0;
  let remainder = n;
  let quotient = 0;
  for (; bit >= 0; bit--) {
    const part = d << bit; // no more than 2^31
    if (remainder >>> 0 >= part >>> 0) {
      remainder = (remainder - part) | 0;
      quotient |= 1 << bit;
    }
  }
  return quotient;
}

// ---- functions (gemmlowp fixedpoint.h)

/** exp(-2^e) in Q(0) for e = -2..4. */
const EXP_OF_MINUS_POWER_OF_TWO = Int32Array.of(1672461947, 1302514674, 790015084, 290630308, 39332535, 720401, 242);

/**
 * exp(a) in Q(0), for a <= 0 in Q(integerBits), integerBits in 0..26. gemmlowp exp_on_negative_values: a Taylor
 * polynomial around -1/8 for the part of a in [-1/4, 0), times exp(-2^e) for every other bit that is set.
 */
export function expOnNegativeValues(a: number, integerBits: number): number {
  if (a === 0) return INT32_MAX;
  const fractionBits = (31 - integerBits) | 0;
  const quarter = 1 << (fractionBits - 2);
  const aModQuarter = ((a & (quarter - 1)) - quarter) | 0;
  const x = (saturatingRoundingMultiplyByPOT(aModQuarter, integerBits) + (1 << 28)) | 0; // a + 1/8
  const x2 = saturatingRoundingDoublingHighMul(x, x);
  const x3 = saturatingRoundingDoublingHighMul(x2, x);
  const x4 = saturatingRoundingDoublingHighMul(x2, x2);
  const third = 715827883;
  const expOfMinusEighth = 1895147668;
  const cubic = saturatingRoundingDoublingHighMul((roundingDivideByPOT(x4, 2) + x3) | 0, third); // x^4/12 + x^3/3
  const tail = roundingDivideByPOT((cubic + x2) | 0, 1); // x^4/24 + x^3/6 + x^2/2
  let result = (expOfMinusEighth + saturatingRoundingDoublingHighMul(expOfMinusEighth, (x + tail) | 0)) | 0;

  const remainder = (aModQuarter - a) | 0; // a multiple of 1/4
  for (let e = -2; e <= 4 && e < integerBits; e++) {
    if ((remainder & (1 << (fractionBits + e))) !== 0) {
      result = saturatingRoundingDoublingHighMul(result, EXP_OF_MINUS_POWER_OF_TWO[e + 2]!);
    }
  }
  return integerBits > 5 && a < -1 << (36 - integerBits) ? 0 : result; // exp(-32) rounds to 0
}

/** Three Newton-Raphson steps to 2 / (1 + a) in Q(2), a in [0, 1] in Q(0). */
function twoOverOnePlusX(a: number): number {
  const halfDenominator = roundingHalfSum(a, INT32_MAX);
  let x = (1515870810 + saturatingRoundingDoublingHighMul(halfDenominator, -1010580540)) | 0; // 48/17 - 32/17 * half
  for (let i = 0; i < 3; i++) {
    const error = ((1 << 29) - saturatingRoundingDoublingHighMul(halfDenominator, x)) | 0;
    x = (x + saturatingRoundingMultiplyByPOT(saturatingRoundingDoublingHighMul(x, error), 2)) | 0;
  }
  return x;
}

/** 1 / (1 + a) in Q(0), for a in [0, 1] in Q(0). gemmlowp one_over_one_plus_x_for_x_in_0_1. */
export function oneOverOnePlusXForXIn01(a: number): number {
  return saturatingRoundingMultiplyByPOT(twoOverOnePlusX(a), 1);
}

/** (1 - a) / (1 + a) in Q(0), for a in [0, 1] in Q(0). gemmlowp one_minus_x_over_one_plus_x_for_x_in_0_1. */
function oneMinusXOverOnePlusXForXIn01(a: number): number {
  return saturatingRoundingMultiplyByPOT((twoOverOnePlusX(a) - (1 << 29)) | 0, 2);
}

/** 1 / (1 + exp(-a)) in Q(0), for a in Q(integerBits). gemmlowp logistic. */
export function logistic(a: number, integerBits: number): number {
  if (a === 0) return 1 << 30;
  const positive = oneOverOnePlusXForXIn01(expOnNegativeValues(a < 0 ? a : (0 - a) | 0, integerBits));
  return a > 0 ? positive : (INT32_MAX - positive) | 0;
}

/** tanh(a) in Q(0), for a in Q(integerBits). gemmlowp tanh. */
export function tanh(a: number, integerBits: number): number {
  if (a === 0) return 0;
  const exp = expOnNegativeValues(a < 0 ? a : (0 - a) | 0, (integerBits + 1) | 0); // exp(-2 * |a|): the same raw value
  const positive = oneMinusXOverOnePlusXForXIn01(exp);
  return a > 0 ? positive : (0 - positive) | 0;
}

// ---- the same functions in 16 bits, with 15 - n fraction bits in Q(n): UNIDIRECTIONAL_SEQUENCE_LSTM

/** The low 16 bits, signed. */
function wrap16(x: number): number {
  return (x << 16) >> 16;
}

/** saturatingRoundingMultiplyByPOT for exponent > 0, saturated to int16. */
function saturatingShiftLeft16(x: number, exponent: number): number {
  const threshold = ((1 << (15 - exponent)) - 1) | 0;
  if (x > threshold) return 0x7fff;
  return x < ((0 - threshold) | 0) ? -0x8000 : x << exponent;
}

/** expOnNegativeValues in 16 bits: a <= 0 in Q(integerBits), integerBits in 1..7. Its last sum saturates, others wrap. */
function expOnNegativeValues16(a: number, integerBits: number): number {
  if (a === 0) return 0x7fff;
  const fractionBits = (15 - integerBits) | 0;
  const quarter = 1 << (fractionBits - 2);
  const aModQuarter = ((a & (quarter - 1)) - quarter) | 0;
  const x = wrap16(saturatingShiftLeft16(aModQuarter, integerBits) + (1 << 12)); // a + 1/8
  const x2 = saturatingRoundingDoublingHighMul16(x, x);
  const x3 = saturatingRoundingDoublingHighMul16(x2, x);
  const x4 = saturatingRoundingDoublingHighMul16(x2, x2);
  const third = 10923;
  const expOfMinusEighth = 28918;
  const cubic = saturatingRoundingDoublingHighMul16(wrap16(roundingDivideByPOT(x4, 2) + x3), third);
  const tail = roundingDivideByPOT(wrap16(cubic + x2), 1);
  const factor = saturatingRoundingDoublingHighMul16(expOfMinusEighth, wrap16(x + tail));
  let result = Math.max(-0x8000, Math.min(0x7fff, (expOfMinusEighth + factor) | 0));

  const remainder = (aModQuarter - a) | 0;
  for (let e = -2; e <= 4 && e < integerBits; e++) {
    if ((remainder & (1 << (fractionBits + e))) !== 0) {
      result = saturatingRoundingDoublingHighMul16(result, roundingDivideByPOT(EXP_OF_MINUS_POWER_OF_TWO[e + 2]!, 16));
    }
  }
  return integerBits > 5 && a < -1 << (20 - integerBits) ? 0 : result;
}

/** twoOverOnePlusX in 16 bits. */
function twoOverOnePlusX16(a: number): number {
  const halfDenominator = (a + 0x8000) >> 1; // a >= 0
  let x = wrap16(23130 + saturatingRoundingDoublingHighMul16(halfDenominator, -15420));
  for (let i = 0; i < 3; i++) {
    const error = wrap16((1 << 13) - saturatingRoundingDoublingHighMul16(halfDenominator, x));
    x = wrap16(x + saturatingShiftLeft16(saturatingRoundingDoublingHighMul16(x, error), 2));
  }
  return x;
}

/** 1 / (1 + exp(-a)) in Q(0), for an int16 a in Q(integerBits), integerBits in 1..6. gemmlowp logistic. */
export function logistic16(a: number, integerBits: number): number {
  if (a === 0) return 1 << 14;
  const exp = expOnNegativeValues16(a < 0 ? a : (0 - a) | 0, integerBits);
  const positive = saturatingShiftLeft16(twoOverOnePlusX16(exp), 1);
  return a > 0 ? positive : (0x7fff - positive) | 0;
}

/** tanh(a) in Q(0), for an int16 a in Q(integerBits), integerBits in 0..6. gemmlowp tanh. */
export function tanh16(a: number, integerBits: number): number {
  if (a === 0) return 0;
  const exp = expOnNegativeValues16(a < 0 ? a : (0 - a) | 0, (integerBits + 1) | 0); // exp(-2 * |a|): the same raw value
  const positive = saturatingShiftLeft16(wrap16(twoOverOnePlusX16(exp) - (1 << 13)), 2);
  return a > 0 ? positive : (0 - positive) | 0;
}

// ---- reciprocals and logarithms

/**
 * 1 / x for x > 0 in Q(xIntegerDigits) is getReciprocal(x) * 2^-(31 + reciprocalBitsOverUnit(x, xIntegerDigits)).
 * TFLite GetReciprocal, which returns the two together.
 */
export function getReciprocal(x: number): number {
  return oneOverOnePlusXForXIn01(((x << Math.clz32(x)) - INT32_MIN) | 0);
}

/** How far x > 0 in Q(xIntegerDigits) reaches above 1: TFLite's num_bits_over_unit. */
export function reciprocalBitsOverUnit(x: number, xIntegerDigits: number): number {
  return (xIntegerDigits - Math.clz32(x)) | 0;
}

/**
 * 1 / sqrt(x) = invSqrtMultiplier(x) * 2^(invSqrtShift(x) - 31), for an integer x >= 0, where 0 counts as 1.
 * TFLite GetInvSqrtQuantizedMultiplierExp with kReverseShift.
 */
export function invSqrtMultiplier(x: number): number {
  if (x <= 1) return INT32_MAX;
  const pairs = invSqrtHeadroomPairs(x);
  const input = (pairs < 0 ? x >> 2 : x << (2 * pairs)) >> 1; // in [1/4, 1) in Q(3)
  const halfInput = roundingDivideByPOT(input, 1);
  const halfThree = (1 << 28) + (1 << 27);
  let y = 1 << 28; // 1 in Q(3)
  for (let i = 0; i < 5; i++) {
    const y2 = saturatingRoundingDoublingHighMul(y, y);
    const y3 = saturatingRoundingMultiplyByPOT(saturatingRoundingDoublingHighMul(y2, y), 6);
    const next = saturatingRoundingDoublingHighMul(halfThree, y) - saturatingRoundingDoublingHighMul(halfInput, y3);
    y = saturatingRoundingMultiplyByPOT(next | 0, 3);
  }
  const halfSqrt2 = 1518500250;
  return saturatingRoundingDoublingHighMul(y, halfSqrt2) << Math.max(pairs - 11, 0);
}

/** The shift that goes with invSqrtMultiplier(x), at most 0. */
export function invSqrtShift(x: number): number {
  return x <= 1 ? 0 : Math.min((invSqrtHeadroomPairs(x) - 11) | 0, 0);
}

/** Pairs of bits by which x > 1 is shifted left into [2^27, 2^29); -1 where it is shifted right. */
function invSqrtHeadroomPairs(x: number): number {
  return (((Math.clz32(x) - 1) >> 1) - 1) | 0;
}

/**
 * log(z) in Q(outputIntegerBits), for z > 0 in Q(inputIntegerBits). TFLite log_x_for_x_greater_than_or_equal_to_1_impl.
 * LOG_SOFTMAX calls it with 12 and 5. z = 2^k * r with r around sqrt(1/2), of which the log is a rational function.
 */
export function logForXGreaterThanOrEqualTo1(z: number, inputIntegerBits: number, outputIntegerBits: number): number {
  const accumIntegerBits = (outputIntegerBits + 1) | 0;
  const log2 = 1488522236;
  const sqrtSqrtHalf = 1805811301;
  const sqrtHalf = 1518500250;
  const alphaN = 117049297; // 11/240 * 2^(1/4)
  const alphaD = 127690142; // 1/20 * 2^(1/4)
  const alphaI = 1057819769; // 2 / 2^(1/4) - 2^(1/4)
  const alphaF = 638450708; // 1/4 * 2^(1/4)
  const mul = saturatingRoundingDoublingHighMul;
  const scaleByPOT = saturatingRoundingMultiplyByPOT;
  const quarter = roundingDivideByPOT(1 << 29, accumIntegerBits);

  // Two candidates for r and k: z itself, and z * sqrt(1/2).
  const headroomPlus1 = Math.clz32(z);
  const rA = scaleByPOT(mul(scaleByPOT(z, (headroomPlus1 - 1) | 0), sqrtHalf), 1);
  const powerA = scaleByPOT((inputIntegerBits - headroomPlus1) | 0, (31 - accumIntegerBits) | 0);
  const headroomB = (Math.clz32(mul(z, sqrtHalf)) - 1) | 0;
  const rB = scaleByPOT(z, headroomB);
  const powerB = scaleByPOT((inputIntegerBits - headroomB) | 0, (31 - accumIntegerBits) | 0);
  const r = Math.min(rA, rB);
  const power = Math.max(saturatingAdd(powerA, quarter), saturatingAdd(powerB, (0 - quarter) | 0));

  const p = roundingHalfSum(r, sqrtSqrtHalf);
  const q = ((r - sqrtSqrtHalf) << 1) | 0;
  const q2 = mul(q, q);
  const numerator = (mul(q, r) + mul(mul(q, q2), alphaN)) | 0;
  const denominator = (mul(p, (((alphaI + q) | 0) + mul(alphaD, q2)) | 0) + mul(alphaF, q)) | 0; // minus one
  const reciprocal = oneOverOnePlusXForXIn01(denominator);
  const log = (mul(power, log2) + mul(roundingDivideByPOT(numerator, accumIntegerBits), reciprocal)) | 0;
  return scaleByPOT(log, 1);
}

// ---- tables of int16

/** The value of an interpolated 513-entry table (`lut16`) at an int16 x. TFLite LUTLookup. */
export function lookup16(lut: Int16Array, x: number): number {
  const index = (256 + (x >> 7)) | 0;
  const base = lut[index]!;
  const slope = ((lut[index + 1]! - base) << 16) >> 16;
  return ((base + ((Math.imul(slope, x & 127) + 64) >> 7)) << 16) >> 16;
}

/** LOGISTIC of an int16 x, in Q15; multiplier and shift from `sigmoidMultiplier`. reference_integer_ops::Logistic. */
export function logisticInt16(table: Uint16Array, x: number, multiplier: number, shift: number): number {
  const d = sigmoidTableInput(x, multiplier, shift);
  const a = Math.abs(d) | 0;
  const i = a >> 9;
  const base = table[Math.min(i, 254)]!;
  const slope = (table[Math.min(i, 254) + 1]! - base) | 0;
  const r = i >= 255 ? 0x7fff << 10 : ((base << 9) + Math.imul(a & 511, slope)) | 0; // Q16.9
  return (d >= 0 ? r + 512 : (1 << 25) - r + 511) >> 10;
}

/** TANH of an int16 x, in Q15, as 2 * logistic(2 * x) - 1. reference_integer_ops::Tanh. */
export function tanhInt16(table: Uint16Array, x: number, multiplier: number, shift: number): number {
  const d = sigmoidTableInput(x, multiplier, shift);
  const a = Math.abs(d) | 0;
  const i = a >> 8;
  const base = table[Math.min(i, 254)]!;
  const slope = (table[Math.min(i, 254) + 1]! - base) | 0;
  const r = i >= 255 ? 0xffff << 8 : ((base << 8) + Math.imul(a & 255, slope)) | 0; // Q16.8
  return (d >= 0 ? r - (1 << 23) + 128 : (1 << 23) - r + 127) >> 8;
}

/** x in units of 1 / (3 * 4096), that is 512 to an entry of the table. */
function sigmoidTableInput(x: number, multiplier: number, shift: number): number {
  return (Math.imul(x, multiplier) + (shift > 0 ? 1 << (shift - 1) : 0)) >> shift;
}
