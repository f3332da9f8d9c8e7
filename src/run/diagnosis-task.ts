import type { AccuracyMetric } from "../measure/accuracy-metric.js";
import type { CalibrationCheck } from "../measure/calibration-check.js";
import type { DiagnosisArm } from "../measure/diagnosis.js";
import type { Estimate } from "../measure/statistics.js";

/** A variant of the diagnosed trial that is run against fp32. */
export type ArmName =
  | { readonly kind: "weights" | "activations" }
  | { readonly kind: "alone" | "kept"; readonly layer: string }
  | { readonly kind: "calibrated"; readonly samples: number };

/** What a diagnosis begins with. */
export interface DiagnosisOpening {
  readonly metric: AccuracyMetric;
  readonly all: DiagnosisArm;
  readonly samples: number;
  /** Layers that the scheme quantizes, in the order of the model. */
  readonly layers: readonly string[];
  readonly quantizesActivations: boolean;
  readonly calibration?: CalibrationCheck;
}

/** An arm's figures; `gain` is the trial's drop minus the arm's, paired; `rangeChange` with "calibrated". */
export interface ArmFigures {
  readonly arm: DiagnosisArm;
  readonly gain: Estimate;
  readonly rangeChange?: number;
}
