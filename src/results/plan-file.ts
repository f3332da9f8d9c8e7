import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { type Expectation, plainViews, type View } from "../plan/plan.js";
import { metrics } from "../plan/registry.js";
import { arrayOf, type Check, number, object, oneOf, string } from "./checks.js";
import { latestRecords } from "./ledger.js";
import type { SkippedRecord, TrialRecord } from "./record.js";
import { readRecord } from "./schema.js";

/**
 * What a report says beside the records: `plan.json` beside the ledger, written when a run begins. With it the ledger
 * gives the run's report again, on any machine; without it, the records still give all figures.
 */
export interface SavedPlan {
  readonly schemaVersion: 1;
  readonly experiment: string;
  /** Names of the model and of the data, as the program gives them. */
  readonly model: string;
  readonly data: string;
  /** The plan's hash, as in the manifests of its records. */
  readonly plan: string;
  /** Ids of the trials in the order of the plan. */
  readonly trials: readonly string[];
  /** Cells that do not run; the ledger holds none of them. */
  readonly skipped: readonly SkippedRecord[];
  readonly expectations: readonly Expectation[];
  readonly views: readonly View[];
  readonly program: { readonly path: string; readonly text: string };
}

const VERSION = 1;

/** Where the plan of a ledger lies. */
export function planPath(ledgerPath: string): string {
  return join(dirname(ledgerPath), "plan.json");
}

export type PlanFile =
  | { readonly kind: "plan"; readonly plan: SavedPlan }
  | { readonly kind: "absent" }
  | { readonly kind: "unusable"; readonly reason: string };

/** Reads a plan that a run has left; whatever is wrong with it is a reason, as a report can do without it. */
export function readPlanFile(path: string): PlanFile {
  try {
    return checkedPlan(JSON.parse(readFileSync(path, "utf8")));
  } catch (error) {
    const code = (error as { readonly code?: unknown }).code;
    if (code === "ENOENT" || code === "ENOTDIR") return { kind: "absent" };
    return { kind: "unusable", reason: error instanceof SyntaxError ? "it is not JSON" : String(code ?? error) };
  }
}

function checkedPlan(value: unknown): PlanFile {
  const version = (value as { readonly schemaVersion?: unknown } | null)?.schemaVersion;
  if (typeof version === "number" && version !== VERSION) {
    return { kind: "unusable", reason: `it has schemaVersion ${version}, but this Nibble knows up to ${VERSION}` };
  }
  const reason = savedPlan(value, "");
  return reason === undefined ? { kind: "plan", plan: value as SavedPlan } : { kind: "unusable", reason };
}

const metric = oneOf(...metrics.map(({ name }) => name));

const view: Check = (value, path) => {
  const reason = object({ kind: oneOf("table", "pareto", "layers", ...plainViews) })(value, path);
  if (reason !== undefined) return reason;
  const { kind } = value as { readonly kind: View["kind"] };
  if (kind === "pareto") return object({ x: metric, y: metric })(value, path);
  return kind === "layers" ? object({ metric })(value, path) : undefined;
};

const skipped: Check = (value, path) => {
  const outcome = readRecord(value);
  if (outcome.kind === "record" && outcome.record.status === "skipped") return undefined;
  return `${path} is not the record of a skipped cell`;
};

const savedPlan = object({
  schemaVersion: number,
  experiment: string,
  model: string,
  data: string,
  plan: string,
  trials: arrayOf(string),
  skipped: arrayOf(skipped),
  expectations: arrayOf(
    object({
      scheme: string,
      metric,
      comparison: oneOf("<", "<=", ">", ">=", "="),
      value: number,
      text: string,
    }),
  ),
  views: arrayOf(view),
  program: object({ path: string, text: string }),
});

/**
 * The records that a report of a ledger shows: the newest of each trial of the newest plan, in the plan's order, then
 * the skipped cells. Without a saved plan its trials are those of the newest record's plan and, as a run takes over
 * what earlier plans have measured, the newest fp32.
 */
export function recordsOfPlan(records: readonly TrialRecord[], plan: SavedPlan | undefined): readonly TrialRecord[] {
  const latest = latestRecords(records);
  if (plan === undefined) return latestPlan(records, latest);
  const byTrial = new Map(latest.map((record) => [record.trial, record]));
  const finished = plan.trials.flatMap((id) => byTrial.get(id) ?? []);
  const manifest = finished[0] && { ...finished[0].manifest, plan: plan.plan };
  return [...finished, ...plan.skipped.map((record) => (manifest ? { ...record, manifest } : record))];
}

function latestPlan(records: readonly TrialRecord[], latest: readonly TrialRecord[]): readonly TrialRecord[] {
  const newest = records.at(-1)?.manifest.plan;
  const ofPlan = latest.filter(({ manifest }) => manifest.plan === newest);
  const isBaseline = ({ scheme }: TrialRecord) => scheme.mode === "fp32";
  if (ofPlan.some(isBaseline)) return ofPlan;
  return [...latest.filter(isBaseline).slice(-1), ...ofPlan];
}
