/** The command line: exit status, standard output, standard error. */
import { execFileSync, spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { crc32 } from 'node:zlib';
import { PNG } from 'pngjs';
import { afterAll, describe, expect, test, vi } from 'vitest';
import { requant as runCommand } from '../../../src/cli/program.ts';
import { explain, Interpreter, lint, plan, trace } from '../../../src/index.ts';
import { type NpyArray, readNpy, readNpz, writeNpy, writeNpz } from '../../../src/io/npz.ts';
import { reshapeModel, type SmallTensor, smallModel } from '../small_models.ts';

vi.hoisted(() => {
  process.env.NO_COLOR = '1';
});

const root = fileURLToPath(new URL('../../../', import.meta.url));
const main = join(root, 'dist/src/cli/main.js');
const folder = mkdtempSync(join(tmpdir(), 'requant-'));

afterAll(() => rmSync(folder, { recursive: true }));

/** In this process, which is 20 times as fast as in one of its own. */
async function requant(...args: string[]) {
  const said = { stdout: '', stderr: '' };
  const spies = (['stdout', 'stderr'] as const).map((stream) =>
    vi.spyOn(process[stream], 'write').mockImplementation((text) => {
      said[stream] += text;
      return true;
    }),
  );
  const before = process.cwd();
  process.chdir(folder);
  process.exitCode = undefined;
  await runCommand(args);
  const status = Number(process.exitCode ?? 0);
  process.exitCode = undefined;
  process.chdir(before);
  for (const spy of spies) spy.mockRestore();
  return { status, ...said };
}

/** As it is built, in a process of its own: only there are the scripts of its threads. */
function spawned(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [main, ...args], { encoding: 'utf8', cwd: folder });
  return { status, stdout, stderr };
}

async function json(...args: string[]) {
  const { status, stdout } = await requant(...args, '--json');
  return { status, ...JSON.parse(stdout) };
}

function file(name: string, content: Uint8Array | string): string {
  const path = join(folder, name);
  mkdirSync(join(path, '..'), { recursive: true });
  writeFileSync(path, content);
  return path;
}

const array = (dtype: string, shape: number[], data: NpyArray['data']): NpyArray => ({ dtype, shape, data });
const npy = (name: string, ...parts: Parameters<typeof array>) => file(name, writeNpy(array(...parts)));
const npz = (name: string, arrays: Record<string, NpyArray>) => file(name, writeNpz(new Map(Object.entries(arrays))));

const int8 = { type: 'INT8', shape: [1, 2, 2, 1], scale: 0.5, zeroPoint: 1 } as const;
const model = file('model.tflite', reshapeModel(int8, { signature: { inputs: { image: 0 }, outputs: { list: 1 } } }));
const odd = file(
  'odd.tflite',
  smallModel({
    tensors: [int8, int8],
    nodes: [{ op: 'LSH_PROJECTION', inputs: [0], outputs: [1] }],
    inputs: [0],
    outputs: [1],
  }),
);

describe('requant', () => {
  test('--version', async () => {
    const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
    expect(await requant('--version')).toEqual({ status: 0, stdout: `${version}\n`, stderr: '' });
  });

  test('--help: every command, and examples', async () => {
    const { status, stdout } = await requant('--help');
    expect(status).toBe(0);
    for (const word of ['run', 'verify', 'golden', 'inspect', 'bench', 'demo', 'Examples:', 'Exit status:'])
      expect(stdout).toContain(word);
  });

  test.each<[string, string[]]>([
    ['nothing', []],
    ['an unknown command', ['runn']],
    ['an unknown option', ['run', model, '--fast']],
    ['a profile that there is not', ['run', model, '--profile', 'tf']],
    ['kernels that there are not', ['verify', model, '--kernels', 'gpu']],
    ['no model', ['inspect']],
    ['a seed that is no number', ['run', model, '--input-fill', 'random', '--seed', 'x']],
    ['no jobs', ['verify', model, '--jobs', '0']],
    ['jobs for one run', ['run', model, '--input-fill', 'zeros', '--jobs', '2']],
    ['a mean that is no number', ['run', model, '--mean', '1,x']],
    ['no runs to time', ['bench', model, '--runs', '0']],
    ['a number of runs that is none', ['bench', model, '--runs', '1.5']],
    ['kernels to time that there are not', ['bench', model, '--kernels', 'fast']],
    ['a model to time and no name', ['bench', '--per-op']],
  ])('%s: status 2, and standard output stays empty', async (_, args) => {
    const { status, stdout, stderr } = await requant(...args);
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).not.toBe('');
    expect(stderr).not.toContain('    at ');
  });

  test('a command that is misspelt is guessed', async () => {
    expect((await requant('inspekt')).stderr).toContain('Did you mean inspect?');
  });

  test('what nobody foresaw: status 3, a stack, and whose bug it is', async () => {
    vi.spyOn(JSON, 'stringify').mockImplementationOnce(() => {
      throw new TypeError('unforeseen');
    });
    const { status, stderr } = await requant('golden', '--json');
    expect(status).toBe(3);
    expect(stderr).toMatch(/^this is a bug in requant, version .*\nTypeError: unforeseen\n {4}at /);
  });

  test('the built program does the same, also as the symbolic link that npm makes', async () => {
    const link = join(folder, 'requant');
    symlinkSync(main, link);
    const linked = (...args: string[]) =>
      spawnSync(process.execPath, [link, ...args], { encoding: 'utf8', cwd: folder });
    expect(linked('inspect', model, '--json')).toMatchObject(await requant('inspect', model, '--json'));
    expect(linked('inspect', 'nix')).toMatchObject(await requant('inspect', 'nix'));
    expect(linked('runn')).toMatchObject(await requant('runn'));
  });

  test('a reader that leaves early is no error', async () => {
    const shell = `${JSON.stringify(process.execPath)} ${JSON.stringify(main)} golden --json | head -c 1; echo ". \${PIPESTATUS[0]}"`;
    const { stdout, stderr } = spawnSync('bash', ['-c', shell], { encoding: 'utf8' });
    expect([stdout, stderr]).toEqual(['{. 0\n', '']);
  });
});

const whole = reshapeModel(int8);

describe('wrong files', () => {
  const cases: [string, string, RegExp][] = [
    ['missing', 'nix.tflite', /^InputError: cannot read nix.tflite: ENOENT/],
    ['a folder', '.', /^InputError: cannot read \.: EISDIR/],
    ['empty', file('empty.tflite', ''), /^ModelError: .*empty.tflite: model at byte 0: a model of 0 bytes/],
    ['a text', file('text.tflite', 'This is not a model.'), /^ModelError: .*text.tflite: .* this is no .tflite file/],
    ['cut', file('cut.tflite', whole.slice(0, whole.length / 2)), /^ModelError: .*cut.tflite: /],
  ];

  test.each(cases)('%s', async (_, path, message) => {
    for (const args of [
      ['inspect', path],
      ['run', path, '--input-fill', 'zeros'],
    ]) {
      const { status, stdout, stderr } = await requant(...args);
      expect([status, stdout]).toEqual([2, '']);
      expect(stderr).toMatch(message);
      expect(stderr).not.toContain('    at ');
    }
  });

  test('with --json, the error is JSON too', async () => {
    expect(await json('inspect', join(folder, 'empty.tflite'))).toMatchObject({
      status: 2,
      error: { name: 'ModelError', code: 'MODEL', offset: 0, message: expect.stringContaining('0 bytes') },
    });
  });

  test('a model that cannot be run says which node, and inspect shows it all the same', async () => {
    const { status, stderr } = await requant('run', odd, '--input-fill', 'zeros');
    expect(status).toBe(2);
    expect(stderr).toContain('LSH_PROJECTION (node 0)');
    expect((await requant('inspect', odd)).status).toBe(0);
  });
});

describe('dump', () => {
  const digits = join(root, 'models/digits_conv_int8');
  const model = join(digits, 'model.tflite');
  const input = ['--input', join(digits, 'golden.npz')];
  const recorded = readFileSync(join(digits, 'tensors.csv'), 'utf8');

  test('.npz: every tensor as TFLite recorded it, with all scales', async () => {
    const out = join(folder, 'all.npz');
    const { stdout } = await requant('dump', model, ...input, '--out', out);
    expect(stdout).toBe(`15 tensors in ${out}\n`);
    const arrays = readNpz(readFileSync(out), 'all.npz');
    expect(arrays.get('tensor_7_scale')!.data).toHaveLength(8);
    expect([...arrays.get('tensor_7_scale')!.data].every((scale) => Number(scale) > 0)).toBe(true);
    const crcs = [...recorded.matchAll(/^\d+,\w+,(\d+),.*,([0-9a-f]{8})$/gim)];
    expect(crcs.length).toBeGreaterThan(5);
    for (const [, tensor, crc] of crcs) {
      const { data } = arrays.get(`tensor_${tensor}`)!;
      expect(crc32(new Uint8Array(data.buffer, data.byteOffset, data.byteLength))).toBe(Number.parseInt(crc!, 16));
    }
  });

  test('a folder, by name patterns; without an input only constants', async () => {
    const out = join(folder, 'dumped');
    await requant('dump', model, '--out', out, '--format', 'csv', '--name', '*conv2d/Conv2D', 'tensor_6');
    expect(readdirSync(out).sort()).toEqual(['index.json', 'tensor_6.csv', 'tensor_7.csv']);
    const [bias, filter] = JSON.parse(readFileSync(join(out, 'index.json'), 'utf8'));
    expect(bias).toMatchObject({ index: 6, kind: 'bias', dtype: 'int32', shape: [8] });
    expect(filter.quantization).toMatchObject({ dimension: 0, zeroPoints: [0, 0, 0, 0, 0, 0, 0, 0] });
    expect(readFileSync(join(out, 'tensor_6.csv'), 'utf8').trim().split(',')).toHaveLength(8);
  });

  test('JSON: to standard output, or a file', async () => {
    const { tensors } = await json('dump', model, '--name', 'tensor_6');
    expect(tensors).toEqual([expect.objectContaining({ index: 6, values: expect.any(Array) })]);
    const out = join(folder, 'bias.json');
    await requant('dump', model, '--name', 'tensor_6', '--out', out);
    expect(JSON.parse(readFileSync(out, 'utf8'))).toEqual(tensors);
  });

  test.each([
    ['no such tensor', ['--name', 'absent*'], /no tensor with values has a name like absent\*; there are/],
    ['a format for a file', ['--out', join(folder, 'x.npz'), '--format', 'csv'], /--format is for folders/],
  ])('%s', async (_, args, message) => {
    const { status, stderr } = await requant('dump', model, ...args);
    expect([status, stderr]).toEqual([2, expect.stringMatching(message)]);
  });
});

describe('diff', () => {
  const digits = join(root, 'models/digits_conv_int8');
  const wrong = join(folder, 'theirs');
  const model = join(digits, 'model.tflite');
  const input = ['--input', join(digits, 'golden.npz')];

  /** What requant itself gives of every node, in files of all kinds; of node 2 without its lowest bit. */
  function writeTheirs() {
    const interpreter = new Interpreter(readFileSync(model));
    const golden = readNpz(readFileSync(join(digits, 'golden.npz')), 'golden.npz');
    const image = golden.get('input_0')!.data.slice(0, 784) as Int8Array;
    const values: Int8Array[] = [];
    interpreter.invoke(image, { tap: ({ data }) => values.push(data as Int8Array) });
    mkdirSync(wrong, { recursive: true });
    const numbers = [...values[2]!].map((value) => value & ~1).join(', ');
    writeFileSync(join(wrong, 'node_0.npy'), writeNpy({ dtype: 'int8', shape: [6272], data: values[0]! }));
    writeFileSync(join(wrong, 'node_1.csv'), values[1]!.join(','));
    writeFileSync(join(wrong, 'two.h'), `/* x */ static const int8_t node_2[2304] = { ${numbers} };`);
    writeFileSync(join(wrong, 'node_3.bin'), new Uint8Array(values[3]!.slice().buffer));
    writeFileSync(join(wrong, 'nothing_of_ours.csv'), '1 2 3');
  }

  test('a folder of .npy, .csv, C and raw bytes', async () => {
    writeTheirs();
    const found = await json('diff', model, wrong, ...input);
    expect(found.status).toBe(1);
    expect(found.divergent[0]).toMatchObject({ node: 2, op: 'CONV_2D', diagnosis: { values: 2304 } });
    const [first, second, third] = found.nodes;
    expect([first.different, second.different]).toEqual([0, 0]);
    expect(third).toMatchObject({ key: 'node_2', matchedBy: 'position', maxDifference: 1 });
    expect(found.unmatched).toEqual([{ key: 'nothing_of_ours', reason: 'no tensor has this name' }]);
    const { stdout } = await requant('diff', model, wrong, ...input);
    expect(stdout).toContain('first divergent node: 2, CONV_2D');
    expect(stdout).toContain('nothing_of_ours is not compared: no tensor has this name');
  });

  test('what dump and run write is a right run: JSON, of one and of several examples', async () => {
    const right = { status: 0, divergent: [] };
    for (const args of [
      ['dump', model, ...input],
      ['run', model, input[1]!],
      ['run', model, input[1]!, '--each'],
    ]) {
      const path = file(`own/${args.join('').length}.json`, (await requant(...args, '--json')).stdout);
      expect(await json('diff', model, path, ...input, '--example', args.includes('--each') ? '3' : '0')).toMatchObject(
        right,
      );
    }
    await requant('dump', model, ...input, '--out', join(folder, 'own/all.json'));
    expect(await json('diff', model, join(folder, 'own/all.json'), ...input)).toMatchObject(right);
    for (const format of ['json', 'csv', 'npz']) {
      await requant('dump', model, ...input, '--out', join(folder, `own/${format}`), '--format', format);
      expect(await json('diff', model, join(folder, `own/${format}`), ...input)).toMatchObject(right);
    }
  });

  test('a model in a C source', async () => {
    const bytes = Array.from(readFileSync(model), (byte) => `0x${byte.toString(16)}`);
    const source = file('model.cc', `alignas(16) const unsigned char g_model[] = {${bytes.join(', ')}};`);
    expect((await json('inspect', source)).subgraphs).toEqual((await json('inspect', model)).subgraphs);
    const { stdout } = await requant('run', source, input[1]!);
    const answer = (await requant('run', model, input[1]!)).stdout.split('\n').slice(3).join('\n');
    expect(stdout).toContain(answer);
    const none = await requant('inspect', file('none.cc', 'int a[] = {1, 2};'));
    expect([none.status, none.stderr]).toEqual([2, expect.stringContaining('is a C source without a model')]);
  });

  test.each([
    ['no such file', ['diff', model, join(folder, 'absent.npz'), ...input], /cannot read/],
    ['nothing of the model', ['diff', model, join(wrong, 'nothing_of_ours.csv'), ...input], /none of the arrays/],
    ['no input', ['diff', model, join(wrong, 'node_0.npy')], /input/],
  ])('%s', async (_, args, message) => {
    const { status, stderr } = await requant(...args);
    expect([status, stderr]).toEqual([2, expect.stringMatching(message)]);
  });
});

describe('export', () => {
  const digits = join(root, 'models/digits_conv_int8');
  const out = join(folder, 'exported');
  const args = ['export', 'c', join(digits, 'model.tflite'), '--out', out];

  test('files, layers, and how to compile them', async () => {
    const { stdout } = await requant(...args, '--input', join(digits, 'golden.npz'), '--cmsis-nn');
    expect(stdout).toContain('7 layers in C, profile tflm');
    expect(stdout).toContain(`gcc -std=c99 -O2 ${join(out, 'main.c')} -lm`);
    expect(readdirSync(out).sort()).toEqual(['cmsis_nn.h', 'golden.h', 'layers.h', 'main.c', 'support.h', 'weights.h']);
    expect(readFileSync(join(out, 'layers.h'), 'utf8')).toContain('Made by requant of model.tflite, profile tflm.');
  });

  test('JSON; without an input, the same random one each time', async () => {
    const { status, files, layers, profile } = await json(...args, '--profile', 'tflite');
    expect([status, profile, files]).toEqual([
      0,
      'tflite',
      ['support.h', 'weights.h', 'layers.h', 'golden.h', 'main.c'],
    ]);
    expect(layers[5]).toEqual({ node: 5, op: 'FULLY_CONNECTED', isComputed: true });
    const golden = readFileSync(join(out, 'golden.h'), 'utf8');
    await requant(...args, '--profile', 'tflite');
    expect(readFileSync(join(out, 'golden.h'), 'utf8')).toBe(golden);
  });

  test.each([
    ['another format', ['export', 'rust', 'm.tflite', '--out', out], /choices are c/],
    ['nowhere to write', ['export', 'c', join(digits, 'model.tflite')], /--out/],
    ['a file in its place', [...args.slice(0, -1), join(digits, 'model.tflite')], /cannot make the folder/],
  ])('%s', async (_, wrong, message) => {
    const { status, stderr } = await requant(...wrong);
    expect([status, stderr]).toEqual([2, expect.stringMatching(message)]);
  });
});

describe('plan', () => {
  const digits = join(root, 'models/digits_conv_int8/model.tflite');

  test('as JSON: what the library says', async () => {
    const { status, path, ...said } = await json('plan', digits);
    expect(status).toBe(0);
    expect(path).toBe(digits);
    expect(said).toEqual(JSON.parse(JSON.stringify(plan(readFileSync(digits)))));
  });

  test('as text: sizes, a picture, lifetimes, lines to paste', async () => {
    const { stdout } = await requant('plan', digits);
    expect(stdout).toMatch(/^ {2}head: tensors and scratch +7,840 +7,840 +7,840$/m);
    expect(stdout).toMatch(/^ {2}head and persistent part +[\d,]+ +[\d,]+ +10,256$/m); // as the recorder says
    expect(stdout).toContain('  490 AABB...');
    expect(stdout).toMatch(/^ {2}B +10 .* int8 +\[1,12,12,16\] +2,304 +0 +2 to 3$/m);
    expect(stdout).toContain('  resolver.AddMaxPool2D();');
  });
});

describe('lint', () => {
  const digits = join(root, 'models/digits_dense/model.tflite'); // float at both ends
  const cnn = join(root, 'models/cnn56_int8/model.tflite');

  test('as JSON: what the library says', async () => {
    const { status, path, ...said } = await json('lint', digits);
    expect(status).toBe(0);
    expect(path).toBe(digits);
    expect(said).toEqual(JSON.parse(JSON.stringify(lint(readFileSync(digits)))));
  });

  test('as text', async () => {
    const { stdout } = await requant('lint', digits, '--target', 'tflm');
    expect(stdout).toContain('note: float32 at an input or an output [float-edge]');
    expect(stdout).toContain('  converter.inference_input_type = tf.int8');
    expect(stdout).not.toContain('edge-tpu');
    expect((await requant('lint', digits, '--format', 'md')).stdout).toContain('## note: float32 at an input');
  });

  test('--integer-only and --fail-on', async () => {
    expect((await requant('lint', digits, '--integer-only')).status).toBe(1);
    expect((await requant('lint', cnn, '--integer-only')).status).toBe(0);
    expect((await requant('lint', cnn, '--fail-on', 'warning')).status).toBe(0);
    expect((await requant('lint', cnn, '--fail-on', 'note')).status).toBe(1);
  });

  test('--inputs runs every example', async () => {
    const golden = join(root, 'models/cnn56_int8/golden.npz');
    const { status, runs } = await json('lint', cnn, '--inputs', golden);
    const examples = readNpz(readFileSync(golden), golden).get('input_0')!.shape[0];
    expect([status, runs]).toEqual([0, examples]);
  });
});

describe('report', () => {
  const digits = join(root, 'models/digits_conv_int8/model.tflite');
  const golden = join(root, 'models/digits_conv_int8/golden.npz');
  const stored = (html: string) =>
    JSON.parse(/<script type="application\/json" id="report">(.*?)<\/script>/s.exec(html)![1]!);

  test('one file, which holds what explain, plan and lint say, and the run', async () => {
    const path = join(folder, 'report.html');
    const { status, stdout } = await requant('report', digits, '--input', golden, '-o', path);
    expect([status, stdout]).toEqual([0, expect.stringMatching(/report\.html: 7 nodes, [\d,]+ bytes\n$/)]);
    const html = readFileSync(path, 'utf8');
    expect(html.match(/<(?:script|link|img|iframe)[^>]* (?:src|href)="(?!data:)/g)).toBe(null);
    const report = stored(html);
    const bytes = readFileSync(digits);
    expect(report.explanation).toEqual(JSON.parse(JSON.stringify(explain(bytes))));
    expect(report.plan).toEqual(JSON.parse(JSON.stringify(plan(bytes))));
    expect(report.lint).toEqual(JSON.parse(JSON.stringify(lint(bytes))));
    const [{ values }] = report.run.outputs;
    expect(values).toEqual([...readNpz(readFileSync(golden), golden).get('output_0')!.data.subarray(0, 10)]);
    for (const { counts, values: all } of [...report.constants, ...report.run.activations])
      expect(counts.reduce((sum: number, count: number) => sum + count)).toBe(all);
  });

  test('without a model: a page that takes one', async () => {
    const path = join(folder, 'empty.html');
    expect((await requant('report', '--output', path)).status).toBe(0);
    expect(stored(readFileSync(path, 'utf8'))).toBe(null);
  });

  test('a name that would end the script', async () => {
    const path = join(folder, 'hostile.html');
    const model = join(folder, 'hostile.tflite');
    const name = '</script><script>alert(1)</script><!--';
    const tensor: SmallTensor = { type: 'INT8', shape: [1], scale: 1, name };
    writeFileSync(model, smallModel({ tensors: [tensor, tensor], nodes: [{ op: 'RELU', inputs: [0], outputs: [1] }], inputs: [0], outputs: [1] })); // biome-ignore format: one line
    await requant('report', model, '-o', path);
    const html = readFileSync(path, 'utf8');
    expect(html).not.toContain(name);
    expect(stored(html).inspection.inputs[0].name).toBe(name);
  });

  test('--against needs an input; nothing is written', async () => {
    const path = join(folder, 'none.html');
    const { status, stderr } = await requant('report', digits, '--against', golden, '-o', path);
    expect([status, stderr]).toEqual([2, expect.stringContaining('--against needs --input')]);
    expect(existsSync(path)).toBe(false);
  });
});

describe('explain', () => {
  const digits = join(root, 'models/digits_conv_int8/model.tflite');

  test('JSON: what the API gives, with the path', async () => {
    const { status, path, ...said } = await json('explain', digits);
    expect([status, path]).toEqual([0, digits]);
    expect(said).toEqual(JSON.parse(JSON.stringify(explain(readFileSync(digits)))));
    const { stdout } = await requant('explain', digits, '--format', 'json');
    expect(JSON.parse(stdout)).toEqual({ path, ...said });
  });

  test('one layer: by number, by name, by a part of a name', async () => {
    const name = 'sequential/max_pooling2d_1/MaxPool';
    for (const layer of ['3', name, 'pooling2d_1']) {
      const { nodes } = await json('explain', digits, '--layer', layer);
      expect(nodes).toMatchObject([{ node: 3, op: 'MAX_POOL_2D', name }]);
    }
  });

  test.each([
    ['7', /no layer 7: the nodes are 0 to 6/],
    ['nothing', /no layer nothing/],
    ['pooling', /2 layers have a name with 'pooling' in it: .*\n {2}1 {2}MAX_POOL_2D/],
  ])('no such layer: %s', async (layer, message) => {
    const { status, stderr } = await requant('explain', digits, '--layer', layer);
    expect(status).toBe(2);
    expect(stderr).toMatch(message);
  });

  test('text: few channels, or all of the one layer that is asked for', async () => {
    const all = await requant('explain', digits);
    expect(all.stdout).toContain('… 12 channels more: --layer');
    const { stdout } = await requant('explain', digits, '--layer', '2', '--profile', 'tflm');
    expect(stdout).toContain('profile       tflm');
    expect(stdout).toMatch(/^ {2}15 .* 0x[0-9a-f]{8} +-9$/m);
    expect(stdout).not.toContain('node 1');
  });

  test('Markdown and LaTeX', async () => {
    expect((await requant('explain', digits, '--format', 'md')).stdout).toMatch(/^# .*\n\n- \*\*profile\*\*: tflite$/m);
    expect((await requant('explain', digits, '--format', 'tex')).stdout).toMatch(
      /^\\documentclass[\s\S]*\\end\{document\}\n$/,
    );
  });

  test('a model that cannot run', async () => {
    expect(await requant('explain', odd)).toMatchObject({ status: 2, stdout: '' });
  });
});

describe('trace', () => {
  const digits = join(root, 'models/digits_conv_int8');
  const args = ['trace', join(digits, 'model.tflite'), '--input', join(digits, 'golden.npz')];

  test('JSON: what the API gives, with the path and where the input is from', async () => {
    const { status, path, inputs, ...said } = await json(...args, '--layer', '0', '--at', '0,5,5,3', '--example', '1');
    expect([status, path]).toEqual([0, args[1]]);
    expect(inputs[0]).toContain('example 1 of');
    const interpreter = new Interpreter(readFileSync(args[1]!));
    const { size } = interpreter.inputs[0]!;
    const { data } = readNpz(readFileSync(args[3]!), 'golden').get('input_0')!;
    const traced = trace(interpreter, (data as Int8Array).slice(size, 2 * size), { node: 0, at: [0, 5, 5, 3] });
    expect(said).toEqual(JSON.parse(JSON.stringify(traced)));
  });

  test('text, of a layer by name', async () => {
    const { status, stdout } = await requant(...args, '--layer', 'pooling2d_1', '--at', '0,0,1,2');
    expect(status).toBe(0);
    expect(stdout).toMatch(/^node 3 {2}MAX_POOL_2D .* int8 output\[0, 0, 1, 2\]$/m);
    expect(stdout).toMatch(/^ {2}maximum +of 4 values/m);
  });

  test.each([
    [['--layer', '0', '--at', '0,x'], /whole numbers from 0 on/],
    [['--layer', '0', '--at', '0,99,0,0'], /is no place in CONV_2D/],
    [['--layer', '9', '--at', '0'], /no layer 9/],
    [['--at', '0'], /required option '--layer <node>'/],
  ])('wrong usage: %s', async (more, message) => {
    const { status, stderr } = await requant(...args, ...more);
    expect(status).toBe(2);
    expect(stderr).toMatch(message);
  });
});

describe('inspect', () => {
  test('JSON', async () => {
    expect(await json('inspect', model)).toMatchObject({
      status: 0,
      path: model,
      bytes: readFileSync(model).length,
      integerOnly: { integerOnly: true, arithmetic: 'integer', nodes: [], tensors: [] },
      inputs: [
        {
          index: 0,
          dtype: 'int8',
          shape: [1, 2, 2, 1],
          quantization: { scales: [0.5], zeroPoints: [1], dimension: null },
        },
      ],
      operators: [{ op: 'RESHAPE', version: 1, count: 1 }],
      signatures: [{ key: 'serving_default', inputs: { image: 0 }, outputs: { list: 1 } }],
      subgraphs: [{ index: 0, nodes: [{ op: 'RESHAPE' }], tensors: [{ kind: 'input' }, { kind: 'output' }] }],
    });
  });

  test('text', async () => {
    const { stdout } = await requant('inspect', model);
    expect(stdout).toContain('integer-only: no node touches a float tensor');
    expect(stdout).toMatch(/^ {2}input 0 +0 +'t0' +int8 +\[1,2,2,1\] +real = 0\.5 \* \(q - 1\) +-64\.5 to 63$/m);
  });

  test('--integer-only', async () => {
    const float = file('float.tflite', reshapeModel({ type: 'FLOAT32', shape: [2] }));
    expect((await requant('inspect', model, '--integer-only')).status).toBe(0);
    expect((await requant('inspect', float, '--integer-only')).status).toBe(1);
    expect((await requant('inspect', float)).status).toBe(0);
  });
});

describe('run', () => {
  const answer = async (...args: string[]) => (await json('run', model, ...args)).outputs[0].values;
  const real = npy('real.npy', 'float32', [1, 2, 2, 1], Float32Array.of(0, 0.25, -100, 1e9));
  const values = npy('values.npy', 'int8', [1, 2, 2, 1], Int8Array.of(1, 2, 3, -4));

  test('JSON', async () => {
    expect(await json('run', model, values)).toEqual({
      status: 0,
      path: model,
      profile: 'tflite',
      kernels: 'simd',
      milliseconds: expect.any(Number),
      macs: 0,
      inputs: [expect.objectContaining({ name: 't0', dtype: 'int8', shape: [1, 2, 2, 1], source: values })],
      outputs: [
        expect.objectContaining({ name: 'list', shape: [1, 4], values: [1, 2, 3, -4], reals: [0, 0.5, 1, -2.5] }),
      ],
    });
  });

  test('text: the largest first, integers beside reals', async () => {
    const { stdout } = await requant('run', model, values, '--top', '2');
    expect(stdout).toContain('\n      2     3     1\n      1     2   0.5\n');
    expect(stdout).toContain('the largest 2 of 4');
    expect(stdout).toMatch(/one invoke .*, the first\n {2}computed by {2}profile tflite, kernels simd$/m);
  });

  test('labels, from a file', async () => {
    const labels = file('labels.txt', 'ant\nbee\ncow\ndog\n');
    expect((await requant('run', model, values, '--labels', labels)).stdout).toMatch(/^ +2 {2}cow +3 +1$/m);
  });

  test.each<[string, string[], number[]]>([
    ['the tensor own type', [values], [1, 2, 3, -4]],
    ['real values: rounded half away from zero and clamped', [real], [1, 2, -128, 127]],
    ['by tensor name', [`t0=${values}`], [1, 2, 3, -4]],
    ['by signature name', [`image=${values}`], [1, 2, 3, -4]],
    ['without dimensions of one', [npy('flat.npy', 'int8', [2, 2], Int8Array.of(1, 2, 3, 4))], [1, 2, 3, 4]],
    [
      'int64 of the same values',
      [npy('wide.npy', 'int64', [1, 2, 2, 1], BigInt64Array.of(1n, 2n, 3n, -128n))],
      [1, 2, 3, -128],
    ],
    ['uint8 as pixels', [npy('pixels.npy', 'uint8', [2, 2], Uint8Array.of(0, 1, 128, 255))], [-128, -127, 0, 127]],
    ['raw bytes', [file('values.bin', Uint8Array.of(1, 2, 255, 128))], [1, 2, -1, -128]],
    ['npz by number', [npz('n.npz', { input_0: array('int8', [1, 2, 2, 1], Int8Array.of(1, 2, 3, 4)) })], [1, 2, 3, 4]],
    [
      'npz by signature name',
      [npz('s.npz', { image: array('int8', [1, 2, 2, 1], Int8Array.of(1, 2, 3, 4)) })],
      [1, 2, 3, 4],
    ],
    [
      'a golden file, its first run',
      [npz('g.npz', { input_0: array('int8', [2, 1, 2, 2, 1], Int8Array.of(1, 2, 3, 4, 5, 6, 7, 8)) })],
      [1, 2, 3, 4],
    ],
    ['a golden file, its second run', [join(folder, 'g.npz'), '--example', '1'], [5, 6, 7, 8]],
    [
      'one of several examples',
      [npy('x.npy', 'int8', [2, 2, 2, 1], Int8Array.of(1, 2, 3, 4, 5, 6, 7, 8)), '--example', '1'],
      [5, 6, 7, 8],
    ],
    ['zeros: real 0', ['--input-fill', 'zeros'], [1, 1, 1, 1]],
  ])('%s', async (_, args, expected) => {
    expect(await answer(...args)).toEqual(expected);
  });

  test('random inputs: the same from a seed, others from another', async () => {
    const random = async (seed: string) => await answer('--input-fill', 'random', '--seed', seed);
    expect(await random('7')).toEqual(await random('7'));
    expect(await random('7')).not.toEqual(await random('8'));
  });

  test('says what was done to the values', async () => {
    expect((await requant('run', model, real)).stdout).toContain('real.npy, real values quantized to int8');
  });

  test.each<[string, string[], RegExp]>([
    ['no input', [], /there are no values for tensor 0 't0', int8 \[1,2,2,1\]/],
    ['an input too many', [values, values], /one input too many/],
    ['the same input twice', [`t0=${values}`, `image=${values}`], /two values for input 0/],
    ['a file and --input-fill', [values, '--input-fill', 'zeros'], /not both/],
    [
      'another shape',
      [npy('3.npy', 'int8', [1, 3, 2, 1], new Int8Array(6))],
      /3.npy has shape \[1,3,2,1\]; tensor 0 't0' takes \[1,2,2,1\]/,
    ],
    ['an example that is not there', [join(folder, 'g.npz'), '--example', '2'], /has 2 examples/],
    ['an example of one', [values, '--example', '1'], /has one example/],
    [
      'values out of range',
      [npy('300.npy', 'int32', [1, 2, 2, 1], Int32Array.of(0, 0, 0, 300))],
      /holds 300, which is no int8/,
    ],
    ['not a number', [npy('nan.npy', 'float32', [1, 2, 2, 1], Float32Array.of(0, 0, 0, Number.NaN))], /not a number/],
    ['raw bytes of another length', [file('3.bin', new Uint8Array(3))], /has 3 bytes; .* takes 4/],
    [
      'an npz of something else',
      [npz('e.npz', { weights: array('int8', [1], Int8Array.of(1)) })],
      /holds weights; none of them is an input/,
    ],
    ['a .npy that is none', [file('bad.npy', 'text')], /bad.npy is no .npy file/],
    ['a missing file', ['nix.npy'], /cannot read nix.npy/],
    [
      'labels of other classes',
      [values, '--labels', file('two.txt', 'ant\nbee\n')],
      /two.txt has 2 lines, one for each class; the model answers \[1,4\]/,
    ],
    ['outputs as another kind of file', [values, '-o', 'out.json'], /written as .npz or .npy, not to out.json/],
    ['a folder to write that is not there', [values, '-o', 'nix/out.npz'], /cannot write nix\/out.npz/],
  ])('%s: InputError', async (_, args, message) => {
    const { status, stdout, stderr } = await requant('run', model, ...args);
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(/^InputError: /);
    expect(stderr).toMatch(message);
  });

  test('-o writes the outputs', async () => {
    await requant('run', model, values, '-o', join(folder, 'out.npz'));
    await requant('run', model, values, '-o', join(folder, 'out.npy'));
    const expected = array('int8', [1, 4], Int8Array.of(1, 2, 3, -4));
    expect(readNpz(readFileSync(join(folder, 'out.npz')), 'out')).toEqual(new Map([['output_0', expected]]));
    expect(readNpy(readFileSync(join(folder, 'out.npy')), 'out')).toEqual(expected);
  });

  test('a dynamic input takes the shape of what is given', async () => {
    const dynamic = { type: 'INT8', shape: [1, 2], shapeSignature: [-1, 2], scale: 1 } as const;
    const reshape = {
      op: 'RESHAPE',
      inputs: [0],
      outputs: [1],
      options: ['ReshapeOptions', { newShape: [-1, 2] }],
    } as const;
    const path = file(
      'dynamic.tflite',
      smallModel({ tensors: [dynamic, dynamic], nodes: [reshape], inputs: [0], outputs: [1] }),
    );
    const [output] = (await json('run', path, npy('batch.npy', 'int8', [3, 2], Int8Array.of(1, 2, 3, 4, 5, 6))))
      .outputs;
    expect(output).toMatchObject({ shape: [3, 2], values: [1, 2, 3, 4, 5, 6] });
  });

  test('inputs that must agree take the shapes of what is given together', async () => {
    const dynamic = { type: 'INT8', shape: [1, 2], shapeSignature: [-1, 2], scale: 1 } as const;
    const add = { op: 'ADD', inputs: [0, 1], outputs: [2], options: ['AddOptions', {}] } as const;
    const path = file(
      'two.tflite',
      smallModel({ tensors: [dynamic, dynamic, dynamic], nodes: [add], inputs: [0, 1], outputs: [2] }),
    );
    const given = npy('two.npy', 'int8', [3, 2], Int8Array.of(1, 2, 3, 4, 5, 6));
    const { outputs } = await json('run', path, given, given);
    expect(outputs[0]).toMatchObject({ shape: [3, 2], values: [2, 4, 6, 8, 10, 12] });
    npz('two.npz', {
      input_0: array('int8', [1, 3, 2], Int8Array.of(1, 2, 3, 4, 5, 6)),
      input_1: array('int8', [1, 3, 2], Int8Array.of(1, 2, 3, 4, 5, 6)),
      output_0: array('int8', [1, 3, 2], Int8Array.of(2, 4, 6, 8, 10, 12)),
    });
    expect((await json('verify', path)).summary).toMatchObject({ values: 6, different: 0, failed: 0 });
  });

  test('a batch of scores: the largest of each row', async () => {
    const batch = npy('rows.npy', 'int8', [2, 2], Int8Array.of(1, 3, 5, -4));
    expect((await requant('run', join(folder, 'dynamic.tflite'), batch)).stdout).toMatch(
      /^ +0 +1 +3 +3\n +1 +0 +5 +5$/m,
    );
    const float = { type: 'FLOAT32', shape: [2, 2] } as const;
    const reshape = {
      op: 'RESHAPE',
      inputs: [0],
      outputs: [1],
      options: ['ReshapeOptions', { newShape: [2, 2] }],
    } as const;
    const path = file(
      'rows.tflite',
      smallModel({ tensors: [float, float], nodes: [reshape], inputs: [0], outputs: [1] }),
    );
    const floats = npy('rows_float.npy', 'float32', [2, 2], Float32Array.of(0.1, 0.25, 3, 2));
    expect((await requant('run', path, floats)).stdout).toMatch(/^ +0 +1 +0\.25\n +1 +0 +3$/m);
  });

  test('uint8 values of an input that is not quantized are values, not pixels', async () => {
    const path = file('indices.tflite', reshapeModel({ type: 'INT32', shape: [2] }));
    const bytes = npy('indices.npy', 'uint8', [2], Uint8Array.of(0, 200));
    expect((await json('run', path, bytes)).outputs[0].values).toEqual([0, 200]);
  });

  test('int64 and not-a-number survive JSON', async () => {
    const long = file('long.tflite', reshapeModel({ type: 'INT64', shape: [2] }));
    const longs = npy('long.npy', 'int64', [2], BigInt64Array.of(5n, 2n ** 62n));
    expect((await json('run', long, longs)).outputs[0].values).toEqual([5, String(2n ** 62n)]);
    const float = file('float2.tflite', reshapeModel({ type: 'FLOAT32', shape: [2] }));
    const floats = npy('float.npy', 'float32', [2], Float32Array.of(Number.NaN, 0.5));
    expect((await json('run', float, floats)).outputs[0].values).toEqual(['NaN', 0.5]);
  });
});

/** test/oracle/signatures/: decode (the main graph), encode, listen, look; and what TFLite answers. */
describe('--signature', () => {
  const source = join(root, 'test/oracle/signatures');
  const path = file('codec/codec.tflite', readFileSync(join(source, 'model.tflite')));
  const calls = readFileSync(join(source, 'calls.jsonl'), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));

  test('run: names in, names out', async () => {
    const call = calls.find(({ signature, inputs }) => signature === 'decode' && inputs.code.shape[0] === 2);
    const values = (kind: string, name: string) => call[kind][name].data as number[];
    npz('codec/in.npz', {
      code: array('int8', [2, 3], Int8Array.from(values('inputs', 'code'))),
      offset: array('int8', [2, 5], Int8Array.from(values('inputs', 'offset'))),
    });
    const given = ['run', path, join(folder, 'codec/in.npz'), '--signature', 'decode'];
    expect(await json(...given)).toMatchObject({
      status: 0,
      signature: 'decode',
      macs: 30,
      inputs: [{ signatureName: 'code', shape: [2, 3] }, { signatureName: 'offset' }],
      outputs: [
        { signatureName: 'plain', values: values('outputs', 'plain') },
        { signatureName: 'y', values: values('outputs', 'y') },
      ],
    });
    const { stdout } = await requant(...given, '-o', join(folder, 'codec/out.npz'));
    expect(stdout).toMatch(/codec.tflite, signature 'decode'\n[\s\S]*\n {2}code +'decode_code:0' +int8 +\[2,3\]/);
    expect(stdout).toContain("output plain  'PartitionedCall:0' int8 [2,5]");
    const written = readNpz(readFileSync(join(folder, 'codec/out.npz')), 'out');
    expect([...written.keys()]).toEqual(['output_plain', 'output_y']);
  });

  test('run: files by name', async () => {
    const code = npy('codec/code.npy', 'int8', [1, 1, 3], Int8Array.of(1, 2, 3));
    for (const name of ['code', 'listen_code:0', 'input_code']) {
      const { status, outputs } = await json('run', path, `${name}=${code}`, '--signature', 'listen');
      expect([status, outputs[1].values]).toEqual([0, [101]]);
    }
  });

  test('verify: its own golden file, state carried over', async () => {
    const listens = calls.filter(({ signature }) => signature === 'listen');
    const all = (kind: string, name: string) => listens.flatMap((call) => call[kind][name].data as number[]);
    const n = listens.length;
    const golden = {
      input_code: array('int8', [n, 1, 1, 3], Int8Array.from(all('inputs', 'code'))),
      output_score: array('int8', [n, 1, 2], Int8Array.from(all('outputs', 'score'))),
      output_steps: array('int32', [n, 1], Int32Array.from(all('outputs', 'steps'))),
    };
    npz('codec/codec.listen.npz', golden);
    file('codec/model.tflite', readFileSync(path));
    npz('codec/golden.listen.npz', golden);
    for (const model of [path, join(folder, 'codec/model.tflite'), join(folder, 'codec')]) {
      const { status, summary } = await json('verify', model, '--signature', 'listen');
      expect([status, summary.values, summary.different]).toEqual([0, summary.models * 3 * n, 0]);
    }
    const last = { ...golden.output_steps, data: Int32Array.from(golden.output_steps.data, Number).fill(7, n - 1) };
    npz('codec/wrong.npz', { ...golden, output_steps: last });
    expect(await json('verify', path, join(folder, 'codec/wrong.npz'), '--signature', 'listen')).toMatchObject({
      status: 1,
      models: [{ different: 1, firstTensor: { index: 11, op: 'READ_VARIABLE' } }],
    });
  });

  test('inspect says which graph it is', async () => {
    expect((await requant('inspect', path)).stdout).toMatch(
      /signature +'encode' \(subgraph 1\): x \(0\) -> code \(2\)$/m,
    );
  });

  test.each([[['run', path, '--input-fill', 'zeros']], [['verify', path, join(folder, 'codec/codec.listen.npz')]]])(
    'one that there is not: %s',
    async (args) => {
      const { status, stdout, stderr } = await requant(...args, '--signature', 'sing');
      expect(status).toBe(2);
      expect(stdout + stderr).toContain("there is no signature 'sing'; the model has 'decode', 'encode'");
    },
  );
});

describe('run on pictures', () => {
  /** A PNG of RGBA values; two wide, one high. */
  const png = (name: string, rgba: number[], width = 2, height = 1) => {
    const picture = new PNG({ width, height });
    picture.data = Buffer.from(rgba);
    return file(name, PNG.sync.write(picture));
  };
  const modelOf = (name: string, tensor: SmallTensor) => file(`${name}.tflite`, reshapeModel(tensor));
  const grey = png('grey.png', [0, 0, 0, 255, 200, 200, 200, 255]);
  const colour = png('colour.png', [1, 2, 3, 255, 4, 5, 255, 255]);
  const int8Grey = modelOf('int8grey', { type: 'INT8', shape: [1, 1, 2, 1], scale: 1 / 255, zeroPoint: -128 });
  const uint8Rgb = modelOf('uint8rgb', { type: 'UINT8', shape: [1, 1, 2, 3], scale: 1, zeroPoint: 0 });
  const int8Rgb = modelOf('int8rgb', { type: 'INT8', shape: [1, 1, 2, 3], scale: 1, zeroPoint: 0 });
  const floatGrey = modelOf('floatgrey', { type: 'FLOAT32', shape: [1, 1, 2, 1] });
  const list = modelOf('list', { type: 'INT8', shape: [2], scale: 1 });

  test.each<[string, string, string[], number[]]>([
    ['uint8: the pixels as they are', uint8Rgb, [colour], [1, 2, 3, 4, 5, 255]],
    ['int8: pixel - 128', int8Grey, [grey], [-128, 72]],
    ['a grey picture for three channels', uint8Rgb, [grey], [0, 0, 0, 200, 200, 200]],
    ['float32: from 0 to 1', floatGrey, [grey], [0, Math.fround(200 / 255)]],
    ['--mean and --std, quantized', int8Rgb, [colour, '--mean', '1', '--std', '2'], [0, 1, 1, 2, 2, 127]],
    ['--mean of each channel', int8Rgb, [colour, '--mean', '1,2,3'], [0, 0, 0, 3, 3, 127]],
    ['--mean alone, float32', floatGrey, [grey, '--mean', '100'], [-100, 100]],
  ])('%s', async (_, path, args, expected) => {
    expect((await json('run', path, ...args)).outputs[0].values).toEqual(expected);
  });

  test.each<[string, string, string[], RegExp]>([
    [
      'another size',
      int8Grey,
      [png('big.png', new Array(24).fill(255), 3, 2)],
      /the picture is 3x2; tensor 0 't0' takes 2x1/,
    ],
    ['colour for one channel', int8Grey, [colour], /in colour/],
    ['transparent', int8Grey, [png('clear.png', [0, 0, 0, 0, 0, 0, 0, 255])], /transparent/],
    ['an input that is no picture', list, [grey], /a picture is \[1,height,width,1 or 3\]/],
    ['no PNG', int8Grey, [file('fake.png', 'x'.repeat(100))], /fake.png: it is no PNG file/],
    [
      'a cut PNG',
      int8Grey,
      [file('cut.png', readFileSync(grey).subarray(0, 50))],
      /cut.png: it is no PNG file that can be read/,
    ],
    ['a mean for two channels', int8Rgb, [colour, '--mean', '1,2'], /--mean has 2 numbers; the input has 3 channels/],
  ])('%s: InputError', async (_, path, args, message) => {
    const { status, stderr } = await requant('run', path, ...args);
    expect([status, stderr]).toEqual([2, expect.stringMatching(message)]);
  });

  test('the size is known before a picture is unpacked', async () => {
    const huge = Buffer.from(readFileSync(grey));
    huge.writeUInt32BE(2 ** 31 - 1, 16); // 2147483647 pixels wide
    expect((await requant('run', int8Grey, file('huge.png', huge))).stderr).toContain('the picture is 2147483647x1');
  });
});

describe('run --each', () => {
  const one = npy('one.npy', 'int8', [1, 2, 2, 1], Int8Array.of(1, 2, 3, 4));
  const list = npy('list.npy', 'int8', [2, 2, 2, 1], Int8Array.of(5, 6, 7, 8, 9, 10, 11, 12));
  const raw = file('raw.bin', Uint8Array.of(13, 14, 15, 16));
  const golden = npz('each.npz', { input_0: array('int8', [2, 1, 2, 2, 1], Int8Array.of(1, 2, 3, 4, 5, 6, 7, 8)) });
  const tensor = { type: 'INT8', shape: [2], scale: 1, zeroPoint: 0 } as const;
  const sum = file(
    'sum.tflite',
    smallModel({
      tensors: [{ ...tensor, name: 'a' }, { ...tensor, name: 'b' }, tensor],
      nodes: [{ op: 'ADD', inputs: [0, 1], outputs: [2], options: ['AddOptions', {}] }],
      inputs: [0, 1],
      outputs: [2],
    }),
  );
  const pair = (name: string, ...values: number[]) =>
    npy(`each_${name}.npy`, 'int8', values.length > 2 ? [values.length / 2, 2] : [2], Int8Array.from(values));
  const answers = async (...args: string[]) => {
    const { status, runs } = await json('run', ...args, '--each');
    expect(status).toBe(0);
    return runs.map(({ outputs }: { outputs: { values: number[] }[] }) => outputs[0]!.values);
  };

  test('every file, and every example in it', async () => {
    expect(await answers(model, one, list, raw, golden)).toEqual([
      [1, 2, 3, 4],
      [5, 6, 7, 8],
      [9, 10, 11, 12],
      [13, 14, 15, 16],
      [1, 2, 3, 4],
      [5, 6, 7, 8],
    ]);
  });

  test('of a model with several inputs, a set of files for each run', async () => {
    const [a, b] = [pair('a', 1, 2), pair('b', 10, 20)];
    expect(await answers(sum, a, b, b, b)).toEqual([
      [11, 22],
      [20, 40],
    ]);
    expect(await answers(sum, `b=${b}`, `a=${pair('c', 1, 2, 3, 4)}`)).toEqual([
      [11, 22],
      [13, 24],
    ]);
    const both = npz('both.npz', {
      a: array('int8', [2], Int8Array.of(1, 1)),
      b: array('int8', [2], Int8Array.of(2, 2)),
    });
    expect(await answers(sum, both, a, b, both)).toEqual([
      [3, 3],
      [11, 22],
      [3, 3],
    ]);
  });

  test('each in the shape that it has', async () => {
    const open = { ...int8, shape: [1, 2], shapeSignature: [-1, 2] };
    const path = file(
      'open.tflite',
      smallModel({
        tensors: [open, { ...open, name: 'sum' }],
        nodes: [{ op: 'ADD', inputs: [0, 0], outputs: [1], options: ['AddOptions', {}] }],
        inputs: [0],
        outputs: [1],
      }),
    );
    const [two, small] = [npy('each_two.npy', 'int8', [2, 2], Int8Array.of(1, 1, 1, 1)), pair('small', 1, 1)];
    const run = ['run', path, two, small, two, '--each', '--json'];
    const { runs } = JSON.parse((await requant(...run)).stdout);
    expect(runs.map(({ outputs: [{ shape }] }: { outputs: { shape: number[] }[] }) => shape)).toEqual([
      [2, 2],
      [1, 2],
      [2, 2],
    ]);
    expect(JSON.parse(spawned(...run, '--jobs', '2').stdout).runs).toEqual(runs);
    const { status, stderr } = await requant(...run, '-o', join(folder, 'open.npz'));
    expect([status, stderr]).toEqual([2, expect.stringContaining('has shape [2,2] in one run and [1,2] in another')]);
  });

  test('JSON, text and files, from one thread and from several', () => {
    const run = (...args: string[]) => spawned('run', model, one, list, '--each', ...args);
    const untimed = ({ stdout, ...rest }: ReturnType<typeof spawned>) => {
      return { ...rest, stdout: stdout.replace(/"milliseconds": .*|runs in .*/, '') };
    };
    for (const how of [['--json'], []]) expect(untimed(run(...how, '--jobs', '2'))).toEqual(untimed(run(...how)));
    const { inputs, runs, ...rest } = JSON.parse(run('--json').stdout);
    expect(rest).toEqual({
      path: model,
      profile: 'tflite',
      kernels: 'simd',
      milliseconds: expect.any(Number),
      macs: 0,
    });
    expect(inputs).toMatchObject([{ name: 't0', dtype: 'int8', shape: [1, 2, 2, 1] }]);
    expect(runs[1]).toMatchObject({
      sources: ['list.npy, example 0 of 2'].map((source) => join(folder, source)),
      outputs: [{ name: 'list', values: [5, 6, 7, 8], reals: [2, 2.5, 3, 3.5] }],
    });
    expect(run().stdout).toMatch(/3 runs in .*\n.* {2}profile tflite, kernels simd\n[\s\S]*one\.npy +3 +4 +1\.5$/m);
    run('--jobs', '2', '-o', join(folder, 'each_out.npz'));
    const { shape, data } = readNpz(readFileSync(join(folder, 'each_out.npz')), 'each_out').get('output_0')!;
    expect([shape, data]).toEqual([[3, 1, 4], Int8Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12)]);
  });

  test.each<[string, string[], RegExp]>([
    ['no files', [model], /give files/],
    ['--example', [model, list, '--example', '1'], /neither --input-fill nor --example/],
    ['--input-fill', [model, one, '--input-fill', 'zeros'], /neither --input-fill nor --example/],
    ['a set that is not whole', [sum, pair('alone', 1, 2)], /there are no values for tensor 1 'b'/],
    [
      'lists of other lengths',
      [sum, pair('short', 1, 2, 3, 4), pair('long', 1, 2, 3, 4, 5, 6)],
      /short\.npy has 2 examples, and .*long\.npy has 3/,
    ],
    [
      'a list of nothing',
      [model, npy('none.npy', 'int8', [0, 1, 2, 2, 1], new Int8Array(0))],
      /none\.npy has no examples/,
    ],
    [
      'a wrong file among right ones',
      [model, one, file('short.bin', Uint8Array.of(1)), one],
      /^InputError: \S*short\.bin has 1 bytes/,
    ],
  ])('%s: status 2', async (_, args, message) => {
    const { status, stdout, stderr } = await requant('run', ...args, '--each');
    expect([status, stdout, stderr]).toEqual([2, '', expect.stringMatching(message)]);
  });

  test('an input that no model takes: the message names the model, from a thread too', () => {
    const gather = file(
      'gather.tflite',
      smallModel({
        tensors: [
          { type: 'INT32', shape: [1], name: 'at' },
          { ...tensor, data: [1, 2] },
          { ...tensor, shape: [1] },
        ],
        nodes: [{ op: 'GATHER', inputs: [1, 0], outputs: [2], options: ['GatherOptions', {}] }],
        inputs: [0],
        outputs: [2],
      }),
    );
    const at = npy('at.npy', 'int32', [1], Int32Array.of(5));
    const here = spawned('run', gather, at, '--each');
    expect(here).toMatchObject({ status: 2, stderr: expect.stringMatching(/^InputError: .*gather\.tflite: GATHER/) });
    expect(spawned('run', gather, at, '--each', '--jobs', '2')).toEqual(here);
  });

  test('--signature in one thread alone', async () => {
    const { status, stderr } = await requant(
      'run',
      model,
      one,
      '--each',
      '--signature',
      'serving_default',
      '--jobs',
      '2',
    );
    expect([status, stderr]).toEqual([2, expect.stringContaining('--jobs runs the main graph alone')]);
    expect((await requant('run', model, one, list, '--each', '--signature', 'serving_default')).status).toBe(0);
  });
});

describe('verify', () => {
  const input = array('int8', [1, 1, 2, 2, 1], Int8Array.of(1, 2, 3, 4));
  const right = { input_0: input, output_0: array('int8', [1, 1, 4], Int8Array.of(1, 2, 3, 4)) };
  const wrong = { input_0: input, output_0: array('int8', [1, 1, 4], Int8Array.of(1, 2, 3, 9)) };
  const put = (name: string, bytes: Uint8Array, golden: Record<string, NpyArray>) => {
    file(`${name}.tflite`, bytes);
    npz(`${name}.npz`, golden);
    return join(folder, `${name}.tflite`);
  };
  const bytes = reshapeModel(int8);

  test('equal: status 0, JSON', async () => {
    const path = put('same/a', bytes, right);
    expect(await json('verify', path)).toEqual({
      status: 0,
      summary: {
        profile: 'tflite',
        kernels: 'simd',
        models: 1,
        runs: 1,
        values: 4,
        different: 0,
        unsupported: 0,
        failed: 0,
      },
      models: [{ path, runs: 1, values: 4, different: 0, maxDifference: 0, firstTensor: null, unsupportedOps: [] }],
    });
    expect((await requant('verify', path)).stdout).toContain('bit-exact with TFLite: 0 of 4 values differ');
  });

  test('different: status 1, and where it starts', async () => {
    const path = put('different/a', bytes, wrong);
    expect(await json('verify', path)).toMatchObject({
      status: 1,
      models: [{ different: 1, maxDifference: 5, firstTensor: { index: 1, name: 'list', node: 0, op: 'RESHAPE' } }],
    });
    expect((await requant('verify', path)).stdout).toContain(
      "1 of 4 values differ, by up to 5, first in tensor 1 'list', written by RESHAPE (node 0)",
    );
  });

  test('MODEL GOLDEN', async () => {
    const path = put('pair/a', bytes, right);
    npz('pair/other.npz', wrong);
    expect((await requant('verify', path, join(folder, 'pair/other.npz'))).status).toBe(1);
  });

  test('a folder and the folders in it: X.npz beside X.tflite, golden.npz beside model.tflite', async () => {
    put('walk/a', bytes, right);
    put('walk/deep/down/b', bytes, right);
    file('walk/deep/model.tflite', bytes);
    npz('walk/deep/golden.npz', right);
    file('walk/alone.tflite', bytes); // has no golden file
    file('walk/readme.txt', 'no model');
    const { summary, models } = await json('verify', join(folder, 'walk'));
    expect(summary).toMatchObject({ models: 3, values: 12, different: 0 });
    expect(models.map(({ path }: { path: string }) => path.slice(folder.length))).toEqual([
      '/walk/a.tflite',
      '/walk/deep/down/b.tflite',
      '/walk/deep/model.tflite',
    ]);
  });

  test('checksums of tensors, and a csv that is none', async () => {
    const path = put('sums/a', bytes, right);
    const csv = (crc: string) =>
      file('sums/a.tensors.csv', `op,op_name,tensor,name,dtype,shape,crc32\n0,RESHAPE,1,"a,b",int8,1x4,${crc}\n`);
    csv('b63cfbcd'); // of the bytes 1, 2, 3, 4
    expect(await json('verify', path)).toMatchObject({ status: 0, summary: { values: 8, different: 0 } });
    csv('00000000');
    expect(await json('verify', path)).toMatchObject({ status: 1, summary: { values: 8, different: 1 } });
    csv('x');
    expect(await json('verify', path)).toMatchObject({ status: 2, summary: { failed: 1 } });
  });

  test('--jobs: in threads, the same output; a model that fails does not stop the others', () => {
    put('jobs/a', bytes, right);
    put('jobs/b', whole.slice(0, whole.length / 2), right);
    put('jobs/c', bytes, wrong);
    put('jobs/d', readFileSync(odd), right);
    put('jobs/e', bytes, right);
    const verify = (...args: string[]) => spawned('verify', join(folder, 'jobs'), ...args);
    const one = verify('--json');
    expect(one).toMatchObject({ status: 1, stderr: '' });
    expect(JSON.parse(one.stdout).summary).toMatchObject({ models: 5, different: 1, unsupported: 1, failed: 1 });
    for (const jobs of ['2', '8']) expect(verify('--json', '--jobs', jobs)).toEqual(one);
    expect(verify('--jobs', '3')).toEqual(verify());
  });

  test('one bad model does not hide the others', async () => {
    put('mixed/cut', bytes.slice(0, 100), right);
    put('mixed/good', bytes, right);
    put('mixed/odd', readFileSync(odd), right);
    file('mixed/zip.tflite', bytes);
    file('mixed/zip.npz', 'no zip');
    expect(await json('verify', join(folder, 'mixed'))).toMatchObject({
      status: 2,
      summary: { models: 4, values: 4, different: 0, unsupported: 1, failed: 2 },
      models: [
        { error: expect.stringContaining('byte'), unsupportedOps: [], maxDifference: 0, firstTensor: null },
        { values: 4 },
        { unsupportedOps: ['LSH_PROJECTION'], error: expect.stringContaining('LSH_PROJECTION (node 0)') },
        { error: expect.stringContaining('zip.npz is no .npz file') },
      ],
    });
  });

  test('unsupported models: counted among others, status 2 where there is nothing else', async () => {
    put('unsupported/odd', readFileSync(odd), right);
    expect((await requant('verify', join(folder, 'unsupported'))).status).toBe(2);
    put('unsupported/good', bytes, right);
    expect((await requant('verify', join(folder, 'unsupported'))).status).toBe(0);
  });

  test.each<[string, () => string[], RegExp]>([
    ['a path that is not there', () => ['nix'], /there is no nix/],
    ['a path through a file', () => [join(model, 'nix')], /there is no .*nix/],
    ['a path that cannot be', () => ['x'.repeat(300)], /there is no xxx/],
    [
      'a model without a golden file',
      () => [file('lone/model.tflite', bytes)],
      /`requant golden` says how to record one/,
    ],
    ['a folder without models', () => [join(file('none/x.txt', ''), '..')], /no model with a golden file/],
  ])('%s: status 2', async (_, args, message) => {
    expect(await requant('verify', ...args())).toMatchObject({ status: 2, stderr: expect.stringMatching(message) });
  });
});

describe('bench', () => {
  test('JSON', async () => {
    const { status, ...timing } = await json('bench', model, '--runs', '3', '--kernels', 'reference');
    expect(status).toBe(0);
    expect(timing).toEqual({
      path: model,
      inputs: ['random from -128 to 127, seed 0'],
      profile: 'tflite',
      kernels: 'reference',
      minMs: expect.any(Number),
      medianMs: expect.any(Number),
      runs: 3,
      macs: 0,
      checksum: expect.stringMatching(/^[0-9a-f]{8}$/),
      loadMs: expect.any(Number),
      firstInvokeMs: expect.any(Number),
      firstAnswerMs: expect.any(Number),
    });
  });

  test("on an input of one's own, every node too", async () => {
    const input = npy('bench.npy', 'int8', [1, 2, 2, 1], Int8Array.of(1, 2, 3, -4));
    const { inputs, checksum, perOp } = await json('bench', model, input, '--runs', '2', '--per-op');
    expect([inputs, checksum]).toEqual([
      [input],
      crc32(Uint8Array.of(1, 2, 3, 252))
        .toString(16)
        .padStart(8, '0'),
    ]);
    expect(perOp).toEqual({
      nodes: [
        {
          node: 0,
          op: 'RESHAPE',
          kernels: 'reference',
          ms: expect.any(Number),
          share: 1,
          macs: 0,
          outputs: [{ name: 'list', shape: [1, 4] }],
        },
      ],
      operators: [{ op: 'RESHAPE', nodes: 1, ms: expect.any(Number), share: 1, macs: 0 }],
      outsideMs: expect.any(Number),
      clockMs: expect.any(Number),
    });
  });

  test('text', async () => {
    const { status, stdout } = await requant('bench', model, '--runs', '2', '--per-op', '--profile', 'tflm');
    expect(status).toBe(0);
    expect(stdout).toMatch(/model.tflite\n\n {2}one invoke .* at best, .* in the median of 2 runs\n/);
    expect(stdout).toMatch(
      /first answer {2}.* to load, .* for the first invoke\n.* {2}profile tflm, kernels simd\n {2}input 0 +random from -128 to 127/,
    );
    expect(stdout).toMatch(/^ +0 +RESHAPE +reference +\[1,4\] /m);
    expect(stdout).toMatch(/a look at the clock between two nodes takes \d+ ns/);
  });

  test('a model that cannot run, inputs that do not fit: status 2', async () => {
    expect((await requant('bench', odd)).stderr).toContain('LSH_PROJECTION (node 0)');
    const { status, stdout, stderr } = await requant('bench', model, file('short.bin', Uint8Array.of(1)));
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toContain('has 1 bytes');
  });
});

describe('every report in Markdown and in LaTeX', () => {
  const values = npy('report.npy', 'int8', [1, 2, 2, 1], Int8Array.of(1, 2, 3, 4));
  const recorded = npz('report.npz', {
    input_0: array('int8', [1, 1, 2, 2, 1], Int8Array.of(1, 2, 3, 4)),
    output_0: array('int8', [1, 1, 4], Int8Array.of(1, 2, 3, 4)),
  });
  test.each([
    [['demo'], /\*\*one invoke\*\*/],
    [['inspect', model], /\| RESHAPE \| 1 \| 1 \|/],
    [['run', model, values], /\| ---: \| ---: \| ---: \|\n\| 3 \| 4 \| 1\.5 \|/],
    [['run', model, values, '--each'], /report\.npy \| 3 \| 4 \| 1\.5 \|/],
    [['bench', model, '--runs', '1', '--per-op'], /\| 0 \| RESHAPE \| reference \|/],
    [['verify', model, recorded], /\| 1 \| 1 \| 4 \| 0 \| 0 \| 0 \|/],
    [['plan', model], /```\n[^`]*tflite::MicroMutableOpResolver</],
    [['lint', model], /\*\*found\*\*/],
    [['explain', model], /## node 0/],
    [['trace', model, '--input', values, '--layer', '0', '--at', '0,1'], /## node 0/],
    [['diff', model, recorded, '--input', values], /Nothing differs\./],
  ])('%s', async (args, shown) => {
    const md = await requant(...args, '--format', 'md');
    expect(md).toMatchObject({ status: 0, stderr: '' });
    expect(md.stdout).toMatch(/^[#|] /);
    expect(md.stdout).toMatch(shown);
    const tex = await requant(...args, '--format', 'tex');
    expect(tex.stdout).toMatch(/^\\documentclass[\s\S]*\\begin\{document\}[\s\S]*\\end\{document\}\n$/);
  });
});

describe('golden', () => {
  test('prints a script, or writes it', async () => {
    const { stdout } = await requant('golden');
    expect(stdout).toMatch(/^"""Records what TFLite's reference kernels answer/);
    expect(stdout).toContain('OpResolverType.BUILTIN_REF');
    expect((await requant('golden', '-o', join(folder, 'record.py'))).status).toBe(0);
    expect(readFileSync(join(folder, 'record.py'), 'utf8')).toBe(stdout);
    expect((await json('golden')).script).toBe(stdout);
  });
});

describe('demo', () => {
  test('reads the digits, and every value is TFLite’s', async () => {
    const { status, stdout } = await requant('demo');
    expect(status).toBe(0);
    expect(stdout).toMatch(/^bit-exact with TFLite: 0 of \d{5} values differ$/m);
    expect(stdout).toMatch(/answered +0 0 1 1 2 2 3 3 4 4 5 5 6 6 7 7 8 8 9 9 {3}20 of 20 right/);
    expect(stdout.split('\n').length).toBeLessThan(30);
  });

  test('JSON', async () => {
    expect(await json('demo')).toMatchObject({ status: 0, right: 20, different: 0, values: expect.any(Number) });
  });

  test('without the models, as npm installs it: one clear sentence', () => {
    const installed = join(folder, 'installed');
    mkdirSync(installed);
    writeFileSync(join(installed, 'package.json'), readFileSync(join(root, 'package.json')));
    execFileSync('cp', ['-r', join(root, 'dist'), installed]);
    symlinkSync(join(root, 'node_modules'), join(installed, 'node_modules'));
    expect(existsSync(join(installed, 'models'))).toBe(false);
    const { status, stderr } = spawnSync(process.execPath, [join(installed, 'dist/src/cli/main.js'), 'demo'], {
      encoding: 'utf8',
    });
    expect([status, stderr]).toEqual([
      2,
      expect.stringMatching(/^InputError: the demo's model is not in .*without models/),
    ]);
  });
});

describe('a model that TensorFlow Lite Micro itself refuses', () => {
  const uint8: SmallTensor = { type: 'UINT8', shape: [1, 4], scale: 0.5, zeroPoint: 3 };
  const int8: SmallTensor = { type: 'INT8', shape: [1, 4], scale: 0.5, zeroPoint: 3 };
  const relu = (tensor: SmallTensor) =>
    smallModel({
      tensors: [tensor, tensor, tensor],
      nodes: [0, 1].map((i) => ({ op: 'RELU', inputs: [i], outputs: [i + 1] })),
      inputs: [0],
      outputs: [2],
    });
  const refused = file('refused_by_micro.tflite', relu(uint8));
  const taken = file('taken_by_micro.tflite', relu(int8));
  const said =
    'warning: TensorFlow Lite Micro itself refuses this model: RELU (node 0): its kernel takes float32, int8 or int16 for input, ' +
    'not uint8; and 1 node more (requant lint --target tflm lists all)\n';

  test.each(['tflm', 'single-rounding'])('run --profile %s runs it, and says so in one line', async (profile) => {
    const options = ['--input-fill', 'zeros', '--profile', profile];
    expect(await requant('run', refused, ...options)).toMatchObject({ status: 0, stderr: said });
    expect(await requant('run', taken, ...options)).toMatchObject({ status: 0, stderr: '' });
    const { microRefusals } = await json('run', refused, ...options);
    expect(microRefusals.map(({ op, node }: { op: string; node: number }) => [op, node])).toEqual([
      ['RELU', 0],
      ['RELU', 1],
    ]);
    expect((await json('run', taken, ...options)).microRefusals).toEqual([]);
  });

  test.each(['tflite', 'tflite-2.19'])('run --profile %s says nothing of it', async (profile) => {
    const options = ['--input-fill', 'zeros', '--profile', profile];
    expect(await requant('run', refused, ...options)).toMatchObject({ status: 0, stderr: '' });
    expect(await json('run', refused, ...options)).not.toHaveProperty('microRefusals');
  });

  test('plan says so', async () => {
    expect((await requant('plan', refused)).stdout).toContain(
      'TensorFlow Lite Micro refuses this model: RELU (node 0)',
    );
    expect((await requant('plan', taken)).stdout).not.toContain('refuses');
  });
});
