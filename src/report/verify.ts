/** What verify found. */
import type { Verification, XnnpackVerification } from '../verify/verify.ts';
import { type Block, tableFrom } from './document.ts';
import { clean, counted, plural, quoted } from './text.ts';

export interface VerifyReport {
  readonly summary: {
    readonly profile: string;
    readonly kernels: string;
    readonly models: number;
    readonly runs: number;
    readonly values: number;
    readonly different: number;
    readonly unsupported: number;
    readonly failed: number;
  };
  readonly models: readonly VerifiedModel[];
}

export interface VerifiedModel extends Omit<Verification, 'kernels'> {
  readonly path: string;
  readonly unsupportedOps: readonly string[];
  /** Why it could not be verified. */
  readonly error?: string;
}

export function verifyBlocks({ summary, models }: VerifyReport): Block[] {
  return [
    ...models.flatMap(modelBlocks),
    tableFrom(
      [summary],
      (['models', 'runs', 'values', 'different', 'unsupported', 'failed'] as const).map((name) => [
        name,
        'r',
        (row) => counted(row[name]),
      ]),
    ),
    verdict(summary),
  ];
}

function verdict({ profile, kernels, values, different, unsupported, failed }: VerifyReport['summary']): Block {
  const skipped = unsupported + failed;
  const left = skipped > 0 ? `; ${plural(skipped, 'model')} not compared` : '';
  const text = `${different} of ${values} values differ (profile ${profile}, kernels ${kernels})${left}`;
  if (different > 0) return { kind: 'text', text, tone: 'error' };
  return values > 0
    ? { kind: 'text', text: `bit-exact with TFLite: ${text}`, tone: 'good' }
    : { kind: 'text', text: `nothing was compared: ${text}`, tone: 'warning' };
}

/** Nothing where the model was verified and no value differs. */
function modelBlocks(model: VerifiedModel): Block[] {
  const { path, error, different, values, firstTensor, maxDifference, explainedBy, xnnpack } = model;
  if (error !== undefined) {
    return [
      { kind: 'text', text: clean(path), tone: 'warning' },
      { kind: 'code', lines: error.split('\n').map(clean) },
    ];
  }
  if (!firstTensor) return [];
  const { index, name, op, node, shape } = firstTensor;
  const how = shape
    ? `, of shape [${shape.found}] where [${shape.expected}] was recorded`
    : maxDifference > 0
      ? `, by up to ${maxDifference}`
      : '';
  const where = `tensor ${index} ${quoted(name)}${op ? `, written by ${clean(op)} (node ${node})` : ''}`;
  return [
    {
      kind: 'text',
      text: `${clean(path)}: ${different} of ${values} values differ${how}, first in ${where}`,
      tone: 'error',
    },
    {
      kind: 'list',
      items: [
        ...(explainedBy?.length ? [`with --profile ${explainedBy.join(' or ')} none differs`] : []),
        ...(xnnpack ? xnnpackTexts(xnnpack, different, explainedBy?.length ? explainedBy : undefined) : []),
      ],
    },
  ];
}

function xnnpackTexts(
  { operators, different: left }: XnnpackVerification,
  different: number,
  explainedBy: readonly string[] | undefined,
): string[] {
  if (left >= different || (left > 0 && explainedBy)) return []; // a profile that explains all is the better answer
  const [explained, differ] =
    left === 0 ? ['all', explainedBy ? 'none differs either' : 'none differs'] : ['some', `${left} differ`];
  const end = explainedBy ? 'The outputs do not tell which it was' : 'Record with `requant golden`';
  return [
    `XNNPACK's arithmetic, which Python's Interpreter(model) uses by default, explains ${explained} of them: ` +
      `with its formulas for ${operators.map(clean).join(', ')} ${differ}. ${end}`,
  ];
}
