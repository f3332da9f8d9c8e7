import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ownPackage } from "../../../src/base/package.js";
import { readTfjs } from "../../../src/frontends/tfjs/read.js";
import { storeTfjs } from "../../../src/frontends/tfjs/store-files.js";

const folder = () => mkdtempSync(join(tmpdir(), "nibble-store-"));
const json = (path: string) => JSON.parse(readFileSync(path, "utf8"));

/** A graph-model of two weights: float32 [3] and int32 [1]; only its files are read here. */
function graphModel(): string {
  const path = join(folder(), "model.json");
  const bytes = Buffer.alloc(16);
  [-1, 0, 2].forEach((value, i) => void bytes.writeFloatLE(value, 4 * i));
  bytes.writeInt32LE(7, 12);
  writeFileSync(join(path, "../group1-shard1of1.bin"), bytes);
  const model = {
    format: "graph-model",
    signature: { inputs: { x: { name: "x:0" } } },
    modelTopology: { node: [{ name: "w", op: "Const" }], versions: { producer: 1 } },
    weightsManifest: [
      {
        paths: ["group1-shard1of1.bin"],
        weights: [
          { name: "w", shape: [3], dtype: "float32" },
          { name: "axis", shape: [1], dtype: "int32" },
        ],
      },
    ],
    userDefinedMetadata: { signature: {} },
  };
  writeFileSync(path, JSON.stringify(model));
  return path;
}

test("a graph-model keeps its topology, signature and integers; float weights become codes", async () => {
  const path = graphModel();
  const target = folder();
  const stored = await storeTfjs(path, target, () => "uint8");
  const { weightsManifest, ...rest } = json(stored.path);
  const { weightsManifest: _, ...given } = json(path);
  expect(rest).toEqual(given);
  expect(weightsManifest).toEqual([
    {
      paths: ["weights.bin"],
      weights: [
        {
          name: "w",
          shape: [3],
          dtype: "float32",
          quantization: { dtype: "uint8", scale: 3 / 255, min: -85 * (3 / 255), original_dtype: "float32" },
        },
        { name: "axis", shape: [1], dtype: "int32" },
      ],
    },
  ]);
  expect([...readFileSync(join(target, "weights.bin"))]).toEqual([0, 85, 255, 7, 0, 0, 0]);
  expect(stored).toMatchObject({ codes: 3, float: 4 });
});

test("what is stored already is decoded first, and storing it in the same way again changes nothing", async () => {
  const [once, twice] = [folder(), folder()];
  const first = await storeTfjs(graphModel(), once, () => "uint8");
  await storeTfjs(first.path, twice, () => "uint8");
  expect(readFileSync(join(twice, "weights.bin"))).toEqual(readFileSync(join(once, "weights.bin")));
});

test("a layers-model comes back with every weight within a step of its range, and kept ones exactly", async () => {
  const path = join(ownPackage().folder, "datasets/models/digits-mlp/model.json");
  const [original, target] = [await readTfjs(path), folder()];
  await storeTfjs(path, target, (name) => (name.startsWith("dense_1/") ? "float32" : "uint8"));
  const back = await readTfjs(target);
  expect([...back.weights.keys()]).toEqual([...original.weights.keys()]);
  for (const [name, { data }] of original.weights) {
    const found = back.weights.get(name)?.data ?? [];
    const step = name.startsWith("dense_1/") ? 0 : (Math.max(...data) - Math.min(...data)) / 255;
    expect(Math.max(...data.map((value, i) => Math.abs(value - (found[i] as number))))).toBeLessThanOrEqual(step);
  }
});
