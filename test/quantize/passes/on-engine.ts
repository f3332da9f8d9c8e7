import { toOnnx } from "../../../src/backends/onnx/write.js";
import type { Feeds } from "../../../src/engines/engine.js";
import { onnxruntime } from "../../../src/engines/onnxruntime.js";
import type { Graph } from "../../../src/ir/graph.js";

/** Every output of a graph by onnxruntime, as it optimizes it. */
export async function onEngine(graph: Graph, feeds: Feeds) {
  const session = await (await onnxruntime()).load(toOnnx(graph), { threads: 1, optimization: "all" });
  try {
    return await session.run(feeds);
  } finally {
    await session.close();
  }
}
