/**
 * What the reference kernels of TensorFlow Lite Micro ask for: data that stays (AllocatePersistentBuffer, in Init and in
 * Prepare), and scratch that is used while a node runs (RequestScratchBufferInArena), in the order in which they ask.
 *
 * Source: tensorflow/lite/micro/kernels of tflite-micro, commit 90b983c. Optimized kernels (CMSIS-NN, Xtensa, ...) ask for other
 * scratch.
 */
import type { OperatorSpec, TensorSpec } from '../../model/model.ts';
import { intArrayBytes, type Layout, type MicroBuild, STRUCTS, sizeOf } from './structs.ts';

/** A node as its kernel sees it. */
export interface MicroNode {
  readonly operator: OperatorSpec;
  readonly inputs: readonly (TensorSpec | undefined)[];
  readonly outputs: readonly (TensorSpec | undefined)[];
  readonly build: MicroBuild;
}

export interface KernelMemory {
  /** The struct that Init allocates. */
  readonly data?: Layout;
  /** Bytes of each buffer that Prepare allocates. */
  readonly persistent?: (node: MicroNode) => readonly number[];
  /** Bytes of each scratch buffer. */
  readonly scratch?: (node: MicroNode) => readonly number[];
  /** The tensors that Prepare holds at the same time, if it is not all once. */
  readonly tensors?: (all: readonly TensorSpec[], node: MicroNode) => readonly TensorSpec[];
}

/** sizeof of the element types; a tensor of another type is refused. Four-bit values count a byte each. */
const ELEMENT_BYTES: { readonly [dtype: string]: number } = {
  bool: 1,
  int4: 1,
  int8: 1,
  uint8: 1,
  float16: 2,
  bfloat16: 2,
  int16: 2,
  uint16: 2,
  float32: 4,
  int32: 4,
  uint32: 4,
  resource: 4,
  complex64: 8,
  float64: 8,
  int64: 8,
  uint64: 8,
  complex128: 16,
};

export const elements = (tensor: TensorSpec | undefined) => (tensor?.shape ?? [0]).reduce((a, b) => a * b, 1);

/** Bytes of a tensor in the arena; undefined if TFLM knows no size of its type. */
export function tensorBytes(tensor: TensorSpec): number | undefined {
  const bytes = ELEMENT_BYTES[tensor.dtype];
  return bytes === undefined ? undefined : elements(tensor) * bytes;
}

const rank = (tensor: TensorSpec | undefined) => tensor?.shape.length ?? 0;
const size = (layout: Layout, build: MicroBuild) => sizeOf(layout, build).bytes;
const typeOf = ({ inputs }: MicroNode) => inputs[0]?.dtype;

/** Int8 nodes allocate the struct in Prepare, others none. */
const inPrepareOfInt8 =
  (layout: Layout) =>
  ({ outputs, build }: MicroNode) =>
    outputs[0]?.dtype === 'int8' ? [size(layout, build)] : [];

/** A copy of the output's dimensions, which the kernel writes. */
const writableShape = ({ outputs }: MicroNode) => [intArrayBytes(rank(outputs[0]))];

/** Multipliers and shifts of `channels` output channels. */
const perChannel = (channels: number) => [4 * channels, 4 * channels];

/** Four-bit weights are unpacked before each run. */
const unpackedWeights = ({ inputs: [, filter] }: MicroNode) => (filter?.dtype === 'int4' ? [elements(filter)] : []);

const CONV = '9i 2p 3i +2i';
const ARITHMETIC = '@ b 14i 2l 2h 5i';

function batchMatmulPersistent(node: MicroNode) {
  const { build, operator, inputs } = node;
  const [lhs, rhs] = inputs;
  const transposed = (tensor: TensorSpec | undefined) =>
    tensor ? [size(STRUCTS.TfLiteEvalTensor, build), intArrayBytes(rank(tensor)), tensorBytes(tensor) ?? 0] : [];
  return [
    ...(lhs?.dtype === 'float32' ? [] : [size('7i', build)]),
    ...(operator.options.adjX ? transposed(lhs) : []),
    ...(operator.options.adjY ? [] : transposed(rhs)),
    ...writableShape(node),
  ];
}

function fullyConnectedPersistent({ inputs: [input, filter] }: MicroNode) {
  const channels = filter?.quantization?.scales.length ?? 0;
  return input?.dtype !== 'float32' && channels > 1 ? perChannel(channels) : [];
}

/** Sums of the output's elements, then an index into the input and the axes. */
function reduceScratch(node: MicroNode, sums: boolean) {
  const { inputs, outputs } = node;
  const iteration = [4 * rank(inputs[0]), 4 * elements(inputs[1])];
  return sums && typeOf(node) !== 'float32' ? [4 * elements(outputs[0]), ...iteration] : iteration;
}

function svdfScratch({ operator, inputs: [input, weights] }: MicroNode) {
  const batches = input?.shape[0] ?? 0;
  const filters = weights?.shape[0] ?? 0;
  const sums = 4 * batches * filters;
  return input?.dtype === 'int8' ? [sums, (4 * batches * filters) / Number(operator.options.rank)] : [sums];
}

/** Four buffers of the cell state's size. */
function lstmScratch({ operator, inputs }: MicroNode) {
  const batches = inputs[0]?.shape[operator.options.timeMajor ? 1 : 0] ?? 0;
  const states = inputs[18]?.shape[1] ?? 0;
  const bytes = batches * states * (inputs[19]?.dtype === 'float32' ? 4 : 2);
  return [bytes, bytes, bytes, bytes];
}

function transposeConvScratch({ inputs: [, , input, bias], outputs: [output] }: MicroNode) {
  if (input?.dtype === 'int8') return [4 * elements(output)];
  if (input?.dtype !== 'int16') return [];
  return [8 * elements(output), ...(bias?.dtype === 'int16' ? [8 * elements(bias)] : [])];
}

function detectionScratch({ operator, inputs: [boxes, scores] }: MicroNode) {
  const count = boxes?.shape[1] ?? 0;
  const detections = Number(operator.options.max_detections ?? 0);
  const classes = Number(operator.options.num_classes ?? 0);
  const each = 4 * count;
  const candidates = detections * each;
  return [
    count,
    4 * each,
    4 * (scores?.shape[1] ?? 0) * (scores?.shape[2] ?? 0),
    each,
    each,
    candidates,
    candidates,
    each,
    candidates,
    Math.max(classes, detections) * each,
    Math.min(count, detections) * each,
  ];
}

const LOOK_UP_TABLE_INT16 = 2 * 513;
const COMPARISON: KernelMemory = { data: '7i b' };
const POOL: KernelMemory = { data: '8i' };
const NOTHING: KernelMemory = {};
const REDUCE_EXTREME: KernelMemory = { data: '11i', scratch: (node) => reduceScratch(node, false) };
const REDUCE_SUM: KernelMemory = { data: '11i', scratch: (node) => reduceScratch(node, true) };

/** By operator, custom ones by their own name. */
export const KERNEL_MEMORY: { readonly [op: string]: KernelMemory } = {
  ABS: { data: '4i b 2e' },
  ADD: { data: 'b 14i' },
  ADD_N: {
    persistent: inPrepareOfInt8('10i'),
    scratch: ({ inputs, build }) => [build.pointer * inputs.length],
  },
  ARG_MAX: NOTHING,
  ARG_MIN: NOTHING,
  ASSIGN_VARIABLE: { data: '+i' },
  AVERAGE_POOL_2D: POOL,
  BATCH_MATMUL: { data: '3p 3b', persistent: batchMatmulPersistent },
  BATCH_TO_SPACE_ND: NOTHING,
  BROADCAST_ARGS: NOTHING,
  BROADCAST_TO: NOTHING,
  CALL_ONCE: { data: 'i b' },
  CAST: NOTHING,
  CEIL: NOTHING,
  CIRCULAR_BUFFER: { data: '2i' },
  CONCATENATION: { data: 'i 2p 3i +10i' },
  CONV_2D: {
    data: CONV,
    persistent: ({ inputs: [, filter] }) => perChannel(filter?.shape[0] ?? 0),
    scratch: unpackedWeights,
  },
  COS: NOTHING,
  CUMSUM: { persistent: inPrepareOfInt8('9i') },
  DEPTHWISE_CONV_2D: {
    data: CONV,
    persistent: ({ inputs: [, filter] }) => perChannel(filter?.shape[3] ?? 0),
    scratch: unpackedWeights,
  },
  DEPTH_TO_SPACE: { persistent: writableShape },
  DEQUANTIZE: { data: 'l i @ 3i' },
  DIV: { data: '7i' },
  DYNAMIC_UPDATE_SLICE: NOTHING,
  ELU: { data: '256b' },
  EMBEDDING_LOOKUP: { persistent: (node) => [size('i p', node.build), ...writableShape(node)] },
  EQUAL: COMPARISON,
  EXP: NOTHING,
  EXPAND_DIMS: NOTHING,
  FILL: NOTHING,
  FLOOR: NOTHING,
  FLOOR_DIV: NOTHING,
  FLOOR_MOD: NOTHING,
  FULLY_CONNECTED: { data: '9i 2p b +2i', persistent: fullyConnectedPersistent, scratch: unpackedWeights },
  GATHER: { persistent: writableShape },
  GATHER_ND: { persistent: writableShape },
  GREATER: COMPARISON,
  GREATER_EQUAL: COMPARISON,
  HARD_SWISH: { data: '3h i h i' },
  IF: { data: '2i' },
  L2_NORMALIZATION: { data: 'i' },
  L2_POOL_2D: { persistent: writableShape },
  LEAKY_RELU: { data: '6i' },
  LESS: COMPARISON,
  LESS_EQUAL: COMPARISON,
  LOG: NOTHING,
  LOGICAL_AND: NOTHING,
  LOGICAL_NOT: NOTHING,
  LOGICAL_OR: NOTHING,
  LOGISTIC: { data: '4i' },
  LOG_SOFTMAX: { persistent: inPrepareOfInt8('5i 2p') },
  MAXIMUM: NOTHING,
  MAX_POOL_2D: POOL,
  MEAN: REDUCE_SUM,
  MINIMUM: NOTHING,
  MIRROR_PAD: { data: '5i', scratch: ({ inputs: [input] }) => [4 * rank(input), 4 * rank(input)] },
  MUL: { data: '9i' },
  NEG: NOTHING,
  NOT_EQUAL: COMPARISON,
  PACK: NOTHING,
  PAD: { data: 'b 5i b 5i b i' },
  PADV2: { data: 'b 5i b 5i b i' },
  PRELU: { data: '7i' },
  QUANTIZE: { data: 'i l 3i' },
  READ_VARIABLE: NOTHING,
  REDUCE_ALL: REDUCE_EXTREME,
  REDUCE_MAX: REDUCE_EXTREME,
  REDUCE_MIN: REDUCE_EXTREME,
  RELU: { data: 'b 6i' },
  RELU6: { data: '2i' },
  RESHAPE: NOTHING,
  RESIZE_BILINEAR: NOTHING,
  RESIZE_NEAREST_NEIGHBOR: NOTHING,
  REVERSE_V2: NOTHING,
  ROUND: NOTHING,
  RSQRT: { data: '4i b 2e' },
  SELECT_V2: { data: 'b' },
  SHAPE: NOTHING,
  SIN: NOTHING,
  SLICE: NOTHING,
  SOFTMAX: {
    data: 'l 7i 5p',
    persistent: (node) => (typeOf(node) === 'int16' ? [LOOK_UP_TABLE_INT16, LOOK_UP_TABLE_INT16] : []),
  },
  SPACE_TO_BATCH_ND: { data: 'i' },
  SPACE_TO_DEPTH: { persistent: writableShape },
  SPLIT: NOTHING,
  SPLIT_V: NOTHING,
  SQRT: NOTHING,
  SQUARE: NOTHING,
  SQUARED_DIFFERENCE: { data: `b ${ARITHMETIC}` },
  SQUEEZE: NOTHING,
  STRIDED_SLICE: { data: 'b 5i b 5i b 5i 5h b' },
  SUB: { data: 'b 12i' },
  SUM: REDUCE_SUM,
  SVDF: { data: '9i', scratch: svdfScratch },
  TANH: { data: '4i' },
  TFLite_Detection_PostProcess: { data: '6i b 21i', scratch: detectionScratch },
  TRANSPOSE: NOTHING,
  TRANSPOSE_CONV: {
    data: 'b 8h 9i i +2i i 2p',
    persistent: ({ inputs: [, filter] }) => perChannel(filter?.shape[0] ?? 0),
    scratch: transposeConvScratch,
  },
  UNIDIRECTIONAL_SEQUENCE_LSTM: {
    data: `b 4i i h i e ${'9i 3b '.repeat(8)} ${ARITHMETIC} ${ARITHMETIC} ${ARITHMETIC} 4i`,
    scratch: lstmScratch,
  },
  UNPACK: NOTHING,
  VAR_HANDLE: { data: 'i' },
  WHILE: { data: '2i' },
  ZEROS_LIKE: NOTHING,
};
