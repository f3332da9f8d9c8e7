import { expect, test } from "vitest";
import { lowerGraphModel } from "../../../src/frontends/tfjs-graph/lower.js";
import { tensorFrom } from "../../../src/tensor/tensor.js";
import { graphFile, type } from "./graph-file.js";

/** The sizes of x [batch, 4, 6] on their way to a Reshape, as Keras writes its layers. */
function lowered(shape: (file: ReturnType<typeof graphFile>, sizes: string) => string) {
  const file = graphFile();
  const x = file.input("x", "float32", [null, 4, 6]);
  const sizes = file.node("sizes", "Shape", [x], { T: type("float32"), out_type: type("int32") });
  file.output(file.node("reshaped", "Reshape", [x, shape(file, sizes)]));
  const { graph, cuts } = lowerGraphModel(file.model());
  expect(cuts).toEqual([]);
  return { shape: graph.outputs[0]?.type.shape, operators: graph.nodes.map(({ opType }) => opType) };
}

const list = (file: ReturnType<typeof graphFile>, name: string, ...values: number[]) =>
  file.constant(name, tensorFrom("int32", [values.length], values));
const one = (file: ReturnType<typeof graphFile>, name: string, value: number) =>
  file.constant(name, tensorFrom("int32", [], [value]));

/** sizes[from], as StridedSlice writes it. */
function sizeAt(file: ReturnType<typeof graphFile>, sizes: string, from: number): string {
  const ends = [from, from + 1].map((at, i) => list(file, `at_${from}_${i}`, at));
  const inputs = [sizes, ends[0] ?? "", ends[1] ?? "", list(file, `step_${from}`, 1)];
  return file.node(`size_${from}`, "StridedSlice", inputs, { shrink_axis_mask: 1 });
}

test("Flatten: the batch and what is left, packed", () => {
  const found = lowered((file, sizes) =>
    file.node("shape", "Pack", [sizeAt(file, sizes, 0), one(file, "rest", -1)], { axis: 0, N: 2 }),
  );
  expect(found).toEqual({ shape: ["batch", 24], operators: ["Reshape"] });
});

test("a product of sizes, by Prod of a gathered part, joined with the batch", () => {
  const found = lowered((file, sizes) => {
    const inner = file.node("inner", "GatherV2", [sizes, list(file, "axes", 1, 2), one(file, "axis", 0)]);
    const product = file.node("product", "Prod", [inner, list(file, "over", 0)], { keep_dims: false });
    const packed = file.node("packed", "Pack", [product], { axis: 0, N: 1 });
    const batch = file.node("first", "Slice", [sizes, list(file, "begin", 0), list(file, "length", 1)]);
    return file.node("shape", "ConcatV2", [batch, packed, one(file, "along", 0)], { N: 2 });
  });
  expect(found).toEqual({ shape: ["batch", 24], operators: ["Reshape"] });
});

test("sizes turned, unpacked and spread go their way too", () => {
  const found = lowered((file, sizes) => {
    file.node("turned", "ReverseV2", [sizes, list(file, "axis", 0)]);
    file.node("parts", "Unpack", ["turned"], { axis: 0, num: 3 });
    const wide = file.node("wide", "ExpandDims", ["parts:2", one(file, "front", 0)]);
    const rest = file.node("rest", "Pack", ["parts:1", "parts"], { axis: 0, N: 2 });
    return file.node("shape", "ConcatV2", [wide, rest, one(file, "along", 0)], { N: 2 });
  });
  expect(found).toEqual({ shape: ["batch", 4, 6], operators: ["Identity"] });
});
