/** Numbers as C writes them. */
import type { DType } from '../../../kernels/tensor.ts';
import type { TensorData } from '../../runtime/tensor_info.ts';

const TYPES: { readonly [dtype: string]: string } = {
  int8: 'int8_t',
  uint8: 'uint8_t',
  bool: 'uint8_t',
  int16: 'int16_t',
  int32: 'int32_t',
  int64: 'int64_t',
  float32: 'float',
};

/** undefined for types that C has not, such as int4. */
export function cType(dtype: DType | string): string | undefined {
  return Object.hasOwn(TYPES, dtype) ? TYPES[dtype] : undefined;
}

export function literal(value: number | bigint, dtype: string): string {
  if (dtype === 'float32') return float32Literal(Number(value));
  if (dtype === 'int64') return value === -(2n ** 63n) ? 'INT64_MIN' : `INT64_C(${value})`;
  return value === -(2 ** 31) ? 'INT32_MIN' : String(value);
}

/** Nine digits name every float32; what has none is made by division. */
function float32Literal(value: number): string {
  if (Number.isNaN(value)) return '(0.0f / 0.0f)';
  if (!Number.isFinite(value)) return `(${value > 0 ? '' : '-'}1.0f / 0.0f)`;
  const text = Object.is(value, -0) ? '-0.0' : String(Number(value.toPrecision(9)));
  return /[.e]/.test(text) ? `${text}f` : `${text}.0f`;
}

const PER_LINE = 16;

/** `static const int8_t name[4] = {...};`; C has no empty arrays. */
export function constantArray(name: string, dtype: string, values: TensorData | readonly number[]): string {
  const items = Array.from(values as ArrayLike<number | bigint>, (value) => literal(value, dtype));
  if (items.length === 0) items.push('0');
  const lines = Array.from({ length: Math.ceil(items.length / PER_LINE) }, (_, i) =>
    items.slice(i * PER_LINE, (i + 1) * PER_LINE).join(', '),
  );
  return `static const ${cType(dtype)} ${name}[${items.length}] = {\n  ${lines.join(',\n  ')}\n};\n`;
}

/** Text that is safe within a comment of C. */
export function comment(text: string): string {
  return text
    .replace(/\*\//g, '* /')
    .replace(/[^\x20-\x7e]/g, '?')
    .replace(/\?\?/g, '? ?')
    .replace(/\\$/, '\\ ');
}
