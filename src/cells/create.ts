import { setTimeout } from "node:timers/promises";
import { createCellTexts } from "./cell-texts.js";
import { KeyboardInterrupt } from "./child/interruption.js";
import { startExecution } from "./execution.js";
import type { CellReply, CellRequest, Interpreter, InterpreterOptions, TypeErrors } from "./interpreter.js";
import { type CellHeader, languageOf } from "./language-of.js";
import { lazyNibble } from "./lazy-nibble.js";
import { openBrackets } from "./open-brackets.js";
import { deathNotice, failed, interruptError, outcomeOf, unbegun } from "./outcome.js";
import type { CellOutcome, CellOutput } from "./outputs.js";
import { createTracebacks } from "./traceback.js";
import { startTypeScript } from "./typescript/start.js";
import { createTypeScriptCells, type Running } from "./typescript-cells.js";

/** Longest that a console is left without an answer to whether a text is complete, ms. */
const MOST_THOUGHT_MS = 500;

/** Settings that only tests need. */
export interface InterpreterTuning {
  /** How long a cell may take to end after Stop before its process is replaced, ms. */
  readonly graceMs?: number;
}

/**
 * Starts what runs the cells of one notebook: the execution child, at once, and the compiler in its thread. The language's
 * services load with the first Nibble cell.
 */
export function createInterpreter(options: InterpreterOptions & InterpreterTuning): Interpreter {
  const { folder, graceMs } = options;
  const texts = createCellTexts();
  const tracebacks = createTracebacks(folder, texts);
  let types: TypeErrors = options.typeErrors ?? "warn";
  let active: ActiveCell | undefined;
  let idle: (output: CellOutput) => void = () => {};
  let queue: Promise<unknown> = Promise.resolve();
  /** Names of the variables that cells made, of both languages. */
  const names = new Set<string>();

  const show = (output: CellOutput) => {
    const mapped = output.kind === "stream" ? { ...output, text: tracebacks.mapped(output.text) } : output;
    if (active) active.request.onOutput(mapped);
    else idle(mapped);
  };
  const complain = (text: string) => show({ kind: "stream", name: "stderr", text });

  const execution = startExecution({
    folder,
    ...(graceMs === undefined ? {} : { graceMs }),
    onOutput: show,
    onStray: (error) => complain(`Uncaught ${tracebacks.cellError(error).traceback.join("\n")}\n`),
    onReset(death) {
      void service.reset();
      nibble.reset();
      names.clear();
      if (death !== undefined) complain(deathNotice(death));
    },
  });
  const service = startTypeScript({ folder });
  const nibble = lazyNibble(options, () => [...names]);
  const cells = createTypeScriptCells(service, execution, texts, tracebacks, (name) => names.add(name));

  const runNibble = async ({ code }: CellHeader, { request }: Running): Promise<CellOutcome> => {
    const session = await nibble.session();
    const { outcome, made } = await execution.run({
      type: "nibble",
      number: request.number,
      source: { path: `<cell ${request.number}>`, text: code },
      definitions: session.definitions(),
      allow: options.allow ?? [],
      parameters: options.parameters ?? {},
      quick: options.quick ?? false,
      workers: options.workers ?? 1,
    });
    if (outcome.status !== "died" && outcome.status !== "killed") {
      session.commit(code, request.number);
      for (const { name, type } of made) {
        names.add(name);
        if (type) void service.define(name, `import("nibble-quant").${type}`);
      }
      cells.namesChanged();
    }
    return outcomeOf(outcome, tracebacks);
  };

  const run = async (running: Running): Promise<CellReply> => {
    const { request } = running;
    const header = languageOf(request.code, options.language);
    if (header.mistake !== undefined) return unbegun("UnknownMagic", header.mistake);
    types = header.types ?? types;
    const outcome =
      header.language === "nibble" ? await runNibble(header, running) : await cells.run(header.code, running, types);
    const wanted = Object.entries(request.expressions ?? {});
    if (outcome.status === "error" || wanted.length === 0) return outcome;
    const expressions: Record<string, CellOutcome> = {};
    for (const [name, expression] of wanted) expressions[name] = await cells.evaluate(expression, running);
    return { ...outcome, expressions };
  };

  const execute = async (request: CellRequest): Promise<CellReply> => {
    const cell = activeCell(request);
    active = cell;
    try {
      return await run(cell);
    } catch (error) {
      if (error instanceof KeyboardInterrupt) return { status: "error", error: interruptError() };
      const message = error instanceof Error ? error.message : String(error);
      return failed("KernelError", `the kernel failed on this cell: ${message}`);
    } finally {
      active = undefined;
      cell.over();
    }
  };

  return {
    execute(request) {
      const reply = queue.then(() => execute(request));
      queue = reply;
      return reply;
    },
    async complete(code, cursor) {
      const header = languageOf(code, options.language);
      return header.language === "nibble"
        ? (await nibble.session()).complete(header.code, cursor)
        : service.complete(header.code, cursor);
    },
    async inspect(code, cursor, detail) {
      const header = languageOf(code, options.language);
      return header.language === "nibble"
        ? (await nibble.session()).inspect(header.code, cursor)
        : service.inspect(header.code, cursor, detail);
    },
    async isComplete(code) {
      const header = languageOf(code, options.language);
      if (header.mistake !== undefined) return { status: "invalid" };
      return header.language === "nibble"
        ? (await nibble.session()).isComplete(header.code)
        : Promise.race([service.isComplete(header.code), late(() => openBrackets(header.code))]);
    },
    async interrupt() {
      const cell = active;
      if (cell === undefined) return;
      cell.stop();
      execution.interrupt();
      await cell.ended;
    },
    holdOutput: (hold) => execution.holdOutput(hold),
    async comm(message) {
      return execution.comm(message);
    },
    comms: execution.comms,
    onIdleOutput(listener) {
      idle = listener;
    },
    async shutdown() {
      active?.stop();
      await Promise.all([execution.shutdown(), service.dispose()]);
    },
  };
}

/** What `answer` says once a console has waited as long as it should: most wait one second and then never ask again. */
async function late<Answer>(answer: () => Answer): Promise<Answer> {
  await setTimeout(MOST_THOUGHT_MS, undefined, { ref: false });
  return answer();
}

interface ActiveCell extends Running {
  readonly ended: Promise<void>;
  stop(): void;
  over(): void;
}

function activeCell(request: CellRequest): ActiveCell {
  let stop = () => {};
  let over = () => {};
  let isStopped = false;
  const stopped = new Promise<never>((_, reject) => {
    stop = () => {
      isStopped = true;
      reject(new KeyboardInterrupt());
    };
  });
  stopped.catch(() => {});
  const ended = new Promise<void>((resolve) => {
    over = resolve;
  });
  return {
    request,
    stopped,
    ended,
    stop: () => stop(),
    over: () => over(),
    get isStopped() {
      return isStopped;
    },
  };
}
