/** What this engine makes of the module: whether it compiles it, and which instructions it has. */
import { Packer } from './packer.ts';
import { MODULE, RELAXED_MODULE } from './wasm.ts';

export interface Engine {
  readonly module: WebAssembly.Module;
  /**
   * How i32x4.relaxed_dot_i8x16_i7x16_add_s reads the bytes that the standard has in 0..127, where it multiplies all bytes
   * exactly: x86-64 with AVX-VNNI as uint8, ARM with dot products as int8. Undefined where it does not, or is not there.
   */
  readonly byteRows: 'uint8' | 'int8' | undefined;
  readonly packer: Packer;
}

/** Without relaxed SIMD; undefined where the engine has no SIMD, or does not allow code to be compiled. */
export function plainEngine(): Engine | undefined {
  const module = compile(MODULE);
  return module && { module, byteRows: undefined, packer: new Packer(module) };
}

/** With relaxed SIMD; undefined where it is not there, or gives other bits. */
export function relaxedEngine(): Engine | undefined {
  const module = compile(RELAXED_MODULE);
  const byteRows = module && byteRowsOf(module);
  return byteRows && { module, byteRows, packer: new Packer(module) };
}

function compile(base64: string): WebAssembly.Module | undefined {
  try {
    return new WebAssembly.Module(bytesOf(base64));
  } catch {
    return undefined;
  }
}

function bytesOf(base64: string): Uint8Array {
  const text = atob(base64);
  const bytes = new Uint8Array(text.length);
  for (let i = 0; i < text.length; i++) bytes[i] = text.charCodeAt(i);
  return bytes;
}

/** Which exact product it is, if any: of extreme bytes, at which sums of two products would saturate in 16 bits. */
function byteRowsOf(module: WebAssembly.Module): Engine['byteRows'] {
  const memory = new WebAssembly.Memory({ initial: 1 });
  const { multiplyBytes } = new WebAssembly.Instance(module, { env: { memory } }).exports;
  const matrix = new Int8Array(memory.buffer, 0, 16);
  const values = new Uint8Array(memory.buffer, 16, 16);
  const sums = new Int32Array(memory.buffer, 32, 4);
  const isExact = (read: (byte: number) => number) =>
    [-128, -127, -1, 1, 127].every((weight) =>
      [0, 1, 127, 128, 129, 255].every((byte) => {
        matrix.fill(weight);
        values.fill(byte);
        sums.fill(1000);
        (multiplyBytes as (matrix: number, values: number, sums: number) => void)(0, 16, 32);
        return sums.every((sum) => sum === 1000 + 4 * weight * read(byte));
      }),
    );
  if (isExact((byte) => byte)) return 'uint8';
  return isExact((byte) => (byte << 24) >> 24) ? 'int8' : undefined;
}
