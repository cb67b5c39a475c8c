/** A named way into a model: one of its subgraphs, with names of its own for inputs and outputs. */
import { InputError, ModelError } from '../../kernels/errors.ts';
import type { Signature } from '../model/model.ts';
import type { PreparedNode } from './executor.ts';
import { byTensor, type InvokeOptions, type NodeInfo, type SubgraphRunner } from './subgraph_runner.ts';
import { described, type OutputTensor, type TensorData, type TensorInfo } from './tensor_info.ts';

/** What a signature takes and gives. */
export interface SignatureInfo {
  readonly key: string;
  /** The subgraph that it runs; 0 is the main graph. */
  readonly subgraph: number;
  readonly inputs: { readonly [name: string]: TensorInfo };
  readonly outputs: { readonly [name: string]: TensorInfo };
}

/** A signature, ready to run: `interpreter.signature(key)`. */
export class SignatureRunner implements SignatureInfo {
  readonly key: string;
  readonly subgraph: number;
  readonly #runner: SubgraphRunner;
  readonly #inputs: ReadonlyMap<string, number>;
  readonly #outputs: ReadonlyMap<string, number>;

  constructor(signature: Signature, runner: SubgraphRunner) {
    this.key = signature.key;
    this.subgraph = signature.subgraph;
    this.#runner = runner;
    this.#inputs = signature.inputs;
    this.#outputs = signature.outputs;
    check(signature, runner);
  }

  get inputs(): { readonly [name: string]: TensorInfo } {
    return this.#byName(this.#inputs);
  }

  get outputs(): { readonly [name: string]: TensorInfo } {
    return this.#byName(this.#outputs);
  }

  /** All tensors of its subgraph, by index. */
  get tensors(): TensorInfo[] {
    return this.#runner.tensors;
  }

  /** All nodes of its subgraph, in the order in which they run. */
  get nodes(): NodeInfo[] {
    return this.#runner.nodes;
  }

  /** See Interpreter.preparedNodes. */
  get preparedNodes(): PreparedNode[] {
    return this.#runner.preparedNodes;
  }

  /** Bytes that the tensors of its subgraph take, as Interpreter.memory counts them. */
  get memory(): { readonly arena: number; readonly variables: number; readonly computed: number } {
    return this.#runner.memory;
  }

  /** Multiply-accumulates of one invoke. */
  get macs(): number {
    return this.#runner.macs;
  }

  /**
   * Runs the signature: one typed array for each input, by name, of the input's own element type; they are copied.
   *
   * @returns the outputs by name; their data is yours to keep
   * @throws InputError if the input is not what the signature takes
   */
  invoke(
    input: { readonly [name: string]: TensorData | Uint8ClampedArray } = {},
    options: InvokeOptions = {},
  ): { [name: string]: OutputTensor } {
    const given = this.#byTensor(input, 'typed arrays');
    const { inputs, outputs } = this.#runner.subgraph;
    for (const [name, tensor] of this.#inputs) {
      if (!given.has(tensor)) throw new InputError(`${this} has no values for its input '${name}'`, { tensor });
    }
    const results = this.#runner.invoke(
      inputs.map((tensor) => given.get(tensor)),
      options,
    );
    return Object.fromEntries([...this.#outputs].map(([name, tensor]) => [name, results[outputs.indexOf(tensor)]!]));
  }

  /** Gives an input another shape; see Interpreter.resizeInput. */
  resizeInput(name: string, shape: readonly number[]): void {
    this.resizeInputs({ [name]: shape });
  }

  /** Gives several inputs other shapes at once, for signatures in which one alone would not fit the others. */
  resizeInputs(shapes: { readonly [name: string]: readonly number[] }): void {
    this.#runner.resize(this.#byTensor(shapes, 'shapes'));
  }

  toString(): string {
    return `signature '${this.key}'`;
  }

  #byName(names: ReadonlyMap<string, number>): { [name: string]: TensorInfo } {
    return Object.fromEntries([...names].map(([name, i]) => [name, this.#runner.info(i)]));
  }

  #byTensor<V>(given: { readonly [name: string]: V }, what: string): Map<number, V> {
    if (typeof given !== 'object' || given === null || Array.isArray(given) || ArrayBuffer.isView(given)) {
      const names = [...this.#inputs.keys()].join(', ');
      throw new InputError(`${this} takes ${what} by name, { ${names} }; this is ${described(given)}`);
    }
    return byTensor(given, this.#inputs, String(this));
  }
}

/** A signature names every input of its subgraph, and nothing but its inputs and outputs. */
function check({ place, key, inputs, outputs }: Signature, { subgraph }: SubgraphRunner) {
  const named = (i: number) => `tensor ${i} '${subgraph.tensors[i]!.name}'`;
  const fail = (tensor: number, problem: string): never => {
    throw new ModelError(`signature '${key}' ${problem} (subgraph ${subgraph.index})`, { ...place, tensor });
  };
  for (const [name, i] of inputs) {
    if (!subgraph.inputs.includes(i)) fail(i, `has an input '${name}', ${named(i)}, which is no input of its graph`);
  }
  for (const [name, i] of outputs) {
    if (!subgraph.outputs.includes(i)) fail(i, `has an output '${name}', ${named(i)}, which is no output of its graph`);
  }
  const names = new Set(inputs.values());
  for (const i of subgraph.inputs) if (!names.has(i)) fail(i, `has no name for ${named(i)}, an input of its graph`);
}
