/** Model -> nodes in execution order, on tensors that kernels can use. Checks what the file says about data flow. */
import { LimitError, ModelError, UnsupportedError } from '../../kernels/errors.ts';
import type { NodeParts } from '../../kernels/kernel.ts';
import { type DataOf, type DType, elementSize, extentOf, isDType, Tensor, viewOf } from '../../kernels/tensor.ts';
import type { OperatorSpec, Subgraph, TensorSpec } from '../model/model.ts';
import { BEFORE_COMPILING } from '../targets/compiled.ts';

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

/** Builds a subgraph's graph. Graph inputs have the shapes of inputShapes where it has any. */
export function buildGraph(
  subgraph: Subgraph,
  inputShapes: ReadonlyMap<number, readonly number[]> = new Map(),
  constants = new Constants(),
): Graph {
  const specs = withEmptyConstants(subgraph);
  checkDataFlow(subgraph, specs);
  const open = untyped([...subgraph.inputs, ...subgraph.outputs], specs);
  if (open) {
    throw new UnsupportedError(`a graph input or output cannot be used: ${named(open)} is ${open.dtype}`, {
      ...open.place,
      tensor: open.index,
    });
  }
  const inputs = new Set(subgraph.inputs);
  const tensors = specs.map((spec) => {
    if (!isDType(spec.dtype)) return undefined;
    const shape = inputShapes.get(spec.index) ?? spec.shape;
    const tensor = new Tensor(spec.index, spec.name, spec.dtype, shape, spec.quantization);
    if (inputs.has(spec.index) || spec.isVariable || spec.constant) checkExtent(tensor, constants.maxBytes, spec);
    if (spec.constant) {
      tensor.data = constants.data(tensor, spec.constant);
      tensor.known = true;
      tensor.isConstant = true;
    }
    return tensor;
  });
  const all = (indices: readonly number[]) => indices.map((i) => tensors[i]).filter((t) => t !== undefined);
  return {
    tensors,
    inputs: all(subgraph.inputs),
    outputs: all(subgraph.outputs),
    variables: all(specs.filter((t) => t.isVariable).map((t) => t.index)),
    nodes: subgraph.operators.map(({ op, index, isCustom, version, options, customOptions, place, ...o }) => {
      const unknown = untyped([...o.inputs, ...o.outputs], specs);
      return {
        op,
        isCustom,
        index,
        version,
        options,
        customOptions,
        place,
        inputs: o.inputs.map((i) => tensors[i]),
        outputs: all(o.outputs),
        intermediates: all(o.intermediates),
        unsupported: unknown && `${named(unknown)} is ${unknown.dtype}, a type that no kernel computes on`,
      };
    }),
  };
}

function untyped(indices: readonly number[], tensors: readonly TensorSpec[]): TensorSpec | undefined {
  return indices.map((i) => tensors[i]).find((tensor) => tensor && !isDType(tensor.dtype));
}

/** A tensor of no elements that nothing writes is a constant, though no buffer says so: the shape of a scalar. */
function withEmptyConstants({ tensors, inputs, operators }: Subgraph): readonly TensorSpec[] {
  const written = new Set([...inputs, ...operators.flatMap(({ outputs }) => outputs)]);
  return tensors.map((spec) => {
    const isEmptyConstant = spec.shape.includes(0) && !spec.isVariable && !written.has(spec.index);
    return isEmptyConstant ? { ...spec, constant: new Uint8Array(0) } : spec;
  });
}

function checkExtent(tensor: Tensor, maxBytes: number, { place }: TensorSpec) {
  if (extentOf(tensor.shape) * elementSize(tensor.dtype) <= maxBytes) return;
  throw new LimitError(`${tensor} has shape [${tensor.shape}], more than limits.tensorBytes = ${maxBytes}`, {
    ...place,
    tensor: tensor.index,
  });
}

/** The data of constants: views on the file's bytes where that is possible, copies where it is not. */
export class Constants {
  /** What all copies may take, and each tensor that is there before the first node runs. */
  readonly maxBytes: number;
  /** Tensors may share a buffer, and then share the copy. */
  readonly #copies = new Map<string, ArrayBuffer>();
  #bytes = 0;

  constructor(maxBytes = Infinity) {
    this.maxBytes = maxBytes;
  }

  data({ dtype, size }: Tensor, bytes: Uint8Array): DataOf[DType] {
    const bits = dtype === 'int4' ? 4 : dtype === 'int2' ? 2 : 8;
    // Typed arrays need aligned offsets, which a file does not promise.
    if (bits === 8 && bytes.byteOffset % elementSize(dtype) === 0) {
      return viewOf(dtype, bytes.buffer as ArrayBuffer, bytes.byteOffset, size);
    }
    const key = `${bits} bits from ${bytes.byteOffset}, ${bytes.length} bytes`;
    let copy = this.#copies.get(key);
    if (copy === undefined) {
      this.#bytes += (bytes.length * 8) / bits;
      if (this.#bytes > this.maxBytes) {
        throw new LimitError(
          `the constants take ${this.#bytes} bytes, more than limits.tensorBytes = ${this.maxBytes}`,
        );
      }
      copy = bits === 8 ? (bytes.slice().buffer as ArrayBuffer) : unpack(bytes, bits);
      this.#copies.set(key, copy);
    }
    return viewOf(dtype, copy, 0, size);
  }
}

/** Signed values of 4 or 2 bits, the first in the low bits of a byte. */
function unpack(bytes: Uint8Array, bits: number): ArrayBuffer {
  const perByte = 8 / bits;
  const values = new Int8Array(bytes.length * perByte);
  for (let i = 0; i < values.length; i++) {
    const low = bits * (i % perByte);
    values[i] = (bytes[Math.floor(i / perByte)]! << (32 - bits - low)) >> (32 - bits);
  }
  return values.buffer;
}

/** Each tensor is written once, before it is read: by a node, or because it is an input, a constant or a variable. */
function checkDataFlow({ inputs, outputs, operators, place }: Subgraph, tensors: readonly TensorSpec[]) {
  const writtenBy = new Map<number, number>();
  for (const { index, constant, isVariable } of tensors) if (constant || isVariable) writtenBy.set(index, BEFORE);
  for (const i of inputs) {
    const tensor = tensors[i]!;
    if (tensor.constant) {
      throw new ModelError(`${named(tensor)} is a graph input and a constant at once`, { ...tensor.place, tensor: i });
    }
    writtenBy.set(i, BEFORE);
  }
  for (const operator of operators) {
    for (const i of operator.inputs) {
      if (i < 0 || writtenBy.has(i)) continue;
      if (operator.isCustom) throw scratchTensor(operator, tensors[i]!);
      throw wrongFlow(operator, tensors[i]!, 'reads', 'before anything has written it');
    }
    for (const i of operator.outputs) {
      const writer = writtenBy.get(i);
      if (writer === BEFORE)
        throw wrongFlow(operator, tensors[i]!, 'writes', 'which is an input, constant or variable');
      if (writer !== undefined) throw wrongFlow(operator, tensors[i]!, 'writes', `which node ${writer} writes too`);
      writtenBy.set(i, operator.index);
    }
  }
  outputs.forEach((i, o) => {
    if (writtenBy.has(i)) return;
    const path = `${place.path}.outputs[${o}]`;
    throw new ModelError(`nothing writes the graph output ${named(tensors[i]!)}`, { ...place, path, tensor: i });
  });
}

/** Of a node that is compiled for an accelerator that nobody here has heard of. */
function scratchTensor({ op, index, place }: OperatorSpec, tensor: TensorSpec): UnsupportedError {
  return new UnsupportedError(
    `${op} (node ${index}), a custom operator, has a scratch tensor, ${named(tensor)}, which nothing writes: so do nodes that are ` +
      `compiled for an accelerator; if it is one, ${BEFORE_COMPILING}`,
    { ...place, op, node: index, tensor: tensor.index },
  );
}

function wrongFlow({ op, index, place }: OperatorSpec, tensor: TensorSpec, verb: string, why: string): ModelError {
  return new ModelError(`${op} (node ${index}) ${verb} ${named(tensor)}, ${why}`, {
    ...place,
    op,
    node: index,
    tensor: tensor.index,
  });
}

function named({ index, name }: TensorSpec): string {
  return `tensor ${index} '${name}'`;
}
