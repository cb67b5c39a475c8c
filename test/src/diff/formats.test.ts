/** A right run in every format that people have one in, of every model: no difference. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { elementSize } from '../../../kernels/tensor.ts';
import { readTheirs } from '../../../src/cli/candidate_files.ts';
import { diff } from '../../../src/diff/diff.ts';
import { dump, Interpreter, type TensorData } from '../../../src/index.ts';
import { readNpz, writeNpy, writeNpz } from '../../../src/io/npz.ts';

interface Layer {
  readonly node: number;
  readonly op: string;
  readonly index: number;
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data: TensorData;
  readonly scale: number;
  readonly zero: number;
}

interface Recorded {
  readonly interpreter: Interpreter;
  readonly input: TensorData;
  readonly layers: readonly Layer[];
}

const root = new URL('../../../models/', import.meta.url);
const folder = mkdtempSync(join(tmpdir(), 'requant-formats-'));
afterAll(() => rmSync(folder, { recursive: true }));

function recorded(model: string): Recorded {
  const interpreter = new Interpreter(readFileSync(new URL(`${model}/model.tflite`, root)));
  const golden = readNpz(readFileSync(new URL(`${model}/golden.npz`, root)), 'golden.npz').get('input_0')!;
  const input = golden.data.slice(0, interpreter.inputs[0]!.size) as TensorData;
  const layers: Layer[] = [];
  interpreter.invoke([input], {
    tap: ({ index, name, dtype, shape, data, quantization }, { index: node, op }) => {
      const [scale, zero] = [quantization?.scales[0] ?? 1, quantization?.zeroPoints[0] ?? 0];
      layers.push({ node, op, index, name, dtype, shape, data, scale, zero });
    },
  });
  return { interpreter, input, layers };
}

const MODELS = ['digits_conv_int8', 'digits_dense', 'cnn56_int8', 'cnn56_16x8', 'mobilenet_v1_025_32_int8', 'mobilenet_v1_025_32_uint8', 'digits_bn_default_ranges_uint8', 'digits_bn_folded_uint8', 'digits_bn_unfolded_uint8']; // biome-ignore format: one line

// ---- how programs write values

const numbers = ({ data }: Layer) => Array.from(data as Int8Array, Number);
/** As C, Python and JavaScript print a float32 so that it reads the same again. */
const exact = (layer: Layer) => numbers(layer).map((value) => (layer.dtype === 'float32' ? String(Number(value.toPrecision(9))) : String(value))); // biome-ignore format: one line
const bitsOf = ({ dtype }: Layer) => 8 * elementSize(dtype as 'int8');
const unsigned = (layer: Layer) =>
  layer.dtype === 'float32' ? exact(layer) : numbers(layer).map((value) => String(value < 0 ? value + 2 ** bitsOf(layer) : value)); // biome-ignore format: one line
/** q + 128 for q of int8, as those do whose pixels are 0 to 255. */
const moved = (layer: Layer) =>
  layer.dtype.startsWith('int')
    ? numbers(layer).map((value) => String(value + 2 ** (bitsOf(layer) - 1)))
    : exact(layer);
const reals = ({ scale, zero, ...layer }: Layer) => numbers({ scale, zero, ...layer }).map((q) => scale * (q - zero));
const bytesOf = ({ data }: Layer) => new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
const hexPairs = (bytes: Uint8Array) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0'));
const rows = <T>(list: readonly T[], width: number) =>
  Array.from({ length: Math.ceil(list.length / width) }, (_, i) => list.slice(i * width, (i + 1) * width));
const concatenated = (arrays: readonly Uint8Array[]) => Uint8Array.from(arrays.flatMap((array) => [...array]));
const offset = (i: number, digits: number, radix = 16) => i.toString(radix).padStart(digits, '0');
const ascii = (row: Uint8Array) =>
  String.fromCharCode(...row.map((byte) => (byte > 0x20 && byte < 0x7f ? byte : 0x2e)));

const xxd = (bytes: Uint8Array) =>
  rows([...bytes], 16).map((row, i) => {
    const groups = rows(hexPairs(Uint8Array.from(row)), 2).map((pair) => pair.join(''));
    return `${offset(16 * i, 8)}: ${groups.join(' ').padEnd(39)}  ${ascii(Uint8Array.from(row))}`;
  });

/** Lines that are as the one before are left out, with a star in their place. */
function hexdump(bytes: Uint8Array): string[] {
  const lines: string[] = [];
  let last = '';
  for (const [i, row] of rows([...bytes], 16).entries()) {
    const pairs = hexPairs(Uint8Array.from(row));
    const text = `${pairs.slice(0, 8).join(' ').padEnd(23)}  ${pairs.slice(8).join(' ').padEnd(23)}`;
    if (text === last && row.length === 16) {
      if (lines.at(-1) !== '*') lines.push('*');
    } else lines.push(`${offset(16 * i, 8)}  ${text}  |${ascii(Uint8Array.from(row))}|`);
    last = text;
  }
  return [...lines, offset(bytes.length, 8)];
}

const words = (bytes: Uint8Array) => {
  const even = bytes.length % 2 === 0 ? bytes : Uint8Array.of(...bytes, 0);
  return rows(hexPairs(even), 16).map(
    (row, i) => `${offset(16 * i, 7)} ${rows(row, 2).map(([low, high]) => `${high}${low}`).join(' ')}`,
  ); // biome-ignore format: one line
};

const od = (bytes: Uint8Array) => rows(hexPairs(bytes), 16).map((row, i) => `${offset(16 * i, 7, 8)} ${row.join(' ')}`);

function widened({ layers }: Recorded, bytes: number, set: (view: DataView, at: number, value: number) => void) {
  return concatenated(
    layers.map((layer) => {
      const view = new DataView(new ArrayBuffer(bytes * layer.data.length));
      for (const [i, value] of numbers(layer).entries()) set(view, bytes * i, value);
      return new Uint8Array(view.buffer);
    }),
  );
}

const cType = ({ dtype }: Layer) => (dtype === 'float32' ? 'float' : `${dtype}_t`);
const npyOf = ({ dtype, shape, data }: Layer) => ({ dtype, shape, data });

type Files = { readonly [name: string]: string | Uint8Array };
const each = (layers: readonly Layer[], file: (layer: Layer) => [string, string | Uint8Array]): Files =>
  Object.fromEntries(layers.map(file));
const log = (layers: readonly Layer[], lines: (layer: Layer) => readonly string[]): Files => ({
  'uart.log': layers.flatMap(lines).join('\n'),
});

/** A file, or several: a folder. */
const FORMATS: { readonly [name: string]: (run: Recorded) => Files } = {
  // text
  'CSV, a file for each node': ({ layers }) => each(layers, (l) => [`node_${l.node}.csv`, rows(exact(l), l.shape.at(-1)!).map((row) => row.join(',')).join('\n')]), // biome-ignore format: one line
  'CSV, unsigned bytes': ({ layers }) => each(layers, (l) => [`tensor_${l.index}.csv`, unsigned(l).join(',')]),
  'CSV, moved by half of the range': ({ layers }) => each(layers, (l) => [`tensor_${l.index}.csv`, moved(l).join(',')]),
  'CSV, one file, a row for each node': ({ layers }) => ({
    'all.csv': layers.map((l) => exact(l).join(',')).join('\n'),
  }),
  'CSV, a name before each row': ({ layers }) => ({ 'all.csv': layers.map((l) => `tensor_${l.index},${exact(l).join(',')}`).join('\n') }), // biome-ignore format: one line
  'CSV, semicolons, CRLF, byte order mark': ({ layers }) => each(layers, (l) => [`node_${l.node}.csv`, `\ufeff${exact(l).join(';\r\n')}\r\n`]), // biome-ignore format: one line
  'CSV, a heading and a column that counts': ({ layers }) => each(layers, (l) => [`node_${l.node}.csv`, ['index,value', ...exact(l).map((v, i) => `${i},${v}`)].join('\n')]), // biome-ignore format: one line
  'text of UTF-16, as PowerShell writes it': ({ layers }) => each(layers, (l) => [`node_${l.node}.txt`, Uint8Array.from(Buffer.from(`\ufeff${exact(l).join('\r\n')}\r\n`, 'utf16le'))]), // biome-ignore format: one line
  'reals in full': ({ layers }) => each(layers, (l) => [`node_${l.node}.txt`, reals(l).map((v) => v.toPrecision(9)).join(' ')]), // biome-ignore format: one line
  'reals with 4 decimals': ({ layers }) => each(layers, (l) => [`node_${l.node}.txt`, reals(l).map((v) => v.toFixed(4)).join(' ')]), // biome-ignore format: one line
  'reals with 4 digits': ({ layers }) => each(layers, (l) => [`node_${l.node}.txt`, reals(l).map((v) => v.toPrecision(4)).join(' ')]), // biome-ignore format: one line
  'as NumPy prints it': ({ layers }) => log(layers, (l) => [`tensor ${l.index} = array([${rows(exact(l), 20).map((row) => `[${row.join(', ')}]`).join(',\n       ')}], dtype=${l.dtype})`]), // biome-ignore format: one line
  // logs
  'log: layer 3: 12,-5': ({ layers }) => log(layers, (l) => [`layer ${l.node}: ${exact(l).join(',')}`]),
  'log: node 3 CONV_2D: [12 -5], several lines': ({ layers }) => log(layers, (l) => [`node ${l.node} ${l.op}: [`, ...rows(exact(l), 16).map((row) => row.join(' ')), ']']), // biome-ignore format: one line
  'log: times, shapes, lines that say other things': ({ layers }) => ({ 'uart.log': ['Booting...', '[00:00:01.002] arena 40 kB used', ...layers.flatMap((l) => [`[00:00:02.${100 + l.node}] Layer ${l.node} (${l.op}) shape [${l.shape.join(',')}]`, ...rows(exact(l), 32).map((row) => `[00:00:02.${100 + l.node}] ${row.join(', ')}`)]), '[00:00:03.000] done in 12 ms'].join('\r\n') }), // biome-ignore format: one line
  'log: ESP-IDF': ({ layers }) => log(layers, (l) => [`I (${1000 + l.node}) main: layer ${l.node}:`, ...rows(exact(l), 10).map((row) => `I (${1001 + l.node}) main: ${row.join(' ')}`)]), // biome-ignore format: one line
  'log: Zephyr': ({ layers }) => log(layers, (l) => [`[00:00:01.234,567] <inf> main: node ${l.node}`, ...rows(exact(l), 10).map((row) => `[00:00:01.234,567] <inf> main: ${row.join(' ')}`)]), // biome-ignore format: one line
  'log: Arduino': ({ layers }) => log(layers, (l) => rows(exact(l), 24).map((row) => `12:34:56.789 -> layer ${l.node}: ${row.join(' ')}`)), // biome-ignore format: one line
  'log: layer 3 12 -5, no colon': ({ layers }) => log(layers, (l) => rows(exact(l), 24).map((row) => `layer ${l.node} ${row.join(' ')}`)), // biome-ignore format: one line
  'log: counted from 1': ({ layers }) => log(layers, (l) => [`Layer ${l.node + 1}: ${exact(l).join(', ')}`]),
  'log: tensor names': ({ layers }) => log(layers, (l) => [`${l.name} = ${exact(l).join(', ')}`]),
  'log: 0x, unsigned': ({ layers }) => log(layers, (l) => [`layer ${l.node}: ${(l.dtype === 'float32' ? exact(l) : unsigned(l).map((v) => `0x${Number(v).toString(16)}`)).join(', ')}`]), // biome-ignore format: one line
  'log: 0x, 32 bits': ({ layers }) => log(layers, (l) => [`layer ${l.node}: ${(l.dtype === 'float32' ? exact(l) : numbers(l).map((v) => `0x${(v >>> 0).toString(16)}`)).join(', ')}`]), // biome-ignore format: one line
  'log: twice the same run': ({ layers }) => log([...layers, ...layers], (l) => [`layer ${l.node}: ${exact(l).join(',')}`]), // biome-ignore format: one line
  // hex
  xxd: ({ layers }) => each(layers, (l) => [`node_${l.node}.hex`, xxd(bytesOf(l)).join('\n')]),
  'xxd -p': ({ layers }) => each(layers, (l) => [`node_${l.node}.hex`, rows(hexPairs(bytesOf(l)), 30).map((row) => row.join('')).join('\n')]), // biome-ignore format: one line
  'hexdump -C': ({ layers }) => each(layers, (l) => [`node_${l.node}.txt`, hexdump(bytesOf(l)).join('\n')]),
  'hexdump': ({ layers }) => each(layers.filter(({ data }) => data.byteLength % 2 === 0), (l) => [`node_${l.node}.txt`, words(bytesOf(l)).join('\n')]), // biome-ignore format: one line
  'od -t x1': ({ layers }) => each(layers, (l) => [`node_${l.node}.txt`, od(bytesOf(l)).join('\n')]),
  'log: 80 ff 01': ({ layers }) => log(layers, (l) => [`layer ${l.node}:`, ...rows(hexPairs(bytesOf(l)), 16).map((row) => row.join(' '))]), // biome-ignore format: one line
  'log: 80 FF 01 behind the label': ({ layers }) => log(layers, (l) => [`[INFO] layer ${l.node}: ${hexPairs(bytesOf(l)).join(' ').toUpperCase()}`]), // biome-ignore format: one line
  'log: xxd behind labels': ({ layers }) => log(layers, (l) => [`node ${l.node}:`, ...xxd(bytesOf(l))]),
  // bytes
  'bin, a file for each node': ({ layers }) => each(layers, (l) => [`node_${l.node}.bin`, bytesOf(l)]),
  'bin, counted files in order': ({ layers }) => each(layers, (l) => [`${String(l.node + 1).padStart(3, '0')}.bin`, bytesOf(l)]), // biome-ignore format: one line
  'bin, operators in the names': ({ layers }) => each(layers, (l) => [`layer${String(l.node).padStart(2, '0')}_${l.op}.raw`, bytesOf(l)]), // biome-ignore format: one line
  'bin, all of them one behind the other': ({ layers }) => ({ 'all.bin': concatenated(layers.map(bytesOf)) }),
  'bin, what computes something': ({ layers }) => ({ 'all.bin': concatenated(layers.filter(({ op }) => op !== 'RESHAPE').map(bytesOf)) }), // biome-ignore format: one line
  'bin, the input before them': ({ layers, input }) => ({ 'all.bin': concatenated([new Uint8Array(input.buffer), ...layers.map(bytesOf)]) }), // biome-ignore format: one line
  'bin of int32': (run) => (run.layers.some(({ dtype }) => dtype === 'float32') ? FORMATS['bin, all of them one behind the other']!(run) : { 'all.bin': widened(run, 4, (view, at, value) => view.setInt32(at, value, true)) }), // biome-ignore format: one line
  'bin of int16': (run) => (run.layers.some(({ dtype }) => dtype === 'float32') ? FORMATS['bin, all of them one behind the other']!(run) : { 'all.bin': widened(run, 2, (view, at, value) => view.setInt16(at, value, true)) }), // biome-ignore format: one line
  'bin of int64': (run) => (run.layers.some(({ dtype }) => dtype === 'float32') ? FORMATS['bin, all of them one behind the other']!(run) : { 'all.bin': widened(run, 8, (view, at, value) => view.setBigInt64(at, BigInt(value), true)) }), // biome-ignore format: one line
  'bin of float32, reals': ({ layers }) => each(layers, (l) => [`node_${l.node}.bin`, new Uint8Array(Float32Array.from(reals(l)).buffer)]), // biome-ignore format: one line
  'bin of float32, the integers': (run) => ({ 'all.bin': widened(run, 4, (view, at, value) => view.setFloat32(at, value, true)) }), // biome-ignore format: one line
  'bin, the high byte first': ({ layers }) => each(layers, (l) => [`node_${l.node}.bin`, concatenated(rows([...bytesOf(l)], elementSize(l.dtype as 'int8')).map((word) => Uint8Array.from(word.toReversed())))]), // biome-ignore format: one line
  // NumPy
  npz: ({ layers }) => ({ 'all.npz': writeNpz(new Map(layers.map((l) => [`tensor_${l.index}`, npyOf(l)]))) }),
  'npz, tensor names': ({ layers }) => ({ 'all.npz': writeNpz(new Map(layers.map((l) => [l.name, npyOf(l)]))) }),
  'npy, a file for each': ({ layers }) => each(layers, (l) => [`node_${l.node}.npy`, writeNpy(npyOf(l))]),
  'npy of int64': ({ layers }) => each(layers, (l) => [`node_${l.node}.npy`, writeNpy(l.dtype === 'float32' ? npyOf(l) : { dtype: 'int64', shape: l.shape, data: BigInt64Array.from(numbers(l), BigInt) })]), // biome-ignore format: one line
  'npy, unsigned': ({ layers }) => each(layers, (l) => [`node_${l.node}.npy`, writeNpy(l.dtype === 'int8' ? { dtype: 'uint8', shape: l.shape, data: bytesOf(l) } : npyOf(l))]), // biome-ignore format: one line
  'npy, in NCHW': ({ layers }) => each(layers, (l) => [`node_${l.node}.npy`, writeNpy(channelsFirst(l))]),
  // C
  'C, a header': ({ layers }) => ({ 'all.h': ['#pragma once', '#include <stdint.h>', ...layers.map((l) => `/* ${l.op} */\nstatic const ${cType(l)} node_${l.node}[${l.data.length}] = {\n  ${exact(l).join(', ')},\n};`)].join('\n') }), // biome-ignore format: one line
  'C, unsigned bytes in hex, nested': ({ layers }) => ({ 'all.c': layers.map((l) => `const uint8_t layer_${l.node}[][4] PROGMEM = { ${rows(hexPairs(bytesOf(l)), 4).map((row) => `{${row.map((pair) => `0x${pair}U`).join(',')}}`).join(', ')} };`).join('\n') }), // biome-ignore format: one line
  'C++, std::array and casts': ({ layers }) => ({ 'all.cpp': layers.map((l) => `namespace a { constexpr std::array<${cType(l)}, ${l.data.length}> tensor_${l.index} = {{ ${exact(l).map((v) => (l.dtype === 'float32' ? `${v}${/[.e]/.test(v) ? '' : '.'}f` : `(${cType(l)})${v}`)).join(', // ,\n')} }}; } // namespace`).join('\n') }), // biome-ignore format: one line
  // JSON
  'JSON, by name': ({ layers }) => ({ 'all.json': JSON.stringify(Object.fromEntries(layers.map((l) => [`node_${l.node}`, numbers(l)]))) }), // biome-ignore format: one line
  'JSON, nested lists': ({ layers }) => ({ 'all.json': JSON.stringify(Object.fromEntries(layers.map((l) => [l.name, rows(numbers(l), l.shape.at(-1)!)])), null, 1) }), // biome-ignore format: one line
  'JSON, a list of lists': ({ layers }) => ({ 'all.json': JSON.stringify(layers.map(numbers)) }),
};

function channelsFirst({ shape, dtype, data }: Layer) {
  const [n, h, w, c] = shape;
  if (shape.length !== 4) return { dtype, shape, data };
  const turned = data.slice();
  for (let y = 0; y < h!; y++)
    for (let x = 0; x < w!; x++)
      for (let i = 0; i < c!; i++) turned[(i * h! + y) * w! + x] = data[(y * w! + x) * c! + i]!;
  return { dtype, shape: [n!, c!, h!, w!], data: turned };
}

function write(name: string, files: Files): string {
  const entries = Object.entries(files);
  const own = join(folder, name);
  mkdirSync(own);
  for (const [file, content] of entries) writeFileSync(join(own, file), content);
  return entries.length === 1 ? join(own, entries[0]![0]) : own;
}

describe.each(MODELS)('%s', (model) => {
  const run = recorded(model);

  test.each(Object.keys(FORMATS))('%s', (format) => {
    const files = FORMATS[format]!(run);
    const path = write(`${model}-${Object.keys(FORMATS).indexOf(format)}`, files);
    const found = diff(run.interpreter, [run.input], readTheirs(path));
    const { layers } = run;
    const left = layers.filter(({ op }) => !/what computes/.test(format) || op !== 'RESHAPE');
    const expected = format === 'hexdump' ? left.filter(({ data }) => data.byteLength % 2 === 0) : left;
    expect(found.nodes.map(({ node, different, differentInAll }) => [node, different, differentInAll])).toEqual(
      expected.map(({ node }) => [node, 0, 0]),
    );
    expect(found.divergent).toEqual([]);
    if (!/twice/.test(format)) expect(found.unmatched).toEqual([]);
  });
});

test('there are as many as it takes', () => {
  expect(Object.keys(FORMATS).length).toBeGreaterThan(50);
  expect(dump(recorded('digits_dense').interpreter).length).toBeGreaterThan(0);
});
