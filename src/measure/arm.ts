import { fail } from "../base/diagnostic.js";
import type { BoundRun } from "../engines/engine.js";
import type { Clock } from "./clock.js";
import { median } from "./statistics.js";

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

/** So many runs in a row. */
export interface Sample {
  /** Milliseconds of one run: the median over the sample's runs, or over groups of so many as can be timed. */
  readonly ms: number;
  /** Each run, milliseconds; empty where runs are too short to be timed alone. */
  readonly runMs: readonly number[];
}

/** Runs shorter than this, milliseconds, are timed in groups: reading the clock would be more than 0.5% of one. */
const SHORTEST_TIMED_MS = 0.02;

/** An arm in this process. */
export function armOf(run: BoundRun, clock: Clock): Arm {
  let group = 1;
  return {
    async warmUp(protocol) {
      const runs = await warmUp(run, clock, protocol);
      group = Math.max(1, Math.ceil((SHORTEST_TIMED_MS * runs) / protocol.sampleMs));
      return runs;
    },
    sample: (runs) => sampleRuns(run, { groups: Math.ceil(runs / group), group }, clock),
  };
}

/**
 * Times groups of runs, one after another, behind untimed ones as in {@link sampleMs}. The median over them is not moved
 * when another process takes the CPU for a few of them, as their sum is.
 */
async function sampleRuns(
  run: BoundRun,
  { groups, group }: { readonly groups: number; readonly group: number },
  clock: Clock,
): Promise<Sample> {
  for (let i = 0; i < settlingRuns(groups * group); i++) await run();
  const times = new Float64Array(groups + 1);
  times[0] = clock();
  for (let i = 1; i <= groups; i++) {
    for (let k = 0; k < group; k++) await run();
    times[i] = clock();
  }
  const groupMs = Array.from({ length: groups }, (_, i) => (times[i + 1] as number) - (times[i] as number));
  const middleMs = median(groupMs);
  if (!(middleMs > 0)) fail("latency-not-measurable", { runs: groups * group, elapsedMs: middleMs });
  return { ms: middleMs / group, runMs: group === 1 ? groupMs : [] };
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
  return Math.ceil(runs / 3);
}

const MOST_RUNS = 2 ** 20;

/**
 * Runs in batches of 1, 2, 4, ... until a batch lasts `sampleMs` and the warm-up is over. The fastest batch says how long
 * a run takes: a slow one was disturbed, or cold.
 * @returns how many runs a sample needs
 */
export async function warmUp(run: BoundRun, clock: Clock, protocol: WarmUp): Promise<number> {
  const start = clock();
  const most = protocol.maximumMs / 5;
  let total = 0;
  let runs = 1;
  let fastestMs = Number.POSITIVE_INFINITY;
  for (;;) {
    const batchStart = clock();
    for (let i = 0; i < runs; i++) await run();
    const elapsedMs = clock() - batchStart;
    total += runs;
    if (elapsedMs > 0) fastestMs = Math.min(fastestMs, elapsedMs / runs);
    const longEnough = elapsedMs >= protocol.sampleMs;
    const warmMs = clock() - start;
    if (longEnough && ((total >= protocol.warmUpRuns && warmMs >= protocol.warmUpMs) || warmMs >= most)) {
      return Math.max(1, Math.ceil(protocol.sampleMs / fastestMs));
    }
    if (!longEnough && runs >= MOST_RUNS) fail("latency-not-measurable", { runs, elapsedMs });
    if (!longEnough) runs *= 2;
  }
}
