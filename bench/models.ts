/** Times the models in models/, or those given, with every kernel set: npm run bench [-- MODEL.tflite ...] */
import { readFileSync } from 'node:fs';
import { crc32 } from 'node:zlib';
import { simd } from '../kernels/simd/index.ts';
import { Interpreter, type OutputTensor } from '../src/index.ts';
import { bytesOf, rampInput } from './inputs.ts';
import { Bench, type Case } from './measure.ts';
import { modelName, ownModels } from './model_files.ts';

function modelCase(path: string, kernels: 'reference' | 'simd'): Case & { macs: number } {
  const interpreter = new Interpreter(readFileSync(path), { kernels });
  const inputs = rampInput(interpreter);
  let outputs: OutputTensor[] = [];
  return {
    name: modelName(path),
    kernels,
    macs: interpreter.macs,
    run() {
      interpreter.resetVariables();
      outputs = interpreter.invoke(inputs);
    },
    checksum: () => outputs.reduce((sum, output) => crc32(bytesOf(output), sum), 0),
  };
}

const paths = process.argv.slice(2);
for (const path of paths.length > 0 ? paths : ownModels()) {
  const bench = new Bench();
  for (const kernels of simd() ? (['reference', 'simd'] as const) : (['reference'] as const)) {
    const { macs, ...measured } = modelCase(path, kernels);
    const result = bench.measure(measured);
    console.log(JSON.stringify({ ...result, macs, gmacPerSecond: Number((macs / result.minMs / 1e6).toPrecision(3)) }));
  }
}
