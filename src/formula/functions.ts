/** The functions of expressions that are no operations: of kernels/fixed_point.ts on whole numbers, the C library's on float32. */
import { expOnNegativeValues, getReciprocal, invSqrtMultiplier, invSqrtShift, logForXGreaterThanOrEqualTo1, logistic, multiplyByQuantizedMultiplier, tanh } from '../../kernels/fixed_point.ts'; // biome-ignore format: one line
import { cosf, logf, sinf } from '../../kernels/float_math.ts';
import { floatFunctions } from '../../kernels/quantization.ts';

export const FUNCTIONS: { readonly [name: string]: (...values: number[]) => number } = {
  // ---- whole numbers
  leadingZeros: (x) => Math.clz32(x!),
  /** exp of a number with 26 bits of fraction, in 31. */
  expFixed: (x) => expOnNegativeValues(x!, 5),
  /** 2^62 / x, x being shifted to the left as far as it goes. */
  reciprocalFixed: (x) => getReciprocal(x!),
  /** Of numbers with 27 bits of fraction, in 31. */
  logisticFixed: (x) => logistic(x!, 4),
  tanhFixed: (x) => tanh(x!, 4),
  /** 2^20 / sqrt(x). */
  inverseRoot: (x) => inverseRoot(x!, false),
  inverseRootSingleRounding: (x) => inverseRoot(x!, true),
  /** 1 / sqrt(x) is inverseRootMultiplier(x) * 2^(inverseRootShift(x) - 31). */
  inverseRootMultiplier: (x) => invSqrtMultiplier(x!),
  inverseRootShift: (x) => invSqrtShift(x!),
  /** log of a number with 19 bits of fraction, in 26. */
  logFixed: (x) => logForXGreaterThanOrEqualTo1(x!, 12, 5),
  xor: (a, b) => a! ^ b!,
  // ---- float32
  exp: (x) => floatFunctions.exp(x!),
  log: (x) => logf(x!),
  cos: (x) => cosf(x!),
  sin: (x) => sinf(x!),
  tanh: (x) => floatFunctions.tanh(x!),
  sqrt: (x) => Math.fround(Math.sqrt(x!)),
  elu: (x) => floatFunctions.elu(x!),
  eluTflm: (x) => floatFunctions.eluTflm(x!),
  gelu: (x) => floatFunctions.gelu(x!),
  geluApproximate: (x) => floatFunctions.geluApproximate(x!),
};

function inverseRoot(x: number, singleRounding: boolean): number {
  return multiplyByQuantizedMultiplier(1, invSqrtMultiplier(x), invSqrtShift(x) + 20, singleRounding);
}
