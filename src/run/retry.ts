import { DiagnosticError } from "../base/diagnostic.js";

/**
 * Work that every trial waits for is done again when its child process died under it: one process that is killed must
 * not cost all trials. What the child itself says is wrong is wrong the second time too, and is not tried again.
 */
export async function onceMore<T>(work: () => Promise<T>, signal: AbortSignal | undefined): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const died = error instanceof DiagnosticError && error.diagnostics.some(({ code }) => code === "worker-died");
    if (!died || signal?.aborted) throw error;
    return work();
  }
}
