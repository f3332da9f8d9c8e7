import { existsSync, readdirSync, statSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { readCpu } from "../base/cpu.js";
import { type Diagnostic, diagnostic, fail } from "../base/diagnostic.js";
import { shortHash } from "../base/hash.js";
import { unknown } from "../base/nearest.js";
import { ownPackage } from "../base/package.js";
import type { Here } from "../report/environments.js";
import { latestRecords, ledgerPath, readLedger } from "../results/ledger.js";
import { planPath, readPlanFile, recordsOfPlan, type SavedPlan } from "../results/plan-file.js";
import type { TrialRecord } from "../results/record.js";
import { diagnosesOf } from "../run/diagnose.js";
import { projectRoot } from "../run/paths.js";
import { type Result, type ResultSubject, resultOf } from "./result.js";

export interface SavedResultOptions {
  /** Every trial of the ledger, those of earlier plans too. */
  readonly all?: boolean | undefined;
  /** Where experiments are looked up by name; `.nibble/results` of this folder's project unless given. */
  readonly resultsFolder?: string | undefined;
}

export interface SavedResult {
  readonly result: Result;
  /** Warnings and notes: lines that were left out, a plan that cannot be used, trials that are not shown. */
  readonly diagnostics: readonly Diagnostic[];
}

/** An experiment that has results. */
export interface SavedExperiment {
  readonly experiment: string;
  /** Folder of its ledger. */
  readonly folder: string;
  /** What `model on data` the newest plan is about; absent without one. */
  readonly about?: string;
  /** Trials of the newest plan by outcome. */
  readonly completed: number;
  readonly failed: number;
}

/** The results folder of the project that the current folder belongs to. */
export function defaultResultsFolder(): string {
  return join(projectRoot(join(process.cwd(), "program"), process.cwd()), ".nibble", "results");
}

/** The experiments of a results folder, by name. */
export function savedExperiments(folder: string = defaultResultsFolder()): readonly SavedExperiment[] {
  return namesIn(folder).map((experiment) => {
    const ledger = ledgerPath(folder, experiment);
    const plan = planOf(ledger).plan;
    const records = recordsOfPlan(readLedger(ledger).records, plan);
    const count = (status: TrialRecord["status"]) => records.filter((record) => record.status === status).length;
    const about = plan ? { about: `${plan.model} on ${plan.data}` } : {};
    return { experiment, folder: dirname(ledger), ...about, completed: count("completed"), failed: count("failed") };
  });
}

function namesIn(folder: string): readonly string[] {
  if (!existsSync(folder) || !statSync(folder).isDirectory()) return [];
  return readdirSync(folder)
    .filter((name) => existsSync(ledgerPath(folder, name)))
    .sort();
}

/** The ledger that a name or a path means; `undefined` when the path is a folder of several experiments' results. */
export function findLedger(where: string, resultsFolder: string = defaultResultsFolder()): string | undefined {
  const isName = basename(where) === where && where !== ".." && where !== ".";
  const [named, path] = [ledgerPath(resultsFolder, where), resolve(where)];
  if (isName && existsSync(named)) return named;
  if (existsSync(path) && statSync(path).isFile()) return path;
  if (existsSync(join(path, "ledger.jsonl"))) return join(path, "ledger.jsonl");
  if (namesIn(path).length > 0) return undefined;
  return fail("unknown-experiment", { ...unknown(where, namesIn(resultsFolder)), folder: resultsFolder });
}

/**
 * The result of an earlier run, from its ledger alone: the newest record of each trial of the newest plan. The plan
 * that the run has left beside the ledger adds names, expectations and the program; nothing is read beside these two.
 * @param where name of an experiment, or the path of its folder or of a ledger
 * @throws {DiagnosticError} `unknown-experiment`, `ledger-empty`, `ledger-newer`, `ledger-not-readable`
 */
export function savedResult(where: string, options: SavedResultOptions = {}): SavedResult {
  const ledger = findLedger(where, options.resultsFolder);
  if (ledger === undefined) fail("unknown-experiment", { name: where, known: namesIn(where), folder: where });
  const { records, diagnoses, diagnostics } = readLedger(ledger);
  const warnings = gathered(ledger, records.length, diagnostics);
  if (records.length === 0) fail("ledger-empty", { path: ledger });
  const { plan, warning } = planOf(ledger);
  const [ofPlan, latest] = [recordsOfPlan(records, plan), latestRecords(records)];
  const left = latest.length - ofPlan.filter(({ status }) => status !== "skipped").length;
  const skipped = ofPlan.filter(({ status }) => status === "skipped");
  const shown = options.all ? [...latest, ...skipped] : ofPlan;
  const known = diagnosesOf(diagnoses, shown);
  const diagnosed = shown.flatMap(({ trial }) => known.get(trial) ?? []);
  const note =
    left > 0 && !options.all ? [diagnostic("earlier-trials", { path: ledger, left }, { severity: "note" })] : [];
  return {
    result: resultOf({ ...(plan ?? subjectOf(ledger, records)), here: here() }, shown, [], ledger, diagnosed),
    diagnostics: [...warnings, ...warning, ...note],
  };
}

/** This machine, as far as it can be told without starting an engine. */
function here(): Here {
  const { model, cores } = readCpu();
  const platform = `${process.platform}-${process.arch}`;
  return { cpu: model, cores, platform, node: process.versions.node, nibble: ownPackage().version };
}

function planOf(ledger: string): { readonly plan: SavedPlan | undefined; readonly warning: readonly Diagnostic[] } {
  const path = planPath(ledger);
  const file = readPlanFile(path);
  if (file.kind === "plan") return { plan: file.plan, warning: [] };
  if (file.kind === "absent") return { plan: undefined, warning: [] };
  const warning = diagnostic("plan-file-unusable", { path, reason: file.reason }, { severity: "warning" });
  return { plan: undefined, warning: [warning] };
}

/** What the records alone say of themselves. */
function subjectOf(ledger: string, records: readonly TrialRecord[]): ResultSubject {
  const newest = records.at(-1);
  const named = (what: string, hash: string) => `${what} ${hash.startsWith("sha256:") ? shortHash(hash) : hash}`;
  return {
    experiment: newest?.experiment ?? basename(dirname(ledger)),
    model: named("model", newest?.manifest.model ?? ""),
    data: named("data", newest?.manifest.data ?? ""),
    expectations: [],
    views: [],
  };
}

/** One diagnostic for all records of later versions, in place of one each. */
function gathered(path: string, readable: number, diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  const isNewer = (d: Diagnostic): d is Diagnostic<"record-version"> => d.code === "record-version";
  const newer = diagnostics.filter(isNewer);
  const others = diagnostics.filter((d) => !isNewer(d));
  const [first] = newer;
  if (first === undefined) return others;
  const { version, known } = first.facts;
  const facts = { path, newer: newer.length, readable, version, known };
  if (readable === 0) fail("ledger-newer", facts);
  return [...others, diagnostic("ledger-newer", facts, { severity: "warning" })];
}
