/**
 * IF, WHILE, CALL_ONCE: nodes that run other subgraphs.
 *
 * Equals: if.cc, while.cc, call_once.cc. Deviations: the shapes of what a branch or a body computes must be known before
 * it runs, and WHILE must keep them.
 */
import { LimitError } from '../errors.ts';
import { type Callee, type Eval, type Node, operator } from '../kernel.ts';
import { copy } from '../shared/copy.ts';
import { isSameShape, type Tensor } from '../tensor.ts';

/** The subgraph, prepared for the node's own inputs from `first` on. */
function prepareCallee(node: Node, subgraph: number, first: number): Callee {
  const given = node.inputs.slice(first).map((_, i) => node.input(first + i));
  const callee = node.callees.prepare(
    node,
    subgraph,
    given.map(({ shape }) => shape),
  );
  node.require(
    callee.inputs.length === given.length && callee.inputs.every(({ dtype }, i) => dtype === given[i].dtype),
    `subgraph ${subgraph} takes ${describe(callee.inputs)}, and is given ${describe(given)}`,
  );
  if (!callee.isStatic) node.unsupported(`subgraph ${subgraph} computes shapes while it runs`);
  return callee;
}

/** The node's outputs, in the types and shapes of what its subgraph computes. */
function prepareOutputs(node: Node, results: readonly Tensor[]): Tensor[] {
  node.require(
    results.length === node.outputs.length,
    `its subgraph has ${results.length} outputs, and the node ${node.outputs.length}`,
  );
  return results.map(({ shape, dtype }, i) => node.output(i, shape, dtype));
}

function describe(tensors: readonly Tensor[]): string {
  return tensors.map(({ dtype, shape }) => `${dtype} [${shape}]`).join(', ') || 'nothing';
}

/** Whether tensors can be copied to others: types and shapes are the same. */
function areAlike(a: readonly Tensor[], b: readonly Tensor[]): boolean {
  return (
    a.length === b.length && a.every(({ dtype, shape }, i) => dtype === b[i].dtype && isSameShape(shape, b[i].shape))
  );
}

function copyAll(from: readonly Tensor[], to: readonly Tensor[]): Eval {
  const copies = from.map((tensor, i) => copy(tensor, to[i]));
  return () => {
    for (const each of copies) each();
  };
}

// ---- IF

interface IfOptions {
  thenSubgraphIndex: number;
  elseSubgraphIndex: number;
}

function prepareIf(node: Node) {
  const { thenSubgraphIndex, elseSubgraphIndex } = node.options<IfOptions>();
  const condition = node.input(0, 'bool');
  node.require(condition.size === 1, `the condition has ${condition.size} values`);
  const branches = [thenSubgraphIndex, elseSubgraphIndex].map((subgraph) => prepareCallee(node, subgraph, 1));
  const [thenBranch, elseBranch] = branches;
  node.macs = Math.max(thenBranch.macs, elseBranch.macs);
  node.hasState = true;
  // Where what the branches compute differs, the one that is taken decides; when the other is, prepare runs again.
  const taken =
    areAlike(thenBranch.outputs, elseBranch.outputs) || node.values(0, 'bool')[0] !== 0 ? thenBranch : elseBranch;
  const given = node.inputs.slice(1) as Tensor[];
  return { condition, thenBranch, elseBranch, given, outputs: prepareOutputs(node, taken.outputs) };
}

function bindIf({ condition, thenBranch, elseBranch, given, outputs }: ReturnType<typeof prepareIf>): Eval {
  const bound = (branch: Callee): Eval => {
    const enter = copyAll(given, branch.inputs);
    const leave = areAlike(branch.outputs, outputs) ? copyAll(branch.outputs, outputs) : () => {};
    return () => {
      enter();
      branch.run();
      leave();
    };
  };
  const onTrue = bound(thenBranch);
  const onFalse = bound(elseBranch);
  const conditionData = condition.data;
  return () => {
    if (conditionData[0] !== 0) onTrue();
    else onFalse();
  };
}

export const IF = operator(prepareIf, bindIf);

// ---- WHILE

interface WhileOptions {
  condSubgraphIndex: number;
  bodySubgraphIndex: number;
}

function prepareWhile(node: Node) {
  const { condSubgraphIndex, bodySubgraphIndex } = node.options<WhileOptions>();
  const condition = prepareCallee(node, condSubgraphIndex, 0);
  const body = prepareCallee(node, bodySubgraphIndex, 0);
  const given = node.inputs as Tensor[];
  const [verdict] = condition.outputs;
  node.require(
    condition.outputs.length === 1 && verdict?.dtype === 'bool' && verdict.size === 1,
    `the condition's subgraph gives ${describe(condition.outputs)}, not one bool`,
  );
  if (!areAlike(body.outputs, given)) {
    node.unsupported(`the body makes ${describe(body.outputs)} of ${describe(given)}, which must not change in a loop`);
  }
  node.macs = condition.macs + body.macs;
  node.hasState = true;
  return { node, condition, body, given, verdict, outputs: prepareOutputs(node, body.outputs) };
}

/** The outputs hold the state while the loop runs. */
function bindWhile({ node, condition, body, given, verdict, outputs }: ReturnType<typeof prepareWhile>): Eval {
  const start = copyAll(given, outputs);
  const askCondition = copyAll(outputs, condition.inputs);
  const enterBody = copyAll(outputs, body.inputs);
  const leaveBody = copyAll(body.outputs, outputs);
  const { iterations } = node.limits;
  return () => {
    start();
    for (let i = 0; ; i++) {
      askCondition();
      condition.run();
      if (verdict.data[0] === 0) return;
      if (i === iterations) throw new LimitError(`${node} has not ended after limits.iterations = ${iterations}`);
      enterBody();
      body.run();
      leaveBody();
    }
  };
}

export const WHILE = operator(prepareWhile, bindWhile);

// ---- CALL_ONCE

function prepareCallOnce(node: Node) {
  const { initSubgraphIndex } = node.options<{ initSubgraphIndex: number }>();
  const { calledOnce } = node.callees;
  return { callee: prepareCallee(node, initSubgraphIndex, 0), calledOnce, subgraph: initSubgraphIndex };
}

function bindCallOnce({ callee, calledOnce, subgraph }: ReturnType<typeof prepareCallOnce>): Eval {
  return () => {
    if (calledOnce.has(subgraph)) return;
    calledOnce.add(subgraph);
    callee.run();
  };
}

export const CALL_ONCE = operator(prepareCallOnce, bindCallOnce);
