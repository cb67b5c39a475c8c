/**
 * A model as C99: its weights, a function for each layer with the layer's numbers in it, golden inputs and outputs of each
 * layer, and a self-test. What a layer computes is what `explain` says of it, in the same profile.
 */
import { UnsupportedError } from '../../../kernels/errors.ts';
import { elementSize, isDType, viewOf } from '../../../kernels/tensor.ts';
import { explain } from '../../explain/explain.ts';
import type { NodeExplanation, NodeTensor } from '../../explain/explanation.ts';
import type { TensorSpec } from '../../model/model.ts';
import type { Interpreter } from '../../runtime/interpreter.ts';
import type { OutputTensor, TensorData } from '../../runtime/tensor_info.ts';
import { cmsisHeader } from './cmsis_nn.ts';
import { type Layer, layerOf } from './layer.ts';
import { FIXED_POINT_SUPPORT, SUPPORT } from './support.ts';
import { comment, constantArray, cType } from './values.ts';

export interface ExportedModel {
  /** Text by file name. */
  readonly files: ReadonlyMap<string, string>;
  readonly layers: readonly ExportedLayer[];
}

export interface ExportedLayer {
  readonly node: number;
  readonly op: string;
  /** Where false, its golden output stands in for it. */
  readonly isComputed: boolean;
}

export interface ExportOptions {
  /** Adds parameters in the structs of CMSIS-NN. */
  readonly cmsisNn?: boolean;
  /** What the header of each file says of its origin. */
  readonly source: string;
}

/**
 * @param interpreter its profile decides how layers round
 * @param inputs of the golden run, one array for each input
 * @throws UnsupportedError where C computes none of its layers
 */
export function exportC(
  interpreter: Interpreter,
  inputs: readonly TensorData[],
  options: ExportOptions,
): ExportedModel {
  const golden = new Map<number, OutputTensor>();
  interpreter.resetVariables();
  interpreter.invoke([...inputs], { tap: (tensor) => golden.set(tensor.index, tensor) });
  const { nodes, profile } = explain(interpreter);
  const { tensors } = interpreter.model.subgraphs[0]!;
  const layers = nodes.map((node) => ({ node, layer: layerOf(node) }));
  if (layers.every(({ layer }) => !layer)) {
    const ops = [...new Set(nodes.map(({ op }) => op))].join(', ');
    throw new UnsupportedError(`none of its layers can be exported as C: ${ops || 'there are none'}`, {});
  }
  const origin = `/* ${comment(`Made by requant of ${options.source}, profile ${profile}.`)} */\n`;
  const needsFixedPoint = layers.some(({ layer }) => layer?.needsFixedPoint);
  const support = needsFixedPoint ? `${SUPPORT}${FIXED_POINT_SUPPORT}` : SUPPORT;
  const files = new Map([
    ['support.h', `${support}\n#endif\n`],
    ['weights.h', header('WEIGHTS', origin, weights(layers, tensors))],
    ['layers.h', header('LAYERS', origin, layersText(interpreter, layers, golden))],
    ['golden.h', header('GOLDEN', origin, goldenText(interpreter, inputs, golden))],
    ['main.c', mainText(origin, interpreter, layers)],
  ]);
  if (options.cmsisNn) files.set('cmsis_nn.h', header('CMSIS_NN', origin, cmsisHeader(nodes)));
  return {
    files,
    layers: layers.map(({ node: { node, op }, layer }) => ({ node, op, isComputed: layer !== undefined })),
  };
}

interface Made {
  readonly node: NodeExplanation;
  readonly layer: Layer | undefined;
}

function header(guard: string, origin: string, text: string): string {
  return `${origin}#ifndef REQUANT_${guard}_H\n#define REQUANT_${guard}_H\n\n${text}\n#endif\n`;
}

/** Constants that computed layers read. */
function weights(layers: readonly Made[], tensors: readonly TensorSpec[]): string {
  const used = new Map<number, NodeTensor>();
  for (const { node, layer } of layers) {
    const text = layer?.body.join('\n') ?? '';
    for (const tensor of node.inputs) {
      if (tensors[tensor.index]?.constant && new RegExp(`\\bt${tensor.index}\\b`).test(text))
        used.set(tensor.index, tensor);
    }
  }
  const arrays = [...used.values()].map((tensor) => {
    const { constant } = tensors[tensor.index]!;
    return `/* ${comment(described(tensor))} */\n${constantArray(`t${tensor.index}`, tensor.dtype, valuesOf(constant!, tensor.dtype))}`;
  });
  return `#include <stdint.h>\n\n${arrays.join('\n')}`;
}

function valuesOf(constant: Uint8Array, dtype: string): TensorData {
  if (!isDType(dtype)) throw new UnsupportedError(`C has no ${dtype}`, {});
  const bytes = constant.slice();
  return viewOf(dtype, bytes.buffer, 0, bytes.length / elementSize(dtype)) as TensorData;
}

function described({ name, role, dtype, shape, quantization }: NodeTensor): string {
  const scales = quantization?.scales ?? [];
  const scale = scales.length === 1 ? `, scale ${scales[0]}` : scales.length > 1 ? `, ${scales.length} scales` : '';
  const zeroPoint = scales.length > 0 ? `, zero point ${quantization!.zeroPoints[0]}` : '';
  return `${role}: ${name}, ${dtype} [${shape}]${scale}${zeroPoint}`;
}

function layersText(
  interpreter: Interpreter,
  layers: readonly Made[],
  golden: ReadonlyMap<number, OutputTensor>,
): string {
  const declared = [
    ...interpreter.inputs.map(({ index, dtype, size }) => ({ index, dtype, size })),
    ...[...golden.values()].map(({ index, dtype, data }) => ({ index, dtype, size: data.length })),
  ];
  const arrays = declared
    .filter(({ dtype }) => cType(dtype))
    .map(({ index, dtype, size }) => `static ${cType(dtype)} t${index}[${Math.max(size, 1)}];`);
  const functions = layers.flatMap(({ node, layer }) => (layer ? [functionText(node, layer)] : []));
  return ['#include "support.h"\n#include "weights.h"\n', ...arrays, '', ...functions].join('\n');
}

function functionText(node: NodeExplanation, { data, body }: Layer): string {
  const formulas = node.formulas.map((line) => ` *   ${comment(line)}`);
  const tensors = [...node.inputs, ...node.outputs].map(
    (tensor) => ` *   t${tensor.index}  ${comment(described(tensor))}`,
  );
  return [
    '/*',
    ` * Node ${node.node}: ${comment(node.op)}`,
    ' *',
    ...formulas,
    ' *',
    ...tensors,
    ' */',
    ...data,
    `static void node_${node.node}(void)`,
    '{',
    ...body.map((line) => `  ${line}`),
    '}',
    '',
  ].join('\n');
}

function goldenText(
  interpreter: Interpreter,
  inputs: readonly TensorData[],
  golden: ReadonlyMap<number, OutputTensor>,
): string {
  const given = interpreter.inputs.map(({ index, dtype }, i) => constantArray(`golden_${index}`, dtype, inputs[i]!));
  const written = [...golden.values()]
    .filter(({ dtype }) => cType(dtype))
    .map(({ index, dtype, data }) => constantArray(`golden_${index}`, dtype, data));
  return `#include <stdint.h>\n\n${[...given, ...written].join('\n')}`;
}

function mainText(origin: string, interpreter: Interpreter, layers: readonly Made[]): string {
  const steps = layers.flatMap(({ node, layer }) => {
    const label = JSON.stringify(comment(`node ${node.node} ${node.op}`));
    const outputs = node.outputs.filter(({ dtype }) => cType(dtype)).map(({ index }) => index);
    if (!layer) {
      const taken = outputs.map((index) => `  memcpy(t${index}, golden_${index}, sizeof(golden_${index}));`);
      return [`  printf("%s: not computed here, taken from the golden run\\n", ${label});`, ...taken];
    }
    return [
      `  node_${node.node}();`,
      ...outputs.map((index) => `  failures += check(${label}, t${index}, golden_${index}, sizeof(t${index}));`),
    ];
  });
  const computed = layers.filter(({ layer }) => layer).length;
  const summary =
    computed === layers.length
      ? 'all layers equal'
      : `${computed} of ${layers.length} layers are computed here, and equal; the others were taken from the golden run`;
  const given = interpreter.inputs.map(({ index }) => `  memcpy(t${index}, golden_${index}, sizeof(t${index}));`);
  return `${origin}/* Runs every layer on the golden inputs and compares it with its golden output; 0 if all are equal, byte by byte. */
#include <stdio.h>
#include <string.h>

#include "golden.h"
#include "layers.h"

/* What differs is mended, so that the next layers are tested on golden inputs. */
static int check(const char *layer, void *ours, const void *golden, size_t size)
{
  const unsigned char *a = ours;
  const unsigned char *b = golden;
  size_t i;
  for (i = 0; i < size && a[i] == b[i]; i++) {
  }
  if (i == size) {
    printf("%s: ok\\n", layer);
    return 0;
  }
  printf("%s: differs from byte %lu on\\n", layer, (unsigned long)i);
  memcpy(ours, golden, size);
  return 1;
}

int main(void)
{
  int failures = 0;
${[...given, ...steps].join('\n')}
  printf(failures ? "%d layers differ\\n" : "${summary}\\n", failures);
  return failures ? 1 : 0;
}
`;
}
