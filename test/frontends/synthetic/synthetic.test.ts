import { expect, test } from "vitest";
import { DiagnosticError, words } from "../../../src/base/diagnostic.js";
import type { Settings } from "../../../src/base/option.js";
import { withPast } from "../../../src/frontends/decoder/with-past.js";
import { parameterCount, syntheticConfig } from "../../../src/frontends/synthetic/config.js";
import { syntheticGraph } from "../../../src/frontends/synthetic/graph.js";
import { describeSynthetic, openSynthetic } from "../../../src/frontends/synthetic/open.js";
import { interpret } from "../../../src/ir/interpret.js";
import { verify } from "../../../src/ir/verify.js";
import { tensorFrom } from "../../../src/tensor/tensor.js";

const tiny: Settings = { hidden: 64, intermediate: 48, heads: 4, kv_heads: 2, vocabulary: 11, tokens: 5, layers: 2 };
const gpt2: Settings = { ...tiny, family: { name: "gpt2" } };

function messageOf(action: () => unknown): string {
  try {
    action();
  } catch (error) {
    if (!(error instanceof DiagnosticError)) throw error;
    return error.diagnostics.map((d) => `${d.code}: ${words(d).message}`).join("\n");
  }
  return "nothing was thrown";
}

test.each([
  ["llama", tiny],
  ["gpt2", gpt2],
])("a made-up %s model is a decoder that computes, with the weights that its sizes promise", (_, settings) => {
  const config = syntheticConfig(settings);
  const graph = syntheticGraph(config);
  verify(graph, "made up");
  expect(withPast(graph).inputs[0]?.type.shape).toEqual([1, "sequence_length"]);
  const matrices = [...graph.initializers.values()].filter(
    ({ dtype, shape, data }) => dtype === "float32" && shape.length === 2 && data.length > 20,
  );
  const numbers = matrices.reduce((sum, { data }) => sum + data.length, 0);
  const rotary = settings === tiny ? 2 * 5 * 8 : 0;
  expect(numbers - rotary).toBe(parameterCount(config));
  const tokens = tensorFrom("float32", [1, 5], [0, 10, 3, 3, 7]);
  const logits = interpret(graph, { tokens }).get(graph.outputs[0]?.name ?? "");
  expect(logits?.shape).toEqual([1, 5, 11]);
  expect(Array.from(logits?.data ?? [], Number).every((value) => Math.abs(value) < 100)).toBe(true);
});

test("weights have the variance that keeps values in size, and depend on the seed alone", () => {
  const weights = (seed: number) =>
    syntheticGraph(syntheticConfig({ ...tiny, seed })).initializers.get("block_1/mlp_up/kernel")?.data as Float32Array;
  const values = weights(1);
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  expect(Math.abs(mean)).toBeLessThan(0.02);
  expect(variance * 64).toBeCloseTo(1, 0);
  expect(weights(1)).toEqual(values);
  expect(weights(2)).not.toEqual(values);
});

test("sizes of known models are theirs, and options beside them replace single ones", () => {
  expect(syntheticConfig({ like: { name: "llama_8b" }, layers: 3, hidden: 1024 })).toEqual({
    ...{ family: "llama", layers: 3, hidden: 1024, intermediate: 14336, heads: 32, kvHeads: 8 },
    ...{ vocabulary: 256, tokens: 64, seed: 1 },
  });
});

test("what makes no model, no file or does not fit the memory is said before a weight is drawn", () => {
  expect(messageOf(() => syntheticConfig({ ...tiny, heads: 5 }))).toMatchInlineSnapshot(
    `"synthetic-sizes: these sizes make no model: hidden 64 does not make 5 heads of a multiple of 16 elements"`,
  );
  expect(messageOf(() => syntheticConfig({ ...tiny, kv_heads: 3 }))).toMatchInlineSnapshot(
    `"synthetic-sizes: these sizes make no model: 4 heads do not share 3 heads of keys evenly"`,
  );
  expect(messageOf(() => describeSynthetic({ like: { name: "llama_7b" }, layers: 32 }, 1e12))).toMatchInlineSnapshot(
    `"synthetic-too-large: the weights are 25,912 MB, and one ONNX file holds at most 2,131 MB"`,
  );
  expect(messageOf(() => describeSynthetic({ like: { name: "llama_7b" } }, 2e9))).toMatchInlineSnapshot(
    `"synthetic-memory: the weights are 818 MB; making and timing them needs about 4,089 MB of memory, and 2,000 MB can be had"`,
  );
  expect(describeSynthetic(tiny, 1e9).hash).toBe(openSynthetic(tiny).hash);
});
