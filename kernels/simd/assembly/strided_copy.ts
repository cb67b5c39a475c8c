/**
 * What moves bytes: runs of `run` bytes over a box of `rank` dimensions, the outermost first, each of which `box` gives as
 * three int32: its size, and the steps in bytes from run to run in the source and in the target.
 *
 *     copy(from, to, dimensions):
 *       if there are none: target[to, to + run) = source[from, from + run)
 *       else, `size` times: copy(from, to, the inner dimensions), from += fromStep, to += toStep
 */
export function copyBox(source: usize, from: i32, target: usize, to: i32, box: usize, rank: i32, run: i32): void {
  copyDimension(source + from, target + to, box, rank, run);
}

function copyDimension(from: usize, to: usize, box: usize, rank: i32, run: i32): void {
  if (rank == 0) {
    copyRun(from, to, run);
    return;
  }
  const size = load<i32>(box);
  const fromStep = load<i32>(box, 4);
  const toStep = load<i32>(box, 8);
  if (rank > 1) {
    for (let i = 0; i < size; i++) {
      copyDimension(from, to, box + 12, rank - 1, run);
      from += fromStep;
      to += toStep;
    }
  } else if (run == 1 && fromStep == 0 && toStep == 1) {
    fillRun(to, load<u8>(from), size);
  } else if (run == 1) {
    for (let i = 0; i < size; i++) {
      store<u8>(to, load<u8>(from));
      from += fromStep;
      to += toStep;
    }
  } else if (run == 2) {
    for (let i = 0; i < size; i++) {
      store<u16>(to, load<u16>(from));
      from += fromStep;
      to += toStep;
    }
  } else if (run == 4) {
    for (let i = 0; i < size; i++) {
      store<u32>(to, load<u32>(from));
      from += fromStep;
      to += toStep;
    }
  } else {
    for (let i = 0; i < size; i++) {
      copyRun(from, to, run);
      from += fromStep;
      to += toStep;
    }
  }
}

/** Runs end with an access that ends where they do, and may overlap the one before. */
@inline
export function copyRun(from: usize, to: usize, run: i32): void {
  if (run >= LONG) {
    memory.copy(to, from, run);
  } else if (run >= 16) {
    for (let i = 0; i < run - 16; i += 16) v128.store(to + i, v128.load(from + i));
    v128.store(to + (run - 16), v128.load(from + (run - 16)));
  } else if (run >= 8) {
    const last = load<u64>(from + (run - 8));
    store<u64>(to, load<u64>(from));
    store<u64>(to + (run - 8), last);
  } else if (run >= 4) {
    const last = load<u32>(from + (run - 4));
    store<u32>(to, load<u32>(from));
    store<u32>(to + (run - 4), last);
  } else {
    for (let i = 0; i < run; i++) store<u8>(to + i, load<u8>(from + i));
  }
}

/** Bytes from which memory.copy and memory.fill, calls of the engine's own, pay. */
const LONG = 512;

@inline
function fillRun(to: usize, value: u8, run: i32): void {
  if (run >= LONG) {
    memory.fill(to, value, run);
  } else if (run >= 16) {
    const values = i8x16.splat(value);
    for (let i = 0; i < run - 16; i += 16) v128.store(to + i, values);
    v128.store(to + (run - 16), values);
  } else if (run >= 8) {
    const values = <u64>value * 0x0101010101010101;
    store<u64>(to, values);
    store<u64>(to + (run - 8), values);
  } else {
    for (let i = 0; i < run; i++) store<u8>(to + i, value);
  }
}
