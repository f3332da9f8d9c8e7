import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { lowerGraphModel } from "../../src/frontends/tfjs-graph/lower.js";
import { readGraphModel } from "../../src/frontends/tfjs-graph/read.js";
import { type Tensor, tensorFrom } from "../../src/tensor/tensor.js";
import { float, graphFile, type } from "../frontends/tfjs-graph/graph-file.js";
import { damagedBytes, damagedJson } from "./mutations.js";
import { fuzz } from "./outcome.js";

let folder: string;
let text: string;
let weights: Uint8Array;
const file = () => join(folder, "model.json");

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "nibble-fuzz-"));
  const { weightData, weightSpecs, ...rest } = sound().artifacts();
  weights = new Uint8Array(weightData as ArrayBuffer);
  text = JSON.stringify({ ...rest, weightsManifest: [{ paths: ["weights.bin"], weights: weightSpecs }] });
  await writeFile(file(), text);
  await writeFile(join(folder, "weights.bin"), weights);
  await open();
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Convolution, batch norm, shape arithmetic that folds, masks, splits, a resize and a constant branch. */
function sound() {
  const g = graphFile();
  const floats = (name: string, shape: number[]) => {
    const size = shape.reduce((a, b) => a * b, 1);
    const values = Array.from({ length: size }, (_, i) => ((i % 7) + 1) / 7);
    return g.constant(name, tensorFrom("float32", shape, values));
  };
  const ints = (name: string, values: number[]) =>
    g.constant(name, tensorFrom("int32", [values.length], values) as Tensor<"int32">);
  const int = (name: string, value: number) => g.constant(name, tensorFrom("int32", [], [value]) as Tensor<"int32">);
  const x = g.input("x", "float32", [null, 6, 6, 2]);
  const window = { strides: [1, 1, 1, 1], padding: "SAME", dataFormat: "NHWC" };
  const fused = { fused_ops: { list: { s: ["BiasAdd", "Relu"].map((op) => Buffer.from(op).toString("base64")) } } };
  const attributes = { ...window, data_format: "NHWC", num_args: 1, T: type("float32"), ...fused };
  let y = g.node("conv", "_FusedConv2D", [x, floats("w", [3, 3, 2, 4]), floats("b", [4])], attributes);
  const norm = ["scale", "offset", "mean", "variance"].map((name) => floats(name, [4]));
  y = g.node("norm", "FusedBatchNormV3", [y, ...norm], { epsilon: float(0.001), is_training: false });
  y = g.node("pad", "PadV2", [y, g.constant("pads", pads()), g.constant("zero", tensorFrom("float32", [], [0]))]);
  y = g.node("pool", "MaxPool", [y], { ...window, ksize: [1, 2, 2, 1], strides: [1, 2, 2, 1] });
  y = g.node("resize", "ResizeBilinear", [y, ints("size", [6, 6])], { half_pixel_centers: true });
  const masks = { begin_mask: 1, end_mask: 1, ellipsis_mask: 0, new_axis_mask: 0, shrink_axis_mask: 0 };
  const bounds = [ints("begin", [0, 1]), ints("end", [0, 5]), ints("steps", [1, 2])];
  y = g.node("slice", "StridedSlice", [y, ...bounds], masks);
  const first = [ints("from", [0]), ints("to", [1]), ints("by", [1])];
  const batch = g.node("batch", "StridedSlice", [g.node("shape", "Shape", [y]), ...first], { shrink_axis_mask: 1 });
  const target = g.node("target", "Pack", [batch, int("flat", -1)], { N: 2, axis: 0 });
  y = g.node("flatten", "Reshape", [y, target]);
  g.node("parts", "Split", [int("axis", 1), y], { num_split: 2 });
  y = g.node("joined", "ConcatV2", ["parts:1", "parts", int("along", 1)], { N: 2 });
  y = g.node("dense", "MatMul", [y, floats("kernel", [48, 3])]);
  g.output(g.node("softmax", "Softmax", [y]));
  return g;
}

const pads = () => tensorFrom("int32", [4, 2], [0, 0, 1, 0, 0, 1, 0, 0]) as Tensor<"int32">;

const open = async () => lowerGraphModel(await readGraphModel(file())).graph;

test("a damaged model.json is read or refused", async () => {
  const outcomes = await fuzz({ first: 1, count: 300 }, async (random) => {
    await writeFile(file(), damagedJson(text, random));
    return open();
  });
  expect(outcomes.graph).toBeGreaterThan(20);
  expect(Object.keys(outcomes).length).toBeGreaterThan(8);
});

test("damaged weights, sizes and axes among them, are read or refused", async () => {
  await writeFile(file(), text);
  const outcomes = await fuzz({ first: 1, count: 200 }, async (random) => {
    const damaged = damagedBytes(weights, random);
    // As long as the manifest says, so that the damage is in the numbers.
    const bytes = Uint8Array.from(weights, (byte, i) => damaged[i] ?? byte);
    await writeFile(join(folder, "weights.bin"), bytes);
    return open();
  });
  expect((await readFile(join(folder, "weights.bin"))).length).toBe(weights.length);
  expect(outcomes.graph).toBeGreaterThan(20);
});
