import type { Feeds, OptimizationLevel } from "../engines/engine.js";
import type { LatencyProtocol, LatencySamples } from "../measure/latency.js";
import { type LatencyResult, summarizeLatency } from "../measure/speedup.js";
import type { LatencyMeasure } from "../plan/plan.js";
import type { EngineConfig } from "./engine-config.js";
import type { StartWorker, Worker } from "./process.js";
import { sampleSeparately } from "./separate-arms.js";

/** How much time one measurement takes. */
export interface Effort {
  /** Recorded with every result, and said in every report. */
  readonly quick: boolean;
  /** Fresh processes, each with its own address layout. */
  readonly processes: number;
  readonly protocol: Partial<LatencyProtocol>;
  /** Milliseconds for choosing an arm's optimization level. */
  readonly tuningMs: number;
}

/**
 * Five processes: three leave an interval of Student's t that is half as wide again, and each takes about three seconds a
 * trial. Enough pairs that a process's median moves less than processes differ, and more where the machine is noisy.
 */
export const fullEffort: Effort = {
  quick: false,
  processes: 5,
  protocol: {
    ...{ warmUpMs: 100, sampleMs: 5, pairs: 30, maximumMs: 30_000 },
    extension: { standardError: 0.006, mostPairs: 120, maximumMs: 6000 },
  },
  tuningMs: 400,
};

export const quickEffort: Effort = {
  quick: true,
  processes: 3,
  protocol: { warmUpMs: 50, sampleMs: 3, pairs: 10, maximumMs: 10_000 },
  tuningMs: 200,
};

/** Chooses optimization levels once a file, batch and thread count, and remembers them. */
export interface Tuner {
  levelOf(path: string, feeds: Feeds, measure: LatencyMeasure, extra?: EngineConfig): Promise<OptimizationLevel>;
}

/** Starts with nothing known; each choice is made in a process of its own. */
export function startTuner(effort: Effort, startWorker: StartWorker): Tuner {
  const known = new Map<string, OptimizationLevel>();
  return {
    async levelOf(path, feeds, { batch, threads }, extra) {
      const key = `${path} ${batch} ${threads}`;
      const level =
        known.get(key) ??
        (await inFreshProcess(startWorker, async (worker) => {
          const tuned = await worker.call("tune", {
            ...{ path, feeds, threads, budgetMs: effort.tuningMs },
            ...(extra ? { extra } : {}),
          });
          return tuned.optimization;
        }));
      known.set(key, level);
      return level;
    },
  };
}

/** Runs `work` with a child of its own, which ends with it. */
export async function inFreshProcess<T>(startWorker: StartWorker, work: (worker: Worker) => Promise<T>): Promise<T> {
  const worker = startWorker();
  try {
    return await work(worker);
  } finally {
    worker.kill();
  }
}

/** Measures one trial against fp32, each at its own best level, in several fresh processes one after another. */
export async function timeTrial(
  paths: { readonly baseline: string; readonly trial: string },
  feeds: Feeds,
  measure: LatencyMeasure,
  options: {
    readonly effort: Effort;
    readonly tuner: Tuner;
    readonly seed: number;
    /** False when the trial's planned integer kernels were not found: it is timed, but nothing is claimed. */
    readonly attested: boolean;
    readonly reason?: string;
    /** What the trial's scheme asks of the engine. */
    readonly extra?: EngineConfig | undefined;
    readonly startWorker: StartWorker;
  },
): Promise<LatencyResult> {
  const { effort, tuner, startWorker, extra } = options;
  const baseline = { path: paths.baseline, optimization: await tuner.levelOf(paths.baseline, feeds, measure) };
  const trial = {
    path: paths.trial,
    optimization: await tuner.levelOf(paths.trial, feeds, measure, extra),
    ...(extra ? { extra } : {}),
  };
  const input = { baseline, trial, feeds, threads: measure.threads, protocol: effort.protocol };
  const samples: LatencySamples[] = [];
  for (let i = 0; i < effort.processes; i++) {
    samples.push(
      measure.threads > 1
        ? await sampleSeparately(input, startWorker)
        : await inFreshProcess(startWorker, (worker) => worker.call("latency", input)),
    );
  }
  return summarizeLatency(samples, {
    batch: measure.batch,
    threads: measure.threads,
    optimization: { baseline: baseline.optimization, trial: trial.optimization },
    seed: options.seed,
    quick: effort.quick,
    attested: options.attested,
    ...(options.reason === undefined ? {} : { reason: options.reason }),
  });
}
