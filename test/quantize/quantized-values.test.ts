import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { parseGraph } from "../../src/ir/text.js";
import { verify } from "../../src/ir/verify.js";
import { exposeQuantizedValues } from "../../src/quantize/quantized-values.js";

function exposed(name: string) {
  const text = readFileSync(new URL(`../graphs/${name}.after.ir`, import.meta.url), "utf8");
  const before = parseGraph(text);
  const { graph, values } = exposeQuantizedValues(before);
  verify(graph, "exposed");
  expect(graph.nodes).toEqual(before.nodes);
  expect(graph.outputs.slice(0, before.outputs.length)).toEqual(before.outputs);
  const added = graph.outputs.slice(before.outputs.length).map((output) => output.name);
  const shown = new Set(before.outputs.map((output) => output.name));
  expect(added).toEqual(values.map(({ value }) => value).filter((value) => !shown.has(value)));
  return values.map(({ value, layer, kind }) => `${kind} ${value} of ${layer}`);
}

test("static: what makes codes and the float results of codes; not what moves codes or follows in float", () => {
  expect(exposed("quantize-static/conv-net")).toMatchInlineSnapshot(`
    [
      "codes x:codes of conv",
      "codes relu:codes of conv",
      "codes relu6:codes of dw",
      "codes sum:codes of add",
      "float dense of dense",
      "codes tanh:codes of out",
      "float out of out",
    ]
  `);
  expect(exposed("quantize-static/sequence")).toMatchInlineSnapshot(`
    [
      "codes x:codes of a",
      "codes ab:codes:matrix of a",
      "codes b:codes of b",
      "codes joined:codes of join",
      "float cb of c",
    ]
  `);
});

test("dynamic: the float results of products with int8 weights", () => {
  expect(exposed("quantize-dynamic/dense-and-lstm")).toMatchInlineSnapshot(`
    [
      "float y of lstm",
      "float biased of dense",
    ]
  `);
});

test("weight-only: the product with its bias, as engines compute it; not the weights that are decoded", () => {
  expect(exposed("quantize-weight-only/dense")).toMatchInlineSnapshot(`
    [
      "float dense of dense",
      "float eight of eight",
    ]
  `);
});
