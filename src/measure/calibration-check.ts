import type { Estimate } from "./statistics.js";

/** What calibration was given, and whether it was enough. */
export interface CalibrationCheck {
  readonly samples: number;
  /** Classes of the labels, and those of them that no calibration sample has; with class labels only. */
  readonly classes?: { readonly total: number; readonly missing: readonly string[] };
  /** Calibration samples whose content equals a test sample's: accuracy measured on them says too much. */
  readonly leaked: number;
  /** How ranges and accuracy move with 1/16, 1/8, ... of the samples; of a diagnosis only. */
  readonly growth?: readonly CalibrationStep[];
}

/** The scheme calibrated with the first `samples` of the same samples. */
export interface CalibrationStep {
  readonly samples: number;
  /** Median over activations of |width - final width| / final width. */
  readonly rangeChange: number;
  readonly drop: Estimate;
}
