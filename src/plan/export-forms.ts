import type { OptionSpec } from "../base/option.js";
import type { MetricName } from "./plan.js";

/** The forms in which `export` writes a model; `forms` in the language. What each needs of a trial, `src/run` decides. */
export const exportForms = [
  {
    name: "onnx",
    summary: "the ONNX file that was evaluated and timed, byte for byte; of a simulated trial its float32 form",
    /** Written unless the program says which; left out with a reason where the trial has no such form. */
    isUsual: true,
  },
  {
    name: "onnx_with_past",
    summary: "of a language model: the ONNX file that reads a prompt and goes on token by token, its cache in and out",
    /** Of language models alone. */
    isUsual: true,
  },
  {
    name: "onnx_qdq",
    summary: "a static trial between QuantizeLinear and DequantizeLinear, for engines that fuse these themselves",
    isUsual: false,
  },
  {
    name: "onnx_fp16",
    summary: "fp32 with its weights stored in 16 bits and cast back, float compute",
    isUsual: false,
  },
  {
    name: "tfjs",
    summary: "TF.js's model.json and weights: fp32 in float32, a stored trial in its own type",
    isUsual: true,
  },
  { name: "tfjs_float16", summary: "TF.js's files of fp32 with float16 weights", isUsual: false },
  { name: "tfjs_uint16", summary: "TF.js's files of fp32 with uint16 weights", isUsual: false },
  { name: "tfjs_uint8", summary: "TF.js's files of fp32 with uint8 weights", isUsual: false },
] as const satisfies readonly { readonly name: string; readonly summary: string; readonly isUsual: boolean }[];

export type ExportForm = (typeof exportForms)[number]["name"];

/** Which trial of an experiment is exported. */
export type TrialSelector =
  | { readonly kind: "best"; readonly metric: MetricName }
  /** A scheme by name, which has one trial. */
  | { readonly kind: "scheme"; readonly name: string }
  /** By its label in the table, or its id. */
  | { readonly kind: "trial"; readonly trial: string };

/** Options of an `export` statement. */
export const exportOptions: readonly OptionSpec[] = [
  {
    name: "forms",
    type: { kind: "choice", choices: exportForms },
    summary: "what is written, several with |; what the trial has of onnx and tfjs unless said",
  },
  { name: "licence", type: { kind: "string" }, summary: "licence of the model, for its card", sweeps: false },
  { name: "source", type: { kind: "string" }, summary: "where the model comes from, for its card", sweeps: false },
];
