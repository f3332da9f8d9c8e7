import { existsSync, mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ownPackage } from "../../src/base/package.js";
import { checkProgram } from "../../src/language/check.js";
import { undertakingsFor } from "../../src/session/export.js";
import { runText } from "../../src/session/program.js";
import { fakeHost } from "../language/host.js";

const shipped = join(ownPackage().folder, "datasets");
const text = `model m = tfjs("${shipped}/models/digits-mlp/model.json")
data d = csv("${shipped}/digits/digits.csv") { label: digit, shape: [8, 8, 1] }
experiment sweep {
  model m
  data d
  try static { calibration: minmax | entropy }
}
`;

test("a trial that the plan has not is refused before anything runs", async () => {
  const folder = mkdtempSync(join(tmpdir(), "nibble-asked-"));
  const options = { folder, allow: [shipped], export: { trial: "sweep.static entrpy", to: join(folder, "out") } };
  const events: unknown[] = [];
  const source = { path: join(folder, "p.nib"), text };
  const { ran, diagnostics } = await runText(source, { ...options, onEvent: (event) => events.push(event) });
  const errors = diagnostics.filter(({ severity }) => severity === "error");
  expect([ran, events, errors.map(({ code, facts }) => [code, facts])]).toEqual([
    false,
    [],
    [
      [
        "unknown-name",
        {
          kind: "trial",
          name: "static entrpy",
          known: ["fp32", "static minmax", "static entropy"],
          nearest: "static entropy",
        },
      ],
    ],
  ]);
  expect(existsSync(join(folder, ".nibble"))).toBe(false);
});

test("a folder that holds other files is refused before anything runs", async () => {
  const folder = mkdtempSync(join(tmpdir(), "nibble-asked-"));
  mkdirSync(join(folder, "out"));
  writeFileSync(join(folder, "out", "notes.txt"), "mine");
  const options = { folder, allow: [shipped], export: { trial: "sweep.fp32", to: join(folder, "out") } };
  const { ran, diagnostics } = await runText({ path: join(folder, "p.nib"), text }, options);
  expect([ran, diagnostics.map(({ code, facts }) => [code, (facts as { found?: unknown }).found])]).toEqual([
    false,
    [["export-folder-taken", ["notes.txt"]]],
  ]);
  expect(existsSync(join(folder, ".nibble"))).toBe(false);
});

test("a label, a scheme of one trial, and a metric that is measured are taken", async () => {
  const host = fakeHost();
  const { program } = await checkProgram({ path: "p.nib", text }, host);
  const selector = (trial: string) =>
    program && undertakingsFor(program, { trial, to: "out" }, host.cpu)[0]?.exported[0]?.request.selector;
  expect(["static entropy", 'sweep.trial("static minmax")', "fp32", "best(speedup)"].map(selector)).toEqual([
    { kind: "trial", trial: "static entropy" },
    { kind: "trial", trial: "static minmax" },
    { kind: "trial", trial: "fp32" },
    { kind: "best", metric: "speedup" },
  ]);
});
