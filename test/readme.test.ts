/** What README.md shows and claims: its TypeScript runs, its links lead somewhere, its commands are all that there are. */
import { copyFileSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { requant } from '../src/cli/program.ts';
import { type Interpreter, ModelError, type OutputTensor } from '../src/index.ts';
import { readNpz } from '../src/npz.ts';
import { type SmallTensor, smallModel } from './src/small_models.ts';

const root = fileURLToPath(new URL('../', import.meta.url));
const readme = readFileSync(join(root, 'README.md'), 'utf8');
const index = join(root, 'src/index.ts');
const folder = mkdtempSync(join(tmpdir(), 'requant-readme-'));
const before = process.cwd();
beforeAll(() => process.chdir(folder));
afterAll(() => {
  process.chdir(before);
  rmSync(folder, { recursive: true });
});

describe('TypeScript', () => {
  const blocks = [...readme.matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code]) => code!);
  const paths = blocks.map((_, i) => join(folder, `block_${i}.ts`));

  /** The variables of a block, after it has run with 'requant' read from the sources. */
  async function run(i: number, ...names: string[]) {
    const code = blocks[i]!.replace("from 'requant'", `from '${index}'`);
    writeFileSync(paths[i]!, `${code}\nexport { ${names.join(', ')} };\n`);
    return await import(paths[i]!);
  }

  const magnitude = (zeroPoint: number) => {
    const tensor: SmallTensor = { type: 'INT8', shape: [4], scale: 0.5, zeroPoint };
    const node = { op: 'CUSTOM', customCode: 'Magnitude', inputs: [0], outputs: [1] };
    return smallModel({ tensors: [tensor, tensor], nodes: [node], inputs: [0], outputs: [1] });
  };

  test('there are three blocks', () => expect(blocks.length).toBe(3));

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

  test('custom operators', async () => {
    writeFileSync('custom.tflite', magnitude(0));
    const { interpreter, Magnitude } = await run(2, 'interpreter', 'Magnitude');
    expect(interpreter.invoke(Int8Array.of(-128, -3, 0, 127))[0].data).toEqual(Int8Array.of(127, 3, 0, 127));
    const { Interpreter } = await import('../src/index.ts');
    expect(() => new Interpreter(magnitude(1), { customOps: { Magnitude } })).toThrow(ModelError);
  });

  test('the types are right', () => {
    for (const [i, path] of paths.entries()) writeFileSync(path, blocks[i]!);
    const program = ts.createProgram(paths, {
      target: ts.ScriptTarget.ES2022,
      lib: ['lib.es2023.d.ts'],
      module: ts.ModuleKind.NodeNext,
      strict: true,
      noEmit: true,
      allowImportingTsExtensions: true,
      skipLibCheck: true,
      types: ['node'],
      typeRoots: [join(root, 'node_modules/@types')],
      paths: { requant: [index] },
    });
    const found = paths.flatMap((path) => {
      const file = program.getSourceFile(path)!;
      return [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)];
    });
    expect(found.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'))).toEqual([]);
  });
});

test('every link leads to a file', () => {
  const links = [...readme.matchAll(/\]\((?!https?:)([^)#]+)/g)].map(([, path]) => path!);
  expect(links.length).toBeGreaterThan(0);
  expect(links.filter((path) => !existsSync(join(root, path)))).toEqual([]);
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
  const rows = new Map([...readme.matchAll(/^\| `(\w+)\b.*$/gm)].map(([row, command]) => [command!, row]));
  const commands = [...(await help()).matchAll(/^ {2}(\w+) .*? {2}/gm)]
    .map(([, name]) => name!)
    .filter((name) => name !== 'help' && name !== 'requant');
  expect(commands).toEqual(['run', 'verify', 'golden', 'inspect', 'demo']);
  for (const command of commands) {
    const options = [...(await help(command)).matchAll(/^ {2}(?:-\w, )?(--[\w-]+)/gm)].map(([, name]) => name!);
    const own = options.filter((name) => !['--json', '--profile', '--kernels', '--help'].includes(name));
    const named = [...rows.get(command)!.matchAll(/`(--[\w-]+)/g)].map(([, name]) => name!);
    expect([command, [...named].sort()]).toEqual([command, own.sort()]);
  }
});

test('the API imports nothing of Node, and one package', () => {
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
  visit(index);
  expect(seen.size).toBeGreaterThan(50);
  expect([...packages]).toEqual(['flatbuffers']);
});
