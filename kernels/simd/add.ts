/** ADD, SUB of int8, uint8 and int16: see assembly/add.ts. */
import type { Eval, Node } from '../kernel.ts';
import type { Add, PreparedAdd } from '../reference/add.ts';
import type { Scaling } from '../shared/rescale.ts';
import { flipOf, flippedZeroPoint, hasPlainZeroPoints } from './bytes.ts';
import type { SimdMemory } from './memory.ts';
import { type Operand, type Operands, prepareOperands } from './operands.ts';

/** An input with what becomes of it. */
interface Term extends Operand {
  readonly scaling: Scaling;
  /** As an int8. */
  readonly zeroPoint: number;
  /** -1 for what is taken away. */
  readonly sign: number;
}

export function ADD(p: PreparedAdd, node: Node) {
  if (p.kind !== 'general' || node.singleRounding) return undefined;
  const is16Bit = p.output.dtype === 'int16';
  if (!(is16Bit ? p.shift <= 0 : isTaken8(p))) return undefined;
  const operands = prepareOperands(node, p);
  if (!operands) return undefined;
  const [first, second] = operands.operands;
  const terms: Term[] = [
    { ...first, scaling: p.scaling1, zeroPoint: flippedZeroPoint(p.input1), sign: 1 },
    { ...second, scaling: p.scaling2, zeroPoint: flippedZeroPoint(p.input2), sign: p.sign },
  ];
  if (!isPlain(terms[0])) terms.reverse();
  const [plain, other] = terms;
  return (memory: SimdMemory): Eval =>
    operands.bind(memory, (is16Bit ? bind16 : bind8)(p, operands, plain, other, memory));
}

/** One of the inputs, that with the larger scale, is multiplied by exactly 1/2. */
function isPlain({ scaling: { multiplier, shift } }: { scaling: Scaling }): boolean {
  return multiplier === 2 ** 30 && shift === 0;
}

/** The shifts that the module does in 8 bits. */
const MIN_RIGHT = 15;
const MAX_RIGHT = 21;

function isTaken8({ input1, input2, output, shift }: General): boolean {
  const right = 0 - shift;
  return right >= MIN_RIGHT && right <= MAX_RIGHT && hasPlainZeroPoints(input1, input2, output);
}

type General = Extract<Add, { kind: 'general' }>;

function bind8(p: General, { count, chunk }: Operands, plain: Term, other: Term, { bind }: SimdMemory): Eval {
  const flip = flipOf(p.output);
  return bind('add8', {
    plain: plain.tensor,
    plainAdvance: plain.advance,
    plainFlip: plain.sign < 0 ? ~flip : flip, // ~x = -x - 1
    plainOffset: plain.sign < 0 ? 512 + 1 + plain.zeroPoint : 512 - plain.zeroPoint,
    other: other.tensor,
    otherAdvance: other.advance,
    otherFlip: flip,
    otherOffset: 0 - other.zeroPoint,
    ...rescaling(other),
    output: p.output,
    outputFlip: flip,
    count,
    chunk,
    multiplier: p.multiplier,
    right: 0 - p.shift,
    outputOffset: p.outputOffset + flip,
    activationMin: p.activationMin + flip,
    activationMax: p.activationMax + flip,
  });
}

/** The largest shift that rescale's numbers go with. */
const MAX_NEAR = 11;

/** The numbers of rescale(x), or of -rescale(x): -floor(n / 2^22) = floor((-n + 2^22 - 1) / 2^22). */
function rescaling({ scaling: { multiplier, shift }, sign }: Term) {
  const e = 0 - shift;
  if (e > MAX_NEAR) {
    const far = { far: e, farMultiplier: multiplier, farSign: Math.min(sign, 0) };
    return { highFactor: 0, lowFactor: 0, nudge: 0, tie: 0, ...far };
  }
  const high = multiplier >> (11 + e);
  const low = (multiplier & ((1 << (11 + e)) - 1)) << (11 - e);
  const nudge = 2 ** (21 - e) + (e > 0 ? 2 ** 21 : 0);
  const tie = e > 0 ? -(2 ** (22 - e)) : 0;
  return {
    highFactor: pairOf(sign * high),
    lowFactor: pairOf(sign * low),
    nudge: sign < 0 ? 2 ** 22 - 1 - nudge : nudge,
    tie: sign * tie,
    far: 0,
    farMultiplier: 0,
    farSign: 0,
  };
}

/** Two int16, a and b, such that factor = a + 128 * b. */
function pairOf(factor: number): number {
  return ((factor >> 7) << 16) | (factor & 127);
}

function bind16(p: General, { count, chunk }: Operands, plain: Term, other: Term, { bind }: SimdMemory): Eval {
  return bind('add16', {
    plain: plain.tensor,
    plainAdvance: plain.advance,
    plainSign: Math.min(plain.sign, 0),
    other: other.tensor,
    otherAdvance: other.advance,
    otherSign: Math.min(other.sign, 0),
    otherMultiplier: other.scaling.multiplier,
    otherRight: 0 - other.scaling.shift,
    output: p.output,
    count,
    chunk,
    multiplier: p.multiplier,
    right: 0 - p.shift,
    activationMin: p.activationMin,
    activationMax: p.activationMax,
  });
}
