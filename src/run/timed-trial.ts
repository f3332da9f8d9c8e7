import { type Diagnostic, DiagnosticError, diagnostic } from "../base/diagnostic.js";
import type { Feeds } from "../engines/engine.js";
import { type CostResult, costOf } from "../measure/cost.js";
import type { EnergyResult } from "../measure/energy.js";
import { millisecondsOf, type NodeTime, type RooflineResult } from "../measure/roofline.js";
import { sameSetting, settingOnly, tokensOfRun } from "../measure/setting.js";
import type { LatencyResult } from "../measure/speedup.js";
import type { LatencyMeasure, Trial } from "../plan/plan.js";
import type { AttestationResult } from "../results/record.js";
import { engineConfig } from "./engine-config.js";
import { inLatencyLane } from "./lane.js";
import { inFreshProcess, timeTrial } from "./latency-trial.js";
import type { PhaseMeasure } from "./phases.js";
import type { EvaluatedTrial, LatencyArm } from "./protocol.js";
import { explainLatency } from "./roofline.js";
import type { MeasureOptions, Shared } from "./shared.js";

/** All that timing found out about a trial, a result for each batch size and number of threads. */
export interface TimedTrial {
  readonly latency: readonly LatencyResult[];
  readonly roofline: readonly RooflineResult[];
  readonly cost: readonly CostResult[];
  readonly energy: readonly EnergyResult[];
  /** With what each node that fell back to float costs. */
  readonly attestation: AttestationResult;
}

/** Milliseconds of each of the four turns in which energy is read. */
const ENERGY_MS = { full: 500, quick: 150 } as const;

/** Times a trial at one batch size and number of threads and says why it is as fast as it is. Needs the machine alone. */
async function timeOnce(
  shared: Shared,
  trial: Trial,
  evaluated: EvaluatedTrial,
  feeds: Feeds,
  measure: LatencyMeasure,
  { effort, startWorker, signal }: MeasureOptions,
) {
  const form = evaluated.phases?.find(({ asked }) => sameSetting(asked, measure));
  const { attested, integerNodes, reason } = form?.attestation ?? evaluated.attestation;
  const { tuner, plan } = shared;
  const isBaseline = trial.scheme.mode === "fp32";
  const extra = engineConfig(trial.scheme);
  const paths = form ?? { baseline: shared.opened.path, trial: evaluated.path };
  const result = await timeTrial(paths, feeds, measure, {
    ...{ effort, tuner, startWorker, attested, extra, seed: plan.seed },
    ...(integerNodes > 0 || isBaseline ? {} : { reason }),
  });
  const timed = form ? { ...inPhase(result, form.measure), file: form.sha256 } : result;
  const arms = {
    baseline: { path: paths.baseline, optimization: await tuner.levelOf(paths.baseline, feeds, measure) },
    trial: {
      path: paths.trial,
      optimization: await tuner.levelOf(paths.trial, feeds, measure, extra),
      ...(extra ? { extra } : {}),
    },
  };
  const work = form?.work ?? evaluated.work?.find(({ batch }) => batch === measure.batch);
  const { peaks, profiler } = shared;
  const explained =
    work &&
    (await explainLatency(timed, { arms, feeds, work, isBaseline, peaks, profiler }).catch((error) => {
      if (signal?.aborted) throw error;
      shared.remark(unexplained(trial, error));
      return undefined;
    }));
  const energy = plan.measures.energy
    ? await energyOf(shared, arms, feeds, form?.measure ?? measure, { effort, startWorker })
    : undefined;
  return { latency: timed, ...explained, energy };
}

const SECOND_MS = 1000;

/** A result with the phase that was timed and the tokens that it takes in a second. */
function inPhase(result: LatencyResult, { phase, context, batch, threads }: PhaseMeasure): LatencyResult {
  const setting = { batch, threads, phase, context };
  const tokens = tokensOfRun(setting) ?? batch;
  return {
    ...setting,
    tokensPerSecond: (tokens / result.medianMs) * SECOND_MS,
    baselineTokensPerSecond: (tokens / result.baselineMs) * SECOND_MS,
    ...result,
  };
}

/** A figure without its reason is still a figure. */
function unexplained({ scheme }: Trial, error: unknown): Diagnostic {
  const [first] = error instanceof DiagnosticError ? error.diagnostics : [];
  const message = first ? first.code : error instanceof Error ? error.message : String(error);
  return diagnostic("speed-unexplained", { scheme: scheme.name, message }, { severity: "warning" });
}

async function energyOf(
  shared: Shared,
  arms: { readonly baseline: LatencyArm; readonly trial: LatencyArm },
  feeds: Feeds,
  measure: LatencyMeasure,
  { effort, startWorker }: Pick<MeasureOptions, "effort" | "startWorker">,
): Promise<EnergyResult | undefined> {
  const { batch, threads } = measure;
  const segmentMs = ENERGY_MS[effort.quick ? "quick" : "full"];
  const sample = await inFreshProcess(startWorker, (worker) =>
    worker.call("energy", { ...arms, feeds, threads, segmentMs }),
  );
  if (!sample) {
    shared.remark(diagnostic("energy-unreadable", {}, { severity: "warning" }));
    return undefined;
  }
  const { baseline, trial } = sample.joules;
  const items = tokensOfRun(measure) ?? batch;
  return {
    ...settingOnly(measure),
    joulesPerInference: trial / items,
    baselineJoulesPerInference: baseline / items,
  };
}

/** Times a trial at every batch size and number of threads that the plan asks for, one after another in the latency lane. */
export async function timeAll(
  shared: Shared,
  trial: Trial,
  evaluated: EvaluatedTrial,
  feedsOf: (measure: LatencyMeasure) => Promise<Feeds>,
  options: MeasureOptions,
  stageOf: (stage: string) => void,
): Promise<TimedTrial> {
  const { measures } = shared.plan;
  const { signal } = options;
  const timed = [];
  for (const measure of measures.latency) {
    const { batch, threads, phase } = measure;
    const stage = `latency, ${phase === undefined ? "" : `${phase}, `}batch ${batch}${threads === 1 ? "" : `, ${threads} threads`}`;
    const feeds = await feedsOf(measure);
    const time = async () => {
      stageOf(stage);
      return timeOnce(shared, trial, evaluated, feeds, measure, options);
    };
    const waiting = () => stageOf("waiting for another latency run on this machine");
    timed.push(await inLatencyLane(time, { waiting, signal }));
  }
  const latency = timed.map((each) => each.latency);
  const { attestation } = evaluated;
  const claimed = attestation.attested ? latency.filter(({ rejected }) => rejected === undefined) : [];
  const price = measures.cost?.pricePerHour;
  return {
    latency,
    roofline: timed.flatMap(({ roofline }) => roofline ?? []),
    cost: price === undefined ? [] : claimed.map((result) => costOf(result, price)),
    energy: timed.flatMap(({ energy }) => energy ?? []),
    attestation: withCosts(attestation, timed[0]?.times ?? []),
  };
}

/** What each node that fell back to float takes of one run, where the profile has it. */
function withCosts(attestation: AttestationResult, times: readonly NodeTime[]): AttestationResult {
  if (!attestation.fallen || times.length === 0) return attestation;
  const fallen = attestation.fallen.map((node) => {
    const costMs = millisecondsOf(node.node, times);
    return costMs === undefined ? node : { ...node, costMs };
  });
  return { ...attestation, fallen };
}
