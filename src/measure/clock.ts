/**
 * The processor's effective clock: how many dependent additions it carries out in a nanosecond. Each waits for the one
 * before it and takes one cycle on every processor in use, so additions a nanosecond are GHz. The additions are of two
 * registers, since some processors (Intel from Golden Cove on) add constants while renaming, in no time at all.
 */

/** Milliseconds, monotonic: `performance.now`. */
export type Clock = () => number;

/** Additions in the body of the loop, enough that counting hides behind them. */
const UNROLLED = 64;
/** Passes of the loop in one measurement: a quarter of a millisecond at 3.5 GHz. */
const PASSES = 14_000;
/** Measurements in one look. The fastest counts: another process that takes the core for a while slows some, the clock all. */
const MEASUREMENTS = 4;
/** Looks after which the compiler has settled. */
const WARM_UP = 4;

/**
 * A probe of the clock, warmed up; each call takes about a millisecond and gives GHz.
 * Undefined where WebAssembly cannot be compiled.
 */
export function clockProbe(clock: Clock): (() => number) | undefined {
  const add = dependentAdditions();
  if (add === undefined) return undefined;
  const probe = () => fastest(add, clock);
  for (let i = 0; i < WARM_UP; i++) probe();
  return probe;
}

function fastest(add: (passes: number, addend: number) => number, clock: Clock): number {
  let leastMs = Number.POSITIVE_INFINITY;
  for (let i = 0; i < MEASUREMENTS; i++) {
    const start = clock();
    add(PASSES, 1);
    leastMs = Math.min(leastMs, clock() - start);
  }
  return (PASSES * UNROLLED) / (leastMs * 1e6);
}

/** A clock that moves by more than this share during a block of samples makes the block useless. */
export const CLOCK_TOLERANCE = 0.03;

/** Whether the clock moved past the tolerance between two looks, GHz. */
export function clockMoved(before: number, after: number): boolean {
  return Math.abs(Math.log(after / before)) > Math.log(1 + CLOCK_TOLERANCE);
}

/** The part of WebAssembly's interface that is used here; Node's types leave it to the DOM's. */
interface WasmInterface {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (
    module: object,
  ) => { readonly exports: { readonly add: (passes: number, addend: number) => number } };
}

/** `(passes, addend) => sum`: adds `addend` to the sum UNROLLED times in each pass. */
function dependentAdditions(): ((passes: number, addend: number) => number) | undefined {
  const { WebAssembly } = globalThis as { readonly WebAssembly?: WasmInterface };
  if (WebAssembly === undefined) return undefined;
  try {
    return new WebAssembly.Instance(new WebAssembly.Module(wasm())).exports.add;
  } catch {
    return undefined;
  }
}

const I32 = 0x7f;
const op = {
  loop: 0x03,
  end: 0x0b,
  branchIf: 0x0d,
  get: 0x20,
  set: 0x21,
  tee: 0x22,
  constant: 0x41,
  add: 0x6a,
  sub: 0x6b,
};

/**
 * The module's bytes: one exported function "add".
 * @see WebAssembly Core Specification 2.0, chapter 5, Binary Format
 */
function wasm(): Uint8Array {
  const [passes, addend, sum] = [0, 1, 2];
  const addition = [op.get, sum, op.get, addend, op.add, op.set, sum];
  const countDown = [op.get, passes, op.constant, 1, op.sub, op.tee, passes, op.branchIf, 0];
  const loop = [op.loop, 0x40, ...Array.from({ length: UNROLLED }, () => addition).flat(), ...countDown, op.end];
  const locals = [1, 1, I32];
  const body = sized([...locals, ...loop, op.get, sum, op.end]);
  const section = (id: number, content: readonly number[]) => [id, ...sized(content)];
  return Uint8Array.from([
    ...[0x00, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, [1, 0x60, 2, I32, I32, 1, I32]),
    ...section(3, [1, 0]),
    ...section(7, [1, ...sized([..."add"].map((letter) => letter.charCodeAt(0))), 0, 0]),
    ...section(10, [1, ...body]),
  ]);
}

/** Content behind its length in LEB128. */
function sized(content: readonly number[]): readonly number[] {
  const length: number[] = [];
  for (let rest = content.length; ; rest >>>= 7) {
    length.push(rest > 127 ? (rest & 127) | 128 : rest);
    if (rest <= 127) return [...length, ...content];
  }
}
