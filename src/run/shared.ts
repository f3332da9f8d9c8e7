import type { Diagnostic } from "../base/diagnostic.js";
import type { Plan } from "../plan/plan.js";
import type { RunEvent } from "./events.js";
import type { Effort, Tuner } from "./latency-trial.js";
import type { Parity } from "./parity.js";
import type { PeakStore } from "./peaks.js";
import type { StartWorker } from "./process.js";
import type { OpenedExperiment } from "./protocol.js";
import type { ManifestFacts } from "./records.js";
import type { Profiler } from "./roofline.js";

/** What the trials of a run share. */
export interface Shared {
  readonly plan: Plan;
  readonly manifest: ManifestFacts;
  /** Absent of a model with random weights, which nobody else has. */
  readonly parity?: Parity;
  readonly opened: OpenedExperiment;
  readonly tuner: Tuner;
  readonly peaks: PeakStore;
  readonly profiler: Profiler;
  /** Takes what a user should know of the run beside its records; the same twice is said once. */
  readonly remark: (remark: Diagnostic) => void;
}

/** How the machine is measured, and who is told. */
export interface MeasureOptions {
  readonly effort: Effort;
  readonly startWorker: StartWorker;
  readonly signal?: AbortSignal | undefined;
  readonly onEvent: (event: RunEvent) => void;
}
