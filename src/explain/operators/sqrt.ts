/** SQRT and RSQRT of what lies above the zero point. */
import { type QuantizedType, typeRange } from '../../../kernels/quantization.ts';
import type * as reference from '../../../kernels/reference/index.ts';
import type { Tensor } from '../../../kernels/tensor.ts';
import { call, condition, divided, float32, name, named, number, plus, read, rescale, times } from '../../formula/expression.ts'; // biome-ignore format: one line
import { either, step } from '../../formula/formula.ts';
import { step as derivationStep, rescaling, scaleOf } from '../derivation.ts';
import { interpolated, type OperatorExplainer, offset, outputOf, type Quantized, tableOf, typeClamp, valueByValue } from './operator_explainer.ts'; // biome-ignore format: one line

export const SQRT: OperatorExplainer<Quantized<typeof reference.SQRT>> = {
  explain({ input, output, table }) {
    const zero = 0 - input.zeroPoint;
    const clamp = typeClamp(output.dtype as QuantizedType);
    const quotient = float32(divided(name('root'), output.scale));
    return {
      expressions: valueByValue(
        step('x', float32(times(input.scale, offset(read('input'), zero))), 'float32'),
        step('root', call('sqrt', name('x')), 'float32'),
        step('output', outputOf(named('cut', call('x86int32', call('truncate', quotient))), output.zeroPoint, clamp)),
      ),
      offsets: { input: zero, output: output.zeroPoint },
      clamp,
      table: tableFor(input, output, table),
      notes: ['what lies below the zero point has no root: an error'],
    };
  },
};

/** The table of an int8. */
function tableFor(input: Tensor, output: Tensor, table: unknown) {
  return table instanceof Int8Array && input.dtype === 'int8'
    ? tableOf('int8', output.dtype as QuantizedType, table)
    : null;
}

type Rsqrt = Quantized<typeof reference.RSQRT>;

/** The left shift of the inverse root, taken back at the end. */
const SHIFT = 20;

export const RSQRT: OperatorExplainer<Rsqrt> = {
  explain({ input, output, lut, params, realMultiplier, table }, { singleRounding }) {
    if (lut) {
      return {
        expressions: valueByValue(step('output', interpolated('T', read('input')))),
        tables: { T: { first: -256, values: Array.from(lut) } },
        notes: ['T has 513 entries of 1 / sqrt(x) over the range of int16, T[0] being in its middle'],
      };
    }
    const zero = 0 - input.zeroPoint;
    const clamp = typeClamp(output.dtype as QuantizedType);
    const scales = [scaleOf('input', input.scale), scaleOf('output', output.scale)];
    const real = `1 / (sqrt(input.scale) * output.scale) / 2^${SHIFT}`;
    const steps = [derivationStep('real', real, 'float64', scales, (a, b) => realMultiplier!(a!, b!) / 2 ** SHIFT)];
    const scaling = rescaling('root', steps, [{ ...params!, shift: params!.shift - SHIFT }]);
    const x = name('x');
    const root = call(singleRounding ? 'inverseRootSingleRounding' : 'inverseRoot', x);
    return {
      expressions: valueByValue(
        step('x', plus(read('input'), zero)),
        either(
          'output',
          [number(typeRange(output.dtype as QuantizedType).max), condition(x, '=', 0)],
          [outputOf(rescale(named('root', root), 0, 0), output.zeroPoint, clamp), condition(x, '>', 0)],
        ),
      ),
      offsets: { input: zero, output: output.zeroPoint },
      rescalings: [scaling],
      clamp,
      table: tableFor(input, output, table),
      notes: [
        `inverseRoot(x) is 2^${SHIFT} / sqrt(x), in fixed point`,
        'what lies below the zero point has no root: an error',
      ],
    };
  },
};
