import type { Labels } from "../datasets/dataset.js";
import type { Estimate } from "./statistics.js";

/** What calibration was given, and whether it was enough. */
export interface CalibrationCheck {
  readonly samples: number;
  /** Classes of the labels, and those of them that no calibration sample has; with class labels only. */
  readonly classes?: { readonly total: number; readonly missing: readonly string[] };
  /** Calibration samples whose content equals a test sample's: accuracy measured on them says too much. */
  readonly leaked: number;
  /** The first of them as rows of the data, counted from 0: each calibration sample with the test sample that it equals. */
  readonly leaks?: readonly Leak[];
  /** How ranges and accuracy move with 16, 32, ... of the samples; of a diagnosis only. */
  readonly growth?: readonly CalibrationStep[];
}

export interface Leak {
  readonly calibration: number;
  readonly test: number;
}

/** The scheme calibrated with the first `samples` of the same samples. */
export interface CalibrationStep {
  readonly samples: number;
  /** Median over activations of |width - final width| / final width. */
  readonly rangeChange: number;
  readonly drop: Estimate;
}

/** Leaks that are named one by one; all are counted. */
const MOST_LEAKS = 5;

/**
 * Checks the samples that calibration saw.
 * @param samples  rows of the data, in the order in which they were shown
 * @param contents content of each as a text: equal for equal inputs
 * @param testRows a row of the test split for each content
 */
export function checkCalibration(
  samples: ArrayLike<number>,
  contents: readonly string[],
  labels: Labels | undefined,
  testRows: ReadonlyMap<string, number>,
): CalibrationCheck {
  const leaks = Array.from(samples).flatMap((calibration, i): Leak[] => {
    const test = testRows.get(contents[i] ?? "");
    return test === undefined ? [] : [{ calibration, test }];
  });
  const missing = missingClasses(samples, labels);
  return {
    samples: samples.length,
    ...(missing && labels?.kind === "class" ? { classes: { total: labels.classes.length, missing } } : {}),
    leaked: leaks.length,
    ...(leaks.length > 0 ? { leaks: leaks.slice(0, MOST_LEAKS) } : {}),
  };
}

/** Names of the classes that none of the samples has; undefined without class labels. */
export function missingClasses(samples: ArrayLike<number>, labels: Labels | undefined): readonly string[] | undefined {
  if (labels?.kind !== "class") return undefined;
  const there = new Set(Array.from(samples, (sample) => labels.values[sample]));
  return labels.classes.filter((_, i) => !there.has(i));
}

/**
 * How far the ranges of some samples are from those of all: the median over activations of |width - final width| / final
 * width. Activations that are always 0 do not count; 0 when all are.
 * @param widths and finalWidths: one an activation, in the same order
 */
export function rangeChange(widths: readonly number[], finalWidths: readonly number[]): number {
  const changes = widths
    .flatMap((width, i) => {
      const final = finalWidths[i] as number;
      return final > 0 ? [Math.abs(width - final) / final] : [];
    })
    .sort((a, b) => a - b);
  const middle = Math.floor(changes.length / 2);
  const [low, high] = [changes[middle - (changes.length % 2 === 0 ? 1 : 0)] ?? 0, changes[middle] ?? 0];
  return (low + high) / 2;
}

/** Sample counts at which a calibration of `samples` is looked at: 16, 32, ... and the whole; one alone below 32. */
export function growthSteps(samples: number): readonly number[] {
  const steps: number[] = [];
  for (let step = 16; step < samples; step *= 2) steps.push(step);
  return [...steps, samples];
}
