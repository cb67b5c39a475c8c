/** Model -> nodes in execution order, on tensors that kernels can use. Checks what the file says about data flow. */
import { ModelError, UnsupportedError } from '../kernels/errors.ts';
import type { NodeParts } from '../kernels/kernel.ts';
import { elementSize, isDType, Tensor, viewOf } from '../kernels/tensor.ts';
import type { OperatorSpec, Subgraph, TensorSpec } from './model/model.ts';

export interface Graph {
  /** By index; undefined where a tensor is of a type that no kernel computes on. */
  readonly tensors: readonly (Tensor | undefined)[];
  readonly inputs: readonly Tensor[];
  readonly outputs: readonly Tensor[];
  readonly variables: readonly Tensor[];
  /** In the order in which they run: the file's own, as in TFLite. */
  readonly nodes: readonly NodeParts[];
}

/** Node `at` when a tensor is there before the first node runs. */
const BEFORE = -1;

/** Builds subgraph's graph, with the graph inputs' shapes replaced by inputShapes where it has any. */
export function buildGraph(subgraph: Subgraph, inputShapes: ReadonlyMap<number, readonly number[]> = new Map()): Graph {
  subgraph = withEmptyConstants(subgraph);
  checkDataFlow(subgraph);
  const open = untyped([...subgraph.inputs, ...subgraph.outputs], subgraph.tensors);
  if (open) throw new UnsupportedError(`a graph input or output cannot be used: ${open}`);
  const tensors = subgraph.tensors.map((spec) => buildTensor(spec, inputShapes.get(spec.index) ?? spec.shape));
  const all = (indices: readonly number[]) => indices.map((i) => tensors[i]).filter((t) => t !== undefined);
  return {
    tensors,
    inputs: all(subgraph.inputs),
    outputs: all(subgraph.outputs),
    variables: all(subgraph.tensors.filter((t) => t.isVariable).map((t) => t.index)),
    nodes: subgraph.operators.map(({ op, index, isCustom, version, options, ...o }) => ({
      op,
      isCustom,
      index,
      version,
      options,
      inputs: o.inputs.map((i) => tensors[i]),
      outputs: all(o.outputs),
      intermediates: all(o.intermediates),
      unsupported: untyped([...o.inputs, ...o.outputs], subgraph.tensors),
    })),
  };
}

function untyped(indices: readonly number[], tensors: readonly TensorSpec[]): string | undefined {
  const spec = indices.map((i) => tensors[i]).find((tensor) => tensor && !isDType(tensor.dtype));
  return spec && `${named(spec)} is ${spec.dtype}, a type that no kernel computes on`;
}

/** A tensor of no elements that nothing writes is a constant, though no buffer says so: the shape of a scalar. */
function withEmptyConstants(subgraph: Subgraph): Subgraph {
  const written = new Set([...subgraph.inputs, ...subgraph.operators.flatMap(({ outputs }) => outputs)]);
  const isEmptyConstant = ({ index, shape, isVariable }: TensorSpec) =>
    shape.includes(0) && !isVariable && !written.has(index);
  const tensors = subgraph.tensors.map((spec) =>
    isEmptyConstant(spec) ? { ...spec, constant: new Uint8Array(0) } : spec,
  );
  return { ...subgraph, tensors };
}

function buildTensor(spec: TensorSpec, shape: readonly number[]): Tensor | undefined {
  if (!isDType(spec.dtype)) return undefined;
  const tensor = new Tensor(spec.index, spec.name, spec.dtype, shape, spec.quantization);
  if (spec.constant) {
    tensor.data = constantData(tensor, spec.constant);
    tensor.known = true;
  }
  return tensor;
}

function constantData(tensor: Tensor, bytes: Uint8Array) {
  if (tensor.dtype === 'int4') return unpack(bytes, 4, tensor.size);
  if (tensor.dtype === 'int2') return unpack(bytes, 2, tensor.size);
  // Typed arrays need aligned offsets, which a file does not promise.
  const aligned = bytes.byteOffset % elementSize(tensor.dtype) === 0 ? bytes : bytes.slice();
  return viewOf(tensor.dtype, aligned.buffer as ArrayBuffer, aligned.byteOffset, tensor.size);
}

/** Signed values of 4 or 2 bits, the first in the low bits of a byte. */
function unpack(bytes: Uint8Array, bits: number, size: number): Int8Array {
  const values = new Int8Array(size);
  const perByte = 8 / bits;
  for (let i = 0; i < size; i++) {
    const low = bits * (i % perByte);
    values[i] = (bytes[Math.floor(i / perByte)]! << (32 - bits - low)) >> (32 - bits);
  }
  return values;
}

/** Each tensor is written once, before it is read: by a node, or because it is an input, a constant or a variable. */
function checkDataFlow({ tensors, inputs, outputs, operators }: Subgraph) {
  const writtenBy = new Map<number, number>();
  for (const { index, constant, isVariable } of tensors) if (constant || isVariable) writtenBy.set(index, BEFORE);
  for (const i of inputs) {
    const tensor = tensors[i]!;
    if (tensor.constant)
      throw new ModelError(`${named(tensor)} is a graph input and a constant at once`, { tensor: i });
    writtenBy.set(i, BEFORE);
  }
  for (const operator of operators) {
    for (const i of operator.inputs) {
      if (i >= 0 && !writtenBy.has(i)) {
        throw wrongFlow(operator, tensors[i]!, 'reads', 'before anything has written it');
      }
    }
    for (const i of operator.outputs) {
      const writer = writtenBy.get(i);
      if (writer === BEFORE)
        throw wrongFlow(operator, tensors[i]!, 'writes', 'which is an input, constant or variable');
      if (writer !== undefined) throw wrongFlow(operator, tensors[i]!, 'writes', `which node ${writer} writes too`);
      writtenBy.set(i, operator.index);
    }
  }
  for (const i of outputs) {
    if (!writtenBy.has(i)) throw new ModelError(`nothing writes the graph output ${named(tensors[i]!)}`, { tensor: i });
  }
}

function wrongFlow({ op, index }: OperatorSpec, tensor: TensorSpec, verb: string, why: string): ModelError {
  return new ModelError(`${op} (node ${index}) ${verb} ${named(tensor)}, ${why}`, {
    op,
    node: index,
    tensor: tensor.index,
  });
}

function named({ index, name }: TensorSpec): string {
  return `tensor ${index} '${name}'`;
}
