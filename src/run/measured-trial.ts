import type { LatencyResult } from "../measure/speedup.js";
import type { Plan, Trial } from "../plan/plan.js";
import type { CompletedRecord, TrialRecord } from "../results/record.js";
import { engineConfig } from "./engine-config.js";
import type { EvaluatorPool } from "./evaluators.js";
import type { RunEvent } from "./events.js";
import { failure } from "./failure.js";
import { trialLabel } from "./label.js";
import { inLatencyLane } from "./lane.js";
import { type Effort, inFreshProcess, type Tuner, timeTrial } from "./latency-trial.js";
import type { Parity } from "./parity.js";
import type { StartWorker } from "./process.js";
import type { EvaluatedTrial, OpenedExperiment, Tasks } from "./protocol.js";
import { failedRecord, type ManifestFacts, recordHead } from "./records.js";
import type { Stage } from "./stage.js";

/** What the trials of a run share. */
export interface Shared {
  readonly plan: Plan;
  readonly manifest: ManifestFacts;
  readonly parity: Parity;
  readonly opened: OpenedExperiment;
  readonly tuner: Tuner;
}

interface Options {
  readonly effort: Effort;
  readonly startWorker: StartWorker;
  readonly signal?: AbortSignal | undefined;
  readonly onEvent: (event: RunEvent) => void;
}

/** Adds to an evaluated trial what needs the machine alone (latency, memory), and makes its record. */
export async function measureTrial(
  shared: Shared,
  trial: Trial,
  evaluated: EvaluatedTrial,
  pool: EvaluatorPool,
  options: Options,
): Promise<TrialRecord> {
  const { plan, manifest, parity } = shared;
  const { measures } = plan;
  let stage: Stage = "latency";
  try {
    const latency = await latencies(shared, trial, evaluated, pool, options);
    stage = "memory";
    const memory = measures.memory ? await peakMemory(trial, evaluated, pool, options) : undefined;
    return {
      ...recordHead(plan, trial, manifest),
      status: "completed",
      ...(measures.accuracy ? { accuracy: evaluated.accuracy } : {}),
      ...(latency.length > 0 ? { latency } : {}),
      ...(measures.size ? { size: evaluated.size } : {}),
      ...(memory ? { memory } : {}),
      attestation: evaluated.attestation,
      parity,
      ...(evaluated.gap ? { gap: evaluated.gap } : {}),
      ...(evaluated.layers ? { layers: evaluated.layers } : {}),
    } satisfies CompletedRecord;
  } catch (error) {
    return failedRecord(plan, trial, manifest, failure(error, stage));
  }
}

async function latencies(
  shared: Shared,
  trial: Trial,
  evaluated: EvaluatedTrial,
  pool: EvaluatorPool,
  { effort, startWorker, signal, onEvent }: Options,
): Promise<readonly LatencyResult[]> {
  const label = trialLabel(trial.scheme, trial.axes);
  const results: LatencyResult[] = [];
  for (const measure of shared.plan.measures.latency) {
    const { batch, threads } = measure;
    const stage = `latency, batch ${batch}${threads === 1 ? "" : `, ${threads} threads`}`;
    const feeds = await pool.feeds(batch);
    const { attested, integerNodes, reason } = evaluated.attestation;
    const time = async () => {
      onEvent({ kind: "stage", label, stage });
      const paths = { baseline: shared.opened.path, trial: evaluated.path };
      return timeTrial(paths, feeds, measure, {
        effort,
        tuner: shared.tuner,
        seed: shared.plan.seed,
        startWorker,
        attested,
        extra: engineConfig(trial.scheme),
        ...(integerNodes > 0 || trial.scheme.mode === "fp32" ? {} : { reason }),
      });
    };
    const waiting = () => onEvent({ kind: "stage", label, stage: "waiting for another latency run on this machine" });
    results.push(await inLatencyLane(time, { waiting, signal }));
  }
  return results;
}

async function peakMemory(
  trial: Trial,
  evaluated: EvaluatedTrial,
  pool: EvaluatorPool,
  { startWorker, onEvent }: Options,
): Promise<Tasks["memory"]["output"]> {
  onEvent({ kind: "stage", label: trialLabel(trial.scheme, trial.axes), stage: "memory" });
  const feeds = await pool.feeds(1);
  const extra = engineConfig(trial.scheme);
  return inFreshProcess(startWorker, (worker) =>
    worker.call("memory", { path: evaluated.path, feeds, optimization: "all", ...(extra ? { extra } : {}) }),
  );
}
