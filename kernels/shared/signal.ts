/** What the operators of TensorFlow Lite Micro's audio front end share. */
import type { Node } from '../kernel.ts';

/** TFLite has none of these operators. */
export function prepareSignal(node: Node) {
  if (!node.isMicro) {
    node.unsupported("TensorFlow Lite Micro has this operator, TFLite does not; run it with profile 'tflm'");
  }
}

/** An integer of the operator's flexbuffer map; a missing one is 0, as upstream reads it. */
export function prepareOption(node: Node, key: string, least: number, most: number): number {
  const value = node.options<{ [key: string]: unknown }>()[key] ?? 0;
  node.require(
    Number.isInteger(value) && Number(value) >= least && Number(value) <= most,
    `option ${key} is ${value}; it must be an integer in ${least}..${most}`,
  );
  return Number(value);
}

/** How many bits x, read as unsigned, needs: 0 for 0. */
export function bitLength(x: number): number {
  return (32 - Math.clz32(x)) | 0;
}
