/** Bytes -> Model: what the tables of the file mean, with every index, size and length checked. */
import { InputError, LimitError, ModelError, UnsupportedError } from '../../kernels/errors.ts';
import { MAX_RANK } from '../../kernels/kernel.ts';
import { elementSize, extentOf, isDType, type Quantization, sizeOf } from '../../kernels/tensor.ts';
import { readFlexbufferMap } from './flexbuffers.ts';
import type { Model, OperatorSpec, Place, Signature, Subgraph, TensorSpec } from './model.ts';
import { offsetOf, readModel } from './reader.ts';
import { builtinOperators, enums, layouts, type Table, type TableName } from './schema.ts';

const SCHEMA_VERSION = 3;

/**
 * Loads a .tflite file.
 *
 * @param bytes the whole file; it is copied, so that nothing changes the model afterwards
 * @throws ModelError with path and byte offset if the file is damaged or contradicts itself; UnsupportedError for what
 *   requant does not read (sparse tensors, data in other files); InputError if there are no bytes to read
 */
export function loadModel(bytes: Uint8Array | ArrayBuffer): Model {
  return new Loader(copyBytes(bytes)).model();
}

const BUFFERS = ['[object ArrayBuffer]', '[object SharedArrayBuffer]']; // also another window's

/** A model's bytes in memory that nobody else changes; throws an InputError if there are none. */
export function copyBytes(
  bytes: Uint8Array | ArrayBuffer,
  allocate = (length: number): ArrayBufferLike => new ArrayBuffer(length),
): Uint8Array {
  if (!ArrayBuffer.isView(bytes) && !BUFFERS.includes(Object.prototype.toString.call(bytes))) {
    throw new InputError(`a model is a Uint8Array or an ArrayBuffer, not ${bytes === null ? 'null' : typeof bytes}`);
  }
  try {
    const { byteLength } = bytes;
    const view = ArrayBuffer.isView(bytes)
      ? new Uint8Array(bytes.buffer, bytes.byteOffset, byteLength)
      : new Uint8Array(bytes);
    const copy = new Uint8Array(allocate(byteLength));
    copy.set(view);
    return copy;
  } catch (cause) {
    if (cause instanceof RangeError) throw new LimitError('there is no memory for a copy of the model', {}, { cause });
    throw new InputError("the model's bytes are gone: their ArrayBuffer was transferred", {}, { cause });
  }
}

class Loader {
  readonly #bytes: Uint8Array;
  readonly #file: Table<'Model'>;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
    this.#file = readModel(bytes);
  }

  model(): Model {
    const { version, description, metadata, signatureDefs } = this.#file;
    if (version !== SCHEMA_VERSION)
      fail('version', this.#file, `schema version ${version}; it must be ${SCHEMA_VERSION}`);
    const subgraphs = (this.#file.subgraphs ?? []).map((subgraph, i) => this.#subgraph(subgraph, i));
    if (subgraphs.length === 0) fail('subgraphs', this.#file, 'there is no subgraph');
    return {
      version,
      description: description ?? '',
      subgraphs,
      signatures: (signatureDefs ?? []).map((signature, i) =>
        this.#signature(signature, `signatureDefs[${i}]`, subgraphs),
      ),
      metadata: new Map(
        (metadata ?? []).map((entry, i) => [
          entry.name ?? '',
          this.#buffer(entry.buffer, `metadata[${i}].buffer`, entry) ?? new Uint8Array(0),
        ]),
      ),
    };
  }

  #subgraph(subgraph: Table<'SubGraph'>, index: number): Subgraph {
    const path = `subgraphs[${index}]`;
    const tensors = (subgraph.tensors ?? []).map((tensor, i) => this.#tensor(tensor, i, `${path}.tensors[${i}]`));
    const indices = (field: 'inputs' | 'outputs') =>
      tensorIndices(subgraph[field], tensors.length, `${path}.${field}`, subgraph);
    return {
      place: placeOf(path, subgraph),
      index,
      name: subgraph.name ?? '',
      tensors,
      inputs: indices('inputs'),
      outputs: indices('outputs'),
      operators: (subgraph.operators ?? []).map((operator, i) =>
        this.#operator(operator, i, `${path}.operators[${i}]`, tensors.length),
      ),
    };
  }

  #tensor(tensor: Table<'Tensor'>, index: number, path: string): TensorSpec {
    const name = tensor.name ?? '';
    const dtype = tensor.type.toLowerCase();
    const shape = Array.from(tensor.shape ?? []);
    if (shape.length > MAX_RANK) {
      const place = { tensor: index, ...placeOf(`${path}.shape`, tensor) };
      throw new UnsupportedError(`tensor ${index} has ${shape.length} dimensions; requant takes ${MAX_RANK}`, place);
    }
    const negative = shape.findIndex((dim) => dim < 0);
    if (negative >= 0) fail(`${path}.shape`, tensor, `dimension ${negative} of tensor '${name}' is ${shape[negative]}`);
    if (extentOf(shape) > Number.MAX_SAFE_INTEGER) fail(`${path}.shape`, tensor, `tensor '${name}' is [${shape}]`);
    const signature = Array.from(tensor.shapeSignature ?? []);
    if (tensor.sparsity) {
      const place = { tensor: index, ...placeOf(`${path}.sparsity`, tensor.sparsity) };
      throw new UnsupportedError(`tensor ${index} '${name}' is sparse; requant reads dense tensors only`, place);
    }
    if (tensor.externalBuffer !== 0) {
      const place = { tensor: index, ...placeOf(`${path}.externalBuffer`, tensor) };
      throw new UnsupportedError(
        `tensor ${index} '${name}' has its data in another file, which requant does not read`,
        place,
      );
    }
    const data = this.#buffer(tensor.buffer, `${path}.buffer`, tensor);
    const constant = tensor.isVariable ? undefined : data;
    if (constant && isDType(dtype)) {
      const bits = dtype === 'int4' ? 4 : dtype === 'int2' ? 2 : 8 * elementSize(dtype);
      const expected = Math.ceil((sizeOf(shape) * bits) / 8);
      if (constant.length !== expected) {
        const what = `tensor ${index} '${name}', ${dtype} [${shape}], takes ${expected} bytes`;
        fail(`${path}.buffer`, tensor, `${what}, and buffer ${tensor.buffer} has ${constant.length}`);
      }
    }
    return {
      place: placeOf(path, tensor),
      index,
      name,
      dtype,
      shape,
      shapeSignature: signature.length === shape.length ? signature : shape,
      quantization: tensor.quantization && readQuantization(tensor.quantization, `${path}.quantization`),
      min: Array.from(tensor.quantization?.min ?? []),
      max: Array.from(tensor.quantization?.max ?? []),
      isVariable: tensor.isVariable,
      buffer: tensor.buffer,
      constant,
    };
  }

  /** The bytes of a buffer, inside the flatbuffer or behind it in the file; undefined if it holds none. */
  #buffer(index: number, path: string, holder: object): Uint8Array | undefined {
    const { buffers = [] } = this.#file;
    if (index === 0 && buffers.length === 0) return undefined;
    const buffer = buffers[index];
    if (buffer === undefined) fail(path, holder, `there is no buffer ${index}: the file has ${buffers.length}`);
    const { data, offset, size } = buffer;
    if (data !== undefined && data.length > 0) return data;
    // Offsets 0 and 1 are placeholders of the format.
    return offset > 1n ? this.#beyond(offset, size, `buffers[${index}]`, buffer) : undefined;
  }

  /** Bytes that the file has at an absolute offset: files of more than 2 GB keep their data behind the flatbuffer. */
  #beyond(offset: bigint, size: bigint, path: string, holder: object): Uint8Array {
    if (offset + size > BigInt(this.#bytes.length)) {
      fail(path, holder, `${size} bytes from ${offset} on, in a file of ${this.#bytes.length}: is the file cut?`);
    }
    return this.#bytes.subarray(Number(offset), Number(offset + size));
  }

  #operator(operator: Table<'Operator'>, index: number, path: string, tensors: number): OperatorSpec {
    const { operatorCodes = [] } = this.#file;
    const code = operatorCodes[operator.opcodeIndex];
    if (code === undefined) {
      fail(
        `${path}.opcodeIndex`,
        operator,
        `there is no operator code ${operator.opcodeIndex}: the file has ${operatorCodes.length}`,
      );
    }
    const builtin = builtinName(code);
    const isCustom = builtin === 'CUSTOM';
    const { largeCustomOptionsOffset, largeCustomOptionsSize } = operator;
    const customOptions =
      operator.customOptions ??
      (largeCustomOptionsOffset > 1n
        ? this.#beyond(largeCustomOptionsOffset, largeCustomOptionsSize, `${path}.largeCustomOptionsOffset`, operator)
        : new Uint8Array(0));
    return {
      place: placeOf(path, operator),
      index,
      op: isCustom ? (code.customCode ?? '') : builtin,
      isCustom,
      version: code.version,
      inputs: tensorIndices(operator.inputs, tensors, `${path}.inputs`, operator, -1),
      outputs: tensorIndices(operator.outputs, tensors, `${path}.outputs`, operator),
      intermediates: tensorIndices(operator.intermediates, tensors, `${path}.intermediates`, operator),
      options: isCustom ? (readFlexbufferMap(customOptions) ?? {}) : readOptions(operator, builtin, path),
      customOptions,
    };
  }

  #signature(signature: Table<'SignatureDef'>, path: string, subgraphs: readonly Subgraph[]): Signature {
    const { subgraphIndex } = signature;
    const subgraph = subgraphs[subgraphIndex];
    if (subgraph === undefined) {
      fail(
        `${path}.subgraphIndex`,
        signature,
        `there is no subgraph ${subgraphIndex}: the file has ${subgraphs.length}`,
      );
    }
    const named = (field: 'inputs' | 'outputs') =>
      new Map(
        (signature[field] ?? []).map(({ name, tensorIndex }, i) => {
          if (tensorIndex >= subgraph.tensors.length) {
            fail(`${path}.${field}[${i}]`, signature, noTensor(tensorIndex, subgraph.tensors.length));
          }
          return [name ?? '', tensorIndex];
        }),
      );
    return {
      place: placeOf(path, signature),
      key: signature.signatureKey ?? '',
      subgraph: subgraphIndex,
      inputs: named('inputs'),
      outputs: named('outputs'),
    };
  }
}

/** Old files have the code in one byte, newer ones in the wider field; whichever is not in use holds less. */
function builtinName({ builtinCode, deprecatedBuiltinCode }: Table<'OperatorCode'>): string {
  const code = (enums.BuiltinOperator.names as readonly string[]).indexOf(builtinCode);
  if (code < 0 || code >= deprecatedBuiltinCode) return builtinCode;
  return enums.BuiltinOperator.names[deprecatedBuiltinCode]!;
}

/** The operator's own options table; with the schema's defaults where the file has none. */
function readOptions(operator: Table<'Operator'>, builtin: string, path: string): OperatorSpec['options'] {
  const expected: TableName | undefined = Object.hasOwn(builtinOperators, builtin)
    ? builtinOperators[builtin as keyof typeof builtinOperators]
    : undefined;
  for (const field of ['builtinOptions', 'builtinOptions2'] as const) {
    const options = operator[field];
    const type = operator[`${field}Type`];
    if (options === undefined || type === 'NONE') continue;
    // Operators without options of their own get all sorts of empty tables from converters.
    if (expected === undefined || layouts[expected].length === 0) return options;
    if (type !== expected)
      fail(`${path}.${field}`, operator, `${builtin} has options of type ${type}, not ${expected}`);
    return options;
  }
  return expected ? defaultsOf(expected) : {};
}

function defaultsOf(table: TableName): OperatorSpec['options'] {
  return Object.fromEntries(
    layouts[table].map((field) => {
      if (field.kind === 'enum') return [field.name, enums[field.enum].names[field.default]];
      return [field.name, field.kind === 'scalar' ? field.default : undefined];
    }),
  );
}

function readQuantization(table: Table<'QuantizationParameters'>, path: string): Quantization | undefined {
  const { scale, zeroPoint, quantizedDimension } = table;
  if (scale === undefined || scale.length === 0) return undefined;
  if (zeroPoint !== undefined && zeroPoint.length > 0 && zeroPoint.length !== scale.length) {
    fail(path, table, `${scale.length} scales and ${zeroPoint.length} zero points`);
  }
  // The dimension is not checked: real files have biases of shape [8] quantized along dimension 3, and TFLite takes them.
  const zeroPoints = new Int32Array(scale.length);
  zeroPoint?.forEach((zero, i) => {
    zeroPoints[i] = Number(zero);
    if (BigInt(zeroPoints[i]!) !== zero) fail(`${path}.zeroPoint[${i}]`, table, `zero point ${zero} is no int32`);
  });
  return { scales: scale, zeroPoints, dimension: quantizedDimension };
}

function tensorIndices(
  indices: Int32Array | undefined,
  tensors: number,
  path: string,
  holder: object,
  least = 0,
): readonly number[] {
  const list = Array.from(indices ?? []);
  const wrong = list.findIndex((i) => i < least || i >= tensors);
  if (wrong >= 0) fail(`${path}[${wrong}]`, holder, noTensor(list[wrong]!, tensors));
  return list;
}

function noTensor(index: number, tensors: number): string {
  return `there is no tensor ${index}: the subgraph has ${tensors}`;
}

function placeOf(path: string, table: object): Place {
  return { path, offset: offsetOf(table) };
}

function fail(path: string, table: object, problem: string): never {
  const place = placeOf(path, table);
  throw new ModelError(`${path} (table at byte ${place.offset}): ${problem}`, place);
}
