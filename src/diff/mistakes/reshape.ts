/** RESHAPE: in which order an image is flattened. */
import type { SourceMistake } from '../hypothesis.ts';
import type { NodeCase } from '../node_case.ts';

export function flatteningMistakes({ inputs: [input] }: NodeCase): SourceMistake[] {
  if (input?.shape.length !== 4) return [];
  const { shape, data } = input;
  const [, h = 1, w = 1, c = 1] = shape;
  if (c === 1 || h * w === 1) return [];
  return [
    {
      id: 'flattened-nchw',
      title: 'flattened in NCHW order',
      explanation: `What is flattened is [${shape}], channels innermost: the weights behind it expect them so.`,
      candidate: 'output[c][y][x] for output[y][x][c]',
      instead: (p) => {
        const at = p % (h * w * c);
        return Number(data[p - at + (at % (h * w)) * c + Math.floor(at / (h * w))]!);
      },
    },
  ];
}
