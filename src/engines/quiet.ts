import util from "node:util";

/**
 * Runs `load` (a synchronous `require`) while deprecation warnings are dropped: old dependencies of TF.js and danfojs
 * (punycode, url.parse) announce themselves to a user who cannot change them. Every other warning passes.
 */
export function withoutDeprecations<T>(load: () => T): T {
  const { emitWarning } = process;
  process.emitWarning = ((warning: string | Error, ...rest: unknown[]) => {
    const [options] = rest;
    const type = typeof options === "string" ? options : (options as { type?: string } | undefined)?.type;
    if (type !== "DeprecationWarning") Reflect.apply(emitWarning, process, [warning, ...rest]);
  }) as typeof process.emitWarning;
  try {
    return load();
  } finally {
    process.emitWarning = emitWarning;
  }
}

/**
 * Puts back the `util` functions that tfjs-node 4.22 calls: Node 22 warns about them, Node 23 dropped them.
 * @see https://nodejs.org/api/deprecations.html DEP0044 (util.isArray), DEP0051 (util.isNullOrUndefined)
 */
export function restoreUtil(): void {
  Object.assign(util, {
    isArray: Array.isArray,
    isNullOrUndefined: (value: unknown) => value === null || value === undefined,
  });
}

/**
 * Removes the process-wide handlers that loading `load` leaves behind. The wasm module of TF.js rethrows every unhandled
 * rejection of the process, which is not its business.
 */
export async function keepingProcessHandlers<T>(load: () => Promise<T>): Promise<T> {
  const events = ["uncaughtException", "unhandledRejection"] as const;
  const before = events.map((event) => new Set<unknown>(process.listeners(event as "uncaughtException")));
  try {
    return await load();
  } finally {
    for (const [i, event] of events.entries()) {
      for (const listener of process.listeners(event as "uncaughtException")) {
        if (!before[i]?.has(listener)) process.removeListener(event, listener);
      }
    }
  }
}
