import type { Diagnostic } from "../base/diagnostic.js";
import type { AccuracyResult } from "../measure/accuracy.js";
import type { Environment } from "../measure/environment.js";
import type { GapResult } from "../measure/gap.js";
import type { SizeResult } from "../measure/size.js";
import type { LatencyResult } from "../measure/speedup.js";
import type { LayerResult } from "../measure/sqnr.js";

export type { AccuracyResult } from "../measure/accuracy.js";
export type { Environment } from "../measure/environment.js";
export type { GapResult } from "../measure/gap.js";
export type { SizeResult } from "../measure/size.js";
export type { LatencyResult } from "../measure/speedup.js";
export type { LayerResult } from "../measure/sqnr.js";
export type { Estimate } from "../measure/statistics.js";

export interface SchemeSummary {
  readonly name: string;
  readonly mode: string;
  readonly weights?: string;
  readonly granularity?: string;
  readonly group?: number;
  readonly activations?: string;
  readonly calibration?: string;
  readonly samples?: number;
  readonly method?: string;
  readonly keep?: Readonly<Record<string, string>>;
  readonly execution: "executed" | "simulated";
}

export interface AttestationResult {
  readonly integerNodes: number;
  readonly floatNodes: number;
  /** True when every node that the plan made integer was found as an integer kernel. */
  readonly attested: boolean;
  readonly reason: string;
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
  /** Of a fresh process; `engineBytes` of the peak were there before the model: Node, the engine and the input. */
  readonly memory?: { readonly peakBytes: number; readonly engineBytes?: number };
  readonly attestation: AttestationResult;
  readonly parity: { readonly maxRelativeError: number; readonly samples: number; readonly reference: string };
  /** Simulated minus executed; of quantized trials whose accuracy was measured, where the interpreter can keep up. */
  readonly gap?: GapResult;
  readonly layers?: readonly LayerResult[];
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
