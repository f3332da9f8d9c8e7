import { expect, test } from "vitest";
import { readOnnx } from "../../../src/backends/onnx/read.js";
import { toOnnx } from "../../../src/backends/onnx/write.js";
import { graphBuilder } from "../../../src/ir/builder.js";
import { tensorFrom } from "../../../src/tensor/tensor.js";
import { havePython, runPython } from "../../python.js";

test("nodes and initializers are read back as they were written", () => {
  const g = graphBuilder("small");
  const x = g.input("x", "float32", ["batch", 1, 2, 2]);
  const w = g.constant("w", tensorFrom("float32", [1, 1, 1, 1], [2]));
  const conv = g.node("Conv", [x, w], { group: 1, auto_pad: "VALID", pads: [0, 0, 0, 0] }, { name: "conv" });
  g.node("LeakyRelu", [conv], { alpha: 0.5 }, { name: "leaky" });
  expect(readOnnx(toOnnx(g.build(["leaky"])))).toEqual({
    irVersion: 10,
    opsets: { "": 21, "com.microsoft": 1 },
    nodes: [
      {
        name: "conv",
        opType: "Conv",
        domain: "",
        inputs: ["x", "w"],
        outputs: ["conv"],
        attributes: { auto_pad: "VALID", group: 1 },
      },
      {
        name: "leaky",
        opType: "LeakyRelu",
        domain: "",
        inputs: ["conv"],
        outputs: ["leaky"],
        attributes: { alpha: 0.5 },
      },
    ],
    initializers: [{ name: "w", dataType: 1, dims: [1, 1, 1, 1] }],
  });
});

test.skipIf(!havePython)("a file of Python's onnx with its own spelling of the domain reads alike", () => {
  const script = `
import sys, onnx
from onnx import helper, TensorProto
node = helper.make_node("Relu", ["x"], ["y"], name="n", domain="ai.onnx")
value = lambda name: helper.make_tensor_value_info(name, TensorProto.FLOAT, ["batch", 2])
graph = helper.make_graph([node], "g", [value("x")], [value("y")])
model = helper.make_model(graph, opset_imports=[helper.make_opsetid("ai.onnx", 21)], ir_version=10)
print(model.SerializeToString().hex())
`;
  const bytes = Buffer.from(runPython(script).trim(), "hex");
  expect(readOnnx(bytes)).toMatchObject({ opsets: { "": 21 }, nodes: [{ opType: "Relu", domain: "", inputs: ["x"] }] });
});

test.each([
  ["random bytes", Uint8Array.of(255, 255, 255, 255, 1, 2, 3)],
  ["nothing", new Uint8Array()],
  ["a file that ends in the middle", toOnnx(graphBuilder("cut").build([])).subarray(0, 20)],
])("an ONNX file is not %s", (_, bytes) => {
  expect(() => readOnnx(bytes)).toThrow(/^not an ONNX file/);
});
