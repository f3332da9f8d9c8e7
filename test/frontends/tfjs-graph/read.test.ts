import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { Tensor as TfTensor } from "@tensorflow/tfjs";
import { InferenceSession, Tensor as OrtTensor } from "onnxruntime-node";
import { afterAll, beforeAll, expect, test } from "vitest";
import { toOnnx } from "../../../src/backends/onnx/write.js";
import { DiagnosticError, words } from "../../../src/base/diagnostic.js";
import type { JsonObject } from "../../../src/frontends/tfjs/json.js";
import { graphModelFromMemory, writeGraphModel } from "../../../src/frontends/tfjs-graph/artifacts.js";
import { lowerGraphModel } from "../../../src/frontends/tfjs-graph/lower.js";
import { readGraphModel } from "../../../src/frontends/tfjs-graph/read.js";
import { summarizeGraphModel } from "../../../src/frontends/tfjs-graph/summary.js";
import { openTfjs } from "../../../src/frontends/tfjs-model.js";
import { prepare } from "../../../src/quantize/passes/float/prepare.js";
import { tensor } from "../../../src/tensor/tensor.js";
import { normal } from "../../ir/operators/one-node.js";
import { relativeError, tf } from "../tfjs/parity.js";
import { graphFile } from "./graph-file.js";

let folder = "";
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "nibble-graph-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Two dense layers in scopes, as a converter names them. */
function small() {
  const file = graphFile();
  const x = file.input("x", "float32", [null, 3]);
  const first = file.constant("model/dense_1/kernel", normal(1, [3, 4]));
  const second = file.constant("model/dense_2/kernel", normal(2, [4, 2]));
  const hidden = file.node("model/dense_1/MatMul", "MatMul", [x, first]);
  const relu = file.node("model/dense_1/Relu", "Relu", [hidden]);
  file.output(file.node("model/dense_2/MatMul", "MatMul", [relu, second]));
  return file;
}

test("a graph-model in memory, its artifacts and its files are one model", async () => {
  const loaded = await tf.loadGraphModel(tf.io.fromMemory(small().artifacts()));
  const held = graphModelFromMemory(loaded as never);
  const given = graphModelFromMemory(small().artifacts() as never);
  const path = await writeGraphModel(held, join(folder, "memory"));
  const read = await readGraphModel(path);
  expect(new Set([held.model.hash, given.model.hash, read.hash]).size).toBe(1);
  const again = await tf.loadGraphModel(pathToFileURL(path).href);
  const x = tf.tensor([[1, -2, 3]]);
  expect((again.predict(x) as TfTensor).dataSync()).toEqual((loaded.predict(x) as TfTensor).dataSync());
});

test("layers are the scopes around nodes with weights, without what all share", () => {
  const { layers, inputs, outputs, diagnostics } = summarizeGraphModel(small().model());
  expect(layers).toEqual([
    { name: "dense_1", className: "MatMul", parameters: 12, quantizable: true },
    { name: "dense_2", className: "MatMul", parameters: 8, quantizable: true },
  ]);
  expect(inputs).toEqual([{ name: "x", shape: [3] }]);
  expect(outputs).toEqual([{ name: "out_0", shape: [2] }]);
  expect(diagnostics).toEqual([]);
});

interface ModelFile extends JsonObject {
  readonly modelTopology: { readonly node: readonly JsonObject[] };
  readonly weightsManifest: readonly [{ readonly paths: readonly string[]; readonly weights: readonly JsonObject[] }];
}

/** What opening the small model says after its JSON or its weights were changed. */
async function complaint(change: (json: ModelFile) => unknown, cut = 0): Promise<string> {
  const path = await writeGraphModel(graphModelFromMemory(small().artifacts() as never), join(folder, "broken"));
  const json = JSON.parse(await readFile(path, "utf8")) as ModelFile;
  await writeFile(path, JSON.stringify(change(json)));
  const weights = join(dirname(path), "weights.bin");
  const bytes = await readFile(weights);
  await writeFile(weights, bytes.subarray(0, bytes.length - cut));
  try {
    (await openTfjs(path)).lower({});
  } catch (error) {
    if (!(error instanceof DiagnosticError)) throw error;
    return error.diagnostics.map((each) => `${each.code}: ${words(each).message.replaceAll(folder, "")}`).join("\n");
  }
  return "nothing";
}

const nodes = (change: (node: JsonObject) => JsonObject) => (json: ModelFile) => ({
  ...json,
  modelTopology: { ...json.modelTopology, node: json.modelTopology.node.map(change) },
});
/** One node with other parts. */
const node = (name: string, parts: JsonObject) => nodes((each) => (each.name === name ? { ...each, ...parts } : each));
const weight = (parts: JsonObject) => (json: ModelFile) => {
  const [{ paths, weights }] = json.weightsManifest;
  return {
    ...json,
    weightsManifest: [{ paths, weights: weights.map((each, i) => (i === 0 ? { ...each, ...parts } : each)) }],
  };
};

const cases: Readonly<Record<string, readonly [change: (json: ModelFile) => unknown, cut?: number]>> = {
  "an input that does not exist": [node("model/dense_1/Relu", { input: ["model/dense_1/MatMull"] })],
  "an output that a node does not have": [node("model/dense_1/Relu", { input: ["model/dense_1/MatMul:3"] })],
  "nodes in a circle": [node("model/dense_1/MatMul", { input: ["model/dense_2/MatMul", "model/dense_1/kernel"] })],
  "two operators that nobody knows": [
    nodes((each) =>
      each.op === "MatMul" ? { ...each, op: each.name === "model/dense_1/MatMul" ? "MatMull" : "Own" } : each,
    ),
  ],
  "an operator that is refused": [node("model/dense_1/Relu", { op: "StringSplit" })],
  "two nodes of one name": [nodes((each) => (each.name === "model/dense_1/Relu" ? { ...each, name: "x" } : each))],
  "too few inputs": [node("model/dense_2/MatMul", { input: ["model/dense_1/Relu"] })],
  "an attribute of another kind": [node("model/dense_2/MatMul", { attr: { transpose_a: { b: "yes" } } })],
  "sizes that do not fit": [node("model/dense_2/MatMul", { attr: { transpose_b: { b: true } } })],
  "a weight that is missing": [
    (json) => ({
      ...json,
      weightsManifest: [{ paths: ["weights.bin"], weights: json.weightsManifest[0].weights.slice(1) }],
    }),
    48,
  ],
  "weights cut off": [(json) => json, 5],
  "a weight of a negative size": [weight({ shape: [-3, 4] })],
  "a weight of absurd size": [weight({ shape: [2 ** 20, 2 ** 20] })],
  "a weight of no type": [weight({ dtype: "float64" })],
  "texts where numbers should be": [weight({ dtype: "string", shape: [1] })],
  "nodes that are no list": [(json) => ({ ...json, modelTopology: { node: "none" } })],
  "a name that is a property of every object": [
    (json) => ({ ...json, signature: { outputs: { a: { name: "__proto__" } } } }),
  ],
  "an input of unknown rank": [
    node("x", { attr: { dtype: { type: "DT_FLOAT" }, shape: { shape: { unknownRank: true } } } }),
  ],
  "an input of texts": [node("x", { attr: { dtype: { type: "DT_STRING" } } })],
};

test("each damage is one clear diagnostic", async () => {
  const found: Record<string, string> = {};
  for (const [title, [change, cut]] of Object.entries(cases)) found[title] = await complaint(change, cut);
  expect(found).toMatchSnapshot();
});

const shared = resolve(dirname(fileURLToPath(import.meta.url)), "../../../../shared/models");

test.skipIf(!existsSync(shared)).each(["blazeface", "emotion", "facemesh"])(
  "a third party's model: %s agrees with TF.js on every output",
  async (name) => {
    const model = await readGraphModel(join(shared, name));
    const lowered = lowerGraphModel(model);
    expect(lowered.cuts).toEqual([]);
    const graph = prepare(lowered.graph);
    const [input] = graph.inputs;
    const x = tensor("float32", ...sample(input?.type.shape.slice(1).map(Number) ?? []));
    const loaded = await tf.loadGraphModel(pathToFileURL(join(shared, name, "model.json")).href);
    const names = lowered.outputs.map(({ ref }) => `${ref.node}:${ref.port}`);
    const feeds = { [model.inputs[0]?.node ?? ""]: tf.tensor(x.data, [...x.shape]) };
    const expected = [loaded.execute(feeds, names)].flat();
    const session = await InferenceSession.create(toOnnx(graph), { intraOpNumThreads: 1, logSeverityLevel: 3 });
    const actual = await session.run({ [input?.name ?? ""]: new OrtTensor("float32", x.data, x.shape) });
    for (const [i, output] of graph.outputs.entries()) {
      const values = actual[output.name]?.data as Float32Array;
      expect(relativeError(values, (expected[i] as TfTensor).dataSync())).toBeLessThan(1e-4);
    }
    await session.release();
    loaded.dispose();
  },
);

/** One smooth image. */
function sample(shape: readonly number[]): [shape: number[], data: Float32Array] {
  const count = shape.reduce((product, size) => product * size, 1);
  return [[1, ...shape], Float32Array.from({ length: count }, (_, i) => Math.sin(i / 700) * Math.cos((i % 193) / 60))];
}
