/** Operators of float32, and float32 forms of others, that are a few rounded operations and functions of the C library. */
import type { Node } from '../../../kernels/kernel.ts';
import { type Condition, call, clamp, condition, divided, type Expression, float32, minus, name, number, plus, read, times } from '../../formula/expression.ts'; // biome-ignore format: one line
import { either, step } from '../../formula/formula.ts';
import { type Cases, type Explained, LIMITS, valueByValue } from './operator_explainer.ts';

type Form = (node: Node) => Explained;

const X = read('input');
const [A, B] = [read('input1'), read('input2')];

function of(output: Expression): Explained {
  return { expressions: valueByValue(step('output', output)) };
}

function ofCases(...cases: Cases): Explained {
  return { expressions: valueByValue(either('output', ...cases)) };
}

/** NaN and -0 are let through; but RELU6 of profile tflite-2.19 makes 0 of both. */
function limited(activation: string, { profile }: Node): Explained {
  const [low, high] = LIMITS[activation]!;
  if (activation === 'RELU6' && profile === 'tflite-2.19') {
    return ofCases([call('min', X, high!), condition(X, '>', low!)], [number(low!)]);
  }
  const above: Cases = high === null ? [] : [[number(high), condition(X, '>', high)]];
  return ofCases([number(low!), condition(X, '<', low!)], ...above, [X]);
}

function relu(activation: string): Form {
  return (node) => limited(activation, node);
}

/** A function of the C library. */
function calls(fn: string): Form {
  return () => of(call(fn, X));
}

/** Of NaN, what all other values are not. */
function comparison(relation: Condition['relation']): Form {
  return () => ofCases([number(1), condition(A, relation, B)], [number(0)]);
}

/** Beyond about 16.6, it is 1; below -9, 1 + exp(-x) would lose what exp(x) keeps. */
function logistic(): Explained {
  const denominator = float32(plus(1, call('exp', minus(0, X))));
  return ofCases(
    [number(1), condition(X, '>', 16.619047164916992)],
    [call('exp', X), condition(X, '<', -9)],
    [float32(divided(1, denominator))],
  );
}

function hardSwish(): Explained {
  return {
    expressions: valueByValue(
      step('gate', clamp(float32(plus(X, 3)), 0, 6), 'float32'),
      step('product', float32(times(X, name('gate'))), 'float32'),
      step('output', float32(divided(name('product'), 6))),
    ),
  };
}

function squaredDifference(): Explained {
  const difference = name('difference');
  return {
    expressions: valueByValue(
      step('difference', float32(minus(A, B)), 'float32'),
      step('output', float32(times(difference, difference))),
    ),
  };
}

function leakyRelu(node: Node): Explained {
  const { alpha } = node.options<{ alpha: number }>();
  return ofCases([X, condition(X, '>', 0)], [float32(times(alpha, X))]);
}

function reciprocalRoot(): Explained {
  const root = step('root', call('sqrt', X), 'float32');
  return { expressions: valueByValue(root, step('output', float32(divided(1, name('root'))))) };
}

export const FLOAT_FORMS: { readonly [op: string]: Form } = {
  ABS: calls('abs'),
  COS: calls('cos'),
  ELU: calls('elu'),
  EQUAL: comparison('='),
  EXP: calls('exp'),
  GREATER: comparison('>'),
  GREATER_EQUAL: comparison('>='),
  HARD_SWISH: hardSwish,
  LEAKY_RELU: leakyRelu,
  LESS: comparison('<'),
  LESS_EQUAL: comparison('<='),
  LOG: calls('log'),
  LOGISTIC: logistic,
  NEG: () => of(times(-1, X)),
  NOT_EQUAL: comparison('!='),
  PRELU: () => ofCases([X, condition(X, '>=', 0)], [float32(times(X, read('alpha')))]),
  RELU: relu('RELU'),
  RELU6: relu('RELU6'),
  RELU_0_TO_1: relu('RELU_0_TO_1'),
  RELU_N1_TO_1: relu('RELU_N1_TO_1'),
  RSQRT: reciprocalRoot,
  SIN: calls('sin'),
  SQRT: calls('sqrt'),
  SQUARE: () => of(float32(times(X, X))),
  SQUARED_DIFFERENCE: squaredDifference,
  TANH: calls('tanh'),
};
