/** IF and WHILE need a whole model. What they answer is among the recorded cases; here is what must be refused. */
import { expect, test } from 'vitest';
import { LimitError, UnsupportedError } from '../../kernels/errors.ts';
import { Interpreter } from '../../src/index.ts';
import { buildModel, type DeepPartial } from '../../src/model/builder.ts';
import type { Table } from '../../src/model/schema.ts';

type Type = 'INT32' | 'INT64' | 'BOOL';
type Subgraph = DeepPartial<Table<'SubGraph'>>;
type Node = DeepPartial<Table<'Operator'>>;

const CAST = 0;
const IF = 1;
const WHILE = 2;

/** One node, whose output is the last of the tensors; all have one value. */
function single(types: Type[], node: Node): Subgraph {
  const last = types.length - 1;
  const inputs = types.slice(0, last).map((_, i) => i);
  const outputs = [last];
  const tensors = types.map((type) => ({ type, shape: [1] }));
  return { tensors, inputs, outputs, operators: [{ ...node, inputs, outputs }] };
}

const cast = (from: Type, to: Type) => single([from, to], { opcodeIndex: CAST });

function interpreterOf(...subgraphs: Subgraph[]) {
  const operatorCodes = [{ builtinCode: 'CAST' }, { builtinCode: 'IF' }, { builtinCode: 'WHILE' }] as const;
  return new Interpreter(buildModel({ version: 3, operatorCodes, buffers: [{}], subgraphs }), {
    limits: { iterations: 3 },
  });
}

test('IF: where the branches differ in type, only the one that gives the type of the output can be taken', () => {
  const node = { opcodeIndex: IF, builtinOptionsType: 'IfOptions' } as const;
  const options = { thenSubgraphIndex: 1, elseSubgraphIndex: 2 };
  const interpreter = interpreterOf(
    single(['BOOL', 'INT32', 'INT32'], { ...node, builtinOptions: options }),
    cast('INT32', 'INT32'),
    cast('INT32', 'INT64'),
  );
  const invoke = (condition: number) => interpreter.invoke([Uint8Array.of(condition), Int32Array.of(-5)])[0]!.data;
  expect(invoke(1)).toEqual(Int32Array.of(-5));
  expect(() => invoke(0)).toThrow(UnsupportedError);
  expect(invoke(1)).toEqual(Int32Array.of(-5));
});

const whileLoop = (state: Type, result: Type) =>
  interpreterOf(
    single([state, result], {
      opcodeIndex: WHILE,
      builtinOptionsType: 'WhileOptions',
      builtinOptions: { condSubgraphIndex: 1, bodySubgraphIndex: 2 },
    }),
    cast(state, 'BOOL'),
    cast(state, result),
  );

test('WHILE: a body that makes another type of the state', () => {
  expect(() => whileLoop('INT32', 'INT64').invoke(Int32Array.of(1))).toThrow(UnsupportedError);
  expect(() => whileLoop('INT64', 'INT32').invoke(BigInt64Array.of(1n))).toThrow(UnsupportedError);
});

test('WHILE: a loop that does not end', () => {
  expect(whileLoop('INT32', 'INT32').invoke(Int32Array.of(0))[0]!.data).toEqual(Int32Array.of(0));
  expect(() => whileLoop('INT32', 'INT32').invoke(Int32Array.of(1))).toThrow(LimitError);
});
