import { nearestOr, type UnknownFacts } from "./unknown.js";
import { listed, nameHint, type WordingOf } from "./wording.js";

/** Experiments: clauses against each other, the model and the data. */
export interface ExperimentFacts {
  "missing-clause": { readonly experiment: string; readonly clause: string };
  "one-per-experiment": { readonly what: string };
  "baseline-not-fp32": { readonly name: string };
  "nothing-to-try": { readonly experiment: string };
  "keep-matches-nothing": { readonly pattern: string; readonly layers: readonly string[]; readonly nearest?: string };
  "keep-nothing-to-quantize": { readonly pattern: string; readonly layers: readonly string[] };
  "unknown-axis": UnknownFacts & { readonly scheme?: string };
  "where-prunes-nothing": { readonly clause: string };
  "where-prunes-all": { readonly experiment: string; readonly cells: number };
  "comparison-order": { readonly name: string; readonly comparator: string };
  "expectation-form": { readonly text: string };
  "diagnose-form": { readonly text: string };
  "diagnose-float": { readonly name: string };
  "diagnose-twice": { readonly text: string };
  /** `option`: "phase" or "context". */
  "phase-without-decoder": { readonly option: string; readonly model: string };
  "context-too-long": {
    readonly context: number;
    readonly most: number;
    readonly phase: string;
    readonly model: string;
  };
  "prompt-length": { readonly context: number; readonly length: number; readonly model: string };
  "decode-batch": { readonly batch: number };
  "synthetic-accuracy": { readonly model: string };
  "synthetic-data": { readonly model: string };
  "needs-measure": { readonly metric: string; readonly measure: string };
  /** `found`: what the data has, as a noun; `wanted`: what the metric needs. `others`: metrics that such data has. */
  "metric-labels": {
    readonly metric: string;
    readonly data: string;
    readonly found: string;
    readonly wanted: string;
    readonly others: readonly string[];
    readonly fix?: string;
  };
  "view-arguments": { readonly view: string; readonly form: string };
  "view-without-diagnosis": { readonly view: string; readonly experiment: string };
  "view-without-data": { readonly view: string; readonly modes: readonly string[] };
  "too-many-trials": { readonly experiment: string; readonly limit: number };
  /** `everywhere`: no CPU profile runs it, not only this machine's. */
  "cannot-execute": {
    readonly scheme: string;
    readonly reason: string;
    readonly cells: number;
    readonly of: number;
    readonly everywhere: boolean;
  };
  /** `others`: how many reasons more its cells have. */
  simulated: {
    readonly scheme: string;
    readonly reason: string;
    readonly others: number;
    readonly cells: number;
    readonly of: number;
  };
  "expects-of-simulated": {
    readonly expectation: string;
    readonly scheme: string;
    readonly metric: string;
    readonly cells: number;
    readonly of: number;
  };
  "shape-mismatch": {
    readonly model: string;
    readonly input: string;
    readonly wanted: readonly (number | null)[];
    readonly data: string;
    readonly given: readonly number[];
  };
  "input-count-mismatch": {
    readonly model: string;
    readonly inputs: readonly string[];
    readonly data: string;
    readonly given: number;
  };
  "open-input-shape": { readonly model: string; readonly input: string; readonly shape: readonly (number | null)[] };
  "no-training-samples": { readonly scheme: string; readonly data: string };
  "too-few-training-samples": {
    readonly scheme: string;
    readonly samples: number;
    readonly data: string;
    readonly train: number;
  };
}

const shaped = (shape: readonly (number | null)[]) => `[${shape.map((size) => size ?? "?").join(", ")}]`;
const product = (shape: readonly (number | null)[]) =>
  shape.reduce<number>((all, size) => all * (size ?? Number.NaN), 1);

/** The example that a message about a missing or misplaced clause shows. */
const clauseExamples: Readonly<Record<string, string>> = {
  model: "model digits_cnn",
  data: "data digits",
  baseline: "baseline fp32",
  try: "try static { calibration: minmax }",
};

export const experimentWording: WordingOf<ExperimentFacts> = {
  "missing-clause": ({ experiment, clause }) => ({
    message: `the experiment "${experiment}" has no ${clause}`,
    hint: `add a line: ${clauseExamples[clause] ?? clause}`,
  }),
  "one-per-experiment": ({ what }) => ({
    message: `an experiment has one ${what}`,
    hint: `write one experiment for each ${what}`,
  }),
  "baseline-not-fp32": ({ name }) => ({
    message: `"${name}" cannot be the baseline`,
    hint: "speedup and accuracy drop are measured against fp32: baseline fp32",
  }),
  "nothing-to-try": ({ experiment }) => ({
    message: `the experiment "${experiment}" tries nothing but the baseline`,
    hint: `add a line: ${clauseExamples.try}`,
  }),
  "keep-matches-nothing": ({ pattern, layers, nearest }) => ({
    message: `no layer of the model matches ${pattern}`,
    ...nameHint(nearest, layers, "layers"),
  }),
  "keep-nothing-to-quantize": ({ pattern, layers }) => ({
    message: `${pattern} matches only layers without weights to quantize: ${listed(layers, 4)}`,
    hint: "remove the rule; these layers stay in float anyway",
  }),
  "unknown-axis": (facts) => ({
    message: facts.scheme
      ? `"${facts.scheme}" does not set "${facts.name}" in this experiment`
      : `no scheme of this experiment sets "${facts.name}"`,
    ...nearestOr(facts, "names"),
  }),
  "where-prunes-nothing": ({ clause }) => ({ message: `\`${clause}\` excludes nothing` }),
  "where-prunes-all": ({ experiment, cells }) => ({
    message: `the \`where\` clauses of "${experiment}" exclude all ${cells} cells`,
    hint: "a clause says what stays: `where not (...)` excludes",
  }),
  "comparison-order": ({ name, comparator }) => ({
    message: `"${name}" is not a number, so ${comparator} says nothing about it`,
    hint: "use = or !=",
  }),
  "expectation-form": ({ text }) => ({
    message: `\`${text}\` names no metric of a scheme`,
    hint: "an expectation is written scheme.metric: static.accuracy_drop < 1%",
  }),
  "diagnose-form": ({ text }) => ({
    message: `"${text}" does not name what to diagnose`,
    hint: "write `diagnose experiment` or `diagnose experiment.scheme`",
  }),
  "diagnose-float": ({ name }) => ({
    message: `"${name}" quantizes nothing, so there is nothing to find out`,
    hint: "diagnose a quantized scheme: it is compared with fp32",
  }),
  "diagnose-twice": ({ text }) => ({
    message: `\`diagnose ${text}\` stands here twice`,
    hint: "one is enough",
  }),
  "phase-without-decoder": ({ option, model }) => ({
    message: `"${model}" is no decoder-only language model, so ${option === "phase" ? "it has no phases" : "no context stands before its input"}`,
    hint: "leave `phase` and `context` out: the model is timed whole",
  }),
  "context-too-long": ({ context, most, phase, model }) => ({
    message:
      phase === "decode"
        ? `"${model}" takes at most ${most} tokens, and a context of ${context} leaves no room for the next one`
        : `"${model}" takes at most ${most} tokens, fewer than a prompt of ${context}`,
    hint: phase === "decode" ? `context: ${most - 1} is the longest when decoding` : `context: ${most} is the longest`,
  }),
  "prompt-length": ({ context, length, model }) => ({
    message: `"${model}" takes ${length} tokens at once, so a prompt of ${context} cannot be timed`,
    hint: `prefill is timed with ${length} tokens; \`context\` still says how many stand before a decoded one`,
  }),
  "decode-batch": ({ batch }) => ({
    message: `one sequence is decoded at a time, so batch ${batch} holds for prefill alone`,
    hint: "leave `batch` out to say nothing that is not done",
  }),
  "synthetic-accuracy": ({ model }) => ({
    message: `"${model}" has random weights, so its accuracy says nothing`,
    hint: "measure latency, size and memory: of a synthetic model only these are real",
  }),
  "synthetic-data": ({ model }) => ({
    message: `"${model}" has random weights and is run on random tokens, so the experiment takes no data`,
    hint: "remove the data clause",
  }),
  "needs-measure": ({ metric, measure }) => ({
    message: `"${metric}" is known only when ${measure} is measured`,
    hint: `add ${measure} to the measure clause`,
  }),
  "view-without-diagnosis": ({ view, experiment }) => ({
    message: `"${view}" shows what \`diagnose\` finds out, and nothing here diagnoses "${experiment}"`,
    hint: `add \`diagnose ${experiment}\` below the experiment`,
  }),
  "view-without-data": ({ view, modes }) => ({
    message: `"${view}" shows nothing here: no ${modes.join(" or ")} scheme is tried`,
    hint: `only ${modes.join(" and ")} schemes have what it shows`,
  }),
  "metric-labels": ({ metric, data, found, wanted, others, fix }) => ({
    message: `"${metric}" needs ${wanted}, and the data "${data}" has ${found}`,
    hint: `use ${listed(others, 9)}${fix === undefined ? "" : `; or ${fix}`}`,
  }),
  "view-arguments": ({ view, form }) => ({ message: `"${view}" is not written like this`, hint: `write ${form}` }),
  "too-many-trials": ({ experiment, limit }) => ({
    message: `"${experiment}" has more than ${limit} cells`,
    hint: "remove values from the axes, or split the experiment",
  }),
  "cannot-execute": ({ scheme, reason, cells, of, everywhere }) => {
    const what = cells === of ? `"${scheme}" cannot execute` : `${cells} of ${of} cells of "${scheme}" cannot execute`;
    return { message: `${what}${everywhere ? "" : " on this CPU"}: ${reason}` };
  },
  simulated: ({ scheme, reason, others, cells, of }) => {
    const what = cells === of ? `"${scheme}" is simulated` : `${cells} of ${of} cells of "${scheme}" are simulated`;
    const more = others === 0 ? "" : ` (${others} more ${others === 1 ? "reason" : "reasons"}: nibble explain)`;
    return {
      message: `${what}: ${reason}${more}`,
      hint: "accuracy and size are computed in its formats; speed and memory of what cannot run are not measured",
    };
  },
  "expects-of-simulated": ({ expectation, scheme, metric, cells, of }) => ({
    message:
      cells === of
        ? `\`${expectation}\` can never be met: "${scheme}" is simulated, and ${metric} is measured of what executes alone`
        : `\`${expectation}\` can never be met: ${cells} of ${of} cells of "${scheme}" are simulated, and ${metric} is measured of what executes alone`,
    hint: "give the formats that execute a scheme of their own, or expect accuracy_drop or size_reduction",
  }),
  "shape-mismatch": ({ model, input, wanted, data, given }) => ({
    message: `the model "${model}" takes ${shaped(wanted)} at input "${input}", and the data "${data}" gives ${shaped(given)}`,
    ...(product(wanted) === product(given) ? { hint: `give the data the option shape: ${shaped(wanted)}` } : {}),
  }),
  "input-count-mismatch": ({ model, inputs, data, given }) => ({
    message: `the model "${model}" has ${inputs.length} ${inputs.length === 1 ? "input" : "inputs"} (${listed(inputs, 4)}), and the data "${data}" gives ${given}`,
  }),
  "open-input-shape": ({ model, input, shape }) => ({
    message: `the model "${model}" leaves the shape of input "${input}" open: ${shaped(shape)}`,
    hint: `say it: { input_shape: [${shape.map((size) => size ?? 224).join(", ")}] }`,
  }),
  "no-training-samples": ({ scheme, data }) => ({
    message: `"${scheme}" calibrates on training samples, and the data "${data}" has none`,
    hint: "give the data a training share: split: train 80% test 20%",
  }),
  "too-few-training-samples": ({ scheme, samples, data, train }) => ({
    message: `"${scheme}" calibrates on ${samples} samples, and the data "${data}" has ${train} to train with`,
    hint: `use samples: ${train} or fewer`,
  }),
};
