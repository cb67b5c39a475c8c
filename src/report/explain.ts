/** An explanation as a document. */
import type {
  AccumulatorRange,
  Bound,
  Clamp,
  Explanation,
  NodeExplanation,
  NodeTensor,
  Window,
} from '../explain/explanation.ts';
import { numbersOf } from '../explain/operator_explainers.ts';
import type { Arithmetic, DerivationStep, Rescaling } from '../formula/rescaling.ts';
import { formulaTex } from '../formula/tex.ts';
import type { Block } from './document.ts';
import { clean, counted, float32Text, plural, quoted, shapeText } from './text.ts';

export interface ExplainBlocksOptions {
  /** Every channel and every entry of a table; otherwise the first ones. */
  readonly all: boolean;
  /** Scales in all digits; otherwise in 9, which no other float32 has. */
  readonly exact?: boolean;
}

/** Of the nodes that are given, which may be some of the explanation's. */
export function explainBlocks(
  path: string,
  explanation: Explanation,
  nodes: readonly NodeExplanation[],
  options: ExplainBlocksOptions,
): Block[] {
  const { method } = explanation.quantization;
  const blocks = nodes.flatMap((node) => nodeBlocks(node, method, options));
  return [...modelBlocks(path, explanation), ...blocks];
}

// ---- the model

type Method = Explanation['quantization']['method'];

export function modelBlocks(path: string, { profile, macs, parameters, quantization, nodes }: Explanation): Block[] {
  const { method, evidence } = quantization;
  const because = evidence.length > 0 ? ` (${clean(evidence.join('; '))})` : '';
  const tensors = nodes.flatMap(({ inputs, outputs }) => [...inputs, ...outputs]);
  const ranges = new Set(tensors.filter(({ scaleFrom }) => scaleFrom === 'activation range').map(({ index }) => index))
    .size;
  return [
    { kind: 'title', text: clean(path) },
    {
      kind: 'facts',
      rows: [
        ['profile', profile],
        ['cost', `${counted(macs)} multiply-adds, ${parameterText(parameters)}`],
        ['quantized by', `${method}${because}`],
        ...(ranges > 0 ? [['ranges', rangesText(method, ranges)] as const] : []),
      ],
    },
  ];
}

function rangesText(method: Method, ranges: number): string {
  const these = `${plural(ranges, 'activation range')}`;
  switch (method) {
    case 'quantization-aware training':
      return `${these} learned in training, as a minimum and a maximum each, which the float model does not have`;
    case 'post-training':
      return `${these} seen in calibration`;
    default:
      return `${these} of which the file does not say where they come from`;
  }
}

function parameterText({ count, bytes }: { count: number; bytes: number }): string {
  return `${plural(count, 'parameter')} in ${plural(bytes, 'byte')}`;
}

// ---- a node

/** So many channels are shown where not all are asked for. */
const FEW = 4;

export function nodeBlocks(node: NodeExplanation, method: Method, options: ExplainBlocksOptions): Block[] {
  const { inputs, outputs, formulas, notes, rescalings } = node;
  const custom = node.isCustom ? ', a custom operator' : '';
  return [
    { kind: 'heading', text: `node ${node.node}  ${clean(node.op)}${custom}  ${quoted(node.name, 70)}` },
    { kind: 'formulas', lines: formulas, tex: () => texOf(node) },
    tensorTable([...inputs, ...outputs], method, options),
    { kind: 'facts', rows: facts(node) },
    { kind: 'list', items: notes },
    ...rescalings.flatMap((rescaling) => rescalingBlocks(rescaling, node, options)),
    ...tableBlocks(node, options),
  ];
}

function texOf({ expressions, outputs, ...node }: NodeExplanation): string[] {
  return expressions.flatMap((formula) => formulaTex(formula, numbersOf(node), outputs.length));
}

function tensorTable(tensors: readonly NodeTensor[], method: Method, { exact }: ExplainBlocksOptions): Block {
  return {
    kind: 'table',
    head: ['tensor', '', 'name', 'type', 'shape', 'scale', 'zero point', 'real range', 'scale from'],
    align: 'lrlllrrll',
    rows: tensors.map(({ role, index, name, dtype, shape, quantization, range, scaleFrom }) => [
      role,
      String(index),
      quoted(name, 30),
      dtype,
      shapeText(shape),
      quantization ? scalesText(quantization.scales, exact) : '',
      quantization ? zeroPointsText(quantization.zeroPoints) : '',
      range && scaleFrom !== null ? range.map(shortText).join(' to ') : '',
      originText(scaleFrom, method),
    ]),
  };
}

function scalesText(scales: readonly number[], exact = false): string {
  return scales.length === 1 ? scaleText(scales[0]!, exact) : `${scales.length} scales`;
}

/** A float32 in 9 significant digits, which are enough. */
function scaleText(scale: number, exact = false): string {
  if (exact) return realText(scale);
  return scale < 1e-3 ? scale.toExponential(8) : float32Text(scale);
}

function zeroPointsText(zeroPoints: readonly number[]): string {
  return zeroPoints.every((zero) => zero === zeroPoints[0]) ? String(zeroPoints[0]) : 'several';
}

function shortText(real: number): string {
  return String(Number(real.toPrecision(5)));
}

function originText(origin: NodeTensor['scaleFrom'], method: Method): string {
  if (origin !== 'activation range') return origin ?? '';
  if (method === 'quantization-aware training') return 'learned range';
  return method === 'post-training' ? 'calibrated range' : origin;
}

function facts({ window, offsets, accumulator, rescalings, clamp, constants, macs, parameters }: NodeExplanation) {
  const isPool = window !== null && rescalings.length === 0;
  const cost = [
    ...(macs > 0 ? [`${counted(macs)} ${isPool ? 'values pooled' : 'multiply-adds'}`] : []),
    ...(parameters.count > 0 ? [parameterText(parameters)] : []),
  ];
  const signed = Object.entries(offsets).map(([role, offset]) => `${role} ${offset > 0 ? '+' : ''}${offset}`);
  const others = Object.entries(constants).map(([name, value]) => `${name} ${value}`);
  const rows: (readonly [string, string])[] = [];
  if (window) rows.push(['window', windowText(window)]);
  if (signed.length > 0) rows.push(['offsets', signed.join(', ')]);
  if (others.length > 0) rows.push(['constants', others.join(', ')]);
  if (accumulator) rows.push(['accumulator', accumulatorText(accumulator)]);
  if (rescalings.length > 0) rows.push(['rounding', ROUNDINGS[rescalings[0]!.arithmetic]]);
  if (clamp) rows.push(['clamp', clampText(clamp)]);
  if (cost.length > 0) rows.push(['cost', cost.join(', ')]);
  return rows;
}

const ROUNDINGS: { readonly [A in Arithmetic]: string } = {
  'double rounding': 'twice: halves up in the high multiply, halves away from zero in the right shift',
  'single rounding': 'once, halves up',
  'reduced multiplier': 'once, halves up; the multiplier has 15 bits, as the accumulator may have 47',
  float64: 'once, halves away from zero, of a product in float64',
  int16: 'halves up in each multiply of 16 bits, halves away from zero in right shifts',
};

function windowText({ filter, stride, dilation, padding }: Window): string {
  const { mode, top, left, bottom, right } = padding;
  const dilated = dilation.some((step) => step !== 1) ? `, dilation ${dilation.join('x')}` : '';
  const around =
    top + left + bottom + right === 0 ? 'none' : `top ${top}, left ${left}, bottom ${bottom}, right ${right}`;
  return `${filter.join('x')} (height x width), stride ${stride.join('x')}${dilated}; padding ${mode}: ${around}`;
}

function accumulatorText({ type, terms, low, high, bits, from }: AccumulatorRange): string {
  const [least, most] = [Math.min(...low), Math.max(...high)];
  const source = from === 'weights' ? 'whatever the input, by the weights and the bias' : 'whatever the values';
  return `${type}; sums of ${plural(terms, 'term')} stay within ${counted(least)} and ${counted(most)}, ${bits} bits, ${source}`;
}

function clampText({ activation, dtype, min, max }: Clamp): string {
  const side = ({ value, from, real, quantized }: Bound, end: string) => {
    if (from === 'activation') return `${value} (the ${real} of ${activation})`;
    const beyond = real === null ? '' : `; the ${real} of ${activation} is ${quantized}`;
    return `${value} (the ${end} ${dtype}${beyond})`;
  };
  return `${side(min, 'lowest')} to ${side(max, 'highest')}`;
}

// ---- multipliers

function rescalingBlocks(rescaling: Rescaling, node: NodeExplanation, options: ExplainBlocksOptions): Block[] {
  const of = node.rescalings.length > 1 ? ` of ${rescaling.of}` : '';
  return rescaling.multipliers.length === 1
    ? [oneMultiplier(rescaling, `multiplier${of}`)]
    : [channelSteps(rescaling, `multipliers${of}`), channels(rescaling, node, options)];
}

/** A float64 without loss, short where it is small. */
function realText(real: number): string {
  return Math.abs(real) < 1e-3 && real !== 0 ? real.toExponential() : String(real);
}

function stepRow({ name, formula, precision }: DerivationStep, value: string): string[] {
  return [name, formula, precision, value];
}

function oneMultiplier({ steps, multipliers, arithmetic }: Rescaling, title: string): Block {
  const { multiplier, shift, hex, reduced } = multipliers[0]!;
  const rows = steps.map((step) => stepRow(step, realText(step.values[0]!)));
  if (arithmetic === 'float64') rows.push(['', 'the same, as C writes it', '', hex]);
  else if (!steps.some(({ name }) => name === 'multiplier')) {
    rows.push(['multiplier', 'round(real / 2^shift * 2^31)', 'integer', `${multiplier} = ${hex}`]);
    if (reduced !== null) rows.push(['reduced', 'the multiplier in 15 bits', 'integer', String(reduced)]);
    rows.push(['shift', 'where real / 2^shift is in 1/2 to 1', 'integer', String(shift)]);
  } else rows.push(['', 'the multiplier, as C writes it', '', hex]);
  return { kind: 'table', head: [title, 'computed as', 'precision', 'value'], align: 'lllr', rows };
}

function channelSteps({ steps, arithmetic }: Rescaling, title: string): Block {
  const rows = steps.map((step) => [step.name, step.formula, step.precision]);
  if (arithmetic !== 'float64') {
    rows.push(['multiplier[o]', 'round(real[o] / 2^shift[o] * 2^31)', 'integer']);
    if (arithmetic === 'reduced multiplier') rows.push(['reduced[o]', 'the multiplier in 15 bits', 'integer']);
    rows.push(['shift[o]', 'where real[o] / 2^shift[o] is in 1/2 to 1', 'integer']);
  }
  return { kind: 'table', head: [title, 'computed as', 'precision'], align: 'lll', rows };
}

function channels(rescaling: Rescaling, { inputs }: NodeExplanation, { all, exact }: ExplainBlocksOptions): Block {
  const { steps, multipliers, arithmetic } = rescaling;
  const scales = inputs.find(({ role }) => role === 'filter')?.quantization?.scales ?? [];
  const shown = all ? multipliers : multipliers.slice(0, FEW);
  const isFloat = arithmetic === 'float64';
  const hasReduced = multipliers[0]!.reduced !== null;
  const names = steps.map(({ name }) => name);
  const whole = isFloat ? ['as C writes it'] : ['multiplier[o]', '', ...(hasReduced ? ['reduced[o]'] : []), 'shift[o]'];
  const left = multipliers.length - shown.length;
  return {
    kind: 'table',
    head: ['o', 'filter.scale[o]', ...names, ...whole],
    align: 'r'.repeat(2 + names.length + whole.length),
    rows: shown.map(({ multiplier, shift, hex, reduced }, c) => [
      String(c),
      scaleText(scales[c]!, exact),
      ...steps.map(({ values }) => realText(values[values.length > 1 ? c : 0]!)),
      ...(isFloat ? [hex] : [String(multiplier), hex, ...(hasReduced ? [String(reduced)] : []), String(shift)]),
    ]),
    rest: left > 0 ? `… ${plural(left, 'channel')} more: --layer` : undefined,
  };
}

// ---- tables of 256 entries

const COLUMNS = 16;

function tableBlocks({ table, inputs }: NodeExplanation, { all }: ExplainBlocksOptions): Block[] {
  if (!table) return [];
  const { first, values } = table;
  if (!all) return [{ kind: 'list', items: [`the table has ${values.length} entries: --layer shows them`] }];
  const rows = Array.from({ length: values.length / COLUMNS }, (_, row) => [
    String(first + row * COLUMNS),
    ...values.slice(row * COLUMNS, (row + 1) * COLUMNS).map(String),
  ]);
  const head = [inputs[0]!.role, ...Array.from({ length: COLUMNS }, (_, i) => `+${i}`)];
  return [{ kind: 'table', head, align: 'r'.repeat(COLUMNS + 1), rows }];
}
