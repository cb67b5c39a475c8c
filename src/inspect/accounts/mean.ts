/** MEAN and SUM: the sum, less the zero points, rescaled; the mean's multiplier divides by the number of values, too. */
import type { Node, Prepared } from '../../../kernels/kernel.ts';
import { meanMultiplier, quantizeMultiplier, quantizeScale, typeRange } from '../../../kernels/quantization.ts';
import type * as reference from '../../../kernels/reference/index.ts';
import { agree, derive, hex, rescaling, scaleOf } from '../derivation.ts';
import type { Account, Rescaling, Step } from '../explanation.ts';
import { type Explains, plus, requantized, typeClamp } from './account.ts';
import { boundsOf } from './accumulator.ts';

type Sum = Prepared<typeof reference.MEAN>;
type Quantized = Extract<Sum, { kind: 'quantized' }>;

function account(p: Sum, node: Node, isMean: boolean): Partial<Account> {
  if (p.kind === 'empty') return { formulas: ['output = 0'], notes: ['there is nothing to add up'] };
  const axes = node.inputs[1]?.known ? [`along axes ${node.inputs[1].data.join(', ')}`] : [];
  if (p.kind === 'quantized') return quantized(p, isMean, axes);
  const sum = `sum{k < ${p.count}} input[k]`;
  return {
    formulas: isMean ? [`acc = ${sum}`, `output = truncate(acc / ${p.count})`] : [`output = ${sum}`],
    constants: { count: p.count },
    notes: axes,
  };
}

function quantized(p: Quantized, isMean: boolean, axes: readonly string[]): Partial<Account> {
  const { input, output, count, inputOffset, outputOffset } = p;
  const steps = derive(quantizeScale, scaleOf('input', input.scale), scaleOf('output', output.scale));
  const scaling = isMean ? meanRescaling(steps[0]!, p) : rescaling('acc', steps, 'double rounding', [p]);
  const type = typeRange(input.dtype);
  const range = boundsOf([count * type.min + inputOffset], [count * type.max + inputOffset]);
  const asUint8 = p.valueMask === 0xff;
  const clamp = typeClamp(asUint8 ? 'uint8' : output.dtype);
  return {
    formulas: [
      `acc = ${plus(`sum{k < ${count}} input[k]`, inputOffset)}`,
      ...requantized('acc', scaling, range.bound, outputOffset, clamp),
    ],
    offsets: { input: 0 - input.zeroPoint, output: outputOffset },
    accumulator: { type: 'int32', terms: count, ...range, from: 'types' },
    rescalings: [scaling],
    clamp,
    constants: { count },
    notes: [
      ...axes,
      ...(inputOffset === 0 ? [] : [`the input's offset is added once, ${count} times: ${inputOffset}`]),
      ...(asUint8 ? ['a defect of the reference: it reads and writes int8 as if it were uint8'] : []),
    ],
  };
}

/** The multiplier of the two scales, divided by the number of values, with as many bits as there is room for. */
function meanRescaling(scale: Step, { count, multiplier, shift }: Quantized): Rescaling {
  const ratio = scale.values[0]!;
  const whole = quantizeMultiplier(ratio);
  const divided = meanMultiplier(whole, count);
  agree(divided.multiplier === multiplier && divided.shift === shift, 'MEAN');
  const extra = whole.shift - shift;
  const integer = (name: string, formula: string, value: number): Step => {
    return { name, formula, precision: 'integer', values: [value] };
  };
  return {
    of: 'acc',
    leftShift: 0,
    steps: [
      { ...scale, name: 'ratio' },
      integer('whole', 'multiplier of ratio', whole.multiplier),
      integer('wholeShift', 'shift of ratio', whole.shift),
      integer('extra', `min(floor(log2(${count})), 32, 31 + wholeShift)`, extra),
      integer('multiplier', `floor(whole * 2^extra / ${count})`, multiplier),
      integer('shift', 'wholeShift - extra', shift),
      { name: 'real', formula: `ratio / ${count}`, precision: 'float64', values: [ratio / count] },
    ],
    arithmetic: 'double rounding',
    multipliers: [{ real: ratio / count, multiplier, shift, hex: hex(multiplier), reduced: null }],
  };
}

const INPUTS = ['input', 'axes'];

export const MEAN: Explains<Sum> = { inputs: INPUTS, explain: (p, node) => account(p, node, true) };
export const SUM: Explains<Sum> = { inputs: INPUTS, explain: (p, node) => account(p, node, false) };
