/** requant in Node, for main.ts: lines of JSON in (a model, then counts), lines of JSON out (outputs, then times). */
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import type { Request } from './contestant.ts';

const answer = (fields: object) => process.stdout.write(`${JSON.stringify(fields)}\n`);

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();
const { model, kernels, inputs: given } = JSON.parse((await lines.next()).value) as Request;
const bytes = readFileSync(model);
try {
  const start = performance.now();
  const bundle = new URL('../../bundle/index.js', import.meta.url).href; // what users of the package import
  const { Interpreter } = (await import(bundle)) as typeof import('../../src/index.ts');
  const { inputsOf, bytesOf } = await import('../inputs.ts');
  const interpreter = new Interpreter(bytes, { kernels: kernels as 'simd' | 'reference' });
  const inputs = inputsOf(
    interpreter,
    given.map((data) => Buffer.from(data, 'base64')),
  );
  const outputs = interpreter.invoke(inputs);
  const startMs = performance.now() - start;
  answer({ outputs: outputs.map((output) => Buffer.from(bytesOf(output)).toString('base64')), startMs });
  for await (const line of lines) {
    const { count } = JSON.parse(line);
    const before = performance.now();
    for (let i = 0; i < count; i++) interpreter.invoke(inputs);
    answer({ ms: (performance.now() - before) / count });
  }
} catch (error) {
  answer({ error: String(error) });
}
