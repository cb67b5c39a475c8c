/** Rules about the sources that no type says: which folder may import which, and that kernels run on integers. */
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';
import { describe, expect, test } from 'vitest';

const project = fileURLToPath(new URL('../', import.meta.url));

/** AssemblyScript: a language of its own. */
const ASSEMBLY = 'kernels/simd/assembly';

/** Every .ts file below a folder, by its path in the project. */
function sourcesOf(folder: string): string[] {
  return readdirSync(join(project, folder), { recursive: true, encoding: 'utf8' })
    .filter((path) => path.endsWith('.ts'))
    .map((path) => join(folder, path))
    .sort();
}

function parse(path: string, text: string): ts.SourceFile {
  return ts.createSourceFile(path, text, ts.ScriptTarget.ES2022, true);
}

const files = [...sourcesOf('kernels'), ...sourcesOf('src')].filter((path) => !path.startsWith(ASSEMBLY));
const trees = new Map(files.map((path) => [path, parse(path, readFileSync(join(project, path), 'utf8'))]));

// ---- imports

/** What a file imports: paths in the project, or packages by name. */
function importsOf(path: string, tree: ts.SourceFile): string[] {
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    const from = ts.isImportDeclaration(node) || ts.isExportDeclaration(node) ? node.moduleSpecifier : undefined;
    const called = ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword ? node.arguments[0] : undefined; // biome-ignore format: one line
    const name = from ?? called;
    if (name && ts.isStringLiteral(name))
      found.push(name.text.startsWith('.') ? join(dirname(path), name.text) : name.text);
    ts.forEachChild(node, visit);
  };
  visit(tree);
  return found;
}

/** The folders, the innermost first. */
const FOLDERS = ['kernels/float', 'kernels/shared', 'kernels/reference', 'kernels/simd', 'kernels', 'src/model', 'src/targets', 'src/runtime', 'src/io', 'src/inspect', 'src/formula', 'src/explain', 'src/diff', 'src/verify', 'src/plan', 'src/lint', 'src/export', 'src/bench', 'src/pool', 'src/report/page', 'src/report', 'src/cli']; // biome-ignore format: one line
const INDEX = 'src/index.ts'; // re-exports what is public
const folderOf = (path: string) => FOLDERS.find((folder) => path.startsWith(`${folder}/`)) ?? path;

const RUNTIME = ['kernels', 'src/model', 'src/targets', 'src/runtime'];
const INSPECTION = [
  ...RUNTIME,
  'src/formula',
  'src/io',
  'src/inspect',
  'src/formula',
  'src/explain',
  'src/diff',
  'src/lint',
  'src/plan',
];

/** What each folder may import, besides itself: folders, and packages. */
const ALLOWED: { readonly [folder: string]: readonly string[] } = {
  kernels: [],
  'kernels/shared': ['kernels'],
  'kernels/float': ['kernels', 'kernels/shared'],
  'kernels/reference': ['kernels', 'kernels/shared', 'kernels/float'],
  'kernels/simd': ['kernels', 'kernels/shared', 'kernels/float', 'kernels/reference'],
  'src/model': ['kernels', 'flatbuffers'],
  'src/targets': ['kernels', 'src/model'],
  'src/runtime': ['kernels', 'kernels/reference', 'kernels/simd', 'src/model', 'src/targets'],
  'src/pool': [...RUNTIME, 'p-limit', 'node:os', 'node:worker_threads'],
  'src/io': ['kernels', 'src/runtime', 'fflate'],
  'src/inspect': ['src/model', 'src/targets', 'fflate'],
  'src/formula': ['kernels'],
  'src/explain': [...RUNTIME, 'src/formula', 'kernels/reference', 'kernels/shared', 'src/inspect'],
  'src/diff': ['kernels', 'src/runtime', 'src/io'],
  'src/verify': [...RUNTIME, 'src/io', 'node:zlib'],
  'src/plan': [...RUNTIME, 'src/inspect', 'src/explain'],
  'src/lint': [...RUNTIME, 'src/formula', 'src/inspect', 'src/explain'],
  'src/export': [...RUNTIME, 'src/formula', 'src/inspect', 'src/explain'],
  'src/bench': ['src/runtime', 'node:zlib'],
  [INDEX]: [...INSPECTION, 'src/export'],
  'src/report/page': [...INSPECTION, 'src/report', '@observablehq/plot', '@dagrejs/dagre'],
  'src/report': [...INSPECTION, 'src/verify', 'src/export', 'src/bench', 'picocolors'],
};

function wrongImports(path: string, tree: ts.SourceFile): string[] {
  const allowed = ALLOWED[folderOf(path)];
  if (allowed === undefined) return []; // src/cli is the last: it may import everything
  return importsOf(path, tree)
    .filter((name) => folderOf(name) !== folderOf(path) && !allowed.includes(folderOf(name)))
    .map((name) => `${path} imports ${name}`);
}

describe('imports', () => {
  test('run one way: kernels, model, runtime, what inspects, what writes, command line', () => {
    expect([...trees].flatMap(([path, tree]) => wrongImports(path, tree))).toEqual([]);
  });

  test('name files that are there', () => {
    const local = [...trees].flatMap(([path, tree]) => importsOf(path, tree)).filter((name) => name.includes('/'));
    expect(local.filter((name) => /^(src|kernels)\//.test(name) && !trees.has(name))).toEqual([]);
  });

  test('go round no circle, types neither', () => {
    const state = new Map<string, 'open' | 'done'>();
    const circles: string[] = [];
    const visit = (path: string, way: readonly string[]): void => {
      if (state.get(path) === 'open') circles.push([...way.slice(way.indexOf(path)), path].join(' -> '));
      if (state.has(path)) return;
      state.set(path, 'open');
      const tree = trees.get(path);
      if (tree) for (const name of importsOf(path, tree)) visit(name, [...way, path]);
      state.set(path, 'done');
    };
    for (const path of files) visit(path, []);
    expect(circles).toEqual([]);
  });

  test.each([
    ['kernels/tensor.ts', "import { Model } from '../src/model/model.ts';"],
    ['kernels/tensor.ts', "import Long from 'long';"],
    ['kernels/fixed_point.ts', "export { quantize } from './float/quantize.ts';"],
    ['kernels/float/conv_2d.ts', "import { CONV_2D } from '../reference/conv_2d.ts';"],
    ['src/runtime/executor.ts', "import * as x from '../verify/verify.ts';"],
    ['src/runtime/interpreter.ts', "const fs = await import('node:fs');"],
    ['src/runtime/interpreter.ts', "import { Threads } from '../pool/threads.ts';"],
    ['src/lint/lint.ts', "import { table } from '../cli/output.ts';"],
    ['src/inspect/inspect.ts', "import { explain } from '../explain/explain.ts';"],
    ['src/model/loader.ts', "import { Interpreter } from '../runtime/interpreter.ts';"],
  ])('the check finds: %s, %s', (path, text) => {
    expect(wrongImports(path, parse(path, text))).toHaveLength(1);
  });
});

// ---- integers

const INTEGER_MATH = ['imul', 'clz32', 'min', 'max', 'abs'];

/** Where code that runs after prepare leaves the integers. Functions named prepare... and what they hold are left out. */
function floatsIn(tree: ts.SourceFile): string[] {
  const found: string[] = [];
  const report = (node: ts.Node, what: string) => {
    const { line } = tree.getLineAndCharacterOfPosition(node.getStart(tree));
    found.push(`${tree.fileName}:${line + 1}: ${what}`);
  };
  const visit = (node: ts.Node, inFunction: boolean): void => {
    if (ts.isFunctionLike(node)) {
      if (/^prepare/.test(nameOf(node))) return;
      inFunction = true;
    }
    if (inFunction) {
      if (ts.isBinaryExpression(node)) {
        const { kind } = node.operatorToken;
        if (kind === ts.SyntaxKind.SlashToken) report(node, 'a division');
        if (kind === ts.SyntaxKind.SlashEqualsToken) report(node, 'a division');
      }
      if (ts.isNumericLiteral(node) && !Number.isInteger(Number(node.text)))
        report(node, `the fraction ${node.getText(tree)}`);
      if (ts.isIdentifier(node) && /^Float\d+Array$/.test(node.text)) report(node, node.text);
      if (ts.isIdentifier(node) && node.text === 'Math') {
        const { parent } = node;
        const name = ts.isPropertyAccessExpression(parent) && parent.expression === node ? parent.name.text : '?';
        if (!INTEGER_MATH.includes(name)) report(node, `Math.${name}`);
      }
    }
    ts.forEachChild(node, (child) => visit(child, inFunction));
  };
  visit(tree, false);
  return found;
}

/** A function's own name, or that of what it is assigned to. */
function nameOf(node: ts.SignatureDeclaration): string {
  const { name, parent } = node;
  const named = name ?? (ts.isVariableDeclaration(parent) || ts.isPropertyAssignment(parent) ? parent.name : undefined);
  return named?.getText() ?? '';
}

describe('after prepare, quantized operators touch no floating point', () => {
  const integer = [...trees].filter(
    ([path]) => /^kernels\/(reference|shared)\//.test(path) || path === 'kernels/fixed_point.ts',
  );

  test.each(integer)('%s', (_, tree) => {
    expect(floatsIn(tree)).toEqual([]);
  });

  test.each(sourcesOf(ASSEMBLY).filter((path) => !path.startsWith(`${ASSEMBLY}/float/`)))('%s', (path) => {
    expect(readFileSync(join(project, path), 'utf8')).not.toMatch(/\bf(32|64)(x\d)?\b/);
  });

  test('there are files to check', () => {
    expect(sourcesOf(ASSEMBLY).length).toBeGreaterThan(3);
    expect(integer.length).toBeGreaterThan(20);
  });

  test.each([
    ['a division', 'function evalIt(a: number) { return a / 2; }'],
    ['a division', 'function evalIt(a: number) { a /= 2; }'],
    ['a division', 'const evalIt = (a: number, b: number) => (a / b) | 0;'],
    ['a division', 'class A { run(a: number) { return a / 2; } }'],
    ['a division', 'function bind() { return () => 4 / 2; }'],
    ['the fraction 0.5', 'function evalIt(a: number) { return a * 0.5; }'],
    ['the fraction 1e-3', 'function evalIt() { return 1e-3; }'],
    ['Float32Array', 'function evalIt() { return new Float32Array(1); }'],
    ['Float64Array', 'function evalIt(a: unknown) { return a as Float64Array; }'],
    ['Math.round', 'function evalIt(a: number) { return Math.round(a); }'],
    ['Math.fround', 'function evalIt(a: number) { return Math.fround(a); }'],
    ['Math.?', 'function evalIt() { const { floor } = Math; }'],
    ['Math.?', "function evalIt(a: number) { return Math['floor'](a); }"],
  ])('the check finds %s: %s', (what, text) => {
    expect(floatsIn(parse('sample.ts', text))).toEqual([`sample.ts:1: ${what}`]);
  });

  test.each([
    'function prepareIt(a: number) { return [1, 2].map((x) => Math.round((x * 0.5) / a)); }',
    'const prepareIt = (a: number) => a / 2;',
    'const HALF = 1 / 2;',
    'function evalIt(a: number) { return Math.imul(a, 2 ** 30) + Math.max(Math.min(a, 5), -1.0e3) + (a >> 1) % 3; }',
    '/* a / b */ function evalIt() { return "1 / 2"; }',
  ])('the check lets pass: %s', (text) => {
    expect(floatsIn(parse('sample.ts', text))).toEqual([]);
  });
});

test('beside kernels/float, only what serves prepare knows of float arrays, and the table of element types', () => {
  const shared = [...trees].filter(([path]) => folderOf(path) === 'kernels');
  const mentions = shared.filter(([, tree]) => /\bFloat(32|64)Array\b/.test(tree.text)).map(([path]) => path);
  expect(mentions).toEqual(['kernels/float_math.ts', 'kernels/tensor.ts']);
});

test('functions of float32 are imported by prepare and by what computes in float, not by loops on integers', () => {
  const users = [...trees].filter(([path, tree]) => importsOf(path, tree).includes('kernels/float_math.ts'));
  const others = users.map(([path]) => path).filter((path) => folderOf(path) !== 'kernels/float');
  expect(others).toEqual(['kernels/quantization.ts', 'src/formula/functions.ts']);
});
