/**
 * The data model of `explain`: what each node computes, with all its numbers. Plain objects, which JSON can hold: what
 * prints, compares or exports a model reads these.
 *
 * The whole numbers are those that the node's prepare made for its kernel. The real ones, from which they follow, are
 * computed once more, step by step, and must lead to the same whole numbers.
 */
import type { Profile } from '../../kernels/kernel.ts';
import type { Formula, Table } from '../formula/formula.ts';
import type { Rescaling } from '../formula/rescaling.ts';
import type { QuantizationStyle } from '../inspect/quantization_style.ts';
import type { TensorReport } from '../inspect/tensor_report.ts';

export interface Explanation {
  readonly profile: Profile;
  /** How the model was quantized: by it, ranges were learned in training, or seen in calibration. */
  readonly quantization: QuantizationStyle;
  /** Of one invoke. */
  readonly macs: number;
  /** Of all nodes; what several nodes share counts once. */
  readonly parameters: ParameterCount;
  readonly nodes: readonly NodeExplanation[];
}

export interface NodeExplanation extends OperatorExplanation {
  readonly node: number;
  readonly op: string;
  readonly isCustom: boolean;
  readonly version: number;
  /** Of its first output: what people call the layer. */
  readonly name: string;
  /** Without the optional ones that are left out: go by `role`. */
  readonly inputs: readonly NodeTensor[];
  readonly outputs: readonly NodeTensor[];
  /** The operator's options in the file. */
  readonly options: Readonly<Record<string, unknown>>;
  readonly macs: number;
  readonly parameters: ParameterCount;
}

/** Weights, biases and other quantized constants: how many values, and how many bytes of the file. */
export interface ParameterCount {
  readonly count: number;
  readonly bytes: number;
}

export interface NodeTensor extends TensorReport {
  /** As formulas and offsets name it: 'input', 'filter', 'bias', 'output'. */
  readonly role: string;
  readonly scaleFrom: ScaleOrigin | null;
}

/** Where a tensor's scales come from. */
export type ScaleOrigin =
  /** The range of real values that it should hold: learned, or seen in calibration. */
  | 'activation range'
  /** Its own values, of which the largest uses the whole type. */
  | 'own values'
  /** A range that its values do not fill. */
  | 'range beyond its values'
  /** A bias: it is added to products, and has their scale. */
  | 'input scale * filter scale'
  /** The operator moves or compares values, and leaves them as they are. */
  | 'as the input'
  /** The operator always has this one. */
  | 'fixed by the operator';

/** What an operator's file in operators/ says of a node; parts that mean nothing for it are empty or null. */
export interface OperatorExplanation {
  /**
   * How the output follows from the inputs, in this node's numbers, as text. Whole numbers throughout: a division is a real one,
   * and floor or round around it says how it becomes whole; round takes halves away from zero. sum{k < 3} is over k = 0, 1, 2.
   */
  readonly formulas: readonly string[];
  /** The same as data, one for each output. */
  readonly expressions: readonly Formula[];
  /** What is added to each tensor's values: minus an input's zero point, plus the output's. By role. */
  readonly offsets: Readonly<Record<string, number>>;
  readonly window: Window | null;
  readonly accumulator: AccumulatorRange | null;
  readonly rescalings: readonly Rescaling[];
  readonly clamp: Clamp | null;
  /** A function of one 8-bit value, computed in prepare. */
  readonly table: Table | null;
  /** Other tables that formulas look up, by name. */
  readonly tables: Readonly<Record<string, Table>>;
  /** Other whole numbers that the kernel computes with. */
  readonly constants: Readonly<Record<string, number>>;
  /** What else is to be known of this node. */
  readonly notes: readonly string[];
}

/** A window that moves over rows and columns. Pairs are [height, width]. */
export interface Window {
  readonly filter: readonly [number, number];
  readonly stride: readonly [number, number];
  readonly dilation: readonly [number, number];
  /** Taps in the padding are left out, which is the same as the input's zero point there. */
  readonly padding: {
    readonly mode: string;
    readonly top: number;
    readonly left: number;
    readonly bottom: number;
    readonly right: number;
  };
}

/** What the sums can become. */
export interface AccumulatorRange {
  readonly type: 'int32' | 'int64';
  /** How many terms a sum has, the bias not counted. */
  readonly terms: number;
  /** The least and the greatest sum that any input gives, bias included: of each output channel, or one for all. */
  readonly low: readonly number[];
  readonly high: readonly number[];
  /** The largest magnitude of all. */
  readonly bound: number;
  /** The width of the integer that holds them all. */
  readonly bits: number;
  /** What is known of the filter: its values, or its type alone. */
  readonly from: 'weights' | 'types';
}

/** What the output is limited to. */
export interface Clamp {
  /** The fused activation, or 'NONE'. */
  readonly activation: string;
  readonly dtype: string;
  readonly min: Bound;
  readonly max: Bound;
}

export interface Bound {
  readonly value: number;
  readonly from: 'type' | 'activation';
  /** The activation's own limit, in real numbers and in units of the output; null where it has none on this side. */
  readonly real: number | null;
  readonly quantized: number | null;
}
