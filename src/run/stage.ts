import type { FailedRecord } from "../results/record.js";

/** Where a trial is, as a failed record names it. */
export type Stage = FailedRecord["stage"];

let current: Stage | undefined;

/** Says what this process does from now on; a failure carries it. */
export function enterStage(stage: Stage): void {
  current = stage;
}

/** The stage that was entered last in this process. */
export function currentStage(): Stage | undefined {
  return current;
}
