/**
 * Our verdict on every one-operator model of test/oracle/micro_verdicts.zip against TensorFlow Lite Micro's own. Another file of
 * the kind may be named: `MICRO_VERDICTS=path npx vitest run test/src/targets/tflm.test.ts`.
 */
import { readFileSync } from 'node:fs';
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
