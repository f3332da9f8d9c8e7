import { expect, test } from "vitest";
import { toOnnx } from "../../../src/backends/onnx/write.js";
import { DiagnosticError } from "../../../src/base/diagnostic.js";
import { onnxruntime } from "../../../src/engines/onnxruntime.js";
import type { Graph } from "../../../src/ir/graph.js";
import { ModelProto } from "../../../src/onnx-proto/messages.js";
import { tensorFrom } from "../../../src/tensor/tensor.js";

const dense: Graph = {
  name: "dense",
  inputs: [{ name: "x", type: { dtype: "float32", shape: ["batch", 2] } }],
  outputs: [{ name: "y", type: { dtype: "float32", shape: ["batch", 3] } }],
  nodes: [
    {
      name: "dense/Gemm",
      opType: "Gemm",
      domain: "",
      inputs: ["x", "w", "b"],
      outputs: ["y"],
      attributes: { beta: 1, alpha: 1 },
    },
  ],
  initializers: new Map([
    ["w", tensorFrom("float32", [2, 3], [1, 2, 3, 4, 5, 6])],
    ["b", tensorFrom("float32", [3], [0.5, 0, -0.5])],
  ]),
};

test("a Gemm is written with IR version 10, opset 21, raw weights and a named batch", () => {
  const model = ModelProto.toObject(ModelProto.decode(toOnnx(dense)), { longs: Number });
  expect(model).toMatchObject({
    irVersion: 10,
    producerName: "nibble",
    opsetImport: [
      { domain: "", version: 21 },
      { domain: "com.microsoft", version: 1 },
    ],
    graph: {
      name: "dense",
      node: [
        {
          input: ["x", "w", "b"],
          output: ["y"],
          name: "dense/Gemm",
          opType: "Gemm",
          attribute: [
            { name: "alpha", f: 1, type: 1 },
            { name: "beta", f: 1, type: 1 },
          ],
        },
      ],
      input: [
        { name: "x", type: { tensorType: { elemType: 1, shape: { dim: [{ dimParam: "batch" }, { dimValue: 2 }] } } } },
      ],
    },
  });
});

test("equal graphs give equal bytes, whatever the order in which attributes were written", () => {
  const [node] = dense.nodes;
  const reordered = { ...dense, nodes: [{ ...node, attributes: { alpha: 1, beta: 1 } }] } as Graph;
  expect(Buffer.from(toOnnx(reordered)).equals(Buffer.from(toOnnx(dense)))).toBe(true);
});

test("the pieces are the bytes that encoding the whole message at once gives, empty and large weights among them", () => {
  const initializers = new Map([
    ...dense.initializers,
    ["none", tensorFrom("float32", [0], [])],
    ["long", { dtype: "int8", shape: [300], data: new Int8Array(300) } as const],
  ]);
  const bytes = toOnnx({ ...dense, initializers });
  expect(Buffer.from(ModelProto.encode(ModelProto.decode(bytes)).finish()).equals(Buffer.from(bytes))).toBe(true);
});

test("onnxruntime loads the file and computes x W + b", async () => {
  const session = await (await onnxruntime()).load(toOnnx(dense), { threads: 1, optimization: "all" });
  const { y } = await session.run({ x: tensorFrom("float32", [2, 2], [1, 1, 1, 0]) });
  expect(y).toEqual(tensorFrom("float32", [2, 3], [5.5, 7, 8.5, 1.5, 2, 2.5]));
  await session.close();
});

test("weights past 2 GiB are refused before anything is encoded", () => {
  const quarter = { dtype: "float32", shape: [2 ** 26], data: new Float32Array(2 ** 26) } as const;
  const initializers = new Map(Array.from({ length: 9 }, (_, i) => [`w${i}`, quarter] as const));
  let message = "";
  try {
    toOnnx({ ...dense, initializers });
  } catch (error) {
    if (error instanceof DiagnosticError) message = error.message;
  }
  expect(message).toMatchInlineSnapshot(
    `"ONNX refused the model during "lowering": the model needs 2415919104 bytes and one ONNX file holds at most 2147483647"`,
  );
});

test("an attribute that the operator does not have is a fault that names the node", () => {
  const [node] = dense.nodes;
  const graph = { ...dense, nodes: [{ ...node, attributes: { alhpa: 1 } }] } as Graph;
  expect(() => toOnnx(graph)).toThrow('operator Gemm of node "dense/Gemm" has no attribute "alhpa"');
});
