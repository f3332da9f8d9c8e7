import { pathToFileURL } from "node:url";
import { Worker } from "node:worker_threads";
import { entryPoint } from "../../base/entry.js";
import type { Method, ThreadOptions, ThreadReply, ThreadRequest } from "./protocol.js";
import type { TypeScriptDiagnostic, TypeScriptService } from "./service.js";

export interface TypeScriptOptions {
  /** Folder of the notebook: imports and tsconfig.json are looked up from here. */
  readonly folder: string;
  /** A request that takes longer is given up and the compiler started anew. 60 s unless given. */
  readonly longestMs?: number;
  /** Load and check something small at once; true unless given. */
  readonly warm?: boolean;
}

const LONGEST_MS = 60_000;
/** TypeScript recurses as deeply as a text is nested. */
const STACK_MB = 32;
/** A small young generation: what a check leaves behind is collected sooner, and a long session stays small. */
const LIMITS = { stackSizeMb: STACK_MB, maxYoungGenerationSizeMb: 8 };

/**
 * Starts the TypeScript compiler of a notebook in a thread of its own. Returns at once; the first requests wait until
 * it is loaded. A thread that dies or hangs is replaced, with all that was committed, and its requests get an answer
 * that says so.
 */
export function startTypeScript(options: TypeScriptOptions): TypeScriptService {
  const thread = new CompilerThread(options);
  const call = <M extends Method>(method: M, ...parameters: Parameters<TypeScriptService[M]>) =>
    thread.request(method, parameters) as ReturnType<TypeScriptService[M]>;
  return {
    prepare: (code, number) => call("prepare", code, number).catch((error) => ({ errors: [failure(code, error)] })),
    check: (code, number) => call("check", code, number).catch(() => []),
    async commit(code, number, names) {
      await thread.commit(code, number, names);
    },
    async define(name, type) {
      thread.remember({ key: name, method: "define", parameters: [name, type] });
      await call("define", name, type).catch(() => undefined);
    },
    async reset() {
      thread.forget();
      await call("reset").catch(() => undefined);
    },
    complete: (code, cursor) => call("complete", code, cursor).catch(() => ({ start: cursor, end: cursor, items: [] })),
    inspect: (code, cursor, detail) => call("inspect", code, cursor, detail).catch(() => undefined),
    isComplete: (code) => call("isComplete", code).catch(() => ({ status: "unknown" as const })),
    dispose: () => thread.end(),
  };
}

function failure(code: string, error: unknown): TypeScriptDiagnostic {
  const message = `The TypeScript compiler failed on this cell: ${error instanceof Error ? error.message : String(error)}`;
  return { code: 0, category: "error", message, start: 0, end: Math.min(1, code.length) };
}

/** What must be done again in a fresh thread. */
interface Remembered {
  /** Number of the cell, or the name that was defined. */
  readonly key: number | string;
  readonly method: "commit" | "define";
  readonly parameters: readonly unknown[];
}

interface Pending {
  resolve(value: unknown): void;
  reject(error: Error): void;
  readonly timer: NodeJS.Timeout;
}

class CompilerThread {
  readonly #options: TypeScriptOptions;
  /** Absent after it died, until the next request: one that cannot start must not be started without end. */
  #worker: Worker | undefined;
  #pending = new Map<number, Pending>();
  #remembered: Remembered[] = [];
  #id = 0;
  #ended = false;

  constructor(options: TypeScriptOptions) {
    this.#options = options;
    this.#worker = this.#start();
  }

  request(method: Method, parameters: readonly unknown[]): Promise<unknown> {
    if (this.#ended) return Promise.reject(new Error("it has been ended"));
    const id = ++this.#id;
    const longest = this.#options.longestMs ?? LONGEST_MS;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => this.#giveUp(`no answer in ${longest / 1000} s`), longest);
      timer.unref();
      this.#pending.set(id, { resolve, reject, timer });
      this.#running().postMessage({ id, method, parameters } satisfies ThreadRequest);
    });
  }

  async commit(code: string, number: number, names?: readonly string[]): Promise<void> {
    const parameters = [code, number, names];
    this.remember({ key: number, method: "commit", parameters });
    const live = await this.request("commit", parameters).catch(() => undefined);
    if (!Array.isArray(live)) return;
    const kept = new Set<number | string>(live);
    this.#remembered = this.#remembered.filter(({ key }) => typeof key === "string" || key > number || kept.has(key));
  }

  remember(entry: Remembered): void {
    this.#remembered = this.#remembered.filter(({ key }) => key !== entry.key);
    this.#remembered.push(entry);
  }

  forget(): void {
    this.#remembered = [];
  }

  async end(): Promise<void> {
    this.#ended = true;
    this.#rejectAll("it has been ended");
    await this.#worker?.terminate();
  }

  /** The thread, started anew when it is gone and told what was committed. */
  #running(): Worker {
    if (this.#worker) return this.#worker;
    const worker = this.#start();
    this.#worker = worker;
    for (const { method, parameters } of this.#remembered) worker.postMessage({ id: 0, method, parameters });
    return worker;
  }

  #start(): Worker {
    const workerData: ThreadOptions = { folder: this.#options.folder, warm: this.#options.warm ?? true };
    const worker = new Worker(threadCode(), { eval: true, workerData, resourceLimits: LIMITS });
    worker.unref();
    worker.on("message", (reply: ThreadReply) => this.#settle(reply));
    worker.on("error", (error) => this.#lose(worker, error.message));
    worker.on("exit", (code) => this.#lose(worker, `its thread ended with ${code}`));
    return worker;
  }

  #settle(reply: ThreadReply): void {
    const pending = this.#pending.get(reply.id);
    if (!pending) return;
    this.#pending.delete(reply.id);
    clearTimeout(pending.timer);
    if ("fault" in reply) pending.reject(new Error(reply.fault));
    else pending.resolve(reply.value);
  }

  #giveUp(reason: string): void {
    const worker = this.#worker;
    if (!worker) return;
    this.#lose(worker, reason);
    void worker.terminate();
  }

  #lose(worker: Worker, reason: string): void {
    if (worker !== this.#worker || this.#ended) return;
    this.#worker = undefined;
    this.#rejectAll(reason);
  }

  #rejectAll(reason: string): void {
    const pending = [...this.#pending.values()];
    this.#pending.clear();
    for (const { reject, timer } of pending) {
      clearTimeout(timer);
      reject(new Error(reason));
    }
  }
}

/** From sources a thread needs tsx inside it: Node 20 does not apply `--import` to the file that a thread begins with. */
function threadCode(): string {
  const { file, execArgv } = entryPoint("cells/typescript/worker");
  const entry = JSON.stringify(pathToFileURL(file).href);
  const loader = execArgv.at(-1);
  if (loader === undefined) return `import(${entry});`;
  const tsx = JSON.stringify(new URL("esm/api/index.mjs", loader).href);
  return `import(${tsx}).then(({ register }) => { register(); return import(${entry}); });`;
}
