/** SQRT and RSQRT of what lies above the zero point. */
import { type QuantizedType, typeRange } from '../../../kernels/quantization.ts';
import type * as reference from '../../../kernels/reference/index.ts';
import { call, condition, divided, float32, name, named, number, plus, read, rescale, times } from '../../formula/expression.ts'; // biome-ignore format: one line
import { either, step } from '../../formula/formula.ts';
import { step as derivationStep, rescaling, scaleOf } from '../derivation.ts';
import { interpolated, type OperatorExplainer, offset, outputOf, type Quantized, typeClamp, valueByValue } from './operator_explainer.ts'; // biome-ignore format: one line

export const SQRT: OperatorExplainer<Quantized<typeof reference.SQRT>> = {
  explain({ input, output }) {
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
      notes: ['what lies below the zero point has no root: an error'],
    };
  },
};

type Rsqrt = Quantized<typeof reference.RSQRT>;

/** The left shift of the inverse root, taken back at the end. */
const SHIFT = 20;

export const RSQRT: OperatorExplainer<Rsqrt> = {
  explain({ input, output, lut, params, realMultiplier }, { singleRounding }) {
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
      notes: [
        `inverseRoot(x) is 2^${SHIFT} / sqrt(x), in fixed point`,
        'what lies below the zero point has no root: an error',
      ],
    };
  },
};
