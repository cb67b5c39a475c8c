/**
 * RANGE: start, start + delta, start + 2 * delta, ... as long as limit is not reached.
 *
 * Equals: range.cc, for integers. Deviations: values end at +-2^52, so that prepare can compute with them.
 */
import { addHigh } from '../fixed_point.ts';
import { type Eval, type Node, operator } from '../kernel.ts';
import { int32Halves, type Tensor } from '../tensor.ts';

function prepare(node: Node) {
  const { dtype } = node.input(0, 'int32', 'int64');
  const [start, limit, delta] = [0, 1, 2].map((i) => prepareValue(node, i, dtype));
  node.require(
    (delta > 0 && start <= limit) || (delta < 0 && start >= limit),
    `a range from ${start} to ${limit} in steps of ${delta}`,
  );
  const size = Math.ceil((limit - start) / delta);
  return { start: prepareHalves(start), delta: prepareHalves(delta), output: node.output(0, [size], dtype) };
}

function prepareValue(node: Node, i: number, dtype: 'int32' | 'int64'): number {
  const values = node.values(i, dtype);
  node.require(values.length === 1, `input ${i} has ${values.length} values`);
  node.require(Math.abs(values[0]) <= 2 ** 52, `${values[0]} is too large for a range`); // so that differences are exact
  return values[0];
}

function prepareHalves(value: number): { low: number; high: number } {
  return { low: value | 0, high: Math.floor(value / 2 ** 32) };
}

function bind({ start, delta, output }: ReturnType<typeof prepare>): Eval {
  if (output.dtype === 'int32') {
    const data = output.data as Int32Array;
    return () => {
      for (let i = 0, value = start.low; i < data.length; i++, value = (value + delta.low) | 0) data[i] = value;
    };
  }
  const halves = int32Halves(output as Tensor<'int64'>);
  return () => {
    let { low, high } = start;
    for (let i = 0; i < halves.length; i += 2) {
      halves[i] = low;
      halves[i + 1] = high;
      high = addHigh(high, low, delta.high, delta.low);
      low = (low + delta.low) | 0;
    }
  };
}

export const RANGE = operator(prepare, bind);
