/**
 * What TensorFlow Lite Micro gives to CMSIS-NN: the kernels of tensorflow/lite/micro/kernels/cmsis_nn, August 2026 (commit
 * 90b983c). All other operators run its reference kernels there, too.
 */
import type { Model, OperatorSpec, Subgraph } from '../model/model.ts';
import {
  alike,
  type Condition,
  type MicroKernel,
  objectionOf,
  same,
  unless,
  where,
  zeroPoint,
} from './micro_kernel.ts';
import { scalesOf } from './node_view.ts';

/** Dimensions of 1 in front do not count. */
const noBroadcast = unless((node) => {
  const trimmed = (role: string) => node.shape(role).slice(node.shape(role).findIndex((dim) => dim !== 1));
  return alike(trimmed('input1'), trimmed('input2'));
}, 'its kernels do not broadcast');

const binary = (types: string, ...conditions: Condition[]): MicroKernel => ({
  inputs: 'input1 input2 ...',
  outputs: 'output',
  types: same(types, 'input1 input2 output'),
  conditions,
});

const first = (types: string, inputs = 'input ...'): MicroKernel => ({
  inputs,
  outputs: 'output',
  types: same(types, 'input'),
});

const convolution = (inputs: string, types: string): MicroKernel => ({ ...first(types, inputs) });

/** What it has kernels for. */
const KERNELS: { readonly [op: string]: MicroKernel } = {
  ADD: binary('int8 int16', noBroadcast),
  AVERAGE_POOL_2D: first('int8 int16'),
  BATCH_MATMUL: binary('int8 int16'),
  CONV_2D: convolution('input filter bias?', 'int8 int16'),
  DEPTHWISE_CONV_2D: convolution('input filter bias?', 'int8 int16'),
  FULLY_CONNECTED: convolution('input filter bias? ...', 'int8 int16'),
  MAXIMUM: binary('int8'),
  MAX_POOL_2D: first('int8 int16'),
  MINIMUM: binary('int8'),
  MUL: binary('int8 int16', noBroadcast),
  PAD: first('int8'),
  PADV2: first('int8'),
  SOFTMAX: first('int8 int16'),
  SVDF: first('int8'),
  TRANSPOSE: first('int8'),
  TRANSPOSE_CONV: convolution('outputShape filter input bias?', 'int8'),
  UNIDIRECTIONAL_SEQUENCE_LSTM: first('int8 int16'),
};

const symmetric = where('input', 'int16', zeroPoint(0, 'input', 'output'));

/** What its wrappers ask for on top of what the reference kernels do. */
const WRAPPERS: { readonly [op: string]: MicroKernel } = {
  ADD: {
    ...binary('float32 int8 int16 int32'),
    conditions: where('input1', 'int16', zeroPoint(0, 'input1', 'input2', 'output')),
  },
  BATCH_MATMUL: {
    ...binary('float32 int8 int16'),
    conditions: ['input1', 'input2'].map((role) =>
      unless((node) => node.shape(role).length <= 4, `${role} may have at most 4 dimensions`),
    ),
  },
  CONV_2D: { ...first('float32 int8 int16'), conditions: symmetric },
  DEPTHWISE_CONV_2D: {
    inputs: 'input ...',
    outputs: 'output',
    types: same('float32 int8 int16', 'input output'),
    conditions: symmetric,
  },
  FULLY_CONNECTED: {
    ...first('float32 int8 int16', 'input filter bias? ...'),
    conditions: [
      ...symmetric,
      ...where(
        'input',
        'int16',
        unless(
          (node) => scalesOf(node.tensor('filter')).length <= 1,
          'an int16 layer must have one scale for its filter, not one for each channel',
        ),
        unless((node) => node.dtype('bias') !== 'int32', 'it reads an int32 bias as int64'),
      ),
    ],
  },
  TRANSPOSE: {
    ...first('float32 int8 int16'),
    conditions: where(
      'input',
      'int8',
      unless((node) => node.shape('input').length <= 4, 'input may have at most 4 dimensions'),
    ),
  },
};

const asked =
  (kernels: { readonly [op: string]: MicroKernel }) => (operator: OperatorSpec, subgraph: Subgraph, model: Model) => {
    const { op, isCustom } = operator;
    if (isCustom || !Object.hasOwn(kernels, op)) return undefined;
    return objectionOf(kernels[op]!, operator, subgraph, model)?.text;
  };

/** Whether CMSIS-NN has kernels for any node of this operator. */
export const isInCmsisNn = ({ op, isCustom }: Pick<OperatorSpec, 'op' | 'isCustom'>) =>
  !isCustom && Object.hasOwn(KERNELS, op);

/** Why a node of an operator that CMSIS-NN has is computed by the reference kernel; undefined where CMSIS-NN computes it. */
export const cmsisNnObjection = asked(KERNELS);

/** Why TensorFlow Lite Micro refuses or misreads a node when it is built with CMSIS-NN, which it takes without. */
export const cmsisNnRefusal = asked(WRAPPERS);
