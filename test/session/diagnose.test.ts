import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ownPackage } from "../../src/base/package.js";
import { type RunTextOptions, runText } from "../../src/session/program.js";
import { savedResult } from "../../src/session/saved-result.js";

const folder = join(ownPackage().folder, "notebooks");
const resultsFolder = () => mkdtempSync(join(tmpdir(), "nibble-diagnose-"));

const experiment = `model mlp = tfjs("../datasets/models/digits-mlp/model.json")
data digits = csv("../datasets/digits/digits.csv") {
  label: digit, shape: [8, 8, 1], scale: 1/16, split: train 80% test 20% seed 7
}
experiment small {
  model mlp
  data digits
  try static { samples: 40 }
  try dynamic, fp32
  measure accuracy
}
`;

const run = (text: string, options: RunTextOptions) => runText({ path: "<cell 2>", text }, { folder, ...options });

test("a diagnose statement follows its experiment; a later cell diagnoses more, and nothing runs twice", async () => {
  const options = { resultsFolder: resultsFolder() };
  const first = await run(`${experiment}diagnose small.static\n`, options);
  expect(first.diagnostics).toEqual([]);
  const [result] = first.results;
  expect(result?.diagnoses.map(({ scheme }) => scheme.name)).toEqual(["static"]);
  const [found] = result?.diagnoses ?? [];
  expect(found?.diagnosis.layers.length).toBeGreaterThan(1);
  expect(found?.diagnosis.calibration?.growth?.map(({ samples }) => samples)).toEqual([16, 32, 40]);
  expect(found?.diagnosis.samples).toBe(360);
  expect(result?.diagnosis()).toContain("diagnosis of static, over 360 test samples");
  expect(result?.bundles().at(-1)?.["text/plain"]).toContain("weights alone");

  const earlier = [{ path: "<cell 1>", text: experiment }];
  const second = await run("diagnose small", { ...options, definitions: earlier });
  expect(second.diagnostics).toEqual([]);
  expect(second.results.map(({ measured }) => measured)).toEqual([[]]);
  expect(second.results[0]?.diagnoses.map(({ scheme }) => scheme.name)).toEqual(["static", "dynamic"]);
  // The one that was there is the one that is shown.
  expect(second.results[0]?.diagnoses[0]).toEqual(JSON.parse(JSON.stringify(found)));

  const saved = savedResult("small", options).result;
  expect(saved.diagnoses.map(({ scheme }) => scheme.name)).toEqual(["static", "dynamic"]);
});

test("asked for a diagnosis alone, the session runs what is missing; what it cannot find is a mistake", async () => {
  const options = { resultsFolder: resultsFolder() };
  const both = `${experiment}${experiment.split("\n").slice(4).join("\n").replace("small", "other")}`;
  const asked = await run(both, { ...options, diagnose: "small.dynamic" });
  expect(asked.results.map(({ experiment: name, measured }) => [name, measured.length])).toEqual([["small", 3]]);
  expect(asked.results[0]?.diagnoses.map(({ scheme }) => scheme.name)).toEqual(["dynamic"]);
  for (const [path, code] of [
    ["smal", "unknown-name"],
    ["small.statc", "unknown-name"],
    ["small.fp32", "diagnose-float"],
    ["small.static.conv", "diagnose-form"],
    ["", "diagnose-form"],
    [".static", "diagnose-form"],
  ] as const) {
    const wrong = await run(both, { ...options, diagnose: path });
    expect([path, wrong.ran, wrong.diagnostics.map((each) => each.code)]).toEqual([path, false, [code]]);
  }
});
