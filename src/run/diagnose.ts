import { join } from "node:path";
import { type Diagnostic, diagnostic, words } from "../base/diagnostic.js";
import { makeFolder } from "../base/folder.js";
import type { CalibrationStep } from "../measure/calibration-check.js";
import type { DiagnosisResult, LayerDiagnosis } from "../measure/diagnosis.js";
import { findingsOf } from "../measure/findings.js";
import type { Plan, Trial } from "../plan/plan.js";
import { type Ledger, readLedger } from "../results/ledger.js";
import type { CompletedRecord, DiagnosisRecord, TrialRecord } from "../results/record.js";
import { growthOf } from "./diagnosis-arms.js";
import type { ArmName, DiagnosisOpening } from "./diagnosis-task.js";
import type { RunEvent } from "./events.js";
import { failure } from "./failure.js";
import { trialLabel } from "./label.js";
import type { StartWorker, Worker } from "./process.js";

export interface DiagnoseOptions {
  /** Folder of the experiment's results. */
  readonly folder: string;
  readonly ledger: Ledger;
  /** Diagnose again what the ledger already holds. */
  readonly fresh: boolean;
  readonly startWorker: StartWorker;
  readonly signal?: AbortSignal | undefined;
  readonly onEvent: (event: RunEvent) => void;
}

export interface DiagnoseOutcome {
  /** One a trial that could be diagnosed, in the order of the plan. */
  readonly diagnoses: readonly DiagnosisRecord[];
  /** Those and what earlier runs found of the other trials, in the order of the plan. */
  readonly known: readonly DiagnosisRecord[];
  readonly remarks: readonly Diagnostic[];
}

/**
 * Finds out why accuracy moved, trial by trial: weights or activations, which layer, how much calibration. Each diagnosis is
 * on disk before the next begins; what the ledger has of the same trial is taken over. Only completed trials can be
 * diagnosed; the others give a remark.
 * @param trials  of the plan, to be diagnosed
 * @param records of the plan's trials
 */
export async function diagnoseTrials(
  plan: Plan,
  trials: readonly Trial[],
  records: readonly TrialRecord[],
  options: DiagnoseOptions,
): Promise<DiagnoseOutcome> {
  const earlierOnes = diagnosesOf(readLedger(options.ledger.path).diagnoses, records);
  const known = options.fresh ? new Map<string, DiagnosisRecord>() : earlierOnes;
  const remarks: Diagnostic[] = [];
  const found = new Map<string, DiagnosisRecord>();
  const pending: { readonly trial: Trial; readonly record: CompletedRecord }[] = [];
  for (const trial of trials) {
    const record = records.find((each) => each.trial === trial.id);
    const earlier = known.get(trial.id);
    // Of a run that was interrupted its own warning says enough.
    if (record === undefined && options.signal?.aborted) continue;
    const hindrance = hindranceOf(trial, record);
    if (hindrance) remarks.push(hindrance);
    else if (earlier) found.set(trial.id, earlier);
    else if (record?.status === "completed" && trial.scheme.mode !== "fp32") pending.push({ trial, record });
  }
  if (pending.length > 0 && !options.signal?.aborted) {
    options.onEvent({ kind: "started", plan, trials: found.size + pending.length, finished: found.size });
    await diagnosePending(plan, pending, options, found, remarks);
    options.onEvent({ kind: "ended" });
  }
  const stopped = options.signal?.aborted === true && pending.some(({ trial }) => !found.has(trial.id));
  if (stopped) remarks.push(diagnostic("diagnosis-interrupted", { finished: found.size }, { severity: "warning" }));
  return {
    diagnoses: trials.flatMap(({ id }) => found.get(id) ?? []),
    known: plan.trials.flatMap(({ id }) => found.get(id) ?? earlierOnes.get(id) ?? []),
    remarks,
  };
}

/** Diagnoses of a ledger by trial, where they are about the records as they are now. */
export function diagnosesOf(
  diagnoses: readonly DiagnosisRecord[],
  records: readonly TrialRecord[],
): ReadonlyMap<string, DiagnosisRecord> {
  const current = new Map(records.map((record) => [record.trial, JSON.stringify(record.manifest.environment)]));
  return new Map(
    diagnoses
      .filter(({ trial, manifest }) => current.get(trial) === JSON.stringify(manifest.environment))
      .map((each) => [each.trial, each]),
  );
}

function hindranceOf(trial: Trial, record: TrialRecord | undefined): Diagnostic | undefined {
  const refused = (reason: string) =>
    diagnostic("diagnosis-refused", { trial: trialLabel(trial.scheme, trial.axes), reason }, { severity: "warning" });
  if (trial.scheme.mode === "fp32") return undefined;
  if (record?.status === "failed") return refused(`it failed (${record.stage})`);
  return record ? undefined : refused("it has not run");
}

/** One child opens the experiment and measures all arms, one after another. */
async function diagnosePending(
  plan: Plan,
  pending: readonly { readonly trial: Trial; readonly record: CompletedRecord }[],
  options: DiagnoseOptions,
  found: Map<string, DiagnosisRecord>,
  remarks: Diagnostic[],
): Promise<void> {
  const { ledger, startWorker, signal, onEvent } = options;
  const folder = join(options.folder, "models");
  makeFolder(folder);
  const calibrations = pending.flatMap(({ trial }) =>
    trial.scheme.calibration ? growthOf(trial.scheme.calibration) : [],
  );
  const worker = startWorker();
  try {
    onEvent({ kind: "stage", label: plan.model.name, stage: "diagnose: read, lower and calibrate" });
    await worker.call("open", {
      ...{ model: plan.model, data: plan.data, folder, seed: plan.seed, paritySamples: 1 },
      calibrations: [...new Map(calibrations.map((each) => [JSON.stringify(each), each])).values()],
    });
    for (const { trial, record } of pending) {
      const label = trialLabel(trial.scheme, trial.axes);
      try {
        const diagnosis = await diagnoseOne(worker, trial, (arm) =>
          onEvent({ kind: "stage", label, stage: `diagnose: ${arm}` }),
        );
        const { schemaVersion, experiment, trial: id, scheme, manifest } = record;
        const made = {
          schemaVersion,
          experiment,
          trial: id,
          scheme,
          manifest,
          status: "diagnosed",
          diagnosis,
        } as const;
        await ledger.append(made);
        found.set(id, made);
        onEvent({ kind: "diagnosed", label, record: made });
      } catch (error) {
        if (signal?.aborted) return;
        remarks.push(diagnosisFailed(label, error));
        if (!worker.alive()) return;
      }
    }
  } catch (error) {
    if (!signal?.aborted) remarks.push(diagnosisFailed(plan.experiment, error));
  } finally {
    worker.kill();
  }
}

/** A diagnosis that fails leaves the trial's own record as it is. */
function diagnosisFailed(label: string, error: unknown): Diagnostic {
  const { stage, diagnostic: cause } = failure(error, "accuracy");
  return diagnostic("diagnosis-failed", { trial: label, stage, reason: words(cause).message });
}

async function diagnoseOne(worker: Worker, { scheme }: Trial, say: (arm: string) => void): Promise<DiagnosisResult> {
  say("the trial itself");
  const opening = await worker.call("diagnosis", { scheme });
  const measure = (arm: ArmName) => worker.call("diagnosisArm", { arm });
  say("weights alone");
  const weights = await measure({ kind: "weights" });
  if (opening.quantizesActivations) say("activations alone");
  const activations = opening.quantizesActivations ? await measure({ kind: "activations" }) : undefined;
  const layers: LayerDiagnosis[] = [];
  for (const [i, layer] of opening.layers.entries()) {
    say(`layer ${i + 1} of ${opening.layers.length}, ${layer}`);
    const alone = await measure({ kind: "alone", layer });
    const kept = await measure({ kind: "kept", layer });
    layers.push({ layer, alone: alone.arm, kept: kept.arm, gain: kept.gain });
  }
  const growth = opening.calibration ? await measureGrowth(opening, measure, say) : [];
  const figures = {
    metric: opening.metric,
    all: opening.all,
    weightsOnly: weights.arm,
    ...(activations ? { activationsOnly: activations.arm } : {}),
    layers,
    ...(opening.calibration ? { calibration: { ...opening.calibration, growth } } : {}),
    samples: opening.samples,
  };
  const observer = scheme.calibration?.observer;
  const { mode, weights: format } = scheme;
  return { ...figures, findings: findingsOf(figures, { mode, granularity: format?.granularity, observer }) };
}

async function measureGrowth(
  { all, calibration }: DiagnosisOpening,
  measure: (arm: ArmName) => Promise<{ readonly arm: DiagnosisResult["all"]; readonly rangeChange?: number }>,
  say: (arm: string) => void,
): Promise<readonly CalibrationStep[]> {
  const steps: CalibrationStep[] = [];
  const samples = calibration?.samples ?? 0;
  for (let fewer = 16; fewer < samples; fewer *= 2) {
    say(`calibration with ${fewer} samples`);
    const { arm, rangeChange = 0 } = await measure({ kind: "calibrated", samples: fewer });
    steps.push({ samples: fewer, rangeChange, drop: arm.drop });
  }
  return [...steps, { samples, rangeChange: 0, drop: all.drop }];
}
