/** Where one value of an output comes from: from its products to the clamp, in every profile, and equal to what ran. */
import { InputError, RequantError, UnsupportedError } from '../../kernels/errors.ts';
import { type Node, PROFILES, type Profile } from '../../kernels/kernel.ts';
import type { Tensor } from '../../kernels/tensor.ts';
import { exact, positionIn, type Source, scopeOf } from '../formula/evaluate.ts';
import { type Tap, type TraceStep, traceFormula, type ValueTrace } from '../formula/trace.ts';
import type { PreparedNode } from '../runtime/executor.ts';
import type { Interpreter, InvokeInput } from '../runtime/interpreter.ts';
import { explainPrepared, inputRoles, numbersOf } from './operator_explainers.ts';
import { SingleNode } from './single_node.ts';

export interface TraceOptions {
  /** The node's number. */
  readonly node: number;
  /** The place in its output: one index for each dimension. */
  readonly at: readonly number[];
  /** Which output, of a node that has several; default 0. */
  readonly output?: number;
}

export interface Trace {
  readonly node: number;
  readonly op: string;
  /** The output's name. */
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly at: readonly number[];
  /** What is added to the values of input and filter in the taps; by role. */
  readonly offsets: Readonly<Record<string, number>>;
  /** What a sum or a maximum is made of. They are the same in every profile. */
  readonly taps: readonly Tap[];
  /** On the same input of the node, the interpreter's own profile first; without xnnpack, unless it is that. */
  readonly profiles: readonly ProfileTrace[];
}

export interface ProfileTrace {
  readonly profile: Profile;
  /** Why the operator does not run under it; null where it does. */
  readonly refused: string | null;
  readonly steps: readonly TraceStep[];
  /** What the kernel wrote, to which the steps lead; null where it is refused. */
  readonly value: number | bigint | null;
  /** The real number that the value stands for; null where it stands for itself. */
  readonly real: number | null;
}

/**
 * Runs the model once, and traces one value that a node wrote.
 *
 * @throws InputError if there is no such node or place, or the input is not what the model takes; UnsupportedError for an
 *   operator whose values are not traced
 */
export function trace(interpreter: Interpreter, inputs: InvokeInput, options: TraceOptions): Trace {
  const { node, at, output = 0 } = options;
  const { length } = interpreter.nodes;
  if (!Number.isInteger(node) || node < 0 || node >= length) {
    throw new InputError(`there is no node ${node}: the model has 0 to ${length - 1}`);
  }
  let found: Trace | undefined;
  interpreter.invoke(inputs, {
    tap: (_, { index }) => {
      if (index === node) found ??= traceNode(interpreter.preparedNodes[node]!, output, at);
    },
  });
  if (!found) throw new InputError(`node ${node} has no output`);
  return found;
}

/** Of XNNPACK's arithmetic there are none. */
const WITH_FORMULAS = PROFILES.filter((profile) => profile !== 'xnnpack');

/** While the data of the node's tensors is in place. */
function traceNode(prepared: PreparedNode, o: number, at: readonly number[]): Trace {
  const { node } = prepared;
  const output = node.outputs[o];
  if (!output) throw new InputError(`${node} has no output ${o}: it has ${node.outputs.length}`, node.place);
  checkPlace(node, output, at);
  const own = traceValue(prepared, output, at);
  const others = WITH_FORMULAS.filter((profile) => profile !== node.profile).map((profile) =>
    inProfile(node, profile, o, at),
  );
  return {
    node: node.index,
    op: node.op,
    name: output.name,
    dtype: output.dtype,
    shape: output.shape,
    at,
    offsets: explainPrepared(prepared).offsets,
    taps: own.taps,
    profiles: [profileTrace(node.profile, output, own), ...others],
  };
}

function checkPlace(node: Node, { shape }: Tensor, at: readonly number[]) {
  const isPlace = at.length === shape.length && at.every((i, d) => Number.isInteger(i) && i >= 0 && i < shape[d]!);
  if (isPlace) return;
  throw new InputError(`[${at}] is no place in ${node}'s output, of shape [${shape}], counted from 0`, node.place);
}

function inProfile(node: Node, profile: Profile, o: number, at: readonly number[]): ProfileTrace {
  try {
    const single = new SingleNode(node, profile);
    single.run();
    const output = single.outputs[o]!;
    return profileTrace(profile, output, traceValue(single.prepared, output, at));
  } catch (error) {
    if (!(error instanceof RequantError)) throw error;
    const reason = (error instanceof UnsupportedError && error.nodes[0]?.reason) || error.message;
    const refused = reason.replace(/^\w+ \(node 0\): /, ''); // its number where it is the only node
    return { profile, refused, steps: [], value: null, real: null };
  }
}

/** The steps to a value, which must be the one that the kernel wrote. */
function traceValue(prepared: PreparedNode, output: Tensor, at: readonly number[]): ValueTrace {
  const { node } = prepared;
  const explained = explainPrepared(prepared);
  const o = node.outputs.indexOf(output);
  const formula = explained.expressions.find((candidate) => candidate.output === o);
  if (!formula) throw new UnsupportedError(`${node}: requant has no formula for it, and traces no values`, node.place);
  const position = positionIn(output.shape, at)!;
  const traced = traceFormula(formula, scopeOf(formula, numbersOf(explained), sourcesOf(node), output.shape, position));
  const written = output.data[position]!;
  if (!Object.is(traced.value, exact(written))) {
    const numbers = `the steps to [${at}] lead to ${traced.value}, and the kernel wrote ${written}`;
    throw new UnsupportedError(`${node}: ${numbers}: its scales lie beyond what a trace follows`, node.place);
  }
  return { ...traced, value: written };
}

/** A node's inputs by role, with their data as it is now. */
export function sourcesOf(node: Node): Record<string, Source> {
  const roles = inputRoles(node, node.inputs.length);
  return Object.fromEntries(node.inputs.flatMap((tensor, i) => (tensor ? [[roles[i]!, tensor]] : [])));
}

function profileTrace(profile: Profile, { quantization, dtype }: Tensor, { steps, value }: ValueTrace): ProfileTrace {
  const q = dtype === 'float32' || quantization?.scales.length !== 1 ? undefined : quantization;
  const real = q ? q.scales[0]! * (Number(value) - q.zeroPoints[0]!) : null;
  return { profile, refused: null, steps, value, real };
}
