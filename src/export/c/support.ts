/** C99 that all exported layers share: the fixed-point arithmetic of TFLite's reference kernels, after kernels/fixed_point.ts. */
export const SUPPORT = `/* What the layers share: rounding as TFLite's reference kernels round. C99; nothing but integers, but for float32 tensors. */
#ifndef REQUANT_SUPPORT_H
#define REQUANT_SUPPORT_H

#include <math.h>
#include <stdint.h>
#include <string.h>

/* Shifts to the right keep the sign, as with every compiler of today. */
typedef char requant_arithmetic_shift[(-1 >> 1) == -1 ? 1 : -1];

static inline int32_t requant_clamp(int32_t x, int32_t min, int32_t max)
{
  return x < min ? min : x > max ? max : x;
}

/* floor((a * b + 2^30) / 2^31), saturated. */
static inline int32_t requant_high_multiply(int32_t a, int32_t b)
{
  if (a == INT32_MIN && b == INT32_MIN) return INT32_MAX;
  return (int32_t)(((int64_t)a * b + (1 << 30)) >> 31);
}

/* x / 2^exponent, halves away from zero; exponent in 0 to 31. */
static inline int32_t requant_round_shift(int32_t x, int exponent)
{
  const int32_t mask = (int32_t)((1u << exponent) - 1u);
  const int32_t remainder = x & mask;
  return (x >> exponent) + (remainder > (mask >> 1) + (x < 0));
}

static inline int32_t requant_shift_left(int32_t x, int shift)
{
  return (int32_t)((uint32_t)x << shift);
}

/* x * multiplier * 2^(shift - 31), rounded twice. */
static inline int32_t requant_rescale_double(int32_t x, int32_t multiplier, int shift)
{
  if (shift > 0) return requant_high_multiply(requant_shift_left(x, shift), multiplier);
  return requant_round_shift(requant_high_multiply(x, multiplier), -shift);
}

/* The same, rounded once. */
static inline int32_t requant_rescale_single(int32_t x, int32_t multiplier, int shift)
{
  return (int32_t)(((int64_t)x * multiplier + ((int64_t)1 << (30 - shift))) >> (31 - shift));
}

/* The same of 64-bit sums and a multiplier of 15 bits. */
static inline int32_t requant_rescale_reduced(int64_t x, int32_t multiplier, int shift)
{
  return (int32_t)((x * multiplier + ((int64_t)1 << (14 - shift))) >> (15 - shift));
}

/* x * real, rounded in double, halves away from zero. */
static inline int32_t requant_rescale_float64(int32_t x, double real)
{
  return (int32_t)round((double)x * real);
}

/* The low 32 bits: sums wrap, as they do in the reference. */
static inline int32_t requant_int32(int64_t x)
{
  return (int32_t)(uint32_t)(uint64_t)x;
}

/* A real as an int32, as x86 converts it: what does not fit is the lowest number. */
static inline int32_t requant_x86_int32(double x)
{
  return x >= -2147483648.0 && x < 2147483648.0 ? (int32_t)x : INT32_MIN;
}

static inline int64_t requant_clamp64(int64_t x, int64_t min, int64_t max)
{
  return x < min ? min : x > max ? max : x;
}

static inline int64_t requant_min(int64_t a, int64_t b)
{
  return a < b ? a : b;
}

static inline int64_t requant_max(int64_t a, int64_t b)
{
  return a > b ? a : b;
}

static inline int64_t requant_abs(int64_t x)
{
  return x < 0 ? -x : x;
}

static inline int64_t requant_sign(int64_t x)
{
  return x < 0 ? -1 : 1;
}

static inline int64_t requant_xor(int64_t a, int64_t b)
{
  return a ^ b;
}

static inline int64_t requant_truncate_divide(int64_t n, int64_t d)
{
  return n / d;
}

static inline int64_t requant_floor_divide(int64_t n, int64_t d)
{
  return n / d - (n % d != 0 && (n < 0) != (d < 0));
}

/* Halves away from zero. */
static inline int64_t requant_round_divide(int64_t n, int64_t d)
{
  const int64_t quotient = n / d;
  const int64_t remainder = requant_abs(n % d);
  if (remainder < requant_abs(d) - remainder) return quotient;
  return (n < 0) == (d < 0) ? quotient + 1 : quotient - 1;
}
`;

/** What layers take besides that compute exp or reciprocals in fixed point. */
export const FIXED_POINT_SUPPORT = `
/* x * 2^exponent, saturated. */
static inline int32_t requant_saturating_shift_left(int32_t x, int exponent)
{
  const int64_t shifted = (int64_t)x * ((int64_t)1 << exponent);
  return shifted > INT32_MAX ? INT32_MAX : shifted < INT32_MIN ? INT32_MIN : (int32_t)shifted;
}

static inline int32_t requant_saturating_add(int32_t a, int32_t b)
{
  const int64_t sum = (int64_t)a + b;
  return sum > INT32_MAX ? INT32_MAX : sum < INT32_MIN ? INT32_MIN : (int32_t)sum;
}

/* exp(a) with 31 bits of fraction, for a <= 0 with 26: a quarter's fraction by a series, then a factor for each bit above. */
static inline int32_t requant_exp(int32_t a)
{
  static const int32_t factors[7] = {1672461947, 1302514674, 790015084, 290630308, 39332535, 720401, 242};
  const int32_t quarter = 1 << 24;
  const int32_t fraction = (a & (quarter - 1)) - quarter;
  const int32_t remainder = fraction - a;
  const int32_t x = requant_saturating_shift_left(fraction, 5) + (1 << 28);
  const int32_t x2 = requant_high_multiply(x, x);
  const int32_t x3 = requant_high_multiply(x2, x);
  const int32_t x4 = requant_high_multiply(x2, x2);
  const int32_t tail = requant_high_multiply(requant_round_shift(x4, 2) + x3, 715827883) + x2;
  const int32_t series = x + requant_round_shift(tail, 1);
  int32_t result = requant_saturating_add(1895147668, requant_high_multiply(1895147668, series));
  int i;
  if (a == 0) return INT32_MAX;
  for (i = 0; i < 7; i++) {
    if (remainder & (1 << (24 + i))) result = requant_high_multiply(result, factors[i]);
  }
  return result;
}

/* 1 / (1 + a) with 31 bits of fraction, for a in 0 to 1 with as many: three steps of Newton's method. */
static inline int32_t requant_one_over_one_plus(int32_t a)
{
  const int32_t half = (int32_t)(((int64_t)a + INT32_MAX + 1) / 2);
  int32_t x = 1515870810 + requant_high_multiply(half, -1010580540);
  int i;
  for (i = 0; i < 3; i++) {
    const int32_t error = (1 << 29) - requant_high_multiply(half, x);
    x += requant_saturating_shift_left(requant_high_multiply(x, error), 2);
  }
  return requant_saturating_shift_left(x, 1);
}

static inline int requant_leading_zeros(uint32_t x)
{
  int zeros = 0;
  while (zeros < 32 && !(x & 0x80000000u)) {
    x <<= 1;
    zeros++;
  }
  return zeros;
}

/* 2^62 / x, x being shifted to the left as far as it goes. */
static inline int32_t requant_reciprocal(int32_t x)
{
  const uint32_t shifted = (uint32_t)x << requant_leading_zeros((uint32_t)x);
  return requant_one_over_one_plus((int32_t)(shifted - 0x80000000u));
}
`;
