import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ownPackage } from "../../../src/base/package.js";

const notebooks = join(ownPackage().folder, "notebooks");
const shipped = readdirSync(notebooks).filter((name) => name.endsWith(".ipynb"));

test("every shipped notebook names one of our kernels", () => {
  const kernels = shipped.map((name) => JSON.parse(readFileSync(join(notebooks, name), "utf8")).metadata.kernelspec);
  for (const kernel of kernels) expect(["nibble-ts", "nibble"]).toContain(kernel?.name);
});

test("every shipped notebook is run by a file of tests", () => {
  const tested = readdirSync(new URL(".", import.meta.url)).filter((name) => name !== "all.test.ts");
  expect(tested).toEqual(shipped.map((name) => name.replace(".ipynb", ".test.ts")));
});
