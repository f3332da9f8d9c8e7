import type { WordingOf } from "./wording.js";

export interface ExportFacts {
  /** An `export` statement that does not say which trial of which experiment. */
  readonly "export-form": { readonly text: string };
  /** Two statements write to one folder. */
  readonly "export-twice": { readonly folder: string };
  /** Neither the file nor the command says what is exported. */
  readonly "export-nothing": { readonly experiments: readonly string[] };
  /** A scheme that has several trials. */
  readonly "export-several": { readonly scheme: string; readonly trials: readonly string[] };
  /** The trial that was asked for has no result to be exported. */
  readonly "export-no-result": { readonly trial: string; readonly reason: string };
  /** The trial that is asked for will not run. */
  readonly "export-skipped": { readonly trial: string; readonly reason: string };
  /** No trial can be called the best. `reasons`: one a trial, `label: why not`. */
  readonly "export-no-best": { readonly metric: string; readonly reasons: readonly string[] };
  /** A form that the trial does not have. */
  readonly "export-form-unfit": { readonly form: string; readonly trial: string; readonly reason: string };
  /** None of the usual forms fits the trial. */
  readonly "export-no-form": { readonly trial: string; readonly reasons: readonly string[] };
  /** A folder with content that no export has written. */
  readonly "export-folder-taken": { readonly path: string; readonly found: readonly string[]; readonly more: number };
  /** The folder is the project's own root, holds it, or is no folder. */
  readonly "export-folder-unfit": { readonly path: string; readonly reason: string };
  /** What is exported now would not be what was measured. */
  readonly "export-differs": { readonly trial: string; readonly measured: string; readonly made: string };
  /** A result that was read from disk, without the program that it came from. */
  readonly "export-needs-program": { readonly experiment: string };
  /** A folder that is verified is no export, or its manifest cannot be read. */
  readonly "export-unreadable": { readonly path: string; readonly reason: string };
  /** A file of an export that is not what its manifest says. */
  readonly "export-damaged": { readonly path: string; readonly file: string; readonly problem: string };
}

const listed = (items: readonly string[], most: number) =>
  items.length <= most ? items.join(", ") : `${items.slice(0, most).join(", ")} and ${items.length - most} more`;

const forms =
  'write `export sweep.static to "out/"`, `export sweep.best(speedup) to "out/"` or `export sweep.trial("static minmax") to "out/"`';

export const exportWording: WordingOf<ExportFacts> = {
  "export-form": ({ text }) => ({ message: `\`${text}\` names no trial of an experiment`, hint: forms }),
  "export-twice": ({ folder }) => ({
    message: `another export writes to ${folder}, too`,
    hint: "give each export a folder of its own",
  }),
  "export-nothing": ({ experiments: [first] }) => ({
    message: "the file has no export statement, and the command names no trial",
    hint:
      first === undefined
        ? "the file has no experiment either; add one"
        : `add \`--trial "${first}.best(speedup)" --to out\``,
  }),
  "export-several": ({ scheme, trials }) => ({
    message: `"${scheme}" has ${trials.length} trials: ${listed(trials, 5)}`,
    hint: `name one with \`trial("${trials[0] ?? ""}")\`, or let \`best(speedup)\` choose`,
  }),
  "export-no-result": ({ trial, reason }) => ({
    message: `trial "${trial}" cannot be exported: ${reason}`,
    hint: "`nibble report` lists the trials that have results",
  }),
  "export-skipped": ({ trial, reason }) => ({
    message: `trial "${trial}" will not run and cannot be exported: ${reason}`,
    hint: "`nibble explain` lists the trials that run",
  }),
  "export-no-best": ({ metric, reasons }) => ({
    message: `no trial is the best by ${metric}: ${reasons.length === 0 ? "nothing but fp32 was tried" : listed(reasons, 6)}`,
    hint: 'a trial by name is exported whatever it reached: `export sweep.static to "out/"`',
  }),
  "export-form-unfit": ({ form, trial, reason }) => ({ message: `${trial} has no form ${form}: ${reason}` }),
  "export-no-form": ({ trial, reasons }) => ({
    message: `${trial} has no form that can be exported: ${reasons.join("; ")}`,
  }),
  "export-folder-taken": ({ path, found, more }) => ({
    message: `${path} holds files that no export has written: ${found.join(", ")}${more > 0 ? ` and ${more} more` : ""}`,
    hint: "name an empty or a new folder; `nibble export --force` writes beside them and replaces files of the same names",
  }),
  "export-folder-unfit": ({ path, reason }) => ({
    message: `nothing can be exported to ${path}: ${reason}`,
    hint: 'name a folder of its own, for example `to "out/"`',
  }),
  "export-differs": ({ trial, measured, made }) => ({
    message: `the file of ${trial} was measured as ${measured}, but it comes to ${made} now`,
    hint: "the measured file is gone and another machine or version makes another one; measure again with `--fresh`",
  }),
  "export-needs-program": ({ experiment }) => ({
    message: `results of "${experiment}" alone do not hold the model`,
    hint: "export from the program: `nibble export FILE`, or the result of a run in this process",
  }),
  "export-unreadable": ({ path, reason }) => ({
    message: `${path} is no export of Nibble's: ${reason}`,
    hint: "name the folder that holds manifest.json",
  }),
  "export-damaged": ({ path, file, problem }) => ({
    message: `${file} in ${path} ${problem}`,
    hint: "export again",
  }),
};
