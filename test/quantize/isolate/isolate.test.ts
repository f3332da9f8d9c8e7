import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { graphBuilder } from "../../../src/ir/builder.js";
import type { Graph } from "../../../src/ir/graph.js";
import { interpret } from "../../../src/ir/interpret.js";
import { parseGraph } from "../../../src/ir/text.js";
import { startCalibration } from "../../../src/quantize/calibrate.js";
import { activationsAlone, weightsAlone } from "../../../src/quantize/isolate/isolate.js";
import { prepare } from "../../../src/quantize/passes/float/prepare.js";
import { quantizeGraph } from "../../../src/quantize/quantize.js";
import { schemeDefinition } from "../../../src/quantize/registry.js";
import type { Scheme } from "../../../src/quantize/scheme.js";
import { type Tensor, tensorFrom } from "../../../src/tensor/tensor.js";
import { randomNet } from "../passes/float/random-net.js";

function schemeOf(mode: string, settings = {}): Scheme {
  const scheme = schemeDefinition(mode)?.build(mode, settings);
  if (!scheme) throw new Error(`no scheme ${mode}`);
  return scheme;
}

const float = parseGraph(`graph "net" {
  input %x: float32 [batch, 2]
  const %"a/kernel": float32 [2, 2] = [1.27, 0.304, -0.5, -2.54]
  const %"a/bias": float32 [2] = [0.1, 0]
  const %"b/kernel": float32 [2, 2] = [1, 3.3, -0.2, 1.27]
  %a = Gemm(%x, %"a/kernel", %"a/bias") @layer "a" name "a/Gemm"
  %relu = Relu(%a) @layer "a" name "a/Relu"
  %b = MatMul(%relu, %"b/kernel") @layer "b" name "b/MatMul"
  output %b: float32 [batch, 2]
}`);
const ranges = new Map(Object.entries({ x: { min: -1, max: 1 }, relu: { min: 0, max: 5.1 } }));

const constants = (graph: Graph) =>
  Object.fromEntries([...graph.initializers].map(([name, { data }]) => [name, Array.from(data as Float32Array)]));

describe("weights alone", () => {
  test.each(["static", "dynamic"])("%s: a float graph whose weights are codes times scales", (mode) => {
    const graph = weightsAlone(float, quantizeGraph(float, schemeOf(mode), ranges));
    expect(graph.nodes.map(({ opType }) => opType)).toEqual(["Gemm", "Relu", "MatMul"]);
    const { "a/kernel:decoded": a, "b/kernel:decoded": b, "a/bias": bias } = constants(graph);
    // Columns share a scale: 1.27 / 127 and 2.54 / 127, then 1 / 127 and 3.3 / 127.
    const expected = [1.27, 15 * 0.02, -0.5, -2.54].map(Math.fround);
    a?.forEach((weight, i) => {
      expect(weight).toBeCloseTo(expected[i] as number, 6);
    });
    b?.forEach((weight, i) => {
      expect(weight).toBeCloseTo([1, 3.3, -25 / 127, (49 * 3.3) / 127][i] as number, 6);
    });
    expect(bias).toEqual([Math.fround(0.1), 0]);
  });

  test("weight_only: codes of MatMulNBits, by groups along the input", () => {
    const graph = weightsAlone(float, quantizeGraph(float, schemeOf("weight_only", { weights: "int4" })));
    const a = constants(graph)["a/kernel:decoded"] ?? [];
    const step = 1.27 / 7;
    const other = 2.54 / 7;
    [7 * step, 1 * other, Math.round(-0.5 / step) * step, -7 * other].forEach((weight, i) => {
      expect(a[i]).toBeCloseTo(weight, 2);
    });
  });

  test("fp32 leaves every weight", () => {
    expect(weightsAlone(float, float)).toEqual(float);
  });
});

describe("activations alone", () => {
  test("static: products between decoding and coding, with the float weights", () => {
    const graph = activationsAlone(float, quantizeGraph(float, schemeOf("static"), ranges));
    expect(graph?.nodes.map(({ opType }) => opType)).toEqual([
      ...["QuantizeLinear", "DequantizeLinear", "MatMul", "Add", "QuantizeLinear"],
      ...["DequantizeLinear", "MatMul"],
    ]);
    expect(graph && constants(graph)["b/kernel:float"]).toEqual(constants(float)["b/kernel"]);
  });

  test("dynamic: codes chosen at run time", () => {
    const graph = activationsAlone(float, quantizeGraph(float, schemeOf("dynamic")));
    expect(graph?.nodes.map(({ opType }) => opType)).toEqual([
      ...["DynamicQuantizeLinear", "DequantizeLinear", "MatMul", "Add", "Relu"],
      ...["DynamicQuantizeLinear", "DequantizeLinear", "MatMul"],
    ]);
  });

  test("nothing where activations stay float", () => {
    expect(activationsAlone(float, float)).toBeUndefined();
    expect(activationsAlone(float, quantizeGraph(float, schemeOf("weight_only")))).toBeUndefined();
  });
});

/** Largest difference of the first output, as a share of its range. */
function difference(a: Graph, b: Graph, feeds: Readonly<Record<string, Tensor>>): number {
  const [left, right] = [a, b].map(
    (graph) => interpret(graph, feeds).get(graph.outputs[0]?.name ?? "")?.data as Float32Array,
  );
  if (!left || !right) throw new Error("no output");
  let [most, low, high] = [0, 0, 0];
  left.forEach((value, i) => {
    most = Math.max(most, Math.abs(value - (right[i] as number)));
    [low, high] = [Math.min(low, value), Math.max(high, value)];
  });
  return high === low ? most : most / (high - low);
}

test("both together are the quantized graph: activations alone over decoded weights gives its outputs, on random nets", () => {
  let compared = 0;
  fc.assert(
    fc.property(randomNet, fc.constantFrom("static", "dynamic"), (net, mode) => {
      const graph = prepare(net.graph);
      const scheme = schemeOf(mode);
      const calibrator = scheme.calibration && startCalibration(graph, [scheme.calibration]);
      calibrator?.observe(Object.fromEntries(interpret(calibrator.graph, net.feeds)), 0);
      const quantized = quantizeGraph(graph, scheme, scheme.calibration && calibrator?.ranges(scheme.calibration));
      const decoded = weightsAlone(graph, quantized);
      const both = activationsAlone(decoded, quantized);
      if (both === undefined) return;
      compared++;
      // Sums of products in float32 against int32, and biases that are not rounded: a code may fall on the other side.
      expect(difference(quantized, both, net.feeds)).toBeLessThan(0.1);
    }),
    { numRuns: 40, seed: 1 },
  );
  expect(compared).toBeGreaterThan(10);
});

test("a recurrent layer: int8 weights in float, and its input alone as codes", () => {
  const g = graphBuilder("lstm");
  const x = g.input("x", "float32", ["batch", 3, 2]);
  const turned = g.node("Transpose", [x], { perm: [1, 0, 2] }, { layer: "lstm" });
  const weights = (shape: readonly number[]) =>
    tensorFrom(
      "float32",
      shape,
      Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(i)),
    );
  const w = g.constant("lstm/kernel", weights([1, 8, 2]));
  const r = g.constant("lstm/recurrent", weights([1, 8, 2]));
  const y = g.node("LSTM", [turned, w, r], { hidden_size: 2 }, { layer: "lstm" });
  const graph = prepare(g.build([y]));
  const quantized = quantizeGraph(graph, schemeOf("dynamic"));
  const alone = weightsAlone(graph, quantized);
  const feeds = { x: tensorFrom("float32", [1, 3, 2], [0.3, -0.2, 0.9, 0.4, -1, 0.5]) };
  expect(alone.nodes.map(({ opType }) => opType)).toContain("LSTM");
  expect(difference(graph, alone, feeds)).toBeLessThan(0.02);
  expect(difference(graph, alone, feeds)).toBeGreaterThan(0);
  const input = activationsAlone(graph, quantized);
  expect(input?.nodes.map(({ opType }) => opType)).toContain("DynamicQuantizeLinear");
  expect(input && difference(graph, input, feeds)).toBeLessThan(0.02);
});
