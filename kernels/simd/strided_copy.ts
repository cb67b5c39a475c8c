/** What moves values without computing: see assembly/strided_copy.ts. */
import type { Eval, Node } from '../kernel.ts';
import { boxOfBytes, type Copy, type Fill } from '../shared/strided_copy.ts';
import { sizeOf, type Tensor } from '../tensor.ts';
import type { SimdMemory } from './memory.ts';
import { prepareResident } from './resident.ts';

/** Every operator whose reference kernel is `move`. `scratches`: what stands for scratch memory that prepare asked for. */
export function move(steps: readonly (Copy | Fill)[], node: Node, scratches = new Map<Tensor, Tensor>()) {
  const placed = new Map(scratches);
  const loads: (() => void)[] = [];
  for (const tensor of new Set(steps.flatMap(({ source, target }) => [source, target]))) {
    if (placed.has(tensor)) continue;
    if (!tensor.known && !node.inputs.includes(tensor) && !node.outputs.includes(tensor)) {
      placed.set(tensor, node.scratch(tensor.dtype, tensor.size));
      continue;
    }
    const resident = prepareResident(node, tensor);
    if (!resident) return undefined;
    placed.set(tensor, resident.tensor);
    loads.push(resident.load);
  }
  const copies = steps.map((step) => {
    const { shape, from, fromStrides, to, toStrides } = step.shape ? step : fillBox(step);
    const [source, target] = [placed.get(step.source)!, placed.get(step.target)!];
    return prepareCopy(node, { source, target, shape, from, fromStrides, to, toStrides });
  });
  return (memory: SimdMemory): Eval => {
    for (const load of loads) load();
    return inOrder(copies.map((bind) => bind(memory)));
  };
}

function fillBox({ target }: Fill) {
  return { shape: [target.size], from: 0, fromStrides: [0], to: 0, toStrides: [1] };
}

/** Of tensors that lie in the module's memory. */
export function prepareCopy(node: Node, copy: Copy) {
  const { shape, from, fromStrides, to, toStrides } = boxOfBytes(copy);
  const rank = shape.length - 1;
  const box = node.persistent('int32', 3 * rank);
  return ({ bind }: SimdMemory): Eval => {
    if (sizeOf(shape) === 0) return () => {};
    box.data.set(shape.slice(0, rank).flatMap((size, d) => [size, fromStrides[d], toStrides[d]]));
    return bind('copyBox', { source: copy.source, from, target: copy.target, to, box, rank, run: shape[rank] });
  };
}

export function inOrder(evals: readonly Eval[]): Eval {
  if (evals.length === 1) return evals[0];
  return () => {
    for (let i = 0; i < evals.length; i++) evals[i]();
  };
}
