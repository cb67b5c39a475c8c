/** The demo's pictures, answers and verdict as text for a terminal. */
import { timeText } from './run.ts';
import { colors } from './terminal.ts';
import { counted } from './text.ts';

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

export function demoText({ pictures, result }: Demo): string {
  const { expected, answered, right, milliseconds, macs, values, different, profile, kernels } = result;
  const [left, other] = pictures.map(trimmed);
  const rows = Array.from({ length: Math.max(left!.length, other!.length) }, (_, row) => {
    return `   ${(left![row] ?? '').padEnd(34)}${other![row] ?? ''}`.trimEnd();
  });
  const list = (labels: readonly string[]) =>
    labels.map((label, run) => mark(label, label === expected[run])).join(' ');
  const exact = `bit-exact with TFLite: ${different} of ${values} values differ`;
  return [
    ...rows,
    '',
    `   drawn     ${list(expected)}`,
    `   answered  ${list(answered)}   ${right} of ${expected.length} right`,
    '',
    `${timeText(milliseconds)} per invoke, ${counted(macs)} multiply-adds, int8 throughout (profile ${profile}, kernels ${kernels})`,
    different === 0 ? colors.green(exact) : colors.red(exact),
    '',
    'Next:  npx requant inspect model.tflite      what is in it, is it integer-only',
    '       npx requant run model.tflite x.npy    what does it answer',
    '       npx requant golden                    how to record what TFLite answers, for requant verify',
  ].join('\n');
}

function mark(label: string, right: boolean): string {
  return right ? label : colors.red(label);
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
