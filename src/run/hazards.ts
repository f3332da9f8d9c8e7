import { loadSimulator } from "../engines/simulator/simulator.js";
import type { Graph } from "../ir/graph.js";
import { comparesValues } from "../measure/accuracy-metric.js";
import { agreement } from "../measure/cross-check.js";
import { type PairBound, pairBounds } from "../measure/pair-sums.js";
import { graphWork } from "../measure/work.js";
import type { Scheme } from "../quantize/scheme.js";
import { batches, feeds, floatOutput, joinBatches } from "./inference.js";
import type { Opened } from "./opened.js";
import type { PairSumProbe, ProbedKernel } from "./pair-sums.js";

/** Test samples that are simulated with sums of 16 bits, and what they may cost in multiply-adds. */
const SAMPLES = 64;
const MOST_WORK = 4e9;
const BATCH = 8;

/**
 * What belongs beside the figures of a trial on a CPU whose kernels add pairs of products in 16 bits: which kernels do, in which
 * layers that can saturate, what it does to the model's answers by simulation, and what mends it. Empty where sums are exact,
 * where nothing is multiplied on uint8 x int8 codes, and where no pair of weights is large enough (`reduce_range`).
 * @param probe of the engine as the trial runs on it
 */
export function pairSumHazards(
  opened: Opened,
  quantized: Graph,
  scheme: Scheme,
  probe: PairSumProbe,
): readonly string[] {
  const [kernel] = kernelsOf(quantized, probe);
  if (!kernel) return [];
  const bounds = pairBounds(quantized);
  const open = bounds.filter(({ ratio }) => ratio > 1);
  const cause = `this CPU's kernels add pairs of products in 16 bits: ${shownKernel(kernel)}`;
  if (bounds.length > 0 && open.length === 0) return [];
  const where = open.length === 0 ? "" : `; sums can saturate in ${listed(layersOf(open))}`;
  return [`${cause}${where}`, simulated(opened, quantized, scheme), mends(scheme)];
}

/** The probed kernels that the graph has. */
function kernelsOf(graph: Graph, probe: PairSumProbe): readonly ProbedKernel[] {
  const operators = new Set(graph.nodes.map(({ opType }) => opType));
  return probe.filter(({ kernel }) => operators.has(kernel.split(" ")[0] ?? ""));
}

function shownKernel({ kernel, exact, got }: ProbedKernel): string {
  const number = (value: number) => (Number.isFinite(value) ? String(Math.round(value)) : "no number");
  return `on the largest codes ${kernel} gives ${number(got)} where it means ${number(exact)}`;
}

function layersOf(bounds: readonly PairBound[]): readonly string[] {
  return [...new Set(bounds.map(({ node, layer }) => layer ?? node))];
}

function listed(names: readonly string[]): string {
  const shown = names.slice(0, 6).join(", ");
  return names.length > 6 ? `${shown} and ${names.length - 6} more layers` : shown;
}

/** What saturating sums do to this model's answers, by the simulator, against exact sums. */
function simulated({ dataset, graph, fp32 }: Opened, quantized: Graph, { mode }: Scheme): string {
  const { multiplyAdds } = graphWork(quantized);
  const count = Math.max(4, Math.min(SAMPLES, Math.floor(MOST_WORK / Math.max(1, multiplyAdds))));
  const samples = dataset.splits.test.subarray(0, count);
  const arms = [loadSimulator(quantized), loadSimulator(quantized, { pairSums: "int16" })];
  const output = quantized.outputs[0]?.name ?? "";
  // A dynamic scheme chooses one range a run: it is simulated as it runs at batch 1.
  const inputs = [...batches(samples, mode === "dynamic" ? 1 : BATCH)].map((batch) => feeds(graph, dataset, batch));
  const [exact, saturating] = arms.map(({ simulate }) =>
    joinBatches(inputs.map((input) => floatOutput(simulate(input), output))),
  );
  if (!exact || !saturating) throw new Error("hazards: nothing was simulated");
  const nodes = arms[1]?.saturated() ?? [];
  if (nodes.length === 0) return `simulated with such sums, none saturated in ${samples.length} test samples`;
  const { sameTop, maxSteps } = agreement(exact, saturating, !comparesValues(fp32.scores.metric));
  const effect =
    sameTop === undefined
      ? `moved outputs by up to ${maxSteps.toFixed(maxSteps < 10 ? 1 : 0)} steps of 1/255 of their range`
      : `changed the answer for ${Math.round((1 - sameTop) * samples.length)} of them`;
  const times = nodes.reduce((sum, each) => sum + each.count, 0);
  const layers = [...new Set(nodes.map(({ node, layer }) => layer ?? node))];
  return (
    `simulated with such sums, they saturated ${times} times in ${listed(layers)} over ${samples.length} test samples and ` +
    effect
  );
}

function mends({ precise, weights, mode }: Scheme): string {
  const ways = [
    ...(weights?.reduceRange || mode === "weight_only" ? [] : ["`reduce_range: true` (7-bit weights)"]),
    ...(precise || mode === "weight_only" ? [] : ["`precise: true` (exact sums, slower)"]),
  ];
  const mend = ways.length === 0 ? "" : `; ${ways.join(" or ")} mends it`;
  return `accuracy measured here may differ on a CPU with VNNI${mend}`;
}
