import type { Diagnostic } from "../base/diagnostic.js";
import type { AccuracyResult } from "../measure/accuracy.js";
import type { CalibrationCheck } from "../measure/calibration-check.js";
import type { CostResult } from "../measure/cost.js";
import type { CrossCheck } from "../measure/cross-check.js";
import type { DiagnosisResult, SplitResult } from "../measure/diagnosis.js";
import type { EnergyResult } from "../measure/energy.js";
import type { Environment } from "../measure/environment.js";
import type { GapResult } from "../measure/gap.js";
import type { RangeResult } from "../measure/ranges.js";
import type { RooflineResult } from "../measure/roofline.js";
import type { SizeResult } from "../measure/size.js";
import type { LatencyResult } from "../measure/speedup.js";
import type { LayerResult } from "../measure/sqnr.js";
import type { SchemeSummary } from "../plan/scheme-summary.js";

export type { AccuracyResult, Sampled } from "../measure/accuracy.js";
export type { CalibrationCheck } from "../measure/calibration-check.js";
export type { Conditions } from "../measure/conditions.js";
export type { CostResult } from "../measure/cost.js";
export type { Agreement, CrossCheck } from "../measure/cross-check.js";
export type { DiagnosisArm, DiagnosisResult, LayerDiagnosis, SplitResult } from "../measure/diagnosis.js";
export type { EnergyResult } from "../measure/energy.js";
export type { Environment } from "../measure/environment.js";
export type { GapResult } from "../measure/gap.js";
export type { RangeResult } from "../measure/ranges.js";
export type { NodeTime, RooflineResult } from "../measure/roofline.js";
export type { SizeResult } from "../measure/size.js";
export type { LatencyResult } from "../measure/speedup.js";
export type { LayerResult } from "../measure/sqnr.js";
export type { Estimate } from "../measure/statistics.js";
export type { SchemeSummary } from "../plan/scheme-summary.js";

export interface AttestationResult {
  readonly integerNodes: number;
  readonly floatNodes: number;
  /** True when every node that the plan made integer was found as an integer kernel. */
  readonly attested: boolean;
  readonly reason: string;
  /** Planned integer nodes that fell back to float, with the layer, the reason and what it cost. */
  readonly fallen?: readonly FallenNode[];
  /** Sentences about this CPU that belong beside the figures: no VNNI, 16-bit sums that saturated. */
  readonly hazards?: readonly string[];
  /** The same scheme in QDQ form on the same engine, compared with what ran. */
  readonly crossCheck?: CrossCheck;
}

/** A node that was planned as integer and ran as float. */
export interface FallenNode {
  readonly node: string;
  readonly layer?: string;
  /** What ran instead, and why as far as is known. */
  readonly ran: string;
  readonly reason: string;
  /** Milliseconds of one run that the node takes as it ran, from the engine's profile; absent where it was not profiled. */
  readonly costMs?: number;
}

export interface Manifest {
  readonly plan: string;
  readonly model: string;
  readonly data: string;
  readonly seed: number;
  readonly environment: Environment;
}

interface RecordBase {
  readonly schemaVersion: 1;
  readonly experiment: string;
  /** Trial id, `sha256:...`. */
  readonly trial: string;
  readonly scheme: SchemeSummary;
  readonly manifest: Manifest;
}

export interface CompletedRecord extends RecordBase {
  readonly status: "completed";
  readonly accuracy?: AccuracyResult;
  readonly latency?: readonly LatencyResult[];
  readonly size?: SizeResult;
  /** The ONNX file that was evaluated and timed, which `export` gives; absent where none ran. */
  readonly file?: { readonly sha256: string; readonly bytes: number };
  /** Of a fresh process; `engineBytes` of the peak were there before the model: Node, the engine and the input. */
  readonly memory?: { readonly peakBytes: number; readonly engineBytes?: number };
  readonly attestation: AttestationResult;
  /** The lowered model against its oracle; absent of a model with random weights, which has none. */
  /** How close what was lowered is to the user's own files: fp32, or `of` says the model as it came where that is quantized. */
  readonly parity?: {
    readonly maxRelativeError: number;
    readonly samples: number;
    readonly reference: string;
    readonly of?: "given";
  };
  /** The weights are random: speed, size and memory are those of a trained model of the same sizes, and nothing is said of accuracy. */
  readonly synthetic?: true;
  /** Simulated minus executed; of quantized trials whose accuracy was measured, where the interpreter can keep up. */
  readonly gap?: GapResult;
  readonly layers?: readonly LayerResult[];
  /** Weights alone and activations alone quantized: which of them costs accuracy. */
  readonly split?: SplitResult;
  /** Activations with their ranges, at most 64, the most saturated first; of static trials. */
  readonly ranges?: readonly RangeResult[];
  readonly calibration?: CalibrationCheck;
  /** One for each latency result that was profiled. */
  readonly roofline?: readonly RooflineResult[];
  readonly cost?: readonly CostResult[];
  readonly energy?: readonly EnergyResult[];
}

export interface FailedRecord extends RecordBase {
  readonly status: "failed";
  readonly stage: "load" | "parity" | "calibrate" | "quantize" | "lower" | "accuracy" | "latency" | "memory";
  readonly diagnostic: Diagnostic;
}

export interface SkippedRecord extends RecordBase {
  readonly status: "skipped";
  readonly reason: string;
}

/** One line of the ledger, and of `nibble run --json`. */
export type TrialRecord = CompletedRecord | FailedRecord | SkippedRecord;

/** What `diagnose` found out about a completed trial; a line of the same ledger. */
export interface DiagnosisRecord {
  readonly schemaVersion: 1;
  readonly experiment: string;
  /** Id of the trial that it explains. */
  readonly trial: string;
  readonly status: "diagnosed";
  readonly scheme: SchemeSummary;
  readonly manifest: Manifest;
  readonly diagnosis: DiagnosisResult;
}
