import { DiagnosticError } from "../base/diagnostic.js";
import { hashJson } from "../base/hash.js";
import type { Setting } from "../base/option.js";
import { type CpuProfile, executionOf, profiles } from "../quantize/profile.js";
import type { Precision, Scheme } from "../quantize/scheme.js";
import { holds } from "./condition.js";
import type { Attempt, AxisPoint, CheckedExperiment, KeepChoice } from "./experiment.js";
import type { Plan, SkippedTrial, Trial } from "./plan.js";
import { predictedBytes } from "./predict.js";

/** Most cells of one matrix; past it a program asks for what no machine will finish. */
export const mostCells = 10_000;

/** Raised when what decides a result changes its meaning, so that old records are not taken for new ones. */
const TRIAL_SCHEMA = 1;

/** What becomes of one cell of the matrix. */
export type CellOutcome =
  /** `simulated`: why it has no kernel; absent where it executes. */
  | { readonly kind: "runs"; readonly simulated?: string }
  /** `clause` counts the experiment's `where` clauses from 0. */
  | { readonly kind: "excluded"; readonly clause: number }
  /** `everywhere`: no CPU profile runs it, not only the given one. */
  | { readonly kind: "refused"; readonly reason: string; readonly everywhere: boolean };

export interface ExpandedCell {
  /** Index into the experiment's attempts. */
  readonly attempt: number;
  readonly scheme: Scheme;
  readonly axes: Readonly<Record<string, string>>;
  readonly outcome: CellOutcome;
}

export interface Expansion {
  readonly cells: readonly ExpandedCell[];
  /** Settings that contradict each other in some cell, with the attempt that holds them. */
  readonly conflicts: readonly { readonly attempt: number; readonly error: DiagnosticError }[];
}

/** Cells of the matrix before anything is excluded, the baseline apart. May pass `mostCells`; Infinity is possible. */
export function countCells({ attempts, keep }: Pick<CheckedExperiment, "attempts" | "keep">): number {
  const kept = keep.reduce((product, { choices }) => product * choices.length, 1);
  const sizes = attempts.map(({ axes }) => axes.reduce((product, { points }) => product * points.length, 1));
  return sizes.reduce((sum, size) => sum + size, 0) * kept;
}

/**
 * Every cell of the matrix, in the order written: attempts, then their axes with the last one fastest, then the axes
 * of `keep` rules. Two cells that come to the same scheme are one, the first.
 */
export function expandCells(experiment: CheckedExperiment, cpu: CpuProfile): Expansion {
  const known = expansions.get(experiment);
  if (known?.cpu === cpu) return known.expansion;
  const expansion = expand(experiment, cpu);
  expansions.set(experiment, { cpu, expansion });
  return expansion;
}

/** An experiment is expanded by its check and again by its plan; both are immutable, so once is enough. */
const expansions = new WeakMap<CheckedExperiment, { readonly cpu: CpuProfile; readonly expansion: Expansion }>();

function expand(experiment: CheckedExperiment, cpu: CpuProfile): Expansion {
  if (countCells(experiment) > mostCells)
    throw new RangeError(`plan: more than ${mostCells} cells in a checked program`);
  const cells: ExpandedCell[] = [];
  const conflicts: { attempt: number; error: DiagnosticError }[] = [];
  const seen = new Set<string>();
  const keeps = combinations(experiment.keep.map(({ choices }) => choices));
  experiment.attempts.forEach((attempt, index) => {
    const options = combinations(attempt.axes.map(({ points }) => points));
    for (const points of options) {
      const built = buildScheme(attempt, points);
      if (built instanceof DiagnosticError) {
        conflicts.push({ attempt: index, error: built });
        continue;
      }
      for (const kept of keeps) {
        const scheme = keepLayers(built, kept);
        const key = JSON.stringify(scheme);
        if (seen.has(key)) continue;
        seen.add(key);
        const axes = sweptValues(experiment, attempt, points, kept);
        const outcome = outcomeOf(experiment, attempt, points, kept, scheme, cpu);
        const simulated = outcome.kind === "runs" && outcome.simulated !== undefined;
        cells.push({
          attempt: index,
          scheme: simulated ? { ...scheme, execution: "simulated" } : scheme,
          axes,
          outcome,
        });
      }
    }
  });
  return { cells, conflicts };
}

/**
 * The plan of a checked experiment on a CPU: the fp32 baseline, then every cell that runs, in order; and every cell
 * that does not, with a sentence that says why.
 */
export function planExperiment(experiment: CheckedExperiment, cpu: CpuProfile): Plan {
  const identity = hashJson({
    schema: TRIAL_SCHEMA,
    model: {
      format: experiment.model.format,
      hash: experiment.modelHash,
      inputShape: experiment.model.inputShape,
      layout: experiment.model.layout,
      sequences: experiment.model.sequences,
    },
    data: { reader: experiment.data.reader, hash: experiment.dataHash, settings: experiment.data.settings },
    measures: experiment.measures,
    seed: experiment.seed,
  });
  const baseline: Scheme = { name: "fp32", mode: "fp32", keep: {} };
  const first = trialOf(experiment, identity, baseline, {});
  const trials = [first];
  const skipped: SkippedTrial[] = [];
  for (const { scheme, axes, outcome } of expandCells(experiment, cpu).cells) {
    if (outcome.kind === "runs") {
      const trial = trialOf(experiment, identity, scheme, axes);
      const { simulated } = outcome;
      if (trial.id !== first.id) trials.push(simulated === undefined ? trial : { ...trial, simulated });
    } else {
      skipped.push({ scheme, axes, reason: reasonOf(experiment, outcome) });
    }
  }
  return {
    experiment: experiment.name,
    model: experiment.model,
    data: experiment.data,
    trials,
    skipped,
    measures: experiment.measures,
    expectations: experiment.expectations,
    views: experiment.views,
    seed: experiment.seed,
  };
}

/** The id leaves out what does not decide a result: where files lie, what the program calls model and data, the CPU. */
function trialOf(
  experiment: CheckedExperiment,
  identity: string,
  scheme: Scheme,
  axes: Readonly<Record<string, string>>,
): Trial {
  const bytes = predictedBytes(scheme, experiment.layers);
  return {
    id: hashJson({ identity, scheme }),
    scheme,
    axes,
    ...(bytes === undefined ? {} : { predictedBytes: bytes }),
  };
}

function reasonOf(experiment: CheckedExperiment, outcome: Exclude<CellOutcome, { kind: "runs" }>): string {
  if (outcome.kind === "refused") return outcome.reason;
  return `excluded by \`${experiment.where[outcome.clause]?.text}\``;
}

function buildScheme(attempt: Attempt, points: readonly AxisPoint[]): Scheme | DiagnosticError {
  const settings: Record<string, Setting> = {};
  attempt.axes.forEach(({ option }, i) => {
    const point = points[i];
    if (point) settings[option] = point.setting;
  });
  try {
    return attempt.definition.build(attempt.name, settings);
  } catch (error) {
    if (error instanceof DiagnosticError) return error;
    throw error;
  }
}

/** Rules apply in order; a later one overrides an earlier one for the layers that both match. */
function keepLayers(scheme: Scheme, rules: readonly KeepChoice[]): Scheme {
  if (scheme.mode === "fp32" || scheme.mode === "given" || rules.length === 0) return scheme;
  const keep: Record<string, Precision> = {};
  for (const { layers, precision } of rules) for (const layer of layers) keep[layer] = precision;
  return { ...scheme, keep: { ...scheme.keep, ...keep } };
}

function sweptValues(
  experiment: CheckedExperiment,
  attempt: Attempt,
  points: readonly AxisPoint[],
  kept: readonly KeepChoice[],
): Record<string, string> {
  const values: Record<string, string> = {};
  attempt.axes.forEach(({ option, points: all }, i) => {
    if (all.length > 1) values[option] = points[i]?.text ?? "";
  });
  experiment.keep.forEach(({ axis, choices }, i) => {
    if (axis !== undefined && choices.length > 1) values[axis] = kept[i]?.text ?? "";
  });
  return values;
}

function outcomeOf(
  experiment: CheckedExperiment,
  attempt: Attempt,
  points: readonly AxisPoint[],
  kept: readonly KeepChoice[],
  scheme: Scheme,
  cpu: CpuProfile,
): CellOutcome {
  const settings = new Map<string, Setting>(attempt.axes.map(({ option }, i) => [option, points[i]?.setting ?? ""]));
  experiment.keep.forEach(({ axis }, i) => {
    if (axis !== undefined) settings.set(axis, kept[i]?.precision ?? "");
  });
  const clause = experiment.where.findIndex(
    ({ condition }) => holds(condition, { scheme: attempt.name, settings }) === false,
  );
  if (clause >= 0) return { kind: "excluded", clause };
  const unfit = scheme.storage === "tfjs" ? unfitForTfjs(experiment, scheme) : undefined;
  if (unfit !== undefined) return { kind: "refused", reason: unfit, everywhere: true };
  const execution = executionOf(scheme, cpu);
  if (execution.kind === "executed") return { kind: "runs" };
  if (execution.kind === "simulated") return { kind: "runs", simulated: execution.reason };
  const everywhere = profiles.every((profile) => executionOf(scheme, profile).kind === "refused");
  return { kind: "refused", reason: execution.reason, everywhere };
}

/** Why a model, or a layer that is kept at a precision, has no place in weight files of TF.js. */
function unfitForTfjs({ model }: CheckedExperiment, { name, keep }: Scheme): string | undefined {
  if (model.format !== "tfjs") {
    return `"${name}" is how TF.js stores weights, and the model is no TF.js model; \`weight_only { weights: fp16 }\` stores ONNX weights`;
  }
  const other = Object.entries(keep).find(([, precision]) => precision !== "fp32");
  if (other === undefined) return undefined;
  return `"${other[0]}" is kept at ${other[1]}, and beside ${name} weights a file of TF.js has float32 ones alone`;
}

/** The product of lists, the last one fastest; one empty combination of no lists. */
function combinations<T>(lists: readonly (readonly T[])[]): T[][] {
  let all: T[][] = [[]];
  for (const list of lists) all = all.flatMap((before) => list.map((each) => [...before, each]));
  return all;
}
