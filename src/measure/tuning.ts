import { median } from "./statistics.js";

export interface TuningOptions<Candidate> {
  /** In order of preference: an earlier one is kept unless a later one is clearly faster. */
  readonly candidates: readonly Candidate[];
  /** One sample of a candidate that is warm already, milliseconds of one run. */
  readonly sample: (candidate: Candidate) => Promise<number>;
  readonly clock: () => number;
  /** Samples of each candidate. */
  readonly rounds?: number;
  /** No new round begins after this long; one round always runs. */
  readonly maximumMs?: number;
}

export interface Tuning<Candidate> {
  readonly best: Candidate;
  /** Median of each candidate, milliseconds, in the order given. */
  readonly medianMs: readonly number[];
}

/** A later candidate must be faster by this share to be chosen. */
const CLEARLY = 0.01;

/**
 * Chooses the fastest candidate (optimization level, form of the graph) on samples that are used for nothing else, so
 * that choosing the best of several does not flatter the speed reported later.
 * Each round samples every candidate once, in turning order.
 */
export async function chooseFastest<Candidate>(options: TuningOptions<Candidate>): Promise<Tuning<Candidate>> {
  const { candidates, sample, clock, rounds = 11, maximumMs = 5_000 } = options;
  const samples: number[][] = candidates.map(() => []);
  const start = clock();
  for (let round = 0; round < rounds && (round === 0 || clock() - start < maximumMs); round++) {
    for (let i = 0; i < candidates.length; i++) {
      const turn = (i + round) % candidates.length;
      samples[turn]?.push(await sample(candidates[turn] as Candidate));
    }
  }
  const medianMs = samples.map(median);
  let best = 0;
  for (let i = 1; i < medianMs.length; i++) {
    if ((medianMs[i] as number) < (medianMs[best] as number) * (1 - CLEARLY)) best = i;
  }
  const chosen = candidates[best];
  if (chosen === undefined) throw new Error("tuning: there are no candidates");
  return { best: chosen, medianMs };
}
