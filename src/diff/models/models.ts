/** The model of each operator, made for a node as it ran. */
import type { Profile } from '../../../kernels/kernel.ts';
import type { ExpectedRounding } from '../arithmetic.ts';
import type { VariantModel } from '../hypothesis.ts';
import type { NodeCase } from '../node_case.ts';
import { activationModel } from './activation.ts';
import { addModel } from './add.ts';
import { linearModel } from './linear.ts';
import { meanModel } from './mean.ts';
import { mulModel } from './mul.ts';
import { poolingModel } from './pooling.ts';
import { dequantizeModel, quantizeModel } from './quantize.ts';
import { RECORDED_OPS, recordedModel } from './recorded.ts';
import { transposeConvModel } from './transpose_conv.ts';

type ModelOf = (node: NodeCase, rounding: ExpectedRounding) => VariantModel | undefined;

const MODELS: { readonly [op: string]: ModelOf } = {
  CONV_2D: linearModel,
  DEPTHWISE_CONV_2D: linearModel,
  FULLY_CONNECTED: linearModel,
  AVERAGE_POOL_2D: poolingModel,
  MAX_POOL_2D: poolingModel,
  MEAN: meanModel,
  ADD: addModel,
  SUB: addModel,
  MUL: mulModel,
  QUANTIZE: quantizeModel,
  DEQUANTIZE: dequantizeModel,
  SOFTMAX: activationModel,
  LOGISTIC: activationModel,
  TANH: activationModel,
  HARD_SWISH: activationModel,
  RELU: activationModel,
  RELU6: activationModel,
  RELU_N1_TO_1: activationModel,
  RELU_0_TO_1: activationModel,
  LEAKY_RELU: activationModel,
  TRANSPOSE_CONV: transposeConvModel,
};

/** Whether an operator's own arithmetic is modelled, and not only where its output is put. */
export function hasErrorModel(op: string): boolean {
  return Object.hasOwn(MODELS, op) || RECORDED_OPS.includes(op);
}

/** The roundings that a node may have under a profile, the likeliest first. */
function roundingsOf(op: string, profile: Profile): readonly ExpectedRounding[] {
  if (op === 'FULLY_CONNECTED' && profile === 'tflite') return ['float64', 'double', 'reduced'];
  return profile === 'single-rounding' ? ['single', 'reduced', 'double'] : ['double', 'reduced', 'float64'];
}

/**
 * The node's model, which gives the values that ran if nothing is wrong; where an operator's own does not, because the
 * node has something that it knows nothing of, and for all other operators, one that knows whole outputs alone.
 */
export function modelOf(node: NodeCase, profile: Profile): VariantModel | undefined {
  const make = Object.hasOwn(MODELS, node.op) ? MODELS[node.op] : undefined;
  for (const rounding of make ? roundingsOf(node.op, profile) : []) {
    const model = make!(node, rounding);
    if (model && givesOwn(model, node)) return model;
  }
  return node.target === 'real' && node.output.dtype !== 'float32' ? undefined : recordedModel(node);
}

const CHECKED = 500;

function givesOwn(model: VariantModel, { output, target }: NodeCase): boolean {
  const { length } = output.data;
  const count = Math.min(length, CHECKED);
  const positions = Int32Array.from({ length: count }, (_, i) => Math.floor((i * length) / count));
  const values = model.evaluate(model.rightChoice, positions);
  const { quantization } = output.tensor;
  const isInteger = output.dtype !== 'float32';
  return positions.every((position, i) => {
    const own = Number(output.data[position]!);
    if (target === 'quantized' || !isInteger) return values[i] === own;
    return values[i] === Math.fround(quantization!.scales[0]! * (own - quantization!.zeroPoints[0]!));
  });
}
