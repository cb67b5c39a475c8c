/** What will go wrong with a model, or was lost in conversion: the findings of every rule, as plain data. */
import { RequantError } from '../../kernels/errors.ts';
import type { Profile } from '../../kernels/kernel.ts';
import { explain, loaded } from '../explain/explain.ts';
import { type DataFlow, dataFlow, isQuantized } from '../inspect/data_flow.ts';
import { type IntegerOnly, integerOnly } from '../inspect/integer_only.ts';
import { readConversion } from '../inspect/metadata.ts';
import { type QuantizationStyle, quantizationStyle } from '../inspect/quantization_style.ts';
import { loadModel } from '../model/loader.ts';
import type { Interpreter, InterpreterOptions } from '../runtime/interpreter.ts';
import type { TensorData } from '../runtime/tensor_info.ts';
import { type FloatTensorReason, floatTensorReason } from './float_tensors.ts';
import { measure } from './measurement.ts';
import {
  type Found,
  type LintContext,
  type Remedy,
  type Rule,
  SEVERITIES,
  type Severity,
  type Target,
} from './rule.ts';
import { RULES } from './rules.ts';

export interface Lint {
  /** Whose kernels the nodes were prepared for. */
  readonly profile: Profile;
  /** Whether findings are about this runtime alone, or about all of them. */
  readonly isAsked: boolean;
  /** False where the runtime refuses the model, or requant does since its numbers mean nothing. */
  readonly isRunnable: boolean;
  readonly integerOnly: IntegerOnly;
  readonly quantization: QuantizationStyle;
  /** Every float tensor of the model, with its range or why it has none: those first that have none. */
  readonly floatTensors: readonly FloatTensorReason[];
  /** Errors first, then warnings, then notes; within each in the order of the rules and of the nodes. */
  readonly findings: readonly Finding[];
  /** Why the model cannot be prepared, where it cannot: rules about multipliers, sums and weights found nothing then. */
  readonly unprepared: string | null;
  /** How many inputs were run: without any, rules about saturation are not asked. */
  readonly runs: number;
}

export interface Finding {
  /** The rule's id. */
  readonly rule: string;
  readonly severity: Severity;
  readonly title: string;
  /** What is the case, in this model's numbers. */
  readonly text: string;
  /** Why it matters. */
  readonly why: string;
  readonly subgraph: number;
  readonly node: { readonly index: number; readonly op: string } | null;
  readonly tensor: { readonly index: number; readonly name: string } | null;
  readonly numbers: Readonly<Record<string, number>>;
  /** Whether the runtime that was asked for, or else TFLite, refuses the model for it. */
  readonly refuses: boolean;
  /** The runtimes that it is true of; null: of all. */
  readonly profiles: readonly Profile[] | null;
  readonly remedies: readonly Remedy[];
}

export interface LintOptions {
  /** The runtime that findings are about; without, all of them, and what is not true of TFLite is one severity lower. */
  readonly profile?: Profile | undefined;
  readonly limits?: InterpreterOptions['limits'];
  /** Whose operators are looked for; without, all of them. */
  readonly targets?: readonly Target[];
  /** Real inputs: given the interpreter, for each run the values of each of its inputs. */
  readonly inputs?: (interpreter: Interpreter) => Iterable<readonly TensorData[]>;
}

/**
 * Looks for what is wrong, lost or to be known. Works on models that requant refuses to run, too: rules that need the numbers of
 * prepared nodes are left out then, and `unprepared` says why.
 *
 * @param bytes a .tflite file
 * @throws ModelError if the file is damaged; with inputs what `new Interpreter` and `invoke` throw
 */
export function lint(bytes: Uint8Array, options: LintOptions = {}): Lint {
  const { profile = DEFAULT_PROFILE, targets, inputs } = options;
  const model = loadModel(bytes);
  const flows = model.subgraphs.map(dataFlow);
  const { interpreter, unprepared } = prepare(bytes, { profile, ...(options.limits && { limits: options.limits }) });
  if (!interpreter && inputs) throw unprepared;
  const measured = inputs ? measure(interpreter!, inputs(interpreter!)) : null;
  const context: LintContext = {
    model,
    flows,
    integerOnly: integerOnly(model, flows),
    quantization: quantizationStyle(model, flows, readConversion(model)),
    nodes: interpreter ? explain(interpreter).nodes : [],
    integerOperators: integerOperators(flows),
    measured,
    profile,
    unprepared: unprepared ?? null,
  };
  const asked = RULES.filter(
    ({ needsInputs, target }) =>
      (!needsInputs || measured !== null) && (!target || !targets || targets.some((asked) => concerns(asked, target))),
  );
  const findings = asked.flatMap((rule) =>
    [...rule.check(context)].flatMap((found) => finding(rule, found, options.profile)),
  );
  return {
    profile,
    isAsked: options.profile !== undefined,
    isRunnable: !findings.some(({ refuses }) => refuses),
    integerOnly: context.integerOnly,
    quantization: context.quantization,
    floatTensors: context.integerOnly.tensors
      .map((tensor) => floatTensorReason(flows[tensor.subgraph]!, tensor, context.quantization.method))
      .sort((a, b) => rank(a) - rank(b)),
    findings: findings.sort((a, b) => SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity)),
    unprepared: unprepared?.message ?? null,
    runs: measured?.runs ?? 0,
  };
}

/** Whether rules about this target are for who asks about that one: CMSIS-NN is in TensorFlow Lite Micro. */
const concerns = (asked: Target, target: Target) => asked === target || (asked === 'cmsis-nn' && target === 'tflm');

const rank = ({ range, kind }: FloatTensorReason) => (range === null ? 0 : kind === 'activation' ? 1 : 2);

function integerOperators(flows: readonly DataFlow[]): Set<string> {
  const computes = flows.flatMap(({ subgraph: { operators, tensors } }) =>
    operators.filter(({ outputs }) => outputs.length > 0 && outputs.every((i) => isQuantized(tensors[i]))),
  );
  return new Set(computes.map(({ op }) => op));
}

function prepare(
  bytes: Uint8Array,
  options: InterpreterOptions,
): { interpreter?: Interpreter; unprepared?: RequantError } {
  try {
    return { interpreter: loaded(bytes, options) };
  } catch (error) {
    if (error instanceof RequantError) return { unprepared: error };
    throw error;
  }
}

const DEFAULT_PROFILE: Profile = 'tflite';

/** None where it is about another runtime than the one that was asked for. */
function finding(rule: Rule, { subgraph, node, tensor, ...found }: Found, asked: Profile | undefined): Finding[] {
  const { profiles } = found;
  if (asked && profiles && !profiles.includes(asked)) return [];
  const isOther = !asked && profiles && !profiles.includes(DEFAULT_PROFILE);
  const severity = found.severity ?? rule.severity;
  const result: Finding = {
    rule: rule.id,
    severity: isOther ? lower(severity) : severity,
    title: rule.title,
    text: found.text,
    why: found.why ?? rule.why,
    subgraph: subgraph.index,
    node: node ? { index: node.index, op: node.op } : null,
    tensor: tensor ? { index: tensor.index, name: tensor.name } : null,
    numbers: found.numbers ?? {},
    refuses: found.refuses === true && !isOther,
    profiles: profiles ?? null,
    remedies: found.remedies,
  };
  return [result];
}

function lower(severity: Severity): Severity {
  return SEVERITIES[SEVERITIES.indexOf(severity) + 1] ?? 'note';
}
