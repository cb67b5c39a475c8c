/**
 * SignalFilterBank and the operators that follow it: from energies of frequencies to loudness in a few channels.
 *
 *   filter bank: output[c] = sum of weight * energy over band c + 1, and of unweight * energy over band c; uint64
 *   square root: output[c] = round(sqrt(input[c])) >> scaleBits
 *   subtraction: noise[c] = (smoothing * signal[c] + oneMinusSmoothing * noise[c]) >> bits, kept from run to run;
 *                output[c] = max(signal[c] - noise[c], signal[c] * min_signal_remaining >> bits)
 *   PCAN:        output[c] = shrink(input[c] * gain(noise[c]) >> snr_shift), gain interpolated in a table of parabolas;
 *                shrink(x) = x < 2 ? x^2 / 4 : x - 1, from 12 fraction bits to 6
 *   log:         output[c] = min(log(input[c] << input_correction_bits) * output_scale, 2^15 - 1)
 *
 * Equals: signal/src/filter_bank.cc, filter_bank_square_root.cc, filter_bank_spectral_subtraction.cc, pcan_argc_fixed.cc,
 * filter_bank_log.cc. Deviations: none; bands that leave their tensors are refused.
 */
import { addHigh, multiplyHigh, multiplyHighUnsigned, shiftRight64, subtractHigh } from '../fixed_point.ts';
import { type Eval, type Node, operator } from '../kernel.ts';
import { bitLength, prepareOption, prepareSignal } from '../shared/signal.ts';
import { type DType, type Tensor, uint32Halves } from '../tensor.ts';

const INT32_MAX = 2 ** 31 - 1;

function prepareChannels<T extends DType>(node: Node, i: number, dtype: T): Tensor<T> {
  prepareSignal(node);
  const input = node.input(i, dtype);
  node.require(input.shape.length === 1, `input ${i} is [${input.shape}]; it must have 1 dimension`);
  return input;
}

// ---- SignalFilterBank

interface Band {
  readonly frequency: number;
  readonly weight: number;
  readonly width: number;
}

function prepareFilterBank(node: Node) {
  const input = prepareChannels(node, 0, 'uint32');
  const weights = prepareChannels(node, 1, 'int16');
  const unweights = prepareChannels(node, 2, 'int16');
  const channels = prepareOption(node, 'num_channels', 0, INT32_MAX);
  const [frequencies, starts, widths] = [3, 4, 5].map((i) => {
    const values = node.values(i, 'int16');
    node.require(values.length > channels, `input ${i} has ${values.length} values for ${channels} channels and one`);
    return values;
  }) as [number[], number[], number[]];
  const bands: Band[] = [];
  for (let c = 0; c <= channels; c++) {
    const band = { frequency: frequencies[c]!, weight: starts[c]!, width: Math.max(widths[c]!, 0) };
    const isInside =
      band.frequency >= 0 &&
      band.weight >= 0 &&
      band.frequency + band.width <= input.size &&
      band.weight + band.width <= Math.min(weights.size, unweights.size);
    node.require(band.width === 0 || isInside, `band ${c} leaves the energies or the weights`);
    node.macs += 2 * band.width;
    bands.push(band);
  }
  return { input, weights, unweights, bands, output: node.output(0, [channels], 'uint64') };
}

function bindFilterBank({ input, weights, unweights, bands, output }: ReturnType<typeof prepareFilterBank>): Eval {
  const x = input.data;
  const w = weights.data;
  const u = unweights.data;
  const y = uint32Halves(output);
  const sum: Sum = { high: 0, low: 0 };
  return () => {
    sum.high = 0;
    sum.low = 0;
    for (let b = 0; b < bands.length; b++) {
      accumulate(sum, x, w, bands[b]!);
      if (b > 0) {
        y[2 * b - 2] = sum.low;
        y[2 * b - 1] = sum.high;
      }
      sum.high = 0;
      sum.low = 0;
      accumulate(sum, x, u, bands[b]!);
    }
  };
}

interface Sum {
  high: number;
  low: number;
}

function accumulate(sum: Sum, x: Uint32Array, weights: Int16Array, { frequency, weight, width }: Band) {
  let { high, low } = sum;
  for (let j = 0; j < width; j++) {
    const energy = x[frequency + j] | 0;
    const w = weights[weight + j];
    const part = Math.imul(w, energy);
    high = addHigh(high, low, (multiplyHigh(w, energy) + ((energy >> 31) & w)) | 0, part);
    low = (low + part) | 0;
  }
  sum.high = high;
  sum.low = low;
}

export const SignalFilterBank = operator(prepareFilterBank, bindFilterBank);

// ---- SignalFilterBankSquareRoot

function prepareSquareRoot(node: Node) {
  const input = prepareChannels(node, 0, 'uint64');
  const scaleBits = node.input(1, 'int32');
  node.require(scaleBits.size === 1, `scale bits are [${scaleBits.shape}]; they must be one number`);
  return { input, scaleBits, output: node.output(0, input.shape, 'uint32') };
}

function bindSquareRoot({ input, scaleBits, output }: ReturnType<typeof prepareSquareRoot>): Eval {
  const x = uint32Halves(input);
  const y = output.data;
  return () => {
    for (let c = 0; c < y.length; c++) y[c] = squareRoot(x[2 * c + 1] | 0, x[2 * c] | 0) >>> scaleBits.data[0];
  };
}

/** Rounded; but no more than 2^16 - 1 below 2^32, and no more than 2^32 - 1. */
function squareRoot(high: number, low: number): number {
  const limit = high === 0 ? 0xffff : -1;
  let root = 0;
  for (let bit = high === 0 ? 1 << 15 : 1 << 31; bit !== 0; bit >>>= 1) {
    const next = root | bit;
    const squareHigh = multiplyHighUnsigned(next, next) >>> 0;
    const isAtMost = squareHigh < high >>> 0 || (squareHigh === high >>> 0 && Math.imul(next, next) >>> 0 <= low >>> 0);
    if (isAtMost) root = next;
  }
  const squareHigh = multiplyHighUnsigned(root, root);
  const squareLow = Math.imul(root, root);
  const restHigh = subtractHigh(high, low, squareHigh, squareLow);
  const isMore = restHigh !== 0 || (low - squareLow) >>> 0 > root >>> 0;
  return isMore && root !== limit ? root + 1 : root;
}

export const SignalFilterBankSquareRoot = operator(prepareSquareRoot, bindSquareRoot);

// ---- SignalFilterBankSpectralSubtraction

type Subtraction = ReturnType<typeof prepareSubtraction>;

function prepareSubtraction(node: Node) {
  const input = prepareChannels(node, 0, 'uint32');
  const channels = prepareOption(node, 'num_channels', 0, INT32_MAX);
  node.require(input.size === channels, `the input has ${input.size} values for ${channels} channels`);
  const factor = (key: string) => prepareOption(node, key, 0, INT32_MAX);
  return {
    input,
    output: node.output(0, [channels], 'uint32'),
    noise: node.output(1, [channels], 'uint32'),
    estimate: node.state('uint32', channels),
    smoothing: [factor('smoothing'), factor('alternate_smoothing')] as const,
    oneMinusSmoothing: [factor('one_minus_smoothing'), factor('alternate_one_minus_smoothing')] as const,
    isClamped: Boolean(node.options<{ clamping?: unknown }>().clamping),
    minSignalRemaining: factor('min_signal_remaining'),
    smoothingBits: prepareOption(node, 'smoothing_bits', 0, 31),
    bits: prepareOption(node, 'spectral_subtraction_bits', 0, 63),
  };
}

function bindSubtraction(p: Subtraction): Eval {
  const x = p.input.data;
  const y = p.output.data;
  const estimate = p.estimate.data;
  const noise = p.noise.data;
  return () => {
    for (let c = 0; c < x.length; c++) {
      const signal = x[c] << p.smoothingBits;
      const smoothed = smooth(signal, estimate[c] | 0, p.smoothing[c & 1]!, p.oneMinusSmoothing[c & 1]!, p.bits);
      const isLess = signal >>> 0 < smoothed >>> 0;
      const subtracted = isLess ? 0 : (signal - smoothed) >>> p.smoothingBits;
      estimate[c] = isLess && p.isClamped ? signal : smoothed;
      y[c] = Math.max(subtracted, smooth(x[c] | 0, 0, p.minSignalRemaining, 0, p.bits) >>> 0);
    }
    noise.set(estimate);
  };
}

/** (a * factorA + b * factorB) >> bits, all unsigned, the sum in 64 bits, the result in 32. */
function smooth(a: number, b: number, factorA: number, factorB: number, bits: number): number {
  const aLow = Math.imul(a, factorA);
  const bLow = Math.imul(b, factorB);
  const high = addHigh(multiplyHighUnsigned(a, factorA), aLow, multiplyHighUnsigned(b, factorB), bLow);
  return shiftRightUnsigned64(high, (aLow + bLow) | 0, bits);
}

/** The low 32 bits of (high, low) >>> bits, bits in 0..63. */
function shiftRightUnsigned64(high: number, low: number, bits: number): number {
  return bits < 32 ? shiftRight64(high, low, bits) : high >>> (bits - 32);
}

export const SignalFilterBankSpectralSubtraction = operator(prepareSubtraction, bindSubtraction);

// ---- SignalPCAN

/** 3 values for x = 0, 1, 2, and then 4, of which 3 are in use, for each number of bits up to 32. */
const GAIN_VALUES = 125;

function preparePcan(node: Node) {
  const input = prepareChannels(node, 0, 'uint32');
  const noise = prepareChannels(node, 1, 'uint32');
  const gains = prepareChannels(node, 2, 'int16');
  node.require(noise.size === input.size, `the noise has ${noise.size} values for ${input.size} channels`);
  node.require(gains.size >= GAIN_VALUES, `the gains are ${gains.size} values; they must be ${GAIN_VALUES}`);
  const shift = prepareOption(node, 'snr_shift', 0, 63);
  return { input, noise, gains, shift, output: node.output(0, input.shape, 'uint32') };
}

function bindPcan({ input, noise, gains, shift, output }: ReturnType<typeof preparePcan>): Eval {
  const x = input.data;
  const n = noise.data;
  const table = gains.data;
  const y = output.data;
  return () => {
    for (let c = 0; c < x.length; c++) {
      const value = x[c] | 0;
      const factor = gain(n[c], table);
      y[c] = shrink(shiftRightUnsigned64(multiplyHighUnsigned(value, factor), Math.imul(value, factor), shift));
    }
  };
}

/** In 16 bits, signed. */
function gain(x: number, table: Int16Array): number {
  if (x <= 2) return table[x]!;
  const bits = bitLength(x);
  const at = 4 * bits - 6;
  const fraction = (bits < 11 ? x << (11 - bits) : x >>> (bits - 11)) & 0x3ff;
  const slope = ((Math.imul(table[at + 2]!, fraction) >> 5) + (table[at + 1]! << 5)) | 0;
  const rise = ((Math.imul(slope, fraction) + (1 << 14)) | 0) >> 15;
  return ((rise + table[at]!) << 16) >> 16;
}

function shrink(x: number): number {
  return x >>> 0 < 2 << 12 ? Math.imul(x, x) >>> 20 : (x >>> 6) - (1 << 6);
}

export const SignalPCAN = operator(preparePcan, bindPcan);

// ---- SignalFilterBankLog

const LOG_2 = 45426; // in Q16

type Log = ReturnType<typeof prepareLog>;

function prepareLog(node: Node) {
  const input = prepareChannels(node, 0, 'uint32');
  return {
    input,
    correction: prepareOption(node, 'input_correction_bits', 0, 31),
    scale: prepareOption(node, 'output_scale', -(2 ** 31), INT32_MAX),
    table: prepareLogTable(),
    output: node.output(0, input.shape, 'int16'),
  };
}

/** log2(1 + x) - x at x = i / 128, in Q16. */
function prepareLogTable(): Int32Array {
  return Int32Array.from({ length: 129 }, (_, i) => Math.round(65536 * (Math.log2(1 + i / 128) - i / 128)));
}

function bindLog(p: Log): Eval {
  const x = p.input.data;
  const y = p.output.data;
  return () => {
    for (let c = 0; c < x.length; c++) {
      const scaled = x[c] << p.correction;
      y[c] = scaled >>> 0 > 1 ? Math.min(log(scaled, p.scale, p.table) >>> 0, 0x7fff) : 0;
    }
  };
}

/** log(x) * scale, x > 1 unsigned. */
function log(x: number, scale: number, table: Int32Array): number {
  const integer = (31 - Math.clz32(x)) | 0;
  const fraction = (x << (31 - integer) << 1) >>> 16; // biome-ignore format: the bits below the first one
  const segment = fraction >> 9;
  const base = table[segment]!;
  const within = Math.imul(table[segment + 1]! - base, fraction & 511) >> 16;
  const log2 = ((integer << 16) + fraction + base + within) | 0;
  const low = Math.imul(LOG_2, log2);
  const high = addHigh(multiplyHighUnsigned(LOG_2, log2), low, 0, 0x8000);
  const natural = shiftRight64(high, (low + 0x8000) | 0, 16);
  return ((Math.imul(scale, natural) + 0x8000) | 0) >>> 16;
}

export const SignalFilterBankLog = operator(prepareLog, bindLog);
