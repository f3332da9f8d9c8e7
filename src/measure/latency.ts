import { fail } from "../base/diagnostic.js";
import type { BoundRun } from "../engines/engine.js";

/** How long and how often to sample, in one process. */
export interface LatencyProtocol {
  /**
   * Each arm runs at least `warmUpRuns` times and `warmUpMs` milliseconds before anything is recorded, but no longer
   * than a fifth of `maximumMs`: a model that runs for many seconds is warm after one run.
   */
  readonly warmUpMs: number;
  readonly warmUpRuns: number;
  /** A sample is as many runs as take this long, so that the clock's grain does not matter. */
  readonly sampleMs: number;
  /** Pairs of one baseline and one trial sample. Rounded up to an even number: a block ABBA holds two. */
  readonly pairs: number;
  /** Sampling stops after this long, warm-up included, once `minimumPairs` are there. */
  readonly maximumMs: number;
  readonly minimumPairs: number;
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
  /** Runs that one sample averages. */
  readonly runsPerSample: { readonly baseline: number; readonly trial: number };
  readonly stoppedBy: "pairs" | "time";
}

export interface SampleOptions {
  readonly baseline: BoundRun;
  readonly trial: BoundRun;
  /** What the control runs against the baseline: best a second session of the same graph; the baseline itself unless given. */
  readonly control?: BoundRun;
  /** Milliseconds, monotonic: `performance.now`. */
  readonly clock: () => number;
  readonly protocol?: Partial<LatencyProtocol>;
  /** Called between blocks, outside of every sample: `globalThis.gc`. */
  readonly collectGarbage?: () => void;
  readonly signal?: AbortSignal;
}

/**
 * Samples a trial against its baseline, interleaved so that drift of the machine falls on both arms alike.
 *
 * One block is A B B A (two pairs, each arm first once) and then one control pair, A C or C A by turns.
 * Inside the clock: `run()` and the promise it returns; feeds are bound before.
 * @throws DiagnosticError `latency-not-measurable`; whatever a run throws; the signal's reason when it is aborted.
 */
export async function sampleLatency(options: SampleOptions): Promise<LatencySamples> {
  const { baseline, trial, clock, signal } = options;
  const control = options.control ?? baseline;
  const protocol = { ...defaultLatencyProtocol, ...options.protocol };
  const deadline = clock() + protocol.maximumMs;

  const baselineRuns = await warmUp(baseline, clock, protocol);
  signal?.throwIfAborted();
  const trialRuns = await warmUp(trial, clock, protocol);
  if (control !== baseline) await warmUp(control, clock, { ...protocol, warmUpMs: 0 });

  const a = () => sampleMs(baseline, baselineRuns, clock);
  const b = () => sampleMs(trial, trialRuns, clock);
  const c = () => sampleMs(control, baselineRuns, clock);
  const baselineMs: number[] = [];
  const trialMs: number[] = [];
  const first: number[] = [];
  const again: number[] = [];
  let stoppedBy: "pairs" | "time" = "pairs";
  for (let block = 0; baselineMs.length < protocol.pairs; block++) {
    if (baselineMs.length >= protocol.minimumPairs && clock() >= deadline) {
      stoppedBy = "time";
      break;
    }
    signal?.throwIfAborted();
    options.collectGarbage?.();
    const abba = [await a(), await b(), await b(), await a()] as const;
    baselineMs.push(abba[0], abba[3]);
    trialMs.push(abba[1], abba[2]);
    const swapped = block % 2 === 1;
    const pair = swapped ? [await c(), await a()] : [await a(), await c()];
    first.push(pair[swapped ? 1 : 0] as number);
    again.push(pair[swapped ? 0 : 1] as number);
  }
  return {
    baselineMs,
    trialMs,
    control: { baselineMs: first, againMs: again },
    runsPerSample: { baseline: baselineRuns, trial: trialRuns },
    stoppedBy,
  };
}

/**
 * Milliseconds of one run, averaged over `runs` in a row. A tenth as many, at least one, come first untimed: the run
 * after another model's finds caches and branch predictors cold, which would charge an arm for its place in the order
 * (measured: 2 to 9% on a model of 0.08 ms).
 */
export async function sampleMs(run: BoundRun, runs: number, clock: () => number): Promise<number> {
  for (let i = 0; i < settlingRuns(runs); i++) await run();
  const start = clock();
  for (let i = 0; i < runs; i++) await run();
  const elapsedMs = clock() - start;
  if (!(elapsedMs > 0)) fail("latency-not-measurable", { runs, elapsedMs });
  return elapsedMs / runs;
}

/** Untimed runs before a sample of `runs`. */
export function settlingRuns(runs: number): number {
  return Math.ceil(runs / 10);
}

const MOST_RUNS = 2 ** 20;

/**
 * Runs in batches of 1, 2, 4, ... until a batch lasts `sampleMs` and the warm-up is over.
 * @returns how many runs a sample needs
 */
export async function warmUp(
  run: BoundRun,
  clock: () => number,
  protocol: Pick<LatencyProtocol, "warmUpMs" | "warmUpRuns" | "sampleMs" | "maximumMs">,
): Promise<number> {
  const start = clock();
  const most = protocol.maximumMs / 5;
  let total = 0;
  let runs = 1;
  for (;;) {
    const batchStart = clock();
    for (let i = 0; i < runs; i++) await run();
    const elapsedMs = clock() - batchStart;
    total += runs;
    const longEnough = elapsedMs >= protocol.sampleMs;
    const warmMs = clock() - start;
    if (longEnough && ((total >= protocol.warmUpRuns && warmMs >= protocol.warmUpMs) || warmMs >= most)) {
      return Math.max(1, Math.ceil((protocol.sampleMs * runs) / elapsedMs));
    }
    if (!longEnough && runs >= MOST_RUNS) fail("latency-not-measurable", { runs, elapsedMs });
    if (!longEnough) runs *= 2;
  }
}
