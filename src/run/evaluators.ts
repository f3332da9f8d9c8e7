import type { Feeds } from "../engines/engine.js";
import type { Plan, Trial } from "../plan/plan.js";
import type { Calibration } from "../quantize/scheme.js";
import type { StartWorker, Worker } from "./process.js";
import type { EvaluatedTrial, OpenedExperiment, Tasks } from "./protocol.js";

/** Samples compared with TF.js. */
const PARITY_SAMPLES = 32;

/** Child processes that each hold the experiment opened and evaluate trials. One that dies is replaced for the next. */
export interface EvaluatorPool {
  /** Opens the first one, if it is not open yet. */
  first(): Promise<{ readonly opened: OpenedExperiment }>;
  /** @param slot 0 .. workers - 1; calls to one slot come one after another. */
  evaluate(slot: number, trial: Trial): Promise<EvaluatedTrial>;
  feeds(of: Tasks["feeds"]["input"]): Promise<Feeds>;
  close(): void;
}

interface Evaluator {
  readonly worker: Worker;
  readonly opened: Promise<OpenedExperiment>;
}

/** Starts no child yet; the first one starts with the first call. `folder` exists and takes the ONNX files. */
export function startEvaluators(
  plan: Plan,
  pending: readonly Trial[],
  folder: string,
  startWorker: StartWorker,
): EvaluatorPool {
  const calibrations = distinctCalibrations(pending);
  const slots: Evaluator[] = [];

  const open = (slot: number): Evaluator => {
    const held = slots[slot];
    if (held?.worker.alive()) return held;
    const worker = startWorker();
    const evaluator: Evaluator = {
      worker,
      opened: worker.call("open", {
        model: plan.model,
        data: plan.data,
        folder,
        calibrations,
        seed: plan.seed,
        paritySamples: PARITY_SAMPLES,
      }),
    };
    slots[slot] = evaluator;
    return evaluator;
  };

  async function inSlot<T>(slot: number, work: (worker: Worker) => Promise<T>): Promise<T> {
    const { worker, opened } = open(slot);
    await opened;
    return work(worker);
  }

  return {
    first: async () => ({ opened: await open(0).opened }),
    evaluate: (slot, { id, scheme }) =>
      inSlot(slot, (worker) => worker.call("trial", { id, scheme, measures: plan.measures })),
    feeds: (of) => inSlot(0, (worker) => worker.call("feeds", of)),
    close() {
      for (const { worker } of slots) worker.kill();
    },
  };
}

function distinctCalibrations(trials: readonly Trial[]): readonly Calibration[] {
  const byText = new Map<string, Calibration>();
  for (const { scheme } of trials) {
    if (scheme.calibration) byText.set(JSON.stringify(scheme.calibration), scheme.calibration);
  }
  return [...byText.values()];
}
