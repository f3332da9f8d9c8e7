import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { toOnnx } from "../../src/backends/onnx/write.js";
import { renderDiagnostic } from "../../src/base/diagnostic.js";
import type { Dataset } from "../../src/datasets/dataset.js";
import { onnxruntime } from "../../src/engines/onnxruntime.js";
import { withPast } from "../../src/frontends/decoder/with-past.js";
import type { Graph } from "../../src/ir/graph.js";
import { quantizeGraph } from "../../src/quantize/quantize.js";
import type { Scheme } from "../../src/quantize/scheme.js";
import { type Opened, openExperiment } from "../../src/run/opened.js";
import { phaseFeeds, withContext, withPhases } from "../../src/run/phases.js";
import { evaluate } from "../../src/run/trial.js";
import { checkContinuation } from "../../src/run/with-past-form.js";
import { tensor } from "../../src/tensor/tensor.js";

const settings = { hidden: 64, intermediate: 64, heads: 4, vocabulary: 16, tokens: 8, layers: 1 };

/** Four texts of tokens that count upwards. */
const data: Dataset = {
  name: "counting",
  hash: "sha256:counting",
  size: 4,
  inputShapes: [[8]],
  labels: { kind: "tokens", values: Int32Array.from({ length: 32 }, (_, i) => (i + 1) % 16), width: 8, classes: 16 },
  splits: { train: Int32Array.of(0, 1), test: Int32Array.of(2, 3) },
  read: (indices) => [
    tensor(
      "float32",
      [indices.length, 8],
      Float32Array.from({ length: indices.length * 8 }, (_, i) => ((indices[i >> 3] ?? 0) * 8 + (i % 8)) % 16),
    ),
  ],
};

/** The experiment on a model that knows so many tokens. */
async function openOn(vocabulary: number): Promise<Opened> {
  const model = { name: "llm", format: "synthetic", path: "", settings: { ...settings, vocabulary } };
  const input = { model, data: { name: "counting", reader: "", settings: {} }, calibrations: [], seed: 1 };
  const folder = mkdtempSync(join(tmpdir(), "nibble-phases-"));
  const made = await openExperiment(
    { ...input, folder, paritySamples: 1 },
    { engine: await onnxruntime(), dataset: data },
  );
  return made.opened;
}

let opened: Opened;
beforeAll(async () => {
  opened = await openOn(settings.vocabulary);
});

test("tokens that the model does not know are told by the vocabulary, not by a node at which the engine stops", async () => {
  const error = await openOn(8).catch((caught) => caught);
  expect(error.diagnostics).toMatchObject([
    { code: "output-width", facts: { width: 64, labels: "tokens", expected: 128 } },
  ]);
});

const one = { batch: 1, threads: 1 } as const;
const w4: Scheme = {
  name: "w4",
  mode: "weight_only",
  weights: { dtype: "int4", granularity: "group", group: 32 },
  method: "rtn",
  keep: {},
};

test("a trial has a file for each phase, and each attests its own kernels", async () => {
  const latency = [
    { ...one, phase: "prefill" },
    { ...one, phase: "prefill", context: 4 },
    { ...one, phase: "decode" },
    { ...one, phase: "decode", context: 20 },
  ] as const;
  const measures = { accuracy: true, latency, size: true, memory: false };
  const { phases = [], path, accuracy, attestation } = await evaluate(opened, { id: "sha256:t", scheme: w4, measures });
  expect(phases.map(({ asked, measure }) => [asked.phase, measure.context])).toEqual([
    ["prefill", 8],
    ["prefill", 4],
    ["decode", 7],
    ["decode", 20],
  ]);
  for (const { trial, baseline, measure } of phases) {
    expect([path, opened.fp32.path]).not.toContain(trial);
    for (const file of [trial, baseline]) {
      const session = await opened.engine.load(file, { threads: 1, optimization: "all" });
      const logits = measure.phase === "decode" ? "logits" : "head/MatMul";
      expect(session.outputNames).toEqual([logits, "present.0.key", "present.0.value"]);
      await session.close();
    }
  }
  // One file with a cache serves both contexts.
  expect(phases[2]?.trial).toBe(phases[3]?.trial);
  expect(phases.map((each) => each.attestation.integerNodes)).toEqual([8, 8, 8, 8]);
  expect(attestation.attested).toBe(true);
  expect([accuracy.tokens, accuracy.nextToken?.n]).toEqual([16, 2]);
  const decoded = phases[2]?.work;
  type Work = NonNullable<typeof decoded>["baseline"];
  const products = (nodes: Work = []) =>
    nodes.reduce((sum, { operator, macs }) => sum + (operator === "MatMul" ? macs : 0), 0);
  expect(products(decoded?.baseline)).toBe(products(phases[0]?.work.baseline) / 8);
});

test("each phase is run on tokens of the text, a decoded one behind a cache as long as it was asked for", async () => {
  const shapes = async (measure: Parameters<typeof phaseFeeds>[1]) =>
    Object.entries((await phaseFeeds(opened, measure)) ?? {}).map(([name, { shape }]) => [name, ...shape]);
  expect(await shapes({ ...one, phase: "prefill" })).toEqual([["tokens", 1, 8]]);
  expect(await shapes({ ...one, batch: 2, phase: "prefill", context: 12 })).toEqual([["tokens", 2, 12]]);
  expect(await shapes({ ...one, phase: "decode", context: 20 })).toEqual([
    ["input_ids", 1, 1],
    ["past_key_values.0.key", 1, 4, 20, 16],
    ["past_key_values.0.value", 1, 4, 20, 16],
  ]);
  const { tokens } = (await phaseFeeds(opened, { ...one, phase: "prefill", context: 4 })) ?? {};
  expect([...((tokens?.data ?? []) as Float32Array)]).toEqual([0, 1, 2, 3]);
  expect(await phaseFeeds(opened, one)).toBeUndefined();
});

test("a phase that falls back to float makes the whole trial unattested", () => {
  const attestation = { integerNodes: 1, floatNodes: 0, attested: true, reason: "all" };
  const measure = withContext(opened.graph, { ...one, phase: "decode" });
  if (!measure) throw new Error("test: no phase");
  const fallen = { ...attestation, attested: false, reason: "head ran in float" };
  const work = { batch: 1, baseline: [], trial: [] };
  const files = { asked: one, measure, baseline: "", trial: "", sha256: "", attestation: fallen, work };
  expect(withPhases(attestation, [files])).toEqual({
    ...attestation,
    attested: false,
    reason: "decode of context 7: head ran in float",
  });
});

test("in fp32 a sequence in parts gives the logits of the whole one, and a file that does not is a fault that is named", async () => {
  const written = (graph: Graph) => ({ graph, bytes: toOnnx(graph) });
  const whole = written(opened.graph);
  const form = written(withPast(opened.graph));
  const found = await checkContinuation(opened, form, whole, true);
  expect(found).toMatchObject({ sequences: 2, tokens: 16, sameTop: 1 });
  expect(found.maxRelativeError).toBeLessThan(1e-5);
  const coarse = written(quantizeGraph(opened.graph, w4));
  expect((await checkContinuation(opened, form, coarse, false)).maxRelativeError).toBeGreaterThan(0.01);
  const error = await checkContinuation(opened, form, coarse, true).catch((caught) => caught);
  expect(renderDiagnostic(error.diagnostics[0], new Map()).replace(/by \S+/, "by x")).toMatchInlineSnapshot(`
    "error[continuation-differs]: "llm" with a cache differs from the same model over whole sequences by x (relative); the limit is 0.0001
         = hint: nothing was exported; this is a fault of Nibble: please report the model's layers"
  `);
});
