/** Formulas against kernels, which share nothing but what prepare made: at every place of random models, in every profile. */
import { expect, test } from 'vitest';
import { PROFILES, type Profile } from '../../../kernels/kernel.ts';
import { sizeOf } from '../../../kernels/tensor.ts';
import { explainerOf, explainPrepared, floatExplainerOf, numbersOf } from '../../../src/explain/operator_explainers.ts';
import { sourcesOf } from '../../../src/explain/trace.ts';
import { evaluate, exact, placeOf, positionIn, type Scope, scopeOf } from '../../../src/formula/evaluate.ts';
import { read } from '../../../src/formula/expression.ts';
import type { Formula } from '../../../src/formula/formula.ts';
import { FUNCTIONS } from '../../../src/formula/functions.ts';
import { formulaLines } from '../../../src/formula/text.ts';
import { Interpreter, type TensorData } from '../../../src/index.ts';
import type { PreparedNode } from '../../../src/runtime/executor.ts';
import { readRecorded, recorded, valuesOf } from '../../kernels/recorded_models.ts';
import { evaluateLines, LeftOut, type Meaning } from './text_parser.ts';

/** Places of an output that are tried, all of small ones. */
const PLACES = 40;

const explained = recorded.filter(
  (op) => explainerOf({ op, isCustom: false }) ?? floatExplainerOf({ op, isCustom: false }),
);

test.each(explained)('%s', (op) => {
  let values = 0;
  for (const { name, model, inputs, outputs } of readRecorded(op)) {
    for (const profile of PROFILES) {
      if (!outputs[profile]) continue;
      const found = compare(model, profile, inputs.map((input) => valuesOf(input, 0)), op); // biome-ignore format: one line
      expect(found.failure && `${name}, ${profile}: ${found.failure}`).toBeUndefined();
      values += found.values;
    }
  }
  expect(values).toBeGreaterThan(100);
});

/** The first value that the operator's formula gives otherwise than its kernel wrote. */
function compare(model: Uint8Array, profile: Profile, inputs: TensorData[], op: string) {
  const interpreter = new Interpreter(model, { profile, kernels: 'reference', allowFloat: true });
  const result: { values: number; failure?: string } = { values: 0 };
  interpreter.invoke(inputs, {
    tap: (_, { index }) => {
      const prepared = interpreter.preparedNodes[index]!;
      if (prepared.node.op === op && result.failure === undefined) compareNode(prepared, result);
    },
  });
  return result;
}

function compareNode(prepared: PreparedNode, result: { values: number; failure?: string }) {
  const { node } = prepared;
  const explanation = explainPrepared(prepared);
  const numbers = numbersOf(explanation);
  const tensors = sourcesOf(node);
  for (const formula of explanation.expressions) {
    const output = node.outputs[formula.output]!;
    const step = Math.max(Math.floor(output.size / PLACES), 1);
    for (let position = 0; position < output.size; position += step) {
      const scope = () => scopeOf(formula, numbers, tensors, output.shape, position);
      const found = evaluate(formula, scope());
      const written = output.data[position]!;
      result.values++;
      const text =
        position % (7 * step) === 0 && output.dtype !== 'float32' ? textValue(formula, scope(), output.size) : found;
      if (!isSame(text, found)) {
        result.failure = `as text, ${explanation.formulas.join('; ')} is ${text} at ${position}, not ${found}`;
        return;
      }
      if (isSame(found, written)) continue;
      result.failure = `${explanation.formulas.join('; ')} is ${found} at ${position}, not ${written}`;
      return;
    }
  }
}

function isSame(a: number | bigint, b: number | bigint): boolean {
  return Object.is(exact(a), exact(b));
}

/** The same formula read as text, by a parser that knows nothing of expressions, and computes in fractions. */
function textValue(formula: Formula, scope: Scope, size: number): number | bigint {
  const { numbers, tensors, names } = scope;
  const meanings: { [name: string]: Meaning } = { ...FUNCTIONS };
  for (const [name, value] of names) meanings[name] = value;
  const matrix = tensors.filter?.shape.length === 2 ? tensors.filter.shape : undefined; // a dense layer's
  for (const [role, { shape, data }] of Object.entries(tensors)) {
    const isDense = matrix !== undefined && role === 'input';
    const depth = matrix?.at(-1) ?? shape.at(-1)!;
    const same = sizeOf(shape) === size ? scope.position : positionIn(shape, placeOf(read(role), scope));
    meanings[role] = (...at) => {
      const position =
        at.length === 0
          ? same
          : at.length === shape.length && !isDense
            ? positionIn(shape, at)
            : at[0]! * depth + at[1]!;
      if (position === undefined) throw new LeftOut();
      return data[position]!;
    };
  }
  for (const [name, { first, values }] of Object.entries(numbers.tables)) meanings[name] = (i) => values[i - first]!;
  for (const field of ['multiplier', 'reduced', 'shift', 'real'] as const) {
    meanings[field] = (c) =>
      numbers.rescalings.find(({ multipliers }) => multipliers.length > 1)!.multipliers[c]![field]!;
  }
  return evaluateLines(formulaLines(formula, numbers), meanings);
}
