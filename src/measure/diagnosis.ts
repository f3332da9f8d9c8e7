import type { CalibrationCheck } from "./calibration-check.js";
import type { Estimate } from "./statistics.js";

/** Where the error of one trial comes from; each drop is paired with fp32 over the same test samples, in the metric's unit. */
export interface DiagnosisResult {
  /** The trial's own drop, and its SQNR at the model's output, decibels; null when equal to the bit. */
  readonly all: DiagnosisArm;
  readonly weightsOnly: DiagnosisArm;
  /** Absent where the scheme quantizes no activations. */
  readonly activationsOnly?: DiagnosisArm;
  /** One a layer in the order of the model. */
  readonly layers: readonly LayerDiagnosis[];
  readonly calibration?: CalibrationCheck;
  /** Samples of the test split that every figure here is over. */
  readonly samples: number;
  /** Sentences with their reasons, the most useful first: "conv2d_1 alone causes 80% of the noise: keep it at fp32". */
  readonly findings: readonly string[];
}

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
}
