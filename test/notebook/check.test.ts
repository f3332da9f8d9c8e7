import { join } from "node:path";
import { expect, test } from "vitest";
import { renderDiagnostic } from "../../src/base/diagnostic.js";
import { ownPackage } from "../../src/base/package.js";
import { checkNotebook } from "../../src/notebook/check.js";
import { readNotebook } from "../../src/notebook/nbformat.js";
import { digits } from "../cli/command.js";

/** The mistakes of a notebook's cells, one line each. */
async function mistakes(...code: readonly string[]): Promise<readonly string[]> {
  const cells = code.map((source) => ({ cell_type: "code", metadata: {}, source, outputs: [] }));
  const notebook = readNotebook(JSON.stringify({ cells, metadata: {}, nbformat: 4, nbformat_minor: 4 }));
  const options = { folder: join(ownPackage().folder, "notebooks"), allow: [], parameters: {} };
  const { diagnostics, sources } = await checkNotebook(notebook, "typescript", options);
  return diagnostics.map((each) => renderDiagnostic(each, sources).split("\n", 1)[0] ?? "");
}

const experiment = "experiment sweep { model net\n data rows\n try dynamic\n measure accuracy }";

test("each cell knows what the ones before it make, in both languages", async () => {
  expect(
    await mistakes(
      "interface Point<T> { x: T }\nconst p: Point<string> = { x: 'a' }",
      digits(),
      experiment,
      "const figures: number = sweep.records.length\nconst read = await rows.read()\np.x.trim()",
    ),
  ).toEqual([]);
});

test("a variable of TypeScript may be a model or a value of a Nibble cell", async () => {
  expect(await mistakes("const net = 1, few = 3", "%%nibble\nmodel m = tfjs($net)\nparam n = $few")).toEqual([]);
});

test("what earlier cells make is held to its type, and what only a later one makes is a mistake", async () => {
  expect(await mistakes(`${digits()}${experiment}`, "sweep.recrods", "later", "const later = 1")).toEqual([
    expect.stringMatching(/^error\[typescript-cell\] <cell 2>:1:7: TS2551: .* Did you mean 'records'\?$/),
    "error[typescript-cell] <cell 3>:1:1: TS2304: Cannot find name 'later'.",
  ]);
});
