/** Times the models in models/, or those given: npm run bench [-- MODEL.tflite ...] */
import { readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { crc32 } from 'node:zlib';
import { Interpreter, type OutputTensor, type TensorData } from '../src/index.ts';
import { type Case, measure } from './measure.ts';

/** The same values everywhere: a ramp through all bytes. */
export function rampInput(interpreter: Interpreter): TensorData[] {
  return interpreter.inputs.map((input) => {
    if (input.dtype === 'float32') return Float32Array.from({ length: input.size }, (_, i) => ((i * 37) % 255) / 255);
    const arrays = { int8: Int8Array, uint8: Uint8Array, int16: Int16Array, int32: Int32Array, bool: Uint8Array };
    const array = arrays[input.dtype as keyof typeof arrays];
    if (!array) throw new Error(`${input} is ${input.dtype}: no ramp for it`);
    const values = new array(input.size);
    for (let i = 0; i < values.length; i++) values[i] = i * 37; // wraps
    return values;
  });
}

function modelCase(path: string): Case & { macs: number } {
  const interpreter = new Interpreter(readFileSync(path));
  const inputs = rampInput(interpreter);
  let outputs: OutputTensor[] = [];
  return {
    name: basename(path) === 'model.tflite' ? basename(dirname(path)) : basename(path),
    macs: interpreter.macs,
    run() {
      interpreter.resetVariables();
      outputs = interpreter.invoke(inputs);
    },
    checksum: () =>
      outputs.reduce((sum, { data }) => crc32(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), sum), 0),
  };
}

function ownModels(): string[] {
  const folder = fileURLToPath(new URL('../../models/', import.meta.url));
  return readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map((entry) => join(folder, entry.name, 'model.tflite'));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const paths = process.argv.slice(2);
  const cases = (paths.length > 0 ? paths : ownModels()).map(modelCase);
  for (const [i, result] of measure(cases).entries()) {
    const { macs } = cases[i];
    console.log(JSON.stringify({ ...result, macs, gmacPerSecond: Number((macs / result.minMs / 1e6).toPrecision(3)) }));
  }
}
