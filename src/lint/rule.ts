/** What a rule of `lint` is: data and a function. The rules themselves are in the files beside this one, their list in rules.ts. */

import type { RequantError } from '../../kernels/errors.ts';
import type { Profile } from '../../kernels/kernel.ts';
import type { NodeExplanation } from '../explain/explanation.ts';
import type { DataFlow } from '../inspect/data_flow.ts';
import type { IntegerOnly } from '../inspect/integer_only.ts';
import type { QuantizationStyle } from '../inspect/quantization_style.ts';
import type { Model, OperatorSpec, Subgraph, TensorSpec } from '../model/model.ts';
import type { Measurement } from './measurement.ts';

/**
 * error: a runtime refuses the model, ends the process, or answers what the model does not mean; warning: accuracy, speed or
 * memory is lost, or the file is not what was meant; note: to be known.
 */
export type Severity = 'error' | 'warning' | 'note';

export const SEVERITIES: readonly Severity[] = ['error', 'warning', 'note'];

/** Where a model is to run. */
export type Target = 'tflm' | 'cmsis-nn' | 'edge-tpu';

export const TARGETS: readonly Target[] = ['tflm', 'cmsis-nn', 'edge-tpu'];

/** The profiles of TFLite, and those of TensorFlow Lite Micro. */
export const TFLITE: readonly Profile[] = ['tflite', 'tflite-2.19'];
export const MICRO: readonly Profile[] = ['tflm', 'single-rounding'];

export interface Rule {
  readonly id: string;
  readonly severity: Severity;
  readonly title: string;
  /** Why it matters. */
  readonly why: string;
  /** It is asked only where the model ran on inputs. */
  readonly needsInputs?: true;
  /** The rule is about this target alone. */
  readonly target?: Target;
  readonly check: (context: LintContext) => Iterable<Found>;
}

/** What rules read. */
export interface LintContext {
  readonly model: Model;
  /** Of each subgraph. */
  readonly flows: readonly DataFlow[];
  readonly integerOnly: IntegerOnly;
  readonly quantization: QuantizationStyle;
  /** Of the main graph; empty where it cannot be prepared. */
  readonly nodes: readonly NodeExplanation[];
  /** Operators of which the file has a node that computes in integers. */
  readonly integerOperators: ReadonlySet<string>;
  readonly measured: Measurement | null;
  /** Whose kernels the nodes were prepared for. */
  readonly profile: Profile;
  /** Why they could not be. */
  readonly unprepared: RequantError | null;
}

/** What a rule finds, at a node, a tensor or both. */
export interface Found {
  readonly subgraph: Subgraph;
  readonly node?: OperatorSpec | undefined;
  readonly tensor?: TensorSpec | undefined;
  /** What is the case, in this model's numbers. */
  readonly text: string;
  /** The numbers that show it, by name. */
  readonly numbers?: Readonly<Record<string, number>>;
  /** Where the rule's own words do not fit. */
  readonly severity?: Severity;
  readonly why?: string;
  /** Whether the runtime refuses the model for it. */
  readonly refuses?: true;
  /** The runtimes that it is true of; without, of all. */
  readonly profiles?: readonly Profile[];
  readonly remedies: readonly Remedy[];
}

/** What to do about it. */
export interface Remedy {
  readonly text: string;
  /** Code to paste. */
  readonly code: readonly string[];
}

export function remedy(text: string, ...code: string[]): Remedy {
  return { text, code };
}

/** 3 channels, 1 channel. */
export function count(n: number, one: string): string {
  return `${n} ${one}${n === 1 ? '' : 's'}`;
}

/** The first few of a list. */
export function few(list: readonly (number | string)[], most = 8): string {
  const shown = list.slice(0, most).join(', ');
  return list.length > most ? `${shown}, …` : shown;
}

/** 0.1234 as 12.3 %. */
export function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

/** A real number, short. */
export function real(value: number): string {
  return String(Number(value.toPrecision(6)));
}

/** Converters join the names of all that they fused: the first ones will do. */
const LONGEST_NAME = 48;

export function named({ index, name }: TensorSpec): string {
  return `tensor ${index} '${name.length > LONGEST_NAME ? `${name.slice(0, LONGEST_NAME)}…` : name}'`;
}
