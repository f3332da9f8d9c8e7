import { expect, test } from "vitest";
import { toOnnx } from "../../../src/backends/onnx/write.js";
import { graphBuilder } from "../../../src/ir/builder.js";
import type { Attribute } from "../../../src/ir/graph.js";
import { interpret } from "../../../src/ir/interpret.js";
import { parseGraph, printGraph } from "../../../src/ir/text.js";
import { verify } from "../../../src/ir/verify.js";
import { inverseOf, transposed } from "../../../src/tensor/layout.js";
import { store } from "../../../src/tensor/store.js";
import { type Tensor, tensor, tensorFrom } from "../../../src/tensor/tensor.js";
import { havePython, runPython } from "../../python.js";
import { base64, fromBase64 } from "../../tensor/by-name.js";

const x = tensorFrom(
  "float32",
  [2, 3, 4, 5],
  Array.from({ length: 120 }, (_, i) => Math.sin(i * 0.7) * (1 + i / 40)),
);

function graphOf(attributes: Readonly<Record<string, Attribute>>, ...parameters: Tensor[]) {
  const g = graphBuilder("one");
  const names = parameters.map((value, i) => g.constant(`p${i}`, value));
  const input = g.input("x", "float32", x.shape);
  return g.build([g.node("FakeQuantize", [input, ...names], attributes, { domain: "nibble" })]);
}

function run(attributes: Readonly<Record<string, Attribute>>, ...parameters: Tensor[]): Tensor<"float32"> {
  const graph = graphOf(attributes, ...parameters);
  return interpret(verify(graph, "in a test"), { x }).get(graph.outputs[0]?.name ?? "") as Tensor<"float32">;
}

const one = (value: number) => tensorFrom("float32", [], [value]);
const point = (value: number) => tensorFrom("int32", [], [value]);

/** QuantizeLinear and DequantizeLinear of the same types by onnx's reference evaluator. */
const script = `
import base64, json, sys
import numpy as np, onnx
from onnx import TensorProto as T, helper as h
from onnx.reference import ReferenceEvaluator
request = json.load(sys.stdin)
x = np.frombuffer(base64.b64decode(request["x"]), np.float32)
def run(kind, scale, zero):
    consts = [h.make_tensor("s", T.FLOAT, [], [scale]), h.make_tensor("z", getattr(T, kind.upper()), [], [zero])]
    nodes = [h.make_node("QuantizeLinear", ["x", "s", "z"], ["q"]), h.make_node("DequantizeLinear", ["q", "s", "z"], ["y"])]
    graph = h.make_graph(nodes, "g", [h.make_tensor_value_info("x", T.FLOAT, [None])], [h.make_tensor_value_info("y", T.FLOAT, [None])], consts)
    y = ReferenceEvaluator(h.make_model(graph, opset_imports=[h.make_opsetid("", 23)])).run(None, {"x": x})[0]
    return base64.b64encode(y.astype(np.float32).tobytes()).decode()
print(json.dumps([run(*each) for each in request["cases"]]))
`;

test.skipIf(!havePython)("with a given scale, integers are QuantizeLinear and DequantizeLinear of onnx", () => {
  const cases = [
    ["int8", 0.02, 0],
    ["uint8", 0.013, 128],
    ["int16", 0.0001, 0],
    ["uint16", 0.00006, 30_000],
    ["int4", 0.4, 0],
    ["uint4", 0.25, 7],
  ] as const;
  const answers = JSON.parse(runPython(script, JSON.stringify({ x: base64(x.data), cases })));
  for (const [i, [format, scale, zeroPoint]] of cases.entries()) {
    const expected = new Float32Array(fromBase64(answers[i]));
    expect([format, run({ format }, one(scale), point(zeroPoint)).data]).toEqual([format, expected]);
  }
});

test("a given scale of a low-bit float saturates at the largest value", () => {
  const y = run({ format: "fp4" }, one(0.1));
  expect(Math.max(...(y.data as Float32Array))).toBeCloseTo(0.6, 6);
});

test("without a scale one is chosen for the whole tensor", () => {
  const { values } = store(x.data as Float32Array, 120, { format: "uint8" });
  expect(run({ format: "uint8" })).toEqual(tensor("float32", x.shape, values));
});

test.each([
  ["mxfp4", {}],
  ["nvfp4", {}],
  ["int4", { group: 2 }],
])("%s: blocks run along the axis, first the middle of the shape, then its end", (format, more) => {
  const rows = transposed(x, [0, 2, 3, 1]);
  const storage = { format, ...more };
  const read = tensor("float32", rows.shape, store(rows.data as Float32Array, 3, storage).values);
  expect(run({ format, axis: 1, ...more })).toEqual(transposed(read, inverseOf([0, 2, 3, 1])));
  const { values } = store(x.data as Float32Array, 5, storage);
  expect(run({ format, ...more })).toEqual(tensor("float32", x.shape, values));
});

test.each<readonly [string, Readonly<Record<string, Attribute>>, readonly Tensor[], string]>([
  ["an unknown format", { format: "int99" }, [], 'no number format is called "int99"'],
  ["a scale for blocks", { format: "mxfp4" }, [one(1)], "mxfp4 takes no scale"],
  ["a scale for a format without", { format: "bf16" }, [one(1)], "bf16 takes no scale"],
  ["a zero point of floats", { format: "fp4" }, [one(1), point(0)], "fp4 has no zero point"],
  ["a scale of 0", { format: "int8" }, [one(0)], "a scale is finite and > 0"],
  ["a scale for each of several", { format: "int8" }, [tensorFrom("float32", [2], [1, 1])], "must be one number"],
  ["a scale and groups", { format: "int8", group: 4 }, [one(1)], "groups choose their own"],
  ["an axis that is not there", { format: "int8", group: 4, axis: 4 }, [], "axis 4 does not exist at rank 4"],
  ["no format", {}, [], "attribute format is missing"],
])("%s is refused", (_, attributes, parameters, message) => {
  expect(() => verify(graphOf(attributes, ...parameters), "in a test")).toThrow(message);
});

test("it is printed and read again, and never lowered", () => {
  const graph = graphOf({ format: "mxfp4", axis: 1 });
  expect(parseGraph(printGraph(graph))).toEqual(graph);
  expect(() => toOnnx(graph)).toThrow("simulated and has no ONNX form");
});
