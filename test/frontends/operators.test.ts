import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { operatorsTable } from "./operators-table.js";

test("the table of operators is what the registries say", async () => {
  const path = fileURLToPath(new URL("../../src/frontends/OPERATORS.md", import.meta.url));
  await expect(operatorsTable()).toMatchFileSnapshot(path);
});
