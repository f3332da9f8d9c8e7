const KEY = Symbol.for("nibble.signal");

/** Says whose signal ends a run of the library that was given none: that of the notebook's cell that runs. */
export function provideCellSignal(current: () => AbortSignal | undefined): void {
  Object.defineProperty(globalThis, KEY, { value: current, configurable: true });
}

/** Aborted when the user of a notebook presses Stop; undefined elsewhere. */
export function cellSignal(): AbortSignal | undefined {
  return (globalThis as { [KEY]?: () => AbortSignal | undefined })[KEY]?.();
}
