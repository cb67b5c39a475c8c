/** CONCATENATION: the order of its inputs, and their scales. */
import { halfAway } from '../arithmetic.ts';
import type { SourceMistake } from '../hypothesis.ts';
import { type NodeCase, type Operand, rangeOf, scaleOf } from '../node_case.ts';

export function concatenationMistakes(node: NodeCase): SourceMistake[] {
  const parts = node.inputs.flatMap((input) => input ?? []);
  if (parts.length < 2) return [];
  const reversed = partsRead(node, [...parts].reverse());
  const swapped = partsRead(node, [parts[1]!, parts[0]!, ...parts.slice(2)]);
  return [
    {
      id: 'inputs-in-reverse-order',
      title: 'inputs in reverse order',
      explanation: 'They are put one behind the other in the order of the node.',
      candidate: 'the last input first',
      instead: reversed,
    },
    ...(parts.length > 2
      ? [
          {
            id: 'first-inputs-swapped',
            title: 'first two inputs swapped',
            explanation: 'They are put one behind the other in the order of the node.',
            candidate: 'the second input first',
            instead: swapped,
          },
        ]
      : []),
    ...scaleMistakes(node, parts),
    ...axisMistakes(node, parts),
  ];
}

function scaleMistakes(node: NodeCase, parts: readonly Operand[]): SourceMistake[] {
  const to = scaleOf(node.output);
  const type = rangeOf(node.output.dtype);
  const differ = parts.some((part) => {
    const from = scaleOf(part);
    return from && to && (from.scale !== to.scale || from.zero !== to.zero);
  });
  if (!to || !type || !differ) return [];
  const zeroOnly = (q: number, part: Operand) => {
    return Math.min(Math.max(q - (scaleOf(part)?.zero ?? 0) + to.zero, type.min), type.max);
  };
  const rescaled = (q: number, part: Operand) => {
    const from = scaleOf(part)!;
    const value = halfAway((from.scale / to.scale) * (q - from.zero)) + to.zero;
    return Math.min(Math.max(value, type.min), type.max);
  };
  return [
    {
      id: 'concatenation-not-rescaled',
      title: 'inputs not brought to the scale of the output',
      explanation: 'Stored values were copied; input and output have scales of their own.',
      candidate: 'q = x',
      instead: partsRead(node, parts),
    },
    {
      id: 'concatenation-zero-point-only',
      title: 'inputs brought to the zero point of the output, not to its scale',
      explanation: 'Input and output have scales of their own.',
      candidate: 'q = x - z_input + z_output',
      instead: partsRead(node, parts, zeroOnly),
    },
    {
      id: 'concatenation-rescaled',
      title: 'inputs brought to the scale of the output in real numbers',
      explanation: 'For this type TFLite copies stored values, or rescales them in its own way.',
      candidate: 'q = round((x - z_input) * s_input / s_output) + z_output',
      instead: partsRead(node, parts, rescaled),
    },
  ];
}

function axisMistakes(node: NodeCase, parts: readonly Operand[]): SourceMistake[] {
  const { outer } = extentOf(node);
  if (outer === 1) return [];
  const ends: number[] = [];
  for (const { data } of parts) ends.push((ends.at(-1) ?? 0) + data.length);
  return [
    {
      id: 'concatenated-along-first-dimension',
      title: 'inputs one behind the other in memory',
      explanation: 'As for concatenation along the first dimension; the axis is another.',
      candidate: 'memcpy of each input as a whole',
      instead: (p) => {
        const i = ends.findIndex((end) => p < end);
        return Number(parts[i]!.data[p - (ends[i - 1] ?? 0)]!);
      },
    },
  ];
}

function extentOf({ options, output: { shape } }: NodeCase) {
  const axis = (Number(options.axis) + shape.length) % shape.length;
  const inner = shape.slice(axis + 1).reduce((a, b) => a * b, 1);
  return { axis, inner, row: shape[axis]! * inner, outer: shape.slice(0, axis).reduce((a, b) => a * b, 1) };
}

function partsRead(
  node: NodeCase,
  parts: readonly Operand[],
  value: (q: number, part: Operand) => number = (q) => q,
): SourceMistake['instead'] {
  const { axis, inner, row } = extentOf(node);
  return (p) => {
    let at = p % row;
    for (const part of parts) {
      const size = part.shape[axis]! * inner;
      if (at < size) return value(Number(part.data[Math.floor(p / row) * size + at]!), part);
      at -= size;
    }
    return Number.NaN;
  };
}
