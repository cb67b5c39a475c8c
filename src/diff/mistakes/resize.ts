/** RESIZE_BILINEAR, RESIZE_NEAREST_NEIGHBOR: which pixels of the input are read, and how they are mixed. */
import { F, halfAway } from '../arithmetic.ts';
import type { SourceMistake } from '../hypothesis.ts';
import { type NodeCase, nhwc } from '../node_case.ts';

/** The place in the input, along one side, that a place in the output lies at. */
type Coordinate = (at: number, input: number, output: number) => number;

const COORDINATES: { readonly [name: string]: Coordinate } = {
  asymmetric: (at, input, output) => at * (input / output),
  'half pixel': (at, input, output) => (at + 0.5) * (input / output) - 0.5,
  'aligned corners': (at, input, output) => (output > 1 ? (at * (input - 1)) / (output - 1) : 0),
};

export function resizeMistakes(node: NodeCase): SourceMistake[] {
  const { alignCorners, halfPixelCenters } = node.options;
  const own = halfPixelCenters ? 'half pixel' : alignCorners ? 'aligned corners' : 'asymmetric';
  const isBilinear = node.op === 'RESIZE_BILINEAR';
  const other = isBilinear ? 'nearest' : 'bilinear';
  const read = (coordinate: Coordinate, kind: string, round: (y: number) => number) =>
    kind === 'nearest' ? nearest(node, coordinate) : bilinear(node, coordinate, round);
  const names = Object.keys(COORDINATES).filter((name) => name !== own);
  const kind = isBilinear ? 'bilinear' : 'nearest';
  return [
    ...names.map((name) => ({
      id: `resize-${name.replaceAll(' ', '-')}`,
      title: `resized by ${name} coordinates`,
      explanation: `The node has ${own} coordinates: alignCorners ${Boolean(alignCorners)}, halfPixelCenters ${Boolean(halfPixelCenters)}.`,
      candidate: name,
      instead: read(COORDINATES[name]!, kind, halfAway),
    })),
    {
      id: `resize-${other}`,
      title: `${other} instead of ${kind}`,
      explanation: `The operator is ${node.op}.`,
      candidate: other,
      instead: read(COORDINATES[own]!, other, halfAway),
    },
    ...(isBilinear ? roundings(node, COORDINATES[own]!) : []),
  ];
}

function roundings(node: NodeCase, coordinate: Coordinate): SourceMistake[] {
  return [
    {
      id: 'resize-in-real-numbers',
      title: 'interpolated in real numbers',
      explanation: 'TFLite has weights of 10 bits for int8, or rounds in float32.',
      candidate: 'round(sum of weights * pixels)',
      instead: bilinear(node, coordinate, halfAway),
    },
    {
      id: 'resize-truncated',
      title: 'interpolated and truncated',
      explanation: 'A cast to int drops the fraction.',
      candidate: '(int)(sum of weights * pixels)',
      instead: bilinear(node, coordinate, Math.trunc),
    },
    {
      id: 'resize-floored',
      title: 'interpolated and rounded down',
      explanation: 'Rounding is missing.',
      candidate: 'floor(sum of weights * pixels)',
      instead: bilinear(node, coordinate, Math.floor),
    },
  ];
}

function placesOf({ inputs, output }: NodeCase) {
  const input = inputs[0]!;
  const [, height, width, channels] = nhwc(input.shape);
  const [, rows, columns] = nhwc(output.shape);
  const at = (n: number, y: number, x: number, c: number) =>
    Number(input.data[((n * height + y) * width + x) * channels + c]!);
  const placeOf = (p: number) => {
    const place = Math.floor(p / channels);
    return { n: Math.floor(place / (rows * columns)), y: Math.floor(place / columns) % rows, x: place % columns, c: p % channels }; // biome-ignore format: one line
  };
  return { height, width, rows, columns, at, placeOf };
}

const inside = (at: number, size: number) => Math.min(Math.max(at, 0), size - 1);

function nearest(node: NodeCase, coordinate: Coordinate): SourceMistake['instead'] {
  const { height, width, rows, columns, at, placeOf } = placesOf(node);
  const isRounded = coordinate !== COORDINATES.asymmetric;
  const pick = (place: number, input: number, output: number) => {
    const real = F(coordinate(place, input, output));
    return inside(isRounded ? Math.floor(real + 0.5) : Math.floor(real), input);
  };
  return (p) => {
    const { n, y, x, c } = placeOf(p);
    return at(n, pick(y, height, rows), pick(x, width, columns), c);
  };
}

function bilinear(node: NodeCase, coordinate: Coordinate, round: (y: number) => number): SourceMistake['instead'] {
  const { height, width, rows, columns, at, placeOf } = placesOf(node);
  return (p) => {
    const { n, y, x, c } = placeOf(p);
    const [row, column] = [coordinate(y, height, rows), coordinate(x, width, columns)];
    const [top, start] = [inside(Math.floor(row), height), inside(Math.floor(column), width)];
    const [bottom, end] = [inside(Math.floor(row) + 1, height), inside(Math.floor(column) + 1, width)];
    const [fy, fx] = [Math.max(row, 0) - Math.max(Math.floor(row), 0), Math.max(column, 0) - Math.max(Math.floor(column), 0)]; // biome-ignore format: one line
    const upper = at(n, top, start, c) * (1 - fx) + at(n, top, end, c) * fx;
    const lower = at(n, bottom, start, c) * (1 - fx) + at(n, bottom, end, c) * fx;
    return round(upper * (1 - fy) + lower * fy);
  };
}
