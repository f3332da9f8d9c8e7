import { expect, test } from "vitest";
import { graphBuilder } from "../../src/ir/builder.js";
import type { Graph } from "../../src/ir/graph.js";
import { interpret } from "../../src/ir/interpret.js";
import { printGraph } from "../../src/ir/text.js";
import { startCalibration } from "../../src/quantize/calibrate.js";
import { foldConstants } from "../../src/quantize/passes/float/fold-constants.js";
import { quantizeGraph } from "../../src/quantize/quantize.js";
import { schemeDefinition } from "../../src/quantize/registry.js";
import type { Scheme } from "../../src/quantize/scheme.js";
import { dependsOnBatch, simulateGraph } from "../../src/quantize/simulate.js";
import { weightBytes } from "../../src/quantize/size.js";
import type { Range } from "../../src/tensor/quant.js";
import { type Tensor, tensorFrom } from "../../src/tensor/tensor.js";

function scheme(mode: string, settings = {}, keep: Readonly<Record<string, string>> = {}): Scheme {
  const definition = schemeDefinition(mode);
  if (!definition) throw new Error(`no scheme ${mode}`);
  return { ...definition.build(mode, settings), keep, execution: "simulated" };
}

const values = (shape: readonly number[], phase: number) =>
  tensorFrom(
    "float32",
    shape,
    Array.from({ length: shape.reduce((a, b) => a * b, 1) }, (_, i) => Math.sin(phase + i * 1.3)),
  );

/** conv a and relu -> conv b -> add constant -> pool -> dense c and relu -> dense d */
function net(): Graph {
  const g = graphBuilder("net");
  let x = g.input("x", "float32", ["batch", 1, 4, 4]);
  const weight = (name: string, shape: readonly number[]) => g.constant(name, values(shape, name.length));
  const a = [x, weight("a/kernel", [32, 1, 3, 3]), weight("a/bias", [32])];
  x = g.node("Conv", a, { pads: [1, 1, 1, 1] }, { layer: "a" });
  x = g.node("Relu", [x], {}, { layer: "a" });
  x = g.node("Conv", [x, weight("b/kernel", [40, 32, 1, 1])], {}, { layer: "b" });
  x = g.node("Add", [x, weight("shift", [40, 1, 1])], {}, { layer: "shift" });
  x = g.node("MaxPool", [x], { kernel_shape: [4, 4], strides: [4, 4] }, { layer: "pool" });
  x = g.node("Flatten", [x], {}, { layer: "flatten" });
  x = g.node("Gemm", [x, weight("c/kernel", [40, 6]), weight("c/bias", [6])], {}, { layer: "c" });
  x = g.node("Relu", [x], {}, { layer: "c" });
  x = g.node("MatMul", [x, weight("d/kernel", [6, 3])], {}, { layer: "d" });
  return g.build([x]);
}

const image = values([2, 1, 4, 4], 3);

function rangesOf(graph: Graph): ReadonlyMap<string, Range> {
  const calibration = { observer: "minmax", samples: 100 } as const;
  const calibrator = startCalibration(graph, [calibration]);
  calibrator.observe(Object.fromEntries(interpret(calibrator.graph, { x: image })), 0);
  return calibrator.ranges(calibration);
}

function outputOf(graph: Graph): Float32Array {
  return (interpret(graph, { x: image }).get(graph.outputs[0]?.name ?? "") as Tensor).data as Float32Array;
}

function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  return Array.from(a).reduce((most, value, i) => Math.max(most, Math.abs(value - (b[i] as number))), 0);
}

/** `held ranges of what`: the fake quantizations of a graph, by the value that they hold. */
function held(graph: Graph): readonly string[] {
  return graph.nodes
    .filter(({ domain }) => domain === "nibble")
    .map(({ inputs, outputs, attributes }) => {
      const { format, axis, group } = attributes;
      const where = axis === undefined ? "" : ` axis ${axis}`;
      return `${inputs[0]} -> ${outputs[0]} ${format}${where}${group === undefined ? "" : ` group ${group}`}`;
    });
}

test("static holds what would be codes, under its own name, and inputs of integer nodes beside it", () => {
  const graph = net();
  const ranges = rangesOf(graph);
  const { graph: simulated } = simulateGraph(graph, scheme("static", { activations: "fp8_e4m3" }), ranges);
  expect(held(simulated)).toMatchInlineSnapshot(`
    [
      "x -> x:held fp8_e4m3",
      "a/Relu:exact -> a/Relu fp8_e4m3",
      "b/Conv:exact -> b/Conv fp8_e4m3",
      "shift/Add:exact -> shift/Add fp8_e4m3",
      "c/Relu:exact -> c/Relu fp8_e4m3",
    ]
  `);
  expect(simulated.outputs).toEqual(graph.outputs);
});

test("a layer kept at fp32 holds nothing, and its neighbours hold what they read", () => {
  const graph = net();
  const ranges = rangesOf(graph);
  const keep = { b: "fp32", shift: "fp32" };
  const { graph: simulated, stored } = simulateGraph(graph, scheme("static", { activations: "int6" }, keep), ranges);
  expect(held(simulated)).toMatchInlineSnapshot(`
    [
      "x -> x:held int6",
      "a/Relu:exact -> a/Relu int6",
      "shift/Add -> shift/Add:held int6",
      "c/Relu:exact -> c/Relu int6",
    ]
  `);
  expect([...stored.keys()].some((name) => name.startsWith("b/"))).toBe(false);
});

test("blocks and groups are held before products alone, along what these sum over", () => {
  const graph = net();
  const of = (mode: string, settings: object) => held(simulateGraph(graph, scheme(mode, settings)).graph);
  expect(of("static", { activations: "mxfp4" })).toMatchInlineSnapshot(`
    [
      "x -> x:held mxfp4 axis 1",
      "a/Relu -> a/Relu:held mxfp4 axis 1",
      "flatten/Flatten -> flatten/Flatten:held mxfp4 axis -1",
      "c/Relu -> c/Relu:held mxfp4 axis -1",
    ]
  `);
  expect(of("static", { activations: "int4", activation_group: 16 })[0]).toMatch(/int4 axis 1 group 16$/);
  expect(of("dynamic", { activations: "uint4" })).toMatchInlineSnapshot(`
    [
      "flatten/Flatten -> flatten/Flatten:held uint4 axis -1",
      "c/Relu -> c/Relu:held uint4 axis -1",
    ]
  `);
  expect(of("weight_only", { weights: "int3" })).toEqual([]);
});

test.each([
  ["static", {}],
  ["dynamic", {}],
])("%s int8 simulated differs from executed by less than a step of the output", (mode, settings) => {
  const graph = net();
  const ranges = mode === "static" ? rangesOf(graph) : undefined;
  const executed = quantizeGraph(graph, scheme(mode, settings), ranges);
  const simulated = simulateGraph(graph, scheme(mode, settings), ranges).graph;
  const float = outputOf(graph);
  const step = (Math.max(...float) - Math.min(...float)) / 255;
  expect(largestDifference(outputOf(simulated), outputOf(executed))).toBeLessThan(step);
  expect(largestDifference(outputOf(simulated), float)).toBeGreaterThan(0);
});

test.each(["int2", "int4", "int8"])("weight_only %s has the weights that execute", (weights) => {
  const graph = net();
  const executed = foldConstants.run(quantizeGraph(graph, scheme("weight_only", { weights })));
  const { graph: simulated, stored } = simulateGraph(graph, scheme("weight_only", { weights }));
  const kernelOf = (each: Graph, layer: string) => {
    const node = each.nodes.find(({ opType, layer: own }) => opType === "Conv" && own === layer);
    return (each.initializers.get(node?.inputs[1] ?? "") as Tensor).data;
  };
  expect(kernelOf(simulated, "b")).toEqual(kernelOf(executed, "b"));
  // Too small to be stored in another form.
  expect(kernelOf(simulated, "a")).toBe(graph.initializers.get("a/kernel")?.data);
  expect(stored.get(`b/kernel:${weights}`)).toEqual({
    codes: (1280 * Number(weights.slice(3))) / 8,
    scales: 80,
    zeroPoints: 0,
  });
});

test("each kept layer has its own format, and what shares a scale is what does in the others", () => {
  const graph = net();
  const settings = { weights: [{ name: "int3" }, { name: "per_tensor" }] };
  const { stored } = simulateGraph(
    graph,
    scheme("static", settings, { c: "mxfp4", d: "fp16", b: "fp32" }),
    rangesOf(graph),
  );
  expect(Object.fromEntries([...stored].filter(([name]) => name.includes("kernel")))).toEqual({
    "a/kernel:int3": { codes: 108, scales: 4, zeroPoints: 0 },
    "c/kernel:mxfp4": { codes: 120, scales: 12, zeroPoints: 0 },
    "d/kernel:fp16": { codes: 36, scales: 0, zeroPoints: 0 },
  });
});

test("bytes are those of the formats, and of what stays as it was", () => {
  const graph = net();
  const { graph: simulated, stored } = simulateGraph(graph, scheme("dynamic", { weights: "int5" }));
  const before = weightBytes(graph);
  expect(weightBytes(simulated, stored)).toEqual({
    ...before,
    codes: 162,
    scales: 36,
    float: before.float - 4 * (240 + 18),
  });
});

test("the float graph is not changed, and the same scheme gives the same graph", () => {
  const graph = net();
  const text = printGraph(graph);
  const once = () => printGraph(simulateGraph(graph, scheme("static", { weights: "nf4", activations: "nvfp4" })).graph);
  expect(once()).toBe(once());
  expect(printGraph(graph)).toBe(text);
});

test("a weight that is NaN is named", () => {
  const graph = net();
  const broken = { ...values([6, 3], 1), data: new Float32Array(18).fill(Number.NaN) };
  const damaged = { ...graph, initializers: new Map([...graph.initializers, ["d/kernel", broken as Tensor]]) };
  expect(() => simulateGraph(damaged, scheme("weight_only", { weights: "fp4" }))).toThrow(/d\/kernel/);
});

test("weights of zeros, and activations that calibration saw as constant, stay finite", () => {
  const graph = net();
  const zeros = (name: string) => {
    const t = graph.initializers.get(name) as Tensor<"float32">;
    return [name, { ...t, data: new Float32Array(t.data.length) }] as const;
  };
  const still: Graph = {
    ...graph,
    initializers: new Map<string, Tensor>([...graph.initializers, ...["a/kernel", "a/bias", "d/kernel"].map(zeros)]),
  };
  for (const activations of ["uint8", "int4", "fp8_e5m2", "mxfp4", "nvfp4", "bf16"]) {
    const settings = { weights: "fp4", activations };
    const { graph: simulated } = simulateGraph(still, scheme("static", settings), rangesOf(still));
    expect([activations, [...outputOf(simulated)]]).toEqual([activations, new Array(6).fill(0)]);
  }
});

test("outputs depend on the batch where scales are chosen from all of an activation", () => {
  const depends = (mode: string, settings: object) => dependsOnBatch(scheme(mode, settings));
  expect([
    depends("dynamic", {}),
    depends("dynamic", { activations: "mxfp4" }),
    depends("dynamic", { activations: "int8", activation_group: 32 }),
    depends("dynamic", { activations: "bf16" }),
    depends("static", { activations: "nvfp4" }),
    depends("static", {}),
    depends("weight_only", { weights: "nf4" }),
  ]).toEqual([true, false, false, false, true, false, false]);
});
