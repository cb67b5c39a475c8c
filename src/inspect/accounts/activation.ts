/** Activations as operators of their own, which move the input to the output's scale: RELU and its kin, LEAKY_RELU, HARD_SWISH. */
import type { Prepared } from '../../../kernels/kernel.ts';
import { type Activation, quantizeMultiplier } from '../../../kernels/quantization.ts';
import type * as reference from '../../../kernels/reference/index.ts';
import { agree, derive, hex, over, rescaling, scaleOf, step } from '../derivation.ts';
import type { Multiplier, Rescaling, Step } from '../explanation.ts';
import {
  clamped,
  clampOf,
  type Explains,
  magnitude,
  plus,
  plusInBrackets,
  requantized,
  rescaled,
  tableOf,
  typeClamp,
} from './account.ts';

// ---- RELU, RELU6, RELU_N1_TO_1, RELU_0_TO_1

function relu(activation: Activation | 'RELU_0_TO_1'): Explains<Prepared<typeof reference.RELU>> {
  return {
    inputs: ['input'],
    explain({ input, output, params }) {
      const { scale, zeroPoint } = params.clampOnly ? input : output;
      const clamp = clampOf(activation, { dtype: output.dtype, scale, zeroPoint }, params);
      if (params.clampOnly) return { formulas: [`output = ${clamped('input', clamp)}`], clamp };
      const { inputOffset, outputOffset, realMultiplier } = params;
      const steps = derive(realMultiplier, scaleOf('input', input.scale), scaleOf('output', output.scale));
      const scaling = rescaling('input', steps, 'double rounding', [params]);
      return {
        formulas: requantized(
          plusInBrackets('input', inputOffset),
          scaling,
          magnitude(input, inputOffset),
          outputOffset,
          clamp,
        ),
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

export const LEAKY_RELU: Explains<Prepared<typeof reference.LEAKY_RELU>> = {
  inputs: ['input'],
  explain({ input, output, params: p }) {
    const [from, to] = [scaleOf('input', input.scale), scaleOf('output', output.scale)];
    const alpha = { name: 'alpha', values: [p.alpha] };
    const above = rescaling('x from 0 on', derive(p.identityReal, from, to), 'double rounding', [
      { multiplier: p.identityMultiplier, shift: p.identityShift },
    ]);
    const below = rescaling('x below 0', derive(p.alphaReal, from, alpha, to), 'double rounding', [
      { multiplier: p.alphaMultiplier * p.alphaSign, shift: p.alphaShift },
    ]);
    const clamp = typeClamp(output.dtype);
    const bound = magnitude(input, p.inputOffset);
    const positive = { ...below, multipliers: [{ ...below.multipliers[0]!, multiplier: p.alphaMultiplier }] };
    return {
      formulas: [
        `x = ${plus('input', p.inputOffset)}`,
        `scaled = ${rescaled('x', above, bound)} where x >= 0`,
        `scaled = ${p.alphaSign < 0 ? '-' : ''}${rescaled('x', positive, bound)} where x < 0`,
        `output = ${clamped(plus('scaled', p.outputOffset), clamp)}`,
      ],
      offsets: { input: p.inputOffset, output: p.outputOffset },
      rescalings: [above, below],
      clamp,
    };
  },
};

// ---- HARD_SWISH

export const HARD_SWISH: Explains<Prepared<typeof reference.HARD_SWISH>> = {
  inputs: ['input'],
  explain({ input, output, params, table }) {
    const from = scaleOf('input', input.scale);
    const hires = step('hires', 'input.scale * (1 / 128)', 'float32', [from], (scale) => scale! * (1 / 128));
    const threeOver = { name: 'float32(3 / 32768)', values: [Math.fround(3 / 32768)] };
    const toOutput = [hires, over('real', hires, scaleOf('output', output.scale), 'float32')];
    const toSixth = [hires, over('real', hires, threeOver, 'float32')];
    const { outputMultiplier, outputShift, reluishMultiplier, reluishShift } = params;
    const offset = 0 - input.zeroPoint;
    const clamp = typeClamp(output.dtype);
    const gateShift =
      reluishShift > 0
        ? `floor((min(max(hires * 2^${reluishShift - 1}, -32768), 32767) * ${reluishMultiplier} + 2^14) / 2^15) * 2`
        : `round(floor((hires * ${reluishMultiplier} + 2^14) / 2^15) / 2^${-reluishShift})`;
    return {
      formulas: [
        `hires = ${plusInBrackets('input', offset)} * 2^7`,
        `x = floor((hires * ${outputMultiplier} + 2^14) / 2^15)`,
        `gate = floor((min(max(${gateShift}, -32768), 32767) + 2^15) / 2)`,
        `scaled = round(truncate(gate * x / 2^15) / 2^${-outputShift})`,
        `output = ${clamped(plus('scaled', output.zeroPoint), clamp)}`,
      ],
      offsets: { input: offset, output: output.zeroPoint },
      rescalings: [
        int16Rescaling('hires, to x', toOutput, outputMultiplier, outputShift),
        int16Rescaling('hires, to gate', toSixth, reluishMultiplier, reluishShift),
      ],
      clamp,
      table: tableOf(input.dtype, output.dtype, table),
    };
  },
};

/** The kernel's multipliers have 16 bits. */
function int16Rescaling(of: string, steps: readonly Step[], reduced: number, prepared: number): Rescaling {
  const real = steps.at(-1)!.values[0]!;
  const { multiplier, shift } = quantizeMultiplier(real);
  agree(shift === prepared && Math.abs(multiplier / 2 ** 16 - reduced) <= 1, of);
  const entry: Multiplier = { real, multiplier, shift, hex: hex(multiplier), reduced };
  return { of, leftShift: 0, steps, arithmetic: 'int16', multipliers: [entry] };
}
