import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { readOnnxNodes } from "../../src/backends/onnx/read.js";
import { toOnnx } from "../../src/backends/onnx/write.js";
import type { Settings } from "../../src/base/option.js";
import { seededRandom } from "../../src/base/random.js";
import { onnxruntime } from "../../src/engines/onnxruntime.js";
import { graphBuilder } from "../../src/ir/builder.js";
import type { Graph } from "../../src/ir/graph.js";
import { inferTypes } from "../../src/ir/infer.js";
import { interpret } from "../../src/ir/interpret.js";
import { startCalibration } from "../../src/quantize/calibrate.js";
import { prepare } from "../../src/quantize/passes/float/prepare.js";
import { quantizeGraph } from "../../src/quantize/quantize.js";
import { schemeDefinition } from "../../src/quantize/registry.js";
import { elementCount, type Tensor, tensor } from "../../src/tensor/tensor.js";
import { type RandomNet, randomNet } from "./passes/float/random-net.js";

type Feeds = Readonly<Record<string, Tensor>>;
type Values = Readonly<Record<string, Tensor | undefined>>;

async function run(graph: Graph, feeds: Feeds, optimizedModelPath?: string): Promise<Values> {
  const options = { threads: 1, optimization: "all", ...(optimizedModelPath ? { optimizedModelPath } : {}) } as const;
  const session = await (await onnxruntime()).load(toOnnx(graph), options);
  try {
    return await session.run(feeds);
  } finally {
    await session.close();
  }
}

function quantized(net: RandomNet, mode: string, settings: Settings): { float: Graph; integer: Graph } {
  const definition = schemeDefinition(mode);
  if (!definition) throw new Error(`no scheme ${mode}`);
  const float = prepare(net.graph);
  const scheme = definition.build(mode, settings);
  if (!scheme.calibration) return { float, integer: quantizeGraph(float, scheme) };
  const calibrator = startCalibration(float, [scheme.calibration]);
  calibrator.observe(Object.fromEntries(interpret(calibrator.graph, net.feeds)), 0);
  return { float, integer: quantizeGraph(float, scheme, calibrator.ranges(scheme.calibration)) };
}

/** The graph with every value that a node makes and that holds codes or floats as an output. */
function withAllOutputs(graph: Graph): Graph {
  const types = inferTypes(graph);
  const shown = new Set(graph.outputs.map(({ name }) => name));
  const extra = graph.nodes.flatMap((node) =>
    node.outputs.flatMap((name) => {
      const type = types.get(name);
      return type && !shown.has(name) && ["uint8", "float32"].includes(type.dtype) ? [{ name, type }] : [];
    }),
  );
  return { ...graph, outputs: [...graph.outputs, ...extra] };
}

function largestDifference(a: Tensor | undefined, b: Tensor | undefined): number {
  const right = b?.data as Float32Array;
  return Array.from(a?.data as Float32Array).reduce(
    (most, x, i) => Math.max(most, Math.abs(x - (right[i] as number))),
    0,
  );
}

function largestMagnitude(t: Tensor | undefined): number {
  return Array.from(t?.data as Float32Array).reduce((most, x) => Math.max(most, Math.abs(x)), 1e-6);
}

test("static: each integer node of onnxruntime gives the interpreter's codes to one step, on random nets", async () => {
  let compared = 0;
  await fc.assert(
    fc.asyncProperty(randomNet, async (net) => {
      const graph = withAllOutputs(quantized(net, "static", {}).integer);
      const expected = interpret(graph, net.feeds);
      const actual = await run(graph, net.feeds);
      const agrees = (name: string) =>
        actual[name] === undefined || largestDifference(expected.get(name), actual[name]) < 1e-4;
      for (const { inputs, outputs, opType } of graph.nodes) {
        const [output = ""] = outputs;
        if (expected.get(output)?.dtype !== "uint8" || !inputs.every(agrees)) continue;
        compared++;
        expect([opType, largestDifference(expected.get(output), actual[output])]).toSatisfy(([, steps]) => steps <= 1);
      }
    }),
    { numRuns: 40, seed: 5 },
  );
  expect(compared).toBeGreaterThan(100);
});

test.each<readonly [string, Settings, number]>([
  ["static", {}, 0.15],
  ["static", { weights: "int8 per_tensor" }, 0.15],
  ["static", { reduce_range: true }, 0.2],
  ["dynamic", {}, 0.15],
  ["weight_only", { weights: "int8", group: 16 }, 0.15],
  ["weight_only", { weights: "int4" }, 1],
])("%s %o: random nets give what the interpreter gives, near the float net", async (mode, settings, bound) => {
  await fc.assert(
    fc.asyncProperty(randomNet, async (net) => {
      const { float, integer } = quantized(net, mode, settings);
      const name = float.outputs[0]?.name ?? "";
      const exact = interpret(float, net.feeds).get(name);
      const expected = interpret(integer, net.feeds).get(name);
      const actual = (await run(integer, net.feeds))[name];
      const scale = largestMagnitude(exact);
      expect(largestDifference(expected, actual) / scale).toBeLessThan(0.02);
      expect(largestDifference(exact, expected) / scale).toBeLessThan(bound);
    }),
    { numRuns: 25, seed: 11 },
  );
});

function normal(shape: readonly number[], deviation: number, seed: number): Tensor<"float32"> {
  const random = seededRandom(seed);
  const values = Float32Array.from({ length: elementCount(shape) }, () => deviation * random.normal());
  return tensor("float32", shape, values);
}

/** A convolution and a recurrent layer with weights large enough to be stored as codes. */
function convAndLstm(direction: "forward" | "bidirectional"): RandomNet {
  const directions = direction === "forward" ? 1 : 2;
  const g = graphBuilder("conv-and-lstm");
  const x = g.input("x", "float32", ["batch", 9, 6]);
  const kernel = g.constant("conv/kernel", normal([24, 9, 5], 0.2, 1));
  const conv = g.node("Conv", [x, kernel], { kernel_shape: [5], pads: [2, 2] }, { layer: "conv" });
  const steps = g.node("Transpose", [conv], { perm: [2, 0, 1] }, { layer: "lstm" });
  const weights = [
    g.constant("lstm/W", normal([directions, 64, 24], 0.3, 2)),
    g.constant("lstm/R", normal([directions, 64, 16], 0.3, 3)),
    g.constant("lstm/B", normal([directions, 128], 0.3, 4)),
  ];
  const attributes = { hidden_size: 16, direction };
  const [y = ""] = g.node("LSTM", [steps, ...weights], attributes, { layer: "lstm", outputs: 1 });
  return { graph: g.build([y]), feeds: { x: normal([2, 9, 6], 1, 5) } };
}

test.each<readonly [string, Settings, string, number]>([
  ["dynamic", {}, "Conv DynamicQuantizeLSTM", 0.05],
  ["dynamic", { weights: "int8 per_tensor" }, "Conv DynamicQuantizeLSTM", 0.05],
  ["weight_only", { weights: "int8" }, "Conv LSTM", 0.05],
  ["weight_only", { weights: "int4" }, "Conv LSTM", 0.5],
  ["weight_only", { weights: "int2" }, "Conv LSTM", 2],
])(
  "%s %o: convolutions and LSTMs; what decodes stored weights is gone once onnxruntime has loaded",
  async (...given) => {
    const [mode, settings, kernels, bound] = given;
    for (const direction of ["forward", "bidirectional"] as const) {
      const net = convAndLstm(direction);
      const { float, integer } = quantized(net, mode, settings);
      const [{ name } = { name: "" }] = float.outputs;
      const folder = mkdtempSync(join(tmpdir(), "nibble-test-"));
      const path = join(folder, "optimized.onnx");
      const actual = (await run(integer, net.feeds, path))[name];
      const ran = readOnnxNodes(readFileSync(path)).map(({ opType }) => opType);
      rmSync(folder, { recursive: true });
      expect(ran.filter((opType) => opType !== "Transpose").join(" ")).toBe(kernels);
      const expected = interpret(integer, net.feeds).get(name);
      expect(largestDifference(actual, expected)).toBeLessThan(0.01);
      expect(largestDifference(interpret(float, net.feeds).get(name), expected)).toBeLessThan(bound);
    }
  },
);
