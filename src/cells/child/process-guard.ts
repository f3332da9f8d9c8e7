import { errorFacts } from "./failure.js";
import { KeyboardInterrupt } from "./interruption.js";
import type { Reports } from "./reports.js";

const { setImmediate } = globalThis;

/**
 * Keeps the child alive through what user code does to a process: stray exceptions are reported, `process.exit` throws.
 * Returns the way out that is ours.
 */
export function guardProcess(reports: Reports): () => never {
  const exit = process.exit.bind(process);
  process.exit = (code) => {
    throw new ProcessExitError(code);
  };
  const stray = (error: unknown) => {
    if (error === FRESH_STACK) return;
    // What pressing Stop made fail is no news.
    if (!(error instanceof KeyboardInterrupt)) reports.send({ type: "stray", error: errorFacts(error) });
  };
  process.on("uncaughtException", stray);
  process.on("unhandledRejection", stray);
  // A terminal's Ctrl-C reaches the whole process group; the kernel process decides what it means.
  process.on("SIGINT", () => {});
  return () => exit(0);
}

const FRESH_STACK = Symbol("fresh stack of async ids");

/**
 * A timer that was terminated leaves its id on Node's stack of async ids; Node clears that stack when an exception reaches
 * the event loop, so one does.
 * @see Node 20, lib/internal/process/execution.js, createOnGlobalUncaughtException
 */
export function clearAsyncStack(): void {
  setImmediate(() => {
    throw FRESH_STACK;
  });
}

/** Thrown by `process.exit` in a cell. */
class ProcessExitError extends Error {
  override readonly name = "ProcessExitError";
  constructor(code: number | string | null | undefined) {
    super(
      `the cell called process.exit(${code ?? ""}); a notebook's process stays, so the cell ends here and all variables are kept`,
    );
  }
}
