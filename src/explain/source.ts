/** Where a moved value comes from: the node runs on the positions of the values instead of the values themselves. */
import { bytesOf } from '../../kernels/tensor.ts';
import { IsolatedNode } from './single_node.ts';
import { flatIndex, type Place, unflatten } from './value_trace.ts';

export interface Source {
  /** Which input of the node. */
  readonly input: number;
  readonly at: readonly number[];
}

/**
 * Positions are counted through all the inputs that values are moved from, and go through the node in as many runs as
 * they have bytes for the element's. undefined where the value is of none of these inputs: it fills a padding.
 */
export function sourceOf({ node, output, at }: Place, moved: readonly number[]): Source | undefined {
  const isolated = new IsolatedNode(node, node.profile, moved);
  const inputs = moved.map((input) => ({ input, tensor: isolated.inputs[input]! }));
  const to = isolated.outputs[node.outputs.indexOf(output)]!;
  /** The output's bytes when element i of all inputs together has these bytes. */
  const run = (byteOf: (position: number, byte: number) => number): Uint8Array => {
    let position = 0;
    for (const { tensor } of inputs) {
      const bytes = bytesOf(tensor);
      const size = bytes.length / Math.max(tensor.size, 1);
      for (let i = 0; i < bytes.length; i++) bytes[i] = byteOf(position + Math.floor(i / size), i % size);
      position += tensor.size;
    }
    isolated.run();
    const size = to.byteLength / to.size;
    const start = flatIndex(to.shape, at) * size;
    return bytesOf(to).slice(start, start + size);
  };
  if (run(() => 0)[0] === run(() => 1)[0]) return undefined;
  let position = 0;
  for (let known = 0; known < 4; ) {
    const bytes = run((i, byte) => (i >>> (8 * ((known + byte) % 4))) & 0xff);
    for (const byte of bytes) if (known < 4) position += byte * 2 ** (8 * known++);
  }
  for (const { input, tensor } of inputs) {
    if (position < tensor.size) return { input, at: unflatten(tensor.shape, position) };
    position -= tensor.size;
  }
  throw new Error(`${node} wrote position ${position}, which no input has`);
}
