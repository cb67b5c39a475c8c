/** requant dump: all weights, parameters and activations, as files. */
import { mkdirSync } from 'node:fs';
import { extname, join } from 'node:path';
import { type Command, Option } from 'commander';
import { InputError } from '../../kernels/errors.ts';
import { type DumpedTensor, dump } from '../export/dump.ts';
import { type NpyArray, writeNpy, writeNpz } from '../io/npz.ts';
import { plural } from '../report/text.ts';
import { targetOf } from '../runtime/entry_point.ts';
import { Interpreter } from '../runtime/interpreter.ts';
import { about, readModel, writeFile } from './files.ts';
import { hasInputs, INPUT_HELP, type InputOptions, inputOptions, readInputs } from './inputs.ts';
import { type EngineOptions, engineOf, engineOptions, jsonOption, print, printJson } from './output.ts';

type Format = 'npz' | 'npy' | 'csv' | 'json';

interface DumpOptions extends EngineOptions, InputOptions {
  readonly out?: string;
  readonly format?: Format;
  readonly input: string[];
  readonly name: string[];
  readonly json?: boolean;
}

export function addDump(program: Command): void {
  inputOptions(engineOptions(jsonOption(program.command('dump'))))
    .summary('all weights, parameters and activations, as npz, npy, csv or JSON')
    .description(
      'Writes the values of tensors: constants, and with an input also what every layer makes of it. Each goes as tensor_<index>; ' +
        'names, scales, zero points (all of them, where there is one for each channel) stand beside.',
    )
    .argument('<model>', 'a .tflite file')
    .option('--out <path>', 'a file, .npz or .json, or a folder for a file each')
    .addOption(new Option('--format <name>', 'of the files in a folder').choices(['npy', 'csv', 'json', 'npz']))
    .option('--input <files...>', 'one file for each input, or one .npz for all', [])
    .option('--name <patterns...>', 'only tensors whose name, or tensor_<index>, matches: * stands for any text', [])
    .addHelpText('after', INPUT_HELP)
    .action((path: string, options: DumpOptions) => {
      const { input, name, out } = options;
      const bytes = readModel(path);
      const interpreter = about(path, () => new Interpreter(bytes, engineOf(options)));
      const inputs = hasInputs(input, options)
        ? readInputs(targetOf(interpreter), input, options).map(({ data }) => data)
        : undefined;
      const tensors = chosen(dump(interpreter, inputs), name);
      if (options.json || out === undefined)
        printJson({ path, profile: options.profile, tensors: tensors.map(withValues) });
      else print(`${plural(tensors.length, 'tensor')} in ${write(out, options.format, tensors).join(', ')}`);
    });
}

function chosen(tensors: readonly DumpedTensor[], patterns: readonly string[]): DumpedTensor[] {
  if (patterns.length === 0) return [...tensors];
  const wanted = patterns.map((pattern) => {
    const text = pattern.split('*').map((part) => part.replace(/[.+?^${}()|[\]\\]/g, '\\$&'));
    return new RegExp(`^${text.join('.*')}$`, 's');
  });
  const found = tensors.filter((tensor) => wanted.some((re) => re.test(tensor.name) || re.test(keyOf(tensor))));
  if (found.length > 0) return found;
  const names = tensors.map((tensor) => `  ${keyOf(tensor)}  ${tensor.name}`).join('\n');
  throw new InputError(`no tensor with values has a name like ${patterns.join(' or ')}; there are\n${names}`);
}

const keyOf = ({ index }: { readonly index: number }) => `tensor_${index}`;

function withValues({ data, ...tensor }: DumpedTensor) {
  return { ...tensor, values: data };
}

/** Returns the paths. What was there under the same names is replaced. */
function write(out: string, format: Format | undefined, tensors: readonly DumpedTensor[]): string[] {
  const ending = extname(out).toLowerCase();
  if (ending === '.npz' || ending === '.json') {
    if (format !== undefined)
      throw new InputError('--format is for folders: the ending of --out says what a file holds');
    writeFile(out, ending === '.npz' ? writeNpz(arraysOf(tensors)) : jsonOf(tensors.map(withValues)));
    return [out];
  }
  try {
    mkdirSync(out, { recursive: true });
  } catch (cause) {
    throw new InputError(`cannot make the folder ${out}: ${(cause as Error).message}`, {}, { cause });
  }
  for (const tensor of tensors)
    writeFile(join(out, `${keyOf(tensor)}.${format ?? 'npy'}`), contentOf(tensor, format ?? 'npy'));
  const index = join(out, 'index.json'); // last: it names what is there
  writeFile(index, jsonOf(tensors.map(({ data, ...tensor }) => tensor)));
  return [join(out, `tensor_*.${format ?? 'npy'}`), index];
}

function contentOf(tensor: DumpedTensor, format: Format): Uint8Array | string {
  switch (format) {
    case 'npy':
      return writeNpy(arrayOf(tensor));
    case 'npz':
      return writeNpz(arraysOf([tensor]));
    case 'csv': {
      const width = tensor.shape.at(-1) || 1;
      const values = Array.from(tensor.data as ArrayLike<number | bigint>, String);
      const rows = Array.from({ length: Math.ceil(values.length / width) }, (_, i) =>
        values.slice(i * width, (i + 1) * width).join(','),
      );
      return `${rows.join('\n')}\n`;
    }
    case 'json':
      return jsonOf(withValues(tensor));
  }
}

function arrayOf({ dtype, shape, data }: DumpedTensor): NpyArray {
  return { dtype: dtype === 'int4' || dtype === 'int2' ? 'int8' : dtype, shape, data };
}

/** With scales and zero points as arrays of their own. */
function arraysOf(tensors: readonly DumpedTensor[]): Map<string, NpyArray> {
  const arrays = new Map<string, NpyArray>();
  for (const tensor of tensors) {
    const key = keyOf(tensor);
    arrays.set(key, arrayOf(tensor));
    if (!tensor.quantization) continue;
    const { scales, zeroPoints } = tensor.quantization;
    arrays.set(`${key}_scale`, { dtype: 'float32', shape: [scales.length], data: Float32Array.from(scales) });
    arrays.set(`${key}_zero_point`, { dtype: 'int32', shape: [zeroPoints.length], data: Int32Array.from(zeroPoints) });
  }
  return arrays;
}

/** Typed arrays as lists; what no double holds as text. */
function jsonOf(value: unknown): string {
  return `${JSON.stringify(value, (_, item) => (typeof item === 'bigint' ? String(item) : ArrayBuffer.isView(item) ? Array.from(item as unknown as ArrayLike<unknown>) : item), 1)}\n`; // biome-ignore format: one line
}
