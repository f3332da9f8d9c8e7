import { diagnostic } from "../../base/diagnostic.js";
import type { Setting } from "../../base/option.js";
import type { LatencyMeasure, Phase } from "../../plan/plan.js";
import type { Checker } from "../checker.js";
import type { ModelDescription } from "../host.js";
import type { GivenOptions } from "../values/options.js";

/** What measuring has to know of the model. */
export interface MeasuredModel extends Pick<ModelDescription, "decoder" | "synthetic"> {
  readonly name?: string;
  /** False where the model itself is wrong: nothing is reported for want of what it may be. */
  readonly isKnown: boolean;
}

/**
 * Every batch size with every number of threads; of a language model in every phase and behind every context, both phases
 * unless it says which. What cannot be timed so is reported, and left out.
 */
export function checkLatency(options: GivenOptions, model: MeasuredModel, checker: Checker): readonly LatencyMeasure[] {
  const measures = phasesOf(settingsOf(options), model, options);
  reportUndecoded(options, model, checker);
  for (const measure of measures) {
    reportContext(measure, options, model, checker);
    reportBatch(measure, options, checker);
  }
  return distinct(measures.map((each) => possible(each, model.decoder?.promptLength)));
}

function reportUndecoded(options: GivenOptions, { isKnown, decoder, name = "" }: MeasuredModel, { report }: Checker) {
  if (!isKnown || decoder) return;
  for (const option of ["phase", "context"]) {
    const span = options.get(option)?.span;
    if (span) report(diagnostic("phase-without-decoder", { option, model: name }, { span }));
  }
}

function reportContext(
  { phase, context }: LatencyMeasure,
  options: GivenOptions,
  { decoder, name = "" }: MeasuredModel,
  { report }: Checker,
): void {
  const span = options.get("context")?.span;
  if (!decoder || !phase || context === undefined || !span) return;
  const { context: most = Number.POSITIVE_INFINITY, promptLength: length = context } = decoder;
  // The token that is decoded needs a place of its own.
  if (context + (phase === "decode" ? 1 : 0) > most) {
    report(diagnostic("context-too-long", { context, most, phase, model: name }, { span }));
  } else if (phase === "prefill" && context !== length) {
    report(diagnostic("prompt-length", { context, length, model: name }, { span, severity: "warning" }));
  }
}

function reportBatch({ phase, batch }: LatencyMeasure, options: GivenOptions, { report }: Checker): void {
  const span = options.get("batch")?.span;
  if (phase === "decode" && batch > 1 && span) {
    report(diagnostic("decode-batch", { batch }, { span, severity: "warning" }));
  }
}

/** What can be done of a measure: one sequence is decoded at a time, and a prompt is as long as the model takes it. */
function possible(measure: LatencyMeasure, promptLength: number | undefined): LatencyMeasure {
  if (measure.phase === "decode") return { ...measure, batch: 1 };
  if (measure.phase === undefined || promptLength === undefined) return measure;
  const { context: _, ...prompt } = measure;
  return prompt;
}

function distinct(measures: readonly LatencyMeasure[]): readonly LatencyMeasure[] {
  return [...new Map(measures.map((each) => [JSON.stringify(each), each])).values()];
}

/** The settings in every phase of a language model; a model that is wrong may be one. */
export function phasesOf(
  latency: readonly LatencyMeasure[],
  { isKnown, decoder }: MeasuredModel,
  options: GivenOptions = new Map(),
): readonly LatencyMeasure[] {
  if (isKnown && !decoder) return latency;
  const given = options.get("phase")?.points.flatMap(({ setting }) => phaseOf(setting) ?? []) ?? phases;
  const contexts = options.get("context")?.points.map(({ setting }) => setting) ?? [undefined];
  return given.flatMap((phase) =>
    contexts.flatMap((context) =>
      latency.map((each) => ({ ...each, phase, ...(typeof context === "number" ? { context } : {}) })),
    ),
  );
}

const phases: readonly Phase[] = ["prefill", "decode"];

function phaseOf(setting: Setting): Phase | undefined {
  const name = typeof setting === "object" && "name" in setting ? setting.name : undefined;
  return phases.find((phase) => phase === name);
}

function settingsOf(options: GivenOptions): readonly LatencyMeasure[] {
  const numbers = (name: string) => {
    const given = options.get(name)?.points.map(({ setting }) => setting) ?? [1];
    return given.filter((setting: Setting): setting is number => typeof setting === "number");
  };
  return numbers("threads").flatMap((threads) => numbers("batch").map((batch) => ({ batch, threads })));
}
