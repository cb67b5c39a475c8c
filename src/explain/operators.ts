/** The account of each operator, applied to what its own prepare returned. */
import type * as reference from '../../kernels/reference/index.ts';
import type { PreparedNode } from '../runtime/subgraph_runner.ts';
import type { Account } from './explanation.ts';
import * as accounts from './operators/index.ts';
import type { OperatorAccount, Quantized } from './operators/operator_explainer.ts';

const ACCOUNTS: { readonly [op: string]: OperatorAccount<never> } = accounts satisfies {
  [Op in keyof typeof accounts]: OperatorAccount<Quantized<(typeof reference)[Op]>>;
};

/** What is known of an operator; a custom one may have any name. */
export function accountOf({ op, isCustom }: { op: string; isCustom: boolean }): OperatorAccount<never> | undefined {
  return isCustom || !Object.hasOwn(ACCOUNTS, op) ? undefined : ACCOUNTS[op];
}

const NOTHING: Account = {
  formulas: [],
  offsets: {},
  window: null,
  accumulator: null,
  rescalings: [],
  clamp: null,
  table: null,
  constants: {},
  notes: [],
};

export function explainPrepared(prepared: PreparedNode | undefined): Account {
  if (!prepared) return note('its shapes are computed while the model runs: explain it after an invoke');
  const account = accountOf(prepared.node);
  if (!account) return note('this operator has no account of its own: what the file says is all there is');
  if (!accountOfPrepared(prepared)) {
    const { hybrid } = prepared.prepared as { readonly hybrid?: object };
    return note(
      hybrid
        ? 'it computes in float32: its input is quantized whenever it runs, products with integer weights are added in int32'
        : 'it computes in float32: nothing is rescaled',
    );
  }
  return { ...NOTHING, ...account.explain(prepared.prepared as never, prepared.node) };
}

/** What is known of a node; undefined also where prepare chose the kernel of float32 tensors, and that has no account. */
export function accountOfPrepared({ node, prepared }: PreparedNode): OperatorAccount<never> | undefined {
  const account = accountOf(node);
  const isFloat = (prepared as { readonly kind?: unknown }).kind === 'float';
  return isFloat && !account?.ofFloat ? undefined : account;
}

function note(text: string): Account {
  return { ...NOTHING, notes: [text] };
}
