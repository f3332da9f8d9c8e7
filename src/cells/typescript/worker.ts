import { parentPort, workerData } from "node:worker_threads";
import { collector } from "./collect.js";
import { createCompiler } from "./compiler.js";
import type { Method, ThreadOptions, ThreadReply, ThreadRequest } from "./protocol.js";

/** Requests that decide what later ones see: nothing overtakes them. */
const IN_ORDER: ReadonlySet<Method> = new Set(["commit", "define", "reset"]);
/** What a user waits for goes first, the type errors of a cell that runs meanwhile last. */
const URGENCY: readonly Method[] = ["prepare", "isComplete", "complete", "inspect", "check"];

/** The thread of the compiler: answers one request at a time, and warms up while there are none. */
function serve({ folder, warm }: ThreadOptions): void {
  const compiler = createCompiler(folder);
  const waiting: ThreadRequest[] = [];
  const collect = collector();
  const steps = warm ? compiler.warmUp() : undefined;
  let warming = steps !== undefined;
  let loading: { readonly id: number; readonly steps: Generator<void> } | undefined;
  let scheduled = false;

  // A step at a time, so that a request that came meanwhile waits for one step at most.
  const turn = (): void => {
    scheduled = false;
    const request = mostUrgent(waiting);
    if (request !== undefined) {
      if (isLoaded(request)) {
        waiting.splice(waiting.indexOf(request), 1);
        parentPort?.postMessage(answer(request));
        if (request.method === "check") collect();
      }
    } else if (warming) warming = steps?.next().done === false;
    if (waiting.length > 0 || warming) schedule();
  };
  const schedule = (): void => {
    if (!scheduled) setImmediate(turn);
    scheduled = true;
  };

  /** Does one step of what a check needs before it begins; true when there is nothing to do. */
  const isLoaded = ({ id, method, parameters: [code] }: ThreadRequest): boolean => {
    if (method !== "check" || typeof code !== "string") return true;
    if (loading?.id !== id) loading = { id, steps: compiler.load(code) };
    try {
      return loading.steps.next().done === true;
    } catch {
      return true; // The check itself meets the same, and says what it is.
    }
  };

  const answer = ({ id, method, parameters }: ThreadRequest): ThreadReply => {
    try {
      const run = compiler[method] as (...parameters: readonly unknown[]) => unknown;
      return { id, value: run(...parameters) };
    } catch (error) {
      return { id, fault: error instanceof Error ? (error.stack ?? error.message) : String(error) };
    }
  };

  parentPort?.on("message", (request: ThreadRequest) => {
    waiting.push(request);
    schedule();
  });
  if (warming) schedule();
}

/** The first of the most urgent requests that no earlier one must come before. */
function mostUrgent(waiting: readonly ThreadRequest[]): ThreadRequest | undefined {
  const barrier = waiting.findIndex(({ method }) => IN_ORDER.has(method));
  if (barrier === 0) return waiting[0];
  const free = barrier < 0 ? waiting : waiting.slice(0, barrier);
  const rank = ({ method }: ThreadRequest) => URGENCY.indexOf(method);
  return free.reduce<ThreadRequest | undefined>(
    (best, each) => (best && rank(best) <= rank(each) ? best : each),
    undefined,
  );
}

serve(workerData as ThreadOptions);
