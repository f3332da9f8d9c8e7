/**
 * Keeps a termination of JavaScript, which unwinds whatever runs on the main thread, away from the child's own code, and
 * from every cell but the one that it is meant for. Main thread and control thread share four integers.
 *
 * Own code of the main thread runs between `enter` and `leave`. The control thread may terminate only while nobody is
 * inside and the cell still runs. A main thread that enters while a termination is under way waits there and is unwound there.
 */

/** Index of each integer. */
const LOCK = 0;
const SETTLED = 1;
const WANTED = 2;
const ANSWERED = 3;

/** Values of LOCK. */
const OPEN = 0;
const INSIDE = 1;
const TERMINATING = 2;

/** Longest single wait, ms: waits are repeated, so it only bounds a lost wake-up. */
const WAIT_MS = 20;

const { compareExchange, load, store, notify, wait } = Atomics;

export function newGate(): Int32Array<SharedArrayBuffer> {
  return new Int32Array(new SharedArrayBuffer(16));
}

/** The main thread's side. */
export interface MainGate {
  enter(): void;
  leave(): void;
  /** Call inside. Runs up to this one are over and must not be terminated any more. */
  settled(run: number): void;
  /** The run ends by itself soon, so it must not be terminated. */
  answered(run: number): void;
}

export function mainGate(state: Int32Array<SharedArrayBuffer>): MainGate {
  let depth = 0;
  const enter = () => {
    if (depth === 0)
      while (compareExchange(state, LOCK, OPEN, INSIDE) !== OPEN) wait(state, LOCK, TERMINATING, WAIT_MS);
    depth++;
  };
  const leave = () => {
    depth--;
    if (depth > 0) return;
    store(state, LOCK, OPEN);
    // The control thread waits for this moment; a loop that prints would close the gate again before it wakes.
    if (load(state, WANTED) !== 0) {
      notify(state, LOCK);
      wait(state, LOCK, OPEN, WAIT_MS);
    }
  };
  return {
    enter,
    leave,
    settled: (run) => {
      store(state, SETTLED, run);
    },
    answered: (run) => {
      store(state, ANSWERED, run);
    },
  };
}

/** Keeps the gate closed while a part of ours loads: a module that is unwound half-way could never be loaded again. */
export async function held<T>(gate: MainGate, load: () => Promise<T>): Promise<T> {
  gate.enter();
  try {
    return await load();
  } finally {
    gate.leave();
  }
}

/** The control thread's side. */
export interface ControlGate {
  /** True while the run may be terminated; also before it has begun, when what an earlier one left behind holds the main thread up. */
  isOpen(run: number): boolean;
  /** True when the run has not ended and only user code is on the stack; `done` must follow when the termination is over. */
  claim(run: number): boolean;
  done(): void;
}

export function controlGate(state: Int32Array<SharedArrayBuffer>): ControlGate {
  const isOpen = (run: number) => load(state, SETTLED) < run && load(state, ANSWERED) !== run;
  const open = () => {
    store(state, WANTED, 0);
    store(state, LOCK, OPEN);
    notify(state, LOCK);
  };
  return {
    isOpen,
    claim(run) {
      store(state, WANTED, run);
      while (isOpen(run)) {
        const lock = compareExchange(state, LOCK, OPEN, TERMINATING);
        if (lock === TERMINATING) return false;
        if (lock === INSIDE) {
          wait(state, LOCK, INSIDE, WAIT_MS);
          continue;
        }
        notify(state, LOCK);
        if (isOpen(run)) return true;
        open();
        return false;
      }
      store(state, WANTED, 0);
      return false;
    },
    done: open,
  };
}
