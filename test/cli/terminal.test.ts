import { PassThrough } from "node:stream";
import { expect, test } from "vitest";
import { colourDiagnostic, columnsOf, progressDisplay, type Terminal, wantsColour } from "../../src/cli/terminal.js";
import { failedRecord } from "../../src/run/records.js";
import { machine, planOf } from "../run/scripted.js";

/** A stream that keeps what is written, a terminal or a pipe. */
function stream(isTTY: boolean, columns?: number) {
  const through = new PassThrough();
  const text: string[] = [];
  through.on("data", (chunk: Buffer) => text.push(chunk.toString("utf8")));
  return { stream: Object.assign(through, { isTTY, columns }) as unknown as NodeJS.WriteStream, text };
}

function terminal(isTTY: boolean, env: Terminal["env"] = {}, columns = 100) {
  const [stdout, stderr] = [stream(isTTY, columns), stream(isTTY, columns)];
  return {
    terminal: { stdout: stdout.stream, stderr: stderr.stream, env, interrupts: () => () => {} },
    stdout,
    stderr,
  };
}

test("colour on terminals alone; NO_COLOR and dumb terminals turn it off, FORCE_COLOR on", () => {
  const colour = (isTTY: boolean, env: Terminal["env"]) => wantsColour(terminal(isTTY, env).terminal);
  expect(colour(true, {})).toBe(true);
  expect(colour(false, {})).toBe(false);
  expect(colour(true, { NO_COLOR: "1" })).toBe(false);
  expect(colour(true, { TERM: "dumb" })).toBe(false);
  expect(colour(false, { FORCE_COLOR: "1" })).toBe(true);
  expect(colour(true, { NO_COLOR: "1", FORCE_COLOR: "1" })).toBe(false);
});

test("the table takes the terminal's width, and 80 columns in a pipe", () => {
  expect(columnsOf(terminal(true, {}, 120).terminal)).toBe(120);
  expect(columnsOf(terminal(true, {}, 10).terminal)).toBe(40);
  expect(columnsOf(terminal(false, {}, 120).terminal)).toBe(80);
});

test("a diagnostic without colour is the text itself", () => {
  expect(colourDiagnostic("error[x] a.nib:1:1: no", false)).toBe("error[x] a.nib:1:1: no");
});

const plan = planOf([{ name: "dynamic", mode: "dynamic", keep: {} }]);

/** What a display writes on stderr for a run of two trials of which one is finished. */
function shown(isTTY: boolean, options: { readonly quiet: boolean; readonly json: boolean }): string {
  const { terminal: given, stderr, stdout } = terminal(isTTY);
  const display = progressDisplay(given, options);
  const [trial] = plan.trials;
  if (!trial) throw new Error("the plan has no trial");
  const facts = { model: "m", data: "d", seed: 1, environment: machine };
  const diagnostic = { code: "no-test-samples", severity: "error", facts: {} } as const;
  const record = failedRecord(plan, trial, facts, { stage: "accuracy", diagnostic });
  display.show({ kind: "started", plan, trials: 2, finished: 0 });
  display.show({ kind: "stage", label: "fp32", stage: "latency, batch 1" });
  display.show({ kind: "finished", label: "fp32", record });
  display.stop();
  expect(stdout.text).toEqual([]);
  return stderr.text.join("");
}

test("progress is a bar on a terminal, a line a trial elsewhere, and nothing when quiet", () => {
  const bar = shown(true, { quiet: false, json: false });
  expect(bar).toContain("0/2 trials");
  expect(bar).toContain("█");
  expect(shown(false, { quiet: false, json: false })).toBe("[1/2] fp32: failed\n");
  expect(shown(false, { quiet: false, json: true })).toBe("[1/2] fp32: failed\n");
  expect(shown(true, { quiet: true, json: false })).toBe("");
  // Records are printed on the same terminal while trials run; a bar would be torn by them.
  expect(shown(true, { quiet: false, json: true })).toBe("");
});
