/** How a kernel of TensorFlow Lite Micro is declared here: the names of its tensors, the types it takes, and what else it asks. */
import type { Model, OperatorSpec, Subgraph } from '../model/model.ts';
import { isConstant, isQuantized, NodeView, scalesOf } from './node_view.ts';

export interface MicroKernel {
  /** Names of the inputs, in order: 'input filter bias?'. A name with ? may be left out; after '...' come any number more. */
  readonly inputs: string;
  readonly outputs: string;
  /** The combinations of element types that it computes; what a combination does not name may be of any type. */
  readonly types: readonly Types[];
  readonly conditions?: readonly Condition[];
}

/** Of each tensor by name, the types that go together: { input: 'int16', filter: 'int8', bias: 'int32 int64' }. */
export type Types = Readonly<Record<string, string>>;

/** Why the kernel does not take the node, after its name: 'its kernel takes ...'; undefined where it does. */
export type Condition = (node: NodeView) => Objection | undefined;

export interface Objection {
  readonly text: string;
  /** The kernel ends the program, by an abort or by memory that is not its own, in place of answering with an error. */
  readonly dies?: true;
}

/** One combination for each type, the same for all these tensors. */
export function same(types: string, roles: string): Types[] {
  return types.split(' ').map((type) => Object.fromEntries(roles.split(' ').map((role) => [role, type])));
}

// ---- asking

/** What a kernel that is declared so has against a node: inputs that are not there, types, conditions. */
export function objectionOf(
  kernel: MicroKernel,
  operator: OperatorSpec,
  subgraph: Subgraph,
  model: Model,
): Objection | undefined {
  const [inputs, outputs] = [kernel.inputs, kernel.outputs].map(namesOf);
  const node = new NodeView(operator, subgraph, model, inputs!.names, outputs!.names);
  const missing = inputs!.names.find((name) => !inputs!.optional.has(name) && !node.tensor(name));
  if (missing) return { text: `its kernel needs ${missing}` };
  if (!inputs!.open && operator.inputs.length > inputs!.names.length) {
    return { text: `its kernel takes ${inputs!.names.length} inputs, not ${operator.inputs.length}` };
  }
  const wrongType = typeObjection(kernel.types, node, [...inputs!.names, ...outputs!.names]);
  if (wrongType) return { text: `its kernel takes ${wrongType}` };
  for (const condition of kernel.conditions ?? []) {
    const objection = condition(node);
    if (objection) return objection;
  }
  return undefined;
}

/** 'input filter bias? ...': the names, which may be left out, and whether there may be more. */
function namesOf(declared: string) {
  const words = declared.split(' ');
  const names = words.filter((word) => word !== '...').map((word) => word.replace('?', ''));
  return {
    names,
    optional: new Set(words.filter((word) => word.endsWith('?')).map((word) => word.slice(0, -1))),
    open: words.includes('...'),
  };
}

/**
 * What is wrong with the types, told by the combination that fits longest: 'no uint8 input, but float32, int8, int16';
 * 'int4 or int8 for filter beside int8 for input, not uint8'.
 */
function typeObjection(combinations: readonly Types[], node: NodeView, roles: readonly string[]): string | undefined {
  let rest = combinations;
  const fixed: string[] = [];
  for (const role of roles) {
    const dtype = node.dtype(role);
    if (dtype === undefined) continue;
    const fitting = rest.filter((types) => !types[role] || types[role].split(' ').includes(dtype));
    if (fitting.length === 0) {
      const wanted = [...new Set(rest.flatMap((types) => types[role]!.split(' ')))];
      const beside = fixed.length > 0 ? ` beside ${fixed.join(' and ')}` : '';
      return `${listed(wanted)} for ${role}${beside}, not ${dtype}`;
    }
    if (fitting.length < rest.length) fixed.push(`${dtype} for ${role}`);
    rest = fitting;
  }
  return undefined;
}

const listed = (words: readonly string[]) =>
  words.length === 1 ? words[0]! : `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`;

// ---- conditions

export function unless(holds: (node: NodeView) => boolean, text: string): Condition {
  return (node) => (holds(node) ? undefined : { text });
}

/** The same, where the program ends. */
export function diesUnless(holds: (node: NodeView) => boolean, text: string): Condition {
  return (node) => (holds(node) ? undefined : { text, dies: true });
}

/** Conditions that are asked for where this tensor has one of these types. */
export function where(role: string, types: string, ...conditions: Condition[]): Condition[] {
  const among = types.split(' ');
  return conditions.map(
    (condition) => (node) => (among.includes(node.dtype(role) ?? '') ? condition(node) : undefined),
  );
}

export function rank(role: string, least: number, most: number): Condition {
  const wanted = least === most ? `${least}` : least === 0 ? `at most ${most}` : `${least} to ${most}`;
  return (node) => {
    const { length } = node.shape(role);
    return length >= least && length <= most
      ? undefined
      : { text: `${role} has ${length} dimensions, and it takes ${wanted}` };
  };
}

export function constant(role: string): Condition {
  return unless((node) => isConstant(node.tensor(role)), `${role} must be a constant, and is computed`);
}

export function elements(role: string, count: number): Condition {
  return unless((node) => sizeOf(node.shape(role)) === count, `${role} must have ${count} element`);
}

export function sameShape(a: string, b: string): Condition {
  return (node) =>
    alike(node.shape(a), node.shape(b))
      ? undefined
      : { text: `${a} is [${node.shape(a)}] and ${b} [${node.shape(b)}], which must be alike` };
}

export function quantized(...roles: string[]): Condition {
  return (node) => {
    const role = roles.find((role) => !isQuantized(node.tensor(role)));
    return role === undefined ? undefined : { text: `${role} has no scale` };
  };
}

export function notQuantized(...roles: string[]): Condition {
  return (node) => {
    const role = roles.find((role) => isQuantized(node.tensor(role)));
    return role === undefined
      ? undefined
      : { text: `${role} is ${node.dtype(role)} with a scale, and it takes it without` };
  };
}

export function zeroPoint(value: number, ...roles: string[]): Condition {
  return (node) => {
    const role = roles.find((role) => node.zeroPoint(role) !== value);
    return role === undefined
      ? undefined
      : { text: `the zero point of ${role} is ${node.zeroPoint(role)}, and must be ${value}` };
  };
}

export function sameQuantization(a: string, b: string): Condition {
  return (node) =>
    node.scale(a) === node.scale(b) && node.zeroPoint(a) === node.zeroPoint(b)
      ? undefined
      : { text: `${a} and ${b} must have one scale and zero point: ${parameters(node, a)} and ${parameters(node, b)}` };
}

const parameters = (node: NodeView, role: string) =>
  `${Number(node.scale(role).toPrecision(6))}, ${node.zeroPoint(role)}`;

/** One scale, or one for each channel along the given dimension. */
export function channelScales(role: string, dimension: number): Condition {
  return (node) => {
    const count = scalesOf(node.tensor(role)).length;
    const channels = node.shape(role)[dimension];
    if (count === 1 || (count === channels && count === node.shape(role)[scaleDimension(node, role)])) return undefined;
    return { text: `${role} has ${count} scales for ${channels} channels` };
  };
}

export const scaleDimension = (node: NodeView, role: string) => node.tensor(role)?.quantization?.dimension ?? 0;

/** Bounds of a fused activation, in steps of the output, must fit int32. */
export const activationFits: Condition = (node) => {
  const scale = Math.fround(node.scale('output'));
  const bounds =
    { RELU: [0], RELU6: [0, 6], RELU_N1_TO_1: [-1, 1] }[String(node.option('fusedActivationFunction'))] ?? [];
  // TfLiteRound of a float32; 2147483647 as a float32 is 2147483648.
  const beyond = bounds.find((bound) => !(Math.abs(Math.fround(bound / scale)) <= 2 ** 31));
  return beyond === undefined
    ? undefined
    : { text: `the bound ${beyond} of its activation is beyond int32 in steps of the output's scale ${scale}` };
};

/** ADD's and its like's: the output's scale must be more than 2^-shift of twice the largest input's. */
export function risesWithin(shift: (node: NodeView) => number, ...roles: string[]): Condition {
  return (node) => {
    const twice = 2 * Math.max(...roles.map((role) => node.scale(role)));
    const ratio = twice / (2 ** shift(node) * node.scale('output'));
    return ratio < 1 && ratio > 0 && roles.every((role) => node.scale(role) > 0)
      ? undefined
      : { text: `the output's scale ${node.scale('output')} is too fine for inputs of ${twice / 2}`, dies: true };
  };
}

/** The output's scale is this power of two, give or take a thousandth of the exponent. */
export function outputScalePower(exponent: number): Condition {
  return (node) => {
    const log = Math.log2(node.scale('output'));
    return Math.abs(log - exponent) < 1e-3
      ? undefined
      : { text: `the output's scale must be 2^${exponent}, and is ${Number(node.scale('output').toPrecision(6))}` };
  };
}

export const sizeOf = (shape: readonly number[]) => shape.reduce((size, dim) => size * dim, 1);

export function alike(a: readonly number[], b: readonly number[]): boolean {
  return a.length === b.length && a.every((dim, i) => dim === b[i]);
}
