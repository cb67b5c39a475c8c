/** Small models, written down: for tests of what reads and runs whole files. */
import { buildModel } from '../../src/model/builder.ts';

export interface SmallTensor {
  name?: string;
  type: 'INT8' | 'UINT8' | 'INT16' | 'INT32' | 'INT64' | 'FLOAT32' | 'FLOAT16';
  shape: readonly number[];
  shapeSignature?: readonly number[];
  scale?: number | readonly number[];
  zeroPoint?: number | readonly number[];
  dimension?: number;
  /** A constant's bytes. */
  data?: ArrayLike<number>;
  isVariable?: boolean;
  min?: number;
  max?: number;
}

export interface SmallNode {
  op: string;
  /** The name of the operator where op is CUSTOM. */
  customCode?: string;
  customOptions?: Uint8Array;
  version?: number;
  inputs: readonly number[];
  outputs: readonly number[];
  intermediates?: readonly number[];
  options?: readonly [type: string, values: object];
}

export interface SmallModel {
  tensors: readonly SmallTensor[];
  nodes: readonly SmallNode[];
  inputs: readonly number[];
  outputs: readonly number[];
  description?: string;
  signature?: { inputs: Readonly<Record<string, number>>; outputs: Readonly<Record<string, number>> };
  metadata?: Readonly<Record<string, Uint8Array>>;
}

/** The bytes of a .tflite file. */
export function smallModel({ tensors, nodes, inputs, outputs, ...rest }: SmallModel): Uint8Array {
  const buffers: { data?: Uint8Array }[] = [{}];
  const store = (data: ArrayLike<number>) => buffers.push({ data: Uint8Array.from(data) }) - 1;
  const maps = (names: Readonly<Record<string, number>>) =>
    Object.entries(names).map(([name, tensorIndex]) => ({ name, tensorIndex }));
  return buildModel({
    version: 3,
    description: rest.description ?? 'MLIR Converted.',
    operatorCodes: nodes.map(({ op, customCode, version = 1 }) => ({ builtinCode: op as 'ADD', customCode, version })),
    subgraphs: [
      {
        inputs,
        outputs,
        tensors: tensors.map(
          ({ name, type, shape, shapeSignature, data, isVariable, scale, zeroPoint = 0, dimension = 0, ...t }, i) => ({
            name: name ?? `t${i}`,
            type,
            shape,
            shapeSignature,
            buffer: data ? store(data) : 0,
            isVariable,
            quantization:
              scale === undefined
                ? undefined
                : {
                    scale: [scale].flat(),
                    zeroPoint: [scale].flat().map((_, c) => BigInt([zeroPoint].flat()[c] ?? [zeroPoint].flat()[0]!)),
                    quantizedDimension: dimension,
                    ...(t.min !== undefined && t.max !== undefined && { min: [t.min], max: [t.max] }),
                  },
          }),
        ),
        operators: nodes.map(({ inputs: from, outputs: to, intermediates, options, customOptions }, opcodeIndex) => ({
          opcodeIndex,
          inputs: from,
          outputs: to,
          intermediates,
          customOptions,
          ...(options && { builtinOptionsType: options[0] as 'AddOptions', builtinOptions: options[1] as object }),
        })),
      },
    ],
    signatureDefs: rest.signature && [
      { signatureKey: 'serving_default', inputs: maps(rest.signature.inputs), outputs: maps(rest.signature.outputs) },
    ],
    metadata: Object.entries(rest.metadata ?? {}).map(([name, data]) => ({ name, buffer: store(data) })),
    buffers,
  });
}

/** input -> RESHAPE -> output: what comes out is what went in, one list of `size` values. */
export function reshapeModel(input: SmallTensor, more: Partial<SmallModel> = {}): Uint8Array {
  const size = input.shape.reduce((product, dim) => product * dim, 1);
  return smallModel({
    tensors: [input, { ...input, name: 'list', shape: [1, size], shapeSignature: [1, size] }],
    nodes: [{ op: 'RESHAPE', inputs: [0], outputs: [1], options: ['ReshapeOptions', { newShape: [1, size] }] }],
    inputs: [0],
    outputs: [1],
    ...more,
  });
}
