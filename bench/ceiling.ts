/// <reference path="../kernels/simd/web_assembly.d.ts" />
/** The speed of the instructions that the simd kernels multiply by, with nothing around them: what a kernel can reach. */
import { readFileSync } from 'node:fs';
import asc from 'assemblyscript/asc';
import type { Case } from './measure.ts';

/** One call is about half a millisecond. */
const ROUNDS = 100_000;

export const CEILING_MACS = 96 * ROUNDS;

/** i32x4.dot_i16x8_s and i32x4.add, compiled here and now. */
export async function ceilingCase(): Promise<Case> {
  const source = readFileSync(new URL('../../bench/assembly/ceiling.ts', import.meta.url), 'utf8');
  let bytes = new Uint8Array();
  const options = ['--optimizeLevel', '3', '--runtime', 'stub', '--enable', 'simd', '--outFile', 'ceiling.wasm'];
  const { error, stderr } = await asc.main(['ceiling.ts', ...options], {
    readFile: (name) => (name === 'ceiling.ts' ? source : null),
    writeFile: (_, contents) => {
      bytes = contents as Uint8Array<ArrayBuffer>;
    },
  });
  if (error) throw new Error(`${stderr}`, { cause: error });
  const { multiplyAdd } = new WebAssembly.Instance(new WebAssembly.Module(bytes)).exports as {
    multiplyAdd(rounds: number): number;
  };
  let sum = 0;
  return {
    name: 'i32x4.dot_i16x8_s + i32x4.add',
    kernels: 'simd',
    run: () => {
      sum = multiplyAdd(ROUNDS);
    },
    checksum: () => sum,
  };
}
