import { toOnnx } from "../backends/onnx/write.js";
import type { Graph } from "../ir/graph.js";
import { interpret } from "../ir/interpret.js";
import { type Scores, startScoring } from "../measure/accuracy.js";
import { accuracyGap, type GapResult, gapPositions, scoresAt, trackGap } from "../measure/gap.js";
import { graphWork } from "../measure/work.js";
import { foldConstants } from "../quantize/passes/float/fold-constants.js";
import { exposeQuantizedValues } from "../quantize/quantized-values.js";
import type { Tensor } from "../tensor/tensor.js";
import { feeds } from "./inference.js";
import type { Opened } from "./opened.js";

/** What the interpreter takes to store an element, in multiply-adds: rounding and saturating cost more than adding. */
const STORE_WORK = 16;
/** What it takes to decode an element of a constant, which every run does: the dear part of a wide dense layer. */
const DECODE_WORK = 4;

/**
 * Runs the quantized graph through the interpreter and through the engine, one sample a run, and compares all that is
 * quantized. Undefined when nothing is, or when one sample alone is too much work for the interpreter.
 *
 * The engine's values come from a session with those values as further outputs, the executed accuracy from `scores`, the
 * figures that are reported. Both are the same run: the further outputs change no bit of the model's own on the shipped models
 * (test/run/gap.test.ts), and nothing past float rounding on random nets.
 *
 * Measured with onnxruntime 1.30 on AVX512-VNNI: static is equal to the bit on all shipped models, dynamic and weight_only
 * differ by less than 0.1 step. Of 133 random nets 131 were equal by static; one float value on the border of two codes
 * became 5 steps further on, so a large difference does not mean that a kernel is wrong: the first layer that has any says.
 * @param scores of the quantized model over the test split
 */
export async function measureGap(opened: Opened, quantized: Graph, scores: Scores): Promise<GapResult | undefined> {
  const { engine, graph, dataset, fp32 } = opened;
  const { test } = dataset.splits;
  const { graph: exposed, values } = exposeQuantizedValues(quantized);
  // Stored weights are decoded once, not once a sample.
  const simulated = foldConstants.run(quantized);
  const { multiplyAdds, elements } = graphWork(simulated);
  let constants = 0;
  for (const { data } of simulated.initializers.values()) constants += data.length;
  const positions = gapPositions(multiplyAdds + STORE_WORK * elements + DECODE_WORK * constants, test.length);
  if (values.length === 0 || positions.length === 0) return undefined;
  const session = await engine.load(toOnnx(exposed), { threads: 1, optimization: "all" });
  try {
    const tracker = trackGap(values);
    const output = quantized.outputs[0]?.name ?? "";
    let scorer: ReturnType<typeof startScoring> | undefined;
    for (const position of positions) {
      const sample = test.subarray(position, position + 1);
      const input = feeds(graph, dataset, sample);
      const executed = new Map(Object.entries(await session.run(input)));
      const expected = interpret(simulated, input);
      for (const { value } of values) tracker.add(value, elementsOf(expected, value), elementsOf(executed, value));
      const answer = elementsOf(expected, output);
      scorer ??= startScoring(dataset.labels, answer.length);
      scorer.add(answer, sample);
    }
    if (!scorer) throw new Error("gap: no sample was simulated");
    const accuracy = accuracyGap(scorer.finish(), scoresAt(scores, positions), scoresAt(fp32.scores, positions));
    return { accuracy, samples: positions.length, ...tracker.finish() };
  } finally {
    await session.close();
  }
}

/** Elements of a value: numbers, as codes and float32 are. */
function elementsOf(values: ReadonlyMap<string, Tensor>, value: string): Float32Array {
  const found = values.get(value);
  if (!found) throw new Error(`gap: one side has no "${value}"`);
  return found.data as Float32Array;
}
