/** What is in a model file, as plain data: everything that can be known without running it. */

import { loadModel } from '../model/loader.ts';
import type { Subgraph } from '../model/model.ts';
import { type CompiledNodes, compiledNodes } from '../targets/compiled.ts';
import { type AssociatedFile, readAssociatedFiles } from './associated_files.ts';
import { type DataFlow, dataFlow } from './data_flow.ts';
import { type IntegerOnly, integerOnly } from './integer_only.ts';
import {
  type Conversion,
  type Description,
  readConversion,
  readDescription,
  readMinRuntimeVersion,
} from './metadata.ts';
import { type QuantizationStyle, quantizationStyle } from './quantization_style.ts';
import { type Size, sizes } from './sizes.ts';
import { type TensorReport, tensorReport } from './tensor_report.ts';

export interface Inspection {
  readonly bytes: number;
  readonly schemaVersion: number;
  /** As converters sign: 'MLIR Converted.', 'TOCO Converted.'. */
  readonly description: string;
  readonly minRuntimeVersion: string | undefined;
  readonly conversion: Conversion | undefined;
  readonly about: Description | undefined;
  readonly integerOnly: IntegerOnly;
  readonly quantization: QuantizationStyle;
  /** Of the first subgraph, the one that an invoke runs. */
  readonly inputs: readonly TensorReport[];
  readonly outputs: readonly TensorReport[];
  readonly operators: readonly OperatorCount[];
  /** What compilers made for accelerators: what those nodes compute is not in the file as operators. */
  readonly compiled: readonly CompiledNodes[];
  readonly sizes: readonly Size[];
  readonly signatures: readonly SignatureReport[];
  readonly metadata: readonly { readonly name: string; readonly bytes: number }[];
  readonly associatedFiles: readonly AssociatedFile[];
  readonly subgraphs: readonly SubgraphReport[];
}

export interface OperatorCount {
  readonly op: string;
  readonly isCustom: boolean;
  readonly version: number;
  readonly count: number;
}

export interface SignatureReport {
  readonly key: string;
  readonly subgraph: number;
  /** Tensor index by name. */
  readonly inputs: { readonly [name: string]: number };
  readonly outputs: { readonly [name: string]: number };
}

export interface SubgraphReport {
  readonly index: number;
  readonly name: string;
  readonly inputs: readonly number[];
  readonly outputs: readonly number[];
  readonly nodes: readonly {
    readonly index: number;
    readonly op: string;
    readonly version: number;
    readonly inputs: readonly number[];
    readonly outputs: readonly number[];
  }[];
  readonly tensors: readonly TensorReport[];
}

/** Throws what loadModel throws, and nothing else. Works on files that an Interpreter refuses. */
export function inspect(bytes: Uint8Array): Inspection {
  const model = loadModel(bytes);
  const flows = model.subgraphs.map(dataFlow);
  const conversion = readConversion(model);
  const associatedFiles = readAssociatedFiles(bytes);
  const subgraphs = flows.map(subgraphReport);
  const [main] = subgraphs;
  return {
    bytes: bytes.length,
    schemaVersion: model.version,
    description: model.description,
    minRuntimeVersion: readMinRuntimeVersion(model),
    conversion,
    about: readDescription(model),
    integerOnly: integerOnly(model, flows),
    quantization: quantizationStyle(model, flows, conversion),
    inputs: main!.inputs.map((i) => main!.tensors[i]!),
    outputs: main!.outputs.map((i) => main!.tensors[i]!),
    operators: countOperators(model.subgraphs),
    compiled: compiledNodes(model),
    sizes: sizes(
      model,
      flows,
      bytes.length,
      associatedFiles.reduce((sum, file) => sum + file.bytes, 0),
    ),
    signatures: model.signatures.map(({ key, subgraph, inputs, outputs }) => ({
      key,
      subgraph,
      inputs: Object.fromEntries(inputs),
      outputs: Object.fromEntries(outputs),
    })),
    metadata: [...model.metadata].map(([name, value]) => ({ name, bytes: value.length })),
    associatedFiles,
    subgraphs,
  };
}

function subgraphReport({ subgraph, kinds }: DataFlow): SubgraphReport {
  const { index, name, inputs, outputs, operators, tensors } = subgraph;
  return {
    index,
    name,
    inputs,
    outputs,
    nodes: operators.map((node) => ({
      index: node.index,
      op: node.op,
      version: node.version,
      inputs: node.inputs,
      outputs: node.outputs,
    })),
    tensors: tensors.map((tensor) => tensorReport(tensor, kinds[tensor.index]!)),
  };
}

function countOperators(subgraphs: readonly Subgraph[]): OperatorCount[] {
  const counts = new Map<string, OperatorCount>();
  for (const { op, isCustom, version } of subgraphs.flatMap(({ operators }) => operators)) {
    const key = `${isCustom} ${version} ${op}`;
    counts.set(key, { op, isCustom, version, count: 1 + (counts.get(key)?.count ?? 0) });
  }
  return [...counts.values()];
}

/** A buffer that several tensors share counts once, for the first of them. */
