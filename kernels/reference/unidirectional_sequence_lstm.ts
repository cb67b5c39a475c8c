/**
 * UNIDIRECTIONAL_SEQUENCE_LSTM: for each step of a sequence, from input x, the last output h and the cell state c
 *
 *   i = sigmoid(Wi x + Ri h + Pi c + bi)       f = sigmoid(Wf x + Rf h + Pf c + bf)
 *   g = tanh(Wg x + Rg h + bg)                 c = clip(f * c + i * g)
 *   o = sigmoid(Wo x + Ro h + Po c + bo)       h = o * tanh(c), or clip(projection (o * tanh(c)) + its bias)
 *
 * x, h and weights are int8; c, the gates and the peephole weights P int16. Gates are Q(3) before sigmoid and tanh, Q(0)
 * after; c is Q(15 + log2 of its scale). Without Wi (CIFG) i = 1 - f. With layer normalization the sum, without its bias,
 * is brought to mean 0 and deviation 1, scaled by coefficients, and then gets its bias.
 *
 * Equals: EvalInteger8x8_16 of lstm_eval.cc with portable_tensor_utils.cc, including: peephole weights reach as many cells as
 * there are outputs, and with timeMajor count on over the cells of all batches. In profile tflm micro/kernels/lstm_eval.h,
 * which has the first form only (no CIFG, peephole, normalization or projection), int16's interpolated sigmoid and tanh,
 * and MUL's arithmetic between gates. Deviations: where there are more outputs than cells (upstream then runs past the
 * peephole weights), they reach the cells there are; tflm's int16 activations are refused.
 */
import {
  logistic16,
  logisticInt16,
  multiplyByQuantizedMultiplier,
  roundingDivideByPOT,
  tanh16,
  tanhInt16,
} from '../fixed_point.ts';
import { type Eval, type Node, operator } from '../kernel.ts';
import {
  type Activation,
  checkedLog2,
  convolutionMultiplier,
  mulMultiplier,
  type QuantizedMultiplier,
  quantizeMultiplier,
  SIGMOID_TABLE,
} from '../quantization.ts';
import { bindCentered, prepareCentered, prepareOffset } from '../shared/centered.ts';
import { normalize, prepareNormalization } from '../shared/layer_normalization.ts';
import {
  bindMatrices,
  bindProduct,
  type PreparedMatrices,
  prepareMatrices,
  prepareProduct,
} from '../shared/matrix_product.ts';
import type { Tensor } from '../tensor.ts';

interface Options {
  cellClip: number;
  projClip: number;
  timeMajor: boolean;
  fusedActivationFunction: Activation;
}

/** Where the inputs of the four gates begin, in the order input, forget, cell, output; the cell gate has no peephole. */
const INPUT_WEIGHTS = 1;
const RECURRENT_WEIGHTS = 5;
const PEEPHOLE_WEIGHTS = [9, 10, -1, 11];
const BIASES = 12;
const PROJECTION_WEIGHTS = 16;
const PROJECTION_BIAS = 17;
const OUTPUT_STATE = 18;
const CELL_STATE = 19;
const NORM_COEFFICIENTS = 20;

type Lstm = ReturnType<typeof prepare>;
type Gate = ReturnType<typeof prepareGate>;

function prepare(node: Node) {
  const { cellClip, projClip, timeMajor, fusedActivationFunction } = node.options<Options>();
  const { isMicro, singleRounding } = node;
  if (isMicro) prepareMicro(node, fusedActivationFunction);
  const input = node.input(0, 'int8');
  node.require(input.shape.length === 3, 'the input must have 3 dimensions');
  const [steps, batches] = timeMajor ? input.shape : [input.shape[1], input.shape[0]];
  const inputDepth = input.shape[2];
  const cells = node.input(INPUT_WEIGHTS + 3).shape[0] ?? 0;
  const outputs = node.input(RECURRENT_WEIGHTS + 3).shape[1] ?? 0;
  node.require(inputDepth > 0 && cells > 0 && outputs > 0, 'weights or input are empty');
  node.require(
    isMicro || node.intermediates.length === 5,
    `there are ${node.intermediates.length} intermediate tensors, not 5`,
  );
  node.require(cellClip >= 0 && projClip >= 0, 'a clip is negative');

  const outputState = prepareState(node, OUTPUT_STATE, 'int8', batches * outputs);
  const cellState = prepareState(node, CELL_STATE, 'int16', batches * cells);
  const { log2: cellScale, isPowerOfTwo } = checkedLog2(cellState.scale);
  node.require(isPowerOfTwo, `the cell state has scale ${cellState.scale}; it must be a power of two`);
  if (cellScale < -15 || cellScale > -9) node.unsupported(`a cell state of scale 2^${cellScale}`);
  const output = node.output(0, [...input.shape.slice(0, 2), outputs], 'int8');
  const cifg = !node.hasInput(INPUT_WEIGHTS);
  const peepholes = PEEPHOLE_WEIGHTS.filter((i) => i >= 0 && !(cifg && i === PEEPHOLE_WEIGHTS[0]));
  node.require(
    peepholes.every((i) => node.hasInput(i) === node.hasInput(PEEPHOLE_WEIGHTS[3])),
    'peephole weights are there for some gates only',
  );
  const sizes = { inputDepth, cells, outputs, group: timeMajor ? batches : 1 };
  const gate = (i: number) => prepareGate(node, i, input, outputState, cellScale, sizes);

  const hidden = isMicro ? outputState : node.intermediates[4]!;
  const projection = node.hasInput(PROJECTION_WEIGHTS)
    ? prepareProjection(node, hidden, outputState, cells, outputs)
    : undefined;
  node.require(projection !== undefined || outputs === cells, `${outputs} outputs of ${cells} cells need a projection`);
  const hiddenZeroPoint = 0 - prepareOffset(node, hidden);
  node.macs = steps * batches * (4 * cells * (inputDepth + outputs) + cells * outputs);
  return {
    ...sizes,
    x: prepareCentered(node, input, prepareOffset(node, input)),
    gates: { input: cifg ? undefined : gate(0), forget: gate(1), cell: gate(2), output: gate(3) },
    inputProduct: prepareProduct(node, inputDepth, cells, 'int32'),
    recurrentProduct: prepareProduct(node, outputs, cells, 'int32'),
    projection,
    outputState,
    cellState,
    output,
    steps,
    batches,
    timeMajor,
    stateOffset: prepareOffset(node, outputState),
    h: node.scratch('int16', sizes.group * outputs),
    hidden: quantizeMultiplier(
      isMicro ? 2 ** -30 / hidden.scale : Math.fround(2 ** -30 / hidden.scale),
      singleRounding,
    ),
    hiddenOffset: projection ? 0 - hiddenZeroPoint : hiddenZeroPoint,
    hiddenValues: node.scratch('int16', cells),
    cellIntegerBits: 15 + cellScale,
    cellClip: Math.trunc(
      Math.min(isMicro ? cellClip / cellState.scale : Math.fround(cellClip / cellState.scale), 32767),
    ),
    micro: isMicro ? prepareMicroScales(node, cellState.scale, cellScale) : undefined,
    projectionClip: Math.trunc(Math.min(Math.fround(projClip / output.scale), 127)),
  };
}

/** What TensorFlow Lite Micro does not have. */
function prepareMicro(node: Node, activation: Activation) {
  const coefficients = [0, 1, 2, 3].map((i) => NORM_COEFFICIENTS + i);
  const others = [...PEEPHOLE_WEIGHTS, PROJECTION_WEIGHTS, PROJECTION_BIAS, ...coefficients];
  if (!node.hasInput(INPUT_WEIGHTS) || others.some((i) => node.hasInput(i))) {
    node.unsupported(`profile ${node.profile} has no CIFG, peephole weights, layer normalization or projection`);
  }
  if (activation !== 'TANH') node.unsupported(`the fused activation is ${activation}; it can be TANH`);
}

function prepareMicroScales(node: Node, scale: number, log2: number) {
  const leftShift = 12 + log2; // from the cell state to Q(3)
  return {
    kept: quantizeMultiplier((2 ** -15 * scale) / scale, node.singleRounding),
    update: quantizeMultiplier((2 ** -15 * 2 ** -15) / scale, node.singleRounding),
    tanhMultiplier: leftShift < 0 ? 3 : 3 << leftShift,
    tanhShift: leftShift < 0 ? 0 - leftShift : 0,
  };
}

function prepareState<T extends 'int8' | 'int16'>(node: Node, i: number, dtype: T, size: number): Tensor<T> {
  const state = node.input(i, dtype);
  node.require(state.isVariable, `input ${i}, ${state}, is no variable`);
  node.require(state.size === size, `${state} has ${state.size} values where ${size} must be`);
  return state;
}

function prepareWeights(node: Node, i: number, rows: number, columns: number): Tensor<'int8'> {
  const weights = node.input(i, 'int8');
  const { shape } = weights;
  node.require(
    shape.length === 2 && shape[0] === rows && shape[1] === columns,
    `${weights} has shape [${shape}]; it must be [${rows}, ${columns}]`,
  );
  return weights;
}

function prepareVector<T extends 'int16' | 'int32'>(node: Node, i: number, dtype: T, size: number): Tensor<T> {
  const vector = node.input(i, dtype);
  node.require(vector.size === size, `${vector} has ${vector.size} values where ${size} must be`);
  return vector;
}

/** A matrix [rows, columns] whose rows are multiplied with a vector. */
function prepareMatrix(node: Node, weights: Tensor<'int8'>): PreparedMatrices {
  const [rows, columns] = weights.shape;
  const layout = { count: 1, stride: 0, depth: columns, depthStride: 1, columns: rows, columnStride: columns };
  return prepareMatrices(node, weights, 0, layout);
}

/** Gate i of input, forget, cell and output. */
function prepareGate(
  node: Node,
  i: number,
  input: Tensor,
  outputState: Tensor,
  cellScale: number,
  { inputDepth, cells, outputs, group }: { inputDepth: number; cells: number; outputs: number; group: number },
) {
  const { singleRounding } = node;
  const gateMultiplier = node.isMicro ? convolutionMultiplier : mulMultiplier;
  const normalized = node.hasInput(NORM_COEFFICIENTS + 1);
  const coefficients = normalized ? prepareVector(node, NORM_COEFFICIENTS + i, 'int16', cells) : undefined;
  const scale = normalized ? node.intermediates[i]!.scale : 2 ** -12;
  const inputWeights = prepareWeights(node, INPUT_WEIGHTS + i, cells, inputDepth);
  const recurrentWeights = prepareWeights(node, RECURRENT_WEIGHTS + i, cells, outputs);
  const peephole =
    i !== 2 && node.hasInput(PEEPHOLE_WEIGHTS[3])
      ? prepareVector(node, PEEPHOLE_WEIGHTS[i], 'int16', cells)
      : undefined;
  return {
    input: prepareMatrix(node, inputWeights),
    inputScale: quantizeMultiplier(gateMultiplier(inputWeights.scale, input.scale, scale), singleRounding),
    recurrent: prepareMatrix(node, recurrentWeights),
    recurrentScale: quantizeMultiplier(
      gateMultiplier(recurrentWeights.scale, outputState.scale, scale),
      singleRounding,
    ),
    peephole,
    peepholeScale:
      peephole && quantizeMultiplier(Math.fround((2 ** cellScale * peephole.scale) / scale), singleRounding),
    bias: prepareVector(node, BIASES + i, 'int32', cells),
    coefficients,
    norm: coefficients && prepareNormalization(node, coefficients),
    values: node.scratch('int16', group * cells),
  };
}

function prepareProjection(node: Node, hidden: Tensor, outputState: Tensor, cells: number, outputs: number) {
  const weights = prepareWeights(node, PROJECTION_WEIGHTS, outputs, cells);
  return {
    weights: prepareMatrix(node, weights),
    bias: node.hasInput(PROJECTION_BIAS) ? prepareVector(node, PROJECTION_BIAS, 'int32', outputs) : undefined,
    product: prepareProduct(node, cells, outputs, 'int32'),
    ...quantizeMultiplier(mulMultiplier(weights.scale, hidden.scale, outputState.scale), node.singleRounding),
  };
}

function bind(p: Lstm): Eval {
  const { timeMajor, batches, steps, group, inputDepth, outputs } = p;
  const x = bindCentered(p.x);
  const gates = {
    input: p.gates.input && bindGate(p, p.gates.input, x.values),
    forget: bindGate(p, p.gates.forget, x.values),
    cell: bindGate(p, p.gates.cell, x.values),
    output: bindGate(p, p.gates.output, x.values),
  };
  const evalOutput = bindOutput(p);
  const state = p.outputState.data;
  const output = p.output.data;
  const h = p.h.data;
  return () => {
    x.update();
    for (const gate of [gates.input, gates.forget, gates.cell, gates.output]) gate?.update();
    evalOutput.update();
    for (let first = 0; first < batches; first += group) {
      for (let t = 0; t < steps; t++) {
        const row = timeMajor ? Math.imul(t, batches) : (Math.imul(first, steps) + t) | 0;
        centerState(state, Math.imul(first, outputs), p.stateOffset, h);
        const xAt = Math.imul(row, inputDepth);
        gates.input?.evalGate(xAt, first);
        gates.forget.evalGate(xAt, first);
        gates.cell.evalGate(xAt, first);
        if (p.gates.input) sigmoid(p, p.gates.input.values.data);
        sigmoid(p, p.gates.forget.values.data);
        tanh(p, p.gates.cell.values.data);
        if (p.micro) updateCellMicro(p, p.micro, first);
        else updateCell(p, first);
        gates.output.evalGate(xAt, first);
        sigmoid(p, p.gates.output.values.data);
        evalOutput.evalGroup(first);
        copyState(state, Math.imul(first, outputs), Math.imul(group, outputs), output, Math.imul(row, outputs));
      }
    }
  };
}

function centerState(state: Int8Array, from: number, offset: number, h: Int16Array) {
  for (let i = 0; i < h.length; i++) h[i] = state[from + i] + offset;
}

function copyState(state: Int8Array, from: number, count: number, output: Int8Array, to: number) {
  for (let i = 0; i < count; i++) output[to + i] = state[from + i];
}

function sigmoid({ micro }: Lstm, values: Int16Array) {
  for (let i = 0; i < values.length; i++) {
    values[i] = micro ? logisticInt16(SIGMOID_TABLE, values[i], 3, 0) : logistic16(values[i], 3);
  }
}

function tanh({ micro }: Lstm, values: Int16Array) {
  for (let i = 0; i < values.length; i++) {
    values[i] = micro ? tanhInt16(SIGMOID_TABLE, values[i], 3, 0) : tanh16(values[i], 3);
  }
}

function clamp16(x: number): number {
  return Math.max(-0x8000, Math.min(0x7fff, x));
}

function rescale(x: number, { multiplier, shift, singleRounding }: QuantizedMultiplier): number {
  return multiplyByQuantizedMultiplier(x, multiplier, shift, singleRounding);
}

// ---- gates

/** Computes a gate, up to its sigmoid or tanh, for the batches of a group: x[xAt...], the state of batch `first` on. */
function bindGate(p: Lstm, gate: Gate, x: Int16Array) {
  const { cells, outputs, group, inputDepth } = p;
  const input = bindMatrices(gate.input);
  const recurrent = bindMatrices(gate.recurrent);
  const multiplyInput = bindProduct(p.inputProduct);
  const multiplyRecurrent = bindProduct(p.recurrentProduct);
  const inputSums = p.inputProduct.low.data;
  const recurrentSums = p.recurrentProduct.low.data;
  const h = p.h.data;
  const values = gate.values.data;
  const cellState = p.cellState.data;
  const biases = gate.bias.data;
  const inputBiases = gate.norm ? new Int32Array(cells) : biases; // with layer normalization the bias comes later
  const peephole = gate.peephole?.data;
  const peepholeScale = gate.peepholeScale;
  const { inputScale, recurrentScale, norm } = gate;
  const coefficients = gate.coefficients?.data;
  return {
    update: () => {
      input.update();
      recurrent.update();
    },
    evalGate: (xAt: number, first: number) => {
      for (let b = 0; b < group; b++) {
        multiplyInput(x, (xAt + Math.imul(b, inputDepth)) | 0, 1, input.packed, 0);
        multiplyRecurrent(h, Math.imul(b, outputs), 1, recurrent.packed, 0);
        const at = Math.imul(b, cells);
        addProducts(p, inputSums, inputBiases, inputScale, recurrentSums, recurrentScale, values, at);
      }
      if (peephole && peepholeScale) {
        addPeephole(p, peephole, peepholeScale, cellState, Math.imul(first, cells), values);
      }
      if (norm && coefficients) {
        for (let b = 0; b < group; b++) normalize(norm, coefficients, biases, values, Math.imul(b, cells));
      }
    },
  };
}

function addProducts(
  { cells, micro }: Lstm,
  inputSums: Int32Array,
  biases: Int32Array,
  inputScale: QuantizedMultiplier,
  recurrentSums: Int32Array,
  recurrentScale: QuantizedMultiplier,
  values: Int16Array,
  at: number,
) {
  for (let c = 0; c < cells; c++) {
    const sum = (inputSums[c] + biases[c]) | 0;
    const fromInput = clamp16(rescale(sum, inputScale));
    const scaled = rescale(recurrentSums[c], recurrentScale);
    values[at + c] = clamp16(((micro ? clamp16(scaled) : scaled) + fromInput) | 0);
  }
}

function addPeephole(
  { cells, outputs, group }: Lstm,
  weights: Int16Array,
  scale: QuantizedMultiplier,
  cellState: Int16Array,
  from: number,
  values: Int16Array,
) {
  const reach = Math.min(outputs, cells);
  for (let b = 0; b < group; b++) {
    for (let v = 0, i = Math.imul(b, reach); v < reach; v++, i++) {
      const product = rescale(Math.imul(weights[v], cellState[from + i]), scale);
      values[i] = clamp16((product + values[i]) | 0);
    }
  }
}

// ---- cell and output

function updateCell({ gates, cellState, cells, group, cellIntegerBits, cellClip }: Lstm, first: number) {
  const input = gates.input?.values.data;
  const forget = gates.forget.values.data;
  const cell = gates.cell.values.data;
  const state = cellState.data;
  const from = Math.imul(first, cells);
  const shift = (15 + cellIntegerBits) | 0; // Q(0) * Q(0) to the cell state's
  for (let i = 0; i < Math.imul(group, cells); i++) {
    const kept = (roundingDivideByPOT(Math.imul(forget[i], state[from + i]), 15) << 16) >> 16;
    const share = input ? input[i] : 0x7fff - forget[i];
    const update = (roundingDivideByPOT(Math.imul(share, cell[i]), shift) << 16) >> 16;
    const sum = clamp16((kept + update) | 0);
    state[from + i] = cellClip > 0 ? Math.max(0 - cellClip, Math.min(cellClip, sum)) : sum;
  }
}

/** The same with MUL's arithmetic, which rounds twice and saturates. */
function updateCellMicro(
  { gates, cellState, cells, group, cellClip }: Lstm,
  { kept, update }: NonNullable<Lstm['micro']>,
  first: number,
) {
  const input = gates.input!.values.data;
  const forget = gates.forget.values.data;
  const cell = gates.cell.values.data;
  const state = cellState.data;
  const from = Math.imul(first, cells);
  for (let i = 0; i < Math.imul(group, cells); i++) {
    const old = Math.imul(forget[i], state[from + i]);
    const share = Math.imul(input[i], cell[i]);
    const a = clamp16(rescale(old, kept));
    const b = clamp16(rescale(share, update));
    const sum = clamp16((a + b) | 0);
    state[from + i] = cellClip > 0 ? Math.max(0 - cellClip, Math.min(cellClip, sum)) : sum;
  }
}

/** From the cell state and the output gate to the output state. */
function bindOutput(p: Lstm) {
  const { cells, outputs, group, projection } = p;
  const gate = p.gates.output.values.data;
  const cellState = p.cellState.data;
  const hidden = p.hiddenValues.data;
  const state = p.outputState.data;
  const weights = projection && bindMatrices(projection.weights);
  const multiply = projection && bindProduct(projection.product);
  const biases = projection?.bias?.data ?? new Int32Array(outputs);
  return {
    update: () => weights?.update(),
    evalGroup: (first: number) => {
      for (let b = 0; b < group; b++) {
        const to = Math.imul(first + b, outputs);
        evalHidden(p, gate, Math.imul(b, cells), cellState, Math.imul(first + b, cells), hidden);
        if (!projection || !multiply || !weights) copyHidden(hidden, state, to);
        else {
          multiply(hidden, 0, 1, weights.packed, 0);
          evalProjection(p, projection, projection.product.low.data, biases, state, to);
        }
      }
    },
  };
}

/** o * tanh(c), as int8; for the projection its zero point is taken off again. */
function evalHidden(
  p: Lstm,
  gate: Int16Array,
  gateAt: number,
  cellState: Int16Array,
  stateAt: number,
  values: Int16Array,
) {
  const { cells, cellIntegerBits, hidden, hiddenOffset, projection, micro } = p;
  const back = projection ? hiddenOffset : 0;
  for (let c = 0; c < cells; c++) {
    const state = cellState[stateAt + c];
    const tanhOfState = micro
      ? tanhInt16(SIGMOID_TABLE, state, micro.tanhMultiplier, micro.tanhShift)
      : tanh16(state, cellIntegerBits);
    const product = Math.imul(gate[gateAt + c], tanhOfState);
    const scaled = (rescale(product, hidden) + hiddenOffset) | 0;
    values[c] = Math.max(-128, Math.min(127, scaled)) - back;
  }
}

function copyHidden(hidden: Int16Array, state: Int8Array, to: number) {
  for (let c = 0; c < hidden.length; c++) state[to + c] = hidden[c];
}

function evalProjection(
  { outputs, stateOffset, projectionClip: clip }: Lstm,
  scale: QuantizedMultiplier,
  sums: Int32Array,
  biases: Int32Array,
  state: Int8Array,
  to: number,
) {
  for (let o = 0; o < outputs; o++) {
    const scaled = rescale((sums[o] + biases[o]) | 0, scale);
    const value = Math.max(-128, Math.min(127, (scaled - stateOffset) | 0));
    state[to + o] = clip > 0 ? Math.max(0 - clip, Math.min(clip, value)) : value;
  }
}

export const UNIDIRECTIONAL_SEQUENCE_LSTM = operator(prepare, bind);
