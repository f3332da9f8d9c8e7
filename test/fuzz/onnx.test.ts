import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { toOnnx } from "../../src/backends/onnx/write.js";
import { toGraph } from "../../src/frontends/onnx/graph.js";
import { readOnnx } from "../../src/frontends/onnx/read.js";
import { graphBuilder } from "../../src/ir/builder.js";
import { BATCH } from "../../src/ir/graph.js";
import { tensorFrom } from "../../src/tensor/tensor.js";
import { damagedBytes } from "./mutations.js";
import { fuzz } from "./outcome.js";

let folder: string;
const file = () => join(folder, "model.onnx");

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "nibble-fuzz-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** A file with what readers get wrong: attributes of every kind, shapes as weights, several outputs. */
function sound(): Uint8Array {
  const g = graphBuilder("sound");
  const floats = (name: string, shape: number[]) =>
    g.constant(
      name,
      tensorFrom(
        "float32",
        shape,
        Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => (i % 7) / 7),
      ),
    );
  const ints = (name: string, values: number[]) => g.constant(name, tensorFrom("int64", [values.length], values));
  const x = g.input("x", "float32", [BATCH, 2, 6, 6]);
  let y = g.node("Conv", [x, floats("w", [4, 2, 3, 3]), floats("b", [4])], {
    kernel_shape: [3, 3],
    pads: [1, 1, 1, 1],
    strides: [1, 1],
  });
  y = g.node("LeakyRelu", [y], { alpha: 0.1 });
  y = g.node("MaxPool", [y], { kernel_shape: [2, 2], strides: [2, 2] });
  y = g.node("Pad", [y, ints("pads", [0, 0, 1, 0, 0, 0, 0, 1])], { mode: "constant" });
  y = g.node("Slice", [y, ints("starts", [0]), ints("ends", [3]), ints("axes", [2])]);
  y = g.node("Transpose", [y], { perm: [0, 2, 3, 1] });
  const [left = "", right = ""] = g.node("Split", [y, ints("parts", [1, 3])], { axis: 3 }, { outputs: 2 });
  y = g.node("Concat", [right, left], { axis: 3 });
  y = g.node("Reshape", [y, ints("shape", [0, -1])]);
  y = g.node("Gemm", [y, floats("k", [48, 3]), floats("c", [3])], { alpha: 1, beta: 1 });
  return toOnnx(g.build([g.node("Softmax", [y], { axis: -1 })]));
}

test("a damaged ONNX file is read or refused", async () => {
  const bytes = sound();
  await writeFile(file(), bytes);
  toGraph(await readOnnx(file()));
  const outcomes = await fuzz({ first: 1, count: 300 }, async (random) => {
    await writeFile(file(), damagedBytes(bytes, random));
    return toGraph(await readOnnx(file()));
  });
  expect(outcomes.graph).toBeGreaterThan(10);
  expect(outcomes["onnx-damaged"]).toBeGreaterThan(20);
});
