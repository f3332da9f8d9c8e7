import { readFile, rm } from "node:fs/promises";
import { join } from "node:path";
import { attest } from "../backends/onnx/attest.js";
import { toOnnx } from "../backends/onnx/write.js";
import { hashBytes, shortHash } from "../base/hash.js";
import type { Engine, InferenceSession } from "../engines/engine.js";
import type { Graph, GraphValue } from "../ir/graph.js";
import { inferTypes } from "../ir/infer.js";
import { runPasses } from "../ir/passes.js";
import { comparesValues } from "../measure/accuracy-metric.js";
import { agreement, type CrossCheck, disagreementOf, outputsApart } from "../measure/cross-check.js";
import { trackGap } from "../measure/gap.js";
import { qdqForm } from "../quantize/passes/qdq.js";
import { engineForm } from "../quantize/quantize.js";
import { exposeQuantizedValues } from "../quantize/quantized-values.js";
import type { Tensor } from "../tensor/tensor.js";
import { batches, feeds, outputsOf } from "./inference.js";
import type { Opened } from "./opened.js";
import { ownName } from "./whole-file.js";

/** Test samples that both forms see. */
const SAMPLES = 64;
/** Samples at once where every quantized value is an output, which takes memory. */
const LAYER_BATCH = 8;

const fused = { threads: 1, optimization: "all" } as const;
/** Nothing is fused or moved: each DequantizeLinear, float operator and QuantizeLinear runs as it stands. */
const asWritten = { threads: 1, optimization: "disabled" } as const;

/**
 * Runs a statically quantized graph and its QDQ form on the same engine and samples, the QDQ form twice: as the engine makes
 * integer kernels of it, and as it is written, in float. All three mean the same. Undefined where nothing is on codes.
 * @throws {DiagnosticError} `engine-refused` when the engine takes the QDQ form not at all
 */
export async function crossCheck(opened: Opened, quantized: Graph): Promise<CrossCheck | undefined> {
  const { engine, dataset, fp32 } = opened;
  const qdq = runPasses(quantized, [qdqForm]);
  const samples = dataset.splits.test.subarray(0, SAMPLES);
  if (qdq === quantized || samples.length === 0) return undefined;
  const bytes = { operators: toOnnx(engineForm(quantized)), qdq: toOnnx(qdq) };
  const firstOutput = async (by: Engine, model: Uint8Array) => {
    const [output] = await outputsOf(by, model, quantized, dataset, samples);
    return output as Tensor<"float32">;
  };
  const expected = await firstOutput(engine, bytes.operators);
  const hasAnswers = !comparesValues(fp32.scores.metric);
  const found: CrossCheck = {
    samples: samples.length,
    ...agreement(expected, await firstOutput(engine, bytes.qdq), hasAnswers),
    integerNodes: await integerNodes(opened, qdq, bytes.qdq),
    unfused: agreement(expected, await firstOutput(atLevel(engine, asWritten), bytes.qdq), hasAnswers),
  };
  if (!outputsApart(found)) return found;
  const layer = await firstLayer(opened, quantized, qdq, samples);
  const named = layer === undefined ? found : { ...found, layer };
  const disagreement = disagreementOf(named);
  return disagreement === undefined ? named : { ...named, disagreement };
}

function atLevel(engine: Engine, level: { readonly optimization: "disabled" }): Engine {
  return { ...engine, load: (model, options) => engine.load(model, { ...options, ...level }) };
}

async function integerNodes({ engine, folder }: Opened, qdq: Graph, bytes: Uint8Array): Promise<number> {
  const path = ownName(join(folder, `qdq-${shortHash(hashBytes(bytes))}.onnx`), "optimized");
  try {
    const session = await engine.load(bytes, { ...fused, optimizedModelPath: path });
    await session.close();
    return attest(qdq, await readFile(path)).integerNodes;
  } finally {
    await rm(path, { force: true });
  }
}

/**
 * The first layer, in the order of the graph, whose kernel gives codes or results more than a step from those of the unfused
 * form. Each layer of that form is given the kernels' own codes, so a difference is that layer's and not of one before it.
 */
async function firstLayer(
  { engine, graph, dataset }: Opened,
  quantized: Graph,
  qdq: Graph,
  samples: Int32Array,
): Promise<string | undefined> {
  const { graph: exposed, values } = exposeQuantizedValues(quantized);
  const made = new Set(qdq.nodes.flatMap(({ outputs }) => outputs));
  const compared = values.filter(({ value }) => made.has(value));
  const apart = givenEach(
    qdq,
    compared.map(({ value }) => value),
  );
  const sessions: InferenceSession[] = [];
  try {
    const operators = await engine.load(toOnnx(exposed), fused);
    sessions.push(operators);
    const written = await engine.load(toOnnx(apart), asWritten);
    sessions.push(written);
    const tracker = trackGap(compared);
    for (const batch of batches(samples, LAYER_BATCH)) {
      const input = feeds(graph, dataset, batch);
      const a = await operators.run(input);
      const codes = compared.flatMap(({ value }) => (a[value] ? [[given(value), a[value]] as const] : []));
      const b = await written.run({ ...input, ...Object.fromEntries(codes) });
      for (const { value } of compared) tracker.add(value, elements(b, value), elements(a, value));
    }
    return tracker.finish().layers.find(({ maxSteps }) => maxSteps > 1)?.layer;
  } finally {
    for (const session of sessions) await session.close();
  }
}

const given = (value: string) => `${value}:given`;

/** The graph with each of these values an output, and whatever reads one reading an input in its place. */
function givenEach(graph: Graph, values: readonly string[]): Graph {
  const types = inferTypes(graph);
  const named = new Set(values);
  const typed = (name: string, type = types.get(name)): GraphValue => {
    if (!type) throw new Error(`cross-check: "${name}" has no type`);
    return { name, type };
  };
  const read = new Set(graph.nodes.flatMap(({ inputs }) => inputs.filter((input) => named.has(input))));
  return {
    ...graph,
    inputs: [...graph.inputs, ...[...read].map((value) => typed(given(value), types.get(value)))],
    outputs: values.map((value) => typed(value)),
    nodes: graph.nodes.map((node) => ({
      ...node,
      inputs: node.inputs.map((input) => (named.has(input) ? given(input) : input)),
    })),
  };
}

function elements(outputs: Readonly<Record<string, Tensor>>, value: string): Float32Array {
  const found = outputs[value];
  if (!found) throw new Error(`cross-check: one form has no "${value}"`);
  return found.data as Float32Array;
}
