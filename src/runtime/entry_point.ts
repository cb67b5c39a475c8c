/** What a command runs: a model's main graph, or one of its signatures; both by position. */

import type { PreparedNode } from './executor.ts';
import type { Interpreter } from './interpreter.ts';
import type { InvokeOptions, NodeInfo } from './subgraph_runner.ts';
import type { OutputTensor, TensorData, TensorInfo } from './tensor_info.ts';

export interface Target {
  readonly interpreter: Interpreter;
  /** Undefined where it is the main graph. */
  readonly signature: string | undefined;
  readonly inputs: readonly TensorInfo[];
  readonly outputs: readonly TensorInfo[];
  /** What golden files and reports call them: 0, 1, ...; a signature's inputs and outputs have names. */
  readonly inputLabels: readonly string[];
  readonly outputLabels: readonly string[];
  /** What people may call the inputs, and which one that is. */
  readonly inputNames: ReadonlyMap<string, number>;
  readonly nodes: readonly NodeInfo[];
  /** See Interpreter.preparedNodes. */
  readonly preparedNodes: readonly PreparedNode[];
  readonly macs: number;
  resizeInputs(shapes: readonly (readonly number[])[]): void;
  invoke(values: readonly TensorData[], options?: InvokeOptions): OutputTensor[];
}

/** Throws what Interpreter.signature throws. */
export function targetOf(interpreter: Interpreter, signature?: string): Target {
  return signature === undefined ? mainGraph(interpreter) : signatureGraph(interpreter, signature);
}

function mainGraph(interpreter: Interpreter): Target {
  const { inputs, outputs, signatures } = interpreter;
  const inputLabels = inputs.map((_, i) => String(i));
  const positions = new Map(inputs.map(({ index }, i) => [index, i]));
  const named = signatures.flatMap((signature) => (signature.subgraph === 0 ? Object.entries(signature.inputs) : []));
  return {
    interpreter,
    signature: undefined,
    get inputs() {
      return interpreter.inputs;
    },
    get outputs() {
      return interpreter.outputs;
    },
    inputLabels,
    outputLabels: outputs.map((_, i) => String(i)),
    inputNames: new Map([
      ...namesOf(inputLabels),
      ...named.flatMap(([name, { index }]) => (positions.has(index) ? [[name, positions.get(index)!] as const] : [])),
      ...numbered(inputs.map(({ name }) => name)),
    ]),
    get nodes() {
      return interpreter.nodes;
    },
    get preparedNodes() {
      return interpreter.preparedNodes;
    },
    get macs() {
      return interpreter.macs;
    },
    resizeInputs: (shapes) => interpreter.resizeInputs(shapes),
    invoke: (values, options) => interpreter.invoke(values, options),
  };
}

function signatureGraph(interpreter: Interpreter, key: string): Target {
  const runner = interpreter.signature(key);
  const inputLabels = Object.keys(runner.inputs);
  const byName = <V>(values: readonly V[]) => Object.fromEntries(inputLabels.map((label, i) => [label, values[i]!]));
  return {
    interpreter,
    signature: key,
    get inputs() {
      return Object.values(runner.inputs);
    },
    get outputs() {
      return Object.values(runner.outputs);
    },
    inputLabels,
    outputLabels: Object.keys(runner.outputs),
    inputNames: new Map([
      ...namesOf(inputLabels),
      ...numbered(Object.values(runner.inputs).map(({ name }) => name)),
      ...numbered(inputLabels),
    ]),
    get nodes() {
      return runner.nodes;
    },
    get preparedNodes() {
      return runner.preparedNodes;
    },
    get macs() {
      return runner.macs;
    },
    resizeInputs: (shapes) => runner.resizeInputs(byName(shapes)),
    invoke: (values, options) => Object.values(runner.invoke(byName(values), options)),
  };
}

const namesOf = (labels: readonly string[]) => numbered(labels.map((label) => `input_${label}`));

/** Of equal names the first counts. */
const numbered = (names: readonly string[]) => names.map((name, i) => [name, i] as const).reverse();
