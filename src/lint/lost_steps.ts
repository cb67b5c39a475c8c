/** Values that are requantized to a scale so coarse that few of them remain. */
import { isQuantized } from '../inspect/data_flow.ts';
import type { OperatorSpec, Subgraph, TensorSpec } from '../model/model.ts';
import { onOtherScale, typeLimits } from '../model/operator_facts.ts';
import { type Found, type Rule, real, remedy } from './rule.ts';

/** Four of eight bits are lost: a coarser output than that is no rescaling any more. */
const FEW_VALUES = 16;

const KEEP_APART = remedy(
  'keep apart what has ranges so different: give scores and boxes an output each, or bring both to one range before they meet (boxes in ' +
    'shares of the picture, 0 to 1); the scale of a CONCATENATION is that of its widest input',
);

export const lostSteps: Rule = {
  id: 'lost-steps',
  severity: 'warning',
  title: 'values of which a coarser scale leaves few',
  why: 'all values that fall into one step of the new scale become one: what told them apart is gone for every layer behind',
  *check({ flows }) {
    for (const { subgraph } of flows) {
      for (const node of subgraph.operators) {
        const output = subgraph.tensors[node.outputs[0] ?? -1];
        if (!rescales(node, output)) continue;
        for (const index of new Set(node.inputs)) yield* lostBetween(subgraph, node, subgraph.tensors[index], output!);
      }
    }
  },
};

/** A QUANTIZE between integers, and the CONCATENATION that requantizes its inputs. */
function rescales({ op }: OperatorSpec, output: TensorSpec | undefined): boolean {
  return (
    isQuantized(output) &&
    (op === 'QUANTIZE' || (op === 'CONCATENATION' && onOtherScale(op, output!.dtype) === 'rescaled'))
  );
}

function* lostBetween(
  subgraph: Subgraph,
  node: OperatorSpec,
  input: TensorSpec | undefined,
  output: TensorSpec,
): Generator<Found> {
  const from = oneScale(input);
  const to = oneScale(output);
  const ends = typeLimits(input?.dtype ?? '');
  const limits = typeLimits(output.dtype);
  if (!from || !to || !ends || !limits || input!.constant) return;
  const requantized = (q: number) =>
    Math.min(Math.max(Math.round(((q - from.zeroPoint) * from.scale) / to.scale) + to.zeroPoint, limits[0]), limits[1]);
  const [least, most] = ends.map(requantized) as [number, number];
  const remaining = most - least + 1;
  if (from.scale >= to.scale || remaining > FEW_VALUES) return;
  const reals = (value: number) => real((value - to.zeroPoint) * to.scale);
  const names = remaining <= 3 ? ` (${Array.from({ length: remaining }, (_, i) => reals(least + i)).join(', ')})` : '';
  const values = ends[1] - ends[0] + 1;
  yield {
    subgraph,
    node,
    tensor: input,
    text:
      `of the ${values.toLocaleString('en')} values of its scale ${real(from.scale)}, ${remaining} remain${names} in steps of ` +
      `${real(to.scale)}, those of tensor ${output.index}`,
    numbers: { scale: from.scale, outputScale: to.scale, values, remaining },
    remedies: [KEEP_APART],
  };
}

function oneScale(tensor: TensorSpec | undefined) {
  const { scales, zeroPoints } = tensor?.quantization ?? {};
  return isQuantized(tensor) && scales?.length === 1 && scales[0]! > 0
    ? { scale: scales[0]!, zeroPoint: zeroPoints![0]! }
    : undefined;
}
