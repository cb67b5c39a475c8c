/** Activations as operators of their own, which move the input to the output's scale: RELU and its kin, LEAKY_RELU, HARD_SWISH. */
import { type Activation, type HardSwishParams, quantizeMultiplier } from '../../../kernels/quantization.ts';
import type * as reference from '../../../kernels/reference/index.ts';
import { call, clamp, condition, divided, type Expression, floor, minus, name, named, plus, power, read, rescale, round, times } from '../../formula/expression.ts'; // biome-ignore format: one line
import { either, step } from '../../formula/formula.ts';
import type { DerivationStep, Multiplier, Rescaling } from '../../formula/rescaling.ts';
import { agree, step as derivationStep, derive, hex, over, rescaling, scaleOf } from '../derivation.ts';
import { clamped, clampOf, magnitude, type OperatorExplainer, offset, outputOf, type Quantized, requantized, tableOf, typeClamp, valueByValue } from './operator_explainer.ts'; // biome-ignore format: one line

// ---- RELU, RELU6, RELU_N1_TO_1, RELU_0_TO_1

function relu(activation: Activation | 'RELU_0_TO_1'): OperatorExplainer<Quantized<typeof reference.RELU>> {
  return {
    explain({ input, output, params }) {
      const { scale, zeroPoint } = params.clampOnly ? input : output;
      const clamp = clampOf(activation, { dtype: output.dtype, scale, zeroPoint }, params);
      if (params.clampOnly) return { expressions: valueByValue(step('output', clamped(read('input'), clamp))), clamp };
      const { inputOffset, outputOffset, realMultiplier } = params;
      const steps = derive(realMultiplier, scaleOf('input', input.scale), scaleOf('output', output.scale));
      const scaling = rescaling('input', steps, [params]);
      const by = { rescaling: scaling, bound: magnitude(input, inputOffset) };
      return {
        expressions: valueByValue(...requantized(offset(read('input'), inputOffset), by, outputOffset, clamp)),
        offsets: { input: inputOffset, output: outputOffset },
        rescalings: [scaling],
        clamp,
      };
    },
  };
}

export const RELU = relu('RELU');
export const RELU6 = relu('RELU6');
export const RELU_N1_TO_1 = relu('RELU_N1_TO_1');
export const RELU_0_TO_1 = relu('RELU_0_TO_1');

// ---- LEAKY_RELU

export const LEAKY_RELU: OperatorExplainer<Quantized<typeof reference.LEAKY_RELU>> = {
  explain({ input, output, params: p }) {
    const [from, to] = [scaleOf('input', input.scale), scaleOf('output', output.scale)];
    const alpha = { name: 'alpha', values: [p.alpha] };
    const above = rescaling('x from 0 on', derive(p.identityReal, from, to), [
      { multiplier: p.identityMultiplier, shift: p.identityShift, singleRounding: p.singleRounding },
    ]);
    const below = rescaling('x below 0', derive(p.alphaReal, from, alpha, to), [
      { multiplier: p.alphaMultiplier * p.alphaSign, shift: p.alphaShift, singleRounding: p.singleRounding },
    ]);
    const clamp = typeClamp(output.dtype);
    const bound = magnitude(input, p.inputOffset);
    const x = name('x');
    const negative = rescale(x, 1, bound);
    return {
      expressions: valueByValue(
        step('x', plus(read('input'), p.inputOffset)),
        either(
          'scaled',
          [rescale(x, 0, bound), condition(x, '>=', 0)],
          [p.alphaSign < 0 ? minus(0, negative) : negative, condition(x, '<', 0)],
        ),
        step('output', outputOf(name('scaled'), p.outputOffset, clamp)),
      ),
      offsets: { input: p.inputOffset, output: p.outputOffset },
      rescalings: [above, p.alphaSign < 0 ? magnitudeOf(below) : below],
      clamp,
    };
  },
};

/** Where the kernel takes the sign of a negative multiplier out, it multiplies by the magnitude. */
function magnitudeOf(rescaling: Rescaling): Rescaling {
  const [first] = rescaling.multipliers as [Multiplier];
  const multiplier = Math.abs(first.multiplier!);
  const positive = { ...first, real: Math.abs(first.real), multiplier, hex: hex(multiplier) };
  return { ...rescaling, multipliers: [positive] };
}

// ---- HARD_SWISH

export const HARD_SWISH: OperatorExplainer<Quantized<typeof reference.HARD_SWISH>> = {
  explain({ input, output, params, table }) {
    const from = scaleOf('input', input.scale);
    const hires = derivationStep('hires', 'input.scale * (1 / 128)', 'float32', [from], (scale) => scale! * (1 / 128));
    const threeOver = { name: 'float32(3 / 32768)', values: [Math.fround(3 / 32768)] };
    const toOutput = [hires, over('real', hires, scaleOf('output', output.scale), 'float32')];
    const toSixth = [hires, over('real', hires, threeOver, 'float32')];
    const { outputMultiplier, outputShift, reluishMultiplier, reluishShift } = params;
    const zero = 0 - input.zeroPoint;
    const clampOfType = typeClamp(output.dtype);
    const gated = call('truncate', divided(times(name('gate'), name('x')), power(15)));
    return {
      expressions: valueByValue(
        step('hires', times(offset(read('input'), zero), power(7))),
        step('x', highMultiply16(name('hires'), outputMultiplier)),
        step('gate', floor(divided(plus(named('reluish', reluish(params)), power(15)), 2))),
        step('gated', gated),
        step('scaled', rightShift16(name('gated'), -outputShift)),
        step('output', outputOf(name('scaled'), output.zeroPoint, clampOfType)),
      ),
      offsets: { input: zero, output: output.zeroPoint },
      rescalings: [
        int16Rescaling('hires, to x', toOutput, outputMultiplier, outputShift),
        int16Rescaling('hires, to gate', toSixth, reluishMultiplier, reluishShift),
      ],
      clamp: clampOfType,
      table: tableOf(input.dtype, output.dtype, table),
    };
  },
};

function highMultiply16(x: Expression, multiplier: number): Expression {
  return named('high multiply', floor(divided(plus(times(x, multiplier), power(14)), power(15))));
}

/** What is left of an int16 that is shifted out of its bits is its sign. */
function rightShift16(x: Expression, shift: number): Expression {
  if (shift === 0) return x;
  if (shift > 15) return call('sign', x);
  return named('right shift', round(divided(x, power(shift))));
}

function int16(x: Expression): Expression {
  return clamp(x, -32768, 32767);
}

/** (x + 3) / 6 in -2^15 to 2^15, saturated as the kernel does. */
function reluish({ reluishMultiplier, reluishShift: shift }: HardSwishParams): Expression {
  const hires = name('hires');
  const shifted = shift > 0 ? int16(times(hires, power(shift - 1))) : hires;
  const high = highMultiply16(shifted, reluishMultiplier);
  if (shift > 0) return int16(times(high, 2));
  return shift < 0 ? rightShift16(high, -shift) : high;
}

/** The kernel's multipliers have 16 bits. */
function int16Rescaling(of: string, steps: readonly DerivationStep[], reduced: number, prepared: number): Rescaling {
  const real = steps.at(-1)!.values[0]!;
  const { multiplier, shift } = quantizeMultiplier(real, false);
  agree(shift === prepared && Math.abs(multiplier / 2 ** 16 - reduced) <= 1, of);
  const entry: Multiplier = { real, multiplier, shift, hex: hex(multiplier), reduced };
  return { of, leftShift: 0, steps, arithmetic: 'int16', multipliers: [entry] };
}
