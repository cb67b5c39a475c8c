/** The clamp of a fused activation, in float32: what the layers of this folder end with. */
import type { Node } from '../kernel.ts';
import type { Activation } from '../quantization.ts';

export const MAX = Math.fround(3.4028234663852886e38);

/** By activation: the least and the greatest value. */
const RANGES: { readonly [activation: string]: readonly [number, number] } = {
  RELU: [0, MAX],
  RELU6: [0, 6],
  RELU_N1_TO_1: [-1, 1],
};

export interface ActivationFloat {
  readonly activationMin: number;
  readonly activationMax: number;
}

/** Without an activation there is a clamp, too: it makes the greatest finite value of infinity. */
export function prepareActivationFloat(node: Node): ActivationFloat {
  const { fusedActivationFunction } = node.options<{ fusedActivationFunction: Activation }>();
  const [activationMin, activationMax] = RANGES[fusedActivationFunction] ?? [-MAX, MAX];
  return { activationMin, activationMax };
}

/** NaN and -0 remain. */
export function clamp(value: number, min: number, max: number): number {
  return value < min ? min : value > max ? max : value;
}

/**
 * The clamp of hybrid layers without windows, in place: as max(min, min(max, x)) of C++, which makes the least value of NaN and 0
 * of -0. There is none without an activation, and RELU has no upper end.
 */
export function clampAsVector({ activationMin, activationMax }: ActivationFloat, values: Float32Array) {
  if (activationMin === -MAX) return;
  for (let i = 0; i < values.length; i++) {
    const value = values[i] > activationMax && activationMax < MAX ? activationMax : values[i];
    values[i] = value > activationMin ? value : activationMin;
  }
}
