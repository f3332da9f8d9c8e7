import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import { type Diagnostic, diagnostic } from "../base/diagnostic.js";
import type { Environment } from "../measure/environment.js";
import type { LatencyResult } from "../measure/speedup.js";
import type { Plan, Trial } from "../plan/plan.js";
import { completedTrials, type Ledger, readLedger } from "../results/ledger.js";
import type { TrialRecord } from "../results/record.js";
import { startEvaluators } from "./evaluators.js";
import type { RunEvent } from "./events.js";
import { failure } from "./failure.js";
import { trialLabel } from "./label.js";
import { type Effort, startTuner } from "./latency-trial.js";
import { measureTrial } from "./measured-trial.js";
import { measureParity } from "./parity.js";
import { failedRecord, type ManifestFacts, skippedRecord } from "./records.js";

export interface RunOptions {
  /** Folder of this experiment's results: ledger, models, report. Made when missing. */
  readonly folder: string;
  readonly ledger: Ledger;
  readonly environment: (tfjs: string) => Environment;
  readonly effort: Effort;
  /** Trials that are quantized and evaluated at once; what is timed runs alone all the same. */
  readonly workers: number;
  /** Measure again what the ledger already holds. */
  readonly fresh: boolean;
  readonly signal?: AbortSignal | undefined;
  readonly onEvent: (event: RunEvent) => void;
}

export interface RunOutcome {
  /** One a trial of the plan, in its order, those of earlier runs included; then the skipped ones. */
  readonly records: readonly TrialRecord[];
  readonly remarks: readonly Diagnostic[];
  /** Ids of the trials that this run measured; the other records come from the ledger. */
  readonly measured: readonly string[];
  readonly interrupted: boolean;
}

/**
 * Runs a plan: finished trials of the ledger are taken over, each other one is measured and written before the next
 * begins (with several workers, before the next group begins). A trial that fails becomes a failed record.
 */
export async function runPlan(plan: Plan, options: RunOptions): Promise<RunOutcome> {
  const earlier = finishedTrials(options);
  const known: ReadonlyMap<string, TrialRecord> = options.fresh ? new Map() : earlier.known;
  const pending = plan.trials.filter(({ id }) => !known.has(id));
  options.onEvent({
    kind: "started",
    plan,
    trials: plan.trials.length,
    finished: plan.trials.length - pending.length,
  });
  const measured = new Map<string, TrialRecord>();
  const keep = async (trial: Trial, record: TrialRecord) => {
    await options.ledger.append(record);
    measured.set(trial.id, record);
    options.onEvent({ kind: "finished", label: trialLabel(trial.scheme, trial.axes), record });
  };
  if (pending.length > 0) await runPending(plan, pending, options, keep);
  const interrupted = options.signal?.aborted === true;
  const finished = plan.trials.flatMap(({ id }) => measured.get(id) ?? known.get(id) ?? []);
  const counts = { finished: finished.length, total: plan.trials.length };
  const stopped = interrupted ? [diagnostic("interrupted", counts, { severity: "warning" })] : [];
  options.onEvent({ kind: "ended" });
  const manifest = manifestOf(finished[0], plan, options);
  const skipped = plan.skipped.map((cell) => skippedRecord(plan, cell, manifest));
  return {
    records: [...finished, ...skipped],
    remarks: [...earlier.remarks, ...stopped],
    measured: [...measured.keys()],
    interrupted,
  };
}

function manifestOf(record: TrialRecord | undefined, plan: Plan, options: RunOptions): ManifestFacts {
  return (
    record?.manifest ?? { model: "unread", data: "unread", seed: plan.seed, environment: options.environment("unread") }
  );
}

/** Completed records of the ledger that were measured on this machine with these versions, and with as much effort. */
function finishedTrials(options: RunOptions): {
  readonly known: ReadonlyMap<string, TrialRecord>;
  readonly remarks: readonly Diagnostic[];
} {
  const here = options.environment("");
  const same = (there: Environment) =>
    (["node", "engine", "cpu", "cores", "platform", "nibble"] as const).every((key) => here[key] === there[key]);
  const { records, diagnostics } = readLedger(options.ledger.path);
  const enough = (latency: readonly LatencyResult[] = []) =>
    options.effort.quick || !latency.some(({ quick }) => quick);
  const known = [...completedTrials(records)].filter(
    ([, record]) => same(record.manifest.environment) && enough(record.latency),
  );
  return { known: new Map(known), remarks: diagnostics };
}

async function runPending(
  plan: Plan,
  pending: readonly Trial[],
  options: RunOptions,
  keep: (trial: Trial, record: TrialRecord) => Promise<void>,
): Promise<void> {
  const stopped = () => options.signal?.aborted === true;
  const models = join(options.folder, "models");
  await mkdir(models, { recursive: true });
  options.onEvent({ kind: "stage", label: plan.model.name, stage: "read, lower and calibrate" });
  const pool = startEvaluators(plan, pending, models, options);
  try {
    const first = await pool.first().catch((error) => failure(error, "load"));
    if (stopped()) return;
    const unread = { model: "unread", data: "unread", seed: plan.seed, environment: options.environment("unread") };
    if ("diagnostic" in first) {
      for (const trial of pending) await keep(trial, failedRecord(plan, trial, unread, first));
      return;
    }
    options.onEvent({ kind: "stage", label: plan.model.name, stage: "compare with TF.js" });
    const parity = await measureParity(plan, first.opened, options.signal).catch((error) => failure(error, "parity"));
    if (stopped()) return;
    const manifest: ManifestFacts = {
      model: first.opened.modelHash,
      data: first.opened.dataHash,
      seed: plan.seed,
      environment: options.environment("diagnostic" in parity ? "unavailable" : parity.reference),
    };
    if ("diagnostic" in parity) {
      for (const trial of pending) await keep(trial, failedRecord(plan, trial, manifest, parity));
      return;
    }
    const shared = { plan, manifest, parity, opened: first.opened, tuner: startTuner(options.effort, options.signal) };
    for (let start = 0; start < pending.length && !stopped(); start += options.workers) {
      const group = pending.slice(start, start + options.workers);
      const evaluations = group.map((trial, i) => pool.evaluate(i, trial).catch((error) => failure(error, "accuracy")));
      for (const [i, evaluation] of evaluations.entries()) {
        const trial = group[i] as Trial;
        options.onEvent({ kind: "stage", label: trialLabel(trial.scheme, trial.axes), stage: "quantize and evaluate" });
        await Promise.all(evaluations);
        const evaluated = await evaluation;
        if (stopped()) return;
        const record =
          "diagnostic" in evaluated
            ? failedRecord(plan, trial, manifest, evaluated)
            : await measureTrial(shared, trial, evaluated, pool, options);
        if (stopped()) return;
        await keep(trial, record);
      }
    }
  } finally {
    pool.close();
  }
}
