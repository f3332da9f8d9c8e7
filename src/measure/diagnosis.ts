import type { AccuracyMetric } from "./accuracy-metric.js";
import type { CalibrationCheck } from "./calibration-check.js";
import type { Estimate } from "./statistics.js";

/** Where the error of one trial comes from; each drop is paired with fp32 over the same test samples, in the metric's unit. */
export interface DiagnosisResult {
  /** What the drops are drops of. */
  readonly metric: AccuracyMetric;
  /** The trial's own drop, and its SQNR at the model's output, decibels; null when equal to the bit. */
  readonly all: DiagnosisArm;
  readonly weightsOnly: DiagnosisArm;
  /** Absent where the scheme quantizes no activations. */
  readonly activationsOnly?: DiagnosisArm;
  /** One a layer that the scheme quantizes, in the order of the model. */
  readonly layers: readonly LayerDiagnosis[];
  readonly calibration?: CalibrationCheck;
  /** Samples of the test split that every figure here is over, drawn with the experiment's seed. */
  readonly samples: number;
  /** Sentences with their reasons, the most useful first: "conv2d_1 alone causes 80% of the noise: keep it at fp32". */
  readonly findings: readonly string[];
}

/** Which of them costs accuracy; the part of a diagnosis that every static and dynamic trial has. */
export type SplitResult = Pick<DiagnosisResult, "all" | "weightsOnly" | "activationsOnly" | "samples">;

export interface DiagnosisArm {
  readonly drop: Estimate;
  /** SQNR of the model's first output against fp32, decibels; null when equal to the bit. */
  readonly sqnrDb: number | null;
}

export interface LayerDiagnosis {
  readonly layer: string;
  /** This layer alone quantized, the others float. */
  readonly alone: DiagnosisArm;
  /** This layer alone kept float, the others quantized. */
  readonly kept: DiagnosisArm;
  /** What keeping it gains: the trial's drop minus `kept.drop`, paired over the same samples. */
  readonly gain: Estimate;
}

/** As `LIMIT_DB` of sqnr.ts: beyond it only float32's own rounding would be measured. */
const LIMIT_DB = 200;

/**
 * Signal to quantization noise ratio of a model's outputs, 10 log10(sum x^2 / sum (x - q)^2) over all samples, decibels
 * within -200..200; null when all are equal to the bit. Elements that are not finite in float tell nothing and are left out
 * where both sides agree; where only one side is not finite the noise is without bound, -200 dB.
 * @param float and quantized: the same elements in the same order
 */
export function outputSqnr(float: ArrayLike<number>, quantized: ArrayLike<number>): number | null {
  let [signal, noise] = [0, 0];
  for (let i = 0; i < float.length; i++) {
    const [x, q] = [float[i] as number, quantized[i] as number];
    if (Object.is(x, q) || x === q) {
      if (Number.isFinite(x)) signal += x * x;
      continue;
    }
    if (!Number.isFinite(x) || !Number.isFinite(q)) return -LIMIT_DB;
    signal += x * x;
    noise += (x - q) ** 2;
  }
  if (noise === 0) return null;
  return Math.max(-LIMIT_DB, Math.min(LIMIT_DB, 10 * Math.log10(signal / noise)));
}

/** Noise as a share of the signal, from decibels; 0 where nothing differs. */
export function noiseShare(sqnrDb: number | null): number {
  return sqnrDb === null ? 0 : 10 ** (-sqnrDb / 10);
}
