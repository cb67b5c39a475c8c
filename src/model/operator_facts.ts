/**
 * What holds for an operator in every model: what its inputs are called, which of them are weights, along which dimension channels
 * lie, and which scales TFLite takes for granted. Data alone; custom operators have no facts.
 *
 * What is said of scales is what ai-edge-litert 2.3.0's BUILTIN_REF does with one-operator models, as test/model/scale_rules.py
 * recorded it in scale_rules.json: tests compare the two.
 */

/** What TFLite's kernels do where values are to be taken over from a tensor of another scale or zero point. */
export type OnOtherScale =
  /** AllocateTensors fails. */
  | 'refused'
  /** The stored numbers are taken over as they are, and mean other reals. */
  | 'ignored'
  /** They are requantized. */
  | 'rescaled';

interface OperatorFacts {
  /** What the inputs are called, in their order; of an operator of any number of inputs, none. */
  readonly inputs?: readonly string[];
  readonly weights?: readonly string[];
  readonly biases?: readonly string[];
  /** The dimension of the output channels, by input; -1 is the last. */
  readonly channelAxis?: Readonly<Record<string, number>>;
  /** The inputs whose values the output has, moved, chosen, compared or averaged, in their own scale; of all inputs: 'all'. */
  readonly sharesScaleOf?: readonly string[] | 'all';
  readonly onOtherScale?: OnOtherScale | { readonly [dtype: string]: OnOtherScale };
}

const ONE: OperatorFacts = { inputs: ['input'] };
const TWO: OperatorFacts = { inputs: ['input1', 'input2'] };
const CONVOLUTION: OperatorFacts = {
  inputs: ['input', 'filter', 'bias'],
  weights: ['filter'],
  biases: ['bias'],
  channelAxis: { filter: 0, bias: 0 },
};
const TRANSPOSED_CONVOLUTION: OperatorFacts = { ...CONVOLUTION, inputs: ['output shape', 'filter', 'input', 'bias'] };
const RECURRENT: OperatorFacts = {
  inputs: ['input', 'weights', 'recurrentWeights', 'bias', 'state'],
  weights: ['weights', 'recurrentWeights'],
  biases: ['bias'],
};
/** lstm.cc's kInputTensor to kOutputLayerNormCoefficientsTensor. */
// biome-ignore format: as a block
const LSTM_INPUTS = [
  'input', 'inputToInputWeights', 'inputToForgetWeights', 'inputToCellWeights', 'inputToOutputWeights',
  'recurrentToInputWeights', 'recurrentToForgetWeights', 'recurrentToCellWeights', 'recurrentToOutputWeights',
  'cellToInputWeights', 'cellToForgetWeights', 'cellToOutputWeights', 'inputGateBias', 'forgetGateBias', 'cellGateBias',
  'outputGateBias', 'projectionWeights', 'projectionBias', 'outputState', 'cellState', 'inputLayerNormWeights',
  'forgetLayerNormWeights', 'cellLayerNormWeights', 'outputLayerNormWeights',
];
const LSTM: OperatorFacts = {
  inputs: LSTM_INPUTS,
  weights: LSTM_INPUTS.filter((name) => name.endsWith('Weights')),
  biases: LSTM_INPUTS.filter((name) => name.endsWith('Bias')),
};

/** An operator whose output has the values of the inputs called input... */
function passes(inputs: readonly string[], onOtherScale: OperatorFacts['onOtherScale'] = 'ignored'): OperatorFacts {
  return { inputs, sharesScaleOf: inputs.filter((name) => name.startsWith('input')), onOtherScale };
}

const FACTS: { readonly [op: string]: OperatorFacts } = {
  // ---- layers
  BATCH_MATMUL: { inputs: ['input1', 'input2'], weights: ['input1', 'input2'] },
  CONV_2D: CONVOLUTION,
  CONV_3D: { ...CONVOLUTION, channelAxis: { filter: 4, bias: 0 } },
  CONV_3D_TRANSPOSE: { ...TRANSPOSED_CONVOLUTION, channelAxis: { filter: 3, bias: 0 } },
  DEPTHWISE_CONV_2D: { ...CONVOLUTION, channelAxis: { filter: 3, bias: 0 } },
  EMBEDDING_LOOKUP: { inputs: ['ids', 'value'], weights: ['value'], sharesScaleOf: ['value'], onOtherScale: 'ignored' },
  FULLY_CONNECTED: CONVOLUTION,
  LSTM,
  RNN: RECURRENT,
  SVDF: {
    inputs: ['input', 'featureWeights', 'timeWeights', 'bias', 'state'],
    weights: ['featureWeights', 'timeWeights'],
    biases: ['bias'],
  },
  TRANSPOSE_CONV: TRANSPOSED_CONVOLUTION,
  UNIDIRECTIONAL_SEQUENCE_LSTM: LSTM,
  UNIDIRECTIONAL_SEQUENCE_RNN: RECURRENT,

  // ---- functions of one value
  ABS: ONE,
  CAST: ONE,
  CEIL: ONE,
  COS: ONE,
  DEQUANTIZE: ONE,
  ELU: ONE,
  EXP: ONE,
  FAKE_QUANT: ONE,
  FLOOR: ONE,
  GELU: ONE,
  HARD_SWISH: ONE,
  L2_NORMALIZATION: ONE,
  LEAKY_RELU: ONE,
  LOG: ONE,
  LOGICAL_NOT: ONE,
  LOCAL_RESPONSE_NORMALIZATION: ONE,
  LOGISTIC: ONE,
  LOG_SOFTMAX: ONE,
  NEG: ONE,
  PRELU: { inputs: ['input', 'alpha'] },
  QUANTIZE: ONE,
  RELU: ONE,
  RELU6: ONE,
  RELU_0_TO_1: ONE,
  RELU_N1_TO_1: ONE,
  ROUND: ONE,
  RSQRT: ONE,
  SIGN: ONE,
  SIN: ONE,
  SOFTMAX: ONE,
  SQRT: ONE,
  SQUARE: ONE,
  TANH: ONE,

  // ---- functions of two
  ADD: TWO,
  BITWISE_XOR: TWO,
  DIV: TWO,
  EQUAL: TWO,
  FLOOR_DIV: TWO,
  FLOOR_MOD: TWO,
  GREATER: TWO,
  GREATER_EQUAL: TWO,
  LESS: TWO,
  LESS_EQUAL: TWO,
  LOGICAL_AND: TWO,
  LOGICAL_OR: TWO,
  MAXIMUM: passes(['input1', 'input2']),
  MINIMUM: passes(['input1', 'input2']),
  MUL: TWO,
  NOT_EQUAL: TWO,
  POW: TWO,
  RIGHT_SHIFT: TWO,
  SQUARED_DIFFERENCE: TWO,
  SUB: TWO,

  // ---- reductions and windows
  ARG_MAX: { inputs: ['input', 'axis'] },
  ARG_MIN: { inputs: ['input', 'axis'] },
  AVERAGE_POOL_2D: passes(['input']),
  CUMSUM: { inputs: ['input', 'axis'] },
  L2_POOL_2D: ONE,
  MAX_POOL_2D: passes(['input']),
  MEAN: { inputs: ['input', 'axes'] },
  REDUCE_ALL: { inputs: ['input', 'axes'] },
  REDUCE_ANY: { inputs: ['input', 'axes'] },
  REDUCE_MAX: passes(['input', 'axes'], 'refused'),
  REDUCE_MIN: passes(['input', 'axes'], 'refused'),
  REDUCE_PROD: { inputs: ['input', 'axes'] },
  RESIZE_BILINEAR: passes(['input', 'size']),
  RESIZE_NEAREST_NEIGHBOR: passes(['input', 'size']),
  SUM: { inputs: ['input', 'axes'] },
  TOPK_V2: passes(['input', 'k']),

  // ---- what moves values
  ASSIGN_VARIABLE: { inputs: ['resource', 'value'] },
  BATCH_TO_SPACE_ND: passes(['input', 'block shape', 'crops'], 'refused'),
  BROADCAST_ARGS: { inputs: ['shape1', 'shape2'] },
  BROADCAST_TO: passes(['input', 'shape']),
  CONCATENATION: { sharesScaleOf: 'all', onOtherScale: { int8: 'refused', uint8: 'rescaled', int16: 'ignored' } },
  DEPTH_TO_SPACE: passes(['input']),
  DYNAMIC_UPDATE_SLICE: passes(['input', 'inputUpdate', 'start']),
  EXPAND_DIMS: passes(['input', 'axis'], 'refused'),
  FILL: { inputs: ['shape', 'value'], sharesScaleOf: ['value'], onOtherScale: 'refused' },
  GATHER: passes(['input', 'indices']),
  GATHER_ND: passes(['input', 'indices']),
  MIRROR_PAD: passes(['input', 'paddings'], 'refused'),
  ONE_HOT: { inputs: ['indices', 'depth', 'on', 'off'], sharesScaleOf: ['on', 'off'], onOtherScale: 'ignored' },
  PACK: { sharesScaleOf: 'all', onOtherScale: 'refused' },
  PAD: passes(['input', 'paddings']),
  PADV2: passes(['input', 'paddings', 'value']), // of the value, which takes no part in this, TFLite demands the output's scale
  RANGE: { inputs: ['start', 'limit', 'delta'] },
  RANK: ONE,
  READ_VARIABLE: { inputs: ['resource'] },
  RESHAPE: passes(['input', 'shape']),
  REVERSE_SEQUENCE: passes(['input', 'lengths']),
  REVERSE_V2: passes(['input', 'axes']),
  SCATTER_ND: { inputs: ['indices', 'updates', 'shape'], sharesScaleOf: ['updates'], onOtherScale: 'ignored' },
  SELECT: passes(['condition', 'inputTrue', 'inputFalse']),
  SELECT_V2: passes(['condition', 'inputTrue', 'inputFalse']),
  SHAPE: ONE,
  SLICE: passes(['input', 'begin', 'size']),
  SPACE_TO_BATCH_ND: passes(['input', 'block shape', 'paddings'], 'refused'),
  SPACE_TO_DEPTH: passes(['input']),
  SPLIT: passes(['axis', 'input']),
  SPLIT_V: passes(['input', 'sizes', 'axis']),
  SQUEEZE: passes(['input']),
  STRIDED_SLICE: passes(['input', 'begin', 'end', 'strides']),
  TILE: passes(['input', 'multiples']),
  TRANSPOSE: passes(['input', 'permutation']),
  UNIQUE: ONE,
  UNPACK: passes(['input'], 'refused'),
  WHERE: { inputs: ['condition'] },
  ZEROS_LIKE: ONE,
};

/** A custom operator may have any name, also 'constructor'. */
function factsOf(op: string): OperatorFacts {
  return Object.hasOwn(FACTS, op) ? FACTS[op]! : {};
}

/** Those of which there are facts. */
export const OPERATORS_WITH_FACTS: readonly string[] = Object.keys(FACTS);

/** What an operator's inputs are called, in their order; those without a name are input0, input1, ... */
export function rolesOf(op: string): readonly string[] {
  return factsOf(op).inputs ?? [];
}

/** Where in a node's inputs the role is; -1 where the operator has no such input. */
export function placeOf(op: string, role: string): number {
  return rolesOf(op).indexOf(role);
}

/** What the input at this place is for, where it is a constant. */
export function constantKind(op: string, place: number): 'weights' | 'bias' | undefined {
  const { inputs, weights, biases } = factsOf(op);
  const role = inputs?.[place];
  if (role === undefined) return undefined;
  return weights?.includes(role) ? 'weights' : biases?.includes(role) ? 'bias' : undefined;
}

/** Whether the operator has weights, and so a quantized kernel in every TFLite. */
export function hasWeights(op: string): boolean {
  return factsOf(op).weights !== undefined;
}

/** The dimension along which the output channels of a filter or bias lie; undefined where it has none. */
export function channelAxis(op: string, role: string): number | undefined {
  return factsOf(op).channelAxis?.[role];
}

/** The places of the inputs, of so many, whose values the output has in their own scale; none where the operator computes. */
export function sharesScaleOf(op: string, inputs: number): readonly number[] {
  const { inputs: roles = [], sharesScaleOf: shared = [] } = factsOf(op);
  const places = Array.from({ length: inputs }, (_, place) => place);
  return shared === 'all' ? places : places.filter((place) => shared.includes(roles[place] ?? ''));
}

/** What TFLite does where the output has another scale or zero point than such an input. */
export function onOtherScale(op: string, dtype: string): OnOtherScale | undefined {
  const { onOtherScale: found } = factsOf(op);
  return typeof found === 'object' ? found[dtype] : found;
}

/** The scale and zero point that an operator's output always has, by type. */
export interface FixedQuantization {
  readonly scale: number;
  readonly zeroPoint: number;
  /** Which of the two AllocateTensors checks; of what it does not, converters write these all the same. */
  readonly checked: readonly ('scale' | 'zero point')[];
  /** By how much of itself the scale may differ and is taken all the same. */
  readonly tolerance: number;
}

const BOTH = ['scale', 'zero point'] as const;
const fixed = (
  scale: number,
  zeroPoint: number,
  checked: FixedQuantization['checked'] = BOTH,
  tolerance = 0,
): FixedQuantization => ({ scale, zeroPoint, checked, tolerance });

const FIXED: { readonly [op: string]: { readonly [dtype: string]: FixedQuantization } } = {
  L2_NORMALIZATION: { int8: fixed(1 / 128, 0), uint8: fixed(1 / 128, 128) },
  LOGISTIC: {
    int8: fixed(1 / 256, -128, ['scale']),
    uint8: fixed(1 / 256, 0, ['scale']),
    int16: fixed(1 / 32768, 0),
  },
  LOG_SOFTMAX: { int8: fixed(1 / 16, 127), uint8: fixed(1 / 16, 255) },
  SOFTMAX: { int8: fixed(1 / 256, -128), uint8: fixed(1 / 256, 0, []), int16: fixed(1 / 32768, 0, BOTH, 1e-3) },
  TANH: { int8: fixed(1 / 128, 0, []), uint8: fixed(1 / 128, 128, []), int16: fixed(1 / 32768, 0, BOTH, 1e-3) },
};

export function fixedOutputQuantization(op: string, dtype: string): FixedQuantization | undefined {
  const types = Object.hasOwn(FIXED, op) ? FIXED[op]! : undefined;
  return types && Object.hasOwn(types, dtype) ? types[dtype] : undefined;
}

/** What a fused activation, or the operator of the same name, lets through, in real values. */
export const ACTIVATION_LIMITS: { readonly [activation: string]: readonly [min: number, max: number] } = {
  RELU: [0, Infinity],
  RELU6: [0, 6],
  RELU_N1_TO_1: [-1, 1],
  RELU_0_TO_1: [0, 1],
};

const TYPE_LIMITS: { readonly [dtype: string]: readonly [min: number, max: number] } = {
  int8: [-128, 127],
  uint8: [0, 255],
  int16: [-32768, 32767],
  int4: [-8, 7],
  uint4: [0, 15],
  int2: [-2, 1],
};

/** The least and the greatest number that a quantized type stores; undefined for types that are not quantized. */
export function typeLimits(dtype: string): readonly [min: number, max: number] | undefined {
  return Object.hasOwn(TYPE_LIMITS, dtype) ? TYPE_LIMITS[dtype] : undefined;
}
