/** What the threads of an InterpreterPool do: one interpreter each, and one input after the other. */
import { Interpreter, type InterpreterOptions, type InvokeInput } from '../runtime/interpreter.ts';
import type { OutputTensor } from '../runtime/tensor_info.ts';
import type { Work } from './worker_loop.ts';

export interface PoolSetup {
  readonly bytes: Uint8Array;
  readonly options: InterpreterOptions;
}

/** The model as it is prepared in each thread. */
export type PreparedModel = Pick<Interpreter, 'kernels' | 'macs' | 'memory'>;

export interface PoolJob {
  readonly input: InvokeInput;
  /** The inputs' shapes, as far as they are not the file's. */
  readonly shapes: readonly (readonly number[])[];
}

export type PoolAnswer = readonly Pick<OutputTensor, 'shape' | 'data'>[];

export function interpreterWork(): Work<PoolSetup, PoolJob> {
  let interpreter: Interpreter;
  let ownShapes: readonly (readonly number[])[];

  return {
    setup({ bytes, options }) {
      interpreter = new Interpreter(bytes, options);
      ownShapes = interpreter.inputs.map(({ shape }) => shape);
      const { kernels, macs, memory } = interpreter;
      return { answer: { kernels, macs, memory } satisfies PreparedModel, transfer: [] };
    },
    job({ input, shapes }) {
      interpreter.resizeInputs([...ownShapes.map((shape, i) => shapes[i] ?? shape), ...shapes.slice(ownShapes.length)]);
      interpreter.resetVariables(); // no input sees what another left
      const outputs = interpreter.invoke(input).map(({ shape, data }) => ({ shape, data }));
      return { answer: outputs satisfies PoolAnswer, transfer: outputs.map(({ data }) => data.buffer as ArrayBuffer) };
    },
  };
}
