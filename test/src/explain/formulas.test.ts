/** The formulas of explain are true: on random models they give what the kernels compute. */
import { describe, expect, test } from 'vitest';
import { logistic, tanh } from '../../../kernels/fixed_point.ts';
import { expf, tanhf } from '../../../kernels/float_math.ts';
import { PROFILES, type Profile } from '../../../kernels/kernel.ts';
import { SIGMOID_TABLE } from '../../../kernels/quantization.ts';
import { explain, Interpreter, type NodeExplanation, type OutputTensor, type TensorData } from '../../../src/index.ts';
import { readRecorded, valuesOf } from '../../kernels/recorded_models.ts';
import { evaluate, LeftOut, type Meaning, type Scope } from './formula.ts';

/** Operators whose formulas say all, by how their outputs are counted. */
const OPERATORS = {
  CONV_2D: ['b', 'y', 'x', 'o'],
  DEPTHWISE_CONV_2D: ['b', 'y', 'x', 'o'],
  TRANSPOSE_CONV: ['b', 'y', 'x', 'o'],
  FULLY_CONNECTED: ['b', 'o'],
  AVERAGE_POOL_2D: ['b', 'y', 'x', 'c'],
  MAX_POOL_2D: ['b', 'y', 'x', 'c'],
  ADD: [],
  SUB: [],
  MUL: [],
  QUANTIZE: [],
  DEQUANTIZE: [],
  RELU: [],
  RELU6: [],
  RELU_0_TO_1: [],
  RELU_N1_TO_1: [],
  LEAKY_RELU: [],
  HARD_SWISH: [],
  LOGISTIC: [],
  TANH: [],
} satisfies { [op: string]: readonly string[] };

/** Positions of each output that are tried. */
const TRIES = 12;

describe.each(PROFILES)('%s', (profile) => {
  test.each(Object.entries(OPERATORS))('%s', (op, indices) => {
    let tried = 0;
    for (const { name, model, inputs, outputs } of readRecorded(op)) {
      if (!outputs[profile]) continue;
      const failure = check(
        model,
        profile,
        inputs.map((values) => valuesOf(values, 0)),
        indices,
        op,
      );
      expect(failure && `${name}: ${failure}`).toBeUndefined();
      tried++;
    }
    if (profile === 'tflite') expect(tried).toBeGreaterThan(20);
  });
});

/** What is wrong with the first value that the formulas give otherwise. */
function check(model: Uint8Array, profile: Profile, inputs: TensorData[], indices: readonly string[], op: string) {
  const interpreter = new Interpreter(model, { profile, allowFloat: true });
  const [output] = interpreter.invoke(inputs);
  const { nodes } = explain(interpreter);
  const node = nodes.find((other) => other.op === op) ?? nodes[0]!;
  if (node.notes.some((note) => note.includes('computes in float32'))) {
    return node.formulas.length === 0 ? undefined : 'formulas of integers for float32';
  }
  const quantities = quantitiesOf(node, interpreter, inputs);
  for (let i = 0; i < Math.min(output!.size, TRIES); i++) {
    const flat = Math.floor((i * output!.size) / Math.min(output!.size, TRIES));
    const expected = output!.data[flat];
    const found = valueAt(node, output!, flat, indices, quantities);
    if (Number(found) !== Number(expected) || (typeof expected === 'bigint' && BigInt(found) !== expected))
      return `${node.formulas.join('; ')} is ${found} at ${flat}, not ${expected}`;
  }
  return undefined;
}

function valueAt(
  node: NodeExplanation,
  output: OutputTensor,
  flat: number,
  indices: readonly string[],
  quantities: Scope,
): number | bigint {
  const scope: { [name: string]: Meaning } = { ...quantities };
  // A dense layer's batch is all that comes before the last dimension.
  const shape = indices.length === 2 ? [output.size / output.shape.at(-1)!, output.shape.at(-1)!] : output.shape;
  for (let d = shape.length - 1, rest = flat; d >= 0; rest = Math.floor(rest / shape[d--]!)) {
    scope[indices[d] ?? `d${d}`] = rest % shape[d]!;
  }
  if (indices.length === 0) {
    const { quantization } =
      [...node.inputs, ...node.outputs].find((t) => (t.quantization?.scales.length ?? 0) > 1) ?? {};
    scope.c = scope[`d${quantization?.dimension}`] ?? 0;
    const place = shape.map((_, d) => scope[`d${d}`] as number);
    for (const { role, shape: own } of node.inputs) {
      const value = quantities[role] as (...at: number[]) => number | bigint;
      scope[role] = value(...own.map((dim, d) => (dim === 1 ? 0 : place[d + place.length - own.length]!)));
    }
  }
  if (node.notes.some((note) => note.startsWith('count is'))) scope.count = countOf(node, scope);
  for (const formula of node.formulas) {
    const found = evaluate(formula, scope);
    if (found) scope[found.name] = found.value;
  }
  // The formula of a table's entry says the same as the table.
  if (typeof scope.table === 'number' && scope.table !== scope.output) return scope.table;
  return scope.output as number | bigint;
}

/** How much of the window is inside. */
function countOf({ window, inputs }: NodeExplanation, scope: Scope): number {
  const { filter, stride, padding } = window!;
  const [, height, width] = inputs[0]!.shape;
  const along = (out: number, size: number, d: 0 | 1, before: number) => {
    const start = out * stride[d] - before;
    return Math.min(start + filter[d], size) - Math.max(start, 0);
  };
  return along(scope.y as number, height!, 0, padding.top) * along(scope.x as number, width!, 1, padding.left);
}

/** Tensors and multipliers, by the names that formulas have for them. */
function quantitiesOf(node: NodeExplanation, interpreter: Interpreter, inputs: TensorData[]): Scope {
  const scope: { [name: string]: Meaning } = {};
  const prepared = interpreter.preparedNodes[0]!.node;
  for (const { role, index, shape } of node.inputs) {
    const given = inputs[interpreter.inputs.findIndex((input) => input.index === index)];
    const data = given ?? prepared.inputs.find((tensor) => tensor?.index === index)!.data;
    // A dense layer takes its input as [batches, depth].
    const dims = node.op === 'FULLY_CONNECTED' && role === 'input' ? [-1, node.inputs[1]!.shape[1]!] : shape;
    scope[role] = (...at) => data[flatIndex(at, dims)]!;
  }
  for (const { multipliers } of node.rescalings) {
    const of = (field: 'multiplier' | 'reduced' | 'shift' | 'real') => (o: number) => multipliers[o]![field]!;
    Object.assign(scope, {
      multiplier: of('multiplier'),
      reduced: of('reduced'),
      shift: of('shift'),
      real: of('real'),
    });
  }
  for (const { role, quantization } of [...node.inputs, ...node.outputs]) {
    scope[`${role}.scale`] = (c) => quantization!.scales[c]!;
    scope[`${role}.zeroPoint`] = (c) => quantization!.zeroPoints[c]!;
  }
  const { table } = node;
  const isFixedPoint = node.rescalings.length > 0;
  return {
    ...scope,
    T: (i) => SIGMOID_TABLE[Math.min(i, 255)]!,
    exp: expf,
    logistic: (x) => logistic(x, 4),
    tanh: isFixedPoint ? (x) => tanh(x, 4) : tanhf,
    ...(table && { table: (q: number) => table.values[q - table.first]! }),
  };
}

function flatIndex(at: readonly number[], shape: readonly number[]): number {
  let flat = 0;
  at.forEach((i, d) => {
    if (i < 0 || (shape[d]! >= 0 && i >= shape[d]!)) throw new LeftOut();
    flat = flat * shape[d]! + i;
  });
  return flat;
}
