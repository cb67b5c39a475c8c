/** The explainer of each operator, applied to what its own prepare returned. */
import type * as reference from '../../kernels/reference/index.ts';
import { formulaLines } from '../formula/text.ts';
import { rolesOf } from '../model/operator_facts.ts';
import type { PreparedNode } from '../runtime/executor.ts';
import type { OperatorExplanation } from './explanation.ts';
import { FLOAT_FORMS } from './operators/float_functions.ts';
import * as explainers from './operators/index.ts';
import type { OperatorExplainer, Quantized } from './operators/operator_explainer.ts';
import { WITHOUT_FORMULA } from './operators/without_formula.ts';

const EXPLAINERS: { readonly [op: string]: OperatorExplainer<never> } = explainers satisfies {
  [Op in keyof typeof explainers]: OperatorExplainer<Quantized<(typeof reference)[Op]>>;
};

/** What is known of an operator; a custom one may have any name. */
export function explainerOf({ op, isCustom }: { op: string; isCustom: boolean }): OperatorExplainer<never> | undefined {
  return isCustom || !Object.hasOwn(EXPLAINERS, op) ? undefined : EXPLAINERS[op];
}

/** How a node that computes in float32 is explained: by its operator's explainer, or that of its float32 form. */
export function floatExplainerOf(node: { op: string; isCustom: boolean }): OperatorExplainer<never> | undefined {
  const explainer = explainerOf(node);
  if (explainer?.ofFloat) return explainer;
  const form = node.isCustom || !Object.hasOwn(FLOAT_FORMS, node.op) ? undefined : FLOAT_FORMS[node.op];
  return form && { explain: (_, of) => form(of) };
}

const NOTHING: OperatorExplanation = {
  formulas: [],
  expressions: [],
  offsets: {},
  window: null,
  accumulator: null,
  rescalings: [],
  clamp: null,
  table: null,
  tables: {},
  constants: {},
  notes: [],
};

export function explainPrepared(prepared: PreparedNode | undefined): OperatorExplanation {
  if (!prepared) return note('its shapes are computed while the model runs: explain it after an invoke');
  const { arithmetic } = prepared.node;
  if (arithmetic !== 'reference') return note(OTHER_ARITHMETIC[arithmetic]);
  const { kind, hybrid } = Object(prepared.prepared) as { readonly kind?: unknown; readonly hybrid?: object };
  const isFloat = kind === 'float';
  const explainer = isFloat ? floatExplainerOf(prepared.node) : explainerOf(prepared.node);
  const isLeftOut = isFloat && !Object.hasOwn(WITHOUT_FORMULA, prepared.node.op);
  if (!explainer && isLeftOut) return note(hybrid ? HYBRID : 'it computes in float32: nothing is rescaled');
  if (!explainer) return note(`requant has no formula for this operator: ${whyNone(prepared.node)}`);
  const explained = { ...NOTHING, ...explainer.explain(prepared.prepared as never, prepared.node) };
  const numbers = numbersOf(explained);
  const outputs = prepared.node.outputs.length;
  return {
    ...explained,
    formulas: explained.expressions.flatMap((formula) => formulaLines(formula, numbers, outputs)),
  };
}

function whyNone({ op, isCustom }: { op: string; isCustom: boolean }): string {
  const isKnown = !isCustom && Object.hasOwn(WITHOUT_FORMULA, op);
  return isKnown ? WITHOUT_FORMULA[op]! : 'what the file says is all there is';
}

/** What a node's expressions refer to. */
export function numbersOf({ rescalings, table, tables }: Pick<OperatorExplanation, 'rescalings' | 'table' | 'tables'>) {
  return { rescalings, tables: table ? { ...tables, table } : tables };
}

/** Of profile xnnpack. */
const OTHER_ARITHMETIC = {
  XNNPACK: 'the XNNPACK delegate takes it: requant has no formula for its arithmetic',
  optimized: "TFLite's optimized kernel computes it: requant has no formula for its arithmetic",
};

const HYBRID =
  'it computes in float32: its input is quantized whenever it runs, products with integer weights are added in int32';

function note(text: string): OperatorExplanation {
  return { ...NOTHING, notes: [text] };
}

/** The role of each of a node's inputs, as formulas name it. */
export function inputRoles({ op, isCustom }: { op: string; isCustom: boolean }, inputs: number): string[] {
  const names = isCustom ? [] : rolesOf(op);
  return Array.from({ length: inputs }, (_, i) => names[i] ?? `input${i}`);
}
