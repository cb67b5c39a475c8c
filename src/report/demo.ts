/** The demo's pictures, answers and verdict. */
import type { Block } from './document.ts';
import { counted, timeText } from './text.ts';

export interface Demo {
  readonly pictures: readonly string[][];
  readonly result: {
    readonly profile: string;
    readonly kernels: string;
    readonly expected: readonly string[];
    readonly answered: readonly string[];
    readonly right: number;
    /** Of one invoke, the median of all runs after the first round. */
    readonly milliseconds: number;
    readonly macs: number;
    readonly values: number;
    readonly different: number;
  };
}

export function demoBlocks({ pictures, result }: Demo): Block[] {
  const { expected, answered, right, milliseconds, macs, values, different, profile, kernels } = result;
  const [left, other] = pictures.map(trimmed);
  const picture = Array.from({ length: Math.max(left!.length, other!.length) }, (_, row) => {
    return `${(left![row] ?? '').padEnd(34)}${other![row] ?? ''}`;
  });
  const answers = answered.map((label, run) => (label === expected[run] ? label : `≠${label}`)).join(' ');
  const time = `${timeText(milliseconds)}, ${counted(macs)} multiply-adds, int8 throughout`;
  return [
    { kind: 'title', text: 'Handwritten digits, read in integers' },
    { kind: 'code', lines: picture },
    {
      kind: 'facts',
      rows: [
        ['drawn', expected.join(' ')],
        ['answered', `${answers}   ${right} of ${expected.length} right`],
        ['one invoke', `${time} (profile ${profile}, kernels ${kernels})`],
      ],
    },
    {
      kind: 'text',
      text: `bit-exact with TFLite: ${different} of ${values} values differ`,
      tone: different === 0 ? 'good' : 'error',
    },
    {
      kind: 'code',
      lines: [
        'npx requant inspect model.tflite      what is in it, is it integer-only',
        'npx requant run model.tflite x.npy    what does it answer',
        'npx requant golden                    how to record what TFLite answers, for requant verify',
      ],
    },
  ];
}

/** Without the empty lines above and below. */
function trimmed(lines: readonly string[]): string[] {
  const filled = lines.map((line) => line.trim() !== '');
  return lines.slice(filled.indexOf(true), filled.lastIndexOf(true) + 1);
}

/** A picture in characters, two rows of pixels to a line, since characters are twice as high as wide. */
export function pictureText(pixels: ArrayLike<number>, width: number, black: number, white: number): string[] {
  const shades = ' .:-=+*#%@';
  const lines: string[] = [];
  const rows = Math.floor(pixels.length / width);
  const pixel = (row: number, column: number) => (pixels[row * width + column]! - black) / (white - black);
  for (let row = 0; row + 1 < rows; row += 2) {
    let line = '';
    for (let column = 0; column < width; column++) {
      const grey = (pixel(row, column) + pixel(row + 1, column)) / 2;
      line += shades[Math.min(Math.max(Math.floor(grey * shades.length), 0), shades.length - 1)];
    }
    lines.push(line);
  }
  return lines;
}
