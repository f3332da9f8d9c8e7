import { toOnnx } from "../backends/onnx/write.js";
import type { Engine } from "../engines/engine.js";
import type { Graph } from "../ir/graph.js";
import { type LayerResult, startSqnr } from "../measure/sqnr.js";
import { exposeLayers } from "../quantize/layers.js";
import { batches, feeds, floatOutput } from "./inference.js";
import type { Opened } from "./opened.js";
import { simulating } from "./simulating.js";

/** Test samples over which per-layer SQNR is summed. */
const SQNR_SAMPLES = 128;

/**
 * SQNR of each layer's output against fp32, over the first test samples.
 * @param engine     what runs the quantized graph
 * @param simulation whether the graph is simulated: it may hold FakeQuantize then
 */
export async function layerErrors(
  opened: Opened,
  quantized: Graph,
  engine: Engine,
  simulation = false,
): Promise<readonly LayerResult[]> {
  const { graph, dataset } = opened;
  const exposed = exposeLayers(graph, quantized);
  const options = { threads: 1, optimization: "all" } as const;
  const float = await opened.engine.load(toOnnx(exposed.float), options);
  const other = simulation
    ? await simulating(engine, exposed.quantized).load("", options)
    : await engine.load(toOnnx(exposed.quantized), options);
  try {
    const sums = exposed.layers.map(({ layer, value }) => ({ layer, value, sqnr: startSqnr(layer) }));
    for (const batch of batches(dataset.splits.test.subarray(0, SQNR_SAMPLES))) {
      const input = feeds(graph, dataset, batch);
      const [expected, actual] = [await float.run(input), await other.run(input)];
      for (const { value, sqnr } of sums) {
        sqnr.add(floatOutput(expected, value).data, floatOutput(actual, value).data);
      }
    }
    return sums.map(({ layer, sqnr }) => ({ layer, sqnrDb: sqnr.decibels() }));
  } finally {
    await float.close();
    await other.close();
  }
}
