import type { AccuracyMetric } from "./accuracy-metric.js";
import type { CalibrationCheck } from "./calibration-check.js";
import { type DiagnosisResult, type LayerDiagnosis, noiseShare } from "./diagnosis.js";
import { isLoss } from "./loss.js";
import type { Estimate } from "./statistics.js";

/** What findings know of the scheme beside its figures. */
export interface DiagnosedScheme {
  readonly mode: string;
  readonly granularity?: string | undefined;
  readonly group?: number | undefined;
  readonly observer?: string | undefined;
}

/** One side makes the noise when its own is this many times the other's (3 dB would be 2). */
const DOMINATES = 4;
/** A layer that makes this share of the noise of all layers is worth naming. */
const LARGE_SHARE = 0.4;
/** Ranges count as settled when the median moves less than this from half of the samples to all. */
const SETTLED = 0.05;
/** With ranges this close to the final ones, fewer samples would have done. */
const SAME_RANGES = 0.01;

/**
 * What the figures of a diagnosis say, in sentences, the most useful first. Rules over numbers: a sentence claims a gain in
 * accuracy only where the paired interval lies above 0, and speaks of noise (SQNR) where accuracy is unresolved or the
 * relative error small.
 */
export function findingsOf(figures: Omit<DiagnosisResult, "findings">, scheme: DiagnosedScheme): readonly string[] {
  const { all, metric, calibration } = figures;
  const worse = isLoss(all.drop, metric);
  return [
    worse ? `the ${dropWord(metric)} is ${amount(all.drop, metric)}` : verdictWithoutDrop(figures),
    ...layerFindings(figures, worse),
    ...sideFindings(figures, scheme, worse),
    ...(calibration ? calibrationFindings(calibration) : []),
  ];
}

function verdictWithoutDrop({ all, metric, samples }: Omit<DiagnosisResult, "findings">): string {
  if (all.sqnrDb === null) return "nothing to mend: every output is fp32's to the bit";
  if (metric === "relative_error") return `the error is small, ${amount(all.drop, metric)} over ${samples} samples`;
  const better = all.drop.ci95[1] < 0 ? "it is better than fp32" : "the drop is within noise";
  return `nothing to mend: ${better}, ${amount(all.drop, metric)} over ${samples} samples`;
}

/** The layers that make most of the noise, and what keeping one in float gives. */
function layerFindings({ layers, all, metric }: Omit<DiagnosisResult, "findings">, worse: boolean): readonly string[] {
  if (layers.length < 2) return [];
  const noises = layers.map(({ alone }) => noiseShare(alone.sqnrDb));
  const total = noises.reduce((sum, noise) => sum + noise, 0);
  const findings: string[] = [];
  const best = layers.toSorted((a, b) => b.gain.value - a.gain.value)[0];
  if (worse && best && best.gain.ci95[0] > 0) findings.push(gainFinding(best, all.drop, metric));
  const largest = noises.indexOf(Math.max(...noises));
  const layer = layers[largest];
  const share = total === 0 ? 0 : (noises[largest] as number) / total;
  if (!layer || share < LARGE_SHARE) return findings;
  const makes = `"${layer.layer}" alone makes ${percent(share)} of the noise of all layers`;
  if (layer === best && findings.length > 0) return [`${makes}: ${findings[0]}`];
  findings.push(`${makes}${keptNoise(layer, all.sqnrDb)}`);
  return findings;
}

function gainFinding({ layer, kept }: LayerDiagnosis, drop: Estimate, metric: AccuracyMetric): string {
  return `\`keep layers "${layer}" at fp32\` brings the ${dropWord(metric)} from ${value(drop.value, metric)} to ${value(kept.drop.value, metric)}`;
}

/** How the noise of the whole falls when a layer is kept; nothing where it does not. */
function keptNoise({ layer, kept }: LayerDiagnosis, all: number | null): string {
  if (all === null) return "";
  if (kept.sqnrDb === null) return `; with \`keep layers "${layer}" at fp32\` nothing differs from fp32`;
  const gained = kept.sqnrDb - all;
  return gained < 1
    ? ""
    : `; \`keep layers "${layer}" at fp32\` raises the output's SQNR from ${decibels(all)} to ${decibels(kept.sqnrDb)}`;
}

/** Which of weights and activations makes the noise, and what to try. */
function sideFindings(
  { weightsOnly, activationsOnly }: Omit<DiagnosisResult, "findings">,
  scheme: DiagnosedScheme,
  worse: boolean,
): readonly string[] {
  if (!activationsOnly) return [];
  const [weights, activations] = [noiseShare(weightsOnly.sqnrDb), noiseShare(activationsOnly.sqnrDb)];
  if (weights === 0 && activations === 0) return [];
  const pair = `SQNR ${decibels(weightsOnly.sqnrDb)} with weights alone, ${decibels(activationsOnly.sqnrDb)} with activations alone`;
  const what = worse ? "cost accuracy" : "make the noise";
  if (activations > DOMINATES * weights) {
    return [`activations, not weights, ${what} (${pair})${advice(worse, activationAdvice(scheme))}`];
  }
  if (weights > DOMINATES * activations) {
    return [`weights, not activations, ${what} (${pair})${advice(worse, weightAdvice(scheme))}`];
  }
  return [`weights and activations share the noise (${pair})`];
}

const advice = (worse: boolean, text: string | undefined) => (worse && text !== undefined ? `: ${text}` : "");

function activationAdvice({ mode, observer }: DiagnosedScheme): string | undefined {
  if (mode !== "static") return "keep the noisiest layer at fp32";
  return observer === "minmax" ? "try calibration percentile(99.9) or mse" : "try another calibration, or more samples";
}

function weightAdvice({ granularity }: DiagnosedScheme): string | undefined {
  return granularity === "per_tensor" ? "try weights per_channel" : "keep the noisiest layer at fp32";
}

function calibrationFindings({ samples, leaked, classes, growth = [] }: CalibrationCheck): readonly string[] {
  const findings: string[] = [];
  if (leaked > 0) {
    const are = leaked === 1 ? "calibration sample is" : "calibration samples are";
    findings.push(`${leaked} of ${samples} ${are} in the test split too: the accuracy says too much`);
  }
  if (classes && classes.missing.length > 0) {
    findings.push(`calibration saw no sample of ${listed(classes.missing)}: give it more samples`);
  }
  const before = growth.at(-2);
  if (!before) return findings;
  if (before.rangeChange > SETTLED) {
    const change = `${percent(before.rangeChange)} between ${before.samples} and ${samples} samples`;
    findings.push(`calibration has not settled: ranges still move by ${change}; raise \`samples\``);
    return findings;
  }
  const enough = growth.find((_, i) => growth.slice(i).every(({ rangeChange }) => rangeChange <= SAME_RANGES));
  if (enough && enough.samples < samples) {
    findings.push(`${enough.samples} calibration samples would do: ranges are within 1% of those of ${samples}`);
  }
  return findings;
}

const MOST_LISTED = 3;

function listed(names: readonly string[]): string {
  const shown = names.slice(0, MOST_LISTED).map((name) => `"${name}"`);
  const more = names.length - shown.length;
  return `${names.length === 1 ? "class" : "classes"} ${shown.join(", ")}${more > 0 ? ` and ${more} more` : ""}`;
}

/** fp32 has no relative error of its own that it could drop from. */
const dropWord = (metric: AccuracyMetric) => (metric === "relative_error" ? "error" : "drop");

/** A drop with its interval, in the metric's own words: percent of samples or of fp32's outputs, or an error in the unit of the labels. */
function amount(drop: Estimate, metric: AccuracyMetric): string {
  return `${value(drop.value, metric)} (95%: ${value(drop.ci95[0], metric)} to ${value(drop.ci95[1], metric)})`;
}

function value(drop: number, metric: AccuracyMetric): string {
  if (metric === "mae") return `${Number(drop.toPrecision(2))}`;
  if (metric === "relative_error") return `${Number((100 * drop).toPrecision(2))}%`;
  const rounded = (100 * drop).toFixed(1);
  return `${rounded === "-0.0" ? "0.0" : rounded}%`;
}

const percent = (share: number) => `${Math.round(100 * share)}%`;

const decibels = (db: number | null) => (db === null ? "exact" : `${db.toFixed(1)} dB`);
