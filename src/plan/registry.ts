import type { OptionSpec } from "../base/option.js";
import type { LabelKind } from "../datasets/dataset.js";
import { syntheticOptions } from "../frontends/synthetic/config.js";
import type { MetricName, Phase, PlainView, View } from "./plan.js";

/** What programs can name in `measure`, `expect` and `show`, and where models come from. Plain lists; no vocabulary of these lives elsewhere. */

export interface MeasureDefinition {
  readonly name: "accuracy" | "latency" | "size" | "memory" | "cost" | "energy";
  readonly summary: string;
  readonly options: readonly OptionSpec[];
}

export const measures: readonly MeasureDefinition[] = [
  {
    name: "accuracy",
    summary:
      "on the test split, paired with fp32: top-1, mean absolute error, perplexity and next token; where data has no labels agreement of distributions, else the relative error of the outputs",
    options: [
      {
        name: "stop_at_drop",
        type: { kind: "number", min: 0, max: 1, unit: "fraction" },
        summary: "end a trial early, once its accuracy drop is surely above this (20%)",
        sweeps: false,
      },
    ],
  },
  {
    name: "latency",
    summary: "milliseconds of one inference, interleaved with fp32 on the same engine",
    options: [
      {
        name: "batch",
        type: { kind: "integer", min: 1, max: 4096 },
        summary: "samples in one inference; several with | (default 1)",
        sweeps: true,
      },
      {
        name: "threads",
        type: { kind: "integer", min: 1, max: 256 },
        summary: "threads of the engine; several with | (default 1)",
        sweeps: true,
      },
      {
        name: "phase",
        type: {
          kind: "choice",
          choices: [
            { name: "prefill", summary: "all tokens of a prompt at once" },
            { name: "decode", summary: "one token, behind a cache of keys and values of the tokens before it" },
          ],
        },
        summary: "how a language model is run; both with | (default both)",
        sweeps: true,
      },
      {
        name: "context",
        type: { kind: "integer", min: 1, max: 1_000_000 },
        summary:
          "tokens of the prompt, or in the cache when decoding; several with | (default: as many as the data's samples have)",
        sweeps: true,
      },
    ],
  },
  { name: "size", summary: "bytes of the model file, and what they hold", options: [] },
  { name: "memory", summary: "peak memory of a fresh process that runs the model", options: [] },
  {
    name: "cost",
    summary: "money for a million samples at the measured latency, and what it saves; needs latency",
    options: [
      {
        name: "price",
        type: { kind: "price" },
        summary: "price of the whole machine, in any currency: 0.34 per_hour",
        required: true,
        sweeps: false,
      },
    ],
  },
  {
    name: "energy",
    summary: "joules of the processor package for a sample, where it has a counter that can be read; needs latency",
    options: [],
  },
];

/** Units of a metric's values. "decibel", "count" and "number" take plain numbers. */
export type MetricUnit = "fraction" | "ratio" | "ms" | "bytes" | "decibel" | "count" | "number";

export interface MetricDefinition {
  readonly name: MetricName;
  readonly unit: MetricUnit;
  readonly summary: string;
  /** What has to be measured for it. */
  readonly needs: MeasureDefinition["name"];
  /** Only with labels of these kinds; absent where any will do. */
  readonly labels?: readonly LabelKind[];
  /** Only with so many classes. */
  readonly leastClasses?: number;
  /** Only where this phase of a language model is timed. */
  readonly phase?: Phase;
}

export const metrics: readonly MetricDefinition[] = [
  {
    name: "accuracy",
    unit: "fraction",
    needs: "accuracy",
    summary: "share of right answers on the test split, or the error where answers are values",
  },
  { name: "accuracy_drop", unit: "fraction", needs: "accuracy", summary: "fp32 minus this, positive when worse" },
  {
    name: "flips",
    unit: "count",
    needs: "accuracy",
    labels: ["class", "none", "tokens"],
    summary: "samples, or next tokens, whose answer differs from fp32's",
  },
  {
    name: "top5",
    unit: "fraction",
    needs: "accuracy",
    labels: ["class"],
    leastClasses: 6,
    summary: "share of samples with the label among the five largest outputs",
  },
  {
    name: "macro_f1",
    unit: "fraction",
    needs: "accuracy",
    labels: ["class"],
    summary: "F1 of each class, averaged over the classes of the test split",
  },
  {
    name: "rmse",
    unit: "number",
    needs: "accuracy",
    labels: ["value"],
    summary: "root of the mean squared error, with real-valued labels",
  },
  {
    name: "r2",
    unit: "number",
    needs: "accuracy",
    labels: ["value"],
    summary: "share of the labels' variance that the outputs explain",
  },
  {
    name: "perplexity",
    unit: "number",
    needs: "accuracy",
    labels: ["class", "tokens"],
    summary: "exp of the mean negative log-likelihood of the label, or of the next token",
  },
  {
    name: "perplexity_increase",
    unit: "fraction",
    needs: "accuracy",
    labels: ["tokens"],
    summary: "perplexity over fp32's, minus 1: 2% is a perplexity 1.02 times as large",
  },
  {
    name: "same_top",
    unit: "fraction",
    needs: "accuracy",
    labels: ["class", "none", "tokens"],
    summary: "share of samples whose answer is fp32's",
  },
  {
    name: "kl",
    unit: "number",
    needs: "accuracy",
    labels: ["class", "none", "tokens"],
    summary: "mean Kullback-Leibler divergence from fp32's outputs, nats",
  },
  { name: "cosine", unit: "number", needs: "accuracy", summary: "mean cosine similarity to fp32's outputs" },
  { name: "sqnr", unit: "decibel", needs: "accuracy", summary: "signal to quantization noise of a layer's output" },
  { name: "speedup", unit: "ratio", needs: "latency", summary: "best fp32 time / time, on the same engine" },
  { name: "latency", unit: "ms", needs: "latency", summary: "median time of one inference" },
  {
    name: "prefill_speedup",
    unit: "ratio",
    needs: "latency",
    phase: "prefill",
    summary: "speedup of a language model that takes a prompt at once",
  },
  {
    name: "decode_speedup",
    unit: "ratio",
    needs: "latency",
    phase: "decode",
    summary: "speedup of a language model that makes one token after another",
  },
  {
    name: "prefill_tokens_per_second",
    unit: "number",
    needs: "latency",
    phase: "prefill",
    summary: "tokens of a prompt that are taken in a second",
  },
  {
    name: "decode_tokens_per_second",
    unit: "number",
    needs: "latency",
    phase: "decode",
    summary: "tokens that are made in a second",
  },
  { name: "latency_p90", unit: "ms", needs: "latency", summary: "time that nine of ten inferences stay within" },
  { name: "latency_p99", unit: "ms", needs: "latency", summary: "time that 99 of 100 inferences stay within" },
  { name: "size", unit: "bytes", needs: "size", summary: "bytes of the model file" },
  { name: "size_reduction", unit: "fraction", needs: "size", summary: "1 - bytes / bytes of fp32" },
  { name: "memory", unit: "bytes", needs: "memory", summary: "peak memory of a fresh process" },
  { name: "cost", unit: "number", needs: "cost", summary: "money for a million samples, one inference at a time" },
  { name: "saving", unit: "fraction", needs: "cost", summary: "share of fp32's cost that is saved: 1 - 1 / speedup" },
  { name: "energy", unit: "number", needs: "energy", summary: "joules of the processor package for a sample" },
];

export interface ViewDefinition {
  readonly name: View["kind"];
  readonly summary: string;
  /** What has to be measured, beside what its metrics need. */
  readonly needs?: MeasureDefinition["name"];
  /** Only schemes of these modes have what it shows. */
  readonly modes?: readonly string[];
  /** It shows what a `diagnose` statement finds out. */
  readonly diagnosis?: true;
  /** For each argument the metrics that it may name. */
  readonly arguments: readonly (readonly MetricName[])[];
  /** As written: `pareto(speedup, accuracy)`. */
  readonly form: string;
}

const scalars: readonly MetricName[] = metrics.map(({ name }) => name).filter((name) => name !== "sqnr");

export const views: readonly ViewDefinition[] = [
  { name: "table", summary: "one row a trial", arguments: [], form: "table" },
  {
    name: "pareto",
    summary: "two metrics against each other, and the trials that no other beats in both",
    arguments: [scalars, scalars],
    form: "pareto(speedup, accuracy)",
  },
  { name: "layers", summary: "a metric of each layer", arguments: [["sqnr"]], form: "layers(sqnr)" },
  plain("split", "noise of the weights alone and of the activations alone", { needs: "accuracy" }),
  plain("sensitivity", "layers by the noise that each makes", { diagnosis: true }),
  plain("histograms", "activations as calibration saw them, and the ranges chosen", { modes: ["static"] }),
  plain("calibration", "ranges and accuracy with more and more calibration samples", { diagnosis: true }),
  plain("confusion", "which answers flip into which", { needs: "accuracy" }),
  plain("gap", "simulated against executed, layer by layer", { needs: "accuracy" }),
  plain("latency", "every sample of both arms", { needs: "latency" }),
  plain("roofline", "the speed reached against what this machine can reach", { needs: "latency" }),
  plain("nodes", "time by layer, beside fp32", { needs: "latency" }),
];

/** A view that takes nothing in parentheses. */
function plain(
  name: PlainView,
  summary: string,
  needs: Pick<ViewDefinition, "needs" | "modes" | "diagnosis">,
): ViewDefinition {
  return { name, summary, arguments: [], form: name, ...needs };
}

/** A way to read models. `options` of a `model` statement; the path is its one argument. */
export interface FrontendDefinition {
  readonly name: string;
  readonly summary: string;
  /** "none": the options alone say what the model is; it takes no path. */
  readonly source?: "none";
  readonly options: readonly OptionSpec[];
}

export const frontends: readonly FrontendDefinition[] = [
  {
    name: "tfjs",
    summary: "a TF.js layers-model: model.json with its weight files, or a tf.LayersModel in a $variable",
    options: [
      {
        name: "input_shape",
        type: { kind: "shape" },
        summary: "sizes of one sample without batch, for a model that leaves them open",
        sweeps: false,
      },
    ],
  },
  {
    name: "onnx",
    summary:
      "an ONNX file of opset 7 to 26, with its external data beside it; `try given` runs a quantized one as it came",
    options: [
      {
        name: "input_shape",
        type: { kind: "shape" },
        summary: "sizes of one sample without batch, as samples come, for a model that leaves them open",
        sweeps: false,
      },
      {
        name: "layout",
        type: {
          kind: "choice",
          choices: [
            {
              name: "channels_last",
              summary: "samples come as [height, width, channels]: a Transpose in front moves the channels",
            },
            { name: "as_given", summary: "samples come as the model takes them" },
          ],
        },
        summary: "where the channels of a sample are, where its shape does not tell",
        sweeps: false,
      },
    ],
  },
  {
    name: "safetensors",
    summary: "a language model of the GPT-2 or Llama family: a folder with config.json and safetensors files",
    options: [
      {
        name: "input_shape",
        type: { kind: "shape" },
        summary: "[tokens of a sequence]; default [128], or as many as the model has positions",
        sweeps: false,
      },
    ],
  },
  {
    name: "synthetic",
    summary: "a decoder-only language model with random weights: only speed, size and memory of it are measured",
    source: "none",
    options: syntheticOptions,
  },
];
