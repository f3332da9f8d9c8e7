import { Buffer } from "node:buffer";
import { randomUUID } from "node:crypto";
import { provideCellSignal } from "../../session/cell-signal.js";
import { becomeHost } from "../../session/host-display.js";
import { runTypeScriptCell } from "./cell.js";
import { createComms } from "./comms.js";
import type { ChildContext } from "./context.js";
import { emitter } from "./emit.js";
import { errorFacts } from "./failure.js";
import type { ChildOutcome, Made, RunNibble, RunTypeScript, ToChild } from "./frames.js";
import { held, type MainGate } from "./gate.js";
import { KeyboardInterrupt } from "./interruption.js";
import { lazyDisplay } from "./lazy-display.js";
import { createModules } from "./modules.js";
import { clearAsyncStack } from "./process-guard.js";
import { createQuestions } from "./questions.js";
import { type Reports, writeWhole } from "./reports.js";
import { type Awaits, stoppableAwaits } from "./stoppable.js";
import { repairTensorFlow, stopTraining } from "./tensorflow.js";

// Cells may replace these.
const { setTimeout, Map: NativeMap, AbortController } = globalThis;

/** How long a sweep may take to end after Stop with what it has, ms; then its cell ends without it. */
const SWEEP_END_MS = 3000;
/** How long a cell that awaits may take to unwind after Stop, ms. */
const UNWIND_MS = 50;

export interface RunnerOptions {
  readonly folder: string;
  readonly gate: MainGate;
  readonly reports: Reports;
  /** Ends the process. */
  end(): void;
}

/** Carries out what the kernel process asks for. */
export interface Runner {
  obey(request: ToChild): void;
  /** Loads what the first result needs while nobody waits. */
  warmUp(): void;
}

interface Running {
  readonly run: number;
  readonly number: number;
  readonly controller: AbortController;
  /** A sweep, which ends by itself after Stop, with what it has. */
  readonly sweep: boolean;
  readonly awaits: Awaits;
  /** Names that the run has made. */
  made(ok: boolean): readonly Made[];
}

export function createRunner({ folder, gate, reports, end }: RunnerOptions): Runner {
  const scope = Object.create(null) as Record<string, unknown>;
  const emit = emitter(reports);
  becomeHost(emit);
  const display = lazyDisplay(emit, gate);
  const modules = createModules(folder, display, gate);
  const questions = createQuestions(reports);
  const awaits = stoppableAwaits();
  // A sweep that a TypeScript cell starts through the library ends with its cell too.
  provideCellSignal(() => running?.controller.signal);
  const comms = createComms(emit, (names) => reports.send({ type: "targets", names }));
  let running: Running | undefined;
  let interrupted = false;
  /** Runs up to this one are over. */
  let settled = 0;

  const report = (run: number, outcome: ChildOutcome, made: readonly Made[]) => {
    settled = run;
    gate.settled(run);
    reports.flush();
    const marker = `\u0000${randomUUID()}\u0000`;
    const bytes = Buffer.from(marker);
    writeMarker(1, bytes);
    writeMarker(2, bytes);
    reports.send({ type: "done", run, outcome, made, marker });
  };

  const settle = (ended: Running, outcome: ChildOutcome) => {
    gate.enter();
    if (running === ended) {
      running = undefined;
      ended.awaits.end();
      report(ended.run, outcome, ended.made(outcome.status === "ok"));
    }
    gate.leave();
  };

  /** Undefined when the run was stopped before it began. */
  const start = ({ run, number, type }: RunTypeScript | RunNibble, made: Running["made"]): Running | undefined => {
    gate.enter();
    try {
      if (run <= settled) return undefined;
      const sweep = type === "nibble";
      running = { run, number, controller: new AbortController(), sweep, made, awaits: awaits.start() };
      if (interrupted) repairTensorFlow();
      interrupted = false;
      return running;
    } finally {
      gate.leave();
    }
  };

  /** What our own code throws around a cell, where the cell has taken something away that it needs, ends that cell. */
  const carryOut = async <Request extends { readonly run: number }>(
    request: Request,
    work: (request: Request) => Promise<void>,
  ) => {
    try {
      await work(request);
    } catch (thrown) {
      if (request.run <= settled) return;
      gate.enter();
      running = undefined;
      report(request.run, { status: "thrown", error: errorFacts(thrown) }, []);
      gate.leave();
    }
  };

  const contextOf = (run: Running): ChildContext => ({
    scope,
    cell: run.number,
    folder,
    signal: run.controller.signal,
    emit,
  });

  const runTypeScript = async (request: RunTypeScript) => {
    const before = namedValues(request.declares, scope);
    const run = start(request, (ok) => madeNames(request.declares, ok ? undefined : before, scope));
    if (run === undefined) return;
    const input = questions.input(run.controller.signal, request.input);
    let outcome: ChildOutcome;
    try {
      const result = await runTypeScriptCell(request, contextOf(run), { modules, display, comm: comms.api, input });
      outcome = result === undefined ? { status: "ok" } : { status: "ok", result };
    } catch (thrown) {
      outcome = { status: "thrown", error: errorFacts(thrown) };
    }
    settle(run, outcome);
  };

  const runNibble = async (request: RunNibble) => {
    let made: readonly Made[] = [];
    const run = start(request, () => made);
    if (run === undefined) return;
    let outcome: ChildOutcome;
    try {
      const { runNibbleCell } = await held(gate, () => import("../nibble/run-cell.js"));
      const ended = await runNibbleCell(request, contextOf(run));
      made = ended.variables;
      if (ended.status === "interrupted") throw new KeyboardInterrupt();
      outcome = ended.status === "ok" ? { status: "ok" } : { status: "error", error: ended.error };
    } catch (thrown) {
      outcome = { status: "thrown", error: errorFacts(thrown) };
    }
    settle(run, outcome);
  };

  const interrupt = (number: number) => {
    if (number <= settled || running?.controller.signal.aborted) return;
    const reason = new KeyboardInterrupt();
    const outcome = { status: "thrown", error: errorFacts(reason) } as const;
    const stopped = running;
    if (stopped?.run !== number) {
      // Its request was lost when something that an earlier cell left behind was terminated.
      gate.enter();
      report(number, outcome, []);
      gate.leave();
      return;
    }
    interrupted = true;
    clearAsyncStack();
    stopped.controller.abort(reason);
    stopTraining();
    if (stopped.sweep) gate.answered(stopped.run);
    stopped.awaits.stop(reason);
    setTimeout(() => settle(stopped, outcome), stopped.sweep ? SWEEP_END_MS : UNWIND_MS);
  };

  const obey = (request: ToChild): void => {
    switch (request.type) {
      case "typescript":
        void carryOut(request, runTypeScript);
        break;
      case "nibble":
        void carryOut(request, runNibble);
        break;
      case "interrupt":
        interrupt(request.run);
        break;
      case "answer":
        questions.answer(request.id, request.text);
        break;
      case "no-answer":
        questions.refuse(request.id, request.reason);
        break;
      case "comm":
        comms.receive(request.message);
        break;
      case "shutdown":
        running?.controller.abort(new KeyboardInterrupt());
        end();
    }
  };
  return {
    obey,
    warmUp: () => {
      setTimeout(() => void display.toBundle(), 0);
    },
  };
}

/** Descriptors that user code has closed are its own affair. */
function writeMarker(descriptor: number, bytes: Buffer): void {
  try {
    writeWhole(descriptor, bytes);
  } catch {
    // The kernel process does not wait for it forever.
  }
}

function namedValues(names: readonly string[], scope: Readonly<Record<string, unknown>>): Map<string, unknown> {
  const values = new NativeMap<string, unknown>();
  for (let i = 0; i < names.length; i++) {
    const name = `${names[i]}`;
    if (name in scope) values.set(name, scope[name]);
  }
  return values;
}

/** Declared names that exist; of a cell that failed (`before` given) those that the run has made or changed. */
function madeNames(
  declares: readonly string[],
  before: ReadonlyMap<string, unknown> | undefined,
  scope: Readonly<Record<string, unknown>>,
): Made[] {
  // Without methods of arrays, which user code may have replaced.
  const made: Made[] = [];
  for (let i = 0; i < declares.length; i++) {
    const name = `${declares[i]}`;
    const same = before?.has(name) === true && before.get(name) === scope[name];
    if (name in scope && !same) made[made.length] = { name };
  }
  return made;
}
