import { type ChildProcess, fork } from "node:child_process";
import { type Diagnostic, DiagnosticError, diagnostic } from "../base/diagnostic.js";
import { type EntryPoint, entryPoint } from "../base/entry.js";
import { layerModules } from "./layer-modules.js";
import type { Reply, Request, TaskName, Tasks } from "./protocol.js";
import type { Stage } from "./stage.js";

/** A child process that carries tasks out one after another. Whatever happens to it, the caller gets a diagnostic. */
export interface Worker {
  /**
   * Runs one task in the child.
   * @throws {DiagnosticError} the task's own diagnostics, `worker-died` when the child ends first, `worker-timeout`.
   */
  call<T extends TaskName>(task: T, input: Tasks[T]["input"]): Promise<Tasks[T]["output"]>;
  /** False once the child has ended. */
  alive(): boolean;
  /** Ends the child at once; a pending call fails. */
  kill(): void;
}

/** Starts a child process that dies with the run. What runs a plan is given this, so that tests can script the children. */
export type StartWorker = () => Worker;

/** How long a child may live. */
export interface WorkerOptions {
  /** Aborting it kills the child. */
  readonly signal?: AbortSignal | undefined;
  /** Longest time for one call, milliseconds. */
  readonly timeoutMs?: number | undefined;
  /** What the child runs, if not the worker of this very build. */
  readonly entry?: EntryPoint;
}

/** What a task itself reported, with the stage that it had reached. */
export class TaskError extends DiagnosticError {
  readonly stage: Stage | undefined;
  constructor(diagnostics: readonly Diagnostic[], stage: Stage | undefined) {
    super(...diagnostics);
    this.name = "TaskError";
    this.stage = stage;
  }
}

const LAST_OUTPUT = 2000;

/** Starts a child process. */
export function startWorker(options: WorkerOptions = {}): Worker {
  const { file, execArgv } = options.entry ?? entryPoint("run/worker");
  const child = fork(file, layerModules(), {
    execArgv: [...execArgv, "--expose-gc", "--no-warnings"],
    serialization: "advanced",
    stdio: ["ignore", "pipe", "pipe", "ipc"],
    env: { ...process.env, TF_CPP_MIN_LOG_LEVEL: "3" },
  });
  const output = lastOutputOf(child);
  const state: { pending?: (reply: Reply) => void; ended?: { code: number | null; signal: string | null } } = {};
  child.on("message", (reply) => state.pending?.(reply as Reply));
  child.on("error", () => {});
  const kill = () => void child.kill("SIGKILL");
  options.signal?.addEventListener("abort", kill, { once: true });
  // A signal that was aborted before tells nobody.
  if (options.signal?.aborted) kill();
  const ended = new Promise<void>((resolve) => {
    child.on("close", (code, signal) => {
      state.ended = { code, signal };
      options.signal?.removeEventListener("abort", kill);
      resolve();
    });
  });

  const died = (stage: string) =>
    diagnostic("worker-died", {
      stage,
      exitCode: state.ended?.code ?? null,
      signal: state.ended?.signal ?? null,
      lastOutput: output(),
    });

  async function call<T extends TaskName>(task: T, input: Tasks[T]["input"]): Promise<Tasks[T]["output"]> {
    if (state.ended) throw new DiagnosticError(died(task));
    const reply = new Promise<Reply>((resolve) => {
      state.pending = resolve;
    });
    const timer = timeout(options.timeoutMs);
    child.send({ task, input } satisfies Request<T>, (error) => {
      if (error) kill();
    });
    const first = await Promise.race([reply, ended, timer.elapsed]);
    timer.clear();
    if (first === "elapsed") {
      kill();
      throw new DiagnosticError(
        diagnostic("worker-timeout", { stage: task, seconds: (options.timeoutMs ?? 0) / 1000 }),
      );
    }
    if (!first) throw new DiagnosticError(died(task));
    if ("diagnostics" in first) throw new TaskError(first.diagnostics, first.stage);
    return first.output as Tasks[T]["output"];
  }
  return { call, alive: () => state.ended === undefined, kill };
}

function timeout(ms: number | undefined): { readonly elapsed: Promise<"elapsed">; clear(): void } {
  let timer: NodeJS.Timeout | undefined;
  const elapsed = new Promise<"elapsed">((resolve) => {
    if (ms !== undefined) timer = setTimeout(() => resolve("elapsed"), ms);
  });
  return { elapsed, clear: () => clearTimeout(timer) };
}

/** Keeps the end of what the child prints, for the diagnostic of its death; nothing of it reaches the screen. */
function lastOutputOf(child: ChildProcess): () => string {
  let text = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding("utf8").on("data", (chunk: string) => {
      text = (text + chunk).slice(-LAST_OUTPUT);
    });
  }
  return () => {
    const lines = text.split("\n").map((line) => line.trim());
    // Node prints the error's own line above the stack and its version below.
    return (
      lines.findLast((line) => /\b\w*(Error|terminate|what\(\))\b/.test(line)) ??
      lines.findLast((line) => line !== "") ??
      ""
    );
  };
}
