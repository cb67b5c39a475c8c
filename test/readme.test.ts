/**
 * What README.md and kernels/custom_operators.md show and claim: their TypeScript runs, their links lead somewhere, the
 * commands are all that there are.
 */
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { requant } from '../src/cli/program.ts';
import { type Interpreter, ModelError, type OutputTensor } from '../src/index.ts';
import { readNpz } from '../src/io/npz.ts';
import { blocksOf, root, typeErrors } from './pages.ts';
import { type SmallTensor, smallModel } from './src/small_models.ts';

const readme = readFileSync(join(root, 'README.md'), 'utf8');
const customOperators = readFileSync(join(root, 'kernels/custom_operators.md'), 'utf8');
const index = join(root, 'src/index.ts');
const folder = mkdtempSync(join(tmpdir(), 'requant-readme-'));
const before = process.cwd();
beforeAll(() => {
  process.chdir(folder);
  writeFileSync('package.json', '{ "type": "module" }');
});
afterAll(() => {
  process.chdir(before);
  rmSync(folder, { recursive: true });
});

/** The TypeScript of a page as files: by the name in a block's first line, or by its number. */
function tsOf(page: string): Map<string, string> {
  const blocks = blocksOf(page).filter(({ language }) => language === 'ts');
  return new Map(blocks.map(({ code }, i) => [/^\/\/ (\w+\.ts)\n/.exec(code)?.[1] ?? `block_${i}.ts`, code]));
}

/** What TypeScript has to say about the pages' blocks. */
function pageErrors(...pages: string[]): string[] {
  const files = pages.flatMap((page) => [...tsOf(page)]).map(([name, code]) => ({ path: join(folder, name), code }));
  for (const { path, code } of files) writeFileSync(path, code);
  return typeErrors(files.map(({ path }) => path));
}

/** Writes a block to be run, with 'requant' read from the sources, and its threads as they are built; gives its path. */
function runnable(name: string, code: string): string {
  const path = join(folder, 'run', name);
  mkdirSync(join(folder, 'run'), { recursive: true });
  const pool = join(root, 'dist/src/pool/node.js');
  const own = code.replace("from 'requant'", `from '${index}'`).replace("from 'requant/pool'", `from '${pool}'`);
  writeFileSync(path, own);
  return path;
}

describe('TypeScript', () => {
  const blocks = tsOf(readme);

  /** The variables of a block, after it has run. */
  async function run(i: number, ...names: string[]) {
    const name = `block_${i}.ts`;
    return await import(runnable(name, `${blocks.get(name)}\nexport { ${names.join(', ')} };\n`));
  }

  const magnitude = (zeroPoint: number) => {
    const tensor: SmallTensor = { type: 'INT8', shape: [4], scale: 0.5, zeroPoint };
    const node = { op: 'CUSTOM', customCode: 'Magnitude', inputs: [0], outputs: [1] };
    return smallModel({ tensors: [tensor, tensor], nodes: [node], inputs: [0], outputs: [1] });
  };

  test('there are four blocks', () => expect(blocks.size).toBe(4));

  test('use it', async () => {
    copyFileSync(join(root, 'models/digits_conv_int8/model.tflite'), 'model.tflite');
    const { interpreter, scores }: { interpreter: Interpreter; scores: OutputTensor } = await run(
      0,
      'interpreter',
      'scores',
    );
    expect(scores.data).toBeInstanceOf(Int8Array);
    expect(scores.dequantize()).toBeInstanceOf(Float32Array);
    const golden = readNpz(readFileSync(join(root, 'models/digits_conv_int8/golden.npz')), 'golden');
    const [first] = interpreter.invoke(
      (golden.get('input_0')!.data as Int8Array).slice(0, interpreter.inputs[0]!.size),
    );
    expect(first!.data).toEqual(golden.get('output_0')!.data.slice(0, first!.size));
  });

  test('signatures', async () => {
    copyFileSync(join(root, 'test/oracle/signatures/model.tflite'), 'codec.tflite');
    const log = vi.spyOn(console, 'log').mockImplementation(() => {});
    const { interpreter, code }: { interpreter: Interpreter; code: OutputTensor } = await run(1, 'interpreter', 'code');
    expect(log).toHaveBeenCalledWith('encode', ['x'], ['code']);
    log.mockRestore();
    expect(code.shape).toEqual([2, 3]);
    expect(interpreter.signatures[1]).toMatchObject({ key: 'encode', inputs: { x: { shape: [2, 5] } } });
  });

  test('many inputs', async () => {
    const log = vi.spyOn(console, 'log').mockImplementation(() => {});
    const { images, first, answers } = await run(2, 'images', 'first', 'answers');
    expect(log.mock.calls.at(-1)).toEqual(['20 of 20']);
    log.mockRestore();
    const { Interpreter } = await import('../src/index.ts');
    const [expected] = new Interpreter(readFileSync('model.tflite')).invoke(images[0]);
    expect([first, ...answers.flat()].map(({ data }) => data)).toEqual(Array(21).fill(expected!.data));
  });

  test('custom operators', async () => {
    writeFileSync('custom.tflite', magnitude(0));
    const { interpreter, Magnitude } = await run(3, 'interpreter', 'Magnitude');
    expect(interpreter.invoke(Int8Array.of(-128, -3, 0, 127))[0].data).toEqual(Int8Array.of(127, 3, 0, 127));
    const { Interpreter } = await import('../src/index.ts');
    expect(() => new Interpreter(magnitude(1), { customOps: { Magnitude } })).toThrow(ModelError);
  });

  test('the types are right', () => expect(pageErrors(readme, customOperators)).toEqual([]));
});

describe('custom operators', () => {
  const blocks = tsOf(customOperators);
  for (const [name, code] of blocks) runnable(name, code);
  const operatorOf = async (name: string) => await import(join(folder, 'run', name));

  /** One node of a custom operator. */
  function model(customCode: string, tensors: SmallTensor[], customOptions: string) {
    const last = tensors.length - 1;
    const inputs = tensors.slice(0, last).map((_, i) => i);
    const node = {
      op: 'CUSTOM',
      customCode,
      customOptions: Buffer.from(customOptions, 'hex'),
      inputs,
      outputs: [last],
    };
    return smallModel({
      tensors,
      nodes: [node],
      inputs: inputs.filter((i) => !tensors[i]!.isVariable),
      outputs: [last],
    });
  }

  test('the blocks', () => {
    expect([...blocks.keys()]).toEqual(['blend.ts', 'swish.ts', 'peak.ts', 'blend_test.ts']);
  });

  test('Blend, by its own test', async () => {
    const tensors: SmallTensor[] = [
      { type: 'INT8', shape: [4], scale: 0.05, zeroPoint: -10 },
      { type: 'INT8', shape: [4], scale: 0.03, zeroPoint: 5 },
      { type: 'INT8', shape: [4], scale: 0.05, zeroPoint: -20 },
    ];
    // FlexBuffers of {alpha: 0.75, activation: 'RELU6'} and of {alpha: 2}, as Python writes them.
    const options = '616c7068610061637469766174696f6e000552454c55360002131a00030000000100000002000000160000000000403f140e0a2601'; // biome-ignore format: one line
    writeFileSync('blend.tflite', model('Blend', tensors, options));
    writeFileSync('blend_alpha_2.tflite', model('Blend', tensors, '616c7068610001070101010204022401'));
    await import(join(folder, 'run', 'blend_test.ts'));
  });

  test('Swish', async () => {
    const { Swish } = await operatorOf('swish.ts');
    const tensor: SmallTensor = { type: 'UINT8', shape: [3], scale: 0.0625, zeroPoint: 128 };
    const { Interpreter } = await import('../src/index.ts');
    const interpreter = new Interpreter(model('Swish', [tensor, tensor], '0000003f'), { customOps: { Swish } });
    // beta = 0.5: -8 * 0.018 = -0.144, 0, 7.9375 * 0.981 = 7.79
    expect(interpreter.invoke(Uint8Array.of(0, 128, 255))[0]!.data).toEqual(Uint8Array.of(126, 128, 253));
    const wrong = model('Swish', [tensor, tensor], '00');
    expect(() => new Interpreter(wrong, { customOps: { Swish } })).toThrow(
      'the options have 1 bytes; they are a float',
    );
  });

  test('Peak', async () => {
    const { Peak } = await operatorOf('peak.ts');
    const tensor: SmallTensor = { type: 'INT8', shape: [2], scale: 1, zeroPoint: -7 };
    const { Interpreter } = await import('../src/index.ts');
    const tensors = [tensor, { ...tensor, isVariable: true }, tensor];
    const interpreter = new Interpreter(model('Peak', tensors, ''), { customOps: { Peak } });
    const next = (...values: number[]) => [...(interpreter.invoke(Int8Array.from(values))[0]!.data as Int8Array)];
    expect([next(1, -100), next(0, 5), next(3, 4)]).toEqual([[1, -7], [1, 5], [3, 5]]); // biome-ignore format: one line
    interpreter.resetVariables();
    expect(next(0, -128)).toEqual([0, -7]);
    expect(() => new Interpreter(model('Peak', [tensor, tensor, tensor], ''), { customOps: { Peak } })).toThrow(
      "Peak (node 0): tensor 1 't1' is no variable of 2 values",
    );
  });

  test('the table of helpers names all functions that kernels give', () => {
    const exports = readFileSync(index, 'utf8').matchAll(/^export \{([^}]*)\} from '\.\.\/kernels\//gm);
    const names = [...exports].flatMap(([, list]) => list!.split(',').map((name) => name.trim()));
    const functions = names.filter((name) => /^[a-z]\w+$/.test(name) && name !== 'operator');
    const section = customOperators.match(/^## Helpers\n(.*?)^## /ms)![1]!;
    const named = [...section.matchAll(/`(\w+)\(/g)].map(([, name]) => name!);
    expect(named.sort()).toEqual(functions.sort());
  });
});

test.each(['README.md', 'kernels/README.md', 'test/oracle/README.md'])('every link in %s leads to a file', (page) => {
  const text = readFileSync(join(root, page), 'utf8');
  const links = [...text.matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, path]) => join(root, page, '..', path!));
  expect(links.filter((path) => !existsSync(path))).toEqual([]);
  if (page === 'README.md') expect(links.length).toBeGreaterThan(0);
});

test('every npm script that it names is there', () => {
  const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const named = [...readme.matchAll(/npm (?:run )?([a-z:]+)/g)]
    .map(([, name]) => name!)
    .filter((name) => name !== 'ci');
  expect(named).toContain('start');
  expect(named.filter((name) => !(name in scripts))).toEqual([]);
});

/** What a command's --help says. */
async function help(...command: string[]): Promise<string> {
  let text = '';
  const spy = vi.spyOn(process.stdout, 'write').mockImplementation((part) => {
    text += part;
    return true;
  });
  await requant([...command, '--help']);
  spy.mockRestore();
  process.exitCode = undefined;
  return text;
}

test('the table of commands has every command and every option', async () => {
  const rows = new Map([...readme.matchAll(/^\| `(\w+)[ `].*$/gm)].map(([row, command]) => [command!, row]));
  const commands = [...(await help()).matchAll(/^ {2}(\w+) .*? {2}/gm)]
    .map(([, name]) => name!)
    .filter((name) => name !== 'help' && name !== 'requant');
  expect(commands).toEqual([
    'run',
    'verify',
    'golden',
    'inspect',
    'explain',
    'trace',
    'diff',
    'dump',
    'lint',
    'plan',
    'export',
    'report',
    'bench',
    'demo',
  ]);
  for (const command of commands) {
    const options = [...(await help(command)).matchAll(/^ {2}(?:-\w, )?(--[\w-]+)/gm)].map(([, name]) => name!);
    const shared = ['--json', '--profile', '--kernels', '--allow-float', '--help', ...(command === 'dump' ? [] : ['--format'])]; // biome-ignore format: one line
    const own = options.filter((name) => !shared.includes(name));
    const named = [...rows.get(command)!.matchAll(/`(--[\w-]+)/g)].map(([, name]) => name!);
    expect([command, [...named].sort()]).toEqual([command, own.sort()]);
  }
});

test.each([
  ['the API', 'src/index.ts', ['flatbuffers']],
  ['the pool in browsers', 'src/pool/browser.ts', ['flatbuffers', 'p-limit']],
  ['a thread of it', 'src/pool/browser_worker.ts', ['flatbuffers']],
])('%s imports nothing of Node, and few packages', (_, entry, expected) => {
  const seen = new Set<string>();
  const packages = new Set<string>();
  const visit = (path: string) => {
    if (seen.has(path)) return;
    seen.add(path);
    for (const { fileName } of ts.preProcessFile(readFileSync(path, 'utf8')).importedFiles) {
      if (fileName.startsWith('.')) visit(join(path, '..', fileName));
      else packages.add(fileName);
    }
  };
  visit(join(root, entry));
  expect(seen.size).toBeGreaterThan(50);
  expect([...packages].sort()).toEqual(expected);
});
