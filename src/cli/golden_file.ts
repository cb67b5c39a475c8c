/** Golden files: TFLite's recorded answers, beside the model that gave them. */
import { existsSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { InputError } from '../../kernels/errors.ts';
import { readNpz } from '../io/npz.ts';
import type { Golden } from '../verify/verify.ts';
import { readFile } from './files.ts';

/** The golden file beside a model: X.npz beside X.tflite, golden.npz beside model.tflite; of a signature, X.KEY.npz. */
export function findGolden(model: string, signature?: string): string | undefined {
  const end = signature === undefined ? '.npz' : `.${signature}.npz`;
  return beside(model, '.tflite', end, ['model.tflite', `golden${end}`]);
}

/** A golden file, with the tensors' checksums beside it: X.tensors.csv beside X.npz, tensors.csv beside golden.npz. */
export function readGolden(golden: string): Golden {
  const csv = beside(golden, '.npz', '.tensors.csv', ['golden.npz', 'tensors.csv']);
  return { arrays: readNpz(readFile(golden), golden), checksums: csv === undefined ? new Map() : readChecksums(csv) };
}

function beside(path: string, from: string, to: string, [own, shared]: readonly [string, string]): string | undefined {
  const named = (path.endsWith(from) ? path.slice(0, -from.length) : path) + to;
  if (existsSync(named)) return named;
  const common = join(dirname(path), shared);
  return basename(path) === own && existsSync(common) ? common : undefined;
}

/** tensors.csv: op, op_name, tensor, name, dtype, shape, crc32; only the name may hold commas, in quotes. */
function readChecksums(path: string): Map<number, number> {
  const lines = new TextDecoder().decode(readFile(path)).trim().split(/\r?\n/).slice(1);
  return new Map(
    lines.map((line) => {
      const fields = line.split(',');
      const [tensor, crc] = [Number(fields[2]), fields.at(-1)!];
      if (!Number.isInteger(tensor) || !/^[0-9a-f]{8}$/.test(crc)) {
        throw new InputError(`${path} has a line without tensor index and CRC-32: ${line.slice(0, 200)}`);
      }
      return [tensor, Number.parseInt(crc, 16)];
    }),
  );
}
