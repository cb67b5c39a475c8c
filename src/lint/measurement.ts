/** What runs on real inputs show of each node's output: which values it takes, by channel. */

import { isOfBigInts } from '../../kernels/tensor.ts';
import { isQuantized } from '../inspect/data_flow.ts';
import type { Interpreter } from '../runtime/interpreter.ts';
import type { TensorData } from '../runtime/tensor_info.ts';

export interface Measurement {
  /** How many inputs were run. */
  readonly runs: number;
  readonly outputs: readonly MeasuredOutput[];
}

/** The first output of a node, where it is quantized; channels are its last dimension. */
export interface MeasuredOutput {
  readonly node: number;
  readonly tensor: number;
  /** How often each value was seen. */
  readonly values: ReadonlyMap<number, number>;
  /** Values seen, of all channels and runs. */
  readonly count: number;
  /** The least and the greatest value of each channel. */
  readonly least: readonly number[];
  readonly greatest: readonly number[];
}

interface Counting {
  node: number;
  tensor: number;
  values: Map<number, number>;
  count: number;
  least: number[];
  greatest: number[];
}

/**
 * Runs every input; variables begin anew with each.
 *
 * @param inputs one list for each run, with the values of each input
 */
export function measure(interpreter: Interpreter, inputs: Iterable<readonly TensorData[]>): Measurement {
  const { tensors } = interpreter.model.subgraphs[0]!;
  const found = new Map<number, Counting>();
  let runs = 0;
  for (const values of inputs) {
    interpreter.resetVariables();
    interpreter.invoke([...values], {
      tap: ({ index, shape, data }, node) => {
        if (node.outputs[0]?.index !== index || !isQuantized(tensors[index]!) || isOfBigInts(data)) return;
        const channels = shape.at(-1) ?? 1;
        let counting = found.get(node.index);
        if (!counting) {
          const [least, greatest] = [
            new Array<number>(channels).fill(Infinity),
            new Array<number>(channels).fill(-Infinity),
          ];
          counting = { node: node.index, tensor: index, values: new Map(), count: 0, least, greatest };
          found.set(node.index, counting);
        }
        countValues(counting, data as Int8Array, channels);
      },
    });
    runs++;
  }
  return { runs, outputs: [...found.values()] };
}

function countValues(counting: Counting, data: Int8Array, channels: number): void {
  const { values, least, greatest } = counting;
  for (let i = 0; i < data.length; i++) {
    const value = data[i]!;
    const c = i % channels;
    values.set(value, (values.get(value) ?? 0) + 1);
    if (value < least[c]!) least[c] = value;
    if (value > greatest[c]!) greatest[c] = value;
  }
  counting.count += data.length;
}
