import { join } from "node:path";
import { type Diagnostic, diagnostic } from "../base/diagnostic.js";
import { makeFolder } from "../base/folder.js";
import { hashJson } from "../base/hash.js";
import type { Environment } from "../measure/environment.js";
import type { LatencyResult } from "../measure/speedup.js";
import type { Plan, Trial } from "../plan/plan.js";
import { completedTrials, type Ledger, readLedger } from "../results/ledger.js";
import type { TrialRecord } from "../results/record.js";
import { withResolution } from "../results/resolution.js";
import { type EvaluatorPool, startEvaluators } from "./evaluators.js";
import type { RunEvent } from "./events.js";
import { type Failure, failure } from "./failure.js";
import { trialLabel } from "./label.js";
import { type Effort, startTuner } from "./latency-trial.js";
import { measureTrial } from "./measured-trial.js";
import { measureParity } from "./parity.js";
import { openPeaks } from "./peaks.js";
import type { StartWorker } from "./process.js";
import { failedRecord, type ManifestFacts, skippedRecord } from "./records.js";
import { calibrationRemarks } from "./remarks.js";
import { onceMore } from "./retry.js";
import { startProfiler } from "./roofline.js";
import type { Shared } from "./shared.js";

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
  /** Where the machine's measured peaks are kept; the user's cache unless given. */
  readonly peaksFolder?: string;
  /** Starts the child processes; they die with `signal`. */
  readonly startWorker: StartWorker;
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
  const keep = async (trial: Trial, measuredRecord: TrialRecord) => {
    const record = withResolution(measuredRecord, plan.expectations);
    await options.ledger.append(record);
    measured.set(trial.id, record);
    options.onEvent({ kind: "finished", label: trialLabel(trial.scheme, trial.axes), record });
  };
  const said = new Map<string, Diagnostic>();
  const remark = (remark: Diagnostic) => void said.set(hashJson(remark), remark);
  if (pending.length > 0) await runPending(plan, pending, { ...options, remark }, keep);
  const interrupted = options.signal?.aborted === true;
  // What an earlier run measured may be asked another question now.
  const earlierRecord = (id: string) => [known.get(id) ?? []].flat().map((r) => withResolution(r, plan.expectations));
  const finished = plan.trials.flatMap(({ id }) => measured.get(id) ?? earlierRecord(id));
  const counts = { finished: finished.length, total: plan.trials.length };
  const stopped = interrupted ? [diagnostic("interrupted", counts, { severity: "warning" })] : [];
  options.onEvent({ kind: "ended" });
  const manifest = manifestOf(finished[0], plan, options);
  const skipped = plan.skipped.map((cell) => skippedRecord(plan, cell, manifest));
  return {
    records: [...finished, ...skipped],
    remarks: [...earlier.remarks, ...said.values(), ...calibrationRemarks(finished), ...stopped],
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
    // TF.js decides no figure: it is the parity oracle alone, and is known only once a run has started it.
    (["node", "engine", "cpu", "cores", "platform", "nibble"] as const).every((key) => here[key] === there[key]) &&
    here.cpuFlags.join() === there.cpuFlags.join();
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
  options: RunOptions & Pick<Shared, "remark">,
  keep: (trial: Trial, record: TrialRecord) => Promise<void>,
): Promise<void> {
  const stopped = () => options.signal?.aborted === true;
  const models = join(options.folder, "models");
  makeFolder(models);
  const pool = startEvaluators(plan, pending, models, options.startWorker);
  try {
    const shared = await openPlan(plan, pool, options);
    if (stopped()) return;
    if ("failure" in shared) {
      for (const trial of pending) await keep(trial, failedRecord(plan, trial, shared.manifest, shared.failure));
      return;
    }
    for (let start = 0; start < pending.length && !stopped(); start += options.workers) {
      await runGroup(pending.slice(start, start + options.workers), shared, pool, options, keep);
    }
  } finally {
    pool.close();
  }
}

/** What the trials share; or, when model or data cannot be opened or the lowering disagrees with TF.js, why none may run. */
async function openPlan(
  plan: Plan,
  pool: EvaluatorPool,
  {
    environment,
    effort,
    fresh,
    peaksFolder,
    startWorker,
    signal,
    onEvent,
    remark,
  }: RunOptions & Pick<Shared, "remark">,
): Promise<Shared | { readonly failure: Failure; readonly manifest: ManifestFacts }> {
  const { seed } = plan;
  onEvent({ kind: "stage", label: plan.model.name, stage: "read, lower and calibrate" });
  const first = await onceMore(() => pool.first(), signal).catch((error) => failure(error, "load"));
  if ("diagnostic" in first) {
    return { failure: first, manifest: { model: "unread", data: "unread", seed, environment: environment("unread") } };
  }
  const { opened } = first;
  const { untested } = opened;
  if (untested && untested.missing.length > 0) {
    remark(diagnostic("test-classes", { data: plan.data.name, ...untested }, { severity: "note" }));
  }
  const hashes = { model: opened.modelHash, data: opened.dataHash, seed };
  const isMadeUp = plan.model.format === "synthetic";
  if (!isMadeUp) onEvent({ kind: "stage", label: plan.model.name, stage: "compare with TF.js" });
  const parity = isMadeUp
    ? undefined
    : await onceMore(() => measureParity(plan, opened, startWorker), signal).catch((error) => failure(error, "parity"));
  if (parity && "diagnostic" in parity) {
    return { failure: parity, manifest: { ...hashes, environment: environment("unavailable") } };
  }
  const pairSums =
    opened.pairSums === undefined ? {} : ({ pairSums: opened.pairSums.length === 0 ? "exact" : "saturating" } as const);
  const manifest = { ...hashes, environment: { ...environment(parity?.reference ?? "not asked"), ...pairSums } };
  return {
    ...{ plan, manifest, opened, remark },
    ...(parity ? { parity } : {}),
    tuner: startTuner(effort, startWorker),
    peaks: openPeaks({ folder: peaksFolder, machine: environment(""), fresh, startWorker }),
    profiler: startProfiler(effort, startWorker),
  };
}

/** Evaluates the trials of a group at once, one a worker; then measures and keeps them one after another. */
async function runGroup(
  group: readonly Trial[],
  shared: Shared,
  pool: EvaluatorPool,
  options: RunOptions,
  keep: (trial: Trial, record: TrialRecord) => Promise<void>,
): Promise<void> {
  const stopped = () => options.signal?.aborted === true;
  const evaluations = group.map((trial, i) => pool.evaluate(i, trial).catch((error) => failure(error, "accuracy")));
  for (const [i, evaluation] of evaluations.entries()) {
    const trial = group[i] as Trial;
    options.onEvent({ kind: "stage", label: trialLabel(trial.scheme, trial.axes), stage: "quantize and evaluate" });
    // What is timed must not share the machine with an evaluation.
    await Promise.all(evaluations);
    const evaluated = await evaluation;
    if (stopped()) return;
    const record =
      "diagnostic" in evaluated
        ? failedRecord(shared.plan, trial, shared.manifest, evaluated)
        : await measureTrial(shared, trial, evaluated, pool, options);
    if (stopped()) return;
    await keep(trial, record);
  }
}
