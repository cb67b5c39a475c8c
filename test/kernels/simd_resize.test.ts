/**
 * RESIZE_BILINEAR and RESIZE_NEAREST_NEIGHBOR of the optimized kernels beside the reference's: pixels of up to 40 channels, of which
 * the module mixes 8 at a time.
 */
import { describe, test } from 'vitest';
import type { Random } from '../fuzz/random.ts';
import { between, compareMany, constant, drawTensor, optimizedSets } from './against_reference.ts';
import type { OperatorCase } from './run_operator.ts';

const MODES = [
  { alignCorners: false, halfPixelCenters: false },
  { alignCorners: true, halfPixelCenters: false },
  { alignCorners: false, halfPixelCenters: true },
];

/** Outputs at least half as wide as the input, and of any height. */
function drawResize(
  random: Random,
  op: string,
  dtypes: readonly ('int8' | 'uint8' | 'int16' | 'int32')[],
): OperatorCase {
  const dtype = random.of(dtypes);
  const [height, width] = [between(random, 1, 9), between(random, 1, 9)];
  const depth = random.once(3) ? between(random, 1, 3) : between(random, 1, 40);
  const shape = [between(random, 1, 2), height, width, depth];
  const size = [between(random, 1, 12), between(random, Math.ceil(width / 2), 20)];
  const values = drawTensor(random, dtype === 'int32' ? 'int16' : dtype, shape);
  return {
    op,
    options: random.of(MODES),
    inputs: [{ ...values, dtype }, constant({ dtype: 'int32', shape: [2], data: size })],
    outputs: [{ dtype, shape: [] }],
  };
}

describe.each(optimizedSets)('$name', ({ set }) => {
  test('RESIZE_BILINEAR', () => {
    compareMany(set, 300, (random) => drawResize(random, 'RESIZE_BILINEAR', ['int8']), {});
    compareMany(set, 300, (random) => drawResize(random, 'RESIZE_BILINEAR', ['uint8']), {});
    compareMany(set, 10, (random) => drawResize(random, 'RESIZE_BILINEAR', ['int16']), { taken: false });
    const roundedOnce = (random: Random): OperatorCase => {
      return { ...drawResize(random, 'RESIZE_BILINEAR', ['int8']), profile: 'single-rounding' };
    };
    compareMany(set, 5, roundedOnce, { taken: false });
  });

  test('RESIZE_NEAREST_NEIGHBOR', () => {
    const draw = (random: Random) => drawResize(random, 'RESIZE_NEAREST_NEIGHBOR', ['int8', 'uint8', 'int16', 'int32']);
    compareMany(set, 300, draw, {});
  });
});
