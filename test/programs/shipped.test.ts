import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ownPackage } from "../../src/base/package.js";
import { explainText } from "../../src/session/program.js";

const notebooks = join(ownPackage().folder, "notebooks");
const programs = readdirSync(notebooks).filter((name) => name.endsWith(".nib"));

test.each(programs)("%s is right as it is shipped, and every experiment of it has a plan", async (name) => {
  const path = join(notebooks, name);
  const source = { path, text: readFileSync(path, "utf8") };
  const { diagnostics, plans } = await explainText(source);
  expect(diagnostics.filter(({ severity }) => severity !== "note")).toEqual([]);
  expect(plans?.length).toBe(source.text.match(/^experiment /gm)?.length);
});
