/** What memory a model takes on a device, as plain data: the arena over time, the file by what it is for, the operators. */
import { dataFlow } from '../inspect/data_flow.ts';
import { type Size, sizes } from '../inspect/sizes.ts';
import type { Model } from '../model/model.ts';
import type { InterpreterOptions } from '../runtime/interpreter.ts';
import { planMemory, type Request } from '../runtime/memory_planner.ts';
import { compiledFor } from '../targets/compiled.ts';
import { MICRO_CUSTOM_METHODS, MICRO_METHODS } from '../targets/micro_operators.ts';
import { type MicroRefusal, microRefusals } from '../targets/tflm.ts';
import { type MicroMemory, microMemory } from './micro/memory.ts';
import { CORTEX_M, PYTHON_PACKAGE, X86_64 } from './micro/structs.ts';
import { type GraphTensor, plannedGraph } from './planned_graph.ts';

export interface MemoryPlan {
  /** What TensorFlow Lite Micro takes, in builds for Cortex-M and x86-64 and in the Python package. */
  readonly tflm: readonly MicroMemory[];
  readonly arena: ArenaPlan;
  /** Bytes of variable tensors: they keep their values from invoke to invoke. */
  readonly variables: number;
  /** The file in bytes, and what of it is what. */
  readonly file: { readonly bytes: number; readonly sizes: readonly Size[] };
  readonly resolver: MicroResolver;
  /** Nodes that TensorFlow Lite Micro itself does not take. */
  readonly refusals: readonly MicroRefusal[];
  /** Why requant cannot run the model, where it cannot: the plan is made of the file's own shapes then. */
  readonly unprepared: string | null;
}

export interface ArenaPlan {
  /** What the tensors that nodes write take, with the inputs; each begins at a multiple of 16. */
  readonly bytes: number;
  /** The largest sum of tensors that are alive at one node: no plan takes less. */
  readonly lowerBound: number;
  /** The node at which most is alive; null where there is nothing. */
  readonly peak: {
    readonly node: number;
    readonly op: string;
    readonly bytes: number;
    readonly tensors: readonly number[];
  } | null;
  /** In the order in which they are written. */
  readonly tensors: readonly PlannedTensor[];
  /** Bytes that are alive at each node. */
  readonly alive: readonly number[];
}

export interface PlannedTensor {
  readonly index: number;
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly bytes: number;
  /** Where it begins in the arena. */
  readonly offset: number;
  /** The nodes from which and to which it is alive. Inputs live from node 0 on, outputs to the last node. */
  readonly first: number;
  readonly last: number;
}

/** What TensorFlow Lite Micro needs to be told. */
export interface MicroResolver {
  /** C++, to paste. */
  readonly lines: readonly string[];
  /** Operators that it does not have. */
  readonly missing: readonly string[];
}

/**
 * Plans the memory of a model's main graph, in profile tflm unless another is asked for. Works on models that requant cannot run,
 * too: the plan is made of the shapes that the file has then.
 *
 * @param bytes a .tflite file
 * @throws what `new Interpreter` throws, but for an UnsupportedError about nodes
 */
export function plan(bytes: Uint8Array, options: Omit<InterpreterOptions, 'kernels'> = {}): MemoryPlan {
  const graph = plannedGraph(bytes, { profile: 'tflm', allowFloat: true, ...options, kernels: 'reference' });
  const { model, nodes, variables, unprepared } = graph;
  const [main] = model.subgraphs;
  const last = Math.max(nodes.length - 1, 0);
  const lifetimes = new Map<GraphTensor, { first: number; last: number }>();
  const inputs = new Set(main!.inputs);
  const outputs = new Set(main!.outputs);
  for (const { index, inputs: read, outputs: written } of nodes) {
    for (const tensor of read) {
      if (!tensor) continue;
      const lifetime = lifetimes.get(tensor);
      if (lifetime) lifetime.last = Math.max(lifetime.last, index);
      else if (inputs.has(tensor.index)) lifetimes.set(tensor, { first: 0, last: index });
      // Scratch tensors of compiled nodes are read, and nobody writes them.
      else if (!tensor.known && !tensor.isVariable) lifetimes.set(tensor, { first: index, last: index });
    }
    for (const tensor of written) {
      if (!tensor.known && !tensor.isVariable) lifetimes.set(tensor, { first: index, last: index });
    }
  }
  for (const [tensor, lifetime] of lifetimes) if (outputs.has(tensor.index)) lifetime.last = last;
  return {
    tflm: [CORTEX_M, X86_64, PYTHON_PACKAGE].map((build) => microMemory(model, build)),
    arena: arenaPlan(
      [...lifetimes].map(([tensor, lifetime]) => ({ tensor, bytes: tensor.byteLength, ...lifetime })),
      nodes.map(({ op }) => op),
    ),
    variables,
    file: { bytes: bytes.length, sizes: constantsOf(model, bytes.length) },
    resolver: microResolver(model),
    refusals: microRefusals(model),
    unprepared,
  };
}

/** Label files and the like are counted with the structure: none of them is needed on a device. */
function constantsOf(model: Model, bytes: number): Size[] {
  return sizes(model, model.subgraphs.map(dataFlow), bytes, 0).filter(({ kind }) => kind !== 'associated files');
}

function arenaPlan(requests: readonly (Request & { tensor: GraphTensor })[], ops: readonly string[]): ArenaPlan {
  const sorted = [...requests].sort((a, b) => a.first - b.first || a.tensor.index - b.tensor.index);
  const { offsets, size } = planMemory(sorted);
  const aliveAt = (node: number) => sorted.filter(({ first, last }) => first <= node && node <= last);
  const alive = ops.map((_, node) => aliveAt(node).reduce((sum, { bytes }) => sum + bytes, 0));
  const peak = alive.indexOf(Math.max(...alive));
  return {
    bytes: size,
    lowerBound: Math.max(0, ...alive),
    peak:
      peak < 0
        ? null
        : { node: peak, op: ops[peak]!, bytes: alive[peak]!, tensors: aliveAt(peak).map(({ tensor }) => tensor.index) },
    tensors: sorted.map(({ tensor: { index, name, dtype, shape }, bytes, first, last }, i) => {
      return { index, name, dtype, shape, bytes, offset: offsets[i]!, first, last };
    }),
    alive,
  };
}

function microResolver({ subgraphs }: Model): MicroResolver {
  const operators = new Map(
    subgraphs.flatMap(({ operators }) => operators).map(({ op, isCustom }) => [`${isCustom} ${op}`, { op, isCustom }]),
  );
  const methods: string[] = [];
  const missing: string[] = [];
  for (const { op, isCustom } of operators.values()) {
    const known = isCustom ? MICRO_CUSTOM_METHODS : MICRO_METHODS;
    if (Object.hasOwn(known, op)) methods.push(known[op]!);
    else missing.push(op);
  }
  const lines = [
    `tflite::MicroMutableOpResolver<${methods.length + missing.length}> resolver;`,
    ...methods.sort().map((method) => `resolver.${method}();`),
    ...missing.sort().map((op) => `// ${op}: ${absence(op)}`),
  ];
  return { lines, missing };
}

function absence(op: string): string {
  const accelerator = compiledFor({ op, isCustom: true });
  return accelerator === undefined ? 'TensorFlow Lite Micro has none' : `compiled for ${accelerator}`;
}
