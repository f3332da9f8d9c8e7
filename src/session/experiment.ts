import type { RunTextOptions } from "./program.js";
import type { Result } from "./result.js";
import { runProgram } from "./template.js";

/** A value of an option: what the language would hold there. */
export type OptionValue = number | string | readonly number[] | AnyOf;

/** Several values of one option: an axis of the sweep. */
export interface AnyOf {
  readonly anyOf: readonly (number | string)[];
}

/** An axis of the sweep: `calibration: anyOf("minmax", "entropy")`. */
export function anyOf(...values: readonly (number | string)[]): AnyOf {
  return { anyOf: values };
}

type Options = Readonly<Record<string, OptionValue>>;

/** An experiment as plain data. Names and values are those of the language, and are checked by the same checker. */
export interface ExperimentSpec {
  /** "experiment" unless given. */
  readonly name?: string;
  /** Path of model.json or of an .onnx file, or a `tf.LayersModel` in memory. */
  readonly model: unknown;
  /** Sizes of one sample, for a model that leaves them open. */
  readonly inputShape?: readonly number[];
  /** A reader by name, its path where it has one, and its options. `split` is text: "train 80% test 20% seed 7". */
  readonly data: { readonly reader: string; readonly path?: string; readonly options?: Options };
  /** What to try: `{ scheme: "static", weights: "int8 per_channel", calibration: anyOf("minmax", "entropy") }`. */
  readonly try: readonly ({ readonly scheme: string } & Options)[];
  readonly keep?: readonly { readonly layers: string; readonly at: string }[];
  /** Clauses as the language has them: "not (method = gptq)". */
  readonly where?: readonly string[];
  /** Measures as the language has them; `["accuracy", "latency", "size"]` unless given. */
  readonly measure?: readonly string[];
  readonly expect?: readonly string[];
}

/**
 * Runs one experiment given as plain data; the same as its text in the language.
 * @throws {ProgramError} when something in it is wrong; the message shows the text that it stands for
 */
export function runExperiment(spec: ExperimentSpec, options: RunTextOptions = {}): Promise<Result> {
  const values = new Map([...(options.values ?? []), ["model", spec.model], ["data", spec.data.path]]);
  return runProgram(experimentText(spec), { ...options, values });
}

/** The program that a spec stands for, with `$model` and `$data` for what it holds in memory. */
export function experimentText(spec: ExperimentSpec): string {
  const clause = (word: string, items: readonly string[] | undefined) =>
    items === undefined || items.length === 0 ? [] : [`  ${word} ${items.join(", ")}`];
  const model = spec.inputShape ? ` { input_shape: ${optionText(spec.inputShape)} }` : "";
  return [
    `model the_model = ${isOnnx(spec.model) ? "onnx" : "tfjs"}($model)${model}`,
    dataText("the_data", spec.data),
    `experiment ${spec.name ?? "experiment"} {`,
    "  model the_model",
    "  data the_data",
    "  baseline fp32",
    ...spec.try.map(({ scheme, ...settings }) => `  try ${scheme}${optionsText(settings)}`),
    ...(spec.keep ?? []).map(({ layers, at }) => `  keep layers ${JSON.stringify(layers)} at ${at}`),
    ...(spec.where ?? []).map((condition) => `  where ${condition}`),
    ...clause("measure", spec.measure ?? ["accuracy", "latency", "size"]),
    ...clause("expect", spec.expect),
    "}",
    "",
  ].join("\n");
}

const isOnnx = (model: unknown): boolean => typeof model === "string" && /\.onnx$/i.test(model);

/** The `data` statement of a spec, with `$data` for its path. */
export function dataText(name: string, { reader, path, options }: ExperimentSpec["data"]): string {
  return `data ${name} = ${reader}${path === undefined ? "" : "($data)"}${optionsText(options ?? {})}`;
}

function optionsText(options: Options): string {
  const entries = Object.entries(options).map(([name, value]) => `${name}: ${optionText(value)}`);
  return entries.length === 0 ? "" : ` { ${entries.join(", ")} }`;
}

function optionText(value: OptionValue): string {
  if (typeof value === "number" || typeof value === "string") return String(value);
  return "anyOf" in value ? value.anyOf.join(" | ") : `[${value.join(", ")}]`;
}
