/** What verify found. */
import type { Verification } from '../verify/verify.ts';
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

/** Whose answers a profile's are. */
const RUNTIMES: { readonly [profile: string]: string } = {
  tflite: 'TFLite',
  'tflite-2.19': 'TensorFlow 2.19',
  tflm: 'TensorFlow Lite Micro',
  'single-rounding': 'TensorFlow Lite Micro, rounding once',
  xnnpack: "TFLite's default interpreter",
};

function verdict({ profile, kernels, values, different, unsupported, failed }: VerifyReport['summary']): Block {
  const skipped = unsupported + failed;
  const left = skipped > 0 ? `; ${plural(skipped, 'model')} not compared` : '';
  const text = `${different} of ${values} values differ (profile ${profile}, kernels ${kernels})${left}`;
  if (different > 0) return { kind: 'text', text, tone: 'error' };
  return values > 0
    ? { kind: 'text', text: `bit-exact with ${RUNTIMES[profile] ?? 'what was recorded'}: ${text}`, tone: 'good' }
    : { kind: 'text', text: `nothing was compared: ${text}`, tone: 'warning' };
}

/** Nothing where the model was verified and no value differs. */
function modelBlocks(model: VerifiedModel): Block[] {
  const { path, error, different, values, firstTensor, maxDifference, explainedBy, nearest } = model;
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
        ...(explainedBy?.length ? explainedTexts(explainedBy) : []),
        ...(nearest ? [`with --profile ${nearest.profile} ${nearest.different} differ`] : []),
      ],
    },
  ];
}

function explainedTexts(profiles: readonly string[]): string[] {
  const text = `with --profile ${profiles.join(' or ')} none differs`;
  if (profiles.length > 1) return [`${text}: the outputs do not tell which it was`];
  if (profiles[0] !== 'xnnpack') return [text];
  return [
    text,
    "these are the answers of Python's default Interpreter(model); `requant golden` asks for the reference kernels",
  ];
}
