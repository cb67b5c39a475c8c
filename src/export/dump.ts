/** The values of a model's tensors: weights, biases and other constants, and what an input makes of the others. */

import { dataFlow, type TensorKind } from '../inspect/data_flow.ts';
import type { Interpreter } from '../runtime/interpreter.ts';
import type { TensorData } from '../runtime/tensor_info.ts';

export interface DumpedTensor {
  readonly index: number;
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly kind: TensorKind;
  /** real = scale * (q - zeroPoint): one pair, or one for each index of `dimension`; null where it is not quantized. */
  readonly quantization: {
    readonly scales: readonly number[];
    readonly zeroPoints: readonly number[];
    readonly dimension: number | null;
  } | null;
  /** int4 and int2 values come unpacked. */
  readonly data: TensorData;
}

/**
 * Constants that nodes read; with inputs also these and what every node writes, in order of the tensors' indices.
 *
 * @throws what invoke throws
 */
export function dump(interpreter: Interpreter, inputs?: readonly TensorData[]): DumpedTensor[] {
  const values = new Map<number, TensorData>();
  for (const { node } of interpreter.preparedNodes) {
    for (const tensor of node.inputs) {
      if (tensor?.known && !tensor.isVariable) values.set(tensor.index, tensor.data.slice() as TensorData);
    }
  }
  if (inputs) {
    interpreter.inputs.forEach(({ index }, i) => {
      values.set(index, inputs[i]!);
    });
    interpreter.invoke([...inputs], { tap: ({ index, data }) => values.set(index, data) });
  }
  const { kinds } = dataFlow(interpreter.model.subgraphs[0]!);
  return interpreter.tensors.flatMap(({ index, name, dtype, shape, quantization: q }) => {
    const data = values.get(index);
    if (!data) return [];
    const quantization = q
      ? {
          scales: Array.from(q.scales),
          zeroPoints: Array.from(q.zeroPoints),
          dimension: q.scales.length > 1 ? q.dimension : null,
        }
      : null;
    return [{ index, name, dtype, shape, kind: kinds[index]!, quantization, data }];
  });
}
