import { mkdirSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type Diagnostic, DiagnosticError, diagnostic, renderDiagnostic } from "../../src/base/diagnostic.js";
import { chooseTrial } from "../../src/export/choose.js";
import { checkTarget } from "../../src/export/folder.js";
import { verifyExport } from "../../src/export/manifest-file.js";
import { checkProgram } from "../../src/language/check.js";
import { diagnosticsOf } from "../../src/run/failure.js";
import { type ExportWish, undertakingsFor } from "../../src/session/export.js";
import { resultOf } from "../../src/session/result.js";
import { fakeHost } from "../language/host.js";
import { expectations, report, sweep } from "../report/fixtures/sweep.js";

/** What an export says when it cannot be done, as a user meets it. All messages are in `export.txt`. */

const root = mkdtempSync(join(tmpdir(), "nibble-messages-"));
const at = (...parts: string[]) => join(root, ...parts);

function folder(name: string, files: Readonly<Record<string, string>>): string {
  mkdirSync(at(name), { recursive: true });
  for (const [file, text] of Object.entries(files)) writeFileSync(at(name, file), text);
  return at(name);
}

const manifest = (files: readonly object[]) => JSON.stringify({ kind: "nibble-export", schemaVersion: 1, files });
const listed = (path: string, bytes: number) => ({ path, sha256: `sha256:${"0".repeat(64)}`, bytes });

async function mistakesOf(work: () => unknown): Promise<readonly Diagnostic[]> {
  try {
    const found = await work();
    return Array.isArray(found) ? (found as readonly Diagnostic[]) : [];
  } catch (error) {
    if (error instanceof DiagnosticError) return error.diagnostics;
    return diagnosticsOf(error, "export");
  }
}

/** A program that tries what the command line then asks for; nothing of it is run. */
async function ask(wish: ExportWish): Promise<unknown> {
  const text = `model m = tfjs("m.json")
data d = csv("d.csv") { label: digit }
experiment sweep {
  model m
  data d
  try static { calibration: minmax | entropy }, dynamic
  where not (calibration = entropy)
  measure accuracy
}
experiment other {
  model m
  data d
  try static { calibration: minmax | entropy }
}`;
  const host = fakeHost();
  const { program } = await checkProgram({ path: "p.nib", text }, host);
  if (!program) throw new Error("the program is right");
  return undertakingsFor(program, wish, host.cpu);
}

const choose = (selector: Parameters<typeof chooseTrial>[2]) => () => chooseTrial(sweep, expectations, selector);
const target = (path: string) => () => checkTarget(path, { root: at("project"), force: false });

const cases: readonly (readonly [title: string, work: () => unknown])[] = [
  ["a scheme of several trials", choose({ kind: "scheme", name: "static" })],
  ["a trial that failed", choose({ kind: "scheme", name: "w4_wide" })],
  ["a trial that was skipped", choose({ kind: "scheme", name: "w3" })],
  ["a trial that there is none of", choose({ kind: "trial", trial: "static minmx" })],
  ["the best by what was not measured", choose({ kind: "best", metric: "memory" })],
  ["asked for: no experiment of two", () => ask({ trial: "static", to: "out" })],
  ["asked for: no trial", () => ask({ trial: 'sweep.trial("static minmx")', to: "out" })],
  ["asked for: a scheme of several trials", () => ask({ trial: "other.static", to: "out" })],
  ["asked for: a trial that will be skipped", () => ask({ trial: "sweep.static entropy", to: "out" })],
  ["asked for: the best by what is not measured", () => ask({ trial: "sweep.best(speedup)", to: "out" })],
  ["asked for: all of it wrong", () => ask({ trial: "sweep.dynamc", forms: ["onxx"] })],
  ["a folder of others", target(folder("taken", { "a.txt": "", "b.txt": "", "c.txt": "", "d.txt": "", "e.txt": "" }))],
  ["an export with notes in it", target(folder("notes", { "manifest.json": manifest([]), "notes.txt": "" }))],
  ["a file in the folder's place", target(at("taken", "a.txt"))],
  ["the project itself", target(root)],
  ["no export", () => verifyExport(folder("empty", {}))],
  ["a manifest of something else", () => verifyExport(folder("other", { "manifest.json": '{"name":"app"}' }))],
  ["a manifest that is cut off", () => verifyExport(folder("cut", { "manifest.json": '{"kind":' }))],
  ["a manifest that leads out", () => verifyExport(folder("out", { "manifest.json": manifest([listed("../x", 1)]) }))],
  [
    "files that are missing, shorter or other",
    () =>
      verifyExport(
        folder("damaged", {
          "manifest.json": manifest([listed("absent.onnx", 3), listed("short.onnx", 3), listed("other.onnx", 3)]),
          "short.onnx": "ab",
          "other.onnx": "abc",
        }),
      ),
  ],
  [
    "a result without its program",
    () => resultOf({ ...report, expectations, views: [] }, sweep, [], at("ledger.jsonl")).export("static", at("x")),
  ],
  [
    "forms that a trial has not",
    () => [
      diagnostic("export-form-unfit", {
        form: "tfjs_uint8",
        trial: "static",
        reason: "it is a form of fp32; export fp32 for it",
      }),
      diagnostic("export-no-form", {
        trial: "w3",
        reasons: ["its activations are simulated", "the model is no TF.js model"],
      }),
    ],
  ],
  [
    "another file than was measured",
    () => [diagnostic("export-differs", { trial: "static", measured: "sha256:11", made: "sha256:22" })],
  ],
  [
    "nothing to export",
    () => [diagnostic("export-nothing", { experiments: ["sweep"] }), diagnostic("export-nothing", { experiments: [] })],
  ],
];

test("every message of an export", async () => {
  const shown: string[] = [];
  for (const [title, work] of cases) {
    const mistakes = await mistakesOf(work);
    const text = mistakes.map((each) => renderDiagnostic(each, new Map()).replaceAll(root, "/project")).join("\n");
    shown.push(`--- ${title}\n${text}\n`);
  }
  await expect(shown.join("\n")).toMatchFileSnapshot("export.txt");
});
