import { expect, test, vi } from "vitest";
import type { Graph } from "../../src/ir/graph.js";
import { experimentOf, runInjected, scheme } from "./injected.js";
import { tampering } from "./tampered.js";

/** What quantization itself gets wrong, when a test says so. */
const planned = vi.hoisted(() => ({ edit: (graph: Graph) => graph }));
vi.mock("../../src/quantize/quantize.js", async (original) => {
  const real = await original<typeof import("../../src/quantize/quantize.js")>();
  return {
    ...real,
    quantizeGraph: (...given: Parameters<typeof real.quantizeGraph>) => planned.edit(real.quantizeGraph(...given)),
  };
});

test("scales along the wrong channels are named with their layer, by the gap and by the QDQ form", async () => {
  const plan = experimentOf([scheme("static", { samples: 64 })]);
  const { records, report } = await runInjected(plan, {
    engine: (real) =>
      tampering(real, ({ node, initializer }) => {
        const gemm = node.find(({ opType, input }) => opType === "QGemm" && input[3]?.startsWith("dense_2"));
        const scale = initializer.find(({ name }) => name === gemm?.input[4]);
        if (!scale) return;
        // Each channel gets the scale of its mirror image: as many as are needed, so that no engine objects.
        const scales = new Float32Array(Uint8Array.from(scale.rawData).buffer);
        scale.rawData = new Uint8Array(scales.reverse().buffer);
      }),
  });
  const trial = records[1];
  expect(trial?.status === "completed" && trial.attestation).toMatchObject({
    attested: false,
    crossCheck: { layer: "dense_2" },
  });
  const text = report.replace(/\s+/g, " ");
  expect(text).toContain("QOperator and QDQ form of the same scheme disagree on this engine");
  expect(text).toContain("it begins in layer dense_2");
});

test("scales that quantization itself gives to the wrong channels, so that every form agrees, are named with their layer", async () => {
  planned.edit = (graph) => {
    const scale = graph.initializers.get("dense_2/kernel:scale");
    if (!scale) return graph;
    const wrong = { ...scale, data: Float32Array.from(scale.data as Float32Array).reverse() };
    return { ...graph, initializers: new Map([...graph.initializers, ["dense_2/kernel:scale", wrong]]) };
  };
  const { records, report } = await runInjected(experimentOf([scheme("static", { samples: 64 })]));
  const trial = records[1];
  expect(trial?.status === "completed" && trial.attestation).toMatchObject({
    attested: false,
    crossCheck: { maxSteps: 0 },
  });
  expect(report.replace(/\s+/g, " ")).toContain("the integer weights of dense_2 are up to");
});
