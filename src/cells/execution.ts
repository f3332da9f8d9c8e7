import { type ChildProcess, spawn } from "node:child_process";
import type { Readable, Writable } from "node:stream";
import { entryPoint } from "../base/entry.js";
import { createFrameReader } from "./child/frame-reader.js";
import type {
  ChildOutcome,
  ErrorFacts,
  FromChild,
  Made,
  RunNibble,
  RunTypeScript,
  ToChild,
  ToControl,
} from "./child/frames.js";
import { type NativeOutput, readNativeOutput } from "./child/native-output.js";
import type { CellOutput, CommMessage } from "./outputs.js";

/** How long a cell may take to end after Stop before its process is replaced, ms. */
export const GRACE_MS = 5000;
/** Stop is said again so often, ms, until the cell has ended: a word can be lost in the very moment of a termination. */
const AGAIN_MS = 150;
/** Longest wait for the last output of a child that is dead, ms: a grandchild may hold its pipes open. */
const LAST_OUTPUT_MS = 200;
/** Longest wait for a child to end by itself, ms. */
const END_MS = 500;

/** Imports of cells use a part of `vm` that is still called experimental; a termination may leave a timer's async id behind. */
const NODE_FLAGS = ["--disable-warning=ExperimentalWarning", "--no-force-async-hooks-checks"];

export interface ExecutionOptions {
  readonly folder: string;
  readonly graceMs?: number;
  onOutput(output: CellOutput): void;
  /** An exception that belongs to no cell's outcome. */
  onStray(error: ErrorFacts): void;
  /** The child is gone with all variables, and a new one starts; `death` says why when no cell ran. */
  onReset(death?: string): void;
}

export type ExecutionOutcome =
  | ChildOutcome
  /** The process is gone. */
  | { readonly status: "died"; readonly reason: string }
  /** The process is gone because the cell did not end after Stop. */
  | { readonly status: "killed" };

export interface Executed {
  readonly outcome: ExecutionOutcome;
  readonly made: readonly Made[];
}

/** The execution child of a notebook, replaced by a fresh one when it dies. One cell at a time. */
export interface Execution {
  run(request: Unnumbered<RunTypeScript> | Unnumbered<RunNibble>, onInput?: OnInput): Promise<Executed>;
  /** Makes the cell that runs end, by force in the end. */
  interrupt(): void;
  /** Stops reading what the child reports, which holds it back, but for a cell that is being stopped. */
  holdOutput(hold: boolean): void;
  comm(message: CommMessage): boolean;
  comms(): Readonly<Record<string, string>>;
  /** Of the present child; undefined between two. */
  readonly pid: number | undefined;
  shutdown(): Promise<void>;
}

type Unnumbered<R> = Omit<R, "run">;

export type OnInput = (prompt: string, password: boolean) => Promise<string>;

interface Run {
  readonly id: number;
  readonly onInput: OnInput | undefined;
  finish(executed: Executed): void;
  interrupting?: NodeJS.Timeout;
}

interface Child {
  readonly process: ChildProcess;
  /** Everything that it writes. */
  readonly outputs: readonly [reports: Readable, stdout: Readable, stderr: Readable];
  readonly requests: Writable;
  readonly control: Writable;
  readonly natives: readonly NativeOutput[];
  ready: boolean;
  /** Its code has closed a descriptor that we talk over, so it was killed. */
  severed: boolean;
}

/** Starts the child at once. */
export function startExecution(options: ExecutionOptions): Execution {
  const open = new Map<string, string>();
  let targets: ReadonlySet<string> = new Set();
  let child: Child | undefined;
  let run: Run | undefined;
  let ended = false;
  let held = false;
  let last = 0;

  const send = (request: ToChild) => child?.requests.write(`${JSON.stringify(request)}\n`);

  /** A child that waits for a reader cannot be stopped, and one that has died says its last words. */
  const holdOrRead = () => {
    const alive = child?.process.exitCode === null && child.process.signalCode === null;
    const hold = held && alive && run?.interrupting === undefined;
    for (const output of child?.outputs ?? []) {
      if (hold) output.pause();
      else output.resume();
    }
  };

  const finish = (executed: Executed) => {
    const finished = run;
    run = undefined;
    clearInterval(finished?.interrupting);
    holdOrRead();
    finished?.finish(executed);
  };

  const ask = async (question: Extract<FromChild, { type: "input" }>) => {
    const { id } = question;
    try {
      if (run?.onInput === undefined) throw new Error("nobody can answer now");
      send({ type: "answer", id, text: await run.onInput(question.prompt, question.password) });
    } catch (error) {
      send({ type: "no-answer", id, reason: error instanceof Error ? error.message : String(error) });
    }
  };

  const receive = async (from: Child, report: FromChild) => {
    switch (report.type) {
      case "ready":
        from.ready = true;
        break;
      case "output":
        noteComm(open, report.output);
        options.onOutput(report.output);
        break;
      case "stray":
        options.onStray(report.error);
        break;
      case "targets":
        targets = new Set(report.names);
        break;
      case "input":
        await ask(report);
        break;
      case "done":
        if (run?.id !== report.run) return;
        clearInterval(run.interrupting);
        await Promise.all(from.natives.map((native) => native.drained(report.marker)));
        if (child === from) finish(report);
    }
  };

  const died = (from: Child, reason: string) => {
    if (child !== from) return;
    child = undefined;
    for (const commId of open.keys()) options.onOutput({ kind: "comm-close", commId, data: {} });
    open.clear();
    targets = new Set();
    if (ended) return finish({ outcome: { status: "died", reason: "the kernel was shut down" }, made: [] });
    const idle = run === undefined;
    // One that dies while it is being stopped has at least stopped.
    const killed = run?.interrupting !== undefined;
    // A child that never came up would not the second time either, until a cell asks for it.
    if (from.ready) child = start();
    options.onReset(idle ? reason : undefined);
    finish({ outcome: killed ? { status: "killed" } : { status: "died", reason }, made: [] });
  };

  const start = (): Child => {
    const started = spawnChild(options.folder, options.onOutput);
    const [reports] = started.outputs;
    reports.on(
      "data",
      createFrameReader((report) => void receive(started, report)),
    );
    reports.on("error", () => {});
    started.process.on("error", (error) => died(started, `it could not be started: ${error.message}`));
    started.process.on("exit", (code, signal) => {
      for (const output of started.outputs) output.resume();
      const gone = () => died(started, reasonOf(code, signal, started));
      const late = setTimeout(gone, LAST_OUTPUT_MS);
      started.process.on("close", () => {
        clearTimeout(late);
        gone();
      });
    });
    for (const pipe of [reports, started.requests, started.control]) pipe.on("close", () => killSevered(started));
    return started;
  };
  child = start();

  return {
    get pid() {
      return child?.process.pid;
    },
    run(request, onInput) {
      if (ended) return Promise.resolve({ outcome: { status: "died", reason: "the kernel was shut down" }, made: [] });
      if (run) throw new Error(`cells: cell ${request.number} was started while another runs`);
      child ??= start();
      return new Promise((resolve) => {
        last++;
        run = { id: last, onInput, finish: resolve };
        send({ ...request, run: last });
      });
    },
    interrupt() {
      const current = run;
      if (current === undefined || current.interrupting) return;
      const since = performance.now();
      const stop = () => {
        if (performance.now() - since < (options.graceMs ?? GRACE_MS)) {
          send({ type: "interrupt", run: current.id });
          child?.control.write(`${JSON.stringify({ type: "stop", run: current.id } satisfies ToControl)}\n`);
          return;
        }
        clearInterval(current.interrupting);
        child?.process.kill("SIGKILL");
      };
      current.interrupting = setInterval(stop, AGAIN_MS);
      holdOrRead();
      stop();
    },
    holdOutput(hold) {
      held = hold;
      holdOrRead();
    },
    comm(message) {
      const known = message.kind === "comm-open" ? targets.has(message.target) : open.has(message.commId);
      if (!known) return false;
      noteComm(open, message);
      send({ type: "comm", message });
      return true;
    },
    comms: () => Object.fromEntries(open),
    async shutdown() {
      ended = true;
      const living = child?.process;
      if (living === undefined || living.exitCode !== null || living.signalCode !== null) return;
      const gone = new Promise<void>((resolve) => living.once("exit", () => resolve()));
      send({ type: "shutdown" });
      const late = setTimeout(() => living.kill("SIGKILL"), END_MS);
      await gone;
      clearTimeout(late);
      finish({ outcome: { status: "died", reason: "the kernel was shut down" }, made: [] });
    },
  };
}

function spawnChild(folder: string, onOutput: (output: CellOutput) => void): Child {
  const { file, execArgv } = entryPoint("cells/child/main");
  const child = spawn(process.execPath, [...execArgv, ...NODE_FLAGS, file], {
    cwd: folder,
    stdio: ["ignore", "pipe", "pipe", "pipe", "pipe", "pipe"],
  });
  const [, stdout, stderr, reports, requests, control] = child.stdio as unknown as readonly [
    null,
    Readable,
    Readable,
    Readable,
    Writable,
    Writable,
  ];
  // Writing to a child that has just died is no error of ours; its end is reported by "exit".
  for (const pipe of [requests, control]) pipe.on("error", () => {});
  return {
    process: child,
    outputs: [reports, stdout, stderr],
    requests,
    control,
    natives: [
      readNativeOutput(stdout, (text) => onOutput({ kind: "stream", name: "stdout", text })),
      readNativeOutput(stderr, (text) => onOutput({ kind: "stream", name: "stderr", text })),
    ],
    ready: false,
    severed: false,
  };
}

/** Keeps the list of open comms by what passes. */
function noteComm(open: Map<string, string>, output: CellOutput): void {
  if (output.kind === "comm-open") open.set(output.commId, output.target);
  if (output.kind === "comm-close") open.delete(output.commId);
}

/** A child that lives on without one of its pipes can neither be told anything nor tell how its cell ends. */
function killSevered(child: Child): void {
  const { process } = child;
  setTimeout(() => {
    if (process.exitCode !== null || process.signalCode !== null) return;
    child.severed = true;
    process.kill("SIGKILL");
  }, LAST_OUTPUT_MS).unref();
}

/** Why a child died, for people. */
function reasonOf(code: number | null, signal: string | null, { natives, severed }: Child): string {
  if (severed) return "its code closed a file descriptor that the kernel talks to it over";
  const words = natives.map((native) => native.lastWords()).join("\n");
  if (/heap out of memory|Allocation failed|invalid (array|table) size|Ineffective mark-compacts/i.test(words))
    return "out of memory: its JavaScript heap was full. Keep less at once (tensors in tf.tidy, data in typed arrays), or start the kernel with NODE_OPTIONS=--max-old-space-size=8192";
  const [, fatal] = /FATAL ERROR: (.*)/.exec(words) ?? [];
  if (fatal) return fatal;
  if (signal === "SIGKILL") return "killed by SIGKILL; when nobody sent it, the machine had run out of memory";
  if (signal === "SIGABRT") return "killed by SIGABRT: it aborted itself, by process.abort or in native code";
  if (signal === "SIGSEGV" || signal === "SIGBUS" || signal === "SIGILL") return `native code crashed with ${signal}`;
  return signal ? `killed by ${signal}` : `it ended with exit code ${code}`;
}
