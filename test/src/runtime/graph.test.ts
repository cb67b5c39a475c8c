import { describe, expect, test } from 'vitest';
import { LimitError, ModelError, type RequantError, UnsupportedError } from '../../../kernels/errors.ts';
import { buildModel, type DeepPartial } from '../../../src/model/builder.ts';
import { loadModel } from '../../../src/model/loader.ts';
import type { Table } from '../../../src/model/schema.ts';
import { buildGraph, Constants } from '../../../src/runtime/graph.ts';

type TensorTable = DeepPartial<Table<'Tensor'>>;

interface Parts {
  tensors?: TensorTable[];
  inputs?: number[];
  outputs?: number[];
  /** Inputs and outputs of each. */
  operators?: [number[], number[]][];
  buffers?: number[][];
}

const value: TensorTable = { type: 'INT8', shape: [2] };

/** Values 0 -> node 0 -> value 2 -> node 1 -> value 3; tensor 1 is a constant. */
function subgraph(parts: Parts = {}) {
  const {
    tensors = [value, { ...value, buffer: 1 }, value, value],
    inputs = [0],
    outputs = [3],
    operators = [
      [[0, 1], [2]],
      [[2, -1], [3]],
    ],
    buffers = [[5, 250]],
  } = parts;
  const bytes = buildModel({
    version: 3,
    operatorCodes: [{ builtinCode: 'ADD' }],
    buffers: [{}, ...buffers.map((data) => ({ data }))],
    subgraphs: [
      {
        tensors: tensors.map((tensor, i) => ({ name: `t${i}`, ...tensor })),
        inputs,
        outputs,
        operators: operators.map(([from, to]) => ({ inputs: from, outputs: to })),
      },
    ],
  });
  return loadModel(bytes).subgraphs[0]!;
}

function failure(parts: Parts, maxBytes?: number): RequantError {
  try {
    buildGraph(subgraph(parts), undefined, new Constants(maxBytes));
  } catch (error) {
    return error as RequantError;
  }
  throw new Error('nothing was thrown');
}

test('tensors, inputs, outputs and nodes are joined', () => {
  const graph = buildGraph(subgraph());
  const [t0, t1, t2, t3] = graph.tensors;
  expect(graph).toMatchObject({ inputs: [t0], outputs: [t3], variables: [] });
  expect(graph.nodes.map(({ op, index, inputs, outputs }) => ({ op, index, inputs, outputs }))).toEqual([
    { op: 'ADD', index: 0, inputs: [t0, t1], outputs: [t2] },
    { op: 'ADD', index: 1, inputs: [t2, undefined], outputs: [t3] },
  ]);
  expect(graph.nodes[1]!.place).toMatchObject({ path: 'subgraphs[0].operators[1]', offset: expect.any(Number) });
  expect(graph.tensors.map((tensor) => tensor!.known)).toEqual([false, true, false, false]);
  expect(t1!.data).toEqual(Int8Array.of(5, -6));
});

test('inputs may have another shape than in the file', () => {
  const graph = buildGraph(subgraph(), new Map([[0, [3, 5]]]));
  expect(graph.inputs[0]!.shape).toEqual([3, 5]);
});

test('a tensor without elements that nothing writes is a constant', () => {
  const graph = buildGraph(subgraph({ tensors: [value, { type: 'INT32', shape: [0] }, value, value] }));
  expect(graph.tensors[1]).toMatchObject({ known: true, data: new Int32Array(0) });
});

test('a variable is written before the first node', () => {
  const graph = buildGraph(subgraph({ tensors: [value, { ...value, isVariable: true }, value, value] }));
  expect(graph.variables).toEqual([graph.tensors[1]]);
});

describe('constants', () => {
  const constant = (tensor: TensorTable, data: number[]) => {
    const graph = buildGraph(subgraph({ tensors: [value, { ...tensor, buffer: 1 }, value, value], buffers: [data] }));
    return Array.from<number | bigint>(graph.tensors[1]!.data);
  };

  test.each<[string, TensorTable, number[], (number | bigint)[]]>([
    ['int4, the first in the low bits', { type: 'INT4', shape: [3] }, [0x7f, 0x08], [-1, 7, -8]],
    ['int2, four to a byte', { type: 'INT2', shape: [5] }, [0b10_01_11_00, 0b01], [0, -1, 1, -2, 1]],
    ['uint8', { type: 'UINT8', shape: [2] }, [0, 255], [0, 255]],
    ['int16, little-endian', { type: 'INT16', shape: [2] }, [1, 2, 255, 255], [513, -1]],
    ['int64', { type: 'INT64', shape: [] }, [255, 255, 255, 255, 255, 255, 255, 127], [2n ** 63n - 1n]],
    ['float32', { type: 'FLOAT32', shape: [1] }, [0, 0, 128, 63], [1]],
  ])('%s', (_, tensor, data, values) => {
    expect(constant(tensor, data)).toEqual(values);
  });

  /** The same subgraph, its constants at an odd offset in their memory. */
  function shifted(parts: Parts) {
    const spec = subgraph(parts);
    const tensors = spec.tensors.map((tensor) => {
      if (!tensor.constant) return tensor;
      const memory = new Uint8Array(tensor.constant.length + 1);
      memory.set(tensor.constant, 1);
      return { ...tensor, constant: memory.subarray(1) };
    });
    return { ...spec, tensors };
  }

  test('at an odd offset are copied', () => {
    const parts = { tensors: [value, { type: 'INT16', shape: [2], buffer: 1 }, value, value] as TensorTable[] };
    const graph = buildGraph(shifted({ ...parts, buffers: [[1, 2, 3, 4]] }));
    expect(graph.tensors[1]!.data).toEqual(Int16Array.of(0x201, 0x403));
  });

  test('that share a buffer share what is unpacked of it', () => {
    const int4: TensorTable = { type: 'INT4', shape: [3], buffer: 1 };
    const graph = buildGraph(
      subgraph({ tensors: [value, int4, { ...int4, shape: [4] }, value], operators: [[[0], [3]]] }),
    );
    expect(graph.tensors[1]!.data.buffer).toBe(graph.tensors[2]!.data.buffer);
    expect([...graph.tensors[1]!.data, ...graph.tensors[2]!.data]).toEqual([5, 0, -6, 5, 0, -6, -1]);
  });

  test('that are copied take no more than the limit', () => {
    const parts: Parts = { tensors: [value, { type: 'INT4', shape: [40], buffer: 1 }, value, value] };
    expect(failure({ ...parts, buffers: [new Array(20).fill(1)] }, 39)).toBeInstanceOf(LimitError);
    expect(() =>
      buildGraph(subgraph({ ...parts, buffers: [new Array(20).fill(1)] }), undefined, new Constants(40)),
    ).not.toThrow();
  });
});

describe('what contradicts itself', () => {
  test.each<[string, Parts, RegExp, object]>([
    [
      'an input that is a constant',
      { inputs: [1] },
      /tensor 1 't1' is a graph input and a constant at once/,
      { tensor: 1, path: 'subgraphs[0].tensors[1]' },
    ],
    [
      'a node that reads what comes later',
      {
        operators: [
          [[2], [3]],
          [[0], [2]],
        ],
      },
      /ADD \(node 0\) reads tensor 2 't2', before anything has written it/,
      { op: 'ADD', node: 0, tensor: 2, path: 'subgraphs[0].operators[0]' },
    ],
    ['a node that reads its own output', { operators: [[[3], [3]]] }, /node 0\) reads tensor 3/, { node: 0 }],
    [
      'a tensor written twice',
      {
        operators: [
          [[0], [2]],
          [[0], [3]],
          [[0], [2]],
        ],
      },
      /node 2\) writes tensor 2 't2', which node 0 writes too/,
      { node: 2, path: 'subgraphs[0].operators[2]' },
    ],
    ['one output twice', { operators: [[[0], [3, 3]]] }, /writes tensor 3 't3', which node 0 writes too/, { node: 0 }],
    ['a node that writes an input', { operators: [[[0], [0, 3]]] }, /writes tensor 0 't0', which is an input/, {}],
    ['a node that writes a constant', { operators: [[[0], [1, 3]]] }, /writes tensor 1 't1', which is an input/, {}],
    [
      'an output that nothing writes',
      { outputs: [0, 3], operators: [] },
      /nothing writes the graph output tensor 3 't3'/,
      { tensor: 3, path: 'subgraphs[0].outputs[1]' },
    ],
  ])('%s', (_, parts, message, place) => {
    const error = failure(parts);
    expect(error).toBeInstanceOf(ModelError);
    expect(error.message).toMatch(message);
    expect(error).toMatchObject({ path: expect.any(String), offset: expect.any(Number), ...place });
  });
});

describe('types that no kernel computes on', () => {
  const strings: TensorTable = { type: 'STRING', shape: [2] };

  test('make a node unsupported', () => {
    const graph = buildGraph(subgraph({ tensors: [value, { ...value, buffer: 1 }, strings, value] }));
    expect(graph.tensors[2]).toBeUndefined();
    expect(graph.nodes.map((node) => node.unsupported)).toEqual(
      new Array(2).fill("tensor 2 't2' is string, a type that no kernel computes on"),
    );
  });

  test('cannot be an input', () => {
    const error = failure({ tensors: [strings, { ...value, buffer: 1 }, value, value] });
    expect(error).toBeInstanceOf(UnsupportedError);
    expect(error).toMatchObject({ tensor: 0, path: 'subgraphs[0].tensors[0]', offset: expect.any(Number) });
  });
});

test.each<[string, Parts]>([
  ['an input', { tensors: [{ type: 'INT8', shape: [1000, 1001] }, { ...value, buffer: 1 }, value, value] }],
  ['an empty input', { tensors: [{ type: 'INT32', shape: [0, 1_000_000] }, { ...value, buffer: 1 }, value, value] }],
  ['a variable', { tensors: [value, { type: 'INT16', shape: [600_000], isVariable: true }, value, value] }],
  ['an empty constant', { tensors: [value, { type: 'INT8', shape: [2_000_000, 0] }, value, value] }],
])('%s that is larger than the limit', (_, parts) => {
  const error = failure(parts, 1_000_000);
  expect(error).toBeInstanceOf(LimitError);
  expect(error.message).toMatch(/limits\.tensorBytes = 1000000/);
  expect(error).toMatchObject({ tensor: expect.any(Number), path: expect.stringContaining('tensors[') });
});
