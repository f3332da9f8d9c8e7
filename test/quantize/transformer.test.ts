import { mkdtempSync, readFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { attest } from "../../src/backends/onnx/attest.js";
import { toOnnx } from "../../src/backends/onnx/write.js";
import { seededRandom } from "../../src/base/random.js";
import { onnxruntime } from "../../src/engines/onnxruntime.js";
import { graphBuilder } from "../../src/ir/builder.js";
import type { Graph } from "../../src/ir/graph.js";
import { interpret } from "../../src/ir/interpret.js";
import { startCalibration } from "../../src/quantize/calibrate.js";
import { prepare } from "../../src/quantize/passes/float/prepare.js";
import { quantizeGraph } from "../../src/quantize/quantize.js";
import { schemeDefinition } from "../../src/quantize/registry.js";
import { elementCount, type Tensor, tensor, tensorFrom } from "../../src/tensor/tensor.js";

const [batch, steps, heads, size, words] = [2, 12, 4, 16, 64];
const width = heads * size;
const random = seededRandom(11);

function normal(shape: readonly number[], deviation: number): Tensor<"float32"> {
  return tensor(
    "float32",
    shape,
    Float32Array.from({ length: elementCount(shape) }, () => random.normal() * deviation),
  );
}

/** A causal transformer block behind an embedding, with everything written out as exporters do. */
function writtenOut(): Graph {
  const g = graphBuilder("block");
  const tokens = g.input("tokens", "int32", ["batch", steps]);
  const number = (value: number) => g.constant(g.freeName("number"), tensorFrom("float32", [], [value]));
  const ints = (values: number[]) => g.constant(g.freeName("ints"), tensorFrom("int64", [values.length], values));
  const dense = (layer: string, x: string, rows: number, columns: number) => {
    const product = g.node(
      "MatMul",
      [x, g.constant(`${layer}/kernel`, normal([rows, columns], rows ** -0.5))],
      {},
      { layer },
    );
    return g.node("Add", [product, g.constant(`${layer}/bias`, normal([columns], 0.1))], {}, { layer });
  };
  const norm = (layer: string, x: string) => {
    const mean = (value: string) => g.node("ReduceMean", [value, ints([-1])], { keepdims: 1 }, { layer });
    const centred = g.node("Sub", [x, mean(x)], {}, { layer });
    const variance = mean(g.node("Mul", [centred, centred], {}, { layer }));
    const deviation = g.node("Sqrt", [g.node("Add", [variance, number(1e-5)], {}, { layer })], {}, { layer });
    const gamma = g.constant(`${layer}/gamma`, normal([width], 1));
    return g.node("Mul", [g.node("Div", [centred, deviation], {}, { layer }), gamma], {}, { layer });
  };
  const split = (x: string, perm: number[]) =>
    g.node("Transpose", [g.node("Reshape", [x, ints([0, 0, heads, size])])], { perm });
  const table = g.constant("embedding/embeddings", normal([words, width], 1));
  let x = g.node("Gather", [table, tokens], { axis: 0 }, { layer: "embedding" });
  const [q, k, v] = ["query", "key", "value"].map((layer) => dense(layer, x, width, width)) as [string, string, string];
  const products = g.node("MatMul", [split(q, [0, 2, 1, 3]), split(k, [0, 2, 3, 1])]);
  const mask = Array.from({ length: steps ** 2 }, (_, i) => (i % steps > Math.floor(i / steps) ? -1e9 : 0));
  const hidden = g.constant("mask", tensorFrom("float32", [1, 1, steps, steps], mask));
  const masked = g.node("Add", [g.node("Div", [products, number(Math.sqrt(size))]), hidden]);
  const seen = g.node("MatMul", [g.node("Softmax", [masked], { axis: -1 }), split(v, [0, 2, 1, 3])]);
  const joined = g.node("Reshape", [g.node("Transpose", [seen], { perm: [0, 2, 1, 3] }), ints([0, 0, width])]);
  x = norm("norm_1", g.node("Add", [x, dense("output", joined, width, width)]));
  const up = dense("up", x, width, 4 * width);
  const curve = g.node("Erf", [g.node("Div", [up, number(Math.SQRT2)])]);
  const gelu = g.node("Mul", [g.node("Mul", [up, g.node("Add", [curve, number(1)])]), number(0.5)]);
  x = norm("norm_2", g.node("Add", [x, dense("down", gelu, 4 * width, width)]));
  return g.build([dense("head", x, width, words)]);
}

const graph = writtenOut();
const feeds = {
  tokens: tensorFrom(
    "int32",
    [batch, steps],
    Array.from({ length: batch * steps }, () => random.integer(0, words - 1)),
  ),
};

/** Output of onnxruntime, and what it says of how a graph ran. */
async function executed(quantized: Graph) {
  const path = join(mkdtempSync(join(tmpdir(), "nibble-transformer-")), "optimized.onnx");
  const engine = await onnxruntime();
  const session = await engine.load(toOnnx(quantized), { threads: 1, optimization: "basic", optimizedModelPath: path });
  try {
    const output = (await session.run(feeds))[quantized.outputs[0]?.name ?? ""];
    return { output: output?.data as Float32Array, facts: attest(quantized, readFileSync(path)) };
  } finally {
    await session.close();
  }
}

function decibels(exact: Float32Array, found: Float32Array): number {
  const noise = exact.reduce((sum, value, i) => sum + (value - (found[i] ?? Number.NaN)) ** 2, 0);
  return 10 * Math.log10(exact.reduce((sum, value) => sum + value ** 2, 0) / noise);
}

const float = prepare(graph);
const exact = interpret(graph, feeds).get(graph.outputs[0]?.name ?? "")?.data as Float32Array;

test("written out, a block becomes the engine's own nodes, and gives the same to 1e-6 there", async () => {
  const counts = new Map<string, number>();
  for (const { opType } of float.nodes) counts.set(opType, (counts.get(opType) ?? 0) + 1);
  expect(Object.fromEntries([...counts].sort())).toMatchInlineSnapshot(`
    {
      "Add": 10,
      "ArgMax": 1,
      "Cast": 1,
      "Gather": 1,
      "Gelu": 1,
      "GroupQueryAttention": 1,
      "LayerNormalization": 2,
      "MatMul": 7,
      "Slice": 1,
    }
  `);
  expect(decibels(exact, (await executed(float)).output)).toBeGreaterThan(110);
});

/** Integer nodes: the six dense layers and the head. Attention stays a product in float. */
test.each([
  ["dynamic", {}, 7, 30],
  ["static", { samples: 1 }, 7, 25],
  ["weight_only", { weights: "int8", group: 32 }, 7, 35],
  ["weight_only", { weights: "int4", group: 16 }, 7, 12],
])("%s %j runs every dense layer on integers around attention in float", async (mode, settings, integers, least) => {
  const scheme = schemeDefinition(mode)?.build(mode, settings);
  if (!scheme) throw new Error(`no scheme ${mode}`);
  const calibrator = scheme.calibration && startCalibration(float, [scheme.calibration]);
  if (calibrator) calibrator.observe(Object.fromEntries(interpret(calibrator.graph, feeds)), 0);
  const ranges = scheme.calibration && calibrator?.ranges(scheme.calibration);
  const { output, facts } = await executed(quantizeGraph(float, scheme, ranges));
  expect(facts).toMatchObject({ attested: true, integerNodes: integers, floatNodes: 1 });
  expect(decibels(exact, output)).toBeGreaterThan(least);
});
