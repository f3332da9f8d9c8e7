import { parentPort, workerData } from "node:worker_threads";
import { createCompiler } from "./compiler.js";
import type { ThreadOptions, ThreadReply, ThreadRequest } from "./protocol.js";

/** The thread of the compiler: answers requests one after another, and warms up while there are none. */
function serve(options: ThreadOptions): void {
  const compiler = createCompiler(options.folder);
  parentPort?.on("message", (request: ThreadRequest) => {
    parentPort?.postMessage(answer(request));
  });
  if (!options.warm) return;
  // A step at a time, so that a request that came meanwhile waits for one step at most.
  const steps = compiler.warmUp();
  const next = (): void => {
    if (!steps.next().done) setTimeout(next, 0);
  };
  setTimeout(next, 0);

  function answer({ id, method, parameters }: ThreadRequest): ThreadReply {
    try {
      const run = compiler[method] as (...parameters: readonly unknown[]) => unknown;
      return { id, value: run(...parameters) };
    } catch (error) {
      return { id, fault: error instanceof Error ? (error.stack ?? error.message) : String(error) };
    }
  }
}

serve(workerData as ThreadOptions);
