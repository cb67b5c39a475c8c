/**
 * SignalWindow, SignalFftAutoScale, SignalRfft, SignalEnergy: from samples to the energies of their frequencies.
 *
 *   window:     output[i] = clamp16((input[i] * window[i]) >> shift), row by row
 *   auto scale: output[i] = input[i] << bits, where bits are those that the largest |input| leaves free of 15
 *   rfft:       int16 pairs (re, im) of fft_length / 2 + 1 frequencies, divided by fft_length; rows padded with zeros
 *   energy:     output[i] = re^2 + im^2 for i in start_index..end_index - 1
 *
 * Equals: signal/src/window.cc, fft_auto_scale.cc, rfft_int16.cc (kiss_fft with FIXED_POINT 16), energy.cc.
 * Deviations: energies out of start_index..end_index, which upstream does not write, are 0.
 */
import { type Eval, type Node, operator } from '../kernel.ts';
import { prepareOption, prepareSignal } from '../shared/signal.ts';

// ---- SignalWindow

function prepareWindow(node: Node) {
  prepareSignal(node);
  const input = node.input(0, 'int16');
  const window = node.input(1, 'int16');
  const row = window.size;
  node.require(
    row > 0 && window.shape.length === 1 && input.shape.at(-1) === row,
    `the window is [${window.shape}], the input [${input.shape}]`,
  );
  return { input, window, shift: prepareOption(node, 'shift', 0, 31), output: node.output(0, input.shape, 'int16') };
}

function bindWindow({ input, window, shift, output }: ReturnType<typeof prepareWindow>): Eval {
  const x = input.data;
  const w = window.data;
  const y = output.data;
  return () => {
    for (let i = 0, j = 0; i < x.length; i++) {
      y[i] = Math.min(Math.max(Math.imul(x[i], w[j]) >> shift, -0x8000), 0x7fff);
      j = (j + 1) | 0;
      if (j === w.length) j = 0;
    }
  };
}

export const SignalWindow = operator(prepareWindow, bindWindow);

// ---- SignalFftAutoScale

function prepareAutoScale(node: Node) {
  prepareSignal(node);
  const input = node.input(0, 'int16');
  node.require(input.shape.length === 1, `the input is [${input.shape}]; it must have 1 dimension`);
  return { input, output: node.output(0, input.shape, 'int16'), scaleBits: node.output(1, [], 'int32') };
}

function bindAutoScale({ input, output, scaleBits }: ReturnType<typeof prepareAutoScale>): Eval {
  const x = input.data;
  const y = output.data;
  return () => {
    let max = 0;
    for (let i = 0; i < x.length; i++) {
      const magnitude = Math.abs(x[i]) | 0;
      if (magnitude > max) max = (magnitude << 16) >> 16; // 2^15 becomes -2^15, less than all that follows
    }
    const bits = max > 0 ? (Math.clz32(max) - 17) | 0 : 0;
    for (let i = 0; i < x.length; i++) y[i] = x[i] << bits;
    scaleBits.data[0] = bits;
  };
}

export const SignalFftAutoScale = operator(prepareAutoScale, bindAutoScale);

// ---- SignalRfft

const TENSOR_TYPE_INT16 = 7;

type Rfft = ReturnType<typeof prepareRfft>;

function prepareRfft(node: Node) {
  prepareSignal(node);
  const input = node.input(0, 'int16');
  if (prepareOption(node, 'T', 0, 255) !== TENSOR_TYPE_INT16) node.unsupported('it can only be of int16, option T: 7');
  const length = prepareOption(node, 'fft_length', 4, 2 ** 20);
  if ((length & (length - 1)) !== 0) node.unsupported(`fft_length is ${length}; it can only be a power of two`);
  const row = input.shape.at(-1) ?? 0;
  node.require(row > 0 && row <= length, `the input is [${input.shape}], rows longer than fft_length = ${length}`);
  const rows = input.size / row;
  node.macs = rows * length * Math.log2(length);
  return {
    input,
    row,
    rows,
    half: length / 2,
    output: node.output(0, [...input.shape.slice(0, -1), length + 2], 'int16'),
    /** A row of samples and zeros, which the transform takes for complex numbers. */
    samples: node.scratch('int16', length),
    spectrum: node.scratch('int16', length),
    twiddles: prepareTwiddles(length / 2, (i) => (-2 * Math.PI * i) / (length / 2)),
    superTwiddles: prepareTwiddles(length / 4, (i) => -Math.PI * ((i + 1) / (length / 2) + 0.5)),
  };
}

/** Pairs (cos, sin) in Q15. */
function prepareTwiddles(count: number, phase: (i: number) => number): Int16Array {
  const twiddles = new Int16Array(2 * count);
  for (let i = 0; i < count; i++) {
    twiddles[2 * i] = Math.floor(0.5 + 0x7fff * Math.cos(phase(i)));
    twiddles[2 * i + 1] = Math.floor(0.5 + 0x7fff * Math.sin(phase(i)));
  }
  return twiddles;
}

function bindRfft(p: Rfft): Eval {
  const x = p.input.data;
  const y = p.output.data;
  const samples = p.samples.data;
  const spectrum = p.spectrum.data;
  return () => {
    for (let r = 0; r < p.rows; r++) {
      const from = Math.imul(r, p.row);
      samples.fill(0);
      for (let i = 0; i < p.row; i++) samples[i] = x[from + i];
      transform({ x: samples, y: spectrum, twiddles: p.twiddles }, 0, 0, 1, p.half);
      separate(spectrum, p, y, Math.imul(r, samples.length + 2));
    }
  };
}

interface Transform {
  readonly x: Int16Array;
  readonly y: Int16Array;
  readonly twiddles: Int16Array;
}

/** The transform of n complex x[from + i * stride] into n complex y from `to` on. */
function transform(t: Transform, from: number, to: number, stride: number, n: number) {
  const bits = n === 2 ? 1 : 2; // radix 4 as long as it goes
  const m = n >> bits;
  for (let k = 0; k < 1 << bits; k++) {
    const source = (from + Math.imul(k, stride)) | 0;
    const target = (to + Math.imul(k, m)) | 0;
    if (m === 1) {
      t.y[2 * target] = t.x[2 * source];
      t.y[2 * target + 1] = t.x[2 * source + 1];
    } else transform(t, source, target, stride << bits, m);
  }
  if (bits === 1) butterfly2(t.y, 2 * to);
  else for (let k = 0; k < m; k++) butterfly4(t.y, t.twiddles, 2 * (to + k), 2 * m, 2 * Math.imul(k, stride));
}

/** x / 2^15, rounded, in 16 bits. */
function round15(x: number): number {
  return (((x + 0x4000) | 0) << 1) >> 16;
}

/** x / 2 and x / 4, as kiss_fft has them. */
const HALF = 0x3fff;
const QUARTER = 0x1fff;

function scale(x: number, factor: number): number {
  return round15(Math.imul(x, factor));
}

/** The real part of a product. */
function productRe(re: number, im: number, wRe: number, wIm: number): number {
  return round15((Math.imul(re, wRe) - Math.imul(im, wIm)) | 0);
}

function productIm(re: number, im: number, wRe: number, wIm: number): number {
  return round15((Math.imul(re, wIm) + Math.imul(im, wRe)) | 0);
}

/** Of the two numbers at `at`; the twiddle is that of angle 0, which is 1 - 2^-15. */
function butterfly2(y: Int16Array, at: number) {
  for (let i = at; i < at + 2; i++) {
    const a = scale(y[i], HALF);
    const b = scale(scale(y[i + 2], HALF), 0x7fff);
    y[i + 2] = a - b;
    y[i] = a + b;
  }
}

/** Of the four numbers that lie `step` apart. */
function butterfly4(y: Int16Array, w: Int16Array, at0: number, step: number, w1: number) {
  const at1 = at0 + step;
  const at2 = at1 + step;
  const at3 = at2 + step;
  const re = scale(y[at0], QUARTER);
  const im = scale(y[at0 + 1], QUARTER);
  const re1 = scale(y[at1], QUARTER);
  const im1 = scale(y[at1 + 1], QUARTER);
  const re2 = scale(y[at2], QUARTER);
  const im2 = scale(y[at2 + 1], QUARTER);
  const re3 = scale(y[at3], QUARTER);
  const im3 = scale(y[at3 + 1], QUARTER);
  const aRe = productRe(re1, im1, w[w1], w[w1 + 1]);
  const aIm = productIm(re1, im1, w[w1], w[w1 + 1]);
  const bRe = productRe(re2, im2, w[2 * w1], w[2 * w1 + 1]);
  const bIm = productIm(re2, im2, w[2 * w1], w[2 * w1 + 1]);
  const cRe = productRe(re3, im3, w[3 * w1], w[3 * w1 + 1]);
  const cIm = productIm(re3, im3, w[3 * w1], w[3 * w1 + 1]);
  y[at0] = re + bRe + (aRe + cRe);
  y[at0 + 1] = im + bIm + (aIm + cIm);
  y[at1] = re - bRe + (aIm - cIm);
  y[at1 + 1] = im - bIm - (aRe - cRe);
  y[at2] = re + bRe - (aRe + cRe);
  y[at2 + 1] = im + bIm - (aIm + cIm);
  y[at3] = re - bRe - (aIm - cIm);
  y[at3 + 1] = im - bIm + (aRe - cRe);
}

/** What the spectrum x of pairs of samples says about the samples' own, into y from `to` on. */
function separate(x: Int16Array, { half, superTwiddles: w }: Rfft, y: Int16Array, to: number) {
  const re0 = scale(x[0], HALF);
  const im0 = scale(x[1], HALF);
  const last = (to + 2 * half) | 0;
  y[to] = re0 + im0;
  y[to + 1] = 0;
  y[last] = re0 - im0;
  y[last + 1] = 0;
  for (let k = 1; k <= half >> 1; k++) {
    const i = 2 * k;
    const j = 2 * (half - k);
    const re = scale(x[i], HALF);
    const im = scale(x[i + 1], HALF);
    const mirrorRe = scale(x[j], HALF);
    const mirrorIm = scale((0 - x[j + 1]) << 16 >> 16, HALF); // biome-ignore format: as C casts
    const sumRe = re + mirrorRe;
    const sumIm = im + mirrorIm;
    const turnedRe = productRe(re - mirrorRe, im - mirrorIm, w[i - 2], w[i - 1]);
    const turnedIm = productIm(re - mirrorRe, im - mirrorIm, w[i - 2], w[i - 1]);
    y[to + i] = (sumRe + turnedRe) >> 1;
    y[to + i + 1] = (sumIm + turnedIm) >> 1;
    y[to + j] = (sumRe - turnedRe) >> 1;
    y[to + j + 1] = (turnedIm - sumIm) >> 1;
  }
}

export const SignalRfft = operator(prepareRfft, bindRfft);

// ---- SignalEnergy

function prepareEnergy(node: Node) {
  prepareSignal(node);
  const input = node.input(0, 'int16');
  node.require(
    input.shape.length === 1 && input.size % 2 === 0,
    `the input is [${input.shape}]; it must be a list of pairs`,
  );
  const size = input.size / 2;
  const start = prepareOption(node, 'start_index', 0, size);
  return { input, start, end: prepareOption(node, 'end_index', start, size), output: node.output(0, [size], 'uint32') };
}

function bindEnergy({ input, start, end, output }: ReturnType<typeof prepareEnergy>): Eval {
  const x = input.data;
  const y = output.data;
  return () => {
    y.fill(0);
    for (let i = start; i < end; i++) {
      y[i] = Math.imul(x[2 * i], x[2 * i]) + Math.imul(x[2 * i + 1], x[2 * i + 1]);
    }
  };
}

export const SignalEnergy = operator(prepareEnergy, bindEnergy);
