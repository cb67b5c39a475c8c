/**
 * What the kernels of TensorFlow Lite Micro take: element types that go together and what else they ask of a node. Each line is
 * what tensorflow/lite/micro/kernels does (commit 90b983c, August 2026), checked against tflite-micro 0.dev20261023 on the models
 * of test/oracle/micro_verdicts.zip. What a kernel does not ask is not here, though it may then compute nonsense.
 */
import {
  activationFits,
  alike,
  channelScales,
  constant,
  diesUnless,
  elements,
  type MicroKernel,
  notQuantized,
  outputScalePower,
  quantized,
  rank,
  risesWithin,
  same,
  sameQuantization,
  sameShape,
  scaleDimension,
  sizeOf,
  unless,
  where,
  zeroPoint,
} from './micro_kernel.ts';
import {
  batchMatmulShapes,
  branches,
  broadcastTo,
  loops,
  paddedShape,
  selectShapes,
  squeezedShape,
  stridedSliceShape,
} from './micro_shapes.ts';
import { isQuantized, type NodeView, scalesOf } from './node_view.ts';

const noActivation = unless(
  (node) => node.option('fusedActivationFunction') === 'NONE',
  'it takes no fused activation here',
);

/** One input and one output. */
const unary = (types: string, ...conditions: NonNullable<MicroKernel['conditions']>): MicroKernel => ({
  inputs: 'input',
  outputs: 'output',
  types: same(types, 'input output'),
  conditions,
});

/** ABS and RSQRT of int16, where it has a scale: without, they take it for plain integers. */
const SCALED_16 = where('input', 'int16', (node) =>
  isQuantized(node.tensor('input')) ? (quantized('output')(node) ?? zeroPoint(0, 'input', 'output')(node)) : undefined,
);

const ROUNDED = unary('float32', sameShape('input', 'output'));

const COMPARISON = (types: string): MicroKernel => ({
  inputs: 'input1 input2 ...',
  outputs: 'output',
  types: same(types, 'input1'),
  conditions: where(
    'input1',
    'int8',
    diesUnless(
      (node) => ['input1', 'input2'].every((role) => node.scale(role) > 0 && node.scale(role) < 1),
      'scales must lie between 0 and 1',
    ),
  ),
});

const LOGICAL: MicroKernel = { inputs: 'input1 input2 ...', outputs: 'output', types: [{}] };

const sumShift = (node: NodeView) => (node.dtype('output') === 'int16' ? 15 : 20);

const SUM_OF_TWO: MicroKernel = {
  inputs: 'input1 input2 ...',
  outputs: 'output',
  types: same('float32 int8 int16 int32', 'output'),
  conditions: [
    ...where('output', 'int8 int16', risesWithin(sumShift, 'input1', 'input2'), activationFits),
    ...where('output', 'int32', notQuantized('input1', 'input2')),
  ],
};

const LARGER_OF_TWO: MicroKernel = {
  inputs: 'input1 input2 ...',
  outputs: 'output',
  types: same('float32 int8 int16 int32 int64', 'output'),
};

const ARG: MicroKernel = {
  inputs: 'input axis ...',
  outputs: 'output',
  types: same('float32 int8', 'input').map((types) => ({ ...types, axis: 'int32', output: 'int32' })),
};

const POOL: MicroKernel = {
  inputs: 'input ...',
  outputs: 'output',
  types: same('float32 int8 int16', 'input'),
  conditions: where(
    'input',
    'int8 int16',
    unless(
      (node) =>
        Math.abs(Math.fround(node.scale('input') - node.scale('output'))) <= 1e-6 &&
        node.zeroPoint('input') === node.zeroPoint('output'),
      'input and output must have one scale and zero point',
    ),
  ),
};

/** CONV_2D, DEPTHWISE_CONV_2D, TRANSPOSE_CONV: the scales of the filter, along its channels. */
const filterScales = (channels: number) =>
  where(
    'input',
    'int8 int16',
    quantized('input', 'filter'),
    channelScales('filter', channels),
    unless(
      (node) => node.dtype('filter') !== 'int16' || scalesOf(node.tensor('filter')).length === 1,
      'a filter of int16 must have one scale, not one for each channel',
    ),
    activationFits,
  );

const BATCH_BLOCKS: MicroKernel = {
  inputs: 'input blockShape crops',
  outputs: 'output',
  types: same('float32 int8', 'input output'),
  conditions: [rank('input', 3, 4), rank('output', 3, 4)],
};

const DEPTH_BLOCKS = unary(
  'float32 int8',
  rank('input', 4, 4),
  unless((node) => Number(node.option('blockSize')) > 0, 'its block size must be above 0'),
);

const FLOAT = unary('float32');

const FLOORED: MicroKernel = {
  inputs: 'input1 input2',
  outputs: 'output',
  types: same('float32', 'input1 input2 output'),
};

const PAD: MicroKernel = {
  inputs: 'input paddings value?',
  outputs: 'output',
  types: same('float32 int8 int16 int32', 'input value output'),
  conditions: [
    rank('input', 0, 5),
    (node) => (node.tensor('value') ? elements('value', 1)(node) : undefined),
    constant('paddings'),
    paddedShape,
    ...where('input', 'int8', (node) => (node.tensor('value') ? sameQuantization('value', 'output')(node) : undefined)),
  ],
};

const REDUCTION = (types: string, ...conditions: NonNullable<MicroKernel['conditions']>): MicroKernel => ({
  inputs: 'input axis',
  outputs: 'output',
  types: same(types, 'input output').map((each) => ({ ...each, axis: 'int32' })),
  conditions,
});

const RESIZE = (types: string, ...conditions: NonNullable<MicroKernel['conditions']>): MicroKernel => ({
  inputs: 'input size',
  outputs: 'output',
  types: same(types, 'output').map((each) => ({ ...each, size: 'int32' })),
  conditions: [rank('input', 4, 4), rank('size', 1, 1), constant('size'), ...conditions],
});

/** SOFTMAX and LOG_SOFTMAX of int8: the factor of the differences, which is taken as a shift to the left. */
const softmaxScales = where(
  'input',
  'int8',
  diesUnless(
    (node) => Number(node.option('beta') ?? 1) * node.scale('input') * 2 ** 26 > 1,
    "the input's scale must be above 2^-26",
  ),
);

const axisOfInput = unless((node) => {
  const rankOf = node.shape('input').length;
  const axis = node.values('axis')?.[0] ?? 0;
  return axis >= -rankOf && axis < rankOf;
}, 'its axis is beyond the input');

/** LOGISTIC and TANH of int16. */
const unit16 = where('input', 'int16', zeroPoint(0, 'input', 'output'), outputScalePower(-15));

/** Of 24 inputs, by their places in the file. */
const LSTM_INPUTS =
  'input inputToInput inputToForget inputToCell inputToOutput recurrentToInput recurrentToForget recurrentToCell ' +
  'recurrentToOutput cellToInput? cellToForget? cellToOutput? inputBias forgetBias cellBias outputBias projection? ' +
  'projectionBias? outputState cellState normInput? normForget? normCell? normOutput?';

const LSTM_LEFT_OUT = LSTM_INPUTS.split(' ')
  .filter((name) => name.endsWith('?'))
  .map((name) => name.slice(0, -1));

const LSTM_WEIGHTS = LSTM_INPUTS.split(' ').slice(1, 9);
const LSTM_BIASES = LSTM_INPUTS.split(' ').slice(12, 16);

const lstmTypes = (activations: string, weights?: string) => ({
  input: activations,
  ...(weights && Object.fromEntries(LSTM_WEIGHTS.map((name) => [name, weights]))),
  outputState: activations,
  cellState: 'float32 int16',
  output: activations,
});

const QUANTIZED_TO: { readonly [input: string]: string } = {
  float32: 'int8 int16',
  int8: 'int8 uint8 int16 int32',
  uint8: 'int8',
  int16: 'int8 int16 int32',
  int32: 'int8 int16',
};

/** FULLY_CONNECTED without channels compares the bias's scale with the product of the others. */
const biasScale = (node: NodeView) => {
  const bias = node.tensor('bias');
  if (!bias || scalesOf(node.tensor('filter')).length > 1) return true;
  const product = node.scale('input') * node.scale('filter');
  return Math.abs(product - node.scale('bias')) / node.scale('output') <= 0.02;
};

/** All but CALL_ONCE and those that move handles of variables, which ask nothing more than that the file is in order. */
export const MICRO_KERNELS: { readonly [op: string]: MicroKernel } = {
  ABS: unary('float32 int8 int16', ...where('input', 'int8', quantized('input', 'output')), ...SCALED_16),
  ADD: {
    ...SUM_OF_TWO,
    conditions: [...where('output', 'int8 int16', quantized('output')), ...SUM_OF_TWO.conditions!],
  },
  ADD_N: {
    inputs: 'input1 input2 ...',
    outputs: 'output',
    types: same('float32 int8', 'input1 input2 output'),
    conditions: [
      unless(
        (node) => node.inputs.every((x) => alike(x?.shape ?? [], node.shape('input1'))),
        'its inputs have several shapes',
      ),
      unless((node) => node.inputs.every((x) => x?.dtype === node.dtype('input1')), 'its inputs have several types'),
      ...where(
        'input1',
        'int8',
        unless(
          (node) =>
            node.inputs.every(
              (x) =>
                (scalesOf(x)[0] ?? 0) === node.scale('input1') &&
                (isQuantized(x) ? x!.quantization!.zeroPoints[0] : 0) === node.zeroPoint('input1'),
            ),
          'its inputs must have one scale and zero point',
        ),
        risesWithin(() => 20, 'input1'),
      ),
    ],
  },
  ARG_MAX: ARG,
  ARG_MIN: ARG,
  ASSIGN_VARIABLE: { inputs: 'resource value', outputs: '...', types: [{ resource: 'resource int32' }] },
  AVERAGE_POOL_2D: POOL,
  BATCH_MATMUL: {
    inputs: 'input1 input2',
    outputs: 'output',
    types: same('float32 int8 int16', 'input1 input2 output'),
    conditions: [
      rank('input1', 2, 5),
      rank('input2', 2, 5),
      ...where('input1', 'int16', zeroPoint(0, 'input1', 'input2', 'output')),
      batchMatmulShapes,
    ],
  },
  BATCH_TO_SPACE_ND: BATCH_BLOCKS,
  BROADCAST_ARGS: {
    inputs: 'shape1 shape2',
    outputs: 'output',
    types: same('int32 int64', 'shape1 shape2 output'),
    conditions: [rank('shape1', 1, 1), rank('shape2', 1, 1), rank('output', 1, 1)],
  },
  BROADCAST_TO: {
    inputs: 'input shape',
    outputs: 'output',
    types: same('int8 uint8 int16 int32 int64 bool float32 uint32', 'input output').map((each) => ({
      ...each,
      shape: 'int32 int64',
    })),
    conditions: [rank('input', 0, 5), constant('shape'), rank('shape', 1, 1), broadcastTo],
  },
  CAST: {
    inputs: 'input',
    outputs: 'output',
    types: same('int8 int16 int32 uint32 float32 bool', 'input').map((each) => ({
      ...each,
      output: 'int8 int16 int32 uint32 float32 bool',
    })),
  },
  CEIL: ROUNDED,
  CONCATENATION: {
    inputs: 'input1 ...',
    outputs: 'output',
    types: same('float32 int8 int16 int32 int64 bool', 'input1 output'),
    conditions: [
      noActivation,
      unless((node) => node.inputs.length <= 10, 'it takes at most 10 inputs'),
      unless((node) => node.inputs.every((x) => x?.dtype === node.dtype('input1')), 'its inputs have several types'),
      ...where(
        'input1',
        'int8',
        unless(
          (node) =>
            node.inputs.every(
              (x) =>
                (scalesOf(x)[0] ?? 0) === node.scale('output') &&
                (isQuantized(x) ? x!.quantization!.zeroPoints[0] : 0) === node.zeroPoint('output'),
            ),
          'every input must have the scale and zero point of the output',
        ),
      ),
      ...where(
        'input1',
        'int16',
        zeroPoint(0, 'output'),
        unless(
          (node) => node.inputs.every((x) => !isQuantized(x) || x!.quantization!.zeroPoints[0] === 0),
          'zero points must be 0',
        ),
      ),
    ],
  },
  CONV_2D: {
    inputs: 'input filter bias?',
    outputs: 'output',
    types: [
      { input: 'float32', filter: 'float32', output: 'float32' },
      { input: 'int8', filter: 'int8 int4', output: 'int8' },
      { input: 'int16', filter: 'int8', bias: 'int32 int64', output: 'int16' },
    ],
    conditions: filterScales(0),
  },
  COS: FLOAT,
  CUMSUM: {
    inputs: 'input axis',
    outputs: 'output',
    types: same('float32 int8', 'input output').map((each) => ({ ...each, axis: 'int32' })),
    conditions: [
      elements('axis', 1),
      rank('input', 1, 6),
      sameShape('input', 'output'),
      ...where(
        'input',
        'int8',
        risesWithin(() => 20, 'input'),
      ),
    ],
  },
  DEPTHWISE_CONV_2D: {
    inputs: 'input filter bias?',
    outputs: 'output',
    types: [
      { input: 'float32', filter: 'float32' },
      { input: 'int8', filter: 'int8 int4', output: 'int8 uint8 int16' },
      { input: 'int16', filter: 'int8', output: 'int8 uint8 int16' },
    ],
    conditions: filterScales(3),
  },
  DEPTH_TO_SPACE: {
    ...DEPTH_BLOCKS,
    conditions: [
      ...DEPTH_BLOCKS.conditions!,
      unless(
        (node) => node.shape('input')[3]! % Number(node.option('blockSize')) ** 2 === 0,
        'the channels must be a multiple of the squared block size',
      ),
    ],
  },
  DEQUANTIZE: {
    inputs: 'input',
    outputs: 'output',
    types: [{ input: 'int8 uint8 int16', output: 'float32' }],
  },
  DIV: {
    inputs: 'input1 input2 ...',
    outputs: 'output',
    types: same('float32 int8 int32', 'input1 input2 output'),
    conditions: [
      ...where('output', 'int8', activationFits),
      ...where('output', 'int32', notQuantized('input1', 'input2')),
    ],
  },
  DYNAMIC_UPDATE_SLICE: {
    inputs: 'operand update startIndices',
    outputs: 'output',
    types: same('float32 int8 int16 int32', 'operand update').map((each) => ({ ...each, startIndices: 'int32 int64' })),
    conditions: [
      rank('startIndices', 1, 1),
      unless(
        (node) => node.shape('startIndices')[0] === node.shape('operand').length,
        'there must be a start for each dimension',
      ),
      unless(
        (node) =>
          node.shape('update').length === node.shape('operand').length &&
          node.shape('update').every((dim, i) => dim <= node.shape('operand')[i]!),
        'the update must fit the operand',
      ),
    ],
  },
  ELU: unary('float32 int8'),
  EMBEDDING_LOOKUP: {
    inputs: 'lookup value',
    outputs: 'output',
    types: [
      { lookup: 'int32', value: 'float32', output: 'float32' },
      { lookup: 'int32', value: 'int8', output: 'int8 float32' },
    ],
    conditions: [
      rank('lookup', 1, 1),
      rank('value', 2, 6),
      unless(
        (node) => node.shape('output').length >= node.shape('value').length,
        'the output must have as many dimensions as the table',
      ),
      unless((node) => {
        const [rows] = node.shape('lookup');
        const wanted = [
          rows!,
          ...node.shape('value').slice(1),
          ...node.shape('output').slice(node.shape('value').length),
        ];
        return sizeOf(wanted) <= sizeOf(node.shape('output'));
      }, 'the output is too small'),
      (node) => (node.dtype('value') !== node.dtype('output') ? zeroPoint(0, 'value')(node) : undefined),
    ],
  },
  EQUAL: COMPARISON('bool float32 int32 int64 int8'),
  EXP: ROUNDED,
  EXPAND_DIMS: {
    inputs: 'input axis',
    outputs: 'output',
    types: same('float32 int8 int16', 'input').map((each) => ({ ...each, axis: 'int32' })),
    conditions: [
      constant('axis'),
      rank('axis', 0, 1),
      (node) => {
        const shape = [...node.shape('input')];
        const axis = node.values('axis')?.[0] ?? 0;
        shape.splice(axis < 0 ? shape.length + 1 + axis : axis, 0, 1);
        return alike(shape, node.shape('output')) ? undefined : { text: `the output must be [${shape}]` };
      },
    ],
  },
  FILL: {
    inputs: 'dims value ...',
    outputs: 'output',
    types: same('float32 int8 int32', 'value output').map((each) => ({ ...each, dims: 'int8 int16 int32 int64' })),
    conditions: [
      rank('value', 0, 0),
      constant('dims'),
      rank('dims', 1, 1),
      unless(
        (node) => alike(node.values('dims') ?? [], node.shape('output')),
        'the output must have the shape that dims says',
      ),
    ],
  },
  FLOOR: { inputs: 'input ...', outputs: 'output', types: same('float32', 'input') },
  FLOOR_DIV: FLOORED,
  FLOOR_MOD: FLOORED,
  FULLY_CONNECTED: {
    inputs: 'input filter bias? ...',
    outputs: 'output',
    types: [
      { input: 'float32', filter: 'float32', output: 'float32' },
      { input: 'int8', filter: 'int8 int4', output: 'int8' },
      { input: 'int16', filter: 'int8', output: 'int16' },
    ],
    conditions: where(
      'input',
      'int8 int16',
      unless(
        (node) => node.dtype('filter') !== 'int4' || scalesOf(node.tensor('filter')).length <= 1,
        'a filter of int4 must have one scale, not one for each channel',
      ),
      unless((node) => {
        const count = scalesOf(node.tensor('filter')).length;
        return count <= 1 || count === node.shape('filter')[scaleDimension(node, 'filter')];
      }, 'the filter must have a scale for each channel'),
      unless(biasScale, "the bias's scale must be the product of those of input and filter"),
      activationFits,
    ),
  },
  GATHER: {
    inputs: 'input positions',
    outputs: 'output',
    types: same('float32 int8', 'input').map((each) => ({ ...each, positions: 'int32' })),
    conditions: [
      (node) => {
        const rankOf = node.shape('input').length;
        const axis = Number(node.option('axis'));
        const batchDims = Number(node.option('batchDims'));
        const [at, batch] = [
          axis < 0 ? axis + rankOf : axis,
          batchDims < 0 ? batchDims + node.shape('positions').length : batchDims,
        ];
        const fits = at >= 0 && at < rankOf && batch >= 0 && batch <= at && batch <= node.shape('positions').length;
        if (!fits) return { text: 'its axis or batchDims is beyond the input' };
        return alike(node.shape('input').slice(0, batch), node.shape('positions').slice(0, batch))
          ? undefined
          : { text: 'input and positions must have the same batch dimensions' };
      },
    ],
  },
  GATHER_ND: {
    inputs: 'params indices',
    outputs: 'output',
    types: same('float32 int8', 'params').map((each) => ({ ...each, indices: 'int32' })),
    conditions: [
      rank('params', 1, 6),
      rank('indices', 1, 6),
      unless((node) => {
        const depth = node.shape('indices').at(-1) ?? 0;
        return depth <= 5 && depth <= node.shape('params').length;
      }, 'an index may have at most 5 numbers'),
    ],
  },
  GREATER: COMPARISON('float32 int32 int64 int8 int16'),
  GREATER_EQUAL: COMPARISON('float32 int32 int64 int8'),
  HARD_SWISH: {
    inputs: 'input',
    outputs: 'output',
    types: same('float32 int8', 'input'),
    conditions: where(
      'input',
      'int8',
      unless(
        (node) =>
          !(Math.fround(Math.fround(node.scale('input') / 128) / node.scale('output')) >= 1) ||
          node.scale('output') === 0,
        "the input's scale must be less than 128 of the output's",
      ),
    ),
  },
  IF: {
    inputs: 'condition ...',
    outputs: '...',
    types: [{ condition: 'bool' }],
    conditions: [elements('condition', 1), branches],
  },
  L2_NORMALIZATION: unary('float32 int8', rank('input', 0, 4), noActivation),
  L2_POOL_2D: unary('float32', rank('input', 4, 4), rank('output', 4, 4)),
  LEAKY_RELU: unary('float32 int8 int16'),
  LESS: COMPARISON('float32 int32 int64 int8'),
  LESS_EQUAL: COMPARISON('float32 int32 int64 int8'),
  LOG: FLOAT,
  LOGICAL_AND: LOGICAL,
  LOGICAL_NOT: unary('bool'),
  LOGICAL_OR: LOGICAL,
  LOGISTIC: {
    ...unary('float32 int8 int16', ...where('input', 'int8', zeroPoint(-128, 'output')), ...unit16),
    inputs: 'input ...',
  },
  LOG_SOFTMAX: unary(
    'float32 int8',
    sameShape('input', 'output'),
    ...where(
      'input',
      'int8',
      unless(
        (node) => node.scale('output') === 1 / 16 && node.zeroPoint('output') === 127,
        'the output must have the scale 1/16 and the zero point 127',
      ),
    ),
    ...softmaxScales,
  ),
  MAXIMUM: LARGER_OF_TWO,
  MAX_POOL_2D: POOL,
  MEAN: {
    inputs: 'input axis',
    outputs: 'output',
    types: same('float32 int8 int16', 'input').map((each) => ({ ...each, axis: 'int32' })),
  },
  MINIMUM: LARGER_OF_TWO,
  MIRROR_PAD: {
    inputs: 'input paddings ...',
    outputs: 'output',
    types: same('float32 int8', 'output'),
    conditions: [
      rank('paddings', 2, 2),
      unless(
        (node) => node.shape('paddings')[0] === node.shape('input').length,
        'there must be paddings for each dimension',
      ),
    ],
  },
  MUL: {
    inputs: 'input1 input2',
    outputs: 'output',
    types: same('float32 int8 int16 int32', 'input1 input2'),
    conditions: [
      ...where('output', 'int8 int16', activationFits),
      ...where('input1', 'int16', ...where('output', 'int8 int16', zeroPoint(0, 'input1', 'input2', 'output'))),
    ],
  },
  NEG: { inputs: 'input ...', outputs: 'output', types: same('float32', 'input') },
  NOT_EQUAL: COMPARISON('bool float32 int32 int64 int8'),
  PACK: { inputs: 'input1 ...', outputs: 'output', types: same('float32 int8 int16 int32 int64', 'output') },
  PAD,
  PADV2: PAD,
  PRELU: {
    inputs: 'input alpha ...',
    outputs: 'output',
    types: same('float32 int8 int16', 'input'),
    conditions: [
      ...where(
        'output',
        'int16',
        unless((node) => node.dtype('alpha') === 'int8', 'alpha must be int8'),
      ),
      ...where(
        'input',
        'float32',
        diesUnless(
          (node) => ['input', 'alpha'].every((role) => node.shape(role).length <= 4),
          'input and alpha may have at most 4 dimensions',
        ),
      ),
    ],
  },
  QUANTIZE: {
    inputs: 'input',
    outputs: 'output',
    types: Object.entries(QUANTIZED_TO).map(([input, output]) => ({ input, output })),
    conditions: [
      quantized('output'),
      unless(
        (node) => scalesOf(node.tensor('output')).length === 1,
        'the output must have one scale, not one for each channel',
      ),
    ],
  },
  REDUCE_ALL: REDUCTION('bool'),
  REDUCE_MAX: REDUCTION('float32 int8', ...where('input', 'int8', sameQuantization('input', 'output'))),
  REDUCE_MIN: REDUCTION('float32 int8', ...where('input', 'int8', sameQuantization('input', 'output'))),
  RELU: {
    inputs: 'input ...',
    outputs: 'output',
    types: same('float32 int8 int16', 'input'),
    conditions: where('input', 'int16', zeroPoint(0, 'input', 'output')),
  },
  RELU6: { inputs: 'input ...', outputs: 'output', types: same('float32 int8 int16', 'input') },
  RESHAPE: {
    inputs: 'input shape?',
    outputs: 'output',
    types: [{}],
    conditions: [
      unless((node) => node.dtype('input') === node.dtype('output'), 'input and output must have one type'),
      unless(
        (node) => sizeOf(node.shape('input')) === sizeOf(node.shape('output')),
        'input and output must have as many elements',
      ),
    ],
  },
  RESIZE_BILINEAR: RESIZE(
    'float32 int8',
    unless(
      (node) => !(node.option('alignCorners') && node.option('halfPixelCenters')),
      'it takes alignCorners or halfPixelCenters, not both',
    ),
  ),
  RESIZE_NEAREST_NEIGHBOR: RESIZE(
    'float32 int8 int16',
    unless((node) => node.shape('size')[0] === 2, 'size must have two elements'),
  ),
  REVERSE_V2: {
    inputs: 'input axis',
    outputs: 'output',
    types: same('float32 int8 uint8 int16 int32 int64 bool', 'input output').map((each) => ({
      ...each,
      axis: 'int32',
    })),
    conditions: [
      rank('axis', 1, 1),
      rank('input', 0, 6),
      unless((node) => node.shape('input').length >= sizeOf(node.shape('axis')), 'there are more axes than dimensions'),
      unless((node) => {
        const count = node.shape('input').length;
        const axes = (node.values('axis') ?? []).map((axis) => (axis < 0 ? axis + count : axis)).sort((a, b) => a - b);
        return axes.every((axis, i) => axis >= 0 && axis < count && (i === 0 || axis === axes[i - 1]! + 1));
      }, 'its axes must be neighbours'),
    ],
  },
  ROUND: ROUNDED,
  RSQRT: unary('float32 int8 int16', ...where('input', 'int8', quantized('input', 'output')), ...SCALED_16),
  SELECT_V2: {
    inputs: 'condition x y',
    outputs: 'output',
    types: same('float32 int8 int16', 'x y').map((each) => ({ condition: 'bool', ...each })),
    conditions: [selectShapes],
  },
  SHAPE: { inputs: 'input', outputs: 'output', types: [{ output: 'int32' }] },
  SIN: FLOAT,
  SLICE: {
    inputs: 'input begin size',
    outputs: 'output',
    types: same('float32 int8 int16 int32 bool', 'input').map((each) => ({ ...each, begin: 'int32 int64' })),
    conditions: [diesUnless((node) => node.shape('input').length <= 5, 'input may have at most 5 dimensions')],
  },
  SOFTMAX: {
    inputs: 'input',
    outputs: 'output',
    types: [
      { input: 'float32', output: 'float32' },
      { input: 'int8', output: 'int8 int16' },
      { input: 'int16', output: 'int16' },
    ],
    conditions: [
      rank('input', 1, 6),
      (node) => {
        const [input, output] = [node.dtype('input'), node.dtype('output')];
        if (input === 'float32') return undefined;
        const wanted =
          input === 'int16'
            ? { power: -15, zero: 0 }
            : output === 'int16'
              ? { power: -16, zero: -32768 }
              : { power: -8, zero: -128 };
        const scale = 2 ** wanted.power;
        const tolerance = output === 'int16' ? 0.001 * scale : 0;
        const holds =
          Math.abs(node.scale('output') - scale) <= tolerance &&
          node.zeroPoint('output') === wanted.zero &&
          (input !== 'int16' || node.zeroPoint('input') === 0);
        return holds
          ? undefined
          : { text: `the output must have the scale 2^${wanted.power} and the zero point ${wanted.zero}` };
      },
      ...softmaxScales,
    ],
  },
  SPACE_TO_BATCH_ND: BATCH_BLOCKS,
  SPACE_TO_DEPTH: {
    ...DEPTH_BLOCKS,
    conditions: [
      ...DEPTH_BLOCKS.conditions!,
      unless((node) => {
        const size = Number(node.option('blockSize'));
        return node.shape('input')[1]! % size === 0 && node.shape('input')[2]! % size === 0;
      }, 'height and width must be multiples of the block size'),
    ],
  },
  SPLIT: {
    inputs: 'axis input ...',
    outputs: 'output1 ...',
    types: same('float32 int8 int16 int32', 'input'),
    conditions: [constant('axis'), axisOfInput],
  },
  SPLIT_V: {
    inputs: 'input sizes axis',
    outputs: 'output1 ...',
    types: same('float32 int8 int16 int32', 'input'),
    conditions: [constant('axis'), axisOfInput],
  },
  SQRT: FLOAT,
  SQUARE: FLOAT,
  SQUARED_DIFFERENCE: {
    inputs: 'input1 input2',
    outputs: 'output',
    types: same('float32 int8 int16 int32', 'output'),
    conditions: [
      unless((node) => node.dtype('input1') === node.dtype('input2'), 'its inputs must have one type'),
      ...where('input1', 'int16', zeroPoint(0, 'input1', 'input2', 'output')),
      ...where(
        'input1',
        'int8 int16',
        diesUnless((node) => node.scale('input1') > 0 && node.scale('input2') > 0, 'its inputs must have scales'),
      ),
    ],
  },
  SQUEEZE: { inputs: 'input', outputs: 'output', types: [{}], conditions: [rank('input', 0, 8), ...squeezedShape] },
  STRIDED_SLICE: {
    inputs: 'input begin end strides',
    outputs: 'output',
    types: same('float32 int8 int16 int32 bool', 'output'),
    conditions: [rank('input', 0, 4), constant('begin'), constant('end'), constant('strides'), stridedSliceShape],
  },
  SUB: {
    ...SUM_OF_TWO,
    conditions: [...SUM_OF_TWO.conditions!, ...where('output', 'int32', notQuantized('output'))],
  },
  SUM: REDUCTION('float32 int8 int16'),
  SVDF: {
    inputs: 'input weightsFeature weightsTime bias? activationState',
    outputs: 'output',
    types: [
      {
        input: 'float32',
        weightsFeature: 'float32',
        weightsTime: 'float32',
        bias: 'float32',
        activationState: 'float32',
        output: 'float32',
      },
      {
        input: 'int8',
        weightsFeature: 'int8',
        weightsTime: 'int8 int16',
        bias: 'int32',
        activationState: 'int8 int16',
        output: 'int8',
      },
    ],
    conditions: [
      rank('input', 2, 2),
      rank('output', 2, 2),
      rank('activationState', 2, 2),
      rank('weightsFeature', 2, 2),
      rank('weightsTime', 2, 2),
      unless(
        (node) => !node.tensor('bias') || node.shape('bias')[0] === node.shape('output')[1],
        'the bias must have a value for each unit',
      ),
      unless((node) => node.tensor('activationState')?.isVariable === true, 'activationState must be a variable'),
      ...where(
        'input',
        'int8',
        diesUnless((node) => node.tensor('bias') !== undefined, 'it reads the scale of a bias that is not there'),
        unless(
          (node) =>
            Math.abs(node.scale('bias') - Math.fround(node.scale('activationState') * node.scale('weightsTime'))) <
            1e-5,
          "the bias's scale must be the product of those of activationState and weightsTime",
        ),
      ),
    ],
  },
  TANH: unary('float32 int8 int16', ...unit16),
  TRANSPOSE: {
    inputs: 'input perm',
    outputs: 'output',
    types: same('float32 int8 int16', 'input output'),
    conditions: [
      rank('input', 0, 5),
      constant('perm'),
      rank('perm', 1, 1),
      unless((node) => node.shape('perm')[0] === node.shape('input').length, 'perm must name every dimension'),
      unless(
        (node) => (node.values('perm') ?? []).every((axis) => axis >= 0 && axis < node.shape('input').length),
        'perm names dimensions that are not there',
      ),
    ],
  },
  TRANSPOSE_CONV: {
    inputs: 'outputShape filter input bias?',
    outputs: 'output',
    types: [
      { input: 'float32', filter: 'float32', output: 'float32' },
      { input: 'int8', filter: 'int8', output: 'int8' },
      // An int16 filter is let through, and read as int8.
      { input: 'int16', filter: 'int8 int16', output: 'int16' },
    ],
    conditions: filterScales(0),
  },
  UNIDIRECTIONAL_SEQUENCE_LSTM: {
    inputs: LSTM_INPUTS,
    outputs: 'output',
    types: [lstmTypes('float32'), lstmTypes('int8', 'int8'), lstmTypes('int16', 'int8')],
    conditions: [
      (node) => {
        const given = LSTM_LEFT_OUT.find((role) => node.tensor(role));
        return given === undefined ? undefined : { text: `it takes no ${given}` };
      },
      unless(
        (node) => ['outputState', 'cellState'].every((role) => node.tensor(role)?.isVariable),
        'its states must be variables',
      ),
      ...[LSTM_WEIGHTS, LSTM_BIASES].map((roles) =>
        unless(
          (node) => new Set(roles.map((role) => node.dtype(role))).size === 1,
          `${roles[0]} to ${roles.at(-1)} must have one type`,
        ),
      ),
      rank('output', 3, 3),
    ],
  },
  UNPACK: { inputs: 'input ...', outputs: 'output1 ...', types: same('float32 int8 int16 int32', 'input') },
  WHILE: { inputs: '...', outputs: '...', types: [{}], conditions: [loops] },
  ZEROS_LIKE: { inputs: 'input', outputs: 'output', types: same('float32 int8 int32 int64', 'input') },
};

/** Custom operators; the others that are registered are not checked here. */
export const MICRO_CUSTOM_KERNELS: { readonly [op: string]: MicroKernel } = {
  CIRCULAR_BUFFER: {
    inputs: 'input',
    outputs: 'output',
    types: same('int8', 'input output'),
    conditions: [
      unless((node) => {
        const [input, output] = [node.shape('input'), node.shape('output')];
        return input[1] === 1 && [0, 2, 3].every((i) => input[i] === output[i]);
      }, 'input must be one slot of the output'),
    ],
  },
  TFLite_Detection_PostProcess: {
    inputs: 'boxes classes anchors',
    outputs: 'detectionBoxes detectionClasses detectionScores detections',
    types: same('float32', 'boxes classes'),
    conditions: [rank('boxes', 3, 3), rank('classes', 3, 3), rank('anchors', 2, 2)],
  },
};
