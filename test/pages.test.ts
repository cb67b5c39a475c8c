/**
 * The guide's pages: every block runs, and prints what the page shows. A page has a folder of its own, in which models/ is
 * the project's, and requant is installed. UPDATE_PAGES=1 writes the outputs anew.
 */
import { spawnSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'; // biome-ignore format: one line
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Block, blocksOf, commandsOf, isExcerpt, javaScriptOf, root, shows, typeErrors } from './pages.ts';

const guide = join(root, 'kernels/guide');
const pages = readdirSync(guide).filter((name) => name.endsWith('.md'));
const hasCompiler = spawnSync('gcc', ['--version']).status === 0;
const isUpdate = process.env.UPDATE_PAGES === '1';

/** Files of some folders of the project, for what is quoted from them. */
function textsOf(folders: readonly string[], extension: RegExp): string[] {
  return folders
    .flatMap((folder) =>
      readdirSync(join(root, folder), { recursive: true, encoding: 'utf8' }).map((name) => join(root, folder, name)),
    )
    .filter((path) => extension.test(path))
    .map((path) => readFileSync(path, 'utf8'));
}

const scripts = textsOf(['models', 'test'], /\.py$/);
const records = textsOf(['models'], /\.txt$/);

describe.each(pages)('%s', (name) => {
  const path = join(guide, name);
  const page = readFileSync(path, 'utf8');
  const blocks = blocksOf(page);
  const changes: { at: number; length: number; text: string }[] = [];
  let folder: string;

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'requant-page-'));
    mkdirSync(join(folder, 'node_modules/.bin'), { recursive: true });
    writeFileSync(join(folder, 'package.json'), '{ "type": "module" }');
    symlinkSync(join(root, 'models'), join(folder, 'models'));
    symlinkSync(root, join(folder, 'node_modules/requant'));
    const npx = join(folder, 'node_modules/.bin/npx'); // as npx runs it, without asking a registry
    writeFileSync(npx, `#!/bin/sh\nshift\nexec '${process.execPath}' '${join(root, 'dist/src/cli/main.js')}' "$@"\n`);
    chmodSync(npx, 0o755);
  });

  afterAll(() => {
    rmSync(folder, { recursive: true });
    if (changes.length === 0) return;
    let text = page;
    for (const { at, length, text: output } of changes.reverse()) {
      text = text.slice(0, at) + output + text.slice(at + length);
    }
    writeFileSync(path, text);
  });

  function run(command: string, ...args: string[]): string {
    const env = { ...process.env, PATH: `${join(folder, 'node_modules/.bin')}:${process.env.PATH}`, NO_COLOR: '1' };
    const { stdout, error } = spawnSync(command, args, { cwd: folder, env, encoding: 'utf8' });
    if (error) throw error;
    return stdout;
  }

  /** Compares what was printed with what stands in the page at a place, or writes it there. */
  function compare(what: string, shown: string, printed: string, at: number): void {
    if (isUpdate && !shows(shown, printed)) changes.push({ at, length: shown.length, text: printed });
    else if (!shows(shown, printed)) expect(`${what}\n${printed}`).toBe(`${what}\n${shown}`);
  }

  function check(block: Block, i: number): void {
    const { language, code, at } = block;
    switch (language) {
      case 'console': {
        let place = at;
        for (const { line, output } of commandsOf(block)) {
          place += `$ ${line}\n`.length;
          compare(line, output, run('sh', '-c', `(${line}\n) 2>&1`), place);
          place += output.length;
        }
        break;
      }
      case 'ts': {
        const file = join(folder, `block_${i}.ts`);
        writeFileSync(file, code);
        expect(typeErrors([file])).toEqual([]);
        writeFileSync(join(folder, `block_${i}.js`), javaScriptOf(code));
        const printed = run(process.execPath, `block_${i}.js`);
        const next = blocks[i + 1];
        const isShown = next?.language === 'text' && /^```\n\s*```text\n$/.test(page.slice(at + code.length, next.at));
        compare(`block ${i}`, isShown ? next.code : '', printed, isShown ? next.at : at + code.length);
        break;
      }
      case 'c':
      case 'h': {
        const file = /^\/\/ ([\w.]+)\n/.exec(code)?.[1];
        expect(file, 'a first line with the name of the file').toBeDefined();
        writeFileSync(join(folder, file!), code);
        break;
      }
      case 'python':
        expect(scripts.filter((text) => isExcerpt(code, text)).length, `a script with\n${code}`).toBeGreaterThan(0);
        break;
      case 'text':
        if (blocks[i - 1]?.language === 'ts') break; // what that prints
        expect(records.filter((text) => isExcerpt(code, text)).length, `a record with\n${code}`).toBeGreaterThan(0);
        break;
      default:
        throw new Error(`no test knows what to do with a block of ${language}`);
    }
  }

  const needsCompiler = blocks.some(({ code }) => /^\$ gcc /m.test(code));
  test.skipIf(needsCompiler && !hasCompiler)('every block runs, and prints what is shown', () => blocks.forEach(check));

  test('every fence is one of a block, and every link leads to a file', () => {
    expect(page.match(/^```/gm)?.length ?? 0).toBe(2 * blocks.length);
    const links = [...page.matchAll(/\]\((?!https?:|#)([^)#]+)/g)].map(([, link]) => join(guide, link!));
    expect(links.filter((link) => !existsSync(link))).toEqual([]);
  });
});

test('a page may leave lines out, and nothing else', () => {
  expect(shows('a\n…\nd\n', 'a\nb\nc\nd\n')).toBe(true);
  expect(shows('a\n…\nd\n', 'a\nb\nc\ne\n')).toBe(false);
  expect(shows('a.c\n', 'abc\n')).toBe(false);
  expect(isExcerpt('b\n# …\nd\n', 'a\n  b\n  c\n  d\n')).toBe(true);
  expect(isExcerpt('d\n# …\nb\n', 'a\n  b\n  c\n  d\n')).toBe(false);
});
