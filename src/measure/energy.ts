import type { TimedSetting } from "./setting.js";

/** Energy of the processor package by its own counter (RAPL), for one sample, or one token of a phase of a language model: all that the package drew meanwhile, idle cores included. */
export interface EnergyResult extends TimedSetting {
  readonly joulesPerInference: number;
  readonly baselineJoulesPerInference: number;
}

/** One reading of one counter, microjoules; it starts again from 0 after `range`. */
export interface EnergyReading {
  readonly zone: string;
  readonly microjoules: number;
  readonly range: number;
}

/** Reads the counters of all packages; none where the machine has no counter or does not let this user read it. */
export type ReadEnergy = () => readonly EnergyReading[];

/**
 * Joules between two readings, all packages together. A counter that went down has started again, once: it takes minutes to
 * go round.
 * @throws {Error} when a counter is in one reading only
 */
export function joulesBetween(before: readonly EnergyReading[], after: readonly EnergyReading[]): number {
  if (before.length !== after.length) throw new Error("energy: a counter came or went while it was read");
  return before.reduce((sum, { zone, microjoules, range }) => {
    const now = after.find((reading) => reading.zone === zone);
    if (!now) throw new Error(`energy: the counter ${zone} went away while it was read`);
    const used = now.microjoules - microjoules;
    return sum + (used < 0 ? used + range : used) / 1e6;
  }, 0);
}

/** One arm: `run` does one inference. */
export interface EnergyArm {
  readonly run: () => Promise<void>;
}

/** Joules of one run of each arm. */
export interface EnergySample {
  readonly joules: { readonly baseline: number; readonly trial: number };
}

/**
 * Runs the arms in turns A B B A, each for `segmentMs`, and reads the counters around each turn; undefined where there is no
 * counter, or where it did not move.
 */
export async function sampleEnergy(options: {
  readonly baseline: EnergyArm;
  readonly trial: EnergyArm;
  readonly read: ReadEnergy;
  readonly clock: () => number;
  readonly segmentMs: number;
}): Promise<EnergySample | undefined> {
  const { baseline, trial, read, clock, segmentMs } = options;
  if (read().length === 0) return undefined;
  const sums = { baseline: { joules: 0, runs: 0 }, trial: { joules: 0, runs: 0 } };
  for (const turn of ["baseline", "trial", "trial", "baseline"] as const) {
    const arm = turn === "baseline" ? baseline : trial;
    await arm.run();
    const before = read();
    const end = clock() + segmentMs;
    let runs = 0;
    for (; runs === 0 || clock() < end; runs++) await arm.run();
    sums[turn].joules += joulesBetween(before, read());
    sums[turn].runs += runs;
  }
  const perRun = (arm: "baseline" | "trial") => sums[arm].joules / sums[arm].runs;
  const joules = { baseline: perRun("baseline"), trial: perRun("trial") };
  return joules.baseline > 0 && joules.trial > 0 ? { joules } : undefined;
}
