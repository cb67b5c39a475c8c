/** A contestant in a process of its own, spoken to in lines of JSON. */
import { type ChildProcessWithoutNullStreams, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { Contestant, FirstAnswer } from './contestant.ts';

export function processContestant(name: string, program: string, script: string, kernels: string): Contestant {
  let child: ChildProcessWithoutNullStreams | undefined;
  let lines: AsyncIterator<string>;
  let end: Promise<void>;
  let said = '';

  async function ask<T>(request: object): Promise<T> {
    child!.stdin.write(`${JSON.stringify(request)}\n`);
    const { value, done } = await lines.next();
    if (done) throw new Error(said.trim().split('\n').at(-1) || `${program} has stopped`);
    const answer = JSON.parse(value);
    if (answer.error !== undefined) throw new Error(answer.error);
    return answer;
  }

  return {
    name,
    place: 'native',
    async start(request) {
      said = '';
      const started = spawn(program, [script], { stdio: 'pipe' });
      end = new Promise((resolve) => {
        started.on('close', () => resolve());
        started.on('error', (error) => {
          said = error.message;
          resolve();
        });
      });
      started.stdin.on('error', () => {}); // it has stopped: the answer that does not come says so
      started.stderr.on('data', (text) => {
        said = (said + text).slice(-2000);
      });
      child = started;
      lines = createInterface({ input: started.stdout })[Symbol.asyncIterator]();
      return ask<FirstAnswer>({ ...request, kernels });
    },
    time: async (count) => (await ask<{ ms: number }>({ count })).ms,
    async stop() {
      child?.stdin.end();
      child = undefined;
      await end; // the next one is not to be timed beside it
    },
  };
}
