import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { renderDiagnostic } from "../../src/base/diagnostic.js";
import { checkProgram } from "../../src/language/check.js";
import { parseProgram } from "../../src/language/parse-program.js";
import { planExperiment } from "../../src/plan/expand.js";
import { explainPlan } from "../../src/plan/explain.js";
import { fakeHost } from "../language/host.js";
import { wideVocabulary } from "../language/vocabulary.js";

const folder = new URL(".", import.meta.url);
const programs = readdirSync(folder).filter((name) => name.endsWith(".nib"));

/** A tree as JSON in few lines: spans as the text that they cover, inner lists and records on one line. */
function treeText(value: unknown, text: string): string {
  const json = JSON.stringify(
    value,
    (key, each) => (/span$/i.test(key) ? text.slice(each.start, each.end).split("\n")[0] : each),
    1,
  );
  return json.replace(/\{\n\s+"([^{}[\]]*)\n\s+\}/g, (record) => record.replace(/\n\s+/g, " "));
}

describe.each(programs)("%s", (name) => {
  const source = { path: name, text: readFileSync(new URL(name, folder), "utf8") };
  const golden = (stage: string) => `golden/${name.replace(".nib", "")}.${stage}`;

  test("its tokens", async () => {
    const { tokens } = parseProgram(source);
    const lines = tokens.map(({ tokenType, image }) => `${tokenType.name} ${JSON.stringify(image)}`);
    await expect(`${lines.join("\n")}\n`).toMatchFileSnapshot(golden("tokens.txt"));
  });

  test("its tree", async () => {
    const { program } = parseProgram(source);
    await expect(`${treeText(program.statements, source.text)}\n`).toMatchFileSnapshot(golden("ast.json"));
  });

  test("its diagnostics", async () => {
    const { diagnostics, sources } = await checkProgram(source, fakeHost(), wideVocabulary);
    const text = diagnostics.map((each) => renderDiagnostic(each, sources)).join("\n\n");
    await expect(`${text}\n`).toMatchFileSnapshot(golden("diagnostics.txt"));
  });

  test("its plan", async () => {
    const host = fakeHost();
    const { program } = await checkProgram(source, host, wideVocabulary);
    const plans = (program?.experiments ?? []).map((experiment) => explainPlan(planExperiment(experiment, host.cpu)));
    await expect(plans.join("\n")).toMatchFileSnapshot(golden("plan.txt"));
  });
});

test("the design's program is checked without a mistake", async () => {
  const source = { path: "design.nib", text: readFileSync(new URL("design.nib", folder), "utf8") };
  const { program, diagnostics } = await checkProgram(source, fakeHost(), wideVocabulary);
  expect(diagnostics.filter(({ severity }) => severity === "error")).toEqual([]);
  expect(program?.experiments.map(({ name }) => name)).toEqual(["precision_sweep"]);
});
