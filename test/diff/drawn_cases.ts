/** Models that test/diff/drawn.py drew, with what an implementation with a mistake gives of them. */
import { readFileSync } from 'node:fs';
import { type Diff, diff } from '../../src/diff/diff.ts';
import { Interpreter, type TensorData } from '../../src/index.ts';
import { type NpyArray, readNpz } from '../../src/io/npz.ts';
import { buildModel } from '../../src/model/builder.ts';

export interface DrawnCase {
  readonly name: string;
  readonly ops: readonly string[];
  readonly guilty: number;
  readonly mistakes: readonly string[];
  run(): Diff;
}

interface About {
  readonly tensors: readonly DrawnTensor[];
  readonly nodes: readonly { op: string; options: object; inputs: number[]; output: number }[];
  readonly output: number;
  readonly guilty: number;
  readonly mistakes: readonly string[];
}

interface DrawnTensor {
  readonly shape: number[];
  readonly type: 'INT8' | 'INT32';
  readonly scale: number[];
  readonly zero: number[];
  readonly axis: number;
}

const OPTIONS: { readonly [op: string]: 'Conv2DOptions' | 'DepthwiseConv2DOptions' | 'FullyConnectedOptions' | 'Pool2DOptions' | 'AddOptions' | 'SubOptions' | 'MulOptions' } = { CONV_2D: 'Conv2DOptions', DEPTHWISE_CONV_2D: 'DepthwiseConv2DOptions', FULLY_CONNECTED: 'FullyConnectedOptions', MAX_POOL_2D: 'Pool2DOptions', AVERAGE_POOL_2D: 'Pool2DOptions', ADD: 'AddOptions', SUB: 'SubOptions', MUL: 'MulOptions' }; // biome-ignore format: one line

export function readCases(path: string | URL): DrawnCase[] {
  const parts = new Map<string, Map<string, NpyArray>>();
  for (const [key, array] of readNpz(readFileSync(path), String(path))) {
    const [name, part] = key.split('/') as [string, string];
    if (!parts.has(name)) parts.set(name, new Map());
    parts.get(name)!.set(part, array);
  }
  return [...parts].map(([name, arrays]) => caseOf(name, arrays));
}

function caseOf(name: string, arrays: ReadonlyMap<string, NpyArray>): DrawnCase {
  const about = JSON.parse(new TextDecoder().decode(arrays.get('about')!.data as Uint8Array)) as About;
  const candidate = new Map([...arrays].filter(([key]) => key.startsWith('tensor_')));
  const { guilty, mistakes, nodes } = about;
  const run = () => {
    const bytes = modelOf(about, arrays);
    const under = (profile: Interpreter['profile']) => new Interpreter(bytes, { profile });
    return diff(under('tflm'), [arrays.get('input')!.data as TensorData], candidate, { under });
  };
  return { name, ops: nodes.map(({ op }) => op), guilty, mistakes, run };
}

function modelOf({ tensors, nodes, output }: About, arrays: ReadonlyMap<string, NpyArray>): Uint8Array {
  const codes = [...new Set(nodes.map(({ op }) => op))];
  const buffers = tensors.map((_, i) => {
    const data = arrays.get(`data_${i}`)?.data as Int8Array | Int32Array | undefined;
    return data ? { data: new Uint8Array(data.slice().buffer) } : {};
  });
  return buildModel({
    version: 3,
    operatorCodes: codes.map((builtinCode) => ({ builtinCode: builtinCode as 'ADD' })),
    buffers: [{}, ...buffers],
    subgraphs: [
      {
        tensors: tensors.map(({ shape, type, scale, zero, axis }, i) => ({
          name: `t${i}`,
          shape,
          type,
          buffer: i + 1,
          quantization: { scale: Float32Array.from(scale), zeroPoint: BigInt64Array.from(zero, BigInt), quantizedDimension: axis }, // biome-ignore format: one line
        })),
        inputs: [0],
        outputs: [output],
        operators: nodes.map(({ op, options, inputs, output }) => ({
          opcodeIndex: codes.indexOf(op),
          inputs,
          outputs: [output],
          builtinOptionsType: OPTIONS[op]!,
          builtinOptions: options as never,
        })),
      },
    ],
  });
}

/** Roundings of a product: on few values the one gives what the other does. */
const ROUNDINGS = ['single-rounding', 'requantized-in-float64', 'requantized-in-float32', 'half-to-even', 'half-up', 'xnnpack', 'sum-in-real-numbers', 'multiplier-in-16-bits', 'optimized-kernels', 'high-multiply-not-rounded']; // biome-ignore format: one line

export type Verdict = { readonly is: 'named' | 'honest' } | { readonly is: 'false'; readonly why: string };

const wrongly = (why: string): Verdict => ({ is: 'false', why });

/** Whether what diff says of a case is so: the right place; a mistake that it is, or none; nothing where nothing is wrong. */
export function verdictOf({ guilty, mistakes, ops }: DrawnCase, { divergent, whole, nodes }: Diff): Verdict {
  const [first] = divergent;
  if (mistakes[0] === 'right') return first || whole ? wrongly('something is wrong') : { is: 'named' };
  if (!first) return wrongly('nothing differs');
  if (first.node !== guilty) return wrongly(`node ${first.node} instead of ${guilty}`);
  if (nodes.some(({ node, different }) => different > 0 && node !== guilty)) return wrongly('another node differs too');
  if (whole?.weak === false)
    return mistakes.length === 1 && ROUNDINGS.includes(mistakes[0]!) ? { is: 'named' } : wrongly(whole.title);
  const { kind = 'none', mistakes: found = [], alternatives = [] } = first.diagnosis ?? {};
  if (kind === 'none' || kind === 'too few values') return { is: 'honest' };
  // Where one of two mistakes changes nothing, the other is all there is.
  const isSo = [found, ...alternatives].some((list) => list.every(({ id }) => mistakes.includes(id)));
  const names = (list: readonly { id: string }[]) => list.map(({ id }) => id).join('+');
  const why = `${kind}: ${[found, ...alternatives].map(names).join(' | ')}, for ${mistakes.join('+')} of ${ops[guilty]}`;
  return isSo ? { is: 'named' } : wrongly(why);
}
