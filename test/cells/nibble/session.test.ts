import { join } from "node:path";
import { expect, test } from "vitest";
import { ownPackage } from "../../../src/base/package.js";
import { createNibbleSession } from "../../../src/cells/nibble/session.js";

const folder = join(ownPackage().folder, "notebooks");
const model = 'model mlp = tfjs("../datasets/models/digits-mlp/model.json")';
const session = () => createNibbleSession({ folder, hostNames: () => ["net"] });

test("earlier cells' definitions are known; a cell whose names are all replaced is forgotten", async () => {
  const cells = session();
  cells.commit(model, 1);
  cells.commit("param n = 8\nparam m = 9", 2);
  cells.commit("param n = 800", 3);
  cells.commit('model mlp = tfjs("elsewhere.json")', 4);
  cells.commit(model, 5);
  cells.commit("experiment e {\n", 6);
  cells.commit("experiment e { model mlp }", 7);
  expect(cells.definitions().map(({ path }) => path)).toEqual(["<cell 2>", "<cell 3>", "<cell 5>", "<cell 7>"]);
  const codes = async (code: string) => (await cells.check(code, 8)).map((each) => each.code);
  expect(
    await codes("experiment e {\n model mlp\n data random { shape: [8, 8, 1], count: n }\n try static\n}"),
  ).toEqual([]);
  expect(
    await codes(
      "model m = tfjs($anything)\nexperiment e {\n model m\n data random { shape: [4], count: $n }\n try statik\n}",
    ),
  ).toEqual(["unknown-name"]);
  cells.reset();
  expect(
    await codes("experiment e {\n model mlp\n data random { shape: [8, 8, 1], count: 8 }\n try static\n}"),
  ).toEqual(["unknown-name"]);
});

test("completion and hover know the real model, behind a line that names the language", async () => {
  const cells = session();
  cells.commit(model, 1);
  const code = '%%nibble\nexperiment e {\n model mlp\n keep layers "';
  const { start, items } = await cells.complete(code, code.length);
  expect(start).toBe(code.length);
  expect(items[0]).toEqual({ text: "dense_1", type: "layer", signature: "Dense, 16,640 parameters" });
  const found = await cells.inspect(code, code.indexOf("mlp"));
  expect(found?.data["text/plain"]).toContain("model mlp");
  expect((await cells.complete("model m = tfjs($", 16)).items.map(({ text }) => text)).toEqual(["$net"]);
  expect(await cells.inspect("", 0)).toBeUndefined();
  expect(await cells.complete("mo", 99)).toMatchObject({ start: 0, end: 2, items: [{ text: "model" }] });
});

test.each([
  ["model m = $net", { status: "complete" }],
  ["%%nibble\nmodel m = $net", { status: "complete" }],
  ["experiment e {", { status: "incomplete", indent: "  " }],
  ["experiment e {\n  try static { weights: int8,", { status: "incomplete", indent: "    " }],
  ['model m = tfjs("a', { status: "incomplete", indent: "  " }],
  ["/* a comment", { status: "incomplete", indent: "" }],
  ["model m =", { status: "incomplete", indent: "  " }],
  ["model m =\n", { status: "invalid" }],
  ["modle m = $net", { status: "invalid" }],
  ["experiment e {}\n}", { status: "invalid" }],
  ["", { status: "complete" }],
])("%j is %j", (code, expected) => {
  expect(session().isComplete(code)).toEqual(expected);
});
