/**
 * How large the structs of TensorFlow Lite Micro are: their fields, in order, and what a compiler makes of them.
 *
 * Source: the headers of tflite-micro (commit 90b983c) and the kernels' .cc files. Checked by sizeof in builds of that commit, with
 * g++ for x86-64 and with g++ -fshort-enums for 32-bit Arm, and by what the recorder says: test/oracle/README.md.
 */

/** A build of TensorFlow Lite Micro, as far as its memory goes. */
export interface MicroBuild {
  readonly name: string;
  /** Bytes of a pointer and of size_t. */
  readonly pointer: 4 | 8;
  /** Bytes of an enum without a type: arm-none-eabi-gcc makes most of them one byte. */
  readonly enum: 1 | 4;
  /** Whether it is built with USE_TFLM_COMPRESSION. */
  readonly compression: boolean;
  /** Whether the allocator is a RecordingMicroAllocator, which is larger. */
  readonly recorder: boolean;
}

export const CORTEX_M: MicroBuild = { name: 'Cortex-M', pointer: 4, enum: 1, compression: false, recorder: false };
export const X86_64: MicroBuild = { name: 'x86-64', pointer: 8, enum: 4, compression: false, recorder: false };
/** What `print_allocations()` of the Python package tflite-micro speaks of. */
export const PYTHON_PACKAGE: MicroBuild = {
  name: 'Python package',
  pointer: 8,
  enum: 4,
  compression: true,
  recorder: true,
};

/**
 * Fields in order, each a count and a letter: b of 1 byte, h of 2, i of 4 (int, float), l of 8 (double, int64_t), e an enum,
 * p a pointer or a size_t; + before those that only a build with compression has; @ where a nested struct begins that is
 * aligned to 8.
 */
export type Layout = string;

const FIELD = /(\+?)(\d*)([bhilep@])/g;

/** Bytes and alignment of a struct of these fields. */
export function sizeOf(layout: Layout, build: MicroBuild): { bytes: number; alignment: number } {
  const widths = { b: 1, h: 2, i: 4, l: 8, e: build.enum, p: build.pointer, '@': 8 } as const;
  let bytes = 0;
  let alignment = 1;
  for (const [, compressed, count, letter] of layout.matchAll(FIELD)) {
    if (compressed && !build.compression) continue;
    const width = widths[letter as keyof typeof widths];
    alignment = Math.max(alignment, width);
    bytes = alignUp(bytes, width) + (letter === '@' ? 0 : Number(count || 1) * width);
  }
  return { bytes: alignUp(bytes, alignment), alignment };
}

export function alignUp(bytes: number, alignment: number): number {
  return Math.ceil(bytes / alignment) * alignment;
}

/** What the allocator and the interpreter keep. */
export const STRUCTS = {
  SingleArenaBufferAllocator: '9p',
  RecordingSingleArenaBufferAllocator: '13p',
  GreedyMemoryPlanner: 'p 2i 5p 2i b',
  MicroAllocator: '9p',
  RecordingMicroAllocator: '31p +3p',
  MicroBuiltinDataAllocator: '2p',
  SubgraphAllocations: '2p +p',
  TfLiteEvalTensor: '2p e',
  NodeAndRegistration: '6p i p',
  TfLiteTensor: 'e p 2i 3p 2e b',
  TfLiteAffineQuantization: '2p i',
  ScratchBufferHandle: 'p',
  ScratchBufferRequest: 'p 2i',
  AllocationInfo: '2p 3i b',
  MicroResourceVariables: 'p 2i',
  MicroResourceVariable: '4p b',
} as const satisfies { [struct: string]: Layout };

/** Bytes of GreedyMemoryPlanner's tables for each buffer. */
export const PLANNER_BYTES_PER_BUFFER = 40;

/** Bytes of a TfLiteIntArray. */
export const intArrayBytes = (length: number) => 4 + 4 * length;

/** The options of builtin operators as the parser stores them, TfLite...Params; operators that are not here have none. */
const POOL = 'e 4i e 4i';
const REDUCER = 'b';
export const OPTIONS: { readonly [op: string]: Layout } = {
  ADD: 'e b',
  ARG_MAX: 'e',
  ARG_MIN: 'e',
  AVERAGE_POOL_2D: POOL,
  BATCH_MATMUL: '3b',
  CALL_ONCE: 'i',
  CAST: '2e',
  CONCATENATION: 'i e',
  CONV_2D: 'e 2i e 2i e',
  CUMSUM: '2b',
  DEPTHWISE_CONV_2D: 'e 3i e 2i',
  DEPTH_TO_SPACE: 'i',
  DIV: 'e',
  FULLY_CONNECTED: '2e 2b e 2p', // without 2p before the schema had quant_spec
  GATHER: '2i',
  IF: '2i',
  L2_NORMALIZATION: 'e',
  L2_POOL_2D: POOL,
  LEAKY_RELU: 'i',
  MAX_POOL_2D: POOL,
  MEAN: REDUCER,
  MIRROR_PAD: 'e',
  MUL: 'e',
  PACK: '2i',
  REDUCE_ALL: REDUCER,
  REDUCE_MAX: REDUCER,
  REDUCE_MIN: REDUCER,
  RESHAPE: '9i',
  RESIZE_BILINEAR: '2b',
  RESIZE_NEAREST_NEIGHBOR: '2b',
  SHAPE: 'e',
  SOFTMAX: 'i',
  SPACE_TO_DEPTH: 'i',
  SPLIT: 'i',
  SPLIT_V: 'i',
  SQUEEZE: '9i',
  STRIDED_SLICE: '5i b',
  SUB: 'e b',
  SUM: REDUCER,
  SVDF: 'i e b',
  TRANSPOSE_CONV: 'e 2i 2e',
  UNIDIRECTIONAL_SEQUENCE_LSTM: 'e 2i 3b',
  UNPACK: '2i',
  VAR_HANDLE: '2p',
  WHILE: '2i',
};
