import { readdirSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { opDefinition, opFamilies } from "../../../src/frontends/tfjs-graph/ops/registry.js";

const require = createRequire(import.meta.url);

/** Every operator that TF.js's own graph executor knows, from the lists that it is made of. */
function operatorsOfTfjs(): string[] {
  const folder = join(dirname(require.resolve("@tensorflow/tfjs-converter/package.json")), "dist/operations/op_list");
  return readdirSync(folder)
    .filter((file) => /^[a-z_]+\.js$/.test(file))
    .flatMap((file) => {
      const { json } = require(join(folder, file)) as { json: readonly { tfOpName: string }[] };
      return json.map(({ tfOpName }) => tfOpName);
    });
}

/** Read with the graph itself, not by a lowering. */
const readWithTheGraph = ["Const", "Placeholder"];

test("every operator that TF.js knows is lowered, folded, left to TF.js or refused with a reason", () => {
  const known = operatorsOfTfjs();
  expect(known.length).toBeGreaterThan(200);
  const open = known.filter((op) => opDefinition(op) === undefined && !readWithTheGraph.includes(op));
  expect(open).toEqual([]);
});

test("no operator has two decisions, and each says what it computes", () => {
  const all = opFamilies.flatMap(({ ops }) => ops);
  const names = all.map(({ op }) => op);
  expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([]);
  expect(all.filter(({ summary }) => summary === "")).toEqual([]);
});

test("what is refused or left to TF.js says why, as the end of a sentence", () => {
  const reasons = opFamilies.flatMap(({ ops }) => ops.flatMap((each) => ("reason" in each ? [each.reason] : [])));
  expect(reasons.filter((reason) => !/^[a-zA-Z].{10,}[^.]$/.test(reason))).toEqual([]);
});
