import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { parseGraph, printGraph } from "../../../../src/ir/text.js";
import { verify } from "../../../../src/ir/verify.js";
import { floatPasses } from "../../../../src/quantize/passes/float/prepare.js";

const graphs = fileURLToPath(new URL("../../../graphs", import.meta.url));
const cases = [...new Set(floatPasses)].flatMap((pass) =>
  readdirSync(join(graphs, pass.name))
    .filter((file) => file.endsWith(".before.ir"))
    .map((file) => ({ pass, name: pass.name, file, after: file.replace(".before.ir", ".after.ir") })),
);

test.each(cases)("$name turns $file into $after", async ({ pass, name, file, after }) => {
  const before = verify(parseGraph(readFileSync(join(graphs, name, file), "utf8")), "as written");
  await expect(printGraph(pass.run(before))).toMatchFileSnapshot(join(graphs, name, after));
});
