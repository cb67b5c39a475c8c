/**
 * What the XNNPACK delegate gives, which Python's Interpreter(model) puts in place of TFLite's kernels unless it is told not
 * to. Its formulas are in src/inspect/diff, among the ways in which others compute an operator.
 *
 * Equals: ai-edge-litert 2.3.0 on x86-64, for int8 and uint8 (test/oracle/runtimes.npz). Of the other operators that the
 * delegate takes there is no formula: they keep the reference's values, which are the same for pooling, LOGISTIC and TANH, and
 * not for QUANTIZE, RESIZE_BILINEAR, TRANSPOSE_CONV and LEAKY_RELU.
 */

import { modelOf } from '../diff/models/models.ts';
import { hasWeights } from '../model/operator_facts.ts';
import type { Target } from '../runtime/entry_point.ts';
import type { NodeInfo } from '../runtime/subgraph_runner.ts';
import type { OutputTensor, TensorData, TensorInfo } from '../runtime/tensor_info.ts';

/** Operators of which src/inspect/diff has the delegate's formula, as the hypothesis 'xnnpack'. */
const FORMULAS = ['CONV_2D', 'DEPTHWISE_CONV_2D', 'FULLY_CONNECTED', 'ADD', 'SUB', 'MUL', 'MEAN'];

/** Operators whose second input must be a constant for the delegate to take them. */
const NEEDS_CONSTANT = ['CONV_2D', 'DEPTHWISE_CONV_2D', 'FULLY_CONNECTED', 'MEAN'];

export class Xnnpack {
  /** The operators of the nodes that were computed so. */
  readonly operators = new Set<string>();
  readonly #target: Target;
  /** Tensors that are no constants. */
  readonly #variables: ReadonlySet<number>;

  constructor(target: Target) {
    this.#target = target;
    const written = target.nodes.flatMap(({ outputs }) => outputs);
    this.#variables = new Set([...target.inputs, ...written].map(({ index }) => index));
  }

  /**
   * XNNPACK's values of what a node has just written in the profile tflite, on the inputs that it had; undefined where there
   * is no formula, or the delegate leaves the node to TFLite's kernels.
   */
  values(output: OutputTensor, info: NodeInfo): TensorData | undefined {
    const { index, op, options, inputs } = info;
    if (!FORMULAS.includes(op) || !isBytes(output) || !this.#takes(info)) return undefined;
    const { node } = this.#target.preparedNodes[index]!;
    const operands = inputs.map((tensor, i) => {
      return tensor && { tensor, shape: tensor.shape, dtype: tensor.dtype, data: node.inputs[i]!.data as TensorData };
    });
    const { shape, dtype, data } = output;
    const written = { tensor: output, shape, dtype, data };
    const model = modelOf({ op, options, inputs: operands, output: written, target: 'quantized' }, 'tflite');
    const choice = model?.slots.map(({ wrong }) => wrong.findIndex(({ id }) => id === 'xnnpack') + 1) ?? [];
    if (!model || choice.every((way) => way === 0)) return undefined;
    this.operators.add(op);
    const values = data.slice() as Int8Array | Uint8Array;
    values.set(
      model.evaluate(
        choice,
        Int32Array.from({ length: values.length }, (_, i) => i),
      ),
    );
    return values;
  }

  #takes({ op, inputs }: NodeInfo): boolean {
    if (NEEDS_CONSTANT.includes(op) && this.#variables.has(inputs[1]!.index)) return false;
    return inputs.every((tensor, place) => isTaken(tensor, place === 1 && hasWeights(op)));
  }
}

function isBytes({ dtype }: TensorInfo): boolean {
  return dtype === 'int8' || dtype === 'uint8';
}

/** It takes int8 weights with zero points of 0, and uint8 that are quantized as a whole, along dimension 0. */
function isTaken(tensor: TensorInfo | undefined, isWeights: boolean): boolean {
  if (!tensor?.quantization || tensor.dtype === 'int32') return true;
  const { scales, zeroPoints, dimension } = tensor.quantization;
  if (tensor.dtype === 'uint8') return scales.length === 1 && dimension === 0;
  return tensor.dtype === 'int8' && (!isWeights || zeroPoints.every((zero) => zero === 0));
}
