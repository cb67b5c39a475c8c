/** A node of a model -> a function of C99 with the node's own numbers in it, from what `explain` says. */
import { SIGMOID_TABLE } from '../../../kernels/quantization.ts';
import { sizeOf } from '../../../kernels/tensor.ts';
import type { Clamp, NodeExplanation, NodeTensor } from '../../explain/explanation.ts';
import type { Rescaling } from '../../formula/rescaling.ts';
import { constantArray, cType, literal } from './values.ts';

export interface Layer {
  /** Arrays that the function reads besides tensors. */
  readonly data: readonly string[];
  /** Statements. */
  readonly body: readonly string[];
  readonly needsSoftmax?: true;
}

/** undefined for what is not exported as C. */
export function layerOf(node: NodeExplanation): Layer | undefined {
  if (node.isCustom || !Object.hasOwn(LAYERS, node.op)) return undefined;
  const tensors = [...node.inputs, ...node.outputs];
  if (tensors.some(({ dtype }) => cType(dtype) === undefined)) return undefined;
  return LAYERS[node.op]!(node);
}

type Make = (node: NodeExplanation) => Layer | undefined;

// ---- parts

const name = ({ index }: NodeTensor) => `t${index}`;
const role = ({ inputs }: NodeExplanation, wanted: string) => inputs.find((tensor) => tensor.role === wanted);
const times = (x: string, n: number) => (n === 1 ? x : `${x} * ${n}`);
const plus = (x: string, n: number) => (n === 0 ? x : n > 0 ? `${x} + ${n}` : `${x} - ${-n}`);
const offsetBy = (x: string, n: number) => (n === 0 ? x : `(${plus(x, n)})`);
const isInteger = ({ dtype }: NodeTensor) => dtype === 'int8' || dtype === 'uint8' || dtype === 'int16';

/** `for` loops around statements. */
function loops(ranges: readonly (readonly [string, number])[], body: readonly string[]): string[] {
  const [first, ...rest] = ranges;
  if (!first) return [...body];
  const [variable, count] = first;
  return [`for (int ${variable} = 0; ${variable} < ${count}; ${variable}++) {`, ...indent(loops(rest, body)), '}'];
}

function indent(lines: readonly string[]): string[] {
  return lines.map((line) => (line === '' ? '' : `  ${line}`));
}

/** The place of indices in an array of this shape. */
function flat(indices: readonly string[], shape: readonly number[]): string {
  return indices.slice(1).reduce((sum, index, d) => {
    const scaled = sum === '0' ? '' : `${/[ +]/.test(sum) ? `(${sum})` : sum} * ${shape[d + 1]}`;
    if (scaled === '') return index;
    return index === '0' ? scaled : `${scaled} + ${index}`;
  }, indices[0]!);
}

/** An expression for x rescaled, and the arrays that it reads; channel is what counts output channels. */
function rescaled(x: string, { arithmetic, multipliers }: Rescaling, prefix: string, channel: string) {
  const data: string[] = [];
  const number = (kind: string, dtype: string, values: readonly number[]) => {
    if (values.every((value) => value === values[0])) return literal(values[0]!, dtype);
    data.push(constantArray(`${prefix}_${kind}`, dtype, values));
    return `${prefix}_${kind}[${channel}]`;
  };
  if (arithmetic === 'float64') {
    const [first, ...others] = multipliers;
    if (others.length === 0) return { data, text: `requant_rescale_float64(${x}, ${first!.hex})` };
    const reals = multipliers.map(({ hex, real }) => `${hex} /* ${real} */`);
    data.push(`static const double ${prefix}_real[${reals.length}] = {\n  ${reals.join(',\n  ')}\n};\n`);
    return { data, text: `requant_rescale_float64(${x}, ${prefix}_real[${channel}])` };
  }
  const isReduced = arithmetic === 'reduced multiplier';
  const multiplier = number(
    'multiplier',
    'int32',
    multipliers.map((m) => (isReduced ? m.reduced! : m.multiplier!)),
  );
  const shift = number(
    'shift',
    'int32',
    multipliers.map((m) => m.shift!),
  );
  const kind = { 'double rounding': 'double', 'single rounding': 'single', 'reduced multiplier': 'reduced' } as const;
  return { data, text: `requant_rescale_${kind[arithmetic as keyof typeof kind]}(${x}, ${multiplier}, ${shift})` };
}

function stored(x: string, { min, max }: Clamp, { dtype }: NodeTensor): string {
  return `(${cType(dtype)})requant_clamp(${x}, ${literal(min.value, 'int32')}, ${literal(max.value, 'int32')})`;
}

const copy: Make = ({ inputs, outputs }) => {
  const output = outputs[0]!;
  return { data: [], body: [`memcpy(${name(output)}, ${name(inputs[0]!)}, sizeof(${name(output)}));`] };
};

// ---- sums of products

/** From the sum of products, `acc`, to the output. */
function finish(node: NodeExplanation, bias: NodeTensor | undefined, channel: string, at: string): Layer {
  const output = node.outputs[0]!;
  const { data, text } = rescaled('acc', node.rescalings[0]!, `n${node.node}`, channel);
  const add =
    node.accumulator!.type === 'int64'
      ? `acc += ${bias && `${name(bias)}[${channel}]`};`
      : `acc = requant_add(acc, ${bias && `${name(bias)}[${channel}]`});`;
  return {
    data,
    body: [
      ...(bias ? [add] : []),
      `${name(output)}[${at}] = ${stored(plus(text, node.offsets.output!), node.clamp!, output)};`,
    ],
  };
}

/** acc += a product. */
function accumulate({ accumulator }: NodeExplanation, product: string): string {
  const { type, bound } = accumulator!;
  if (type === 'int64') return `acc += (int64_t)${product};`;
  return bound < 2 ** 31 ? `acc += ${product};` : `acc = requant_add(acc, ${product});`;
}

function convolution(node: NodeExplanation, isDepthwise: boolean): Layer | undefined {
  const { window, offsets, accumulator } = node;
  const [input, filter, bias] = [role(node, 'input'), role(node, 'filter'), role(node, 'bias')];
  const output = node.outputs[0]!;
  if (!window || !accumulator || !input || !filter || !isInteger(input)) return undefined;
  const [, inputHeight, inputWidth, inputDepth] = input.shape as [number, number, number, number];
  const [batches, outputHeight, outputWidth, outputDepth] = output.shape as [number, number, number, number];
  const [filterHeight, filterWidth] = window.filter;
  const filterDepth = filter.shape[3]!;
  const groups = isDepthwise ? 1 : inputDepth / filterDepth;
  const first = groups === 1 ? '' : ` + o / ${outputDepth / groups} * ${filterDepth}`;
  const channel = isDepthwise ? (outputDepth === inputDepth ? 'o' : `o / ${outputDepth / inputDepth}`) : `c${first}`;
  const weightAt = isDepthwise
    ? flat(['ky', 'kx', 'o'], [0, filterWidth, outputDepth])
    : flat(['o', 'ky', 'kx', 'c'], [0, filterHeight, filterWidth, filterDepth]);
  const inputAt = flat(['b', 'row', 'column', channel], [0, inputHeight, inputWidth, inputDepth]);
  const product = `${offsetBy(`${name(input)}[${inputAt}]`, offsets.input!)} * ${offsetBy(`${name(filter)}[${weightAt}]`, offsets.filter!)}`;
  const position = (out: string, tap: string, d: 0 | 1, before: number) =>
    plus(`${times(out, window.stride[d])} + ${times(tap, window.dilation[d])}`, -before);
  const inside = loops(isDepthwise ? [] : [['c', filterDepth]], [accumulate(node, product)]);
  const taps = loops(
    [['ky', filterHeight]],
    [
      `const int row = ${position('y', 'ky', 0, window.padding.top)};`,
      `if (row < 0 || row >= ${inputHeight}) continue;`,
      ...loops(
        [['kx', filterWidth]],
        [
          `const int column = ${position('x', 'kx', 1, window.padding.left)};`,
          `if (column < 0 || column >= ${inputWidth}) continue;`,
          ...inside,
        ],
      ),
    ],
  );
  const at = flat(['b', 'y', 'x', 'o'], output.shape);
  const end = finish(node, bias, 'o', at);
  return {
    data: end.data,
    body: loops(
      [
        ['b', batches],
        ['y', outputHeight],
        ['x', outputWidth],
        ['o', outputDepth],
      ],
      [`${accumulator.type}_t acc = 0;`, ...taps, ...end.body],
    ),
  };
}

const fullyConnected: Make = (node) => {
  const [input, filter, bias] = [role(node, 'input'), role(node, 'filter'), role(node, 'bias')];
  const { accumulator, offsets } = node;
  if (!accumulator || !input || !filter || !isInteger(input) || filter.dtype === 'int16') return undefined;
  const [outputDepth, accumDepth] = filter.shape as [number, number];
  const batches = sizeOf(input.shape) / accumDepth;
  const product = `${offsetBy(`${name(input)}[${flat(['b', 'd'], [0, accumDepth])}]`, offsets.input!)} * ${offsetBy(`${name(filter)}[${flat(['o', 'd'], [0, accumDepth])}]`, offsets.filter!)}`;
  const end = finish(node, bias, 'o', flat(['b', 'o'], [0, outputDepth]));
  return {
    data: end.data,
    body: loops(
      [
        ['b', batches],
        ['o', outputDepth],
      ],
      [`${accumulator.type}_t acc = 0;`, ...loops([['d', accumDepth]], [accumulate(node, product)]), ...end.body],
    ),
  };
};

// ---- pools and sums

function pool(node: NodeExplanation, isMax: boolean): Layer | undefined {
  const { window, clamp } = node;
  const [input, output] = [node.inputs[0]!, node.outputs[0]!];
  if (!window || !clamp || !isInteger(input)) return undefined;
  const [, inputHeight, inputWidth, depth] = input.shape as [number, number, number, number];
  const [batches, outputHeight, outputWidth] = output.shape as [number, number, number];
  const value = `${name(input)}[${flat(['b', 'row', 'column', 'c'], [0, inputHeight, inputWidth, depth])}]`;
  const position = (out: string, tap: string, d: 0 | 1, before: number) =>
    plus(`${times(out, window.stride[d])} + ${tap}`, -before);
  const step = isMax ? [`if (${value} > acc) acc = ${value};`] : [`acc += ${value};`, 'count++;'];
  const taps = loops(
    [['ky', window.filter[0]]],
    [
      `const int row = ${position('y', 'ky', 0, window.padding.top)};`,
      `if (row < 0 || row >= ${inputHeight}) continue;`,
      ...loops(
        [['kx', window.filter[1]]],
        [
          `const int column = ${position('x', 'kx', 1, window.padding.left)};`,
          `if (column < 0 || column >= ${inputWidth}) continue;`,
          ...step,
        ],
      ),
    ],
  );
  const result = isMax ? 'acc' : '(acc + (acc > 0 ? count / 2 : -(count / 2))) / count';
  return {
    data: [],
    body: loops(
      [
        ['b', batches],
        ['y', outputHeight],
        ['x', outputWidth],
        ['c', depth],
      ],
      [
        isMax ? 'int32_t acc = INT32_MIN;' : 'int32_t acc = 0;',
        ...(isMax ? [] : ['int32_t count = 0;']),
        ...taps,
        `${name(output)}[${flat(['b', 'y', 'x', 'c'], output.shape)}] = ${stored(result, clamp, output)};`,
      ],
    ),
  };
}

/** Over rows and columns: what global average pooling becomes. */
const mean: Make = (node) => {
  const [input, output] = [node.inputs[0]!, node.outputs[0]!];
  const { count } = node.constants;
  const [batches, height, width, depth] = input.shape as [number, number, number, number];
  const isGlobal = input.shape.length === 4 && sizeOf(output.shape) === batches * depth && count === height * width;
  if (!isGlobal || !isInteger(input) || node.rescalings.length !== 1 || !node.clamp) return undefined;
  const { data, text } = rescaled('acc', node.rescalings[0]!, `n${node.node}`, '0');
  return {
    data,
    body: loops(
      [
        ['b', batches],
        ['c', depth],
      ],
      [
        `int32_t acc = ${node.offsets.input! * count};`,
        ...loops([['k', count]], [`acc += ${name(input)}[${flat(['b', 'k', 'c'], [0, count, depth])}];`]),
        `${name(output)}[${flat(['b', 'c'], [0, depth])}] = ${stored(plus(text, node.offsets.output!), node.clamp, output)};`,
      ],
    ),
  };
};

// ---- value by value

function each({ outputs }: NodeExplanation, data: readonly string[], value: string): Layer {
  const output = outputs[0]!;
  return { data, body: loops([['i', sizeOf(output.shape)]], [`${name(output)}[i] = ${value};`]) };
}

const byTable: Make = (node) => {
  const { table } = node;
  const [input, output] = [node.inputs[0]!, node.outputs[0]!];
  if (!table) return undefined;
  const array = `n${node.node}_table`;
  return each(
    node,
    [constantArray(array, output.dtype, table.values)],
    `${array}[${plus(`${name(input)}[i]`, -table.first)}]`,
  );
};

const logistic: Make = (node) => {
  const [input, output] = [node.inputs[0]!, node.outputs[0]!];
  if (input.dtype !== 'int16' || node.op !== 'LOGISTIC') return byTable(node);
  const { multiplier, shift } = node.constants;
  const d =
    shift! > 0
      ? `((int32_t)${name(input)}[i] * ${multiplier} + ${2 ** (shift! - 1)}) >> ${shift}`
      : `${name(input)}[i] * ${multiplier}`;
  const array = `n${node.node}_table`;
  return {
    data: [constantArray(array, 'int32', Array.from(SIGMOID_TABLE))],
    body: loops(
      [['i', sizeOf(output.shape)]],
      [
        `const int32_t d = ${d};`,
        'const int32_t magnitude = d < 0 ? -d : d;',
        'const int32_t entry = magnitude >> 9;',
        'const int32_t r = entry >= 255',
        '  ? 32767 << 10',
        `  : (${array}[entry] << 9) + (magnitude & 511) * (${array}[entry + 1] - ${array}[entry]);`,
        `${name(output)}[i] = (int16_t)(d >= 0 ? (r + 512) >> 10 : ((1 << 25) - r + 511) >> 10);`,
      ],
    ),
  };
};

const quantize: Make = (node) => {
  const [input, output] = [node.inputs[0]!, node.outputs[0]!];
  const { clamp, offsets } = node;
  if (!clamp) return undefined;
  if (input.dtype !== 'float32') {
    if (!isInteger(input) || node.rescalings.length !== 1) return byTable(node);
    const x = offsetBy(`${name(input)}[i]`, offsets.input!);
    const { data, text } = rescaled(x, node.rescalings[0]!, `n${node.node}`, '0');
    return each(node, data, stored(plus(text, offsets.output!), clamp, output));
  }
  const scales = output.quantization?.scales ?? [];
  if (scales.length !== 1) return undefined;
  // A quotient that no int32 holds saturates before it is converted.
  const quotient = `roundf(${name(input)}[i] / ${literal(scales[0]!, 'float32')})`;
  const held = `fminf(fmaxf(${quotient}, -1e6f), 1e6f)`;
  return each(node, [], stored(plus(`(int32_t)${held}`, offsets.output!), clamp, output));
};

const dequantize: Make = (node) => {
  const [input] = node.inputs;
  const { scales, zeroPoints } = input!.quantization ?? { scales: [], zeroPoints: [] };
  if (scales.length !== 1 || !isInteger(input!)) return undefined;
  const value = offsetBy(`${name(input!)}[i]`, -zeroPoints[0]!);
  return each(node, [], `(float)((double)${literal(scales[0]!, 'float32')} * ${value})`);
};

/** A value of an operand at the output's place i; it is repeated where it has 1 and the output has more. */
function operandAt(operand: NodeTensor, { outputs }: NodeExplanation): string {
  const output = outputs[0]!.shape;
  const size = sizeOf(operand.shape);
  if (size === sizeOf(output)) return `${name(operand)}[i]`;
  const rank = output.length;
  const dims = Array.from({ length: rank }, (_, d) => operand.shape[d - rank + operand.shape.length] ?? 1);
  const isTail = size === 1 || sizeOf(output.slice(dims.findIndex((dim) => dim !== 1))) === size;
  if (isTail) return `${name(operand)}[${size === 1 ? '0' : `i % ${size}`}]`;
  const terms = dims.flatMap((dim, d) => {
    if (dim === 1) return [];
    return [times(`i / ${sizeOf(output.slice(d + 1))} % ${dim}`, sizeOf(dims.slice(d + 1)))];
  });
  return `${name(operand)}[${terms.join(' + ')}]`;
}

const add: Make = (node) => {
  const [input1, input2] = node.inputs as [NodeTensor, NodeTensor];
  const output = node.outputs[0]!;
  const { rescalings, offsets, clamp } = node;
  const isBelow1 = rescalings.length === 3 && rescalings.every(({ multipliers }) => multipliers[0]!.shift! <= 0);
  if (!isBelow1 || !clamp || !isInteger(input1)) return undefined;
  const shifted = (tensor: NodeTensor, offset: number, { leftShift }: Rescaling) =>
    `${offsetBy(operandAt(tensor, node), offset)} * (1 << ${leftShift})`;
  const a = rescaled(shifted(input1, offsets.input1!, rescalings[0]!), rescalings[0]!, `n${node.node}_1`, '0');
  const b = rescaled(shifted(input2, offsets.input2!, rescalings[1]!), rescalings[1]!, `n${node.node}_2`, '0');
  const sum = rescaled(`a ${node.op === 'ADD' ? '+' : '-'} b`, rescalings[2]!, `n${node.node}_3`, '0');
  return {
    data: [],
    body: loops(
      [['i', sizeOf(output.shape)]],
      [
        `const int32_t a = ${a.text};`,
        `const int32_t b = ${b.text};`,
        `${name(output)}[i] = ${stored(plus(sum.text, offsets.output!), clamp, output)};`,
      ],
    ),
  };
};

const mul: Make = (node) => {
  const [input1, input2] = node.inputs as [NodeTensor, NodeTensor];
  const output = node.outputs[0]!;
  const { rescalings, offsets, clamp } = node;
  if (rescalings.length !== 1 || !clamp || !isInteger(input1)) return undefined;
  const product = `${offsetBy(operandAt(input1, node), offsets.input1!)} * ${offsetBy(operandAt(input2, node), offsets.input2!)}`;
  const { data, text } = rescaled(product, rescalings[0]!, `n${node.node}`, '0');
  return each(node, data, stored(plus(text, offsets.output!), clamp, output));
};

const softmax: Make = (node) => {
  const [input, output] = [node.inputs[0]!, node.outputs[0]!];
  const { diffMin } = node.constants;
  if (diffMin === undefined || output.dtype === 'int16' || !node.clamp) return undefined;
  const depth = input.shape.at(-1)!;
  const { text } = rescaled('difference', node.rescalings[0]!, `n${node.node}`, '0');
  const value = `${name(input)}[${flat(['b', 'c'], [0, depth])}]`;
  const target = `${name(output)}[${flat(['b', 'c'], [0, depth])}]`;
  const skipped = `if (difference < ${diffMin})`;
  return {
    data: [],
    needsSoftmax: true,
    body: loops(
      [['b', sizeOf(input.shape) / depth]],
      [
        'int32_t highest = INT32_MIN;',
        'int32_t total = 0;',
        'int32_t reciprocal;',
        'int zeros;',
        ...loops([['c', depth]], [`if (${value} > highest) highest = ${value};`]),
        ...loops(
          [['c', depth]],
          [
            `const int32_t difference = ${value} - highest;`,
            `${skipped} continue;`,
            `total = requant_add(total, requant_round_shift(requant_exp(${text}), 12));`,
          ],
        ),
        'zeros = requant_leading_zeros((uint32_t)total);',
        'reciprocal = requant_one_over_one_plus((int32_t)(((uint32_t)total << zeros) - 0x80000000u));',
        ...loops(
          [['c', depth]],
          [
            `const int32_t difference = ${value} - highest;`,
            `${skipped} {`,
            `  ${target} = ${literal(node.clamp.min.value, 'int32')};`,
            '} else {',
            `  const int32_t share = requant_high_multiply(reciprocal, requant_exp(${text}));`,
            `  ${target} = ${stored(plus('requant_round_shift(share, 35 - zeros)', node.offsets.output!), node.clamp, output)};`,
            '}',
          ],
        ),
      ],
    ),
  };
};

const LAYERS: { readonly [op: string]: Make } = {
  ADD: add,
  AVERAGE_POOL_2D: (node) => pool(node, false),
  CONV_2D: (node) => convolution(node, false),
  DEPTHWISE_CONV_2D: (node) => convolution(node, true),
  DEQUANTIZE: dequantize,
  EXP: byTable,
  EXPAND_DIMS: copy,
  FULLY_CONNECTED: fullyConnected,
  HARD_SWISH: byTable,
  LOGISTIC: logistic,
  MAX_POOL_2D: (node) => pool(node, true),
  MEAN: mean,
  MUL: mul,
  QUANTIZE: quantize,
  RESHAPE: copy,
  SOFTMAX: softmax,
  SQUEEZE: copy,
  SUB: add,
  TANH: byTable,
};
