/** The numbers of a candidate's array -> values of a tensor: integers as stored, or reals; signs, widths, printed digits. */
import { elementSize, isDType, isOfBigInts, viewOf } from '../../kernels/tensor.ts';
import type { GivenArray, NpyData } from '../io/npy_array.ts';
import type { TensorData, TensorInfo } from '../runtime/tensor_info.ts';
import type { Values } from './hypothesis.ts';
import { type Range, rangeOf } from './node_case.ts';

/** Numbers in a tensor's order, before it is known what they mean. */
export interface Shaped {
  readonly dtype: string;
  readonly data: NpyData;
  readonly notes: readonly string[];
  /** Bytes of memory, which have no sign of their own. */
  readonly isMemory?: boolean;
}

export interface ReadValues {
  /** Integers as the tensor stores them, or real numbers. */
  readonly values: Values;
  readonly target: 'quantized' | 'real';
  /** The values in the tensor's own type, for nodes to run on; null where they are none. */
  readonly own: TensorData | null;
  /** How far a printed number may be from the one it was printed of; null where it is exact. */
  readonly tolerance: Values | null;
  /** What was done to read them. */
  readonly notes: readonly string[];
}

/** How unsigned numbers stand for signed ones, or signed ones for uint8: the same bytes, or moved by half of the range. */
export type SignConvention = 'bytes' | 'moved';

interface Signed {
  readonly range: Range;
  readonly half: number;
  readonly wrap: (value: number) => number;
  readonly move: (value: number) => number;
}

/** undefined for types that are not quantized. */
function signedOf(dtype: string): Signed | undefined {
  const range = rangeOf(dtype);
  if (!range) return undefined;
  const half = (range.max - range.min + 1) / 2;
  const wrap = (value: number) => (value < range.min ? value + 2 * half : value > range.max ? value - 2 * half : value);
  const move = (value: number) => value + (range.min < 0 ? -half : half);
  return { range, half, wrap, move };
}

/** Whether whole numbers lie outside of the tensor's type, but in that of the other sign. */
function hasOtherSign(values: Values, { range, half }: Signed): boolean {
  const other = range.min < 0 ? { min: 0, max: 2 * half - 1 } : { min: -half, max: half - 1 };
  let isOutside = false;
  for (const value of values) {
    if (!Number.isInteger(value) || value < other.min || value > other.max) return false;
    if (value < range.min || value > range.max) isOutside = true;
  }
  return isOutside;
}

/** Which convention all arrays of a file together follow: undefined where none has numbers of the other sign. */
export function signConvention(
  arrays: readonly {
    readonly shaped: Shaped;
    readonly tensor: TensorInfo;
    readonly reference: TensorData | undefined;
  }[],
): SignConvention | undefined {
  let found = false;
  let [bytes, moved] = [0, 0];
  for (const { shaped, tensor, reference } of arrays) {
    const signed = signedOf(tensor.dtype);
    const values = numbersOf(shaped.data);
    if (!signed || !hasOtherSign(values, signed)) continue;
    found = true;
    if (!reference) continue;
    bytes += distance(values, reference, signed.wrap);
    moved += distance(values, reference, signed.move);
  }
  if (!found) return undefined;
  return moved < bytes ? 'moved' : 'bytes';
}

/**
 * Told apart by type and range, and where several may be meant, by what the reference's are.
 *
 * @param reference the values of a whole run, where there are any
 * @param convention of the other arrays of the file
 */
export function readValues(
  { dtype, data, notes, isMemory }: Shaped,
  tensor: TensorInfo,
  reference: TensorData | undefined,
  convention?: SignConvention,
): ReadValues {
  const numbers = numbersOf(data);
  const signed = signedOf(tensor.dtype);
  if (tensor.dtype === 'float32') return readFloats(numbers, dtype, notes);
  if (!signed || !isDType(tensor.dtype)) return stored(numbers, tensor, notes);
  const [values, wide] = from32Bits(numbers, signed);
  const said = [...notes, ...wide];
  const sign = signOf(values, dtype, tensor, reference, convention);
  const isReal = dtype === 'float32' || dtype === 'float64';
  const isWhole = values.every((value) => Number.isInteger(value) || Number.isNaN(value));
  if (
    isReal &&
    tensor.quantization?.scales.length === 1 &&
    !(isWhole && likesIntegers(values, tensor, sign, reference))
  )
    return readReals(values, dtype, tensor, reference, said);
  if (sign) {
    const other = signed.range.min < 0 ? 'unsigned' : 'signed';
    const how =
      sign === 'bytes' ? 'the same bytes' : signed.range.min < 0 ? `minus ${signed.half}` : `plus ${signed.half}`;
    const note = isMemory && sign === 'bytes' ? [] : [`${other} values for ${tensor.dtype}: ${how}`];
    return stored(values.map(sign === 'bytes' ? signed.wrap : signed.move), tensor, [...said, ...note]);
  }
  const { min, max } = signed.range;
  const outside = values.filter((value) => value < min || value > max).length;
  return stored(values, tensor, [
    ...said,
    ...(outside > 0 ? [`${outside} values are outside of ${tensor.dtype}`] : []),
    ...notNumbers(values),
  ]);
}

function notNumbers(values: Values): string[] {
  const count = values.filter(Number.isNaN).length;
  return count > 0 ? [`${count} of the values ${count === 1 ? 'is' : 'are'} NaN`] : [];
}

const numbersOf = (data: NpyData): Values => Float64Array.from(data as ArrayLike<number | bigint>, Number);

function stored(values: Values, tensor: TensorInfo, notes: readonly string[]): ReadValues {
  return { values, target: 'quantized', own: ownData(values, tensor), tolerance: null, notes };
}

/** Negative numbers that were printed as unsigned ones of 32 bits: 0xfffffff3. */
function from32Bits(values: Values, { range }: Signed): [Values, string[]] {
  const isWide = (value: number) => value >= 2 ** 32 + range.min && value < 2 ** 32;
  const fits = (value: number) =>
    Number.isInteger(value) && ((value >= range.min && value <= range.max) || isWide(value));
  if (range.min >= 0 || !values.some(isWide) || !values.every(fits)) return [values, []];
  return [values.map((value) => (isWide(value) ? value - 2 ** 32 : value)), ['negative values from 32 unsigned bits']];
}

function signOf(
  values: Values,
  dtype: string,
  tensor: TensorInfo,
  reference: TensorData | undefined,
  convention: SignConvention | undefined,
): SignConvention | undefined {
  const signed = signedOf(tensor.dtype)!;
  if (hasOtherSign(values, signed)) return convention ?? 'bytes';
  const isOther = dtype === (signed.range.min < 0 ? `u${tensor.dtype}` : tensor.dtype.slice(1));
  const isOpen = isOther || (dtype === 'float64' && convention === 'moved');
  const fits =
    signed.range.min < 0 ? values.every((value) => value >= 0) : values.every((value) => value < signed.half);
  if (!isOpen || !fits || !reference || !values.every(Number.isInteger)) return undefined;
  const moved = distance(values, reference, signed.move);
  const isMoved = convention === 'moved' ? moved < distance(values, reference, (value) => value) : moved === 0;
  return isMoved ? 'moved' : undefined;
}

/** Of whole numbers in a list of any numbers: whether they are stored values rather than real ones. */
function likesIntegers(
  values: Values,
  tensor: TensorInfo,
  sign: SignConvention | undefined,
  reference: TensorData | undefined,
): boolean {
  if (!reference) return true;
  const { scales, zeroPoints } = tensor.quantization!;
  const signed = signedOf(tensor.dtype)!;
  const own = sign === undefined ? (v: number) => v : sign === 'bytes' ? signed.wrap : signed.move;
  return distance(values, reference, own) <= distance(values, reference, (v) => v / scales[0]! + zeroPoints[0]!);
}

function distance(values: Values, reference: TensorData, of: (value: number) => number): number {
  return values.reduce(
    (sum, value, i) => sum + (Number.isNaN(value) ? 0 : Math.abs(of(value) - Number(reference[i]!))),
    0,
  );
}

// ---- real numbers

function readFloats(numbers: Values, dtype: string, notes: readonly string[]): ReadValues {
  const printed = printedDigits(numbers, dtype);
  if (printed) {
    const note = `printed with ${printed.text}: compared to these`;
    return { values: numbers, target: 'quantized', own: null, tolerance: printed.tolerance, notes: [...notes, note] };
  }
  const reals = numbers.map(Math.fround);
  return { values: reals, target: 'quantized', own: Float32Array.from(reals), tolerance: null, notes };
}

/** Real numbers for a quantized tensor: the integers that they were made of, if each is near enough to a multiple of the scale. */
function readReals(
  values: Values,
  dtype: string,
  tensor: TensorInfo,
  reference: TensorData | undefined,
  notes: readonly string[],
): ReadValues {
  const [scale, zero] = [tensor.quantization!.scales[0]!, tensor.quantization!.zeroPoints[0]!];
  const printed = printedDigits(values, dtype);
  const integers = values.map((real) => Math.round(real / scale) + zero);
  const isExact = values.every((real, i) => {
    if (Number.isNaN(real)) return true;
    const tolerance = printed?.tolerance[i] ?? 0;
    return tolerance < scale / 2 && Math.abs(real - scale * (integers[i]! - zero)) <= Math.max(tolerance, scale * 1e-3);
  });
  if (isExact) {
    const how = `real numbers read back as integers: q = real / ${scale}${zero === 0 ? '' : ` ${zero < 0 ? '-' : '+'} ${Math.abs(zero)}`}`;
    return stored(integers, tensor, [...notes, how, ...notNumbers(values)]);
  }
  if (reference && distance(values, reference, (v) => v) < distance(values, reference, (v) => v / scale + zero))
    return { ...stored(values, tensor, [...notes, 'stored values that are not rounded']), own: null };
  const digits = printed ? `, printed with ${printed.text}: compared to these` : '';
  return {
    values,
    target: 'real',
    own: null,
    tolerance: printed?.tolerance ?? null,
    notes: [...notes, `real numbers, not all of them multiples of ${scale}${digits}`],
  };
}

const MOST_DECIMALS = 7;
const MOST_DIGITS = 8;

/** With how few decimals or digits all numbers of a text are printed; undefined where they may be exact. */
function printedDigits(values: Values, dtype: string): { text: string; tolerance: Values } | undefined {
  if (dtype !== 'float64' || values.every((value) => Object.is(Math.fround(value), value))) return undefined;
  const finite = values.filter(Number.isFinite);
  const least = (from: number, most: number, print: (value: number, count: number) => string) => {
    for (let count = from; count <= most; count++)
      if (finite.every((value) => Number(print(value, count)) === value)) return count;
    return Infinity;
  };
  const decimals = least(0, MOST_DECIMALS, (value, count) => value.toFixed(count));
  const digits = least(1, MOST_DIGITS, (value, count) => value.toPrecision(count));
  if (decimals === Infinity && digits === Infinity) return undefined;
  const magnitude = (value: number) => Math.floor(Math.log10(Math.abs(value) || 1));
  const half = (value: number) => 0.5 * Math.max(10 ** -decimals, 10 ** (magnitude(value) - digits + 1));
  const [count, what] = decimals <= digits ? [decimals, 'decimal'] : [digits, 'digit'];
  return {
    text: `${count} ${what}${count === 1 ? '' : 's'}`,
    tolerance: values.map((value) => half(value) * (1 + 1e-9)),
  };
}

function ownData(values: Values, tensor: TensorInfo): TensorData | null {
  const { dtype } = tensor;
  if (!isDType(dtype)) return null;
  const data = viewOf(dtype, new ArrayBuffer(values.length * elementSize(dtype)), 0, values.length);
  for (const [i, value] of values.entries()) {
    if (!Number.isInteger(value)) return null;
    data[i] = isOfBigInts(data) ? BigInt(value) : value;
    if (Number(data[i]) !== value) return null;
  }
  return data;
}

// ---- bytes of memory

type Reader = (view: DataView, at: number, isLittle: boolean) => number;

/** Numbers that programs write in place of a tensor's own, by their bytes. */
const WIDER: { readonly [bytes: number]: readonly (readonly [name: string, read: Reader])[] } = {
  2: [['int16', (view, at, isLittle) => view.getInt16(at, isLittle)]],
  4: [
    ['int32', (view, at, isLittle) => view.getInt32(at, isLittle)],
    ['float32', (view, at, isLittle) => view.getFloat32(at, isLittle)],
  ],
  8: [
    ['int64', (view, at, isLittle) => Number(view.getBigInt64(at, isLittle))],
    ['float64', (view, at, isLittle) => view.getFloat64(at, isLittle)],
  ],
};

/** Bytes as values of a tensor: in its own type or in a wider one; a text says why they are neither. */
export function fromBytes(bytes: Uint8Array, tensor: TensorInfo, reference: TensorData | undefined): Shaped | string {
  const { dtype, size } = tensor;
  const width = bytes.length / size;
  if (width === 1 && dtype === 'int8')
    return { dtype: 'uint8', data: bytes, notes: ['read as raw bytes'], isMemory: true };
  if (isDType(dtype) && width === elementSize(dtype)) return ownBytes(bytes, tensor, reference);
  const wider = WIDER[width] ?? [];
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (const isLittle of [true, false]) {
    for (const [name, read] of wider) {
      const data = Float64Array.from({ length: size }, (_, i) => read(view, i * width, isLittle));
      const order = isLittle ? '' : ', the high byte first (big-endian)';
      const isFloat = name.startsWith('float');
      if (isPlausible(data, dtype, isFloat))
        return { dtype: isFloat ? 'float32' : 'int32', data, notes: [`read as ${name}${order}`] };
    }
  }
  const own = isDType(dtype) ? ` ${elementSize(dtype)} for each of its ${size} ${dtype} values` : '';
  const tried = wider.map(([name]) => name).join(' or ');
  return `it has ${bytes.length} bytes; ${tensor}, [${tensor.shape}], takes${own || ` ${size} values`}${tried ? `, and as ${tried} they are no values of it` : ''}`; // biome-ignore format: one line
}

/** Whether numbers can be a tensor's: bytes that are read as what they are not give huge ones and tiny ones. */
function isPlausible(data: Values, dtype: string, isFloat: boolean): boolean {
  const isUsual = (value: number) => value === 0 || (Math.abs(value) > 1e-20 && Math.abs(value) < 1e20);
  if (isFloat) {
    const nan = data.filter(Number.isNaN).length;
    return 10 * nan <= data.length && data.every((value) => Number.isNaN(value) || isUsual(value));
  }
  const range = rangeOf(dtype);
  if (!range) return dtype !== 'float32';
  return data.every((value) => value >= range.min && value <= Math.max(range.max, -2 * range.min));
}

/** In the tensor's own type, little-endian, unless the reference says clearly that the high byte comes first. */
function ownBytes(bytes: Uint8Array, { dtype, size }: TensorInfo, reference: TensorData | undefined): Shaped {
  const make = (own: Uint8Array) => viewOf(dtype as 'int8', own.slice().buffer as ArrayBuffer, 0, size) as NpyData;
  const width = bytes.length / size;
  const little = make(bytes);
  const notes = ['read as raw bytes'];
  if (width === 1 || !reference) return { dtype, data: little, notes };
  const big = make(bytes.map((_, i) => bytes[i - (i % width) + width - 1 - (i % width)]!));
  const far = (data: NpyData) => distance(numbersOf(data), reference, (value) => value);
  if (!(far(big) * 16 < far(little)) && !(Number.isNaN(far(little)) && !Number.isNaN(far(big)))) return { dtype, data: little, notes }; // biome-ignore format: one line
  return { dtype, data: big, notes: ['read as raw bytes, the high byte first (big-endian)'] };
}

/** Bytes that an array of uint8 holds, where a tensor of wider values may be meant. */
export function bytesOf({ dtype, data }: GivenArray): Uint8Array | undefined {
  return dtype === 'uint8' && data instanceof Uint8Array ? data : undefined;
}
