import type { Engine, InferenceSession, OptimizationLevel } from "../engines/engine.js";
import { onnxruntime } from "../engines/onnxruntime.js";
import { type Arm, armOf, sampleMs, warmUp } from "../measure/arm.js";
import { clockProbe } from "../measure/clock.js";
import { loadBetween } from "../measure/conditions.js";
import {
  defaultLatencyProtocol,
  joinRounds,
  type LatencyProtocol,
  type SampledLatency,
  sampleLatency,
} from "../measure/latency.js";
import { peakRssBytes } from "../measure/memory.js";
import { chooseFastest } from "../measure/tuning.js";
import { ownSeconds, pinToLeastBusy, readCpuTimes } from "./cpus.js";
import type { LatencyArm, Tasks } from "./protocol.js";

const clock = () => performance.now();
const collectGarbage = () => (globalThis as { gc?: () => void }).gc?.();

/** Levels that differ on some graph; "all" is the one to beat. "layout" comes before it, and equals it but for fusions. */
const LEVELS: readonly OptimizationLevel[] = ["all", "extended", "basic"];
/** A tuning sample repeats the run until it lasts this long, milliseconds. */
const TUNING_SAMPLE_MS = 3;

/**
 * Where a session's weights and buffers come to lie moves its speed by a percent or two for as long as it lives (measured
 * on a net of 1 ms). So one process loads its sessions anew this many times, each time in another order.
 */
const ROUNDS = 3;

type Extension = NonNullable<LatencyProtocol["extension"]>;

/**
 * Samples fp32, the trial and a second session of fp32 (the control), interleaved in this process, which is held to its
 * CPU. For one thread: with several, live sessions take each other's cores (see `separate-arms.ts`).
 */
export async function measureLatency(input: Tasks["latency"]["input"]): Promise<Tasks["latency"]["output"]> {
  const pinned = await pinToLeastBusy(input.threads);
  const engine = await onnxruntime();
  const before = { times: readCpuTimes(), own: ownSeconds() };
  const whole = { ...defaultLatencyProtocol, ...input.protocol };
  const share = (count: number) => Math.ceil(count / ROUNDS);
  const protocol = {
    ...whole,
    pairs: share(whole.pairs),
    minimumPairs: share(whole.minimumPairs),
    maximumMs: whole.maximumMs / ROUNDS,
    ...(whole.extension ? { extension: shareOf(whole.extension) } : {}),
  };
  const rounds: SampledLatency[] = [];
  for (let round = 0; round < ROUNDS; round++) rounds.push(await sampleRound(engine, input, protocol, round));
  const { ghz, blocks, ...samples } = joinRounds(rounds);
  const load = loadBetween(before.times, readCpuTimes(), ownSeconds() - before.own, pinned);
  return { ...samples, watched: { ghz, blocks, ...(pinned ? { pinned } : {}), ...(load ? { load } : {}) } };
}

/** A round may be less sure than the process whose rounds are put together. */
function shareOf({ standardError, mostPairs, maximumMs }: Extension): Extension {
  return {
    standardError: standardError * Math.sqrt(ROUNDS),
    mostPairs: Math.ceil(mostPairs / ROUNDS),
    maximumMs: maximumMs / ROUNDS,
  };
}

/** One round with sessions of its own, the first of which is another arm's each time. */
async function sampleRound(
  engine: Engine,
  { baseline, trial, feeds, threads }: Tasks["latency"]["input"],
  protocol: LatencyProtocol,
  round: number,
): Promise<SampledLatency> {
  const wanted = [baseline, baseline, trial] as const;
  const sessions: InferenceSession[] = [];
  try {
    for (let i = 0; i < wanted.length; i++) {
      const at = (i + round) % wanted.length;
      const { path, ...settings } = wanted[at] as LatencyArm;
      sessions[at] = await engine.load(path, { threads, ...settings });
    }
    // Once a round: what a block leaves behind is little, and a collection takes as long as several samples.
    collectGarbage();
    const [a, c, b] = sessions.map((session) => armOf(session.bind(feeds), clock)) as [Arm, Arm, Arm];
    return await sampleLatency({
      baseline: a,
      control: c,
      trial: b,
      clock,
      probe: clockProbe(clock),
      protocol,
    });
  } finally {
    for (const session of sessions) await session?.close();
  }
}

/** The optimization level at which a model runs fastest, on samples that are used for nothing else. */
export async function tune(input: Tasks["tune"]["input"]): Promise<Tasks["tune"]["output"]> {
  await pinToLeastBusy(input.threads);
  const engine = await onnxruntime();
  const sessions = [];
  try {
    const candidates = [];
    for (const optimization of LEVELS) {
      const { threads, extra } = input;
      const session = await engine.load(input.path, { threads, optimization, ...(extra ? { extra } : {}) });
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
  const { optimization, extra } = input;
  const session = await engine.load(input.path, { threads: 1, optimization, ...(extra ? { extra } : {}) });
  await session.bind(input.feeds)();
  return { peakBytes: peakRssBytes(), engineBytes };
}
