import { mkdirSync, mkdtempSync, readFileSync, realpathSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { diagnostic, renderDiagnostic } from "../../src/base/diagnostic.js";
import { ownPackage } from "../../src/base/package.js";
import { diagnosticsOf } from "../../src/run/failure.js";
import { openDataset } from "../../src/run/inputs.js";
import { checkText } from "../../src/session/program.js";

/**
 * Broken models and data through the session, as a user meets them: what `nibble check` finds, and, where the program
 * passes, what opening the data finds. All messages are in `input.txt`.
 */

interface Files {
  /** The model as an object whose parts a case may change; or the bytes of model.json. */
  readonly model?: (model: ModelJson) => unknown;
  readonly bytes?: string;
  /** Its weights; null leaves the file out. */
  readonly weights?: (weights: Buffer) => Buffer | null;
  /** Rows of the CSV, header first; a text is the whole file, null leaves it out. */
  readonly csv?: ((rows: string[]) => readonly string[] | string) | null;
  readonly data?: string;
  readonly clauses?: string;
}

interface ModelJson {
  modelTopology: { config: { layers: { class_name: string; config: Record<string, unknown> }[] } };
  weightsManifest: { paths: string[]; weights: { name: string; shape: number[] }[] }[];
}

const shipped = join(ownPackage().folder, "datasets");
const modelText = readFileSync(join(shipped, "models/digits-mlp/model.json"), "utf8");
const weightBytes = readFileSync(join(shipped, "models/digits-mlp/weights.bin"));
const rows = readFileSync(join(shipped, "digits/digits.csv"), "utf8").split("\n").slice(0, 41);

const csvData = `csv("d.csv") { label: digit, shape: [8, 8, 1], scale: 1/16, split: train 80% test 20% seed 7 }`;

/** The model with one thing changed. */
const changed = (change: (model: ModelJson) => void) => (model: ModelJson) => {
  change(model);
  return model;
};
const dense = (model: ModelJson) => {
  const found = model.modelTopology.config.layers.find(({ class_name }) => class_name === "Dense");
  if (!found) throw new Error("the shipped model has no Dense layer");
  return found;
};
const firstWeight = (value: number) => (weights: Buffer) => {
  const copy = Buffer.from(weights);
  copy.writeFloatLE(value, 0);
  return copy;
};
const shard = (path: string) => changed(({ weightsManifest: [group] }) => group?.paths.splice(0, 1, path));
/** The rows with one cell of row 5 changed; column 0 is a pixel, -1 the label. */
const cell = (column: number, text: string) => (all: string[]) =>
  all.map((row, i) => (i === 5 ? row.split(",").toSpliced(column, 1, text).join(",") : row));

const cases: Readonly<Record<string, Files>> = {
  "model.json is empty": { bytes: "" },
  "model.json is cut short": { bytes: modelText.slice(0, 300) },
  "model.json is no object": { bytes: "[1, 2]" },
  "model.json nests without end": { bytes: `{"modelTopology":${"[".repeat(9999)}${"]".repeat(9999)}}` },
  "a weight file is missing": { weights: () => null },
  "a weight file is cut short": { weights: (weights) => weights.subarray(0, 100) },
  "a weight file is too long": { weights: (weights) => Buffer.concat([weights, Buffer.alloc(3)]) },
  "a weight file outside": { model: shard("../../secret.bin") },
  "a weight file by its absolute path": { model: shard("/etc/passwd") },
  "a weight file with a hostile name": { model: shard("\u001b[2J\u0007.bin") },
  "weight files without end": {
    model: changed(({ weightsManifest: [group] }) => group?.paths.push(...Array(20_000).fill("weights.bin"))),
  },
  "NaN in the weights": { weights: firstWeight(Number.NaN) },
  "infinity in the weights": { weights: firstWeight(Number.NEGATIVE_INFINITY) },
  "an absurd weight shape": {
    model: changed(({ weightsManifest: [group] }) => group?.weights[0]?.shape.splice(0, 2, 2 ** 31, 2 ** 31)),
  },
  "a weight shape that does not fit": {
    model: changed(({ weightsManifest: [group] }) => group?.weights[0]?.shape.reverse()),
  },
  "a model without layers": { model: changed(({ modelTopology: { config } }) => config.layers.splice(0)) },
  "a layer of Python code": { model: changed((model) => Object.assign(dense(model), { class_name: "Lambda" })) },
  "a layer class named like a part of JavaScript": {
    model: changed((model) => Object.assign(dense(model), { class_name: "constructor" })),
  },
  "an activation named like a part of JavaScript": {
    model: changed((model) => Object.assign(dense(model).config, { activation: "__proto__" })),
  },
  "absurd units": { model: changed((model) => Object.assign(dense(model).config, { units: 1e15 })) },

  "no CSV": { csv: null },
  "an empty CSV": { csv: () => "" },
  "a CSV with a header alone": { csv: ([head]) => [head as string] },
  "a CSV of one row": { csv: (all) => all.slice(0, 2) },
  "a CSV that is cut short": { csv: (all) => all.join("\n").slice(0, -30) },
  "a CSV that is binary": { csv: () => "a\0b\u0001\u0002" },
  "a CSV with a word among numbers": { csv: cell(0, "abc") },
  "a CSV with NaN": { csv: cell(0, "NaN") },
  "a CSV with a number too large": { csv: cell(0, "1e999") },
  "a label is missing": { csv: cell(-1, "") },
  "a label between classes": { csv: cell(-1, "1.5") },
  "a label far outside": { csv: cell(-1, "4000000000") },
  "a label outside the classes that the data lists": {
    csv: cell(-1, "12"),
    data: csvData.replace("label: digit", "label: digit, classes: [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]"),
  },
  "a misspelt column": { data: csvData.replace("digit,", "digti,") },
  "two columns of one name": { csv: ([head, ...all]) => [(head as string).replace("p01", "p00"), ...all] },
  "a quote that is never closed": { csv: (all) => `"${all.join("\n")}` },
  "a wrong shape": { data: csvData.replace("[8, 8, 1]", "[8, 9, 1]") },
  "a shape that the model does not take": { data: csvData.replace("[8, 8, 1]", "[64]") },
  "a shape without end": { data: csvData.replace("[8, 8, 1]", "[1000000, 1000000]") },
  "a scale of nothing": { data: csvData.replace("1/16", "0") },
  "an empty test split": { data: csvData.replace("test 20%", "test 0%") },
  "an empty training split": {
    data: csvData.replace("train 80% test 20%", "test 100%"),
    clauses: "try static",
  },
  "shares above the whole": { data: csvData.replace("test 20%", "test 30%") },
};

async function messagesOf(files: Files): Promise<string> {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "nibble-input-")));
  mkdirSync(join(folder, ".nibble"));
  mkdirSync(join(folder, "m"));
  const model = files.bytes ?? JSON.stringify(files.model?.(JSON.parse(modelText)) ?? JSON.parse(modelText));
  writeFileSync(join(folder, "m", "model.json"), model);
  const weights = files.weights === undefined ? weightBytes : files.weights(weightBytes);
  if (weights) writeFileSync(join(folder, "m", "weights.bin"), weights);
  const csv = files.csv === null ? undefined : (files.csv ?? ((all) => all))([...rows]);
  if (csv !== undefined) writeFileSync(join(folder, "d.csv"), typeof csv === "string" ? csv : `${csv.join("\n")}\n`);
  const text = [
    'model net = tfjs("m/model.json")',
    `data rows = ${files.data ?? csvData}`,
    `experiment e {\n  model net\n  data rows\n  ${files.clauses ?? "try dynamic"}\n  measure accuracy\n}\n`,
  ].join("\n");
  const checked = await checkText({ path: join(folder, "p.nib"), text });
  const diagnostics = [...checked.diagnostics];
  const [experiment] = checked.program?.experiments ?? [];
  if (experiment) {
    const data = await openDataset(experiment.data).catch((error: unknown) => diagnosticsOf(error, "load"));
    diagnostics.push(...("splits" in data ? [diagnostic("no-test-samples", {}, { severity: "note" })] : data));
  }
  return diagnostics
    .map((each) => renderDiagnostic(each, checked.sources))
    .join("\n\n")
    .replaceAll(`${folder}/`, "");
}

test("broken models and data: one diagnostic each", async () => {
  const pages: string[] = [];
  const silent: string[] = [];
  for (const [title, files] of Object.entries(cases)) {
    const page = await messagesOf(files);
    if (!/^(error|warning)/.test(page) || page.split(/^error\[/m).length > 2) silent.push(`${title}: ${page}`);
    pages.push(`## ${title}\n\n${page}\n`);
  }
  const text = pages.join("\n");
  await expect(text).toMatchFileSnapshot("input.txt");
  expect(silent).toEqual([]);
  expect(text).not.toContain("fault-in-nibble");
  expect(text.replaceAll("\n", "")).not.toMatch(/\p{Cc}/u);
}, 60_000);
