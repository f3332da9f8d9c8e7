import fc from "fast-check";
import { expect, test } from "vitest";
import { graphBuilder } from "../../src/ir/builder.js";
import type { Graph } from "../../src/ir/graph.js";
import { interpret } from "../../src/ir/interpret.js";
import { startCalibration } from "../../src/quantize/calibrate.js";
import { prepare } from "../../src/quantize/passes/float/prepare.js";
import { quantizeGraph } from "../../src/quantize/quantize.js";
import { schemeDefinition } from "../../src/quantize/registry.js";
import { strayWeights } from "../../src/quantize/stray-weights.js";
import { tensorFrom } from "../../src/tensor/tensor.js";
import { randomNet } from "./passes/float/random-net.js";

test.each(["static", "dynamic"])("%s: the weights of random nets come back from their codes", (mode) => {
  fc.assert(
    fc.property(randomNet, (net) => {
      const scheme = schemeDefinition(mode)?.build(mode, {});
      if (!scheme) throw new Error("no scheme");
      const float = prepare(net.graph);
      const calibrator = startCalibration(float, scheme.calibration ? [scheme.calibration] : []);
      if (scheme.calibration) calibrator.observe(Object.fromEntries(interpret(calibrator.graph, net.feeds)), 0);
      const ranges = scheme.calibration && calibrator.ranges(scheme.calibration);
      expect(strayWeights(float, quantizeGraph(float, scheme, ranges))).toEqual([]);
    }),
    { numRuns: 40, seed: 4 },
  );
});

/** A square dense layer, stored [N, K] or [K, N], with outputs of very different sizes. */
function dense(transB: 0 | 1): Graph {
  const g = graphBuilder("dense");
  const x = g.input("x", "float32", ["batch", 2]);
  const w = g.constant("w", tensorFrom("float32", [2, 2], transB === 1 ? [1, 0.5, 40, 80] : [1, 40, 0.5, 80]));
  return g.build([g.node("Gemm", [x, w], { transB }, { name: "d/Gemm", layer: "d" })]);
}

test.each([0, 1] as const)(
  "scales along the inputs of a square matrix (transB %i) are found by their layer",
  (transB) => {
    const scheme = schemeDefinition("dynamic")?.build("dynamic", {});
    if (!scheme) throw new Error("no scheme");
    const float = dense(transB);
    const right = quantizeGraph(float, scheme);
    expect(strayWeights(float, right)).toEqual([]);
    const wrong = tensorFrom("float32", [2], [40 / 127, 80 / 127]);
    const graph = { ...right, initializers: new Map([...right.initializers, ["w:scale", wrong] as const]) };
    expect(strayWeights(float, graph)).toMatchObject([{ node: "d/Gemm", layer: "d" }]);
  },
);
