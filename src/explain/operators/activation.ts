/** Activations as operators of their own, which move the input to the output's scale: RELU and its kin, LEAKY_RELU, HARD_SWISH. */
import {
  roundingDivideByPOT16,
  saturatingLeftShift,
  saturatingRoundingDoublingHighMul16,
} from '../../../kernels/fixed_point.ts';
import { type Activation, type HardSwishParams, quantizeMultiplier } from '../../../kernels/quantization.ts';
import type * as reference from '../../../kernels/reference/index.ts';
import { agree, derive, hex, over, rescaling, scaleOf, step } from '../derivation.ts';
import type { Multiplier, Rescaling, Step } from '../explanation.ts';
import { Steps } from '../value_trace.ts';
import { operandAt } from './elementwise.ts';
import {
  clamped,
  clampOf,
  magnitude,
  type OperatorAccount,
  plus,
  plusInBrackets,
  type Quantized,
  requantized,
  rescaled,
  tableOf,
  typeClamp,
} from './operator_explainer.ts';

// ---- RELU, RELU6, RELU_N1_TO_1, RELU_0_TO_1

function relu(activation: Activation | 'RELU_0_TO_1'): OperatorAccount<Quantized<typeof reference.RELU>> {
  return {
    inputs: ['input'],
    explain({ input, output, params }) {
      const { scale, zeroPoint } = params.clampOnly ? input : output;
      const clamp = clampOf(activation, { dtype: output.dtype, scale, zeroPoint }, params);
      if (params.clampOnly) return { formulas: [`output = ${clamped('input', clamp)}`], clamp };
      const { inputOffset, outputOffset, realMultiplier } = params;
      const steps = derive(realMultiplier, scaleOf('input', input.scale), scaleOf('output', output.scale));
      const scaling = rescaling('input', steps, [params]);
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
    trace(account, { at }, { input, params, table }) {
      const clamp = account.clamp!;
      const isTable = table !== undefined;
      const steps = new Steps();
      const value = operandAt(steps, 'input', input, at);
      if (params.clampOnly) return { taps: [], value: steps.output(value, 0, clamp, isTable), steps: steps.list };
      const scaled = steps.rescale(steps.offset('offset', value, params.inputOffset), account.rescalings[0]!);
      return { taps: [], value: steps.output(scaled, params.outputOffset, clamp, isTable), steps: steps.list };
    },
  };
}

export const RELU = relu('RELU');
export const RELU6 = relu('RELU6');
export const RELU_N1_TO_1 = relu('RELU_N1_TO_1');
export const RELU_0_TO_1 = relu('RELU_0_TO_1');

// ---- LEAKY_RELU

export const LEAKY_RELU: OperatorAccount<Quantized<typeof reference.LEAKY_RELU>> = {
  inputs: ['input'],
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
    return {
      formulas: [
        `x = ${plus('input', p.inputOffset)}`,
        `scaled = ${rescaled('x', above, bound)} where x >= 0`,
        `scaled = ${p.alphaSign < 0 ? '-' : ''}${rescaled('x', multiplied(below, p), bound)} where x < 0`,
        `output = ${clamped(plus('scaled', p.outputOffset), clamp)}`,
      ],
      offsets: { input: p.inputOffset, output: p.outputOffset },
      rescalings: [above, below],
      clamp,
    };
  },
  trace(account, { at }, { input, params: p }) {
    const [above, below] = account.rescalings as [Rescaling, Rescaling];
    const steps = new Steps();
    const x = steps.offset('offset', operandAt(steps, 'input', input, at), p.inputOffset);
    const scaled = x >= 0 ? steps.rescale(x, above) : p.alphaSign * steps.rescale(x, multiplied(below, p));
    return { taps: [], value: steps.output(scaled, p.outputOffset, account.clamp!), steps: steps.list };
  },
};

/** Where the kernel takes the sign of a negative multiplier out, it multiplies by the magnitude. */
function multiplied(rescaling: Rescaling, { alphaSign }: { readonly alphaSign: number }): Rescaling {
  if (alphaSign > 0) return rescaling;
  const [first] = rescaling.multipliers as [Multiplier];
  const positive = { ...first, real: Math.abs(first.real), multiplier: Math.abs(first.multiplier!) };
  return { ...rescaling, multipliers: [positive] };
}

// ---- HARD_SWISH

export const HARD_SWISH: OperatorAccount<Quantized<typeof reference.HARD_SWISH>> = {
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
  trace(account, { at }, { input, output, params: p }) {
    const steps = new Steps();
    const x = steps.offset('offset', operandAt(steps, 'input', input, at), 0 - input.zeroPoint);
    const hires = steps.add('hires', `${x} * 2^7`, (x << 23) >> 16);
    const preshift = highMultiply16(steps, 'x', hires, p.outputMultiplier);
    const gate = reluish(steps, hires, p);
    const product = Math.trunc((gate * preshift) / 2 ** 15);
    steps.add('gated', `truncate(${gate} * ${preshift} / 2^15)`, product);
    const scaled = rightShift16(steps, product, -p.outputShift);
    return { taps: [], value: steps.output(scaled, output.zeroPoint, account.clamp!), steps: steps.list };
  },
};

function highMultiply16(steps: Steps, name: string, x: number, multiplier: number): number {
  const formula = `floor((${x} * ${multiplier} + 2^14) / 2^15)`;
  return steps.add(name, formula, saturatingRoundingDoublingHighMul16(x, multiplier));
}

/** What is left of an int16 that is shifted out of its bits is its sign. */
function rightShift16(steps: Steps, x: number, shift: number): number {
  const formula = shift > 15 ? `${x < 0 ? -1 : 1}: 2^${shift} is beyond int16` : `round(${x} / 2^${shift})`;
  return steps.add('right shift', formula, roundingDivideByPOT16(x, shift));
}

/** (x + 3) / 6 in 0 to 2^15, saturated as the kernel does. */
function reluish(steps: Steps, hires: number, { reluishMultiplier, reluishShift: shift }: HardSwishParams): number {
  let gate = hires;
  if (shift > 0) {
    gate = steps.add('left shift', `int16 of ${hires} * 2^${shift - 1}`, saturatingLeftShift(hires, shift - 1));
  }
  gate = highMultiply16(steps, 'gate', gate, reluishMultiplier);
  if (shift > 0) gate = steps.add('last bit', `int16 of ${gate} * 2`, saturatingLeftShift(gate, 1));
  if (shift < 0) gate = rightShift16(steps, gate, -shift);
  return steps.add('gate in 0 to 2^15', `floor((${gate} + 2^15) / 2)`, (gate + 0x8000) >> 1);
}

/** The kernel's multipliers have 16 bits. */
function int16Rescaling(of: string, steps: readonly Step[], reduced: number, prepared: number): Rescaling {
  const real = steps.at(-1)!.values[0]!;
  const { multiplier, shift } = quantizeMultiplier(real, false);
  agree(shift === prepared && Math.abs(multiplier / 2 ** 16 - reduced) <= 1, of);
  const entry: Multiplier = { real, multiplier, shift, hex: hex(multiplier), reduced };
  return { of, leftShift: 0, steps, arithmetic: 'int16', multipliers: [entry] };
}
