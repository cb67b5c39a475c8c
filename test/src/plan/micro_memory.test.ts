/** What TensorFlow Lite Micro takes, against what its own recorder said: test/oracle/micro_memory.py. */
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { loadModel } from '../../../src/model/loader.ts';
import { planGreedily } from '../../../src/plan/micro/greedy_planner.ts';
import { KERNEL_MEMORY } from '../../../src/plan/micro/kernels.ts';
import { type MicroMemory, microMemory } from '../../../src/plan/micro/memory.ts';
import { CORTEX_M, OPTIONS, PYTHON_PACKAGE, STRUCTS, sizeOf, X86_64 } from '../../../src/plan/micro/structs.ts';
import { plan } from '../../../src/plan/plan.ts';
import { render } from '../../../src/report/document.ts';
import { planBlocks } from '../../../src/report/plan.ts';
import { MICRO_CUSTOM_METHODS, MICRO_METHODS } from '../../../src/targets/micro_operators.ts';
import { readRecorded } from '../../kernels/recorded_models.ts';
import { smallModel } from '../small_models.ts';

interface Sizes {
  readonly head: number;
  readonly tail: number;
  readonly least: number;
  readonly parts: { readonly [name: string]: number };
}

interface Recording {
  readonly operators: { readonly [op: string]: readonly (readonly [number, number])[] };
  readonly models: { readonly [path: string]: Sizes | null };
}

const ROOT = new URL('../../../', import.meta.url);
const recording = JSON.parse(
  readFileSync(new URL('test/oracle/micro_memory.json', ROOT), 'utf8'),
) as unknown as Recording;

const memoryOf = (bytes: Uint8Array) => microMemory(loadModel(bytes), PYTHON_PACKAGE);

test.each(Object.entries(recording.operators))('%s: head and persistent part of every recorded model', (op, sizes) => {
  const answered = [...readRecorded(op)].filter(({ outputs }) => outputs.tflm);
  const memories = answered.map(({ model }) => memoryOf(model));
  expect(memories.map(({ head, persistent }) => [head, persistent])).toEqual(sizes);
  expect(memories.flatMap(({ unknown }) => unknown)).toEqual([]);
});

describe('models', () => {
  const models = Object.entries(recording.models).flatMap(([path, sizes]) => (sizes ? [[path, sizes] as const] : []));

  test.each(models)('%s', (path, sizes) => {
    const memory = memoryOf(readFileSync(new URL(path, ROOT)));
    expect(memory).toMatchObject({ head: sizes.head, persistent: sizes.tail, leastArena: sizes.least });
    expect(recorderParts(memory)).toEqual(recordedParts(sizes.parts));
  });
});

/** What the recorder tells apart; pointers to inputs and outputs are among its persistent buffers, as kernels' data is. */
function recorderParts({
  parts: { tensors, nodes, variables, kernels, resourceVariables, inputsAndOutputs },
}: MicroMemory) {
  return { tensors, nodes, variables, buffers: kernels + resourceVariables + inputsAndOutputs };
}

function recordedParts(parts: Sizes['parts']) {
  const of = (name: string) => parts[name] ?? 0;
  return {
    tensors: of('TfLiteEvalTensor data'),
    nodes: of('NodeAndRegistration struct'),
    variables: of('TfLiteTensor variable buffer data'),
    buffers:
      of('Persistent buffer data') +
      of('Persistent TfLiteTensor data') +
      of('Persistent TfLiteTensor quantization data'),
  };
}

test('a kernel of every operator that TensorFlow Lite Micro has, but for signals and compressed weights', () => {
  const all = [...Object.keys(MICRO_METHODS), ...Object.keys(MICRO_CUSTOM_METHODS)];
  const missing = all.filter((op) => !Object.hasOwn(KERNEL_MEMORY, op));
  expect(missing.filter((op) => !/^Signal|^TFLM_DECODE$|^ethos-u$/.test(op))).toEqual([]);
  expect(Object.keys(OPTIONS).filter((op) => !Object.hasOwn(KERNEL_MEMORY, op))).toEqual([]);
});

/** sizeof, as gcc 12 prints it for 32-bit Arm with -fshort-enums, for x86-64, and there with USE_TFLM_COMPRESSION. */
const SIZES = {
  SingleArenaBufferAllocator: [36, 72, 72],
  RecordingSingleArenaBufferAllocator: [52, 104, 104],
  GreedyMemoryPlanner: [44, 72, 72],
  MicroAllocator: [36, 72, 72],
  RecordingMicroAllocator: [124, 248, 272],
  MicroBuiltinDataAllocator: [8, 16, 16],
  SubgraphAllocations: [8, 16, 24],
  TfLiteEvalTensor: [12, 24, 24],
  NodeAndRegistration: [32, 64, 64],
  TfLiteTensor: [32, 64, 64],
  TfLiteAffineQuantization: [12, 24, 24],
  ScratchBufferHandle: [4, 8, 8],
  ScratchBufferRequest: [12, 16, 16],
  AllocationInfo: [24, 32, 32],
  MicroResourceVariables: [12, 16, 16],
  MicroResourceVariable: [20, 40, 40],
} satisfies { [struct in keyof typeof STRUCTS]: number[] };

const OP_DATA = {
  CONV_2D: [56, 72, 80],
  FULLY_CONNECTED: [48, 64, 72],
  UNIDIRECTIONAL_SEQUENCE_LSTM: [688, 688, 688],
  SOFTMAX: [56, 80, 80],
};

const OPTION_SIZES = {
  ADD: [2, 8],
  CAST: [2, 8],
  CONV_2D: [28, 28],
  DIV: [1, 4],
  MAX_POOL_2D: [40, 40],
  STRIDED_SLICE: [24, 24],
  SUB: [2, 8],
  SVDF: [8, 12],
  TRANSPOSE_CONV: [16, 20],
  UNIDIRECTIONAL_SEQUENCE_LSTM: [16, 16],
  VAR_HANDLE: [8, 16],
};

test.each([
  ['structs', SIZES, STRUCTS],
  ['op data', OP_DATA, Object.fromEntries(Object.keys(OP_DATA).map((op) => [op, KERNEL_MEMORY[op]!.data!]))],
  ['options', OPTION_SIZES, OPTIONS],
] as const)('%s are as large as compilers make them', (_, expected, layouts: { readonly [name: string]: string }) => {
  for (const [name, sizes] of Object.entries(expected)) {
    const builds = [CORTEX_M, X86_64, PYTHON_PACKAGE].slice(0, sizes.length);
    expect([name, ...builds.map((build) => sizeOf(layouts[name]!, build).bytes)]).toEqual([name, ...sizes]);
  }
});

describe('the greedy planner', () => {
  const request = (bytes: number, first: number, last: number, offline?: number) => ({ bytes, first, last, offline });
  const planned = (...requests: ReturnType<typeof request>[]) => {
    const { offsets, size } = planGreedily(requests);
    return [[...offsets], size];
  };

  test('the largest first, and of equal ones the last', () => {
    expect(planned(request(16, 0, 1), request(16, 0, 1), request(32, 0, 1))).toEqual([[48, 32, 0], 64]);
  });

  test('in the first gap that is large enough', () => {
    const requests = [request(64, 0, 0), request(48, 0, 2), request(32, 2, 2), request(64, 1, 1)];
    expect(planned(...requests)).toEqual([[0, 64, 0, 0], 112]);
  });

  test('what the file gives an offset stays there, and others go around it', () => {
    expect(planned(request(16, 0, 1), request(32, 0, 1, 16), request(32, 0, 1))).toEqual([[0, 16, 48], 80]);
  });
});

test('a tensor that no node touches is planned, too, and one that is constant is not', () => {
  const tensor = { type: 'INT8', shape: [40], scale: 0.5, zeroPoint: 0 } as const;
  const model = smallModel({ tensors: [tensor, tensor], nodes: [], inputs: [0], outputs: [0] });
  expect(memoryOf(model).buffers).toMatchObject([
    { tensor: 0, bytes: 48, first: 0, last: 0, offset: 0 },
    { tensor: 1, bytes: 48, first: -1, last: -1, offset: 0 },
  ]);
});

test('operators of which nothing is known are named', () => {
  const tensor = { type: 'INT8', shape: [4], scale: 0.5, zeroPoint: 0 } as const;
  const nodes = [{ op: 'GELU', inputs: [0], outputs: [1], options: ['GeluOptions', {}] as const }];
  const bytes = smallModel({ tensors: [tensor, tensor], nodes, inputs: [0], outputs: [1] });
  expect(render(planBlocks('gelu.tflite', plan(bytes)), 'md')).toContain('not known what their kernels ask for: GELU');
  const known = readFileSync(new URL('models/digits_conv_int8/model.tflite', ROOT));
  expect(render(planBlocks('digits.tflite', plan(known)), 'md')).not.toContain('not known');
});
