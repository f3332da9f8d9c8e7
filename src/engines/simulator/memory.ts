import { kernelBinary } from "./kernel/binary.js";

/** The loops of `kernel/source.ts`, which documents their parameters; all of them are addresses or counts. */
export interface Loops {
  readonly products_i16: Product<void>;
  /** Gives the number of pair sums that saturated. */
  readonly products_i16_saturating: Product<bigint>;
  readonly products_f32: Product<void>;
  readonly requantize: (
    sums: number,
    count: number,
    columns: number,
    multipliers: number,
    low: number,
    high: number,
    zeroPoint: number,
    out: number,
  ) => void;
  readonly scale: (
    sums: number,
    count: number,
    columns: number,
    multipliers: number,
    bias: number,
    out: number,
  ) => void;
}

type Product<Result> = (
  a: number,
  rows: number,
  tiles: number,
  segments: number,
  runs: number,
  length: number,
  b: number,
  start: number,
  c: number,
  blocks: number,
) => Result;

/** What is used of WebAssembly, which has no types without those of browsers. */
interface WebAssemblyApi {
  readonly Module: new (bytes: Uint8Array) => object;
  readonly Instance: new (module: object) => { readonly exports: Loops & { readonly memory: LinearMemory } };
}

interface LinearMemory {
  readonly buffer: ArrayBuffer;
  grow(pages: number): number;
}

const { WebAssembly } = globalThis as unknown as { readonly WebAssembly: WebAssemblyApi };

const PAGE = 65536;
/** Addresses are aligned to this many bytes. */
const ALIGNMENT = 16;
/** Bytes past every piece that a loop may read, though nothing comes of it. */
const MARGIN = 16;

/**
 * The memory that the loops work in. What is kept is laid out once, when a graph is loaded; what a node needs while it runs
 * lies behind that and is gone with the next node.
 */
export interface KernelMemory {
  readonly loops: Loops;
  /** Bytes for the life of the memory, zeroed. Not after the first `scratch`. */
  keep(bytes: number): number;
  /** Bytes until the next `clear`, not zeroed. Views that were taken before are void. */
  scratch(bytes: number): number;
  /** Where scratch ends now, for `release`, which gives back all that was taken since. */
  mark(): number;
  release(mark: number): void;
  /** Gives all scratch back. */
  clear(): void;
  u8(address: number, length: number): Uint8Array;
  i16(address: number, length: number): Int16Array;
  i32(address: number, length: number): Int32Array;
  f32(address: number, length: number): Float32Array;
}

let compiled: object | undefined;

/** @throws {RangeError} from `keep` and `scratch`, past the 4 GiB that 32-bit addresses reach */
export function kernelMemory(): KernelMemory {
  compiled ??= new WebAssembly.Module(Buffer.from(kernelBinary, "base64"));
  const { exports } = new WebAssembly.Instance(compiled);
  const { memory } = exports;
  let kept = ALIGNMENT;
  let top = kept;
  const take = (bytes: number) => {
    const address = top;
    const end = address + Math.ceil((bytes + MARGIN) / ALIGNMENT) * ALIGNMENT;
    const missing = end - memory.buffer.byteLength;
    // By a fourth at least: growing moves the views of everybody.
    if (missing > 0) grow(memory, Math.max(missing, memory.buffer.byteLength / 4));
    top = end;
    return address;
  };
  return {
    loops: exports,
    keep(bytes) {
      if (top !== kept) throw new Error("simulator: memory is kept while scratch is in use");
      const address = take(bytes);
      kept = top;
      new Uint8Array(memory.buffer, address, kept - address).fill(0);
      return address;
    },
    scratch: take,
    mark: () => top,
    release(mark) {
      top = mark;
    },
    clear() {
      top = kept;
    },
    u8: (address, length) => new Uint8Array(memory.buffer, address, length),
    i16: (address, length) => new Int16Array(memory.buffer, address, length),
    i32: (address, length) => new Int32Array(memory.buffer, address, length),
    f32: (address, length) => new Float32Array(memory.buffer, address, length),
  };
}

function grow(memory: LinearMemory, bytes: number): void {
  const pages = Math.ceil(bytes / PAGE);
  try {
    memory.grow(pages);
  } catch (cause) {
    throw new RangeError(`the simulator needs ${pages * PAGE} more bytes than there are`, { cause });
  }
}
