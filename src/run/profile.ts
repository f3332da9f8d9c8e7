import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { toOnnx } from "../backends/onnx/write.js";
import type { BoundRun, Engine, Feeds, InferenceSession, SessionOptions } from "../engines/engine.js";
import { onnxruntime } from "../engines/onnxruntime.js";
import { graphBuilder } from "../ir/builder.js";
import type { Graph } from "../ir/graph.js";
import {
  middleMean,
  type NodeRuns,
  nodeTimes,
  type RecordedChain,
  type RecordingCost,
  readProfile,
  recordingCost,
} from "../measure/node-profile.js";
import { tensor } from "../tensor/tensor.js";
import { pinToLeastBusy } from "./cpus.js";
import type { Tasks } from "./protocol.js";
import { SPINNING } from "./timed-arm.js";

/** Profiled runs: as many as fit the budget, within these bounds; a model of seconds is profiled a few times only. */
const LEAST_RUNS = 5;
const MOST_RUNS = 100;
/** First runs that are left out. */
const WARM_UP = 2;
/** Nodes and runs of the chains by which the cost of recording is measured. */
const CHAIN = 24;
const CHAIN_RUNS = 40;

/** Runs a model with the engine's profiling on and gives the time of each node of its optimized graph. */
export async function profile(input: Tasks["profile"]["input"]): Promise<Tasks["profile"]["output"]> {
  await pinToLeastBusy(input.threads);
  const engine = await onnxruntime();
  const { threads, optimization, extra } = input;
  const entries = { ...(threads > 1 ? SPINNING : {}), ...extra };
  const options = { threads, optimization, ...(Object.keys(entries).length > 0 ? { extra: entries } : {}) };
  const plain = await engine.load(input.path, options);
  const runs = await runsWithin(plain, input.feeds, input.budgetMs);
  const nodes = await profiled(engine, input.path, input.feeds, options, WARM_UP + runs);
  return nodeTimes(nodes, { warmUp: WARM_UP, recording: await costOfRecording(engine) });
}

async function runsWithin(session: InferenceSession, feeds: Feeds, budgetMs: number): Promise<number> {
  const run = session.bind(feeds);
  try {
    await run();
    const start = performance.now();
    await run();
    const runMs = Math.max(performance.now() - start, 0.001);
    return Math.max(LEAST_RUNS, Math.min(MOST_RUNS, Math.floor(budgetMs / runMs)));
  } finally {
    await session.close();
  }
}

/** The profile goes through a file of the engine's naming, in a folder of its own that is removed. */
async function profiled(
  engine: Engine,
  model: Uint8Array | string,
  feeds: Feeds,
  options: SessionOptions,
  runs: number,
): Promise<readonly NodeRuns[]> {
  const folder = await mkdtemp(join(tmpdir(), "nibble-profile-"));
  try {
    const session = await engine.load(model, { ...options, profilePath: join(folder, "run") });
    try {
      const run = session.bind(feeds);
      for (let i = 0; i < runs; i++) await run();
    } finally {
      await session.close();
    }
    const [file] = await readdir(folder);
    if (file === undefined) throw new Error("profile: the engine wrote no profile");
    return readProfile(await readFile(join(folder, file), "utf8"));
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/**
 * What recording adds to a node: the engine describes each node's tensors inside the time that it records, microseconds that
 * would make up most of a small model. Measured here and now, on nodes that take a fraction of one.
 */
async function costOfRecording(engine: Engine): Promise<RecordingCost> {
  const few = await recordedChain(engine, "Sqrt");
  const many = await recordedChain(engine, "QLinearAdd");
  return recordingCost(few, many, WARM_UP);
}

async function recordedChain(engine: Engine, operator: "Sqrt" | "QLinearAdd"): Promise<RecordedChain> {
  const options = { threads: 1, optimization: "basic" } as const;
  const dtype = operator === "Sqrt" ? "float32" : "uint8";
  const feeds = { x: tensor(dtype, [1, 1], dtype === "float32" ? Float32Array.of(1) : Uint8Array.of(1)) };
  const long = toOnnx(chain(operator, CHAIN));
  const [one, all] = [await plainUs(engine, toOnnx(chain(operator, 1)), feeds), await plainUs(engine, long, feeds)];
  const nodes = await profiled(engine, long, feeds, options, WARM_UP + CHAIN_RUNS);
  return { nodes, nodeUs: Math.max(0, (all - one) / (CHAIN - 1)) };
}

function chain(operator: "Sqrt" | "QLinearAdd", length: number): Graph {
  const g = graphBuilder("chain");
  let x = g.input("x", operator === "Sqrt" ? "float32" : "uint8", [1, 1]);
  const scale = g.constant("scale", tensor("float32", [], Float32Array.of(1)));
  const zero = g.constant("zero", tensor("uint8", [], Uint8Array.of(0)));
  const one = g.constant("one", tensor("uint8", [1, 1], Uint8Array.of(1)));
  for (let i = 0; i < length; i++) {
    x =
      operator === "Sqrt"
        ? g.node(operator, [x])
        : g.node(operator, [x, scale, zero, one, scale, zero, scale, zero], {}, { domain: "com.microsoft" });
  }
  return g.build([x]);
}

/** Microseconds of a run without profiling. */
async function plainUs(engine: Engine, model: Uint8Array, feeds: Feeds): Promise<number> {
  const session = await engine.load(model, { threads: 1, optimization: "basic" });
  try {
    const run: BoundRun = session.bind(feeds);
    for (let i = 0; i < CHAIN_RUNS; i++) await run();
    const times: number[] = [];
    for (let i = 0; i < 2 * CHAIN_RUNS; i++) {
      const start = performance.now();
      await run();
      times.push((performance.now() - start) * 1000);
    }
    return middleMean(times);
  } finally {
    await session.close();
  }
}
