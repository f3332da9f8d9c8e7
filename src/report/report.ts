import type { View } from "../plan/plan.js";
import type { ExpectationResult } from "../results/expectations.js";
import type { DiagnosisRecord, TrialRecord } from "../results/record.js";
import type { Here } from "./environments.js";

/** Everything a report shows; records alone decide the figures. */
export interface Report {
  /** Name of the experiment. */
  readonly experiment: string;
  /** Names of the model and of the data, as the program gives them. */
  readonly model: string;
  readonly data: string;
  readonly records: readonly TrialRecord[];
  /** What `diagnose` found out about some of the trials. */
  readonly diagnoses?: readonly DiagnosisRecord[];
  readonly expectations?: readonly ExpectationResult[];
  /** The machine that makes the report, where its records may come from another. */
  readonly here?: Here;
  /** Which plots the program asked for. */
  readonly views?: readonly View[];
  /** The program's text, shown in the HTML report. */
  readonly program?: { readonly path: string; readonly text: string };
}
