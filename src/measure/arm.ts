import { fail } from "../base/diagnostic.js";
import type { BoundRun } from "../engines/engine.js";
import type { Clock } from "./clock.js";

/** How an arm is warmed up. */
export interface WarmUp {
  /**
   * Each arm runs at least `warmUpRuns` times and `warmUpMs` milliseconds before anything is recorded, but no longer
   * than a fifth of `maximumMs`: a model that runs for many seconds is warm after one run.
   */
  readonly warmUpMs: number;
  readonly warmUpRuns: number;
  /** A sample is as many runs as take this long, so that the clock's grain does not matter. */
  readonly sampleMs: number;
  /** Sampling stops after this long, warm-up included, once there are enough pairs. */
  readonly maximumMs: number;
}

/** One side of a comparison: in this process ({@link armOf}), or in one of its own. */
export interface Arm {
  /** @returns how many runs a sample needs */
  warmUp(protocol: WarmUp): Promise<number>;
  sample(runs: number): Promise<Sample>;
}

/** So many runs in a row, timed together. */
export interface Sample {
  /** Milliseconds of one run, averaged. */
  readonly ms: number;
  /** Each run, milliseconds; empty where runs are too short to be timed alone. */
  readonly runMs: readonly number[];
}

/** A run shorter than this, milliseconds, is not timed alone: reading the clock would be more than 0.5% of it. */
const SHORTEST_SINGLE_RUN_MS = 0.02;

/** An arm in this process. */
export function armOf(run: BoundRun, clock: Clock): Arm {
  let alone = false;
  return {
    async warmUp(protocol) {
      const runs = await warmUp(run, clock, protocol);
      alone = protocol.sampleMs / runs >= SHORTEST_SINGLE_RUN_MS;
      return runs;
    },
    async sample(runs) {
      if (!alone) return { ms: await sampleMs(run, runs, clock), runMs: [] };
      return sampleRuns(run, runs, clock);
    },
  };
}

/** As {@link sampleMs}, and each run by itself. */
async function sampleRuns(run: BoundRun, runs: number, clock: Clock): Promise<Sample> {
  for (let i = 0; i < settlingRuns(runs); i++) await run();
  const times = new Float64Array(runs + 1);
  times[0] = clock();
  for (let i = 1; i <= runs; i++) {
    await run();
    times[i] = clock();
  }
  const elapsedMs = (times[runs] as number) - (times[0] as number);
  if (!(elapsedMs > 0)) fail("latency-not-measurable", { runs, elapsedMs });
  return {
    ms: elapsedMs / runs,
    runMs: Array.from({ length: runs }, (_, i) => (times[i + 1] as number) - (times[i] as number)),
  };
}

/**
 * Milliseconds of one run, averaged over `runs` in a row. A tenth as many, at least one, come first untimed: the run
 * after another model's finds caches and branch predictors cold, which would charge an arm for its place in the order
 * (measured: 2 to 9% on a model of 0.08 ms).
 */
export async function sampleMs(run: BoundRun, runs: number, clock: Clock): Promise<number> {
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
export async function warmUp(run: BoundRun, clock: Clock, protocol: WarmUp): Promise<number> {
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
