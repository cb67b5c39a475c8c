/** What verify found, as text for a terminal. */
import type { Verification, XnnpackVerification } from '../verify/verify.ts';
import { colors, table } from './terminal.ts';
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

export function verifyText({ summary, models }: VerifyReport): string {
  const { runs, values, different, unsupported, failed } = summary;
  const counts = [summary.models, runs, values, different, unsupported, failed].map(counted);
  return [
    ...models.flatMap(modelText),
    table([['models', 'runs', 'values', 'different', 'unsupported', 'failed'], counts]),
    verdict(summary),
  ].join('\n');
}

function verdict({ profile, kernels, values, different, unsupported, failed }: VerifyReport['summary']): string {
  const skipped = unsupported + failed;
  const left = skipped > 0 ? `; ${plural(skipped, 'model')} not compared` : '';
  const text = `${different} of ${values} values differ (profile ${profile}, kernels ${kernels})${left}`;
  if (different > 0) return colors.red(text);
  return `${values > 0 ? colors.green('bit-exact with TFLite') : colors.yellow('nothing was compared')}: ${text}`;
}

/** Nothing where the model was verified and no value differs. */
function modelText(model: VerifiedModel): string[] {
  const { path, error, different, values, firstTensor, maxDifference, explainedBy, xnnpack } = model;
  if (error !== undefined) return [`${colors.yellow(path)}\n  ${error.split('\n').map(clean).join('\n  ')}`];
  if (!firstTensor) return [];
  const { index, name, op, node, shape } = firstTensor;
  const how = shape
    ? `, of shape [${shape.found}] where [${shape.expected}] was recorded`
    : maxDifference > 0
      ? `, by up to ${maxDifference}`
      : '';
  const where = `tensor ${index} ${quoted(name)}${op ? `, written by ${clean(op)} (node ${node})` : ''}`;
  return [
    `${colors.red(path)}: ${different} of ${values} values differ${how}, first in ${where}`,
    ...(explainedBy?.length ? [`  with --profile ${explainedBy.join(' or ')} none differs`] : []),
    ...(xnnpack && (xnnpack.different === 0 || !explainedBy?.length) ? xnnpackText(xnnpack, different) : []),
  ];
}

function xnnpackText(xnnpack: XnnpackVerification, different: number): string[] {
  const operators = xnnpack.operators.map(clean).join(', ');
  if (xnnpack.different === 0) {
    return [
      "  XNNPACK's arithmetic, which Python's Interpreter(model) uses by default, explains all of them:",
      `  with its formulas for ${operators} none differs. Record with \`requant golden\``,
    ];
  }
  if (xnnpack.different >= different) return [];
  return [
    "  XNNPACK's arithmetic, which Python's Interpreter(model) uses by default, explains some of them:",
    `  with its formulas for ${operators} ${xnnpack.different} differ. Record with \`requant golden\``,
  ];
}
