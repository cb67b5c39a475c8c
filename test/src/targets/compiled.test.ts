/** Files compiled for an accelerator: every command says so, and none that their scratch tensors are read before they are written. */
import { describe, expect, test } from 'vitest';
import { operator } from '../../../kernels/kernel.ts';
import { inspect } from '../../../src/inspect/inspect.ts';
import { lint } from '../../../src/lint/lint.ts';
import { plan } from '../../../src/plan/plan.ts';
import { render } from '../../../src/report/document.ts';
import { inspectBlocks } from '../../../src/report/inspect.ts';
import { planBlocks } from '../../../src/report/plan.ts';
import { Interpreter } from '../../../src/runtime/interpreter.ts';
import { type SmallTensor, smallModel } from '../small_models.ts';

const int8 = (shape: number[]): SmallTensor => ({ type: 'INT8', shape, scale: 0.5, zeroPoint: 0 });

/** One custom node that reads the input, its commands and a scratch tensor that nobody writes, as Vela makes them. */
function compiled(customCode: string): Uint8Array {
  return smallModel({
    tensors: [
      int8([1, 4]),
      { type: 'UINT8', shape: [3], data: [1, 2, 3] },
      { type: 'UINT8', shape: [64] },
      int8([1, 4]),
    ],
    nodes: [{ op: 'CUSTOM', customCode, inputs: [1, 2, 0], outputs: [3] }],
    inputs: [0],
    outputs: [3],
  });
}

const ACCELERATORS = [
  ['ethos-u', "Arm's Ethos-U, by Vela"],
  ['edgetpu-custom-op', "Google's Edge TPU, by edgetpu_compiler"],
  ['XC_conv2d_v2', "XMOS's xcore, by xformer"],
  ['XC_ld_flash', "XMOS's xcore, by xformer"],
  ['NeutronGraph', "NXP's eIQ Neutron, by neutron-converter"],
  ['vsi-npu', "VeriSilicon's NPU, by TIM-VX"],
  ['DISPATCH_OP', "an NPU, by LiteRT's ahead-of-time compiler"],
] as const;

describe.each(ACCELERATORS)('%s', (op, accelerator) => {
  const bytes = compiled(op);
  const said = `compiled for ${accelerator}`;

  test('run refuses it, and says what to do', () => {
    expect(() => new Interpreter(bytes)).toThrow(
      `${op} (node 0) is ${said}: what it computes is not in the file; take the`,
    );
  });

  test('inspect says so', () => {
    const inspection = inspect(bytes);
    expect(inspection.compiled).toEqual([{ accelerator, nodes: [{ subgraph: 0, node: 0, op }] }]);
    expect(render(inspectBlocks('m.tflite', inspection, { all: false }), 'text')).toContain(said);
  });

  test('lint says so, once, and no rule about a target does', () => {
    const { findings, unprepared } = lint(bytes);
    expect(findings.map(({ rule }) => rule)).toEqual(['compiled-model']);
    expect(findings[0]!.remedies[0]!.text).toBe('take the file from before that step');
    expect(unprepared).toContain(said);
  });

  test('plan plans it from the shapes of the file, the scratch tensor too', () => {
    const planned = plan(bytes);
    expect(planned.arena.tensors.map(({ index }) => index).sort()).toEqual([0, 2, 3]);
    expect(planned.unprepared).toContain(said);
    const text = render(planBlocks('m.tflite', planned), 'text');
    expect(text).toContain(said);
    expect(text.includes('AddEthosU')).toBe(op === 'ethos-u');
    expect(text.includes('TensorFlow Lite Micro refuses this model')).toBe(op !== 'ethos-u');
  });
});

describe('a custom operator that no accelerator made', () => {
  test.each(['ethos', 'XCconv', 'Neutron', 'MyOwn'])('%s', (op) => {
    const bytes = compiled(op);
    expect(inspect(bytes).compiled).toEqual([]);
    expect(lint(bytes).findings.map(({ rule }) => rule)).not.toContain('compiled-model');
    expect(() => new Interpreter(bytes)).toThrow(/has a scratch tensor, tensor 2 't2', which nothing writes/);
    expect(plan(bytes).arena.tensors).toHaveLength(3);
  });
});

test('whoever has an operator for the node may run it', () => {
  const tensors = [int8([1, 4]), int8([1, 4])];
  const nodes = [{ op: 'CUSTOM', customCode: 'vsi-npu', inputs: [0], outputs: [1] }];
  const copy = operator(
    (node) => ({ input: node.input(0, 'int8'), output: node.output(0, node.input(0).shape, 'int8') }),
    ({ input, output }) => {
      const [from, to] = [input.data, output.data];
      return () => to.set(from);
    },
  );
  const interpreter = new Interpreter(smallModel({ tensors, nodes, inputs: [0], outputs: [1] }), {
    customOps: { 'vsi-npu': copy },
  });
  expect([...interpreter.invoke(Int8Array.of(1, 2, 3, 4))[0]!.data]).toEqual([1, 2, 3, 4]);
});
