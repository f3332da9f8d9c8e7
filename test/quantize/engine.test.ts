import fc from "fast-check";
import { expect, test } from "vitest";
import { toOnnx } from "../../src/backends/onnx/write.js";
import type { Settings } from "../../src/base/option.js";
import { onnxruntime } from "../../src/engines/onnxruntime.js";
import type { Graph } from "../../src/ir/graph.js";
import { inferTypes } from "../../src/ir/infer.js";
import { interpret } from "../../src/ir/interpret.js";
import { startCalibration } from "../../src/quantize/calibrate.js";
import { prepare } from "../../src/quantize/passes/float/prepare.js";
import { quantizeGraph } from "../../src/quantize/quantize.js";
import { schemeDefinition } from "../../src/quantize/registry.js";
import type { Tensor } from "../../src/tensor/tensor.js";
import { type RandomNet, randomNet } from "./passes/float/random-net.js";

type Feeds = Readonly<Record<string, Tensor>>;
type Values = Readonly<Record<string, Tensor | undefined>>;

async function run(graph: Graph, feeds: Feeds): Promise<Values> {
  const session = await (await onnxruntime()).load(toOnnx(graph), { threads: 1, optimization: "all" });
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
