import { expect, test } from "vitest";
import { interpret } from "../../src/ir/interpret.js";
import { parseGraph } from "../../src/ir/text.js";
import { verify } from "../../src/ir/verify.js";
import { exposeLayers } from "../../src/quantize/layers.js";
import { quantizeGraph } from "../../src/quantize/quantize.js";
import { schemeDefinition } from "../../src/quantize/registry.js";
import { weightBytes } from "../../src/quantize/size.js";
import { tensorFrom } from "../../src/tensor/tensor.js";

const float = parseGraph(`graph "net" {
  input %x: float32 [batch, 2]
  const %"a/kernel": float32 [2, 2] = [1, 2, 3, 4]
  const %"a/bias": float32 [2] = [1, -1]
  const %"b/kernel": float32 [2, 2] = [1, 2, 3, 4]
  const %shape: int64 [2] = [-1, 2]
  %a = Gemm(%x, %"a/kernel", %"a/bias") @layer "a" name "a/Gemm"
  %relu = Relu(%a) @layer "activation" name "activation/Relu"
  %flat = Reshape(%relu, %shape) @layer "reshape" name "reshape/Reshape"
  %b = Gemm(%flat, %"b/kernel") @layer "b" name "b/Gemm"
  %done = Softmax(%b) @layer "b" name "b/Softmax"
  output %done: float32 [batch, 2]
}`);

function quantized(mode: string) {
  const scheme = schemeDefinition(mode)?.build(mode, {});
  if (!scheme) throw new Error(`no scheme ${mode}`);
  const ranges = { x: { min: -1, max: 1 }, relu: { min: 0, max: 8 } };
  return quantizeGraph(float, scheme, new Map(Object.entries(ranges)));
}

test.each(["static", "dynamic", "weight_only"])(
  "%s: both graphs give each layer's result as float32 of one name",
  (mode) => {
    const exposed = exposeLayers(float, quantized(mode));
    expect(exposed.layers).toEqual([
      { layer: "a", value: mode === "static" ? "relu" : "a" },
      { layer: "activation", value: "relu" },
      { layer: "reshape", value: "flat" },
      { layer: "b", value: "done" },
    ]);
    const feeds = { x: tensorFrom("float32", [2, 2], [1, -0.5, 0.25, 1]) };
    const [exact, integer] = [exposed.float, exposed.quantized].map((graph) =>
      interpret(verify(graph, "exposed"), feeds),
    );
    const shown = (graph: typeof float) => graph.outputs.map(({ name }) => name);
    for (const { value } of exposed.layers) {
      expect(shown(exposed.float)).toContain(value);
      expect(shown(exposed.quantized)).toContain(value);
      const [real, near] = [exact?.get(value), integer?.get(value)];
      expect(near?.dtype).toBe("float32");
      expect([...(near?.data ?? [])]).toEqual([...(real?.data ?? [])].map((v) => expect.closeTo(Number(v), 0)));
    }
  },
);

test("bytes are counted by what the initializers are", () => {
  expect(weightBytes(float)).toEqual({ codes: 0, scales: 0, zeroPoints: 0, float: 40, other: 16 });
  expect(weightBytes(quantized("dynamic"))).toEqual({ codes: 8, scales: 16, zeroPoints: 0, float: 8, other: 16 });
  // Scales: x, relu, two columns of a and of b. Zero points: x, relu in one byte each, and one a column.
  expect(weightBytes(quantized("static"))).toEqual({ codes: 8, scales: 24, zeroPoints: 6, float: 0, other: 24 });
  // Rows of 2 are filled up to a block of 16; scales are float16.
  expect(weightBytes(quantized("weight_only"))).toEqual({ codes: 64, scales: 8, zeroPoints: 0, float: 8, other: 16 });
});
