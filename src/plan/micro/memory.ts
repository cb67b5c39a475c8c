/**
 * The memory that TensorFlow Lite Micro takes of its tensor arena, allocation by allocation.
 *
 *   arena:  [ head: tensors and scratch, planned | free | tail: what stays, each allocation below the one before ]
 *
 * While it prepares, the head holds the requests for scratch, and planning needs room between head and tail: a small model needs
 * an arena larger than what is taken in the end.
 *
 * Source: micro_allocator.cc, micro_interpreter.cc, micro_interpreter_graph.cc of tflite-micro (commit 90b983c). Equal to what its
 * RecordingMicroAllocator says: test/oracle/micro_memory.py.
 */
import type { Model, OperatorSpec, Subgraph, TensorSpec } from '../../model/model.ts';
import { planGreedily } from './greedy_planner.ts';
import { KERNEL_MEMORY, type KernelMemory, type MicroNode, tensorBytes } from './kernels.ts';
import { BUFFER_ALIGNMENT, buffersOf, type MicroBuffer, offlineOffsets, type Scratch } from './lifetimes.ts';
import {
  alignUp,
  intArrayBytes,
  type MicroBuild,
  OPTIONS,
  PLANNER_BYTES_PER_BUFFER,
  STRUCTS,
  sizeOf,
} from './structs.ts';

/** What the figures were compared with. */
export const CHECKED =
  'the Python package: equal to what the recorder of tflite-micro 0.dev20261023 says; the others follow from sizes of structs';

/** What the persistent part is made of. */
export type PersistentPart =
  | 'allocator'
  | 'tensors'
  | 'nodes'
  | 'options'
  | 'kernels'
  | 'scratchHandles'
  | 'variables'
  | 'resourceVariables'
  | 'inputsAndOutputs';

/** What one build of TensorFlow Lite Micro takes for a model; all in bytes. */
export interface MicroMemory {
  readonly build: MicroBuild;
  /** Head and persistent part. */
  readonly total: number;
  /** Tensors that nodes write, the graph's inputs, and scratch. */
  readonly head: number;
  /** All that stays as long as the interpreter. */
  readonly persistent: number;
  /** The persistent part by what it is for, with what alignment adds. */
  readonly parts: { readonly [part in PersistentPart]: number };
  /** The least tensor arena with which AllocateTensors succeeds, as far as planning goes; begins and ends at multiples of 16. */
  readonly leastArena: number;
  /** The head in the order in which it is planned. */
  readonly buffers: readonly (MicroBuffer & { readonly offset: number })[];
  /** Operators of which it is not known what their kernels ask for: their data and scratch come on top. */
  readonly unknown: readonly string[];
}

/** Scratch requests that a node may make; that many are reserved in the head before each. */
const MAX_SCRATCH_PER_NODE = 12;

/** The arena's tail: it grows down, so that each allocation ends at a multiple of its alignment below the arena's end. */
class Tail {
  used = 0;
  readonly parts = {
    allocator: 0,
    tensors: 0,
    nodes: 0,
    options: 0,
    kernels: 0,
    scratchHandles: 0,
    variables: 0,
    resourceVariables: 0,
    inputsAndOutputs: 0,
  } satisfies { [part in PersistentPart]: number };
  readonly #build: MicroBuild;

  constructor(build: MicroBuild) {
    this.#build = build;
  }

  allocate(part: PersistentPart, bytes: number, alignment = BUFFER_ALIGNMENT): void {
    const before = this.used;
    this.used = alignUp(before + bytes, alignment);
    this.parts[part] += this.used - before;
  }

  /** `count` structs of this layout, aligned as a struct is. */
  structs(part: PersistentPart, layout: string, count = 1): void {
    const { bytes, alignment } = sizeOf(layout, this.#build);
    this.allocate(part, count * bytes, alignment);
  }
}

export function microMemory(model: Model, build: MicroBuild): MicroMemory {
  const tail = new Tail(build);
  const nodes = model.subgraphs.flatMap((graph) => graph.operators.map((operator) => nodeOf(graph, operator, build)));
  allocateStart(tail, model, build);
  const preparing = allocateNodes(tail, nodes, build);
  const scratch = nodes.flatMap(({ subgraph, node, memory }) =>
    (memory.scratch?.(node) ?? []).map((bytes): Scratch => ({ subgraph, node: node.operator.index, bytes })),
  );
  const prepared = sizeOf(STRUCTS.ScratchBufferRequest, build).bytes * (scratch.length + MAX_SCRATCH_PER_NODE);
  let leastArena = Math.max(prepared + tail.used, preparing);
  if (scratch.length > 0) tail.structs('scratchHandles', STRUCTS.ScratchBufferHandle, scratch.length);
  allocateVariables(tail, model);
  const buffers = buffersOf(model, scratch);
  leastArena = Math.max(leastArena, roomToPlan(model, build, prepared, scratch.length, buffers.length) + tail.used);
  const { offsets, size: head } = planGreedily(buffers);
  allocateInputsAndOutputs(tail, model.subgraphs[0]!, build);
  const { used: persistent, parts } = tail;
  return {
    build,
    total: head + persistent,
    head,
    persistent,
    parts,
    leastArena: alignUp(Math.max(leastArena, head + persistent), BUFFER_ALIGNMENT),
    buffers: buffers.map((buffer, i) => ({ ...buffer, offset: offsets[i]! })),
    unknown: [...new Set(nodes.filter(({ known }) => !known).map(({ node }) => node.operator.op))],
  };
}

interface PreparedNode {
  readonly subgraph: number;
  readonly node: MicroNode;
  readonly memory: KernelMemory;
  readonly known: boolean;
}

function nodeOf(graph: Subgraph, operator: OperatorSpec, build: MicroBuild): PreparedNode {
  const tensorsOf = (indices: readonly number[]) =>
    indices.map((index): TensorSpec | undefined => graph.tensors[index]);
  const node = { operator, inputs: tensorsOf(operator.inputs), outputs: tensorsOf(operator.outputs), build };
  const known = Object.hasOwn(KERNEL_MEMORY, operator.op);
  return { subgraph: graph.index, node, memory: known ? KERNEL_MEMORY[operator.op]! : {}, known };
}

/** What the constructors and StartModelAllocation allocate. */
function allocateStart(tail: Tail, model: Model, build: MicroBuild) {
  const { recorder } = build;
  tail.structs(
    'allocator',
    recorder ? STRUCTS.RecordingSingleArenaBufferAllocator : STRUCTS.SingleArenaBufferAllocator,
  );
  tail.structs('allocator', STRUCTS.GreedyMemoryPlanner);
  tail.structs('allocator', recorder ? STRUCTS.RecordingMicroAllocator : STRUCTS.MicroAllocator);
  const resources = resourceNames(model).size;
  if (resources > 0) {
    tail.allocate('resourceVariables', sizeOf(STRUCTS.MicroResourceVariables, build).bytes);
    tail.allocate('resourceVariables', resources * sizeOf(STRUCTS.MicroResourceVariable, build).bytes);
  }
  tail.structs('allocator', STRUCTS.MicroBuiltinDataAllocator);
  tail.structs('allocator', STRUCTS.SubgraphAllocations, model.subgraphs.length);
  for (const { tensors } of model.subgraphs) tail.structs('tensors', STRUCTS.TfLiteEvalTensor, tensors.length);
  for (const { operators } of model.subgraphs) tail.structs('nodes', STRUCTS.NodeAndRegistration, operators.length);
}

/**
 * The options of all nodes, then what all Init ask for, then all Prepare.
 *
 * @returns the arena that this takes at most: with the requests for scratch, and what Prepare looks at its tensors with
 */
function allocateNodes(tail: Tail, nodes: readonly PreparedNode[], build: MicroBuild): number {
  for (const { node } of nodes) {
    const { op, isCustom } = node.operator;
    if (!isCustom && Object.hasOwn(OPTIONS, op)) tail.structs('options', OPTIONS[op]!);
  }
  for (const { memory } of nodes) {
    const bytes = memory.data === undefined ? 0 : sizeOf(memory.data, build).bytes;
    if (bytes > 0) tail.allocate('kernels', bytes);
  }
  let most = 0;
  let requests = MAX_SCRATCH_PER_NODE;
  const allocated = new Set<string>();
  const handles = new Map<TensorSpec | undefined, string>();
  for (const { memory, node } of nodes) {
    for (const bytes of memory.persistent?.(node) ?? []) tail.allocate('kernels', bytes);
    most = Math.max(most, temporary(requests, memory, node) + tail.used);
    requests += memory.scratch?.(node).length ?? 0;
    const { operator, inputs, outputs } = node;
    if (operator.op === 'VAR_HANDLE') handles.set(outputs[0], String(operator.options.sharedName));
    if (operator.op === 'ASSIGN_VARIABLE') {
      const name = handles.get(inputs[0]);
      if (name === undefined || allocated.has(name)) continue;
      allocated.add(name);
      tail.allocate('resourceVariables', (inputs[1] && tensorBytes(inputs[1])) ?? 0);
    }
  }
  return most;
}

/** Bytes above the arena's start while a node is prepared: `requests` for scratch, then a TfLiteTensor of each tensor. */
function temporary(requests: number, { tensors = (all) => all }: KernelMemory, node: MicroNode): number {
  const { build } = node;
  const append = (bytes: number, layout: string) => {
    const { bytes: size, alignment } = sizeOf(layout, build);
    return alignUp(bytes, alignment) + size;
  };
  let bytes = requests * sizeOf(STRUCTS.ScratchBufferRequest, build).bytes;
  const all = [...node.inputs, ...node.outputs].filter((tensor) => tensor !== undefined);
  for (const { quantization } of tensors(all, node)) {
    bytes = append(bytes, STRUCTS.TfLiteTensor);
    const channels = quantization?.scales.length ?? 0;
    if (channels > 0) bytes = append(bytes, STRUCTS.TfLiteAffineQuantization) + intArrayBytes(channels);
  }
  return bytes;
}

function resourceNames({ subgraphs }: Model): Set<string> {
  const handles = subgraphs.flatMap(({ operators }) => operators.filter(({ op }) => op === 'VAR_HANDLE'));
  return new Set(handles.map(({ options }) => String(options.sharedName)));
}

/** Variables that the file gives no offset: of each subgraph, the offsets are read from the start, as TFLM does. */
function allocateVariables(tail: Tail, model: Model) {
  const offline = offlineOffsets(model);
  for (const { tensors } of model.subgraphs) {
    for (const tensor of tensors) {
      if (!tensor.isVariable || (offline && offline[tensor.index] !== -1)) continue;
      tail.allocate('variables', tensorBytes(tensor) ?? 0);
    }
  }
}

function allocateInputsAndOutputs(tail: Tail, { inputs, outputs, tensors }: Subgraph, build: MicroBuild) {
  for (const indices of [inputs, outputs]) {
    tail.allocate('inputsAndOutputs', indices.length * build.pointer);
    for (const index of indices) {
      tail.structs('inputsAndOutputs', STRUCTS.TfLiteTensor);
      const channels = tensors[index]?.quantization?.scales.length ?? 0;
      if (channels === 0) continue;
      tail.structs('inputsAndOutputs', STRUCTS.TfLiteAffineQuantization);
      tail.allocate('inputsAndOutputs', intArrayBytes(channels), 4);
    }
  }
}

/** What lies above the head while the plan is made: lifetimes of all tensors and scratch, then the planner's tables. */
function roomToPlan({ subgraphs }: Model, build: MicroBuild, head: number, scratch: number, buffers: number): number {
  const tensors = subgraphs.reduce((sum, { tensors }) => sum + tensors.length, 0);
  const { bytes, alignment } = sizeOf(STRUCTS.AllocationInfo, build);
  const offsets = alignUp(head, build.pointer) + build.pointer * subgraphs.length;
  const lifetimes = alignUp(offsets, alignment) + bytes * (tensors + scratch);
  return alignUp(lifetimes, BUFFER_ALIGNMENT) + buffers * PLANNER_BYTES_PER_BUFFER;
}
