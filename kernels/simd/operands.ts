/**
 * Two inputs that are broadcast, as the module's elementwise loops walk them: the output is made in runs of `chunk` values,
 * at each of which an input either goes on or begins again. What is repeated in any other way is spread out first:
 *
 *   [2, 3, 4] and [2, 3, 4]   one run of 24
 *   [9, 9, 4] and [4]         one run of 324: the second input lies there 81 times
 *   [99, 9, 99] and [99]      runs of 1089 = 11 * 99, the last one shorter: the second input lies there 11 times
 *   [2, 3, 4] and [2, 3, 1]   one run of 24: all of the second input is spread out
 *   [9, 1, 999] and [9, 1]    runs of 8991: of the first input all is spread out, of the second what one run takes
 */
import type { Eval, Node } from '../kernel.ts';
import type { Broadcast } from '../shared/broadcast.ts';
import { move, stridesOf } from '../shared/strided_copy.ts';
import { elementSize, sizeOf, type Tensor } from '../tensor.ts';
import type { SimdMemory } from './memory.ts';
import { prepareResident } from './resident.ts';
import { inOrder, prepareCopy } from './strided_copy.ts';

/** Values of a run, at least, where inputs begin again. */
const LONG = 1024;

export interface Operand {
  /** In the module's memory. */
  readonly tensor: Tensor;
  /** How far it goes on from run to run, in bytes. */
  readonly advance: number;
}

export interface Operands {
  readonly operands: readonly [Operand, Operand];
  readonly count: number;
  readonly chunk: number;
  /** Binds what makes the operands, before the kernel itself. */
  bind(memory: SimdMemory, kernel: Eval): Eval;
}

/** Undefined where an input is state, or there is nothing to compute. */
export function prepareOperands(
  node: Node,
  { input1, input2, output, broadcast }: { input1: Tensor; input2: Tensor; output: Tensor; broadcast: Broadcast },
): Operands | undefined {
  const count = output.size;
  if (count === 0 || input1.isVariable || input2.isVariable) return undefined;
  const inputs = [input1, input2].map((tensor, i) => ({ tensor, ...periodOf(broadcast, i) }));
  const [period = count, ...others] = inputs.map(({ period }) => period).filter((period) => period < count);
  const isOnePeriod = others.every((other) => other === period);
  const chunk = isOnePeriod ? Math.min(count, period * Math.ceil(LONG / period)) : count;
  const [first, second] = inputs.map((input) => prepareOperand(node, input, count, chunk));
  return {
    operands: [first, second],
    count,
    chunk,
    bind: (memory, kernel) => inOrder([...first.bind(memory), ...second.bind(memory), kernel]),
  };
}

interface Periodic {
  /** The operand's own dimensions, the innermost first, and how far it goes in each: 0 where it is repeated. */
  readonly sizes: readonly number[];
  readonly strides: readonly number[];
  /** All their values: after them, the operand begins again. */
  readonly period: number;
}

function periodOf({ count, steps, sizes, strides }: Broadcast, operand: number): Periodic {
  const all = [steps[operand], ...strides.map((stride) => stride[operand])];
  const rank = all.findLastIndex((stride) => stride !== 0) + 1;
  const own = [count, ...sizes].slice(0, rank);
  return { sizes: own, strides: all.slice(0, rank), period: sizeOf(own) };
}

function prepareOperand(
  node: Node,
  { tensor, sizes, strides, period }: Periodic & { tensor: Tensor },
  count: number,
  chunk: number,
) {
  const goesOn = period === count;
  const advance = goesOn ? chunk * elementSize(tensor.dtype) : 0;
  const size = goesOn ? count : chunk;
  if (tensor.size === size) {
    const resident = prepareResident(node, tensor)!;
    const bind = (): Eval[] => {
      resident.load();
      return [];
    };
    return { tensor: resident.tensor, advance, bind };
  }
  const shape = [size / period, ...sizes.toReversed()];
  const copy = {
    source: tensor,
    shape,
    from: 0,
    fromStrides: [0, ...strides.toReversed()],
    to: 0,
    toStrides: stridesOf(shape),
  };
  if (tensor.known) {
    const target = node.persistent(tensor.dtype, size) as Tensor;
    const bind = (): Eval[] => {
      move([{ ...copy, target }])();
      return [];
    };
    return { tensor: target, advance, bind };
  }
  const target = node.scratch(tensor.dtype, size) as Tensor;
  const spread = prepareCopy(node, { ...copy, target });
  return { tensor: target, advance, bind: (memory: SimdMemory) => [spread(memory)] };
}
