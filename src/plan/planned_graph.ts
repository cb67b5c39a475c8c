/** The graph that is planned: as requant prepares it or, of a model that it cannot run, as the file has it. */
import { UnsupportedError } from '../../kernels/errors.ts';
import type { Tensor } from '../../kernels/tensor.ts';
import { loaded } from '../explain/explain.ts';
import { loadModel } from '../model/loader.ts';
import type { Model } from '../model/model.ts';
import type { InterpreterOptions } from '../runtime/interpreter.ts';
import { bytesOf } from '../targets/node_view.ts';

export interface PlannedGraph {
  readonly model: Model;
  readonly nodes: readonly {
    readonly index: number;
    readonly op: string;
    readonly inputs: readonly (GraphTensor | undefined)[];
    readonly outputs: readonly GraphTensor[];
  }[];
  /** Bytes of variable tensors. */
  readonly variables: number;
  /** Why the model cannot be run, where it cannot: shapes are the file's own then. */
  readonly unprepared: string | null;
}

/** What a plan asks of a tensor; `known`: it is there before the first node runs, and takes no place in the arena. */
export type GraphTensor = Pick<Tensor, 'index' | 'name' | 'shape' | 'byteLength' | 'known' | 'isVariable'> & {
  readonly dtype: string;
};

/** @throws what `new Interpreter` throws, but for an UnsupportedError about nodes */
export function plannedGraph(bytes: Uint8Array, options: InterpreterOptions): PlannedGraph {
  try {
    const { model, preparedNodes, memory } = loaded(bytes, options);
    return { model, nodes: preparedNodes.map(({ node }) => node), variables: memory.variables, unprepared: null };
  } catch (error) {
    if (error instanceof UnsupportedError) return asInFile(loadModel(bytes), error.message);
    throw error;
  }
}

function asInFile(model: Model, unprepared: string): PlannedGraph {
  const [main] = model.subgraphs;
  const tensors = main!.tensors.map(({ index, name, dtype, shape, constant, isVariable }): GraphTensor => {
    const byteLength = bytesOf({ dtype, shape }) || 0; // of an unknown type nothing can be said
    return { index, name, dtype, shape, byteLength, known: constant !== undefined, isVariable };
  });
  const all = (indices: readonly number[]) => indices.map((i) => tensors[i]);
  return {
    model,
    nodes: main!.operators.map(({ index, op, inputs, outputs }) => ({
      index,
      op,
      inputs: all(inputs),
      outputs: all(outputs).filter((tensor) => tensor !== undefined),
    })),
    variables: tensors.reduce((sum, { isVariable, byteLength }) => sum + (isVariable ? byteLength : 0), 0),
    unprepared,
  };
}
