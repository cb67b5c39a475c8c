/** Where the scales of a tensor come from, as far as the file shows it. */
import { type Quantization, sizeOf, type Tensor } from '../../kernels/tensor.ts';
import { type DataFlow, isQuantized } from '../inspect/data_flow.ts';
import type { TensorSpec } from '../model/model.ts';
import { fixedOutputQuantization, sharesScaleOf } from '../model/operator_facts.ts';
import type { ScaleOrigin } from './explanation.ts';

/** `tensor` is the one that kernels have: of a constant it knows the values. */
export function scaleOrigin(spec: TensorSpec, tensor: Tensor | undefined, flow: DataFlow): ScaleOrigin | null {
  if (!isQuantized(spec)) return null;
  if (spec.constant) return tensor?.known && !fillsItsType(tensor) ? 'range beyond its values' : 'own values';
  const writer = flow.writers.get(spec.index);
  if (!writer) return 'activation range';
  if (fixedOutputQuantization(writer.op, spec.dtype)) return 'fixed by the operator';
  const passed = sharesScaleOf(writer.op, writer.inputs.length).map(
    (place) => flow.subgraph.tensors[writer.inputs[place]!],
  );
  const isSame = passed.some((input) => isSameQuantization(input?.quantization, spec.quantization));
  return isSame ? 'as the input' : 'activation range';
}

/** A bias is added to products, and should have their scales; they are not looked at. */
export function biasOrigin(bias: Tensor, input: Tensor, filter: Tensor): ScaleOrigin | null {
  const products = Array.from(
    filter.quantization?.scales ?? [],
    (scale) => scale * (input.quantization?.scales[0] ?? 0),
  );
  const scales = bias.quantization?.scales ?? [];
  // Converters round the product in their own ways.
  const isProduct =
    scales.length > 0 &&
    scales.every((scale, c) => Math.abs(scale / products[products.length > 1 ? c : 0]! - 1) < 1e-6);
  return isProduct ? 'input scale * filter scale' : null;
}

function isSameQuantization(a: Quantization | undefined, b: Quantization | undefined): boolean {
  return a?.scales[0] === b?.scales[0] && a?.zeroPoints[0] === b?.zeroPoints[0];
}

/** The magnitude that the largest value has where it made the scale; of uint8, how far the values reach to both ends. */
const FULL: { readonly [dtype: string]: number } = { int2: 1, int4: 7, int8: 127, int16: 32767 };

/** Whether, for each scale, the values reach to the end of their type; values that are all 0 have no scale of their own. */
function fillsItsType({ quantization, dtype, shape, data }: Tensor): boolean {
  const channels = quantization?.scales.length ?? 1;
  const inner = Math.max(sizeOf(shape.slice((quantization?.dimension ?? 0) + 1)), 1);
  const low = new Array<number>(channels).fill(0);
  const high = new Array<number>(channels).fill(0);
  if (dtype === 'uint8') low.fill(255);
  for (let i = 0; i < data.length; i++) {
    const c = channels === 1 ? 0 : Math.floor(i / inner) % channels;
    const value = Number(data[i]);
    if (value < low[c]!) low[c] = value;
    if (value > high[c]!) high[c] = value;
  }
  // Of asymmetric ones, rounding may keep both ends one step away.
  if (dtype === 'uint8') return low[0]! <= 1 && high[0]! >= 254;
  const full = FULL[dtype] ?? 0;
  return low.every((least, c) => Math.max(-least, high[c]!) >= full || (least === 0 && high[c] === 0));
}
