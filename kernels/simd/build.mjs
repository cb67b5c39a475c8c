/**
 * Compiles assembly/ to WebAssembly, without and with relaxed SIMD, and writes both, in base64, with the types of their
 * functions, to wasm.ts: a module that needs no file beside it, in Node as in a browser.
 */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';

const pathOf = (name) => fileURLToPath(new URL(name, import.meta.url));
const OPTIONS = [
  ['--optimizeLevel', '3', '--noAssert', '--runtime', 'stub', '--enable', 'simd'],
  ['--importMemory', '--noExportMemory', '--bindings', 'raw', '--baseDir', pathOf('.')],
].flat();

async function compile(...options) {
  const files = new Map();
  const { error, stderr } = await asc.main(['assembly/index.ts', '--outFile', 'module.wasm', ...OPTIONS, ...options], {
    writeFile: (name, contents) => files.set(name, contents),
  });
  if (error) {
    console.error(`${stderr}`);
    throw error;
  }
  return { bytes: files.get('module.wasm'), types: files.get('module.d.ts') };
}

const { bytes, types } = await compile();
const relaxed = await compile('--enable', 'relaxed-simd');

/** Each function's doc comment names its parameters with their types in assembly/, its declaration follows. */
const FUNCTION = /\/\*\*\n((?:(?!\*\/)[\s\S])*)\*\/\s*export function (\w+)\(.*?\): (\w+);/g;
const functions = [...types.matchAll(FUNCTION)].map(([, comment, name, result]) => {
  if (result !== 'void') throw new Error(`${name} returns a ${result}; what is exported writes into memory`);
  const parameters = [...comment.matchAll(/@param (\w+) `(\w+)`/g)].map(([, parameter, type]) => ({
    name: parameter,
    type: type === 'usize' ? 'Tensor' : type === 'bool' ? 'boolean' : 'number',
  }));
  return { name, parameters };
});
if (functions.length !== WebAssembly.Module.exports(new WebAssembly.Module(bytes)).length) {
  throw new Error('module.d.ts does not list all that module.wasm exports');
}
const text = `// Made by build.mjs of assembly/.
import type { Tensor } from '../tensor.ts';

/** What each function takes, by name; a tensor stands for its address. */
export interface Arguments {
${functions.map(({ name, parameters }) => `  ${name}: { ${parameters.map((p) => `${p.name}: ${p.type}`).join('; ')} };`).join('\n')}
}

/** The names, in order. */
export const PARAMETERS: { readonly [F in keyof Arguments]: readonly (keyof Arguments[F])[] } = {
${functions.map(({ name, parameters }) => `  ${name}: [${parameters.map((p) => `'${p.name}'`).join(', ')}],`).join('\n')}
};

export const MODULE =
  '${Buffer.from(bytes).toString('base64')}';

/** The same with relaxed SIMD. */
export const RELAXED_MODULE =
  '${Buffer.from(relaxed.bytes).toString('base64')}';
`;
const target = pathOf('wasm.ts');
if (!isThere(target, text)) {
  writeFileSync(`${target}.new`, text);
  renameSync(`${target}.new`, target);
}

/** An unchanged file keeps its date, and what is built of it. */
function isThere(path, expected) {
  try {
    return readFileSync(path, 'utf8') === expected;
  } catch {
    return false;
  }
}
