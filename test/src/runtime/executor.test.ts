import { beforeEach, describe, expect, test } from 'vitest';
import { InputError, LimitError, ModelError, type RequantError, UnsupportedError } from '../../../kernels/errors.ts';
import {
  type KernelMemory,
  type KernelSet,
  type Node,
  type NodeParts,
  type Operator,
  type Optimize,
  operator,
} from '../../../kernels/kernel.ts';
import { type DType, sizeOf, Tensor, viewOf } from '../../../kernels/tensor.ts';
import { Executor, type ExecutorOptions } from '../../../src/runtime/executor.ts';

/** What the test's operators did: 'prepare INC 0', 'bind INC 0', 'eval INC 0'. */
let log: string[] = [];

function logged<P>(name: string, prepare: (node: Node) => P, evaluate: (prepared: P) => void): Operator {
  return operator(
    (node) => {
      log.push(`prepare ${name} ${node.index}`);
      return { index: node.index, prepared: prepare(node) };
    },
    ({ index, prepared }) => {
      log.push(`bind ${name} ${index}`);
      return () => {
        log.push(`eval ${name} ${index}`);
        evaluate(prepared);
      };
    },
  );
}

const operators = {
  /** output = input + 1 */
  INC: logged(
    'INC',
    (node) => {
      const input = node.input(0, 'int32');
      return { input, output: node.output(0, input.shape, 'int32') };
    },
    ({ input, output }) => output.data.set(input.data.map((x) => x + 1)),
  ),
  /** output = a + b, through scratch */
  ADD: logged(
    'ADD',
    (node) => {
      const [a, b] = [node.input(0, 'int32'), node.input(1, 'int32')];
      node.macs = a.size;
      return { a, b, output: node.output(0, a.shape, 'int32'), sum: node.scratch('int32', a.size) };
    },
    ({ a, b, output, sum }) => {
      sum.data.set(a.data.map((x, i) => x + b.data[i]!));
      output.data.set(sum.data);
    },
  ),
  /** The input's shape. */
  SHAPE: logged(
    'SHAPE',
    (node) => {
      node.readsShapesOnly = true;
      const { shape } = node.input(0, 'int32');
      return { shape, output: node.output(0, [shape.length], 'int32') };
    },
    ({ shape, output }) => output.data.set(shape),
  ),
  /** A tensor of the shape that input 0 holds, full of input 1. */
  FILL: logged(
    'FILL',
    (node) => ({ value: node.input(1, 'int32'), output: node.output(0, node.values(0), 'int32') }),
    ({ value, output }) => output.data.fill(value.data[0]!),
  ),
  /** Adds input 0 to the variable, input 1, and gives its value. */
  ACCUMULATE: logged(
    'ACCUMULATE',
    (node) => {
      const [input, state] = [node.input(0, 'int32'), node.input(1, 'int32')];
      return { input, state, output: node.output(0, state.shape, 'int32') };
    },
    ({ input, state, output }) => {
      state.data.set(state.data.map((x, i) => x + input.data[i]!));
      output.data.set(state.data);
    },
  ),
  /** Counts its own runs, in memory of its own. */
  COUNT: logged(
    'COUNT',
    (node) => ({ output: node.output(0, [1], 'int32'), count: node.persistent('int32', 1) }),
    ({ output, count }) => (output.data[0] = ++count.data[0]!),
  ),
  /** A table lookup that can fail. */
  INDEX: logged(
    'INDEX',
    (node) => ({ node, index: node.input(0, 'int32'), output: node.output(0, [1], 'int32') }),
    ({ index, output }) => {
      if (index.data[0]! > 9) throw new InputError('the index is beyond 9');
      output.data[0] = index.data[0]!;
    },
  ),
  NO_FLOAT: logged(
    'NO_FLOAT',
    (node) => node.output(0, node.input(0, 'int8').shape, 'int8'),
    () => {},
  ),
  IDLE: logged(
    'IDLE',
    () => {},
    () => {},
  ),
  SCALED: logged(
    'SCALED',
    (node) => node.output(0, [node.input(0).scale], 'int32'),
    () => {},
  ),
};

type Literal = { shape: number[]; data?: number[]; dtype?: DType; variable?: boolean };
type Line = [op: string, inputs: number[], outputs: number[]];

/** A graph of int32 tensors; those with data are constants. */
function graphOf(literals: Literal[], inputs: number[], lines: Line[], outputs: number[]) {
  const tensors = literals.map(({ shape, data, dtype = 'int32' }, i) => {
    const tensor = new Tensor(i, `t${i}`, dtype, shape);
    if (data) {
      tensor.data = viewOf(dtype, new ArrayBuffer(tensor.byteLength), 0, sizeOf(shape));
      (tensor.data as Int32Array).set(data);
      tensor.known = true;
    }
    return tensor as Tensor<'int32'>;
  });
  const at = (indices: number[]) => indices.map((i) => tensors[i]!);
  const nodes = lines.map(
    ([op, from, to], index): NodeParts => ({
      op,
      isCustom: op === op.toLowerCase(),
      index,
      version: 1,
      options: {},
      inputs: from.map((i) => tensors[i]),
      outputs: at(to),
      intermediates: [],
      place: { path: `subgraphs[0].operators[${index}]`, offset: 1000 + index },
    }),
  );
  return {
    tensors,
    inputs: at(inputs),
    outputs: at(outputs),
    variables: tensors.filter((_, i) => literals[i]!.variable),
    nodes,
  };
}

const plenty = { tensorBytes: 2 ** 24, macs: 2 ** 24, iterations: 100 };

function executorOf(graph: ReturnType<typeof graphOf>, more: Partial<ExecutorOptions> = {}) {
  log = [];
  return new Executor(graph, { profile: 'tflite', limits: plenty, operators, customOps: {}, ...more });
}

/** Sets the inputs, runs, gives the outputs and what happened. */
function run(executor: Executor, ...inputs: number[][]) {
  log = [];
  executor.graph.inputs.forEach((tensor, i) => {
    (tensor.data as Int32Array).set(inputs[i]!);
  });
  executor.run();
  return { outputs: executor.graph.outputs.map(({ data }) => Array.from<number | bigint>(data)), log };
}

function failure(action: () => unknown): RequantError {
  try {
    action();
  } catch (error) {
    return error as RequantError;
  }
  throw new Error('nothing was thrown');
}

describe('one stage', () => {
  const chain = () =>
    graphOf(
      [{ shape: [2] }, { shape: [9] }, { shape: [9] }],
      [0],
      [
        ['INC', [0], [1]],
        ['INC', [1], [2]],
      ],
      [2],
    );

  test('is prepared and bound once, and evaluated on each run', () => {
    const executor = executorOf(chain());
    expect(log).toEqual(['prepare INC 0', 'prepare INC 1', 'bind INC 0', 'bind INC 1']);
    expect(run(executor, [5, -1])).toEqual({ outputs: [[7, 1]], log: ['eval INC 0', 'eval INC 1'] });
    expect(run(executor, [0, 0]).outputs).toEqual([[2, 2]]);
  });

  test('tensors have the shapes of prepare, not those in the file', () => {
    expect(executorOf(chain()).graph.outputs[0]!.shape).toEqual([2]);
  });

  test('its memory is what the planner says', () => {
    expect(executorOf(chain()).memory).toEqual({ arena: 32, variables: 0, computed: 0 });
  });

  test('the tap sees each node, its outputs in place', () => {
    const executor = executorOf(chain());
    const seen: unknown[] = [];
    executor.graph.inputs[0]!.data.fill(1 as never);
    executor.run((node) => seen.push([node.op, [...(node.outputs[0]!.data as Int32Array)]]));
    expect(seen).toEqual([
      ['INC', [2, 2]],
      ['INC', [3, 3]],
    ]);
  });

  test('an input that is an output, and a graph of no nodes', () => {
    const executor = executorOf(graphOf([{ shape: [2] }], [0], [], [0]));
    expect(run(executor, [3, 4]).outputs).toEqual([[3, 4]]);
  });

  test('an input that is named twice', () => {
    const executor = executorOf(graphOf([{ shape: [1] }, { shape: [1] }], [0, 0], [['ADD', [0, 0], [1]]], [1]));
    expect(run(executor, [3], [4]).outputs).toEqual([[8]]);
  });

  test('multiply-accumulates are summed', () => {
    const graph = graphOf(
      [{ shape: [7] }, { shape: [] }, { shape: [] }],
      [0],
      [
        ['ADD', [0, 0], [1]],
        ['ADD', [0, 1], [2]],
      ],
      [2],
    );
    expect(executorOf(graph).macs).toBe(14);
  });
});

describe('what is computed while preparing', () => {
  test('what follows from constants', () => {
    const graph = graphOf(
      [{ shape: [2] }, { shape: [2], data: [10, 20] }, { shape: [] }, { shape: [] }, { shape: [] }],
      [0],
      [
        ['INC', [1], [2]],
        ['INC', [2], [3]],
        ['ADD', [0, 3], [4]],
      ],
      [4],
    );
    const executor = executorOf(graph);
    expect(log.filter((line) => line.startsWith('eval'))).toEqual(['eval INC 0', 'eval INC 1']);
    expect(run(executor, [1, 2])).toEqual({ outputs: [[13, 24]], log: ['eval ADD 2'] });
    expect(executor.memory.computed).toBe(16);
  });

  test('what follows from shapes, and is known to what comes next', () => {
    const graph = graphOf(
      [{ shape: [2, 3] }, { shape: [] }, { shape: [], data: [7] }, { shape: [] }],
      [0],
      [
        ['SHAPE', [0], [1]],
        ['FILL', [1, 2], [3]],
      ],
      [3],
    );
    const executor = executorOf(graph);
    expect(executor.graph.outputs[0]!.shape).toEqual([2, 3]);
    expect(run(executor, [0, 0, 0, 0, 0, 0])).toEqual({ outputs: [[7, 7, 7, 7, 7, 7]], log: [] });
  });

  test('a tap sees it too', () => {
    const executor = executorOf(graphOf([{ shape: [1], data: [1] }, { shape: [] }], [], [['INC', [0], [1]]], [1]));
    const seen: unknown[] = [];
    executor.run((node) => seen.push([...(node.outputs[0]!.data as Int32Array)]));
    expect(seen).toEqual([[2]]);
  });

  test('nothing that has state', () => {
    const stateful: Operator = operator(
      (node) => {
        node.hasState = true;
        return operators.INC.prepare(node) as never;
      },
      (prepared) => operators.INC.bind(prepared),
    );
    const graph = graphOf([{ shape: [1], data: [1] }, { shape: [] }], [], [['INC', [0], [1]]], [1]);
    const executor = executorOf(graph, { operators: { INC: stateful } });
    expect(log).not.toContain('eval INC 0');
    expect(run(executor).log).toEqual(['eval INC 0']);
  });

  test('what fails in it is the file’s fault, though in eval it would be the input’s', () => {
    const graph = graphOf([{ shape: [1], data: [10] }, { shape: [] }], [], [['INDEX', [0], [1]]], [1]);
    const error = failure(() => executorOf(graph));
    expect(error).toBeInstanceOf(ModelError);
    expect(error).toMatchObject({ node: 0, path: 'subgraphs[0].operators[0]', message: 'the index is beyond 9' });
  });
});

describe('values that are known only while the graph runs', () => {
  /** 0: a shape; 2 = FILL of 0 with 7; 3 = 2 + 1; 4: shape of 3; 5 = FILL of 4 with 7; 6 = 5 + 3. */
  const graph = () =>
    graphOf(
      [{ shape: [2] }, { shape: [], data: [7] }, ...Array.from({ length: 5 }, () => ({ shape: [1] }))],
      [0],
      [
        ['FILL', [0, 1], [2]],
        ['INC', [2], [3]],
        ['SHAPE', [3], [4]],
        ['FILL', [4, 1], [5]],
        ['ADD', [5, 3], [6]],
      ],
      [6],
    );

  test('a node that reads them is prepared when they are there', () => {
    const executor = executorOf(graph());
    expect(executor.nodes).toEqual([]);
    const { outputs, log } = run(executor, [1, 3]);
    expect(outputs).toEqual([[15, 15, 15]]);
    expect(log.filter((line) => line.startsWith('prepare'))).toHaveLength(5);
    expect(executor.nodes).toHaveLength(5);
    expect(executor.graph.outputs[0]!.shape).toEqual([1, 3]);
  });

  test('and again when they have changed, not otherwise', () => {
    const executor = executorOf(graph());
    run(executor, [1, 3]);
    expect(run(executor, [1, 3]).log).toEqual(['eval FILL 0', 'eval INC 1', 'eval ADD 4']);
    const changed = run(executor, [2, 1]);
    expect(changed.outputs).toEqual([[15, 15]]);
    expect(changed.log).toContain('prepare FILL 3');
    expect(executor.graph.outputs[0]!.shape).toEqual([2, 1]);
    expect(run(executor, [2, 1]).log).toEqual(['eval FILL 0', 'eval INC 1', 'eval ADD 4']);
  });

  test('a stage before it is not prepared again', () => {
    const lines: Line[] = [
      ['INC', [0], [2]],
      ['FILL', [2, 1], [3]],
      ['INC', [3], [4]],
    ];
    const executor = executorOf(
      graphOf(
        [{ shape: [1] }, { shape: [], data: [7] }, { shape: [] }, { shape: [] }, { shape: [] }],
        [0],
        lines,
        [4, 2],
      ),
    );
    expect(log.filter((line) => line.startsWith('bind'))).toEqual(['bind INC 0']);
    expect(run(executor, [2]).outputs).toEqual([[8, 8, 8], [3]]);
    const { outputs, log: again } = run(executor, [0]);
    expect(outputs).toEqual([[8], [1]]);
    expect(again).toEqual([
      'eval INC 0',
      'prepare FILL 1',
      'prepare INC 2',
      'bind FILL 1',
      'bind INC 2',
      'eval FILL 1',
      'eval INC 2',
    ]);
  });

  test('what was computed for old values is computed anew', () => {
    // 2 = FILL of the input; 3: its shape, computed in stage 1; 4 = 3 + 1, computed too.
    const lines: Line[] = [
      ['FILL', [0, 1], [2]],
      ['SHAPE', [2], [3]],
      ['INC', [3], [4]],
    ];
    const executor = executorOf(
      graphOf([{ shape: [1] }, { shape: [], data: [7] }, { shape: [] }, { shape: [] }, { shape: [] }], [0], lines, [4]),
    );
    expect([3, 3, 5, 0].map((n) => run(executor, [n]).outputs)).toEqual([[[4]], [[4]], [[6]], [[1]]]);
  });

  test('a run that fails leaves an executor that runs', () => {
    const executor = executorOf(graph());
    run(executor, [1, 3]);
    expect(() => run(executor, [1, -3])).toThrow(ModelError);
    expect(() => run(executor, [2 ** 20, 2 ** 20])).toThrow(LimitError);
    expect(run(executor, [1, 2]).outputs).toEqual([[15, 15]]);
  });

  test('memory stays flat over 1,000 runs that change', () => {
    const executor = executorOf(graph(), { limits: { ...plenty, tensorBytes: 2000 } });
    const bytes = new Set<number>();
    for (let i = 0; i < 1000; i++) {
      const rows = 1 + (i % 5);
      expect(run(executor, [rows, 4]).outputs[0]).toHaveLength(4 * rows);
      if (rows === 5) bytes.add(executor.memory.arena + executor.memory.computed);
      if (i % 100 === 7) expect(() => run(executor, [1000, 1])).toThrow(LimitError);
    }
    expect(bytes.size).toBe(1);
    expect(executor.nodes).toHaveLength(5);
  });

  test('thousands of stages run', () => {
    const stages = 4000; // in quadratic time they would outlast the test
    const shapes = Array.from({ length: stages + 2 }, () => ({ shape: [1] }));
    const lines = Array.from({ length: stages }, (_, i): Line => ['FILL', [i + 1, 0], [i + 2]]);
    const executor = executorOf(graphOf([{ shape: [1], data: [1] }, ...shapes.slice(1)], [1], lines, [stages + 1]));
    expect(run(executor, [1]).outputs).toHaveLength(1);
  });

  test('values that nothing can know are refused, and do not loop', () => {
    const reader = operator(
      (node) => node.output(0, [...node.values(0, 'int32'), node.values(0, 'int32').length]),
      () => () => {},
    );
    const graph = graphOf([{ shape: [1] }, { shape: [1] }], [], [['READ', [0], [1]]], [1]);
    const executor = executorOf(graph, { operators: { READ: reader } });
    expect(failure(() => executor.run())).toMatchObject({ code: 'UNSUPPORTED', node: 0 });
  });
});

describe('variables', () => {
  const graph = () =>
    graphOf([{ shape: [2] }, { shape: [2], variable: true }, { shape: [] }], [0], [['ACCUMULATE', [0, 1], [2]]], [2]);

  test('keep their values from run to run, until they are reset', () => {
    const executor = executorOf(graph());
    expect(run(executor, [1, 2]).outputs).toEqual([[1, 2]]);
    expect(run(executor, [1, 2]).outputs).toEqual([[2, 4]]);
    executor.resetVariables();
    expect(run(executor, [5, 5]).outputs).toEqual([[5, 5]]);
    expect(executor.memory.variables).toBe(8);
  });

  test('int8 ones begin at their zero point, int64 ones at 0n', () => {
    const zeroPoint = { scales: Float32Array.of(1), zeroPoints: Int32Array.of(-7), dimension: 0 };
    const variables = [
      new Tensor(0, 'a', 'int8', [2], zeroPoint),
      new Tensor(1, 'b', 'int16', [1], zeroPoint),
      new Tensor(2, 'c', 'int64', [1], zeroPoint),
    ];
    const executor = executorOf({ tensors: variables, inputs: [], outputs: [], variables, nodes: [] } as never);
    expect(executor.graph.variables.map(({ data }) => data)).toEqual([
      Int8Array.of(-7, -7),
      Int16Array.of(0),
      BigInt64Array.of(0n),
    ]);
  });

  test('whose values decide about shapes are read when they are as the node finds them', () => {
    const lines: Line[] = [
      ['ACCUMULATE', [0, 1], [2]],
      ['FILL', [1, 3], [4]],
    ];
    const executor = executorOf(
      graphOf(
        [{ shape: [1] }, { shape: [1], variable: true }, { shape: [] }, { shape: [], data: [7] }, { shape: [] }],
        [0],
        lines,
        [4],
      ),
    );
    expect([1, 2, 0].map((n) => run(executor, [n]).outputs[0]!.length)).toEqual([1, 3, 3]);
  });
});

test('memory of a node’s own keeps what eval writes into it, and is counted', () => {
  const executor = executorOf(graphOf([{ shape: [1] }], [], [['COUNT', [], [0]]], [0]));
  expect([1, 2, 3].map(() => run(executor).outputs)).toEqual([[[1]], [[2]], [[3]]]);
  expect(executor.memory.computed).toBe(16);
});

describe('a kernel set', () => {
  const graph = () => graphOf([{ shape: [1] }, { shape: [1] }, { shape: [1] }], [0], [['INC', [0], [1]], ['INC', [1], [2]]], [2]); // biome-ignore format: one line
  const output = (prepared: never) => (prepared as { prepared: { output: Tensor<'int32'> } }).prepared.output;
  const created: number[] = [];
  const setOf = (optimize: Optimize): KernelSet => ({
    name: 'a set',
    kernels: { INC: optimize },
    createMemory(bytes) {
      created.push(bytes);
      return { buffer: new ArrayBuffer(bytes + 100) };
    },
  });
  beforeEach(() => {
    created.length = 0;
  });

  test('runs what it takes, over memory that it made', () => {
    const buffers: ArrayBufferLike[] = [];
    const kernelSet = setOf((prepared, node) => {
      if (node.index === 1) return undefined;
      const kept = node.persistent('int32', 3);
      return (memory: KernelMemory) => () => {
        buffers.push(memory.buffer, kept.data.buffer, output(prepared).data.buffer);
        output(prepared).data.fill(41);
      };
    });
    const executor = executorOf(graph(), { kernelSet });
    expect(run(executor, [1]).outputs).toEqual([[42]]);
    expect(new Set(buffers).size).toBe(1);
    expect(created).toEqual([executor.memory.arena + executor.memory.computed]);
    expect(executor.memory.computed).toBe(16);
  });

  test('that declines every node makes no memory', () => {
    expect(run(executorOf(graph(), { kernelSet: setOf(() => undefined) }), [1]).outputs).toEqual([[3]]);
    expect(created).toEqual([]);
  });

  test('has no say in what is computed from constants', () => {
    const constants = graphOf([{ shape: [1], data: [5] }, { shape: [1] }], [], [['INC', [0], [1]]], [1]);
    expect(run(executorOf(constants, { kernelSet: setOf(() => () => () => {}) }), []).outputs).toEqual([[6]]);
  });

  test('that has no memory is a LimitError', () => {
    const kernelSet = { ...setOf(() => () => () => {}), createMemory: () => { throw new RangeError('none'); } }; // biome-ignore format: one line
    expect(failure(() => executorOf(graph(), { kernelSet }))).toBeInstanceOf(LimitError);
  });
});

describe('limits', () => {
  const limited = (graph: ReturnType<typeof graphOf>, limits: object) =>
    failure(() => executorOf(graph, { limits: { ...plenty, ...limits } }));
  const adding = (shape: number[]) => graphOf([{ shape }, { shape: [] }], [0], [['ADD', [0, 0], [1]]], [1]);

  test.each<[string, ReturnType<typeof graphOf>, object, RegExp]>([
    ['arenas', adding([100]), { tensorBytes: 1199 }, /take 1200 bytes, more than limits.tensorBytes = 1199/],
    ['variables', graphOf([{ shape: [10], variable: true }], [], [], []), { tensorBytes: 39 }, /40 bytes/],
    ['what nodes keep', graphOf([{ shape: [] }], [], [['COUNT', [], [0]]], [0]), { tensorBytes: 31 }, /take 32 bytes/],
    [
      'one output',
      adding([2 ** 20]),
      { tensorBytes: 2 ** 21 },
      /ADD \(node 0\): output 0 would have shape \[1048576\]/,
    ],
    ['an empty output with long rows', adding([0, 2 ** 30]), {}, /would have shape \[0,1073741824\]/],
    ['work: 300 values are read and written', adding([100]), { macs: 299 }, /takes 300 .* limits.macs = 299/],
  ])('%s', (_, graph, limits, message) => {
    const error = limited(graph, limits);
    expect(error).toBeInstanceOf(LimitError);
    expect(error.message).toMatch(message);
  });

  test('what they allow runs', () => {
    const limits = { ...plenty, tensorBytes: 1200, macs: 300 };
    expect(run(executorOf(adding([100]), { limits }), new Array(100).fill(1)).outputs[0]).toHaveLength(100);
  });
});

describe('errors', () => {
  test('a tensor’s error gets its node, path and offset', () => {
    const graph = graphOf(
      [{ shape: [1] }, { shape: [1] }, { shape: [1] }],
      [0],
      [
        ['INC', [0], [1]],
        ['SCALED', [1], [2]],
      ],
      [2],
    );
    const error = failure(() => executorOf(graph));
    expect(error).toBeInstanceOf(ModelError);
    expect(error.message).toBe("SCALED (node 1): tensor 1 't1' has no scale where one must be");
    expect(error).toMatchObject({ op: 'SCALED', node: 1, tensor: 1, path: 'subgraphs[0].operators[1]', offset: 1001 });
  });

  test('a node’s own error has them from the start', () => {
    const error = failure(() => executorOf(graphOf([{ shape: [1] }], [], [['INC', [], [0]]], [0])));
    expect(error.message).toBe('INC (node 0): input 0 is missing');
    expect(error).toMatchObject({ op: 'INC', node: 0, path: 'subgraphs[0].operators[0]', offset: 1000 });
  });

  test('an output that the operator does not write', () => {
    const graph = graphOf([{ shape: [1] }, { shape: [1] }, { shape: [1] }], [0], [['INC', [0], [1, 2]]], [1]);
    expect(failure(() => executorOf(graph)).message).toBe(
      "INC (node 0): output 1, tensor 2 't2', is one too many: the operator does not write it",
    );
  });
});

describe('what is not supported', () => {
  const float: Literal = { shape: [1], dtype: 'float32' };
  const unsupported = (lines: Line[], literals = [float, float, float]) => {
    const error = failure(() => executorOf(graphOf(literals, [0], lines, [])));
    expect(error).toBeInstanceOf(UnsupportedError);
    return error as UnsupportedError;
  };

  test('one node', () => {
    const error = unsupported([['NO_FLOAT', [0], [1]]]);
    expect(error.message).toBe(
      'requant cannot run 1 of 1 nodes:\n' + "  NO_FLOAT (node 0): input 0, tensor 0 't0', is float32; it can be int8",
    );
    expect(error).toMatchObject({ op: 'NO_FLOAT', node: 0, path: 'subgraphs[0].operators[0]', offset: 1000 });
    expect(error.nodes).toEqual([
      { op: 'NO_FLOAT', node: 0, reason: "NO_FLOAT (node 0): input 0, tensor 0 't0', is float32; it can be int8" },
    ]);
  });

  test('operators that are not there', () => {
    const { message } = unsupported([
      ['NO_SUCH', [0], [1]],
      ['mine', [0], [2]],
    ]);
    expect(message).toBe(
      'requant cannot run 2 of 2 nodes:\n' +
        '  NO_SUCH (node 0): requant has no such operator\n' +
        '  mine (node 1): a custom operator; give it as options.customOps',
    );
  });

  test('50 nodes: ten are told, the rest counted, all are listed', () => {
    const lines = Array.from({ length: 50 }, (_, i): Line => [i % 3 === 0 ? 'NO_SUCH' : 'NO_FLOAT', [0], [i + 1]]);
    const { message, nodes } = unsupported(
      lines,
      Array.from({ length: 51 }, () => float),
    );
    expect(message.split('\n')).toHaveLength(12);
    expect(message).toMatch(/^requant cannot run 50 of 50 nodes:\n {2}NO_SUCH \(node 0\)/);
    expect(message).toMatch(/\n {2}and 40 more: 27 NO_FLOAT, 13 NO_SUCH$/);
    expect(nodes.map(({ node }) => node)).toEqual(lines.map((_, i) => i));
  });

  test('what follows from it is not told', () => {
    const lines: Line[] = [
      ['NO_SUCH', [0], [1]],
      ['SCALED', [1], [2]],
    ];
    expect(unsupported(lines).nodes.map(({ op }) => op)).toEqual(['NO_SUCH']);
  });

  test('is told before the graph runs, also behind a node that waits for values', () => {
    const literals = [{ shape: [1] }, { shape: [], data: [7] }, { shape: [] }, { shape: [] }];
    const { nodes } = unsupported(
      [
        ['FILL', [0, 1], [2]],
        ['NO_SUCH', [2], [3]],
      ],
      literals,
    );
    expect(nodes.map(({ node }) => node)).toEqual([1]);
  });

  test('a name such as __proto__ or constructor is no operator', () => {
    const lines: Line[] = ['__proto__', 'constructor', 'toString'].map((op, i) => [op, [0], [i + 1]]);
    expect(unsupported(lines, [float, float, float, float]).nodes).toHaveLength(3);
  });
});
