import { existsSync } from "node:fs";
import { mkdir, readFile, symlink } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import type { io, Tensor as TfTensor } from "@tensorflow/tfjs";
import { describe, expect, test } from "vitest";
import { tfjsFromArtifacts } from "../../../src/frontends/tfjs/artifacts.js";
import { toGraph } from "../../../src/frontends/tfjs/graph.js";
import { readTfjs } from "../../../src/frontends/tfjs/read.js";
import { interpret } from "../../../src/ir/interpret.js";
import { type Tensor, tensor } from "../../../src/tensor/tensor.js";
import { inFolder, randomize, relativeError, tf } from "./parity.js";
import { artifactsOf, save, small } from "./saving.js";

/** A topology that has none of the weights; they are only decoded. */
const anyTopology = {
  class_name: "Sequential",
  config: [{ class_name: "Flatten", config: { name: "flat", batch_input_shape: [null, 2, 2] } }],
};

test("files in several shards and memory give the same model", async () => {
  await inFolder(async (folder) => {
    const model = small();
    const path = await save(model, folder);
    const [read, memory] = [await readTfjs(path), tfjsFromArtifacts(model)];
    expect(read.hash).toBe(memory.hash);
    expect([...read.weights.keys()]).toEqual(["conv/kernel", "conv/bias", "head/kernel", "head/bias"]);
    expect(read.source).toBe(path);
    expect(toGraph(read)).toEqual(toGraph(memory));
    expect((await readTfjs(folder)).hash).toBe(read.hash);
    expect((await readTfjs(pathToFileURL(path).href)).hash).toBe(read.hash);
  });
});

test("another weight, shape or layer gives another hash", () => {
  const model = small();
  const hash = tfjsFromArtifacts(model).hash;
  randomize(model, 2);
  expect(tfjsFromArtifacts(model).hash).not.toBe(hash);
});

test("artifacts of model.save are read like the model", async () => {
  const model = small();
  expect(tfjsFromArtifacts(await artifactsOf(model)).hash).toBe(tfjsFromArtifacts(model).hash);
});

test("links that stay with the real model.json are followed, as download caches lay models out", async () => {
  await inFolder(async (folder) => {
    await mkdir(join(folder, "blobs"));
    await mkdir(join(folder, "snapshot"));
    await save(small(), join(folder, "blobs"), 1_000_000);
    for (const name of ["model.json", "group1-shard1.bin"]) {
      await symlink(join("..", "blobs", name), join(folder, "snapshot", name));
    }
    expect((await readTfjs(join(folder, "snapshot"))).hash).toBe((await readTfjs(join(folder, "blobs"))).hash);
  });
});

describe("stored types", () => {
  const specs = [
    { name: "a/float32", shape: [2], dtype: "float32" },
    { name: "a/int32", shape: [2], dtype: "int32" },
    { name: "a/bool", shape: [3], dtype: "bool" },
    { name: "a/uint8", shape: [3], dtype: "float32", quantization: { dtype: "uint8", scale: 0.1, min: -1 } },
    { name: "a/uint16", shape: [2], dtype: "float32", quantization: { dtype: "uint16", scale: 0.001, min: 3 } },
    { name: "a/float16", shape: [3], dtype: "float32", quantization: { dtype: "float16", original_dtype: "float32" } },
    { name: "a/rounded", shape: [2], dtype: "int32", quantization: { dtype: "uint8", scale: 0.3, min: -2 } },
  ];
  const bytes = Buffer.concat([
    Buffer.from(Float32Array.of(0.5, -2.25).buffer),
    Buffer.from(Int32Array.of(-7, 70_000).buffer),
    Buffer.from([0, 1, 255]),
    Buffer.from([0, 10, 255]),
    Buffer.from(Uint16Array.of(0, 65_535).buffer),
    // 1, -2 and the smallest subnormal.
    Buffer.from(Uint16Array.of(0x3c00, 0xc000, 0x0001).buffer),
    Buffer.from([0, 255]),
  ]);
  const decoded: Record<string, number[]> = {
    "a/float32": [0.5, -2.25],
    "a/int32": [-7, 70_000],
    "a/bool": [0, 1, 1],
    "a/uint8": [-1, 0, 24.5].map(Math.fround),
    "a/uint16": [3, 68.535].map(Math.fround),
    "a/float16": [1, -2, 2 ** -24],
    "a/rounded": [-2, 75],
  };

  test("decode to the values of the format's definition", () => {
    const weightData = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length);
    const model = tfjsFromArtifacts({ modelTopology: anyTopology, weightSpecs: specs, weightData });
    expect(Object.fromEntries([...model.weights].map(([name, { data }]) => [name, [...data]]))).toEqual(decoded);
  });

  test("decode to the values that TF.js decodes, bytes of bool apart", () => {
    const weightData = bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length);
    const theirs = tf.io.decodeWeights(weightData, specs as io.WeightsManifestEntry[]);
    const ours = tfjsFromArtifacts({ modelTopology: anyTopology, weightSpecs: specs, weightData }).weights;
    for (const [name, weight] of Object.entries(theirs)) {
      if (name !== "a/bool") expect([...(ours.get(name)?.data ?? [])]).toEqual([...(weight as TfTensor).dataSync()]);
    }
  });
});

const abalone = resolve(dirname(fileURLToPath(import.meta.url)), "../../../../shared/models/abalone");

test.skipIf(!existsSync(abalone))("a third party's model: abalone agrees with TF.js on its own data", async () => {
  const rows = (await readFile(join(abalone, "abalone.csv"), "utf8")).split("\n").slice(1, 201);
  const sexes: Record<string, number> = { M: 0, F: 1, I: 2 };
  const features = rows.map((row) =>
    row
      .split(",")
      .slice(0, 8)
      .map((cell, i) => (i === 0 ? (sexes[cell] ?? 0) : Number(cell))),
  );
  const feed = tensor("float32", [rows.length, 8], Float32Array.from(features.flat()));
  const graph = toGraph(await readTfjs(abalone));
  const loaded = await tf.loadLayersModel(pathToFileURL(join(abalone, "model.json")).href);
  const actual = interpret(graph, { [graph.inputs[0]?.name ?? ""]: feed }).get("dense_Dense3") as Tensor;
  const expected = loaded.predict(tf.tensor(feed.data, [...feed.shape])) as TfTensor;
  expect(relativeError(actual.data as Float32Array, expected.dataSync())).toBeLessThan(1e-4);
});
