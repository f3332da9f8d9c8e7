import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { parseGraph, printGraph } from "../../../src/ir/text.js";
import { quantizeGraph } from "../../../src/quantize/quantize.js";
import { schemeDefinition } from "../../../src/quantize/registry.js";
import type { Precision, Scheme } from "../../../src/quantize/scheme.js";
import type { Range } from "../../../src/tensor/quant.js";

const folder = new URL("../../graphs/", import.meta.url);

function scheme(mode: string, settings = {}, keep: Record<string, Precision> = {}): Scheme {
  const definition = schemeDefinition(mode);
  if (!definition) throw new Error(`no scheme ${mode}`);
  return { ...definition.build(mode, settings), keep };
}

/** Ranges that make steps of 1, 0.1 and so on: 255 steps each. */
const convNet: Record<string, Range> = {
  x: { min: -1.28, max: 1.27 },
  relu: { min: 0, max: 255 },
  relu6: { min: 0, max: 5.1 },
  sum: { min: 0, max: 25.5 },
  tanh: { min: -1, max: 1 },
};
const sequence: Record<string, Range> = {
  x: { min: 0, max: 2.55 },
  ab: { min: -12.8, max: 12.7 },
  b: { min: -128, max: 127 },
  joined: { min: -128, max: 127 },
};

test.each<readonly [name: string, scheme: Scheme, ranges: Record<string, Range> | undefined]>([
  ["quantize-static/conv-net", scheme("static"), convNet],
  ["quantize-static/sequence", scheme("static", { weights: "int8 per_tensor" }), sequence],
  ["quantize-dynamic/dense-and-lstm", scheme("dynamic", {}, { kept: "fp32" }), undefined],
  ["quantize-weight-only/embedding", scheme("weight_only", { weights: "int4", group: 16 }), undefined],
  ["quantize-weight-only/dense", scheme("weight_only", { weights: "int4", group: 16 }, { eight: "int8" }), undefined],
])("%s: before becomes after", async (name, chosen, ranges) => {
  const before = parseGraph(readFileSync(new URL(`${name}.before.ir`, folder), "utf8"));
  const after = quantizeGraph(before, chosen, ranges && new Map(Object.entries(ranges)));
  await expect(printGraph(after)).toMatchFileSnapshot(new URL(`${name}.after.ir`, folder).pathname);
});
