/** One model, all contestants: their first answers, then rounds in turn, then their starts. */
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { Interpreter, type OutputTensor } from '../../src/index.ts';
import { bytesOf, rampInput } from '../inputs.ts';
import { modelName } from '../model_files.ts';
import type { Contestant, Request } from './contestant.ts';
import type { ContestantResult, Difference, ModelResult } from './table.ts';

/** A round is so many invokes as take this long: a page's clock is coarse. */
const ROUND_MS = 10;

/** Engines compile again what has run for a while. */
const WARM_UP_MS = 600;

/** Fresh processes for the time to the first answer. */
const STARTS = 5;

export async function measureModel(
  path: string,
  contestants: readonly Contestant[],
  rounds: number,
): Promise<ModelResult> {
  const interpreter = new Interpreter(readFileSync(path));
  const inputs = rampInput(interpreter);
  const request = {
    model: resolve(path),
    inputs: inputs.map((data) => Buffer.from(bytesOf({ data })).toString('base64')),
  };
  const expected = interpreter.invoke(inputs);

  const runners: { contestant: Contestant; count: number; result: ContestantResult }[] = [];
  const results: ContestantResult[] = [];
  for (const contestant of contestants) {
    const { name, place } = contestant;
    try {
      const { outputs } = await contestant.start(request);
      const result = { name, place, ms: [], startMs: [], difference: compare(expected, outputs) };
      if (isOwn(name) && result.difference.different > 0) throw new Error(`${name} gives other bits than Interpreter`);
      runners.push({ contestant, count: await warmUp(contestant), result });
      results.push(result);
    } catch (error) {
      if (isOwn(name)) throw error;
      results.push({ name, place, ms: [], startMs: [], refusal: firstLine(error) });
      await contestant.stop();
    }
  }
  for (let round = 0; round < rounds; round++) {
    for (const { contestant, count, result } of runners) result.ms.push(await contestant.time(count));
  }
  for (const { contestant } of runners) await contestant.stop();
  await timeStarts(runners, request);
  return { model: modelName(path), macs: interpreter.macs, contestants: results };
}

const isOwn = (name: string) => name.startsWith('requant');

/** Runs it until its engine has compiled it for good; returns the invokes of a round. */
async function warmUp(contestant: Contestant): Promise<number> {
  let ms = await contestant.time(1);
  for (let spent = ms; spent < WARM_UP_MS; ) {
    const count = Math.max(1, Math.round(100 / Math.max(ms, 0.001)));
    ms = await contestant.time(count);
    spent += ms * count;
  }
  return Math.max(1, Math.round(ROUND_MS / ms));
}

/** In turn too; a page has no start of its own. */
async function timeStarts(
  runners: readonly { contestant: Contestant; result: ContestantResult }[],
  request: Omit<Request, 'kernels'>,
): Promise<void> {
  for (let start = 0; start < STARTS; start++) {
    for (const { contestant, result } of runners) {
      if (contestant.place !== 'native') continue;
      const { startMs } = await contestant.start(request);
      result.startMs.push(startMs!);
      await contestant.stop();
    }
  }
}

/** How outputs, in base64, differ from requant's. */
function compare(expected: readonly OutputTensor[], outputs: readonly string[]): Difference {
  let [values, different, maxDifference, otherSizes] = [0, 0, 0, outputs.length !== expected.length];
  expected.forEach(({ data }, i) => {
    values += data.length;
    const theirs = Buffer.from(outputs[i] ?? '', 'base64');
    if (theirs.length !== data.byteLength) otherSizes = true;
    if (otherSizes || theirs.equals(bytesOf({ data }))) return;
    const view = new (data.constructor as Uint8ArrayConstructor)(new Uint8Array(theirs).buffer);
    for (let at = 0; at < data.length; at++) {
      if (Object.is(view[at], data[at])) continue;
      different++;
      maxDifference = Math.max(maxDifference, Math.abs(Number(view[at]) - Number(data[at])));
    }
  });
  return { values, different, maxDifference, otherSizes };
}

/** Of what it said, as much as a table takes. */
function firstLine(error: unknown): string {
  return (error instanceof Error ? error.message : String(error))
    .replace(/^page\.evaluate: (Error: )?/, '')
    .split('\n')[0]
    .slice(0, 160);
}
