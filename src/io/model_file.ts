/** Models as people have them: .tflite files, and C sources that hold one as an array. */
import { InputError } from '../../kernels/errors.ts';
import { looksLikeC, readCBytes } from './c_arrays.ts';
import { utf8 } from './text_arrays.ts';

const IDENTIFIER = 'TFL3';

/**
 * The bytes of the .tflite file that a C array holds, as `xxd -i` writes it; any other file as it is.
 *
 * @throws InputError if C arrays hold no model, or more than one
 */
export function modelBytes(bytes: Uint8Array, file: string): Uint8Array {
  if (isModel(bytes) || !looksLikeC(new TextDecoder().decode(utf8(bytes.subarray(0, 65536))))) return bytes;
  const arrays = readCBytes(utf8(bytes), file);
  const models = [...arrays].filter(([, array]) => isModel(array));
  const [model, ...others] = models;
  if (model && others.length === 0) return model[1];
  const given = (list: Iterable<readonly [string, Uint8Array]>) =>
    [...list]
      .slice(0, 10)
      .map(([name, { length }]) => `${name}, ${length} bytes`)
      .join('; ');
  if (model) throw new InputError(`${file} holds ${models.length} models: ${given(models)}; leave one`);
  const what = arrays.size > 0 ? `it has ${given(arrays)}` : 'it has no array of numbers';
  throw new InputError(
    `${file} is a C source without a model: no array has ${IDENTIFIER} in its bytes 4 to 7; ${what}`,
  );
}

function isModel(bytes: Uint8Array): boolean {
  for (let i = 0; i < 4; i++) if (bytes[4 + i] !== IDENTIFIER.charCodeAt(i)) return false;
  return true;
}
