/**
 * The elementwise operators of the optimized kernels beside the reference's, at sizes around their blocks: 16 values, 4 or 8 of
 * the wider types, and runs of 1,024 where an input is repeated.
 */
import { describe, test } from 'vitest';
import type { Random } from '../fuzz/random.ts';
import { between, compareMany, constant, drawTensor, drawZeroPoint, optimizedSets } from './against_reference.ts';
import type { OperatorCase, TensorLiteral } from './run_operator.ts';

type Quantized = 'int8' | 'uint8' | 'int16';
const eightBits = ['int8', 'uint8'] as const;
const activations = ['NONE', 'RELU', 'RELU6', 'RELU_N1_TO_1'];

/** In [1, 2), and 1 itself often: powers of 2 have halves to round. */
const fraction = (random: Random) => (random.once(4) ? 1 : 1.01 + random.below(2 ** 20) / 2 ** 20 / 1.02);

/** Two shapes that go together, the second one repeated in one way or another. */
function drawShapes(random: Random): [number[], number[]] {
  const [a, b] = [between(random, 1, 5), between(random, 1, 9)];
  const c = random.once(6) ? between(random, 200, 1100) : between(random, 1, 40);
  return random.of<[number[], number[]]>([
    [[c], [c]],
    [[a, b, c], [a, b, c]], // biome-ignore format: a table
    [[a, b, c], [c]],
    [
      [a, b, c],
      [b, c],
    ],
    [[a, b, c], [1]],
    [[a, b, c], []],
    [
      [a, b, c],
      [a, b, 1],
    ],
    [
      [a, b, c],
      [a, 1, c],
    ],
    [
      [a, b, c],
      [b, 1],
    ],
    [
      [a, 1, c],
      [b, 1],
    ],
    [[9, between(random, 1, 40), c], [c]],
  ]);
}

type Draw = (random: Random, dtype: Quantized) => Partial<TensorLiteral>;

/** Two inputs in either order, at most one of them a constant. */
function drawInputs(random: Random, dtype: Quantized, draw: Draw): [TensorLiteral, TensorLiteral] {
  const shapes = drawShapes(random);
  if (random.once(2)) shapes.reverse();
  const which = random.below(4);
  const [first, second] = shapes.map((shape, i) => {
    const literal = {
      ...drawTensor(random, dtype, shape),
      zeroPoint: drawZeroPoint(random, dtype),
      ...draw(random, dtype),
    };
    return i === which ? constant(literal) : literal;
  });
  return [first!, second!];
}

function drawBinary(random: Random, op: string, inputs: readonly TensorLiteral[], scale: number): OperatorCase {
  const dtype = inputs[0]!.dtype as Quantized;
  return {
    op,
    options: { fusedActivationFunction: random.of(activations), potScaleInt16: false },
    inputs,
    outputs: [{ dtype, shape: [], scale, zeroPoint: drawZeroPoint(random, dtype) }],
    profile: random.of(['tflite', 'tflite-2.19', 'tflm']),
  };
}

/** The larger of the two scales to the output's is 2^ratio or more, up to twice that; to the other one's, 2^distance. */
function drawSum(random: Random, op: string, dtype: Quantized, ratio: [number, number], distance: [number, number]) {
  const scale = fraction(random);
  const other = (scale / fraction(random)) * 2 ** -between(random, ...distance);
  const scales = random.once(2) ? [scale, other] : [other, scale];
  const inputs = drawInputs(random, dtype, () => ({ scale: scales.pop()! }));
  return drawBinary(random, op, inputs, scale / fraction(random) / 2 ** between(random, ...ratio));
}

/** The product of the scales to the output's is 2^exponent or more, up to twice that. */
function drawProduct(random: Random, dtype: Quantized, exponents: [number, number]) {
  const [inputs, ratio] = [drawInputs(random, dtype, () => ({ scale: fraction(random) })), fraction(random)];
  if (ratio === 1) for (const input of inputs) Object.assign(input, { scale: 1 });
  const product = (inputs[0].scale as number) * (inputs[1].scale as number);
  return drawBinary(random, 'MUL', inputs, product / ratio / 2 ** between(random, ...exponents));
}

function drawPrelu(random: Random, exponents: [number, number]): OperatorCase {
  const dtype = random.of(eightBits);
  const shapes = random.of([
    [[1, 4, 5, between(random, 1, 40)], [1, 1]],
    [[2, 3, between(random, 1, 40)], undefined],
    [[40, between(random, 1, 40)], [1]],
  ] as const); // biome-ignore format: a table
  const shape = shapes[0];
  const alphaShape = shapes[1] ? [...shapes[1], shape.at(-1)!] : shape;
  const scale = () => fraction(random) * 2 ** between(random, ...exponents);
  const alpha = { ...drawTensor(random, dtype, alphaShape), zeroPoint: drawZeroPoint(random, dtype), scale: scale() };
  return {
    op: 'PRELU',
    inputs: [
      { ...drawTensor(random, dtype, shape), zeroPoint: drawZeroPoint(random, dtype), scale: scale() },
      random.once(2) ? alpha : constant(alpha),
    ],
    outputs: [{ dtype, shape: [], scale: fraction(random), zeroPoint: drawZeroPoint(random, dtype) }],
    profile: random.of(['tflite', 'tflite-2.19', 'tflm']),
  };
}

describe.each(optimizedSets)('$name', ({ set }) => {
  describe.each(['ADD', 'SUB'])('%s', (op) => {
    test.each([
      { what: 'of like scales', distance: [0, 11] },
      { what: 'of scales far apart', distance: [11, 40] },
    ] as const)('8 bits, $what', ({ distance }) => {
      compareMany(set, 300, (random) => drawSum(random, op, random.of(eightBits), [-3, 2], [...distance]), {});
    });

    test('int16', () => {
      compareMany(set, 300, (random) => drawSum(random, op, 'int16', [-17, 12], [0, 40]), {});
    });

    test('what it does not do', () => {
      compareMany(set, 20, (random) => drawSum(random, op, 'int8', [5, 8], [0, 3]), { taken: false });
      compareMany(set, 20, (random) => drawSum(random, op, 'int8', [-9, -5], [0, 3]), { taken: false });
      const powersOfTwo = (random: Random): OperatorCase => {
        const inputs = [1, 2].map(() => ({ ...drawTensor(random, 'int16', [19]), scale: 0.5 }));
        const outputs = [{ dtype: 'int16', shape: [], scale: 0.5 }] as const;
        return { op: 'ADD', options: { fusedActivationFunction: 'NONE', potScaleInt16: true }, inputs, outputs };
      };
      compareMany(set, 20, powersOfTwo, { taken: false });
    });
  });

  test('MUL', () => {
    compareMany(set, 400, (random) => drawProduct(random, random.of(eightBits), [-18, -4]), {});
    compareMany(set, 300, (random) => drawProduct(random, 'int16', [-31, -2]), {});
    compareMany(set, 20, (random) => drawProduct(random, random.of([...eightBits, 'int16']), [0, 3]), { taken: false });
    compareMany(set, 20, (random) => drawProduct(random, random.of(eightBits), [-30, -20]), { taken: false });
  });

  test('PRELU', () => {
    compareMany(set, 400, (random) => drawPrelu(random, [-4, 1]), {});
    compareMany(set, 200, (random) => drawPrelu(random, [-20, 2]), {});
    compareMany(set, 20, (random) => drawPrelu(random, [8, 10]), { taken: false });
  });

  test.each(['MAXIMUM', 'MINIMUM'])('%s', (op) => {
    const draw = (random: Random): OperatorCase => {
      const dtype = random.of(['int8', 'uint8', 'int16'] as const);
      const inputs = drawInputs(random, dtype, () => ({}));
      const types = { dtype: dtype === 'int16' && random.once(2) ? ('int32' as const) : dtype };
      return { op, inputs: inputs.map((input) => ({ ...input, ...types })), outputs: [{ ...types, shape: [] }] };
    };
    compareMany(set, 300, draw, {});
  });

  test('what is rounded once is left to the reference', () => {
    const roundedOnce = (test: OperatorCase): OperatorCase => ({ ...test, profile: 'single-rounding' });
    compareMany(set, 5, (random) => roundedOnce(drawSum(random, 'ADD', 'int8', [-3, 2], [0, 11])), { taken: false });
    compareMany(set, 5, (random) => roundedOnce(drawProduct(random, 'int8', [-18, -4])), { taken: false });
    compareMany(set, 5, (random) => roundedOnce(drawPrelu(random, [-4, 1])), { taken: false });
  });
});
