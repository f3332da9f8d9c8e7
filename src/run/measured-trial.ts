import type { Trial } from "../plan/plan.js";
import type { CompletedRecord, TrialRecord } from "../results/record.js";
import { engineConfig } from "./engine-config.js";
import type { EvaluatorPool } from "./evaluators.js";
import { failure } from "./failure.js";
import { trialLabel } from "./label.js";
import { inFreshProcess } from "./latency-trial.js";
import type { EvaluatedTrial, Tasks } from "./protocol.js";
import { failedRecord, recordHead } from "./records.js";
import type { MeasureOptions, Shared } from "./shared.js";
import type { Stage } from "./stage.js";
import { timeAll } from "./timed-trial.js";

/** Adds to an evaluated trial what needs the machine alone (latency, memory), and makes its record. */
export async function measureTrial(
  shared: Shared,
  trial: Trial,
  evaluated: EvaluatedTrial,
  pool: EvaluatorPool,
  options: MeasureOptions,
): Promise<TrialRecord> {
  const { plan, manifest, parity } = shared;
  const { measures } = plan;
  let stage: Stage = "latency";
  try {
    const label = trialLabel(trial.scheme, trial.axes);
    const stageOf = (text: string) => options.onEvent({ kind: "stage", label, stage: text });
    const isSimulated = trial.scheme.execution === "simulated";
    const timed = isSimulated
      ? { latency: [], roofline: [], cost: [], energy: [], attestation: evaluated.attestation }
      : await timeAll(shared, trial, evaluated, (measure) => pool.feeds(measure), options, stageOf);
    const { latency, roofline, cost, energy, attestation } = timed;
    stage = "memory";
    const memory = measures.memory && !isSimulated ? await peakMemory(trial, evaluated, pool, options) : undefined;
    return {
      ...recordHead(plan, trial, manifest),
      status: "completed",
      ...(measures.accuracy ? { accuracy: evaluated.accuracy } : {}),
      ...(latency.length > 0 ? { latency } : {}),
      ...(measures.size ? { size: evaluated.size } : {}),
      ...(evaluated.file ? { file: evaluated.file } : {}),
      ...(memory ? { memory } : {}),
      attestation,
      ...(parity ? { parity } : { synthetic: true }),
      ...(evaluated.gap ? { gap: evaluated.gap } : {}),
      ...(roofline.length > 0 ? { roofline } : {}),
      ...(cost.length > 0 ? { cost } : {}),
      ...(energy.length > 0 ? { energy } : {}),
      ...(evaluated.layers ? { layers: evaluated.layers } : {}),
      ...(evaluated.split ? { split: evaluated.split } : {}),
      ...(evaluated.ranges ? { ranges: evaluated.ranges } : {}),
      ...(evaluated.calibration ? { calibration: evaluated.calibration } : {}),
    } satisfies CompletedRecord;
  } catch (error) {
    return failedRecord(plan, trial, manifest, failure(error, stage));
  }
}

async function peakMemory(
  trial: Trial,
  evaluated: EvaluatedTrial,
  pool: EvaluatorPool,
  { startWorker, onEvent }: MeasureOptions,
): Promise<Tasks["memory"]["output"]> {
  onEvent({ kind: "stage", label: trialLabel(trial.scheme, trial.axes), stage: "memory" });
  const feeds = await pool.feeds({ batch: 1 });
  const extra = engineConfig(trial.scheme);
  return inFreshProcess(startWorker, (worker) =>
    worker.call("memory", { path: evaluated.path, feeds, optimization: "all", ...(extra ? { extra } : {}) }),
  );
}
