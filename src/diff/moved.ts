/** Operators without a model of their own: what ran is right, and whole outputs can be wrong in ways that any operator can. */
import { type Layout, type Slot, type Step, VariantModel } from './hypothesis.ts';
import { layoutSlot } from './mistakes/placement.ts';
import { type NodeCase, scaleOf } from './node_case.ts';

type Source = (position: number) => number;

export function movedModel(node: NodeCase): VariantModel | undefined {
  const { data } = node.output;
  const sources: Slot<Source> = {
    stage: 'values',
    line: `the output of ${node.op}`,
    right: (position) => Number(data[position]!),
    wrong: wrongSources(node),
  };
  const step: Step = {
    slots: [sources],
    run(pick, _, positions) {
      const source = pick(sources);
      return Float64Array.from(positions, (position) => source(Math.max(position, 0)));
    },
  };
  return new VariantModel([step], layoutSlot(node));
}

function wrongSources(node: NodeCase): Slot<Source>['wrong'] {
  const { op, inputs, output, options } = node;
  const wrong: Slot<Source>['wrong'][number][] = [];
  const first = inputs[0];
  if (op === 'RESHAPE' && node.inputs[0] && node.inputs[0].shape.length === 4) {
    const { shape, data } = node.inputs[0];
    const [, h = 1, w = 1, c = 1] = shape;
    const order: Layout = (p) => {
      const at = p % (h * w * c);
      return p - at + (at % (h * w)) * c + Math.floor(at / (h * w));
    };
    wrong.push({
      id: 'flattened-nchw',
      title: 'flattened in NCHW order',
      explanation: `What is flattened is [${shape}], channels innermost: the weights behind it expect them so.`,
      candidate: 'output[c][y][x] for output[y][x][c]',
      instead: (p) => Number(data[order(p)]!),
    });
  }
  if (op === 'CONCATENATION') {
    const dims = output.shape;
    const axis = (Number(options.axis) + dims.length) % dims.length;
    const inner = dims.slice(axis + 1).reduce((a, b) => a * b, 1);
    const parts = inputs.flatMap((input) => input ?? []).reverse();
    const row = dims[axis]! * inner;
    wrong.push({
      id: 'inputs-in-reverse-order',
      title: 'inputs in reverse order',
      explanation: 'They are put one behind the other in the order of the node.',
      candidate: 'the last input first',
      instead: (p) => {
        let at = p % row;
        for (const { shape, data } of parts) {
          const size = shape[axis]! * inner;
          if (at < size) return Number(data[Math.floor(p / row) * size + at]!);
          at -= size;
        }
        return Number.NaN;
      },
    });
  }
  const q = scaleOf(output);
  const paddings = inputs[1];
  if ((op === 'PAD' || op === 'PADV2') && first && paddings && q && q.zero !== 0) {
    wrong.push({
      id: 'padded-with-0',
      title: 'padded with 0 instead of the zero point',
      explanation: `Real 0 is stored as ${q.zero}: a stored 0 stands for another number.`,
      candidate: 'x = 0 outside of the input',
      instead: (position) => {
        let rest = position;
        for (let d = output.shape.length - 1; d >= 0; d--) {
          const at = (rest % output.shape[d]!) - Number(paddings.data[2 * d]!);
          if (at < 0 || at >= first.shape[d]!) return 0;
          rest = Math.floor(rest / output.shape[d]!);
        }
        return Number(output.data[position]!);
      },
    });
  }
  return wrong;
}
