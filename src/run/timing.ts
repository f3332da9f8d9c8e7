import type { OptimizationLevel } from "../engines/engine.js";
import { onnxruntime } from "../engines/onnxruntime.js";
import { sampleLatency, sampleMs, warmUp } from "../measure/latency.js";
import { peakRssBytes } from "../measure/memory.js";
import { chooseFastest } from "../measure/tuning.js";
import type { LatencyArm, Tasks } from "./protocol.js";

const clock = () => performance.now();
const collectGarbage = () => (globalThis as { gc?: () => void }).gc?.();

/** Levels that differ on some graph; "all" is the one to beat. "layout" comes before it, and equals it but for fusions. */
const LEVELS: readonly OptimizationLevel[] = ["all", "extended", "basic"];
/** A tuning sample repeats the run until it lasts this long, milliseconds. */
const TUNING_SAMPLE_MS = 3;

/** Samples fp32, the trial and a second session of fp32 (the control), interleaved in this process. */
export async function measureLatency(input: Tasks["latency"]["input"]): Promise<Tasks["latency"]["output"]> {
  const engine = await onnxruntime();
  const load = (arm: LatencyArm) => engine.load(arm.path, { threads: input.threads, optimization: arm.optimization });
  const [baseline, control, trial] = [await load(input.baseline), await load(input.baseline), await load(input.trial)];
  try {
    return await sampleLatency({
      baseline: baseline.bind(input.feeds),
      control: control.bind(input.feeds),
      trial: trial.bind(input.feeds),
      clock,
      protocol: input.protocol,
      collectGarbage,
    });
  } finally {
    for (const session of [baseline, control, trial]) await session.close();
  }
}

/** The optimization level at which a model runs fastest, on samples that are used for nothing else. */
export async function tune(input: Tasks["tune"]["input"]): Promise<Tasks["tune"]["output"]> {
  const engine = await onnxruntime();
  const sessions = [];
  try {
    const candidates = [];
    for (const optimization of LEVELS) {
      const session = await engine.load(input.path, { threads: input.threads, optimization });
      sessions.push(session);
      const run = session.bind(input.feeds);
      const warm = {
        warmUpRuns: 3,
        warmUpMs: input.budgetMs / 10,
        sampleMs: TUNING_SAMPLE_MS,
        maximumMs: input.budgetMs,
      };
      candidates.push({ optimization, run, runs: await warmUp(run, clock, warm) });
    }
    const { best } = await chooseFastest({
      candidates,
      sample: ({ run, runs }) => sampleMs(run, runs, clock),
      clock,
      maximumMs: input.budgetMs,
    });
    return { optimization: best.optimization };
  } finally {
    for (const session of sessions) await session.close();
  }
}

/** Loads and runs a model once; only a process that did nothing before gives its own peak. */
export async function measureMemory(input: Tasks["memory"]["input"]): Promise<Tasks["memory"]["output"]> {
  const engine = await onnxruntime();
  const engineBytes = peakRssBytes();
  const session = await engine.load(input.path, { threads: 1, optimization: input.optimization });
  await session.bind(input.feeds)();
  return { peakBytes: peakRssBytes(), engineBytes };
}
