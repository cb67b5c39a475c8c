import { describe, expect, test } from 'vitest';
import { logistic16, tanh16 } from '../../kernels/fixed_point.ts';
import { kernelSets, runOperator, type TensorLiteral } from './run_operator.ts';

interface LstmCase {
  what: string;
  options: object;
  inputs: (TensorLiteral | undefined)[];
  intermediates: TensorLiteral[];
  output: TensorLiteral;
  data: number[];
}

/** Answers that TFLite's reference kernels gave. */
const fromTFLite: LstmCase[] = [
  {
    what: 'two cells',
    options: { fusedActivationFunction: 'TANH', cellClip: 0, projClip: 0, timeMajor: false },
    inputs: [
      { dtype: 'int8', shape: [1, 2, 1], scale: 0.00633016415, data: [25, -121] },
      { dtype: 'int8', shape: [2, 1], scale: 0.0699255019, data: [25, -5], constant: true },
      { dtype: 'int8', shape: [2, 1], scale: 0.0977675989, data: [-87, 48], constant: true },
      { dtype: 'int8', shape: [2, 1], scale: 0.0437240936, data: [-111, 9], constant: true },
      { dtype: 'int8', shape: [2, 1], scale: 0.0524959527, data: [-75, 54], constant: true },
      { dtype: 'int8', shape: [2, 2], scale: 0.0184513759, data: [-19, -96, 123, 69], constant: true },
      { dtype: 'int8', shape: [2, 2], scale: 0.0141246449, data: [-21, 31, -114, 10], constant: true },
      { dtype: 'int8', shape: [2, 2], scale: 0.0424453802, data: [-39, -1, -124, -113], constant: true },
      { dtype: 'int8', shape: [2, 2], scale: 0.0199361648, data: [45, -52, -107, -60], constant: true },
      undefined,
      undefined,
      undefined,
      { dtype: 'int32', shape: [2], scale: 0.000244140625, data: [3772, 2689], constant: true },
      { dtype: 'int32', shape: [2], scale: 0.000244140625, data: [-1637, 258], constant: true },
      { dtype: 'int32', shape: [2], scale: 0.000244140625, data: [-827, -418], constant: true },
      { dtype: 'int32', shape: [2], scale: 0.000244140625, data: [1733, -2952], constant: true },
      undefined,
      undefined,
      { dtype: 'int8', shape: [1, 2], scale: 0.0105779879, zeroPoint: -128, data: [-128, -128], variable: true },
      { dtype: 'int16', shape: [1, 2], scale: 0.000244140625, data: [0, 0], variable: true },
      undefined,
      undefined,
      undefined,
      undefined,
    ],
    intermediates: [
      { dtype: 'int16', shape: [0], scale: 0.000244140625, data: [], constant: true },
      { dtype: 'int16', shape: [0], scale: 0.000244140625, data: [], constant: true },
      { dtype: 'int16', shape: [0], scale: 0.000244140625, data: [], constant: true },
      { dtype: 'int16', shape: [0], scale: 0.000244140625, data: [], constant: true },
      { dtype: 'int8', shape: [0], scale: 0.0105779879, zeroPoint: -128, data: [], constant: true },
    ],
    output: { dtype: 'int8', shape: [1, 2, 2], scale: 0.0105779879, zeroPoint: -128 },
    data: [-128, -128, -128, -128],
  },
  {
    what: 'CIFG, peephole weights and a projection',
    options: { fusedActivationFunction: 'TANH', cellClip: 25.2373046875, projClip: 0, timeMajor: false },
    inputs: [
      { dtype: 'int8', shape: [2, 1, 2], scale: 0.0203602072, zeroPoint: 21, data: [-50, 32, -74, 115] },
      undefined,
      { dtype: 'int8', shape: [1, 2], scale: 0.00644489471, data: [-16, -43], constant: true },
      { dtype: 'int8', shape: [1, 2], scale: 0.0190809872, data: [77, -85], constant: true },
      { dtype: 'int8', shape: [1, 2], scale: 0.0119691314, data: [28, 39], constant: true },
      undefined,
      { dtype: 'int8', shape: [1, 3], scale: 0.0495138168, data: [-100, -65, 26], constant: true },
      { dtype: 'int8', shape: [1, 3], scale: 0.0759316683, data: [-57, 106, -110], constant: true },
      { dtype: 'int8', shape: [1, 3], scale: 0.0407497436, data: [-5, 63, -10], constant: true },
      undefined,
      { dtype: 'int16', shape: [1], scale: 0.0000119057795, data: [-21393], constant: true },
      { dtype: 'int16', shape: [1], scale: 0.0000128501752, data: [-28167], constant: true },
      undefined,
      { dtype: 'int32', shape: [1], scale: 0.000244140625, data: [3033], constant: true },
      { dtype: 'int32', shape: [1], scale: 0.000244140625, data: [2418], constant: true },
      { dtype: 'int32', shape: [1], scale: 0.000244140625, data: [2738], constant: true },
      { dtype: 'int8', shape: [3, 1], scale: 0.00492617628, data: [-58, -43, -57], constant: true },
      undefined,
      { dtype: 'int8', shape: [2, 3], scale: 0.00436277315, data: [0, 0, 0, 0, 0, 0], variable: true },
      { dtype: 'int16', shape: [2, 1], scale: 0.0009765625, data: [0, 0], variable: true },
      undefined,
      undefined,
      undefined,
      undefined,
    ],
    intermediates: [
      { dtype: 'int16', shape: [0], scale: 0.000244140625, data: [], constant: true },
      { dtype: 'int16', shape: [0], scale: 0.000244140625, data: [], constant: true },
      { dtype: 'int16', shape: [0], scale: 0.000244140625, data: [], constant: true },
      { dtype: 'int16', shape: [0], scale: 0.000244140625, data: [], constant: true },
      { dtype: 'int8', shape: [0], scale: 0.0068846182, zeroPoint: -128, data: [], constant: true },
    ],
    output: { dtype: 'int8', shape: [2, 1, 3], scale: 0.00436277315 },
    data: [13, 10, 13, 22, 16, 22],
  },
  {
    what: 'CIFG and layer normalization',
    options: { fusedActivationFunction: 'TANH', cellClip: 0, projClip: 0, timeMajor: false },
    inputs: [
      { dtype: 'int8', shape: [1, 2, 2], scale: 0.0104764849, zeroPoint: -121, data: [22, 49, -8, -72] },
      { dtype: 'int8', shape: [2, 2], scale: 0.0351552479, data: [-27, 93, -83, -96], constant: true },
      { dtype: 'int8', shape: [2, 2], scale: 0.0120539023, data: [-106, -53, 43, -81], constant: true },
      { dtype: 'int8', shape: [2, 2], scale: 0.0322379954, data: [25, 125, 105, 36], constant: true },
      { dtype: 'int8', shape: [2, 2], scale: 0.0303286258, data: [-118, 3, -58, 124], constant: true },
      { dtype: 'int8', shape: [2, 2], scale: 0.0646000504, data: [92, -118, -62, -39], constant: true },
      { dtype: 'int8', shape: [2, 2], scale: 0.0316461176, data: [-45, -110, 53, -104], constant: true },
      { dtype: 'int8', shape: [2, 2], scale: 0.0873602331, data: [126, -14, 34, -71], constant: true },
      { dtype: 'int8', shape: [2, 2], scale: 0.0520269535, data: [-88, 91, -15, -71], constant: true },
      undefined,
      undefined,
      undefined,
      { dtype: 'int32', shape: [2], scale: 0.000244140625, data: [-3350, 1836], constant: true },
      { dtype: 'int32', shape: [2], scale: 0.000244140625, data: [-747, 1495], constant: true },
      { dtype: 'int32', shape: [2], scale: 0.000244140625, data: [-1098, 2551], constant: true },
      { dtype: 'int32', shape: [2], scale: 0.000244140625, data: [2593, 305], constant: true },
      undefined,
      undefined,
      { dtype: 'int8', shape: [1, 2], scale: 0.00394131849, zeroPoint: 127, data: [127, 127], variable: true },
      { dtype: 'int16', shape: [1, 2], scale: 0.0000305175781, data: [0, 0], variable: true },
      { dtype: 'int16', shape: [2], scale: 0.0000447319435, data: [-27663, -27600], constant: true },
      { dtype: 'int16', shape: [2], scale: 0.0000417679948, data: [7609, 15641], constant: true },
      { dtype: 'int16', shape: [2], scale: 0.0000534209066, data: [7465, -20952], constant: true },
      { dtype: 'int16', shape: [2], scale: 0.0000424271348, data: [16599, -16500], constant: true },
    ],
    intermediates: [
      { dtype: 'int16', shape: [0], scale: 0.000147130704, data: [], constant: true },
      { dtype: 'int16', shape: [0], scale: 0.000444718025, data: [], constant: true },
      { dtype: 'int16', shape: [0], scale: 0.000433832145, data: [], constant: true },
      { dtype: 'int16', shape: [0], scale: 0.000161739488, data: [], constant: true },
      { dtype: 'int8', shape: [0], scale: 0.00394131849, zeroPoint: 127, data: [], constant: true },
    ],
    output: { dtype: 'int8', shape: [1, 2, 2], scale: 0.00394131849, zeroPoint: 127 },
    data: [127, 127, 123, 109],
  },
];

describe.each(kernelSets)('UNIDIRECTIONAL_SEQUENCE_LSTM, $name', ({ set }) => {
  const run = ({ options, inputs, intermediates, output }: Omit<LstmCase, 'what' | 'data'>) =>
    runOperator({ op: 'UNIDIRECTIONAL_SEQUENCE_LSTM', options, inputs, intermediates, outputs: [output] }, set)[0]!;

  test.each(fromTFLite)('as TFLite computed it: $what', ({ data, ...test }) => {
    expect(run(test).data).toEqual(data);
  });

  test.each(fromTFLite)('with weights that come when the graph runs: $what', ({ data, ...test }) => {
    const inputs = test.inputs.map((input) => input && { ...input, constant: false });
    expect(run({ ...test, inputs }).data).toEqual(data);
  });

  test.each(fromTFLite.slice(1))('profile tflm does not have: $what', ({ options, inputs, intermediates, output }) => {
    const op = 'UNIDIRECTIONAL_SEQUENCE_LSTM';
    const test = { op, options, inputs, intermediates, outputs: [output], profile: 'tflm' as const };
    expect(() => runOperator(test, set)).toThrow(/profile tflm has no/);
  });

  const basic = fromTFLite[0]!;
  const change = (i: number, more: object | undefined) =>
    basic.inputs.map((input, at) => (at === i ? more && ({ ...input, ...more } as TensorLiteral) : input));

  test.each([
    { what: 'an input of two dimensions', inputs: change(0, { shape: [2, 1] }) },
    { what: 'weights of another size', inputs: change(2, { shape: [1, 2] }) },
    { what: 'recurrent weights of another size', inputs: change(6, { shape: [1, 4] }) },
    { what: 'no forget gate', inputs: change(2, undefined) },
    { what: 'no bias', inputs: change(13, undefined) },
    { what: 'a state that is no variable', inputs: change(18, { variable: false }) },
    { what: 'a cell state of int8', inputs: change(19, { dtype: 'int8' }) },
    { what: 'a cell state whose scale is no power of two', inputs: change(19, { scale: 0.0003 }) },
    { what: 'a cell state of scale 1', inputs: change(19, { scale: 1 }) },
    {
      what: 'peephole weights for some gates only',
      inputs: change(11, { dtype: 'int16', shape: [2], data: [1, 1], scale: 1 }),
    },
    { what: 'an intermediate too few', intermediates: basic.intermediates.slice(1) },
    { what: 'a negative clip', options: { ...basic.options, cellClip: -1 } },
  ])('$what is refused', ({ what: _, ...more }) => {
    expect(() => run({ ...basic, ...more })).toThrow(/UNIDIRECTIONAL_SEQUENCE_LSTM/);
  });
});

describe('functions in 16 bits', () => {
  const values = Array.from({ length: 65535 }, (_, i) => i - 32767);

  test('at 0 and at the ends', () => {
    expect([-32768, 0, 32767].map((a) => logistic16(a, 3))).toEqual([11, 16384, 32756]);
    expect([-32768, 0, 32767].map((a) => tanh16(a, 3))).toEqual([-32767, 0, 32767]);
  });

  test.each([0, 1, 2, 3, 4, 5, 6])('symmetries, for all values of Q(%d)', (integerBits) => {
    const odd = values.filter((a) => tanh16(-a, integerBits) !== -tanh16(a, integerBits));
    const even = values.filter((a) => a !== 0 && logistic16(-a, 3) + logistic16(a, 3) !== 32767);
    expect([odd, even]).toEqual([[], []]);
  });
});
