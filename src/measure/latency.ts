import type { Arm, Sample, WarmUp } from "./arm.js";
import { type Clock, clockMoved } from "./clock.js";
import type { Watched } from "./conditions.js";
import { logRatios } from "./log-ratios.js";
import { medianError } from "./statistics.js";

/** How long and how often to sample, in one process. */
export interface LatencyProtocol extends WarmUp {
  /** Pairs of one baseline and one trial sample. Rounded up to an even number: a block holds two. */
  readonly pairs: number;
  readonly minimumPairs: number;
  /** More pairs where those do not settle the ratios; absent: never. */
  readonly extension?: {
    /** Wanted of each ratio's median, relative: see {@link medianError}. */
    readonly standardError: number;
    /** Never more than these, `pairs` included. */
    readonly mostPairs: number;
    /** None begins later than this after the first, milliseconds: of a slow model pairs are dear, and few settle it. */
    readonly maximumMs: number;
  };
}

export const defaultLatencyProtocol: LatencyProtocol = {
  warmUpMs: 200,
  warmUpRuns: 3,
  sampleMs: 5,
  pairs: 30,
  maximumMs: 20_000,
  minimumPairs: 6,
};

/** Raw samples of one process: milliseconds of one run, paired by index. */
export interface LatencySamples {
  readonly baselineMs: readonly number[];
  readonly trialMs: readonly number[];
  /** The A/A control: the baseline against itself, interleaved with the pairs above. */
  readonly control: { readonly baselineMs: readonly number[]; readonly againMs: readonly number[] };
  /** Runs in one sample, which is their median. */
  readonly runsPerSample: { readonly baseline: number; readonly trial: number };
  /** Every single run within the pairs' samples, milliseconds, for percentiles; absent where a run is too short to be timed alone. */
  readonly runMs?: { readonly baseline: Float64Array; readonly trial: Float64Array };
  readonly stoppedBy: "pairs" | "time" | "clock";
  /** What the machine did meanwhile; absent where nobody looked. */
  readonly watched?: Watched;
}

export interface SampleOptions {
  readonly baseline: Arm;
  readonly trial: Arm;
  /** What the control runs against the baseline: best a second session of the same graph; the baseline itself unless given. */
  readonly control?: Arm;
  /** Milliseconds, monotonic: `performance.now`. */
  readonly clock: Clock;
  readonly protocol?: Partial<LatencyProtocol>;
  /** A look at the processor's effective clock, GHz; without it no block is judged by it. */
  readonly probe?: (() => number | Promise<number>) | undefined;
  readonly signal?: AbortSignal;
}

/** What {@link sampleLatency} found: samples, and its part of what {@link Watched} says. */
export type SampledLatency = Omit<LatencySamples, "watched"> & Pick<Watched, "ghz" | "blocks">;

/** One block: two samples of each arm; those of the baseline pair with the trial's and with the control's. */
interface Block {
  readonly baseline: readonly Sample[];
  readonly trial: readonly Sample[];
  readonly again: readonly Sample[];
  /** Whether the clock moved past the tolerance meanwhile. */
  readonly moved: boolean;
}

/** Of blocks during which the clock moved, as many more are sampled as this share of those that are wanted. */
const SPARE_BLOCKS = 0.5;

/**
 * Samples a trial against its baseline, interleaved so that drift of the machine falls on both arms alike.
 *
 * One block is A B C B A C, and A C B C A B by turns: each arm comes behind each other one once and never behind itself, for
 * what ran before leaves its caches (a design balanced for carry-over, Williams 1949; with A B B A the arm that followed
 * itself was 5 to 10% faster on a model of 1 ms), and drift falls on all alike. A block during which the processor's clock moves past the tolerance is left out and sampled again, within limits of time and number;
 * where that leaves fewer than `minimumPairs`, such blocks are kept and counted as unsteady.
 * With an `extension` the number of pairs follows the noise of the machine: how much pairs differ ends the sampling, never
 * what their median is, so no ratio is favoured.
 * Inside the clock: `run()` and the promise it returns; feeds are bound before.
 * @throws DiagnosticError `latency-not-measurable`; whatever a run throws; the signal's reason when it is aborted.
 */
export async function sampleLatency(options: SampleOptions): Promise<SampledLatency> {
  const { clock, probe, signal } = options;
  const protocol = { ...defaultLatencyProtocol, ...options.protocol };
  const deadline = clock() + protocol.maximumMs;
  const { runsPerSample, sampleBlock } = await warmArms(options, protocol);
  const wanted = Math.ceil(protocol.pairs / 2);
  const most = wanted + Math.ceil(wanted * SPARE_BLOCKS);
  const ghz: number[] = [];
  const blocks: Block[] = [];
  if (probe) ghz.push(await probe());
  let stoppedBy: LatencySamples["stoppedBy"] = "pairs";
  const began = clock();
  while (steady(blocks).length < wanted || unsettled(steady(blocks), clock() - began, protocol.extension)) {
    const late = blocks.length * 2 >= protocol.minimumPairs && clock() >= deadline;
    const moving = blocks.length >= most && steady(blocks).length < wanted;
    if (late || moving) {
      stoppedBy = late ? "time" : "clock";
      break;
    }
    signal?.throwIfAborted();
    const samples = await sampleBlock(blocks.length % 2 === 1);
    if (probe) ghz.push(await probe());
    const [before, after] = ghz.slice(-2);
    blocks.push({ ...samples, moved: before !== undefined && after !== undefined && clockMoved(before, after) });
  }
  const kept = steady(blocks).length * 2 >= protocol.minimumPairs ? steady(blocks) : blocks;
  const unsteady = kept.length - steady(kept).length;
  return {
    ...samplesOf(kept),
    runsPerSample,
    stoppedBy,
    ghz,
    blocks: { sampled: blocks.length, discarded: blocks.length - kept.length, unsteady },
  };
}

/** Warms the arms up, and gives how a block is sampled: A B C B A C or, swapped, A C B C A B. */
async function warmArms({ baseline, trial, control = baseline, signal }: SampleOptions, protocol: LatencyProtocol) {
  const baselineRuns = await baseline.warmUp(protocol);
  signal?.throwIfAborted();
  const trialRuns = await trial.warmUp(protocol);
  if (control !== baseline) await control.warmUp({ ...protocol, warmUpMs: 0 });
  const a = () => baseline.sample(baselineRuns);
  const b = () => trial.sample(trialRuns);
  const c = () => control.sample(baselineRuns);
  return {
    runsPerSample: { baseline: baselineRuns, trial: trialRuns },
    async sampleBlock(swapped: boolean): Promise<Omit<Block, "moved">> {
      const [x, y] = swapped ? [c, b] : [b, c];
      // Behind the collection of garbage and the probe of the clock: the first arm comes behind another one, too.
      await y();
      const [a1, x1, y1, x2, a2, y2] = [await a(), await x(), await y(), await x(), await a(), await y()];
      const [trial, again] = swapped
        ? ([
            [y1, y2],
            [x1, x2],
          ] as const)
        : ([
            [x1, x2],
            [y1, y2],
          ] as const);
      return { baseline: [a1, a2], trial, again };
    },
  };
}

/** Whether a ratio's median is less sure than asked, and more pairs are allowed. */
function unsettled(blocks: readonly Block[], passedMs: number, extension: LatencyProtocol["extension"]): boolean {
  if (extension === undefined || blocks.length * 2 >= extension.mostPairs) return false;
  if (passedMs >= extension.maximumMs) return false;
  const { baselineMs, trialMs, control } = samplesOf(blocks);
  return [trialMs, control.againMs].some((ms) => medianError(logRatios(baselineMs, ms)) > extension.standardError);
}

function steady(blocks: readonly Block[]): readonly Block[] {
  return blocks.filter(({ moved }) => !moved);
}

function samplesOf(blocks: readonly Block[]): Pick<LatencySamples, "baselineMs" | "trialMs" | "control" | "runMs"> {
  const baseline = blocks.flatMap((block) => block.baseline);
  const trial = blocks.flatMap((block) => block.trial);
  const runs = (samples: readonly Sample[]) => Float64Array.from(samples.flatMap(({ runMs }) => runMs));
  const runMs = { baseline: runs(baseline), trial: runs(trial) };
  return {
    baselineMs: baseline.map(({ ms }) => ms),
    trialMs: trial.map(({ ms }) => ms),
    control: {
      baselineMs: baseline.map(({ ms }) => ms),
      againMs: blocks.flatMap(({ again }) => again).map(({ ms }) => ms),
    },
    ...(runMs.baseline.length > 0 && runMs.trial.length > 0 ? { runMs } : {}),
  };
}

/** Samples of several rounds of one process as those of one; a round that ended early says why for all. */
export function joinRounds(rounds: readonly SampledLatency[]): SampledLatency {
  const [first] = rounds;
  if (!first) throw new Error("latency: no round to join");
  const all = <T>(of: (round: SampledLatency) => readonly T[]) => rounds.flatMap(of);
  const total = (of: (blocks: SampledLatency["blocks"]) => number) =>
    rounds.reduce((sum, { blocks }) => sum + of(blocks), 0);
  const runs = (arm: "baseline" | "trial") => Float64Array.from(all(({ runMs }) => Array.from(runMs?.[arm] ?? [])));
  return {
    baselineMs: all(({ baselineMs }) => baselineMs),
    trialMs: all(({ trialMs }) => trialMs),
    control: { baselineMs: all(({ control }) => control.baselineMs), againMs: all(({ control }) => control.againMs) },
    runsPerSample: first.runsPerSample,
    ...(rounds.every(({ runMs }) => runMs) ? { runMs: { baseline: runs("baseline"), trial: runs("trial") } } : {}),
    stoppedBy: rounds.find(({ stoppedBy }) => stoppedBy !== "pairs")?.stoppedBy ?? "pairs",
    ghz: all(({ ghz }) => ghz),
    blocks: {
      sampled: total(({ sampled }) => sampled),
      discarded: total(({ discarded }) => discarded),
      unsteady: total(({ unsteady }) => unsteady),
    },
  };
}
