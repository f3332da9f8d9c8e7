import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { attest } from "../../../src/backends/onnx/attest.js";
import { toOnnx } from "../../../src/backends/onnx/write.js";
import type { OptimizationLevel } from "../../../src/engines/engine.js";
import { onnxruntime } from "../../../src/engines/onnxruntime.js";
import { graphBuilder } from "../../../src/ir/builder.js";
import type { Graph } from "../../../src/ir/graph.js";
import { tensorFrom } from "../../../src/tensor/tensor.js";
import { integerProducts } from "./integer-products.js";

const folder = mkdtempSync(join(tmpdir(), "nibble-test-"));
afterAll(() => rmSync(folder, { recursive: true }));

async function optimized(graph: Graph, optimization: OptimizationLevel = "all"): Promise<Uint8Array> {
  const optimizedModelPath = join(folder, "optimized.onnx");
  const engine = await onnxruntime();
  const session = await engine.load(toOnnx(graph), { threads: 1, optimization, optimizedModelPath });
  await session.close();
  return readFileSync(optimizedModelPath);
}

const zeros = (length: number) => new Array<number>(length).fill(0);

/** MatMul of x [1, 32] with int8 codes that a DequantizeLinear turns into weights, between Q/DQ pairs of `dtype`. */
function qdq(dtype: "uint8" | "int8", opType: "MatMul" | "Conv"): Graph {
  const g = graphBuilder("qdq");
  const shape = opType === "Conv" ? [1, 4, 4, 4] : [1, 32];
  const weights = opType === "Conv" ? [4, 4, 1, 1] : [32, 4];
  const size = weights.reduce((a, b) => a * b, 1);
  const scale = g.constant("scale", tensorFrom("float32", [], [0.1]));
  const zero = g.constant("zero", tensorFrom(dtype, [], [0]));
  const codes = g.constant("codes", tensorFrom("int8", weights, new Array(size).fill(5)));
  const weightScale = g.constant("weightScale", tensorFrom("float32", [], [0.01]));
  const x = g.node("QuantizeLinear", [g.input("x", "float32", shape), scale, zero]);
  const operands = [g.node("DequantizeLinear", [x, scale, zero]), g.node("DequantizeLinear", [codes, weightScale])];
  return g.build([g.node(opType, operands, {}, { name: "product" })]);
}

test("every integer product is found in what onnxruntime makes of it, at each level", async () => {
  for (const level of ["basic", "extended", "all"] as const) {
    expect(attest(integerProducts(), await optimized(integerProducts(), level))).toEqual({
      integerNodes: 6,
      floatNodes: 0,
      attested: true,
      reason: "every planned integer node (6) ran as integer; 0 products in float",
    });
  }
});

test("a float graph plans nothing, and its products are counted", async () => {
  const g = graphBuilder("float");
  const x = g.input("x", "float32", ["batch", 2]);
  const w = g.constant("w", tensorFrom("float32", [2, 2], [1, 2, 3, 4]));
  const graph = g.build([g.node("Softmax", [g.node("Relu", [g.node("Gemm", [x, w])])])]);
  expect(attest(graph, await optimized(graph))).toEqual({
    integerNodes: 0,
    floatNodes: 1,
    attested: true,
    reason: "no integer nodes were planned; 1 product in float",
  });
});

test("the QDQ form is attested where the engine fuses it: uint8 activations", async () => {
  const graph = qdq("uint8", "MatMul");
  expect(attest(graph, await optimized(graph))).toMatchObject({ integerNodes: 1, floatNodes: 0, attested: true });
});

test("a convolution that the engine leaves in float, for its int8 activations, is named", async () => {
  const graph = qdq("int8", "Conv");
  expect(attest(graph, await optimized(graph))).toEqual({
    integerNodes: 0,
    floatNodes: 1,
    attested: false,
    reason:
      "1 of 1 planned integer nodes did not run as integer: product (Conv in float, after 2 DequantizeLinear; " +
      "int8 activations with int8 weights (S8S8) have no fast kernel on x64; uint8 activations have)",
    fallen: [
      {
        node: "product",
        ran: "Conv in float, after 2 DequantizeLinear",
        reason: "int8 activations with int8 weights (S8S8) have no fast kernel on x64; uint8 activations have",
        kernels: ["product", "DequantizeLinear_1", "DequantizeLinear"],
      },
    ],
  });
});

test("where nothing but convolutions multiplies, and in float, it is said which scheme has them on integers", async () => {
  const g = graphBuilder("float");
  const x = g.input("x", "float32", ["batch", 1, 3, 3]);
  const w = g.constant("w", tensorFrom("float32", [1, 1, 1, 1], [2]));
  const graph = g.build([g.node("Conv", [x, w], { kernel_shape: [1, 1] })]);
  expect(attest(graph, await optimized(graph)).reason).toBe(
    "no integer nodes were planned, as convolutions run on integers with static alone; 1 product in float",
  );
});

/** A convolution in QDQ form, with what may go wrong in it. */
function convolution({
  type = "uint8",
  between = false,
  fanOut = false,
  width = "int8",
  outputType,
}: {
  readonly type?: "uint8" | "int8";
  readonly between?: boolean;
  readonly fanOut?: boolean;
  readonly width?: "int8" | "int16";
  readonly outputType?: "uint8" | "int8";
}): Graph {
  const g = graphBuilder("conv");
  const scale = g.constant("scale", tensorFrom("float32", [], [0.1]));
  const zero = g.constant("zero", tensorFrom(type, [], [0]));
  const codes = g.constant("codes", tensorFrom(width, [4, 4, 1, 1], new Array(16).fill(5)));
  const x = g.node("QuantizeLinear", [g.input("x", "float32", [1, 4, 4, 4]), scale, zero]);
  const operands = [g.node("DequantizeLinear", [x, scale, zero]), g.node("DequantizeLinear", [codes, scale])];
  const y = g.node("Conv", operands, {}, { name: "conv1/Conv", layer: "conv1" });
  const float = between ? g.node("Softplus", [y], {}, { name: "softplus" }) : y;
  const outputZero = g.constant("outputZero", tensorFrom(outputType ?? type, [], [0]));
  const q = g.node("QuantizeLinear", [float, scale, outputZero]);
  const back = g.node("DequantizeLinear", [q, scale, outputZero]);
  return g.build(fanOut ? [back, g.node("Relu", [g.node("DequantizeLinear", [x, scale, zero])])] : [back]);
}

test.each([
  [{ type: "int8", fanOut: true } as const, "int8 activations with int8 weights (S8S8)"],
  [{ between: true } as const, "its result is read in float by softplus; a convolution is fused only when"],
  [{ width: "int16" } as const, "int16 weights: only 8-bit weights are fused into Conv on the CPU"],
])("a convolution falls back with its layer and the reason: %o", async (faults, reason) => {
  const graph = convolution(faults);
  const facts = attest(graph, await optimized(graph));
  expect(facts.reason).toContain("1 of 1 planned integer nodes did not run as integer: conv1 (");
  expect(facts.reason).toContain(reason);
  expect(facts.fallen).toMatchObject([{ node: "conv1/Conv", layer: "conv1", reason: expect.stringContaining(reason) }]);
  expect(facts.fallen?.[0]?.ran).toMatch(/^(Fused)?Conv in float, after 2 DequantizeLinear/);
});

test("without any of them the same convolution is integer", async () => {
  const graph = convolution({});
  expect(attest(graph, await optimized(graph))).toMatchObject({ integerNodes: 1, floatNodes: 0, attested: true });
});

test.each<{ bits: number; level: number; attested: boolean; why?: readonly [ran: string, reason: string] }>([
  { bits: 4, level: 4, attested: true },
  {
    ...{ bits: 4, level: 0, attested: false },
    why: [
      "MatMulNBits of 4 bits by 16 at accuracy level 0, which multiplies in float",
      "accuracy_level 0: MatMulNBits multiplies as integers at level 4 alone",
    ],
  },
  {
    ...{ bits: 2, level: 4, attested: false },
    why: [
      "MatMulNBits of 2 bits by 16 at accuracy level 4, which multiplies in float",
      "weights of 2 bits in blocks of 16 have no integer kernel; blocks of 32, 64, 128 have one",
    ],
  },
])(
  "MatMulNBits of $bits bits by 16 at accuracy level $level: attested $attested",
  async ({ bits, level, attested, why }) => {
    const g = graphBuilder("blocked");
    const x = g.input("x", "float32", [1, 16]);
    const codes = g.constant("codes", tensorFrom("uint8", [2, 1, 2 * bits], zeros(4 * bits)));
    const scales = g.constant("scales", tensorFrom("float32", [2], [1, 1]));
    const attributes = { K: 16, N: 2, bits, block_size: 16, accuracy_level: level };
    const graph = g.build([g.node("MatMulNBits", [x, codes, scales], attributes, { domain: "com.microsoft" })]);
    const facts = attest(graph, await optimized(graph));
    expect([facts.attested, facts.integerNodes, facts.floatNodes]).toEqual(attested ? [true, 1, 0] : [false, 0, 1]);
    expect(facts.fallen?.map((fallen) => [fallen.ran, fallen.reason])).toEqual(why && [why]);
  },
);

test("a product that lost its own place in a fusion is found by its weights", async () => {
  const g = graphBuilder("fused");
  const x = g.input("x", "float32", ["batch", 4]);
  const codes = g.constant("codes", tensorFrom("int8", [4, 4], zeros(16)));
  const scales = g.constant("scales", tensorFrom("float32", [4], [1, 1, 1, 1]));
  const [q = "", scale = "", zero = ""] = g.node("DynamicQuantizeLinear", [x], {}, { outputs: 3 });
  const product = g.node("MatMulInteger", [q, codes, zero]);
  const float = g.node("Mul", [g.node("Cast", [product], { to: 1 }), g.node("Mul", [scale, scales])]);
  const graph = g.build([float]);
  expect(attest(graph, await optimized(graph))).toMatchObject({ integerNodes: 1, attested: true });
});
