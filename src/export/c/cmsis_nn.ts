/**
 * Parameters of convolutions, dense layers and pools in the structs of CMSIS-NN: arm_nn_types.h of July 2026. Offsets are added
 * there as here; multipliers and shifts are those that its functions take.
 */
import type { NodeExplanation } from '../../explain/explanation.ts';
import { comment, constantArray } from './values.ts';

export function cmsisHeader(nodes: readonly NodeExplanation[]): string {
  const parts = nodes.flatMap((node) => {
    const text = parametersOf(node);
    return text ? [`/* Node ${node.node}: ${comment(node.op)} */\n${text}`] : [];
  });
  return `#include "arm_nn_types.h"\n\n${parts.join('\n')}`;
}

function parametersOf(node: NodeExplanation): string | undefined {
  const { op, node: n, window, offsets, clamp } = node;
  if (!clamp || node.inputs[0]!.dtype === 'uint8') return undefined;
  const activation = `.activation = {.min = ${clamp.min.value}, .max = ${clamp.max.value}}`;
  const tile = ([height, width]: readonly [number, number]) => `{.w = ${width}, .h = ${height}}`;
  const moved = window && [
    `.stride = ${tile(window.stride)}`,
    `.padding = ${tile([window.padding.top, window.padding.left])}`,
  ];
  const dilation = window && `.dilation = ${tile(window.dilation)}`;
  const shifts = [`.input_offset = ${offsets.input}`, `.output_offset = ${offsets.output}`];
  switch (op) {
    case 'CONV_2D':
      return `${struct('cmsis_nn_conv_params', n, [...shifts, ...moved!, dilation!, activation])}${quantization(node)}${dims(node)}`;
    case 'DEPTHWISE_CONV_2D': {
      const multiplier = `.ch_mult = ${node.constants.depthMultiplier}`;
      const fields = [...shifts, multiplier, ...moved!, dilation!, activation];
      return `${struct('cmsis_nn_dw_conv_params', n, fields)}${quantization(node)}${dims(node)}`;
    }
    case 'FULLY_CONNECTED': {
      const fields = [shifts[0]!, `.filter_offset = ${offsets.filter}`, shifts[1]!, activation];
      return `${struct('cmsis_nn_fc_params', n, fields)}${quantization(node)}${dims(node)}`;
    }
    case 'AVERAGE_POOL_2D':
    case 'MAX_POOL_2D':
      return `${struct('cmsis_nn_pool_params', n, [...moved!, activation])}${dims(node)}`;
    default:
      return undefined;
  }
}

function struct(type: string, n: number, fields: readonly string[]): string {
  return `static const ${type} n${n}_params = {\n  ${fields.join(',\n  ')}\n};\n`;
}

/** A number for each output channel, as the convolutions take them; the structs' pointers are to numbers that may change. */
function quantization({ node, op, rescalings, outputs }: NodeExplanation): string {
  const { multipliers, arithmetic } = rescalings[0]!;
  if (arithmetic === 'float64') return '/* requantized in float64 in this profile: export with the profile tflm */\n';
  if (op === 'FULLY_CONNECTED' && multipliers.length === 1) {
    const [{ multiplier, shift }] = multipliers as [(typeof multipliers)[0]];
    return `static const cmsis_nn_per_tensor_quant_params n${node}_quant = {.multiplier = ${multiplier}, .shift = ${shift}};\n`;
  }
  const depth = outputs[0]!.shape.at(-1)!;
  const all = Array.from({ length: depth }, (_, c) => multipliers[multipliers.length > 1 ? c : 0]!);
  const array = (kind: string, values: readonly number[]) =>
    constantArray(`n${node}_cmsis_${kind}`, 'int32', values).replace('static const', 'static');
  return [
    array(
      'multiplier',
      all.map((m) => m.multiplier!),
    ),
    array(
      'shift',
      all.map((m) => m.shift!),
    ),
    `static const cmsis_nn_per_channel_quant_params n${node}_quant = {n${node}_cmsis_multiplier, n${node}_cmsis_shift};\n`,
  ].join('');
}

function dims({ node, inputs, outputs, op, window }: NodeExplanation): string {
  const four = (shape: readonly number[]) => {
    const [n, h, w, c] = shape.length === 4 ? shape : [shape[0] ?? 1, 1, 1, shape.slice(1).reduce((a, b) => a * b, 1)];
    return `{.n = ${n}, .h = ${h}, .w = ${w}, .c = ${c}}`;
  };
  const filter = inputs.find(({ role }) => role === 'filter');
  const [outputDepth, accumDepth] = filter?.shape ?? [];
  const filterDims =
    op === 'FULLY_CONNECTED'
      ? `{.n = ${accumDepth}, .h = 1, .w = 1, .c = ${outputDepth}}`
      : filter
        ? four(filter.shape)
        : `{.n = 1, .h = ${window!.filter[0]}, .w = ${window!.filter[1]}, .c = 1}`;
  return [
    `static const cmsis_nn_dims n${node}_input_dims = ${four(inputs[0]!.shape)};\n`,
    `static const cmsis_nn_dims n${node}_filter_dims = ${filterDims};\n`,
    `static const cmsis_nn_dims n${node}_output_dims = ${four(outputs[0]!.shape)};\n`,
  ].join('');
}
