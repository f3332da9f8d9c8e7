import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { SymbolicTensor } from "@tensorflow/tfjs";
import { afterAll, beforeAll, expect, test } from "vitest";
import { toGraph } from "../../src/frontends/tfjs/graph.js";
import { readTfjs } from "../../src/frontends/tfjs/read.js";
import { randomize, tf } from "../frontends/tfjs/parity.js";
import { save } from "../frontends/tfjs/saving.js";
import { damagedBytes, damagedJson } from "./mutations.js";
import { fuzz } from "./outcome.js";

let folder: string;
let text: string;
let shards: Map<string, Buffer>;
const file = () => join(folder, "model.json");

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "nibble-fuzz-"));
  await save(model(), folder, 256);
  text = await readFile(file(), "utf8");
  const names = (await readdir(folder)).filter((name) => name.endsWith(".bin"));
  shards = new Map(await Promise.all(names.map(async (name) => [name, await readFile(join(folder, name))] as const)));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

function model() {
  const L = tf.layers;
  const on = (layer: { apply(x: never): unknown }, x: unknown) => layer.apply(x as never) as SymbolicTensor;
  const input = tf.input({ shape: [8, 8, 2], name: "image" });
  let x = on(L.conv2d({ filters: 3, kernelSize: 3, padding: "same", activation: "relu", name: "conv" }), input);
  x = on(L.batchNormalization({ name: "norm" }), x);
  const side = on(L.separableConv2d({ filters: 3, kernelSize: 3, padding: "same", name: "separable" }), x);
  x = on(L.add({ name: "sum" }), [x, side]);
  x = on(L.averagePooling2d({ poolSize: 2, name: "pool" }), x);
  x = on(L.conv2dTranspose({ filters: 2, kernelSize: 2, strides: 2, name: "up" }), x);
  x = on(L.reshape({ targetShape: [8, 16], name: "steps" }), x);
  x = on(L.bidirectional({ layer: L.gru({ units: 2 }) as never, mergeMode: "concat", name: "both" }), x);
  return randomize(
    tf.model({ inputs: input, outputs: on(L.dense({ units: 2, activation: "softmax", name: "head" }), x) }),
  );
}

const open = async () => toGraph(await readTfjs(file()));

test("a damaged model.json is read or refused", async () => {
  const outcomes = await fuzz({ first: 1, count: 300 }, async (random) => {
    await writeFile(file(), damagedJson(text, random));
    return open();
  });
  expect(outcomes.graph).toBeGreaterThan(20);
  expect(Object.keys(outcomes).length).toBeGreaterThan(10);
});

test("damaged and exchanged weight files are read or refused", async () => {
  await writeFile(file(), text);
  const names = [...shards.keys()];
  const outcomes = await fuzz({ first: 1, count: 150 }, async (random) => {
    const [one, other] = [0, 1].map(() => names[random.integer(0, names.length - 1)] as string) as [string, string];
    const bytes = shards.get(one) as Buffer;
    const [first, second] =
      random.next() < 0.3 ? [shards.get(other) as Buffer, bytes] : [damagedBytes(bytes, random), shards.get(other)];
    if (one !== other) await writeFile(join(folder, other), second as Buffer);
    await writeFile(join(folder, one), first as Uint8Array);
    try {
      return await open();
    } finally {
      for (const name of [one, other]) await writeFile(join(folder, name), shards.get(name) as Buffer);
    }
  });
  expect(outcomes.graph).toBeGreaterThan(10);
  expect(outcomes["shard-size"]).toBeGreaterThan(10);
});
