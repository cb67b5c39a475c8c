/**
 * Our verdict on every one-operator model of test/oracle/micro_verdicts.zip against TensorFlow Lite Micro's own. Another file of
 * the kind may be named: `MICRO_VERDICTS=path npx vitest run test/src/targets/tflm.test.ts`.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { unzipSync } from 'fflate';
import { describe, expect, test } from 'vitest';
import { loadModel } from '../../../src/model/loader.ts';
import { microRefusals } from '../../../src/targets/tflm.ts';

interface Case {
  readonly op: string;
  readonly model: number;
  readonly text: string;
  readonly verdict: 'runs' | 'refused' | 'dies';
  readonly message: string;
}

const RECORDED = new URL('../../oracle/micro_verdicts.zip', import.meta.url);
const files = unzipSync(readFileSync(process.env.MICRO_VERDICTS ?? RECORDED));
const { cases } = JSON.parse(new TextDecoder().decode(files['verdicts.json'])) as { cases: Case[] };

function verdictOf(bytes: Uint8Array): { verdict: Case['verdict']; reason: string } {
  const [refusal] = microRefusals(loadModel(bytes));
  if (!refusal) return { verdict: 'runs', reason: '' };
  return { verdict: refusal.dies ? 'dies' : 'refused', reason: `${refusal.op}: ${refusal.reason}` };
}

describe("our verdict is TensorFlow Lite Micro's", () => {
  const byOperator = new Map<string, (Case & { bytes: Uint8Array })[]>();
  let at = 0;
  for (const each of cases) {
    const bytes = files['models.bin']!.subarray(at, (at += each.model));
    byOperator.set(each.op, [...(byOperator.get(each.op) ?? []), { ...each, bytes }]);
  }

  test('there are enough models', () => {
    expect(cases.length).toBeGreaterThan(1000);
  });

  test.each([...byOperator])('%s', (_, own) => {
    const wrong = own.flatMap(({ bytes, verdict, message, text }) => {
      const ours = verdictOf(bytes);
      return ours.verdict === verdict ? [] : [{ text, theirs: `${verdict}: ${message}`, ours }];
    });
    expect(wrong).toEqual([]);
  });
});

/** WHILE.zip's case whose loop is never entered: what its body would do is not asked for there. */
const NEVER_ENTERED = 'WHILE.zip uint8: ADD';

test('what TensorFlow Lite Micro answered of test/oracle/recorded/, it takes', () => {
  const folder = new URL('../../oracle/recorded/', import.meta.url);
  const refused: string[] = [];
  let answered = 0;
  for (const name of readdirSync(folder)) {
    const recorded = unzipSync(readFileSync(new URL(name, folder)));
    const { cases } = JSON.parse(new TextDecoder().decode(recorded['cases.json'])) as {
      cases: { type: string; model: number; tflm?: string }[];
    };
    let at = 0;
    for (const { type, model, tflm } of cases) {
      const bytes = recorded['models.bin']!.subarray(at, (at += model));
      if (!tflm) continue;
      answered++;
      const [refusal] = microRefusals(loadModel(bytes));
      if (refusal) refused.push(`${name} ${type}: ${refusal.op}`);
    }
  }
  expect(answered).toBeGreaterThan(4000);
  expect(refused).toEqual([NEVER_ENTERED]);
});
