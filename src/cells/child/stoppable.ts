import type { KeyboardInterrupt } from "./interruption.js";

/** The awaits of a run that can be stopped. */
export interface Awaits {
  /** Every await of notebook code that waits now, and every one to come until `end`, rejects. */
  stop(reason: KeyboardInterrupt): void;
  end(): void;
}

type Stoppable = ((value: unknown) => unknown) & { each(values: AsyncIterable<unknown> | Iterable<unknown>): unknown };

// Cells may replace these.
const NativePromise = Promise;
const NativeSet = Set;
const resolved = Promise.resolve.bind(Promise);

/**
 * Makes the function that awaits in cells are wrapped in (see typescript/stoppable-awaits.ts) and returns its other side.
 * `start` begins a run; awaits outside of runs are left alone.
 */
export function stoppableAwaits(): { start(): Awaits } {
  let waiting: Set<(reason: unknown) => void> | undefined;
  let stopped: KeyboardInterrupt | undefined;

  const wait = (value: unknown): unknown => {
    if (stopped) throw stopped;
    const run = waiting;
    if (run === undefined || !isThenable(value)) return value;
    return new NativePromise((resolve, reject) => {
      run.add(reject);
      void settle(value, run, resolve, reject);
    });
  };
  const each = (values: AsyncIterable<unknown> | Iterable<unknown>) => ({
    [Symbol.asyncIterator]() {
      const source = Symbol.asyncIterator in values ? values[Symbol.asyncIterator]() : awaited(values);
      return {
        next: async () => (await wait(source.next())) as IteratorResult<unknown>,
        return: async (value?: unknown) => (await source.return?.(value)) ?? { done: true as const, value },
      };
    },
  });
  const stoppable: Stoppable = Object.assign(wait, { each });
  Object.defineProperty(globalThis, Symbol.for("nibble.stoppable"), { value: stoppable });

  return {
    start() {
      const mine = new NativeSet<(reason: unknown) => void>();
      waiting = mine;
      stopped = undefined;
      return {
        stop(reason) {
          stopped = reason;
          for (const reject of mine) reject(reason);
          mine.clear();
        },
        end() {
          if (waiting === mine) waiting = undefined;
          stopped = undefined;
        },
      };
    },
  };
}

function isThenable(value: unknown): boolean {
  return value !== null && (typeof value === "object" || typeof value === "function") && "then" in value;
}

async function settle(
  value: unknown,
  run: Set<(reason: unknown) => void>,
  resolve: (value: unknown) => void,
  reject: (reason: unknown) => void,
): Promise<void> {
  try {
    const result = await resolved(value);
    resolve(result);
  } catch (error) {
    reject(error);
  }
  run.delete(reject);
}

async function* awaited(values: Iterable<unknown>): AsyncGenerator<unknown> {
  for (const value of values) yield value;
}
