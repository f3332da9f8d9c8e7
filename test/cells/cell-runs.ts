import { mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { stripVTControlCharacters } from "node:util";
import { afterAll } from "vitest";
import { ownPackage } from "../../src/base/package.js";
import type * as Create from "../../src/cells/create.js";
import type { InterpreterTuning } from "../../src/cells/create.js";
import type { CellReply, CellRequest, Interpreter, InterpreterOptions } from "../../src/cells/interpreter.js";
import type { CellOutput } from "../../src/cells/outputs.js";
import { build, buildIsStale } from "../../src/setup/build.mjs";

const { folder: root } = ownPackage();
if (buildIsStale(root)) await build(root, { quick: true });
/** From the build: processes and threads that start from sources take seconds each. */
const { createInterpreter } = (await import(pathToFileURL(join(root, "dist/cells/create.js")).href)) as typeof Create;

/** Long enough for what follows a cell's first print to have begun. */
const STOP_AFTER_MS = 400;

/** What one cell did, in a form that tests compare. */
export interface CellRun {
  readonly reply: CellReply;
  readonly outputs: readonly CellOutput[];
  readonly stdout: string;
  readonly stderr: string;
  /** Plain text of the result. */
  readonly result: unknown;
  /** `ename: evalue`. */
  readonly error: string | undefined;
  /** Without colours. */
  readonly traceback: string;
}

export interface Cells {
  readonly folder: string;
  readonly interpreter: Interpreter;
  readonly idle: CellOutput[];
  run(code: string, more?: Partial<CellRequest>): Promise<CellRun>;
  /** Runs a cell, and presses Stop a moment after it has printed its first line. */
  stop(code: string): Promise<CellRun>;
}

/** A notebook with real processes, in a folder of its own with these files; closed when the test file ends. */
export function openCells(
  options: Partial<InterpreterOptions> & InterpreterTuning = {},
  files: Readonly<Record<string, string>> = {},
): Cells {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "nibble-cells-")));
  for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
  const interpreter = createInterpreter({ language: "typescript", folder, ...options });
  const idle: CellOutput[] = [];
  interpreter.onIdleOutput((output) => idle.push(output));
  afterAll(async () => {
    await interpreter.shutdown();
    rmSync(folder, { recursive: true, force: true });
  });
  let number = 0;

  const run = async (code: string, more: Partial<CellRequest> = {}): Promise<CellRun> => {
    number++;
    const outputs: CellOutput[] = [];
    const onOutput = (output: CellOutput) => {
      outputs.push(output);
      more.onOutput?.(output);
    };
    return describe(await interpreter.execute({ code, number, ...more, onOutput }), outputs);
  };
  return {
    folder,
    interpreter,
    idle,
    run,
    stop(code) {
      let stopped = false;
      return run(code, {
        onOutput() {
          if (!stopped) setTimeout(() => void interpreter.interrupt(), STOP_AFTER_MS);
          stopped = true;
        },
      });
    },
  };
}

function describe(reply: CellReply, outputs: readonly CellOutput[]): CellRun {
  const printed = (name: string) =>
    outputs.map((output) => (output.kind === "stream" && output.name === name ? output.text : "")).join("");
  return {
    reply,
    outputs,
    stdout: printed("stdout"),
    stderr: printed("stderr"),
    result: reply.status === "ok" ? reply.result?.data["text/plain"] : undefined,
    error: reply.status === "error" ? `${reply.error.ename}: ${reply.error.evalue}` : undefined,
    traceback: reply.status === "error" ? stripVTControlCharacters(reply.error.traceback.join("\n")) : "",
  };
}
