/** How C writes the functions of expressions: those of support.ts, and of its own library. */

/** floor, round and truncate: of a quotient of whole numbers, and of a real. */
export const ROUNDINGS: { readonly [fn: string]: { readonly whole: string; readonly real: string } } = {
  floor: { whole: 'requant_floor_divide', real: 'floor' },
  round: { whole: 'requant_round_divide', real: 'round' },
  truncate: { whole: 'requant_truncate_divide', real: 'trunc' },
};

export const INTEGER_FUNCTIONS: { readonly [fn: string]: { readonly c: string; readonly isFixedPoint?: true } } = {
  min: { c: 'requant_min' },
  max: { c: 'requant_max' },
  abs: { c: 'requant_abs' },
  sign: { c: 'requant_sign' },
  xor: { c: 'requant_xor' },
  int8: { c: '(int8_t)requant_int32' },
  uint8: { c: '(uint8_t)requant_int32' },
  int16: { c: '(int16_t)requant_int32' },
  int32: { c: 'requant_int32' },
  x86int32: { c: 'requant_x86_int32' },
  leadingZeros: { c: 'requant_leading_zeros', isFixedPoint: true },
  expFixed: { c: 'requant_exp', isFixedPoint: true },
  reciprocalFixed: { c: 'requant_reciprocal', isFixedPoint: true },
};

export const FLOAT_FUNCTIONS: { readonly [fn: string]: string } = { sqrt: 'sqrtf' };
