/** Files, pictures or random numbers -> the values of a model's inputs, with a word on what was done to each. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { PNG } from 'pngjs';
import { InputError } from '../../kernels/errors.ts';
import { elementSize, isDType, sizeOf, viewOf } from '../../kernels/tensor.ts';
import { type NpyArray, type NpyData, readNpy, readNpz } from '../io/npz.ts';
import { type GivenInput, madeUp } from '../io/synthetic_inputs.ts';
import { asTensorData, shapeFor } from '../io/tensor_arrays.ts';
import { float32Text } from '../report/text.ts';
import type { Target } from '../runtime/entry_point.ts';
import type { TensorData, TensorInfo } from '../runtime/tensor_info.ts';
import { about, readFile } from './files.ts';

export interface PixelOptions {
  readonly mean?: readonly number[];
  readonly std?: readonly number[];
}

export interface InputOptions extends PixelOptions {
  readonly inputFill?: 'zeros' | 'random';
  readonly seed: number;
  readonly example: number;
}

/** What files hold for one input: as many examples as there are, of one shape. */
interface Found {
  readonly name: string;
  /** How many there are; undefined where it is no list of examples. */
  readonly examples?: number;
  readonly shape: readonly number[];
  /** The values of one example, asked for when all inputs have their shapes. */
  values(input: TensorInfo, example: number): GivenInput;
}

/** One run of several. */
export interface EachInput {
  readonly inputs: readonly GivenInput[];
  readonly shapes: readonly (readonly number[])[];
  /** How many runs there are, as far as the files have been read. */
  readonly total: number;
}

/** --input-fill, --seed, --mean, --std, --example: for every command that runs a model on inputs. */
export function inputOptions(command: Command): Command {
  const filled = command
    .addOption(
      new Option('--input-fill <how>', 'make inputs up: zeros (real 0) or random').choices(['zeros', 'random']),
    )
    .option('--seed <n>', 'for --input-fill random', wholeNumber, 0);
  return pixelOptions(filled).option(
    '--example <n>',
    'which of the examples, where a file holds several',
    wholeNumber,
    0,
  );
}

/** --mean, --std. */
export function pixelOptions(command: Command): Command {
  return command
    .option('--mean <numbers>', 'pixels: real = (pixel - mean) / std; one number, or one for each channel', numbers)
    .option('--std <numbers>', 'see --mean', numbers);
}

export const INPUT_HELP = `
Inputs, in the model's order, or as NAME=FILE by tensor name or signature name:
  .npy   values of the tensor's own type as they are; real numbers are quantized:
         q = round(real / scale) + zero point
  .npz   input_0, input_1, ..., or arrays by tensor name or signature name;
         of a golden file, --example picks the run
  .png   grey or RGB, in exactly the model's size. Its pixels, and uint8 arrays
         for tensors of another type, become
           uint8 tensors  the pixels as they are
           int8 tensors   pixel - 128: black is the lowest value, white the highest
           others         real = pixel / 255, quantized
         With --mean or --std, real = (pixel - mean) / std (defaults: mean 0,
         std 1), quantized.
  other  raw bytes: the tensor's own type, little-endian`;

/** Whether inputs were given, or are to be made up. */
export function hasInputs(files: readonly string[], { inputFill }: InputOptions): boolean {
  return files.length > 0 || inputFill !== undefined;
}

/** Throws an InputError that says what the model takes, if the files do not hold it. */
export function readInputs(target: Target, files: readonly string[], options: InputOptions): GivenInput[] {
  if (options.inputFill !== undefined) {
    if (files.length > 0) throw new InputError('give input files or --input-fill, not both');
    return target.inputs.map((input) => madeUp(input, options.inputFill!, options.seed));
  }
  const found = find(target, target.inputs, files, options);
  const lists = found.filter(({ examples }) => examples !== undefined);
  const short = (lists.length > 0 ? lists : found).find(({ examples = 1 }) => options.example >= examples);
  if (short) {
    const has = short.examples === undefined ? 'one example' : `${short.examples} examples, counted from 0`;
    throw new InputError(`${short.name} has ${has}; there is no example ${options.example}`);
  }
  return valuesOf(target, found, options.example);
}

/** Every example of every file: of a model with several inputs, each .npz or each set of as many other files. */
export function* readEach(target: Target, files: readonly string[], options: InputOptions): Generator<EachInput> {
  if (files.length === 0 || options.inputFill !== undefined || options.example > 0) {
    throw new InputError(
      '--each runs every example of input files: give files, and neither --input-fill nor --example',
    );
  }
  const { inputs } = target; // in the file's shapes: those that one run asks for are not the next one's
  const sets = setsOf(target, files);
  let total = sets.length;
  for (const set of sets) {
    const found = find(target, inputs, set, options);
    const examples = countExamples(found);
    total += examples - 1;
    for (let example = 0; example < examples; example++) {
      const values = valuesOf(target, found, example);
      yield { inputs: values, shapes: target.inputs.map(({ shape }) => shape), total };
    }
  }
}

const OTHER_EXAMPLES = 16;

/** Some other examples of the same files, those around the chosen one first; none where the inputs are made up. */
export function* otherExamples(
  target: Target,
  files: readonly string[],
  options: InputOptions,
): Generator<{ name: string; inputs: TensorData[] }> {
  if (files.length === 0 || options.inputFill !== undefined) return;
  const { example } = options;
  const found = find(target, target.inputs, files, options);
  const count = Math.min(...found.map(({ examples = Infinity }) => examples));
  if (count === Infinity) return;
  const others = Array.from({ length: count }, (_, i) => i).filter((i) => i !== example);
  others.sort((a, b) => Math.abs(a - example) - Math.abs(b - example) || a - b);
  for (const other of others.slice(0, OTHER_EXAMPLES)) {
    yield { name: `example ${other}`, inputs: valuesOf(target, found, other).map(({ data }) => data) };
  }
}

/** The files of one run after the other. */
function setsOf(target: Target, files: readonly string[]): string[][] {
  const sets: string[][] = [];
  let missing = 0;
  for (const file of files) {
    const { name, path } = splitName(file, target);
    const holdsAll = name === undefined && path.endsWith('.npz');
    if (missing === 0 || holdsAll) {
      sets.push([]);
      missing = holdsAll ? 1 : target.inputs.length;
    }
    sets.at(-1)!.push(file);
    missing--;
  }
  return sets;
}

/** As many as the inputs have that have several; one for all where an input has one. */
function countExamples(found: readonly Found[]): number {
  const lists = found.filter(({ examples }) => examples !== undefined);
  const other = lists.find(({ examples }) => examples !== lists[0]!.examples);
  if (other) {
    throw new InputError(
      `${lists[0]!.name} has ${lists[0]!.examples} examples, and ${other.name} has ${other.examples}`,
    );
  }
  if (lists[0]?.examples === 0) throw new InputError(`${lists[0].name} has no examples`);
  return lists[0]?.examples ?? 1;
}

/** What the files hold for each input. */
function find(target: Target, inputs: readonly TensorInfo[], files: readonly string[], options: InputOptions): Found[] {
  const found = new Map<number, Found>();
  const put = (i: number, value: Found, from: string) => {
    if (found.has(i)) throw new InputError(`there are two values for input ${i}, ${inputs[i]}: the second is ${from}`);
    found.set(i, value);
  };
  for (const file of files) {
    const { name, path } = splitName(file, target);
    if (name === undefined && path.endsWith('.npz')) {
      for (const [i, key, array] of matchArrays(readNpz(readFile(path), path), target, path)) {
        put(i, fromArray(inputs[i]!, array, `${path}: ${key}`, options), path);
      }
    } else {
      const i = name === undefined ? inputs.findIndex((_, index) => !found.has(index)) : target.inputNames.get(name)!;
      if (i < 0) throw new InputError(`${path} is one input too many: the model takes ${described(inputs)}`);
      put(i, fromFile(inputs[i]!, path, options), path);
    }
  }
  const missing = inputs.filter((_, i) => !found.has(i));
  if (missing.length > 0) {
    throw new InputError(
      `there are no values for ${described(missing)}\n` +
        'Give a .npy, .npz, .png or raw file for each input, or --input-fill random.',
    );
  }
  return inputs.map((_, i) => found.get(i)!);
}

/** The values of one example; gives the target's inputs their shapes. */
function valuesOf(target: Target, found: readonly Found[], example: number): GivenInput[] {
  target.resizeInputs(found.map(({ shape }) => shape));
  return target.inputs.map((input, i) => found[i]!.values(input, example));
}

function described(inputs: readonly TensorInfo[]): string {
  return inputs.map((input) => `${input}, ${input.dtype} [${input.shape}]`).join('; ') || 'no inputs';
}

/** NAME=FILE, if NAME is an input; else all of it is a path. */
function splitName(text: string, { inputNames }: Target): { name?: string; path: string } {
  // Names of tensors may hold a '=' themselves.
  for (let at = text.indexOf('='); at > 0; at = text.indexOf('=', at + 1)) {
    const name = text.slice(0, at);
    if (inputNames.has(name)) return { name, path: text.slice(at + 1) };
  }
  return { path: text };
}

/** The arrays of an npz that are inputs: input_0, input_1, ... if all are there, else by name. */
function matchArrays(arrays: ReadonlyMap<string, NpyArray>, target: Target, path: string) {
  const labelled = new Map(target.inputLabels.map((label, i) => [`input_${label}`, i]));
  const names = [...labelled.keys()].every((key) => arrays.has(key)) ? labelled : target.inputNames;
  const matched = [...arrays].flatMap(([key, array]): [number, string, NpyArray][] => {
    const i = names.get(key);
    return i === undefined ? [] : [[i, key, array]];
  });
  if (matched.length === 0) {
    const keys = [...arrays.keys()].join(', ');
    throw new InputError(
      `${path} holds ${keys}; none of them is an input: the model takes ${described(target.inputs)}`,
    );
  }
  return matched;
}

function fromFile(input: TensorInfo, path: string, options: InputOptions): Found {
  const bytes = readFile(path);
  if (/\.npz$/i.test(path)) {
    const arrays = [...readNpz(bytes, path).values()];
    if (arrays.length !== 1)
      throw new InputError(`${path} holds ${arrays.length} arrays; for one input there must be one`);
    return fromArray(input, arrays[0]!, path, options);
  }
  if (/\.npy$/i.test(path)) return fromArray(input, readNpy(bytes, path), path, options);
  if (/\.png$/i.test(path)) {
    return { name: path, shape: input.shape, values: () => about(path, () => fromPng(input, bytes, path, options)) };
  }
  return { name: path, shape: input.shape, values: () => fromBytes(input, bytes, path) };
}

function fromBytes(input: TensorInfo, bytes: Uint8Array, path: string): GivenInput {
  const { dtype } = input;
  if (!isDType(dtype)) throw new InputError(`${input} is ${dtype}, which has no bytes to give`);
  const expected = input.size * elementSize(dtype);
  if (bytes.length !== expected) {
    const what = `${input}, ${dtype} [${input.shape}], takes ${expected}`;
    throw new InputError(
      `${path} has ${bytes.length} bytes; ${what} (files other than .npy, .npz and .png are raw bytes)`,
    );
  }
  const data = viewOf(dtype, new Uint8Array(bytes).buffer, 0, input.size);
  return { data, source: `${path}, ${bytes.length} raw bytes` };
}

/** An array of the input's shape, ones left out or added; or several such. */
function fromArray(input: TensorInfo, { shape, data }: NpyArray, name: string, options: InputOptions): Found {
  const examples = isListOf(input, shape) ? shape[0]! : undefined;
  const own = examples === undefined ? shape : shape.slice(1);
  const size = sizeOf(own);
  return {
    name,
    ...(examples !== undefined && { examples }),
    shape: shapeFor(input, withOnes(own, input), name),
    values: (resized, example) => {
      if (examples === undefined) return toTensor(resized, data, name, options);
      const values = data.subarray(example * size, (example + 1) * size);
      return toTensor(resized, values, `${name}, example ${example} of ${examples}`, options);
    },
  };
}

/** Whether an array of this shape is a list of values for the input. */
function isListOf(input: TensorInfo, shape: readonly number[]): boolean {
  const isOne = sameDims(significant(shape), significant(input.shape));
  const isBatch = shape.length === input.shape.length && input.shapeSignature.includes(-1);
  const isList = sameDims(significant(shape.slice(1)), significant(input.shape)) && !isOne && !isBatch;
  return shape.length === input.shape.length + 1 || isList;
}

const significant = (shape: readonly number[]) => shape.filter((dim) => dim !== 1);

function sameDims(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((dim, d) => dim === b[d]);
}

/** The input's own shape where ones are all the difference. */
function withOnes(shape: readonly number[], input: TensorInfo): readonly number[] {
  return sameDims(significant(shape), significant(input.shape)) ? input.shape : shape;
}

function toTensor(input: TensorInfo, data: NpyData, source: string, options: InputOptions): GivenInput {
  const { dtype, quantization } = input;
  const isReal = data instanceof Float32Array || data instanceof Float64Array;
  if (data instanceof Uint8Array && dtype !== 'uint8' && (quantization || dtype === 'float32')) {
    return fromPixels(input, data, source, options);
  }
  if (isReal && quantization && dtype !== 'float32') {
    return { data: input.quantize(data), source: `${source}, real values quantized to ${dtype}` };
  }
  return { data: asTensorData(data, input, source), source };
}

/** Pixels of 0 to 255 with the channels innermost. */
function fromPixels(input: TensorInfo, pixels: Uint8Array, source: string, { mean, std }: InputOptions): GivenInput {
  const { dtype, shape } = input;
  const channels = shape.at(-1) ?? 1;
  if (mean !== undefined || std !== undefined) {
    const [m, s] = [perChannel('mean', mean ?? [0], channels), perChannel('std', std ?? [1], channels)];
    const reals = Float64Array.from(pixels, (pixel, i) => (pixel - m[i % channels]!) / s[i % channels]!);
    const how = `real = (pixel - ${mean ?? 0}) / ${std ?? 1}`;
    return { data: input.quantize(reals), source: `${source}, ${how}${dtype === 'float32' ? '' : ', quantized'}` };
  }
  if (dtype === 'uint8') return { data: pixels, source: `${source}, pixels as they are` };
  if (dtype === 'int8') {
    const data = Int8Array.from(pixels, (pixel) => pixel - 128);
    const [black, white] = input.dequantize([-128, 127]);
    const reals = input.quantization ? `: real ${float32Text(black!)} to ${float32Text(white!)}` : '';
    return { data, source: `${source}, pixel - 128${reals}; --mean and --std change that` };
  }
  const data = input.quantize(Float64Array.from(pixels, (pixel) => pixel / 255));
  return { data, source: `${source}, real = pixel / 255; --mean and --std change that` };
}

function perChannel(name: string, values: readonly number[], channels: number): readonly number[] {
  if (values.length !== 1 && values.length !== channels) {
    throw new InputError(`--${name} has ${values.length} numbers; the input has ${channels} channels`);
  }
  return values.length === 1 ? new Array<number>(channels).fill(values[0]!) : values;
}

function fromPng(input: TensorInfo, bytes: Uint8Array, name: string, options: InputOptions): GivenInput {
  const dims = input.shape.length === 4 ? input.shape.slice(1) : input.shape;
  const [height, width, channels = 1] = dims;
  const batch = input.shape.length === 4 ? input.shape[0] : 1;
  if (height === undefined || width === undefined || dims.length > 3 || batch !== 1 || ![1, 3].includes(channels)) {
    throw new InputError(`${input} has shape [${input.shape}]; a picture is [1,height,width,1 or 3]`);
  }
  // Before anything is unpacked: the header alone decides about memory.
  const size = pngSize(bytes);
  if (size.width !== width || size.height !== height) {
    throw new InputError(
      `the picture is ${size.width}x${size.height}; ${input} takes ${width}x${height} (width x height): resize it first`,
    );
  }
  const rgba = decodePng(bytes);
  const pixels = new Uint8Array(width * height * channels);
  for (let p = 0; p < width * height; p++) {
    const [red, green, blue, alpha] = rgba.subarray(4 * p, 4 * p + 4);
    if (alpha !== 255) throw new InputError('the picture has transparent pixels: put it on a background first');
    if (channels === 1 && (red !== green || green !== blue)) {
      throw new InputError(`the picture is in colour; ${input} takes one channel: make it grey first`);
    }
    for (let c = 0; c < channels; c++) pixels[p * channels + c] = rgba[4 * p + c]!;
  }
  return fromPixels(input, pixels, `${name}, ${width}x${height} ${channels === 1 ? 'grey' : 'RGB'}`, options);
}

const PNG_SIGNATURE = Uint8Array.of(0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a);

function pngSize(bytes: Uint8Array): { width: number; height: number } {
  if (bytes.length < 33 || !PNG_SIGNATURE.every((byte, i) => byte === bytes[i]))
    throw new InputError('it is no PNG file');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint8(24) === 16) throw new InputError('the picture has 16 bits a channel: save it with 8');
  return { width: view.getUint32(16), height: view.getUint32(20) };
}

function decodePng(bytes: Uint8Array): Uint8Array {
  try {
    return PNG.sync.read(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)).data;
  } catch (cause) {
    throw new InputError(`it is no PNG file that can be read: ${(cause as Error).message}`, {}, { cause });
  }
}

export function wholeNumber(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('It must be a whole number.');
  return Number(text);
}

function numbers(text: string): number[] {
  const list = text.split(',').map(Number);
  if (text.trim() === '' || !list.every(Number.isFinite))
    throw new InvalidArgumentError('Numbers, as in 127.5 or 124,117,104.');
  return list;
}
