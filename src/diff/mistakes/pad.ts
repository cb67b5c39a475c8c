/** PAD: what is put around the input, and on which side. */
import type { SourceMistake } from '../hypothesis.ts';
import { type NodeCase, scaleOf } from '../node_case.ts';

export function paddingMistakes({ inputs: [input, paddings], output }: NodeCase): SourceMistake[] {
  const zero = scaleOf(output)?.zero;
  if (!input || !paddings || zero === undefined) return [];
  const sides = output.shape.map((_, d) => [Number(paddings.data[2 * d]!), Number(paddings.data[2 * d + 1]!)] as const);
  const read = (before: readonly number[], outside: (p: number) => number) => (position: number) => {
    let [rest, from, stride] = [position, 0, 1];
    for (let d = output.shape.length - 1; d >= 0; d--) {
      const at = (rest % output.shape[d]!) - before[d]!;
      if (at < 0 || at >= input.shape[d]!) return outside(position);
      from += at * stride;
      stride *= input.shape[d]!;
      rest = Math.floor(rest / output.shape[d]!);
    }
    return Number(input.data[from]!);
  };
  const before = sides.map(([first]) => first);
  const isUneven = sides.some(([first, last]) => first !== last);
  return [
    ...(zero === 0
      ? []
      : [
          {
            id: 'padded-with-0',
            title: 'padded with 0 instead of the zero point',
            explanation: `Real 0 is stored as ${zero}: a stored 0 stands for another number.`,
            candidate: 'x = 0 outside of the input',
            instead: read(before, () => 0),
          },
        ]),
    ...(isUneven
      ? [
          {
            id: 'padding-sides-swapped',
            title: 'padding in front and behind swapped',
            explanation: 'Of each dimension, the first number is what lies in front.',
            candidate: '[after, before]',
            instead: read(sides.map(([, last]) => last), () => zero), // biome-ignore format: one line
          },
        ]
      : []),
  ];
}
