/** Single operators at shapes that real layers have: of MobileNet v1 and v2, ResNet-8, a keyword spotter, an autoencoder. */
import { crc32 } from 'node:zlib';
import type { KernelSet } from '../kernels/kernel.ts';
import * as reference from '../kernels/reference/index.ts';
import { bytesOf, type DType, type Quantization, Tensor, viewOf } from '../kernels/tensor.ts';
import { Executor } from '../src/runtime/executor.ts';
import type { Case } from './measure.ts';

/** An operator and its tensors; all with scales as real layers have them. */
export interface KernelCase {
  readonly name: string;
  readonly op: string;
  readonly options?: object;
  readonly inputs: readonly TensorCase[];
  readonly output: DType;
  /** Nodes in a row, each of which reads what the one before has written; a time is that of one. */
  readonly nodes?: number;
}

interface TensorCase {
  readonly dtype: DType;
  readonly shape: readonly number[];
  /** Weights, biases, axes: all the others are filled at random. */
  readonly values?: readonly number[] | 'weights' | 'bias';
}

const activation = (dtype: DType, ...shape: number[]): TensorCase => ({ dtype, shape });
const list = (...values: number[]): TensorCase => ({ dtype: 'int32', shape: [values.length], values });

/** Dimensions of an image: height, width, channels. */
type Image = readonly [height: number, width: number, channels: number];

interface Window {
  readonly size: readonly [height: number, width: number];
  readonly stride?: number;
}

const text = (image: readonly number[]) => image.join('x');
const strided = (stride: number) => (stride > 1 ? `, stride ${stride}` : '');

function conv(dtype: DType, image: Image, { size, stride = 1 }: Window, outputDepth: number): KernelCase {
  return {
    name: `CONV_2D ${dtype} ${text(size)}${strided(stride)}, ${text(image)} -> ${outputDepth}`,
    op: 'CONV_2D',
    options: { strideH: stride, strideW: stride },
    inputs: [
      activation(dtype, 1, ...image),
      { dtype: dtype === 'uint8' ? 'uint8' : 'int8', shape: [outputDepth, ...size, image[2]], values: 'weights' },
      { dtype: dtype === 'int16' ? 'int64' : 'int32', shape: [outputDepth], values: 'bias' },
    ],
    output: dtype,
  };
}

function depthwise(dtype: DType, image: Image, { size, stride = 1 }: Window): KernelCase {
  const depth = image[2];
  return {
    name: `DEPTHWISE_CONV_2D ${dtype} ${text(size)}${strided(stride)}, ${text(image)}`,
    op: 'DEPTHWISE_CONV_2D',
    options: { strideH: stride, strideW: stride },
    inputs: [
      activation(dtype, 1, ...image),
      { dtype: dtype === 'uint8' ? 'uint8' : 'int8', shape: [1, ...size, depth], values: 'weights' },
      { dtype: dtype === 'int16' ? 'int64' : 'int32', shape: [depth], values: 'bias' },
    ],
    output: dtype,
  };
}

function dense(dtype: DType, depth: number, outputs: number): KernelCase {
  return {
    name: `FULLY_CONNECTED ${dtype} ${depth} -> ${outputs}`,
    op: 'FULLY_CONNECTED',
    inputs: [
      activation(dtype, 1, depth),
      { dtype: dtype === 'uint8' ? 'uint8' : 'int8', shape: [outputs, depth], values: 'weights' },
      { dtype: 'int32', shape: [outputs], values: 'bias' },
    ],
    output: dtype,
  };
}

/** An operator on one or more tensors of one shape. */
function pointwise(op: string, dtype: DType, shape: readonly number[], inputs = 1, output = dtype): KernelCase {
  return {
    name: `${op} ${dtype === output ? dtype : `${dtype} -> ${output}`} ${text(shape)}`,
    op,
    inputs: Array.from({ length: inputs }, () => activation(dtype, 1, ...shape)),
    output,
  };
}

function pool(op: string, image: Image, { size: [filterHeight, filterWidth], stride = 1 }: Window): KernelCase {
  return {
    name: `${op} int8 ${filterHeight}x${filterWidth}${strided(stride)}, ${text(image)}`,
    op,
    options: { padding: 'VALID', filterHeight, filterWidth, strideH: stride, strideW: stride },
    inputs: [activation('int8', 1, ...image)],
    output: 'int8',
  };
}

const point = { size: [1, 1] } as const;
const three = { size: [3, 3] } as const;

export const kernelCases: readonly KernelCase[] = [
  conv('int8', [112, 112, 16], point, 96),
  conv('int8', [56, 56, 144], point, 24),
  conv('int8', [28, 28, 192], point, 32),
  conv('int8', [28, 28, 96], point, 96),
  conv('int8', [14, 14, 96], point, 576),
  conv('int8', [14, 14, 576], point, 96),
  conv('int8', [7, 7, 960], point, 320),
  conv('int8', [7, 7, 320], point, 1280),
  conv('uint8', [14, 14, 96], point, 576),
  conv('uint8', [14, 14, 576], point, 96),
  conv('int16', [28, 28, 96], point, 96),
  conv('int8', [32, 32, 16], three, 16),
  conv('int8', [16, 16, 32], { ...three, stride: 2 }, 64),
  conv('int8', [8, 8, 64], three, 64),
  conv('uint8', [8, 8, 64], three, 64),
  conv('int16', [8, 8, 64], three, 64),
  conv('int8', [224, 224, 3], { ...three, stride: 2 }, 32),
  conv('uint8', [128, 128, 3], { ...three, stride: 2 }, 8),
  conv('int8', [49, 10, 1], { size: [10, 4], stride: 2 }, 64),
  depthwise('int8', [112, 112, 32], three),
  depthwise('int8', [56, 56, 144], three),
  depthwise('int8', [28, 28, 192], { ...three, stride: 2 }),
  depthwise('int8', [14, 14, 576], three),
  depthwise('int8', [7, 7, 960], three),
  depthwise('int8', [25, 5, 64], three),
  depthwise('uint8', [14, 14, 576], three),
  depthwise('int16', [14, 14, 576], three),
  dense('int8', 1280, 1001),
  dense('int8', 640, 128),
  dense('uint8', 1280, 1001),
  dense('int16', 640, 128),
  pointwise('ADD', 'int8', [56, 56, 24], 2),
  pointwise('ADD', 'uint8', [56, 56, 24], 2),
  pointwise('MUL', 'int8', [56, 56, 24], 2),
  pointwise('CONCATENATION', 'int8', [28, 28, 64], 2),
  pool('AVERAGE_POOL_2D', [7, 7, 1280], { size: [7, 7] }),
  pool('MAX_POOL_2D', [56, 56, 32], { size: [2, 2], stride: 2 }),
  {
    name: 'MEAN int8 7x7x1280',
    op: 'MEAN',
    inputs: [activation('int8', 1, 7, 7, 1280), list(1, 2)],
    output: 'int8',
  },
  {
    name: 'PAD int8 56x56x24 by 1',
    op: 'PAD',
    inputs: [activation('int8', 1, 56, 56, 24), { dtype: 'int32', shape: [4, 2], values: [0, 0, 1, 1, 1, 1, 0, 0] }],
    output: 'int8',
  },
  {
    name: 'RESIZE_BILINEAR int8 28x28x32 -> 56x56',
    op: 'RESIZE_BILINEAR',
    inputs: [activation('int8', 1, 28, 28, 32), list(56, 56)],
    output: 'int8',
  },
  pointwise('LOGISTIC', 'int8', [56, 56, 24]),
  pointwise('TANH', 'int8', [56, 56, 24]),
  pointwise('HARD_SWISH', 'int8', [56, 56, 24]),
  pointwise('SOFTMAX', 'int8', [1001]),
  pointwise('SOFTMAX', 'uint8', [1001]),
  pointwise('QUANTIZE', 'float32', [224, 224, 3], 1, 'int8'),
  pointwise('QUANTIZE', 'uint8', [224, 224, 3], 1, 'int8'),
  pointwise('DEQUANTIZE', 'int8', [1001], 1, 'float32'),
  // What a node costs that has next to nothing to do.
  { ...conv('int8', [1, 1, 8], point, 8), name: 'a node: CONV_2D int8 1x1, 1x1x8 -> 8', nodes: 500 },
  { ...pointwise('RELU', 'int8', [8]), name: 'a node: RELU int8 8', nodes: 500 },
];

/** What cases do not say otherwise: the options that their operators read. */
const OPTIONS = {
  padding: 'SAME',
  strideH: 1,
  strideW: 1,
  dilationHFactor: 1,
  dilationWFactor: 1,
  depthMultiplier: 1,
  fusedActivationFunction: 'NONE',
  quantizedBiasType: 'FLOAT32',
  weightsFormat: 'DEFAULT',
  keepNumDims: false,
  asymmetricQuantizeInputs: false,
  potScaleInt16: false,
  axis: 3,
  keepDims: true,
  beta: 1,
  alignCorners: false,
  halfPixelCenters: true,
};

const LIMITS = { tensorBytes: 2 ** 28, macs: 2 ** 32, iterations: 2 ** 20 };

/** Binds a case to a kernel set; `macs` are those of one of its nodes. Undefined where the set leaves it to the reference. */
export function kernelCase(
  it: KernelCase,
  kernels: string,
  kernelSet: KernelSet | undefined,
): (Case & { macs: number; nodes: number }) | undefined {
  const { op, options = {}, nodes: count = 1 } = it;
  const random = generator(it.name.length);
  const inputs = it.inputs.map((input, i) => tensorOf(input, i, random));
  const nodes = Array.from({ length: count }, (_, index) => {
    const output = new Tensor(inputs.length + index, 'output', it.output, [], quantizationOf(it));
    return {
      op,
      isCustom: false,
      index,
      version: 1,
      options: { ...OPTIONS, ...options },
      outputs: [output],
      intermediates: [],
    };
  });
  const given = inputs.filter(({ known }) => !known);
  const graph = {
    tensors: [...inputs, ...nodes.flatMap(({ outputs }) => outputs)],
    inputs: given,
    outputs: nodes.at(-1)!.outputs,
    variables: [],
    nodes: nodes.map((node, i) => ({
      ...node,
      inputs: i > 0 ? [nodes[i - 1].outputs[0], ...inputs.slice(1)] : inputs,
    })),
  };
  const executor = new Executor(graph, {
    profile: 'tflite',
    limits: LIMITS,
    operators: reference,
    customOps: {},
    kernelSet,
  });
  for (const { dtype, data } of given) {
    for (let i = 0; i < data.length; i++) data[i] = dtype === 'float32' ? 2 * random() - 1 : (256 * random()) | 0;
  }
  if (kernelSet && !executor.nodes[0].node.isOptimized) return undefined;
  return {
    name: it.name,
    kernels,
    macs: executor.macs / count,
    nodes: count,
    run: () => executor.run(),
    checksum: () => graph.outputs.reduce((sum, output) => crc32(bytesOf(output), sum), 0),
  };
}

const INPUT_SCALE = 0.02;
const WEIGHT_SCALE = 0.004;

function tensorOf({ dtype, shape, values }: TensorCase, index: number, random: () => number): Tensor {
  const tensor = new Tensor(
    index,
    'input',
    dtype,
    shape,
    values === undefined ? quantization(INPUT_SCALE, dtype) : weightScales(dtype, shape),
  );
  if (values === undefined) return tensor;
  tensor.data = viewOf(dtype, new ArrayBuffer(tensor.byteLength), 0, tensor.size);
  tensor.known = true;
  for (let i = 0; i < tensor.size; i++) {
    const value =
      values === 'weights'
        ? Math.floor(255 * random()) - 127
        : values === 'bias'
          ? Math.floor(4000 * random()) - 2000
          : values[i];
    tensor.data[i] = dtype === 'int64' ? BigInt(value) : value; // uint8 wraps
  }
  return tensor;
}

/** Weights of int8 have a scale for each channel; those of uint8 one, and a zero point. */
function weightScales(dtype: DType, shape: readonly number[]): Quantization | undefined {
  if (dtype === 'uint8') return quantization(WEIGHT_SCALE, dtype);
  if (dtype !== 'int8') return undefined;
  const dimension = shape.length === 4 && shape[0] === 1 ? 3 : 0;
  const channels = shape.length === 4 ? shape[dimension] : 1;
  const scales = Float32Array.from({ length: channels }, (_, c) => WEIGHT_SCALE * (0.5 + ((c * 7) % 16) / 16));
  return { scales, zeroPoints: new Int32Array(channels), dimension };
}

/** Of the output: sums of products cover its range. */
function quantizationOf({ op, output, inputs }: KernelCase): Quantization | undefined {
  if (output === 'float32') return undefined;
  if (op === 'LOGISTIC' || op === 'SOFTMAX') return quantization(1 / 256, output, output === 'int8' ? -128 : 0);
  if (op === 'TANH') return quantization(1 / 128, output, 0);
  const weights = inputs.find(({ values }) => values === 'weights');
  if (!weights) return quantization(['ADD', 'MUL'].includes(op) ? 2 * INPUT_SCALE : INPUT_SCALE, output);
  const terms = op === 'DEPTHWISE_CONV_2D' ? 9 : weights.shape.slice(1).reduce((product, dim) => product * dim, 1);
  return quantization(INPUT_SCALE * WEIGHT_SCALE * 70 * Math.sqrt(terms), output);
}

function quantization(
  scale: number,
  dtype: DType,
  zeroPoint = dtype === 'uint8' ? 125 : dtype === 'int8' ? -3 : 0,
): Quantization | undefined {
  if (dtype === 'float32') return undefined;
  return { scales: Float32Array.of(scale), zeroPoints: Int32Array.of(zeroPoint), dimension: 0 };
}

/** The same numbers from a seed in every run, from 0 to below 1 (xorshift32). */
function generator(seed: number): () => number {
  let state = seed + 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) / 2 ** 32;
  };
}
