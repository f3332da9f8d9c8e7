import { fail } from "../base/diagnostic.js";
import { maxRelativeError } from "../measure/parity.js";
import type { Plan } from "../plan/plan.js";
import { inFreshProcess } from "./latency-trial.js";
import type { StartWorker } from "./process.js";
import type { OpenedExperiment } from "./protocol.js";

/** Largest difference between lowered fp32 and TF.js, relative to the reference's largest magnitude. */
export const PARITY_LIMIT = 1e-4;

/** How close the lowered model is to TF.js; part of every record. */
export interface Parity {
  readonly maxRelativeError: number;
  readonly samples: number;
  /** Who was compared with: "TF.js 4.22.0 (tensorflow)". */
  readonly reference: string;
  /** What was compared is the model as it came, quantized; absent where it is fp32. */
  readonly of?: "given";
}

/**
 * Compares the lowered model with TF.js on real samples of the test split, over all outputs.
 * @throws {DiagnosticError} `parity-failed` above the limit, `reference-unavailable` when TF.js cannot run the model.
 */
export async function measureParity(plan: Plan, opened: OpenedExperiment, startWorker: StartWorker): Promise<Parity> {
  const { outputs, reference } = await inFreshProcess(startWorker, (worker) =>
    worker.call("reference", { model: plan.model, data: plan.data, samples: opened.parityIndices }),
  );
  const errors = opened.parityOutputs.map(({ data }, i) =>
    maxRelativeError(outputs[i]?.data ?? new Float32Array(0), data, opened.parityScales?.[i]),
  );
  const largest = Math.max(...errors);
  const samples = opened.parityIndices.length;
  if (!(largest <= PARITY_LIMIT)) {
    fail("parity-failed", {
      model: plan.model.name,
      maxRelativeError: largest,
      limit: PARITY_LIMIT,
      samples,
      reference,
    });
  }
  return { maxRelativeError: largest, samples, reference, ...(opened.parityOf ? { of: opened.parityOf } : {}) };
}
