import type { Diagnostic } from "../base/diagnostic.js";

/** A measured value with its 95% interval. */
export interface Estimate {
  readonly value: number;
  readonly ci95: readonly [number, number];
}

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

/**
 * Accuracy on the test split. With class labels `top1`; with real-valued labels `mae`; without labels
 * `agreement`: the share of samples whose top output (or, with one output, whose rounded value) equals fp32's.
 * `drop` is fp32 minus this, in the metric's unit, positive when worse; paired over the same samples.
 */
export interface AccuracyResult {
  readonly top1?: Estimate & { readonly n: number };
  readonly mae?: Estimate & { readonly n: number };
  readonly agreement?: Estimate & { readonly n: number };
  readonly drop: Estimate;
  /** Samples whose top class differs from fp32's; absent for real-valued outputs. */
  readonly flips?: number;
}

export interface LatencyResult {
  readonly batch: number;
  readonly threads: number;
  /** Median of one inference of this trial, milliseconds. */
  readonly medianMs: number;
  /** Best fp32 of the same graph on the same engine, same samples interleaved, milliseconds. */
  readonly baselineMs: number;
  readonly speedup: Estimate;
  /** The same protocol run on fp32 against itself: 1 when the machine is quiet. */
  readonly control: Estimate;
  readonly processes: number;
  readonly pairs: number;
  readonly optimization: { readonly baseline: string; readonly trial: string };
  /** A sentence for people: faster by so much, or "no measurable difference", with the reason where known. */
  readonly verdict: string;
}

export interface SizeResult {
  /** Bytes of the ONNX file that ran. */
  readonly bytes: number;
  /** bytes / bytes of the fp32 file. */
  readonly ratio: number;
  readonly codes: number;
  readonly scales: number;
  readonly zeroPoints: number;
  /** Weights and constants left in float. */
  readonly float: number;
  /** Everything else: names, graph structure, integer biases and shapes. */
  readonly other: number;
}

export interface AttestationResult {
  readonly integerNodes: number;
  readonly floatNodes: number;
  /** True when every node that the plan made integer was found as an integer kernel. */
  readonly attested: boolean;
  readonly reason: string;
}

/** SQNR of one layer's output against fp32, decibels; null when the layer's output is the same to the bit. */
export interface LayerResult {
  readonly layer: string;
  readonly sqnrDb: number | null;
}

export interface Environment {
  readonly node: string;
  readonly engine: string;
  readonly tfjs: string;
  readonly cpu: string;
  readonly cpuFlags: readonly string[];
  readonly cores: number;
  readonly platform: string;
  readonly nibble: string;
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
  readonly memory?: { readonly peakBytes: number };
  readonly attestation: AttestationResult;
  readonly parity: { readonly maxRelativeError: number; readonly samples: number; readonly reference: string };
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
