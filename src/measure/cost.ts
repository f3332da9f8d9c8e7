import type { Estimate } from "./statistics.js";

/** Money for a million inferences at the measured latency, one at a time on `threads` threads of the whole machine. */
export interface CostResult {
  readonly batch: number;
  readonly threads: number;
  /** Price of the machine for an hour, in the user's currency. */
  readonly pricePerHour: number;
  readonly perMillion: number;
  readonly baselinePerMillion: number;
  /** 1 - perMillion / baselinePerMillion, with the interval of the speedup. */
  readonly saving: Estimate;
}

/** Energy of the processor package by its own counter (RAPL). */
export interface EnergyResult {
  readonly batch: number;
  readonly threads: number;
  readonly joulesPerInference: number;
  readonly baselineJoulesPerInference: number;
}
