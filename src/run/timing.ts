import { onnxruntime } from "../engines/onnxruntime.js";
import type { OptimizationLevel } from "../engines/engine.js";
import { sampleLatency } from "../measure/latency.js";
import { peakRssBytes } from "../measure/memory.js";
import type { Tasks } from "./protocol.js";

const collectGarbage = () => (globalThis as { gc?: () => void }).gc?.();

export async function measureLatency(input: Tasks["latency"]["input"]): Promise<Tasks["latency"]["output"]> {
  const engine = await onnxruntime();
  const load = (arm: { path: string; optimization: OptimizationLevel }) =>
    engine.load(arm.path, { threads: input.threads, optimization: arm.optimization });
  const [baseline, control, trial] = [await load(input.baseline), await load(input.baseline), await load(input.trial)];
  try {
    return await sampleLatency({
      baseline: baseline.bind(input.feeds),
      control: control.bind(input.feeds),
      trial: trial.bind(input.feeds),
      clock: () => performance.now(),
      protocol: input.protocol,
      collectGarbage,
    });
  } finally {
    for (const session of [baseline, control, trial]) await session.close();
  }
}
