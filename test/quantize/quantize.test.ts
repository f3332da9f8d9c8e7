import fc from "fast-check";
import { expect, test } from "vitest";
import { graphBuilder } from "../../src/ir/builder.js";
import type { Graph } from "../../src/ir/graph.js";
import { interpret } from "../../src/ir/interpret.js";
import { printGraph } from "../../src/ir/text.js";
import { startCalibration } from "../../src/quantize/calibrate.js";
import { quantizeGraph } from "../../src/quantize/quantize.js";
import { schemeDefinition } from "../../src/quantize/registry.js";
import type { Precision, Scheme } from "../../src/quantize/scheme.js";
import { weightBytes } from "../../src/quantize/size.js";
import type { Range } from "../../src/tensor/quant.js";
import { type Tensor, tensor, tensorFrom } from "../../src/tensor/tensor.js";

function scheme(mode: string, settings = {}, keep: Record<string, Precision> = {}): Scheme {
  const definition = schemeDefinition(mode);
  if (!definition) throw new Error(`no scheme ${mode}`);
  return { ...definition.build(mode, settings), keep };
}

function calibrated(graph: Graph, feeds: Readonly<Record<string, Tensor>>): ReadonlyMap<string, Range> {
  const calibration = { observer: "minmax", samples: 100 } as const;
  const calibrator = startCalibration(graph, [calibration]);
  calibrator.observe(Object.fromEntries(interpret(calibrator.graph, feeds)), 0);
  return calibrator.ranges(calibration);
}

/** conv a, relu -> conv b -> pool -> dense c, relu -> dense d */
function net(): Graph {
  const g = graphBuilder("net");
  const weight = (name: string, shape: readonly number[]) => {
    const count = shape.reduce((a, b) => a * b, 1);
    return g.constant(
      name,
      tensorFrom(
        "float32",
        shape,
        Array.from({ length: count }, (_, i) => Math.sin(i + 1)),
      ),
    );
  };
  let x = g.input("x", "float32", ["batch", 1, 4, 4]);
  x = g.node(
    "Conv",
    [x, weight("a/kernel", [2, 1, 3, 3]), weight("a/bias", [2])],
    { pads: [1, 1, 1, 1] },
    { layer: "a" },
  );
  x = g.node("Relu", [x], {}, { layer: "a" });
  x = g.node("Conv", [x, weight("b/kernel", [2, 2, 1, 1])], {}, { layer: "b" });
  x = g.node("MaxPool", [x], { kernel_shape: [2, 2], strides: [2, 2] }, { layer: "pool" });
  x = g.node("Flatten", [x], {}, { layer: "flatten" });
  x = g.node("Gemm", [x, weight("c/kernel", [8, 4]), weight("c/bias", [4])], {}, { layer: "c" });
  x = g.node("Relu", [x], {}, { layer: "c" });
  x = g.node("Gemm", [x, weight("d/kernel", [4, 3]), weight("d/bias", [3])], {}, { layer: "d" });
  return g.build([x]);
}

const image = tensorFrom(
  "float32",
  [2, 1, 4, 4],
  Array.from({ length: 32 }, (_, i) => Math.cos(3 * i)),
);

function operators(graph: Graph): string {
  return graph.nodes.map(({ opType }) => opType).join(" ");
}

test("fp32 gives the same graph back", () => {
  const graph = net();
  expect(quantizeGraph(graph, scheme("fp32"))).toBe(graph);
});

test("a keep rule leaves every node of its layer in float, and the rest is quantized around it", () => {
  const graph = net();
  const ranges = calibrated(graph, { x: image });
  const kept = (...layers: string[]) =>
    operators(quantizeGraph(graph, scheme("static", {}, Object.fromEntries(layers.map((l) => [l, "fp32"]))), ranges));
  expect(kept()).toBe("QuantizeLinear QLinearConv QLinearConv MaxPool Flatten QGemm QGemm");
  expect(kept("a")).toBe("Conv Relu QuantizeLinear QLinearConv MaxPool Flatten QGemm QGemm");
  expect(kept("b")).toBe("QuantizeLinear QLinearConv DequantizeLinear Conv QuantizeLinear MaxPool Flatten QGemm QGemm");
  expect(kept("pool")).toBe(
    "QuantizeLinear QLinearConv QLinearConv DequantizeLinear MaxPool QuantizeLinear Flatten QGemm QGemm",
  );
  expect(kept("d")).toBe("QuantizeLinear QLinearConv QLinearConv MaxPool Flatten QGemm Relu Gemm");
  expect(kept("a", "b", "c", "d")).toBe("Conv Relu Conv MaxPool Flatten Gemm Relu Gemm");
});

test("a ReLU layer kept at fp32 stays part of the integer layer before it, which saturates at 0 exactly", () => {
  const graph = net();
  const nodes = graph.nodes.map((node) => (node.opType === "Relu" ? { ...node, layer: `${node.layer}_relu` } : node));
  const apart = { ...graph, nodes };
  const made = quantizeGraph(apart, scheme("static", {}, { a_relu: "fp32" }), calibrated(apart, { x: image }));
  expect(operators(made)).toBe("QuantizeLinear QLinearConv QLinearConv MaxPool Flatten QGemm QGemm");
});

test("weight_only keeps a layer at a width of its own", () => {
  const graph = quantizeGraph(net(), scheme("weight_only", { weights: "int4" }, { c: "int8" }));
  const widths = graph.nodes.flatMap(({ layer, attributes }) => (attributes.bits ? [[layer, attributes.bits]] : []));
  expect(widths).toEqual([
    ["c", 8],
    ["d", 4],
  ]);
});

test("a quantized graph keeps inputs, outputs and layers, and the float graph does not change", () => {
  const graph = net();
  const before = printGraph(graph);
  const ranges = calibrated(graph, { x: image });
  for (const mode of ["static", "dynamic", "weight_only"]) {
    const made = quantizeGraph(graph, scheme(mode), ranges);
    expect([made.inputs, made.outputs]).toEqual([graph.inputs, graph.outputs]);
    expect(new Set(made.nodes.map(({ layer }) => layer))).toEqual(new Set(graph.nodes.map(({ layer }) => layer)));
  }
  expect(printGraph(graph)).toBe(before);
});

test("the same scheme gives the same graph", () => {
  const ranges = calibrated(net(), { x: image });
  for (const mode of ["static", "dynamic", "weight_only"]) {
    const [a, b] = [quantizeGraph(net(), scheme(mode), ranges), quantizeGraph(net(), scheme(mode), ranges)];
    expect(printGraph(a)).toBe(printGraph(b));
  }
});

test("static without ranges, or without a range it needs, is a fault that names the value", () => {
  expect(() => quantizeGraph(net(), scheme("static"))).toThrow('scheme "static" is static and came without ranges');
  expect(() => quantizeGraph(net(), scheme("static"), new Map())).toThrow('calibration has no range for "x"');
});

/**
 * A static dense layer errs by at most half a step of the output, and for each product by half a step of the input times
 * the weight and half a step of the weight times the quantized input; the bias by half of its own step.
 */
test("a static dense layer stays within the bound of its steps", () => {
  const value = fc.float({ min: -8, max: 8, noNaN: true, noDefaultInfinity: true });
  fc.assert(
    fc.property(
      fc.array(value, { minLength: 6, maxLength: 6 }),
      fc.array(value, { minLength: 12, maxLength: 12 }),
      fc.array(value, { minLength: 4, maxLength: 4 }),
      (input, kernel, bias) => {
        const g = graphBuilder("dense");
        const x = g.input("x", "float32", ["batch", 3]);
        const w = g.constant("w", tensorFrom("float32", [3, 4], kernel));
        const y = g.node("Gemm", [x, w, g.constant("b", tensorFrom("float32", [4], bias))]);
        const graph = g.build([y]);
        const feeds = { x: tensorFrom("float32", [2, 3], input) };
        const made = quantizeGraph(graph, scheme("static"), calibrated(graph, feeds));
        const [exact, found] = [graph, made].map((each) => interpret(each, feeds).get(y)?.data as Float32Array);
        const xStep = (Math.max(0, ...input) - Math.min(0, ...input)) / 255 || 1;
        for (let i = 0; i < 8; i++) {
          const [row, column] = [Math.floor(i / 4), i % 4];
          const own = [0, 1, 2].map((k) => Math.fround(kernel[k * 4 + column] as number));
          const wStep = made.initializers.get("w:scale")?.data[column] as number;
          const bound = own.reduce(
            (sum, w, k) => {
              const real = Math.abs(input[row * 3 + k] as number);
              return sum + (Math.abs(w) * xStep) / 2 + ((real + xStep / 2) * wStep) / 2;
            },
            (xStep * wStep) / 2,
          );
          expect(Math.abs((exact?.[i] as number) - (found?.[i] as number))).toBeLessThanOrEqual(bound * 1.001 + 1e-5);
        }
      },
    ),
    { numRuns: 100 },
  );
});

test("a channel without weights keeps its bias, and a bias far larger than its products does not overflow int32", () => {
  const g = graphBuilder("bias");
  const x = g.input("x", "float32", ["batch", 1]);
  const w = g.constant("w", tensor("float32", [1, 3], Float32Array.of(0, 1e-9, 1)));
  const y = g.node("Gemm", [x, w, g.constant("b", tensor("float32", [3], Float32Array.of(0.005, 50, -0.3)))]);
  const graph = g.build([y]);
  const feeds = { x: tensorFrom("float32", [2, 1], [1, 5]) };
  const made = quantizeGraph(graph, scheme("static"), calibrated(graph, feeds));
  const [exact, found] = [graph, made].map((each) => interpret(each, feeds).get(y)?.data as Float32Array);
  for (const [i, value] of (exact ?? []).entries()) expect(found?.[i]).toBeCloseTo(value, 2);
  const codes = Array.from(made.initializers.get("Gemm:int32")?.data ?? [], Number);
  // The scale is a float32, so the limit holds to its precision.
  expect(Math.max(...codes) / 2 ** 30).toBeCloseTo(1, 6);
});

test("tensors of zeros and of one tiny value go through static quantization", () => {
  for (const value of [0, 1e-42, 3]) {
    const graph = net();
    const feeds = { x: tensorFrom("float32", [1, 1, 4, 4], Array<number>(16).fill(value)) };
    const made = quantizeGraph(graph, scheme("static"), calibrated(graph, feeds));
    const [exact, found] = [graph, made].map((each) => interpret(each, feeds).get("d/Gemm")?.data as Float32Array);
    for (const [i, real] of (exact ?? []).entries()) expect(found?.[i]).toBeCloseTo(real, 0);
  }
});

test.each(["int8", "int4", "int2"])("a convolution's weights stored as %s decode to within half a step", (dtype) => {
  const bits = Number(dtype.slice(3));
  const g = graphBuilder("conv");
  const x = g.input("x", "float32", ["batch", 7, 3, 3]);
  const values = Float32Array.from({ length: 20 * 7 * 9 }, (_, i) => Math.sin(i * i));
  const conv = g.node("Conv", [x, g.constant("kernel", tensor("float32", [20, 7, 3, 3], values))]);
  const made = quantizeGraph(g.build([conv]), scheme("weight_only", { weights: dtype, group: 32 }));
  const decoded = interpret(made, { x: tensorFrom("float32", [1, 7, 3, 3], values.subarray(0, 63)) });
  const weight = decoded.get(made.nodes.at(-1)?.inputs[1] ?? "");
  expect(weight?.shape).toEqual([20, 7, 3, 3]);
  // 63 weights a row in 2 groups; every scale is at most that of a largest weight of 1.
  const step = 1 / (2 ** (bits - 1) - 1);
  for (const [i, value] of values.entries()) {
    expect(Math.abs(value - Number(weight?.data[i]))).toBeLessThanOrEqual(step * 0.51);
  }
  expect(weightBytes(made).codes).toBe(20 * Math.ceil((64 * bits) / 8));
});
