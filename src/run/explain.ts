import { toOnnx } from "../backends/onnx/write.js";
import { DiagnosticError } from "../base/diagnostic.js";
import type { Graph } from "../ir/graph.js";
import { type CalibrationCheck, checkCalibration } from "../measure/calibration-check.js";
import type { SplitResult } from "../measure/diagnosis.js";
import { coarseHistogram, codeRange, countSaturation, mostSaturated, type RangeResult } from "../measure/ranges.js";
import { observedValues } from "../quantize/calibrate.js";
import { precisionOf } from "../quantize/passes/precision.js";
import { activationParams } from "../quantize/passes/static/codes.js";
import { planStatic } from "../quantize/passes/static/plan.js";
import type { Scheme } from "../quantize/scheme.js";
import type { CompletedRecord } from "../results/record.js";
import { contentsOf } from "./contents.js";
import { batches, feeds, floatOutput } from "./inference.js";
import type { Calibrated, Opened } from "./opened.js";
import { armOf, drawSubset, outputsOn, type Subset } from "./subset.js";
import { variantsOf } from "./variants.js";

/** Multiply-adds of the split of one trial: about a second. */
const SPLIT_WORK = 1e10;
/** The trial, its weights alone, its activations alone. */
const SPLIT_ARMS = 3;
/** Test samples over which saturation is counted. */
const RANGE_SAMPLES = 128;

/** What a trial's record says of why its accuracy moved. */
export type Explanations = Pick<CompletedRecord, "split" | "ranges" | "calibration">;

/**
 * What every run measures of its static and dynamic trials, executed or simulated, as it is cheap: which of weights and activations costs
 * accuracy, the ranges of activations, and the samples of calibration. A part that the engine or the data refuses is left
 * out: the trial's own figures stand without it.
 */
export async function explainTrial(opened: Opened, scheme: Scheme, quantized: Graph): Promise<Explanations> {
  const split = await unlessRefused(() => measureSplit(opened, scheme, quantized));
  const { calibrated } = opened;
  if (!scheme.calibration || !calibrated) return split ? { split } : {};
  const ranges = await unlessRefused(() => measureRanges(opened, scheme, calibrated));
  const calibration = checkSamples(opened, scheme.calibration.samples, calibrated);
  return { ...(split ? { split } : {}), ...(ranges ? { ranges } : {}), calibration };
}

async function unlessRefused<T>(work: () => Promise<T>): Promise<T | undefined> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof DiagnosticError) return undefined;
    throw error;
  }
}

/** The subset is the same for all trials of an experiment. */
const subsets = new WeakMap<Opened, Promise<Subset>>();

function subsetOf(opened: Opened): Promise<Subset> {
  const subset = subsets.get(opened) ?? drawSubset(opened, SPLIT_WORK, SPLIT_ARMS);
  subsets.set(opened, subset);
  return subset;
}

async function measureSplit(opened: Opened, scheme: Scheme, quantized: Graph): Promise<SplitResult | undefined> {
  const variants = variantsOf(opened, scheme);
  const activations = variants.activationsAlone(quantized);
  if (!activations) return undefined;
  const subset = await subsetOf(opened);
  const arm = async (graph: Graph, batchSize?: number) =>
    armOf(await outputsOn(subset, opened, variants.open(graph), batchSize), subset, opened.seed);
  const ranges = scheme.calibration && opened.ranges(scheme.calibration);
  return {
    all: await arm(quantized, variants.batchSize),
    weightsOnly: await arm(variants.weightsAlone(quantized, ranges)),
    activationsOnly: await arm(activations, variants.batchSize),
    samples: subset.rows.length,
  };
}

/** The ranges that the scheme uses, with the share of saturated values of test samples from the float model. */
async function measureRanges(
  { engine, graph, dataset }: Opened,
  scheme: Scheme,
  { calibrator }: Calibrated,
): Promise<readonly RangeResult[] | undefined> {
  if (scheme.calibration === undefined || scheme.activations?.dtype !== "uint8") return undefined;
  const used = new Set(observedValues(planStatic(graph, (node) => precisionOf(node, scheme) === "fp32")));
  const observed = calibrator.observations(scheme.calibration).filter(({ value }) => used.has(value));
  const counted = observed.map((each) => {
    const params = activationParams(each.range);
    return { ...each, params, saturation: countSaturation(params) };
  });
  const session = await engine.load(toOnnx(calibrator.graph), { threads: 1, optimization: "all" });
  try {
    for (const batch of batches(spread(dataset.splits.test, RANGE_SAMPLES))) {
      const outputs = await session.run(feeds(graph, dataset, batch));
      for (const { output, saturation } of counted) saturation.add(floatOutput(outputs, output).data as Float32Array);
    }
  } finally {
    await session.close();
  }
  return mostSaturated(
    counted.map(({ value, layer, histogram, params, saturation }) => ({
      value,
      ...(layer === undefined ? {} : { layer }),
      seen: [histogram.min, histogram.max],
      chosen: codeRange(params),
      saturated: saturation.share(),
      histogram: coarseHistogram(histogram),
    })),
  );
}

/** At most `count` samples, evenly spread: a split may be sorted by class. */
function spread(indices: Int32Array, count: number): Int32Array {
  const most = Math.min(count, indices.length);
  return Int32Array.from({ length: most }, (_, i) => indices[Math.floor((i * indices.length) / most)] as number);
}

/** A row of the test split for each content; read once an experiment. */
const testContents = new WeakMap<Opened, ReadonlyMap<string, number>>();

/** Checks the samples that a calibration of `count` samples saw. */
export function checkSamples(opened: Opened, count: number, { samples, contents }: Calibrated): CalibrationCheck {
  const test = testContents.get(opened) ?? rowsByContent(opened);
  testContents.set(opened, test);
  return checkCalibration(samples.subarray(0, count), contents, opened.dataset.labels, test);
}

function rowsByContent({ graph, dataset }: Opened): ReadonlyMap<string, number> {
  const rows = new Map<string, number>();
  for (const batch of batches(dataset.splits.test)) {
    for (const [i, content] of contentsOf(feeds(graph, dataset, batch), batch.length).entries()) {
      if (!rows.has(content)) rows.set(content, batch[i] as number);
    }
  }
  return rows;
}
