/** What `requant run` takes, and what it gives: JSON, files, the names of classes. */
import { InputError } from '../../kernels/errors.ts';
import type { Profile } from '../../kernels/kernel.ts';
import { readAssociatedFiles } from '../inspect/associated_files.ts';
import { type NpyArray, writeNpy, writeNpz } from '../io/npz.ts';
import { refusalText } from '../report/refusals.ts';
import { colors } from '../report/terminal.ts';
import type { Target } from '../runtime/entry_point.ts';
import type { OutputTensor } from '../runtime/tensor_info.ts';
import { microRefusals } from '../targets/tflm.ts';
import { readFile, writeFile } from './files.ts';
import type { InputOptions } from './inputs.ts';
import type { EngineOptions, FormatOptions } from './output.ts';

/** What the command line names. */
export interface RunArguments {
  readonly path: string;
  readonly bytes: Uint8Array;
  readonly target: Target;
  readonly files: readonly string[];
}

export interface RunOptions extends EngineOptions, FormatOptions, InputOptions {
  readonly each?: boolean;
  readonly jobs: number;
  readonly output?: string;
  readonly top: number;
  readonly labels?: string;
  readonly signature?: string;
}

/** What is said of the model, whatever it runs on. */
export function targetJson({ interpreter, signature, macs }: Target, path: string, milliseconds: number) {
  return {
    path,
    ...(signature !== undefined && { signature }),
    profile: interpreter.profile,
    kernels: interpreter.kernels,
    milliseconds,
    macs,
    ...(isMicro(interpreter.profile) && { microRefusals: microRefusals(interpreter.model) }),
  };
}

/** Profiles whose answers are TensorFlow Lite Micro's. */
const isMicro = (profile: Profile) => profile === 'tflm' || profile === 'single-rounding';

/** One line on standard error where the runtime whose bits are asked for does not take the model itself. */
export function warnOfMicro({ interpreter: { profile, model } }: Target): void {
  const refused = isMicro(profile) ? refusalText(microRefusals(model)) : '';
  if (refused === '') return;
  process.stderr.write(
    `${colors.yellow('warning')}: TensorFlow Lite Micro itself refuses this model: ${refused} (requant lint --target tflm lists all)\n`,
  );
}

export function inputsJson({ inputs, inputLabels, signature }: Target) {
  return inputs.map(({ index, name, dtype, shape, quantization }, i) => {
    return { index, name, ...named(signature, inputLabels[i]), dtype, shape, quantization: quantization ?? null };
  });
}

export function outputsJson({ outputLabels, signature }: Target, outputs: readonly OutputTensor[]) {
  return outputs.map((output, i) => {
    const { index, name, dtype, shape, quantization, data } = output;
    const label = named(signature, outputLabels[i]);
    const info = { index, name, ...label, dtype, shape, quantization: quantization ?? null };
    return { ...info, values: data, ...(quantization && { reals: output.dequantize() }) };
  });
}

function named(signature: string | undefined, signatureName: string | undefined) {
  return signature === undefined ? {} : { signatureName };
}

/** An output as it is written; int4 and int2 values are int8 there. */
export function arrayOf({ dtype, shape, data }: OutputTensor): NpyArray {
  return { dtype: dtype === 'int4' || dtype === 'int2' ? 'int8' : dtype, shape, data };
}

export function writeArrays(path: string, arrays: readonly NpyArray[], labels: readonly string[]): void {
  if (path.endsWith('.npz')) {
    writeFile(path, writeNpz(new Map(arrays.map((array, i) => [`output_${labels[i]}`, array]))));
  } else if (!path.endsWith('.npy')) throw new InputError(`outputs are written as .npz or .npy, not to ${path}`);
  else if (arrays.length === 1) writeFile(path, writeNpy(arrays[0]!));
  else throw new InputError(`there are ${arrays.length} outputs; a .npy file holds one: write a .npz`);
}

/** The names of the classes: the lines of a file that the user gives, else of the model's own label file. */
export function labelsFor(path: string | undefined, model: Uint8Array, outputs: readonly OutputTensor[]) {
  return path === undefined ? ownLabels(model) : readLabels(path, outputs);
}

function readLabels(path: string, outputs: readonly OutputTensor[]): string[] {
  const labels = new TextDecoder().decode(readFile(path)).trimEnd().split(/\r?\n/);
  if (!outputs.some(({ shape }) => shape.at(-1) === labels.length)) {
    const shapes = outputs.map(({ shape }) => `[${shape}]`).join(', ');
    throw new InputError(`${path} has ${labels.length} lines, one for each class; the model answers ${shapes}`);
  }
  return labels;
}

/** The lines of the model's own label file, if it has exactly one. */
function ownLabels(model: Uint8Array): readonly string[] {
  const [labels, ...others] = readAssociatedFiles(model).filter(({ lines }) => lines !== undefined);
  return others.length === 0 ? (labels?.lines ?? []) : [];
}
