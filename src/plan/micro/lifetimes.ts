/**
 * What TensorFlow Lite Micro plans in the arena's head, and from when to when it is alive: the tensors without data of all
 * subgraphs, and the kernels' scratch buffers.
 *
 * A scope is counted up at each node, and at each subgraph that a control-flow node runs, whose nodes follow inside of it:
 *
 *   node 0        scope 1
 *   node 1 IF     scope 2: then-subgraph 3 (its inputs), its nodes 4, 5; else-subgraph 6, its node 7
 *   node 2        scope 8
 *
 * Tensors of the first subgraph's inputs are alive from scope 0. Source: micro_allocation_info.cc.
 */
import type { Model, OperatorSpec, TensorSpec } from '../../model/model.ts';
import type { MicroRequest } from './greedy_planner.ts';
import { tensorBytes } from './kernels.ts';
import { alignUp } from './structs.ts';

/** Tensor buffers and scratch buffers begin at multiples of this. */
export const BUFFER_ALIGNMENT = 16;

/** A scratch buffer that a node asks for. */
export interface Scratch {
  readonly subgraph: number;
  readonly node: number;
  readonly bytes: number;
}

export interface MicroBuffer extends MicroRequest {
  readonly subgraph: number;
  /** Index of the tensor; of scratch, of the node that asks for it. */
  readonly tensor?: number;
  readonly node?: number;
}

/** The scopes of one buffer; -1 before any is known. */
interface Lifetime {
  first: number;
  last: number;
}

/** The offsets that the file gives, of all tensors in order; -1 where it gives none. */
export function offlineOffsets({ metadata, subgraphs }: Model): Int32Array | undefined {
  const bytes = metadata.get('OfflineMemoryAllocation');
  if (!bytes || bytes.length < 12) return undefined;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const count = view.getInt32(8, true);
  const tensors = subgraphs.reduce((sum, { tensors }) => sum + tensors.length, 0);
  if (count !== tensors || bytes.length < 12 + 4 * count) return undefined;
  return Int32Array.from({ length: count }, (_, i) => view.getInt32(12 + 4 * i, true));
}

/** In the order in which the planner gets them. */
export function buffersOf(model: Model, scratch: readonly Scratch[]): MicroBuffer[] {
  const lifetimes = model.subgraphs.map(({ tensors }) => tensors.map((): Lifetime => ({ first: -1, last: -1 })));
  const scratchLifetimes = scratch.map((): Lifetime => ({ first: -1, last: -1 }));
  new Scopes(model, lifetimes, scratch, scratchLifetimes).enter(0);
  const offline = offlineOffsets(model);
  const handles = handleOutputs(model);
  let at = 0;
  const tensors = model.subgraphs.flatMap(({ index: subgraph, tensors }) =>
    tensors.flatMap((tensor): MicroBuffer[] => {
      const offset = offline?.[at++] ?? -1;
      const bytes = tensorBytes(tensor) ?? 0;
      const planned = tensor.isVariable ? offset !== -1 : !tensor.constant && bytes > 0 && !handles.has(tensor);
      if (!planned) return [];
      return [
        {
          subgraph,
          tensor: tensor.index,
          bytes: alignUp(bytes, BUFFER_ALIGNMENT),
          offline: offset === -1 ? undefined : offset,
          ...lifetimes[subgraph]![tensor.index]!,
        },
      ];
    }),
  );
  return [
    ...tensors,
    ...scratch.map(({ subgraph, node, bytes }, i) => {
      return { subgraph, node, bytes: alignUp(bytes, BUFFER_ALIGNMENT), ...scratchLifetimes[i]! };
    }),
  ];
}

/** Resource handles lie in their kernel's data. */
function handleOutputs({ subgraphs }: Model): Set<TensorSpec | undefined> {
  return new Set(
    subgraphs.flatMap(({ operators, tensors }) =>
      operators.flatMap(({ op, outputs }) => (op === 'VAR_HANDLE' ? outputs.map((index) => tensors[index]) : [])),
    ),
  );
}

/** The subgraphs that a node runs, in the order in which they are planned. */
function calleesOf({ op, options }: OperatorSpec): number[] {
  if (op === 'IF') return [Number(options.thenSubgraphIndex), Number(options.elseSubgraphIndex)];
  if (op === 'WHILE') return [Number(options.condSubgraphIndex), Number(options.bodySubgraphIndex)];
  if (op === 'CALL_ONCE') return [Number(options.initSubgraphIndex)];
  return [];
}

class Scopes {
  #scope = 0;
  readonly #entered: number[] = [];
  readonly #model: Model;
  readonly #tensors: readonly (readonly Lifetime[])[];
  readonly #scratch: readonly Scratch[];
  readonly #scratchLifetimes: readonly Lifetime[];

  constructor(
    model: Model,
    tensors: readonly (readonly Lifetime[])[],
    scratch: readonly Scratch[],
    scratchLifetimes: readonly Lifetime[],
  ) {
    this.#model = model;
    this.#tensors = tensors;
    this.#scratch = scratch;
    this.#scratchLifetimes = scratchLifetimes;
  }

  /** Walks over a subgraph's nodes, and those that they run. */
  enter(subgraph: number): void {
    const graph = this.#model.subgraphs[subgraph];
    if (!graph || this.#entered.includes(subgraph)) return; // recursion: TFLM would not end
    this.#entered.push(subgraph);
    const lifetimes = this.#tensors[subgraph]!;
    this.#create(lifetimes, graph.inputs);
    this.#use(lifetimes, graph.inputs);
    for (const operator of graph.operators) {
      const start = ++this.#scope;
      this.#create(lifetimes, operator.outputs);
      for (const callee of calleesOf(operator)) {
        this.#scope++;
        this.enter(callee);
      }
      this.#use(lifetimes, [...operator.inputs, ...operator.outputs]);
      this.#scratch.forEach((scratch, i) => {
        if (scratch.subgraph !== subgraph || scratch.node !== operator.index) return;
        const lifetime = this.#scratchLifetimes[i]!;
        if (lifetime.first < 0) lifetime.first = start;
        lifetime.last = this.#scope;
      });
    }
    this.#create(lifetimes, graph.outputs);
    this.#use(lifetimes, graph.outputs);
    this.#entered.pop();
  }

  #create(lifetimes: readonly Lifetime[], tensors: readonly number[]) {
    for (const index of tensors) {
      const lifetime = lifetimes[index];
      if (lifetime && lifetime.first < 0) lifetime.first = this.#scope;
    }
  }

  #use(lifetimes: readonly Lifetime[], tensors: readonly number[]) {
    for (const index of tensors) {
      const lifetime = lifetimes[index];
      if (lifetime) lifetime.last = this.#scope;
    }
  }
}
