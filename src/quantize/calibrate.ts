import { fail } from "../base/diagnostic.js";
import { hashJson } from "../base/hash.js";
import { BATCH, type Graph, type Node, type ValueType } from "../ir/graph.js";
import type { Range } from "../tensor/quant.js";
import { elementCount, type Tensor } from "../tensor/tensor.js";
import { addValues, emptyHistogram, type Histogram, mergeHistograms } from "./observers/histogram.js";
import { observedRange } from "./observers/registry.js";
import { planStatic, type StaticPlan } from "./passes/static/plan.js";
import type { Calibration } from "./scheme.js";

/** One streaming pass over calibration samples that serves any number of calibrations. Memory does not grow with samples. */
export interface Calibrator {
  /** The float graph, with every observed value as an extra output. */
  readonly graph: Graph;
  /**
   * Shows one batch.
   * @param outputs      what `graph` gave for it, by output name
   * @param sampleOffset number of samples shown before this batch
   * @throws {DiagnosticError} "activation-not-finite" naming the value, its layer and the sample
   */
  observe(outputs: Readonly<Record<string, Tensor>>, sampleOffset: number): void;
  /**
   * Range of each value that static quantization needs, by name; every range contains 0. A calibration sees the first
   * `samples` samples alone.
   * @throws {DiagnosticError} "calibration-empty" when nothing was observed
   */
  ranges(calibration: Calibration): ReadonlyMap<string, Range>;
  /**
   * What the first `samples` samples gave, value by value in the order of the graph, with the ranges above.
   * @throws {DiagnosticError} "calibration-empty" when nothing was observed
   */
  observations(calibration: Calibration): readonly Observation[];
}

/** One value of the float graph as calibration saw it. */
export interface Observation {
  readonly value: string;
  readonly layer?: string;
  /** The output of the calibration graph that holds it. */
  readonly output: string;
  readonly histogram: Histogram;
  /** What the calibration makes of it; contains 0. */
  readonly range: Range;
}

interface Observed {
  readonly value: string;
  /** Name of the output of the calibration graph that holds it. */
  readonly output: string;
  readonly layer: string | undefined;
  /** Where the batch dimension lies; -1 when there is none. */
  readonly batchAxis: number;
  /** One histogram for each stretch of samples between two calibrations' ends. */
  readonly segments: readonly Histogram[];
}

/** @param calibrations all that `ranges` will be asked for */
export function startCalibration(graph: Graph, calibrations: readonly Calibration[]): Calibrator {
  const plan = planStatic(graph);
  const ends = [...new Set(calibrations.map(({ samples }) => samples))].sort((a, b) => a - b);
  const last = ends.at(-1) ?? 0;
  const exposed = exposeValues(graph, observedValues(plan), plan);
  const observed = exposed.values.map(({ value, output }): Observed => {
    const type = plan.context.types.get(value) as ValueType;
    const layer = plan.context.uses.producer.get(value)?.layer;
    const segments = ends.map(emptyHistogram);
    return { value, output, layer, batchAxis: type.shape.indexOf(BATCH), segments };
  });
  const known = new Map<string, ReadonlyMap<string, Range>>();
  const observations = (calibration: Calibration): readonly Observation[] => {
    const count = ends.findIndex((end) => end >= calibration.samples) + 1;
    if (count === 0) throw new Error(`calibrate: ${calibration.samples} samples were not asked for, only ${last}`);
    return observed.map(({ value, output, layer, segments }) => {
      const histogram = segments.slice(0, count).reduce(mergeHistograms);
      if (histogram.count === 0) fail("calibration-empty", { scheme: "static" });
      const range = observedRange(histogram, calibration);
      return { value, output, ...(layer === undefined ? {} : { layer }), histogram, range };
    });
  };
  return {
    graph: exposed.graph,
    observe(outputs, sampleOffset) {
      known.clear();
      for (const each of observed) {
        const output = outputs[each.output];
        if (output?.dtype !== "float32")
          throw new Error(`calibrate: output "${each.output}" is missing or not float32`);
        addBatch(each, output as Tensor<"float32">, sampleOffset, ends);
      }
    },
    ranges(calibration) {
      const key = hashJson(calibration);
      const found = known.get(key);
      if (found) return found;
      const ranges = new Map(observations(calibration).map(({ value, range }) => [value, range] as const));
      known.set(key, ranges);
      return ranges;
    },
    observations,
  };
}

/** Names of the float values whose ranges any scheme may need, in the order of the graph. */
export function observedValues(plan: StaticPlan): readonly string[] {
  const values = new Set<string>();
  for (const [node, role] of plan.roles) {
    if (role.kind === "move") continue;
    for (const input of role.inputs) values.add(plan.rootOf(input));
    if (!plan.floatResult.has(node)) values.add(role.output);
  }
  return [...values];
}

/** The graph with these values as further outputs; a graph input gets an Identity, as it cannot be an output itself. */
function exposeValues(
  graph: Graph,
  values: readonly string[],
  { context }: StaticPlan,
): { readonly graph: Graph; readonly values: readonly { readonly value: string; readonly output: string }[] } {
  const inputs = new Set(graph.inputs.map(({ name }) => name));
  const copies: Node[] = [];
  const named = values.map((value) => {
    if (!inputs.has(value)) return { value, output: value };
    const output = `${value}:observed`;
    copies.push({ name: output, opType: "Identity", domain: "", inputs: [value], outputs: [output], attributes: {} });
    return { value, output };
  });
  const shown = new Set(graph.outputs.map(({ name }) => name));
  const extra = named
    .filter(({ output }) => !shown.has(output))
    .map(({ value, output }) => ({ name: output, type: context.types.get(value) as ValueType }));
  return {
    graph: { ...graph, nodes: [...copies, ...graph.nodes], outputs: [...graph.outputs, ...extra] },
    values: named,
  };
}

/** Adds one batch of a value to the histograms of the stretches that its samples lie in. */
function addBatch(
  { value, layer, batchAxis, segments }: Observed,
  { shape, data }: Tensor<"float32">,
  sampleOffset: number,
  ends: readonly number[],
): void {
  const floats = data as Float32Array;
  const samples = batchAxis < 0 ? 1 : (shape[batchAxis] ?? 1);
  const outer = batchAxis < 0 ? 1 : elementCount(shape.slice(0, batchAxis));
  const perSample = samples === 0 ? 0 : floats.length / outer / samples;
  let from = 0;
  while (from < samples) {
    const segment = ends.findIndex((end) => end > sampleOffset + from);
    const histogram = segments[segment];
    if (!histogram) return;
    const to = Math.min(samples, (ends[segment] as number) - sampleOffset);
    for (let block = 0; block < outer; block++) {
      const start = (block * samples + from) * perSample;
      const bad = addValues(histogram, floats, start, (block * samples + to) * perSample);
      if (bad < 0) continue;
      const sample = sampleOffset + (Math.floor(bad / perSample) % samples);
      fail("activation-not-finite", { value, ...(layer === undefined ? {} : { layer }), sample });
    }
    from = to;
  }
}
