import { expect, test, vi } from "vitest";
import { hashBytes } from "../../src/base/hash.js";
import type { Engine } from "../../src/engines/engine.js";
import { loadSimulator } from "../../src/engines/simulator/simulator.js";
import type { Graph } from "../../src/ir/graph.js";
import type { CompletedRecord } from "../../src/results/record.js";
import { experimentOf, runInjected, scheme } from "./injected.js";

/** Graphs by the hash of their files, so that a file can be run by the simulator. */
const graphs = vi.hoisted(() => new Map<string, Graph>());

vi.mock("../../src/backends/onnx/write.js", async (original) => {
  const real = await original<typeof import("../../src/backends/onnx/write.js")>();
  return {
    toOnnx(graph: Graph) {
      const bytes = real.toOnnx(graph);
      graphs.set(hashBytes(bytes), graph);
      return bytes;
    },
  };
});

/** A CPU without VNNI: the simulator with pairs of 16 bits in place of the kernels, exact where the engine is told to be precise. */
function withoutVnni(real: Engine): Engine {
  let operators: Graph | undefined;
  return {
    ...real,
    async load(model, options) {
      const graph = typeof model === "string" ? undefined : graphs.get(hashBytes(model));
      if (!graph) throw new Error("a file that nobody wrote");
      // The engine still says what it would run.
      if (options.optimizedModelPath !== undefined) await (await real.load(model, options)).close();
      if (graph.nodes.some(({ opType }) => /^(QLinear|QGemm)/.test(opType))) operators = graph;
      const isQdq = graph.nodes.some(({ name }) => name.endsWith(":codes/DequantizeLinear"));
      // Fused, the QDQ form becomes the kernels of the operators; as written it is float.
      const kernels = isQdq && options.optimization === "all" ? operators : graph;
      const pairSums = options.extra?.["session.x64quantprecision"] === "1" ? "int32" : "int16";
      return loadSimulator(kernels ?? graph, { pairSums });
    },
  };
}

test("kernels that saturate are found by the probe, and the report names layers, effect and mends", async () => {
  const plan = experimentOf([
    scheme("static", { samples: 64 }),
    scheme("static", { samples: 64, reduce_range: true }),
    scheme("static", { samples: 64, precise: true }),
  ]);
  const { records, report } = await runInjected(plan, { engine: withoutVnni });
  const [, usual, reduced, precise] = records as readonly CompletedRecord[];
  expect(records.map(({ status }) => status)).toEqual(["completed", "completed", "completed", "completed"]);
  expect(usual?.manifest.environment.pairSums).toBe("saturating");
  expect(usual?.attestation.hazards).toEqual([
    expect.stringMatching(
      /^this CPU's kernels add pairs of products in 16 bits: on the largest codes QGemm gives 1048544 where it means 2072640; sums can saturate in dense_1, dense_2, dense_3$/,
    ),
    expect.stringMatching(/^simulated with such sums, /),
    "accuracy measured here may differ on a CPU with VNNI; `reduce_range: true` (7-bit weights) or `precise: true` (exact sums, slower) mends it",
  ]);
  expect(reduced?.attestation.hazards).toBeUndefined();
  expect(reduced?.gap?.maxSteps).toBe(0);
  expect(precise?.attestation.hazards).toBeUndefined();
  const text = report.replace(/\s+/g, " ");
  expect(text).toContain("this CPU's kernels add pairs of products in 16 bits");
  expect(text).toContain("`reduce_range: true` (7-bit weights) or `precise: true`");
});
