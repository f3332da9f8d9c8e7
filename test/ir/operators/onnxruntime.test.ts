import { InferenceSession, Tensor as OrtTensor } from "onnxruntime-node";
import { expect, test } from "vitest";
import { toOnnx } from "../../../src/backends/onnx/write.js";
import { interpret } from "../../../src/ir/interpret.js";
import { operators } from "../../../src/ir/operators/registry.js";
import type { DType, Tensor, TensorData } from "../../../src/tensor/tensor.js";
import { cases } from "./cases.js";
import { disagreement, graphOf } from "./one-node.js";

/** A graph's outputs by onnxruntime, with graph optimizations off so that the operator itself runs. */
async function runOnnxRuntime(
  bytes: Uint8Array,
  feeds: Readonly<Record<string, Tensor>>,
): Promise<Map<string, Tensor>> {
  const session = await InferenceSession.create(bytes, {
    graphOptimizationLevel: "disabled",
    intraOpNumThreads: 1,
    logSeverityLevel: 3,
  });
  try {
    const tensors = Object.entries(feeds).map(([name, { dtype, data, shape }]) => {
      return [name, new OrtTensor(dtype as "float32", data as Float32Array, shape)] as const;
    });
    const outputs = await session.run(Object.fromEntries(tensors));
    return new Map(
      Object.entries(outputs).map(([name, { type, dims, data }]) => [
        name,
        { dtype: type as DType, shape: dims, data: data as TensorData },
      ]),
    );
  } finally {
    await session.release();
  }
}

test.each(cases.filter((one) => one.noRuntime === undefined))("$title agrees with onnxruntime", async (one) => {
  const { graph, feeds } = graphOf(one);
  const found = interpret(graph, feeds);
  const expected = await runOnnxRuntime(toOnnx(graph), feeds);
  for (const { name } of graph.outputs) {
    const [ours, theirs] = [found.get(name), expected.get(name)];
    if (!ours || !theirs) throw new Error(`no value ${name}`);
    expect(disagreement(theirs, ours, one.tolerance), name).toBeUndefined();
  }
});

test("every operator of the registry has a case", () => {
  const tried = new Set(cases.map((one) => `${one.domain ?? ""}:${one.opType}`));
  // What is simulated alone has no kernel to be compared with.
  const untried = operators
    .filter(({ domain }) => domain !== "nibble")
    .map((operator) => `${operator.domain}:${operator.opType}`)
    .filter((name) => !tried.has(name));
  expect(untried).toEqual([]);
});
