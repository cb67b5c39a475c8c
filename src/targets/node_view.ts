/** A node with its tensors, as the file has them and as TensorFlow Lite Micro reads them. */
import type { Model, OperatorSpec, Subgraph, TensorSpec } from '../model/model.ts';

/** A node whose tensors are asked for by the names that its kernel has for them. */
export class NodeView {
  readonly operator: OperatorSpec;
  readonly inputs: readonly (TensorSpec | undefined)[];
  readonly outputs: readonly (TensorSpec | undefined)[];
  /** Those of the model, which control flow names by index. */
  readonly subgraphs: readonly Subgraph[];
  readonly #roles: ReadonlyMap<string, TensorSpec | undefined>;

  /** Names in the order of the node's inputs and outputs. */
  constructor(
    operator: OperatorSpec,
    { tensors }: Pick<Subgraph, 'tensors'>,
    { subgraphs }: Pick<Model, 'subgraphs'>,
    inputNames: readonly string[],
    outputNames: readonly string[],
  ) {
    this.operator = operator;
    this.subgraphs = subgraphs;
    this.inputs = operator.inputs.map((i) => tensors[i]);
    this.outputs = operator.outputs.map((i) => tensors[i]);
    this.#roles = new Map([
      ...inputNames.map((name, i) => [name, this.inputs[i]] as const),
      ...outputNames.map((name, i) => [name, this.outputs[i]] as const),
    ]);
  }

  /** undefined where the node lacks it. */
  tensor(role: string): TensorSpec | undefined {
    return this.#roles.get(role);
  }

  dtype(role: string): string | undefined {
    return this.tensor(role)?.dtype;
  }

  shape(role: string): readonly number[] {
    return this.tensor(role)?.shape ?? [];
  }

  /** Of the first channel, as kernels that know no channels read it; 0 without quantization. */
  scale(role: string): number {
    return scalesOf(this.tensor(role))[0] ?? 0;
  }

  zeroPoint(role: string): number {
    const tensor = this.tensor(role);
    return isQuantized(tensor) ? Number(tensor!.quantization!.zeroPoints[0]) : 0;
  }

  option(name: string): unknown {
    return this.operator.options[name];
  }

  /** The integers of a constant of int64, or of any other type as kernels read it: as int32. undefined where it is none. */
  values(role: string): readonly number[] | undefined {
    const tensor = this.tensor(role);
    if (!tensor?.constant?.length) return undefined;
    const { buffer, byteOffset, byteLength } = tensor.constant;
    const view = new DataView(buffer, byteOffset, byteLength);
    const wide = tensor.dtype === 'int64';
    return Array.from({ length: byteLength >> (wide ? 3 : 2) }, (_, i) =>
      wide ? Number(view.getBigInt64(8 * i, true)) : view.getInt32(4 * i, true),
    );
  }
}

/** TensorFlow Lite Micro takes a tensor for quantized that has scales and zero points. */
export function isQuantized(tensor: TensorSpec | undefined): boolean {
  const quantization = tensor?.quantization;
  return quantization !== undefined && quantization.scales.length > 0 && quantization.zeroPoints.length > 0;
}

export function scalesOf(tensor: TensorSpec | undefined): readonly number[] {
  return isQuantized(tensor) ? [...tensor!.quantization!.scales] : [];
}

export const isConstant = (tensor: TensorSpec | undefined) => (tensor?.constant?.length ?? 0) > 0;

/** Bytes that TensorFlow Lite Micro gives to an element; int4 is packed in files, and has a byte of its own in memory. */
const ELEMENT_BYTES: { readonly [dtype: string]: number } = {
  bool: 1,
  int4: 1,
  int8: 1,
  uint8: 1,
  int16: 2,
  uint16: 2,
  float16: 2,
  int32: 4,
  uint32: 4,
  float32: 4,
  resource: 4,
  int64: 8,
  uint64: 8,
  float64: 8,
};

/** What a tensor takes in memory; NaN of types that TensorFlow Lite Micro does not know. */
export function bytesOf(tensor: Pick<TensorSpec, 'shape' | 'dtype'> | undefined): number {
  const size = (tensor?.shape ?? []).reduce((product, dim) => product * dim, 1);
  return size * (ELEMENT_BYTES[tensor?.dtype ?? ''] ?? NaN);
}
