/** What runs in the page: requant and the peers that are made for browsers, each behind the same two functions. */
import { Interpreter } from '../../src/index.ts';
import { bytesOf, inputsOf } from '../inputs.ts';

/** Runs a model on the inputs that it was started with. */
type Invoke = () => Uint8Array[] | Promise<Uint8Array[]>;
type Start = (model: ArrayBuffer, inputs: Uint8Array[]) => Promise<Invoke>;

/** As far as they are used here. */
interface TfliteRunner {
  getInputs(): { data(): TypedArray }[];
  getOutputs(): { data(): TypedArray }[];
  infer(): boolean;
}
interface LiteRtTensor {
  toTypedArray(): TypedArray;
  delete(): void;
}
interface LiteRt {
  loadLiteRt(path: string): Promise<unknown>;
  loadAndCompile(model: Uint8Array, options: object): Promise<LiteRtModel>;
  Tensor: new (data: TypedArray, shape: Int32Array) => LiteRtTensor;
}
interface LiteRtModel {
  getInputDetails(): { dtype: string; shape: Int32Array }[];
  run(inputs: LiteRtTensor[]): Promise<LiteRtTensor[]>;
}
interface Onnx {
  readonly env: { readonly wasm: { numThreads: number; wasmPaths: string } };
  readonly InferenceSession: { create(model: Uint8Array, options: object): Promise<OnnxSession> };
  readonly Tensor: new (type: string, data: TypedArray, shape: readonly number[]) => OnnxTensor;
}
interface OnnxTensor {
  readonly data: TypedArray;
}
interface OnnxSession {
  readonly inputNames: readonly string[];
  readonly outputNames: readonly string[];
  run(inputs: { [name: string]: OnnxTensor }): Promise<{ [name: string]: OnnxTensor }>;
}
type TypedArray = Int8Array | Uint8Array | Int16Array | Int32Array | Float32Array;

const view = (array: TypedArray) => new Uint8Array(array.buffer, array.byteOffset, array.byteLength);

function requant(kernels: 'simd' | 'reference'): Start {
  return async (model, bytes) => {
    const interpreter = new Interpreter(model, { kernels });
    const inputs = inputsOf(interpreter, bytes);
    return () => interpreter.invoke(inputs).map(bytesOf);
  };
}

/** Its model runner: TFJS's own tensors, which have no int8, are left out, and the conversions to and from them. */
const tfjsTflite: Start = async (model, inputs) => {
  const { tfweb } = globalThis as unknown as {
    tfweb: {
      tflite_web_api: { setWasmPath(path: string): void };
      TFLiteWebModelRunner: { create(model: ArrayBuffer, options: object): Promise<TfliteRunner> };
    };
  };
  tfweb.tflite_web_api.setWasmPath('/peers/@tensorflow/tfjs-tflite/wasm/');
  const runner = await tfweb.TFLiteWebModelRunner.create(model, { numThreads: 1 });
  return () => {
    runner.getInputs().forEach((input, i) => {
      view(input.data()).set(inputs[i]);
    });
    if (!runner.infer()) throw new Error('infer() is false');
    return runner.getOutputs().map((output) => view(output.data()).slice());
  };
};

let liteRt: LiteRt | undefined;

const liteRtJs: Start = async (model, bytes) => {
  if (!liteRt) {
    const path = '/peers/@litertjs/core/';
    liteRt = (await import(`${path}dist/index.js`)) as LiteRt;
    await liteRt.loadLiteRt(`${path}wasm/`); // without threads
  }
  const { Tensor, loadAndCompile } = liteRt;
  const compiled = await loadAndCompile(new Uint8Array(model), { accelerator: 'wasm', cpuOptions: { numThreads: 1 } });
  const arrays = { float32: Float32Array, int32: Int32Array, uint8: Uint8Array };
  const inputs = compiled.getInputDetails().map(({ dtype, shape }, i) => {
    return { data: new arrays[dtype as keyof typeof arrays](new Uint8Array(bytes[i]).buffer), shape };
  });
  return async () => {
    const given = inputs.map(({ data, shape }) => new Tensor(data, shape));
    const outputs = await compiled.run(given);
    const answers = outputs.map((output) => view(output.toTypedArray()));
    for (const tensor of [...given, ...outputs]) tensor.delete();
    return answers;
  };
};

/** The same graph as ONNX, which main.ts was given. */
const onnxruntime: Start = async (model, bytes) => {
  const response = await fetch('/onnx');
  if (!response.ok) throw new Error('there is no ONNX file of this model');
  const path = '/peers/onnxruntime-web/dist/';
  const { env, InferenceSession, Tensor } = (await import(`${path}ort.wasm.min.mjs`)) as Onnx;
  Object.assign(env.wasm, { numThreads: 1, wasmPaths: path });
  const session = await InferenceSession.create(new Uint8Array(await response.arrayBuffer()), {
    executionProviders: ['wasm'],
  });
  const interpreter = new Interpreter(model);
  const inputs = inputsOf(interpreter, bytes) as TypedArray[];
  const feeds = () =>
    Object.fromEntries(
      interpreter.inputs.map(({ dtype, shape }, i) => [session.inputNames[i], new Tensor(dtype, inputs[i], shape)]),
    );
  return async () => {
    const outputs = await session.run(feeds());
    return session.outputNames.map((name) => view(outputs[name].data));
  };
};

const starts: { readonly [name: string]: Start } = {
  'requant simd': requant('simd'),
  'requant reference': requant('reference'),
  'tfjs-tflite': tfjsTflite,
  'LiteRT.js': liteRtJs,
  'onnxruntime-web': onnxruntime,
};
const running = new Map<string, Invoke>();

const fromBase64 = (text: string) => Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
const toBase64 = (bytes: Uint8Array) => btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));

/** What main.ts calls. */
Object.assign(globalThis, {
  async start(name: string, inputs: string[]): Promise<string[]> {
    const model = await (await fetch('/model')).arrayBuffer();
    const invoke = await starts[name](model, inputs.map(fromBase64));
    running.set(name, invoke);
    return (await invoke()).map(toBase64);
  },
  async time(name: string, count: number): Promise<number> {
    const invoke = running.get(name)!;
    const start = performance.now();
    for (let i = 0; i < count; i++) {
      const answer = invoke();
      if (answer instanceof Promise) await answer;
    }
    return (performance.now() - start) / count;
  },
});
