/** QUANTIZE and DEQUANTIZE: between real numbers and integers, and from one scale to another. */
import { quantizeScale } from '../../../kernels/quantization.ts';
import type * as reference from '../../../kernels/reference/index.ts';
import type { Tensor } from '../../../kernels/tensor.ts';
import { call, divided, type Expression, entry, float32, name, named, plus, read, round, type Term, times } from '../../formula/expression.ts'; // biome-ignore format: one line
import { type Formula, indicesOf, type Step, step, type Table } from '../../formula/formula.ts';
import { derive, rescaling, scaleOf } from '../derivation.ts';
import { clamped, dimensionNames, type Explained, formula, magnitude, type OfReference, type OperatorExplainer, offset, requantized, typeClamp, valueByValue } from './operator_explainer.ts'; // biome-ignore format: one line

/** Scales and zero points as formulas look them up: one for all, or by the index of a dimension. */
function perChannel(
  { quantization, shape }: Tensor,
  { channels, scales, zeroPoints }: { channels: number; scales: ArrayLike<number>; zeroPoints: ArrayLike<number> },
) {
  const names = dimensionNames(shape.length);
  const at = name(names[quantization?.dimension ?? 0] ?? '');
  const of = (table: string, values: ArrayLike<number>): Term => (channels > 1 ? entry(table, at) : values[0]!);
  const tables: Record<string, Table> =
    channels > 1
      ? {
          scale: { first: 0, values: Array.from(scales) },
          zeroPoint: { first: 0, values: Array.from(zeroPoints) },
        }
      : {};
  return {
    scale: of('scale', scales),
    zeroPoint: of('zeroPoint', zeroPoints),
    tables,
    input: channels > 1 ? read('input', names.map(name)) : read('input'),
    formula: (...steps: Step[]): Formula[] =>
      channels > 1 ? [formula(indicesOf(names, shape), steps)] : valueByValue(...steps),
  };
}

export const QUANTIZE: OperatorExplainer<OfReference<typeof reference.QUANTIZE>> = {
  ofFloat: true,
  explain(p) {
    const clamp = typeClamp(p.output.dtype);
    if (p.kind === 'float') {
      const { scale, zeroPoint, tables, input, formula } = perChannel(p.output, p);
      const quotient = named('quotient', float32(divided(input, scale)));
      const rounded = named('rounded', call('x86int32', round(quotient)));
      return {
        expressions: formula(step('output', clamped(withZeroPoint(rounded, zeroPoint), clamp))),
        offsets: p.channels > 1 ? {} : { output: p.zeroPoints[0]! },
        tables,
        clamp,
        notes: ['x86int32: a quotient of 2^31 or more, or NaN, becomes -2^31'],
      };
    }
    const { input, output, params } = p;
    const steps = derive(quantizeScale, scaleOf('input', input.scale), scaleOf('output', output.scale));
    const scaling = rescaling('input', steps, [params]);
    const { inputOffset, outputOffset } = params;
    const by = { rescaling: scaling, bound: magnitude(input, inputOffset) };
    return {
      expressions: valueByValue(...requantized(offset(read('input'), inputOffset), by, outputOffset, clamp)),
      offsets: { input: inputOffset, output: outputOffset },
      rescalings: [scaling],
      clamp,
    };
  },
};

function withZeroPoint(x: Expression, zeroPoint: Term): Expression {
  return zeroPoint === 0 ? x : named('zero point', plus(x, zeroPoint));
}

export const DEQUANTIZE: OperatorExplainer<OfReference<typeof reference.DEQUANTIZE>> = {
  ofFloat: true,
  explain(p): Explained {
    const { scale, zeroPoint, tables, input, formula } = perChannel(p.input, p);
    const x = typeof zeroPoint === 'number' ? offset(input, 0 - zeroPoint) : named('offset', plus(input, times(-1, zeroPoint))); // biome-ignore format: one line
    return {
      expressions: formula(step('output', float32(times(scale, x)), 'float32')),
      offsets: p.channels > 1 ? {} : { input: 0 - p.zeroPoints[0]! },
      tables,
    };
  },
};
