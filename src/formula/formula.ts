/** How each value of a node's output follows from its inputs: a few named steps, the last of which is the output. */
import type { Condition, Expression } from './expression.ts';
import type { Rescaling } from './rescaling.ts';

export interface Formula {
  /** Which output of the node. */
  readonly output: number;
  /**
   * The indices of the output's values, the outermost first: they count all values in order. None where the output follows
   * value by value: reads are then of the same place.
   */
  readonly indices: readonly Index[];
  readonly steps: readonly Step[];
}

export interface Index {
  readonly name: string;
  readonly count: number;
}

export interface Step {
  /** As later steps name it; the last is 'output'. */
  readonly name: string;
  /** Indices of its own: it has a value for each, and is applied to them. */
  readonly parameters?: readonly string[];
  /** The first whose conditions hold has the value. */
  readonly cases: readonly Case[];
  /** What holds its value in C; int32 where nothing is said. */
  readonly type?: 'int64' | 'float32' | 'float64';
}

export interface Case {
  readonly value: Expression;
  readonly when: readonly Condition[];
}

/** What the expressions of a node refer to by number and by name. */
export interface Numbers {
  readonly rescalings: readonly Rescaling[];
  readonly tables: Readonly<Record<string, Table>>;
}

/** Values by index, from `first` on. */
export interface Table {
  readonly first: number;
  readonly values: readonly number[];
}

// ---- constructors

export function step(name: string, value: Expression, type?: Step['type']): Step {
  return { name, cases: [{ value, when: [] }], ...(type && { type }) };
}

type CaseList = readonly (readonly [value: Expression, ...when: Condition[]])[];

/** The value of the first of these whose conditions hold. */
export function either(name: string, ...cases: CaseList): Step {
  return { name, cases: cases.map(([value, ...when]) => ({ value, when })) };
}

/** A step that has a value for each of its parameters. */
export function family(name: string, parameters: readonly string[], ...cases: CaseList): Step {
  return { ...either(name, ...cases), parameters };
}

/** The indices of a shape, by these names. */
export function indicesOf(names: readonly string[], shape: readonly number[]): Index[] {
  return names.map((name, d) => ({ name, count: shape[d]! }));
}
