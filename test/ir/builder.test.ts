import { expect, test } from "vitest";
import { graphBuilder } from "../../src/ir/builder.js";
import { printGraph } from "../../src/ir/text.js";
import { verify } from "../../src/ir/verify.js";
import { tensorFrom } from "../../src/tensor/tensor.js";

test("names come from the layer and the operator, and a taken one gets a number", () => {
  const b = graphBuilder("g");
  const x = b.input("x", "float32", ["batch", 2]);
  const one = b.node("Relu", [x], {}, { layer: "dense" });
  const two = b.node("Relu", [one], {}, { layer: "dense" });
  const three = b.node("Relu", [two]);
  expect([one, two, three]).toEqual(["dense/Relu", "dense/Relu_1", "Relu"]);
  expect(b.freeName("dense/Relu")).toBe("dense/Relu_2");
  expect(b.typeOf(three)).toEqual({ dtype: "float32", shape: ["batch", 2] });
  expect(verify(b.build([three]), "in a test").outputs).toEqual([
    { name: "Relu", type: { dtype: "float32", shape: ["batch", 2] } },
  ]);
});

test("several outputs are named or counted, and trailing absent inputs are dropped", () => {
  const b = graphBuilder("g");
  const x = b.input("x", "float32", ["batch", 4]);
  const [left, right] = b.node("Split", [x], { axis: 1, num_outputs: 2 }, { outputs: 2 });
  const clipped = b.node("Clip", [left, undefined, undefined]);
  expect(printGraph(b.build([clipped, right ?? ""]))).toMatchInlineSnapshot(`
    "graph "g" {
      input %x: float32 [batch, 4]
      %Split, %"Split:1" = Split(%x) {axis = 1, num_outputs = 2} name "Split"
      %Clip = Clip(%Split) name "Clip"
      output %Clip: float32 [batch, 2]
      output %"Split:1": float32 [batch, 2]
    }
    "
  `);
});

test("a mistake shows at the node that makes it", () => {
  const b = graphBuilder("g");
  const x = b.input("x", "float32", ["batch", 4]);
  expect(() => b.node("Flaten", [x], {}, { layer: "flat" })).toThrow('node "flat/Flaten" (Flaten): no such operator');
  expect(() => b.node("Add", [x, "y"])).toThrow('node "Add" (Add): input "y" is not a value made before it');
  expect(() => b.input("x", "float32", [1])).toThrow('two values are called "x"');
  expect(() => b.typeOf("z")).toThrow('no value is called "z"');
});

test("the same constant twice is one; another under its name is refused", () => {
  const b = graphBuilder("g");
  const t = tensorFrom("float32", [1], [1]);
  expect([b.constant("w", t), b.constant("w", t)]).toEqual(["w", "w"]);
  expect(() => b.constant("w", tensorFrom("float32", [1], [1]))).toThrow('two values are called "w"');
});
