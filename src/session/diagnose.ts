import { type Diagnostic, diagnostic } from "../base/diagnostic.js";
import { unknown } from "../base/nearest.js";
import type { CheckedProgram } from "../language/check.js";
import type { CheckedExperiment } from "../plan/experiment.js";
import type { Plan, Trial } from "../plan/plan.js";
import { type AskedExport, statedExport } from "./asked-export.js";

/** One experiment of a program that is run, and what of it is diagnosed. */
export interface Undertaking {
  readonly experiment: CheckedExperiment;
  /** Of an earlier cell: finished trials are taken over whatever the options say. */
  readonly isEarlier: boolean;
  /** Names of schemes to diagnose; "every" quantized one. */
  readonly diagnosed: readonly string[] | "every";
  /** What of it is exported afterwards. */
  readonly exported: readonly AskedExport[];
}

/**
 * What a program asks to be done, experiment by experiment.
 * @param asked undefined: its experiments, and its `diagnose` statements. Else diagnoses alone: `experiment.scheme`,
 * `experiment`, or, with true, its statements or every experiment where it has none.
 */
export function undertakingsOf(
  program: CheckedProgram,
  asked: string | true | undefined,
): { readonly undertakings: readonly Undertaking[] } | { readonly mistake: Diagnostic } {
  if (typeof asked === "string") return undertakingNamed(program, asked);
  const stated = statedBy(program);
  if (asked === undefined) return { undertakings: stated };
  const undertakings = stated.filter(({ diagnosed }) => diagnosed === "every" || diagnosed.length > 0);
  if (undertakings.length > 0) return { undertakings };
  return {
    undertakings: program.experiments.map((experiment) => ({
      experiment,
      isEarlier: false,
      diagnosed: "every",
      exported: [],
    })),
  };
}

/** The program's own experiments, then those of earlier cells that it diagnoses or exports. */
function statedBy({ experiments, diagnoses, exports }: CheckedProgram): readonly Undertaking[] {
  const all = [...new Set([...experiments, ...[...diagnoses, ...exports].map(({ experiment }) => experiment)])];
  return all
    .filter((each, i) => experiments.includes(each) || all.findIndex(({ name }) => name === each.name) === i)
    .map((experiment) => {
      const own = diagnoses.filter((each) => each.experiment.name === experiment.name);
      const schemes = own.flatMap(({ scheme }) => scheme ?? []);
      const isEarlier = !experiments.includes(experiment);
      const exported = exports.filter((each) => each.experiment.name === experiment.name).map(statedExport);
      return { experiment, isEarlier, diagnosed: schemes.length < own.length ? ("every" as const) : schemes, exported };
    });
}

function undertakingNamed(program: CheckedProgram, path: string): ReturnType<typeof undertakingsOf> {
  const [name = "", scheme, ...others] = path.split(".");
  if (others.length > 0 || name === "" || scheme === "") {
    return { mistake: diagnostic("diagnose-form", { text: path }) };
  }
  const experiment = program.experiments.find((each) => each.name === name);
  if (!experiment) {
    const known = program.experiments.map((each) => each.name);
    return { mistake: diagnostic("unknown-name", { kind: "experiment", ...unknown(name, known) }) };
  }
  if (scheme === undefined)
    return { undertakings: [{ experiment, isEarlier: false, diagnosed: "every", exported: [] }] };
  const tried = experiment.attempts.find((attempt) => attempt.name === scheme);
  if (tried ? tried.definition.name === "fp32" : scheme === "fp32") {
    return { mistake: diagnostic("diagnose-float", { name: scheme }) };
  }
  const known = [...new Set(experiment.attempts.map((attempt) => attempt.name))];
  const kind = `scheme of "${name}"`;
  if (!tried) return { mistake: diagnostic("unknown-name", { kind, ...unknown(scheme, known) }) };
  return { undertakings: [{ experiment, isEarlier: false, diagnosed: [scheme], exported: [] }] };
}

/** What is diagnosed after a run, as a line for people; "" where nothing is. */
export function explainDiagnosis({ diagnosed }: Undertaking): string {
  if (diagnosed === "every") return "\ndiagnoses every quantized trial\n";
  return diagnosed.length === 0 ? "" : `\ndiagnoses ${diagnosed.join(", ")}\n`;
}

/** The trials of a plan that are diagnosed; of "every" all but fp32. */
export function diagnosedTrials({ trials }: Plan, { diagnosed }: Undertaking): readonly Trial[] {
  if (diagnosed !== "every") return trials.filter(({ scheme }) => diagnosed.includes(scheme.name));
  return trials.filter(({ scheme }) => scheme.mode !== "fp32");
}
