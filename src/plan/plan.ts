import type { Settings } from "../base/option.js";
import type { DataReference } from "../datasets/dataset.js";
import type { Scheme } from "../quantize/scheme.js";

export interface ModelReference {
  readonly name: string;
  /** Frontend: "tfjs", "onnx" or "synthetic". */
  readonly format: string;
  /** Absolute path of model.json or of the ONNX file, already checked to lie inside an allowed folder. */
  readonly path: string;
  /** Shapes of the inputs without batch, when the program gives them. */
  readonly inputShape?: readonly number[];
  /**
   * Of ONNX models. "channels_last": samples come with their channels last, and the model takes them right after the batch.
   * "as_given": samples come as the model takes them, whatever their shape suggests.
   */
  readonly layout?: "channels_last" | "as_given";
  /**
   * Of ONNX models whose samples are sequences of tokens, never padded: what the model takes beside them (attention_mask,
   * position_ids) is the same for all samples, and a constant.
   */
  readonly sequences?: "whole";
  /** Checked options of the source that decide what the model is: all that a synthetic model is made of. */
  readonly settings?: Settings;
}

/** A value of the record that a program can name: `static.accuracy_drop`, `pareto(speedup, accuracy)`. */
export type MetricName =
  | "accuracy"
  | "accuracy_drop"
  | "speedup"
  | "latency"
  | "size"
  | "size_reduction"
  | "memory"
  | "cost"
  | "saving"
  | "energy"
  | "sqnr"
  | "flips"
  | "top5"
  | "macro_f1"
  | "rmse"
  | "r2"
  | "perplexity"
  | "perplexity_increase"
  | "same_top"
  | "kl"
  | "cosine"
  | "latency_p90"
  | "latency_p99"
  | "prefill_speedup"
  | "decode_speedup"
  | "prefill_tokens_per_second"
  | "decode_tokens_per_second";

/**
 * How a language model is run: `prefill` takes all tokens of a prompt at once, `decode` one token behind a cache of keys and
 * values of the tokens before it.
 */
export type Phase = "prefill" | "decode";

export interface LatencyMeasure {
  readonly batch: number;
  readonly threads: number;
  /** Of language models; absent: the model is run whole. */
  readonly phase?: Phase;
  /** With `phase`: tokens of the prompt, or of the cache when decoding. Absent: as many as a sample has, one less when decoding. */
  readonly context?: number;
}

export interface Measures {
  readonly accuracy: boolean;
  /** A trial is ended once its accuracy drop is surely above this share of the samples. */
  readonly stopAtDrop?: number;
  readonly latency: readonly LatencyMeasure[];
  readonly size: boolean;
  readonly memory: boolean;
  /** Money for the measured latency. */
  readonly cost?: { readonly pricePerHour: number };
  /** Energy of the processor while it runs what is timed. */
  readonly energy?: boolean;
  /** SQNR of each layer; true when a view or an expectation asks for it. */
  readonly layers?: boolean;
}

export interface Expectation {
  /** Name of the scheme that it speaks of; every trial of that scheme must meet it. */
  readonly scheme: string;
  readonly metric: MetricName;
  readonly comparison: "<" | "<=" | ">" | ">=" | "=";
  /** In the record's unit: fraction, ratio, milliseconds, bytes. */
  readonly value: number;
  /** As the program says it: `static.accuracy_drop < 1%`. */
  readonly text: string;
}

export type View =
  | { readonly kind: "table" }
  | { readonly kind: "pareto"; readonly x: MetricName; readonly y: MetricName }
  | { readonly kind: "layers"; readonly metric: MetricName }
  | { readonly kind: PlainView };

/** Views that take nothing in parentheses and draw what was measured anyway, or what `diagnose` found. */
export const plainViews = [
  "split",
  "sensitivity",
  "histograms",
  "calibration",
  "confusion",
  "gap",
  "latency",
  "roofline",
  "nodes",
] as const;
export type PlainView = (typeof plainViews)[number];

/** One cell of the matrix that will run. */
export interface Trial {
  /** Hash of everything that decides the result; the same trial has the same id on every machine. */
  readonly id: string;
  readonly scheme: Scheme;
  /** The swept values of this cell, as the user wrote them: `{ calibration: "percentile(99.9)" }`. */
  readonly axes: Readonly<Record<string, string>>;
  /** Estimated bytes of the weights, for `explain`; absent where it cannot be known. Not part of the id. */
  readonly predictedBytes?: number;
  /** Why it has no kernel, as a sentence; present where `scheme.execution` is "simulated". Not part of the id. */
  readonly simulated?: string;
}

export interface SkippedTrial {
  readonly scheme: Scheme;
  readonly axes: Readonly<Record<string, string>>;
  /** A sentence: the `where` clause that excluded it, or why it can be neither executed nor simulated. */
  readonly reason: string;
}

export interface Plan {
  readonly experiment: string;
  readonly model: ModelReference;
  readonly data: DataReference;
  /** The fp32 trial comes first. */
  readonly trials: readonly Trial[];
  readonly skipped: readonly SkippedTrial[];
  readonly measures: Measures;
  readonly expectations: readonly Expectation[];
  readonly views: readonly View[];
  readonly seed: number;
}
