import { toOnnx } from "../backends/onnx/write.js";
import { hasKernel } from "../engines/simulator/registry.js";
import { loadSimulator } from "../engines/simulator/simulator.js";
import type { Graph } from "../ir/graph.js";
import { accuracyGap, agreement, type GapResult, gapPositions, scoresAt, trackGap } from "../measure/gap.js";
import { type Scores, startScoring } from "../measure/scores.js";
import { graphWork, nodeWork } from "../measure/work.js";
import { foldConstants } from "../quantize/passes/float/fold-constants.js";
import { exposeQuantizedValues } from "../quantize/quantized-values.js";
import type { Tensor } from "../tensor/tensor.js";
import { feeds } from "./inference.js";
import type { Opened } from "./opened.js";

/** Nanoseconds of the simulator for a multiply-add, for one of an operator without a kernel, and for an element that is stored. */
const PRODUCT_NS = 0.06;
const PLAIN_PRODUCT_NS = 3;
const ELEMENT_NS = 15;
/** Rows that the simulator computes where one sample has one: matrices at batch 1. */
const ROWS_OF_TILE = 4;

/** Samples that are simulated at once, and elements that their values may have together. */
const BATCH = 32;
const BATCH_ELEMENTS = 1 << 22;

/**
 * Runs the quantized graph through the simulator and through the engine, and compares all that is quantized. Undefined when
 * nothing is, or when one sample alone is too much work.
 *
 * The engine's values come from a session with those values as further outputs, the executed accuracy from `scores`, the
 * figures that are reported. Both are the same run: the further outputs change no bit of the model's own on the shipped models
 * (test/run/gap.test.ts), and nothing past float rounding on random nets.
 *
 * Measured with onnxruntime 1.30 on AVX512-VNNI: static is equal to the bit on all shipped models, dynamic and weight_only
 * differ by less than 0.1 step. Of 133 random nets 131 were equal by static; one float value on the border of two codes
 * became 5 steps further on, so a large difference does not mean that a kernel is wrong: the first layer that has any says.
 * @param scores of the quantized model over the test split, or over its first samples
 */
export async function measureGap(opened: Opened, quantized: Graph, scores: Scores): Promise<GapResult | undefined> {
  const { engine, graph, dataset, fp32 } = opened;
  const { graph: exposed, values } = exposeQuantizedValues(quantized);
  const { sampleMs, batchSize } = simulationPlan(quantized);
  const scored = Math.max(scores.predictions.length, scores.scores.length);
  const positions = gapPositions(sampleMs, scored);
  if (values.length === 0 || positions.length === 0) return undefined;
  const simulator = loadSimulator(exposed);
  const session = await engine.load(toOnnx(exposed), { threads: 1, optimization: "all" });
  try {
    const tracker = trackGap(values);
    const output = quantized.outputs[0]?.name ?? "";
    let scorer: ReturnType<typeof startScoring> | undefined;
    for (let first = 0; first < positions.length; first += batchSize) {
      const samples = positions.slice(first, first + batchSize).map((at) => dataset.splits.test[at] as number);
      const input = feeds(graph, dataset, samples);
      const executed = await session.run(input);
      const simulated = simulator.simulate(input);
      for (const { value } of values) tracker.add(value, elementsOf(simulated, value), elementsOf(executed, value));
      const answer = elementsOf(simulated, output);
      scorer ??= startScoring(
        dataset.labels,
        answer.length / samples.length,
        dataset.labels ? {} : { kind: fp32.outputs.kind, reference: fp32.outputs },
      );
      scorer.add(answer, samples, positions.slice(first, first + batchSize));
    }
    if (!scorer) throw new Error("gap: no sample was simulated");
    const [own, theirs] = [scorer.finish(), scoresAt(scores, positions)];
    return {
      accuracy: accuracyGap(own, theirs, scoresAt(fp32.scores, positions)),
      ...(own.predictions.length === 0 ? {} : { agreement: agreement(own, theirs) }),
      samples: positions.length,
      ...tracker.finish(),
    };
  } finally {
    await session.close();
  }
}

/** About what a sample costs, and how many go at once: one where a run takes its range of activations from all of them. */
function simulationPlan(quantized: Graph): { readonly sampleMs: number; readonly batchSize: number } {
  const alone = quantized.nodes.some(({ opType }) => opType.startsWith("Dynamic"));
  // Stored weights are decoded once, when the simulator is loaded.
  const graph = foldConstants.run(quantized);
  const { elements } = graphWork(graph);
  const nodes = new Map(graph.nodes.map((node) => [node.name, node]));
  let ns = ELEMENT_NS * elements;
  for (const { node, macs } of nodeWork(graph, 1)) {
    const own = nodes.get(node);
    const rows = alone && !own?.opType.includes("Conv") ? ROWS_OF_TILE : 1;
    ns += macs * (own && hasKernel(own.domain, own.opType) ? PRODUCT_NS * rows : PLAIN_PRODUCT_NS);
  }
  const together = Math.floor(BATCH_ELEMENTS / Math.max(1, elements));
  return { sampleMs: ns / 1e6, batchSize: alone ? 1 : Math.max(1, Math.min(BATCH, together)) };
}

/** Elements of a value: numbers, as codes and float32 are. */
function elementsOf(values: Readonly<Record<string, Tensor>>, value: string): Float32Array {
  const found = values[value];
  if (!found) throw new Error(`gap: one side has no "${value}"`);
  return found.data as Float32Array;
}
