/**
 * SVDF, a recurrent layer of rank `rank`: each of its filters is a dot product with the input, kept for `memory` steps, and
 * a dot product over these steps.
 *
 *   state: shifted by one element to the left; then, for filter f of batch b,
 *   state[b, f, memory - 1] = clamp(requantize(sum over i of weightsFeature[f, i] * (input[b, i] + inputOffset)))
 *   output[b, u] = requantize(bias[u] + sum over the filters f of unit u and over m of state[b, f, m] * weightsTime[f, m])
 *
 * State and weightsTime are int16; in profile tflm they may be int8, the state with a zero point. The fused activation is
 * not looked at: upstream clamps to int8 alone.
 *
 * Equals: reference/svdf.h; in profile tflm micro/kernels/svdf_common.cc. Deviations: none.
 */
import { multiplyByQuantizedMultiplier } from '../fixed_point.ts';
import { type Eval, type Node, operator } from '../kernel.ts';
import { mulMultiplier, quantizeMultiplier, typeRange } from '../quantization.ts';
import { prepareOffset } from '../shared/centered.ts';

interface Options {
  rank: number;
}

type Svdf = ReturnType<typeof prepare>;

function prepare(node: Node) {
  const { rank } = node.options<Options>();
  const input = node.input(0, 'int8');
  const weightsFeature = node.input(1, 'int8');
  const stateTypes = node.isMicro ? (['int16', 'int8'] as const) : (['int16'] as const);
  const weightsTime = node.input(2, ...stateTypes);
  const bias = node.optionalInput(3, 'int32');
  const state = node.input(4, weightsTime.dtype);
  node.require(state.isVariable, `the state, ${state}, is no variable`);
  for (const tensor of [input, weightsFeature, weightsTime, state]) {
    node.require(tensor.shape.length === 2, `${tensor} must have 2 dimensions`);
  }
  const [batches, inputSize] = input.shape;
  const [filters, featureSize] = weightsFeature.shape;
  const [timeFilters, memory] = weightsTime.shape;
  node.require(rank > 0 && filters % rank === 0, `${filters} filters do not fall into units of rank ${rank}`);
  const units = filters / rank;
  node.require(inputSize === featureSize, `${inputSize} inputs, but filters of ${featureSize}`);
  node.require(
    timeFilters === filters && memory > 0,
    `weights over time of [${weightsTime.shape}] for ${filters} filters`,
  );
  node.require(!bias || bias.size === units, `the bias has ${bias?.size} values for ${units} units`);
  node.require(
    state.shape[0] === batches && state.shape[1] === filters * memory,
    `a state of [${state.shape}] for ${batches} batches of ${filters} filters and ${memory} steps`,
  );
  const output = node.output(0, [batches, units], 'int8');
  node.macs = batches * filters * (inputSize + memory);
  return {
    input,
    weightsFeature,
    weightsTime,
    bias,
    state,
    output,
    batches,
    inputSize,
    units,
    rank,
    filters,
    memory,
    inputOffset: prepareOffset(node, input),
    stateOffset: prepareOffset(node, state),
    stateRange: typeRange(state.dtype),
    outputOffset: 0 - prepareOffset(node, output),
    feature: quantizeMultiplier(mulMultiplier(input.scale, weightsFeature.scale, state.scale), node.singleRounding),
    time: quantizeMultiplier(mulMultiplier(state.scale, weightsTime.scale, output.scale), node.singleRounding),
    /** The filters' sums over time, of one batch. */
    sums: node.scratch('int32', filters),
  };
}

function bind(p: Svdf): Eval {
  const input = p.input.data;
  const weightsFeature = p.weightsFeature.data;
  const weightsTime = p.weightsTime.data;
  const state = p.state.data;
  const output = p.output.data;
  const biases = p.bias?.data;
  const sums = p.sums.data;
  return () => {
    state.copyWithin(0, 1);
    for (let b = 0; b < p.batches; b++) {
      evalFeature(p, input, weightsFeature, state, b);
      evalTime(p, weightsTime, state, b, sums);
      evalUnits(p, sums, biases, output, b);
    }
  };
}

function evalFeature(p: Svdf, input: Int8Array, weights: Int8Array, state: Int16Array | Int8Array, b: number) {
  const { inputSize, filters, memory, inputOffset, stateOffset, feature, stateRange } = p;
  const { multiplier, shift, singleRounding } = feature;
  const from = Math.imul(b, inputSize);
  for (let f = 0; f < filters; f++) {
    const row = Math.imul(f, inputSize);
    let sum = 0;
    for (let i = 0; i < inputSize; i++) sum = (sum + Math.imul(weights[row + i], input[from + i] + inputOffset)) | 0;
    const scaled = multiplyByQuantizedMultiplier(sum, multiplier, shift, singleRounding);
    const newest = Math.imul(Math.imul(b, filters) + f + 1, memory) - 1;
    state[newest] = Math.min(Math.max(scaled, stateRange.min), stateRange.max) - stateOffset;
  }
}

/** int16, or int8 in profile tflm: rarely both in one program. */
function evalTime(
  { filters, memory, stateOffset }: Svdf,
  weights: Int16Array | Int8Array,
  state: Int16Array | Int8Array,
  b: number,
  sums: Int32Array,
) {
  for (let f = 0; f < filters; f++) {
    const row = Math.imul(f, memory);
    const from = Math.imul(Math.imul(b, filters) + f, memory);
    let sum = 0;
    for (let m = 0; m < memory; m++) sum = (sum + Math.imul(weights[row + m], state[from + m] + stateOffset)) | 0;
    sums[f] = sum;
  }
}

function evalUnits(p: Svdf, sums: Int32Array, biases: Int32Array | undefined, output: Int8Array, b: number) {
  const { units, rank, outputOffset, time } = p;
  const { multiplier, shift, singleRounding } = time;
  for (let u = 0; u < units; u++) {
    let sum = biases ? biases[u] : 0;
    for (let f = Math.imul(u, rank); f < Math.imul(u + 1, rank); f++) sum = (sum + sums[f]) | 0;
    const scaled = multiplyByQuantizedMultiplier(sum, multiplier, shift, singleRounding);
    output[Math.imul(b, units) + u] = Math.min(Math.max((scaled + outputOffset) | 0, -128), 127);
  }
}

export const SVDF = operator(prepare, bind);
