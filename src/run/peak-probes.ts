import { readFileSync } from "node:fs";
import { freemem } from "node:os";
import { toOnnx } from "../backends/onnx/write.js";
import type { BoundRun, Feeds } from "../engines/engine.js";
import { onnxruntime } from "../engines/onnxruntime.js";
import { type GraphBuilder, graphBuilder } from "../ir/builder.js";
import type { Graph } from "../ir/graph.js";
import { type MachinePeaks, type ProbeTime, type ProbeWork, peaksOf } from "../measure/peaks.js";
import { elementCount, type Tensor, tensor } from "../tensor/tensor.js";
import { pinToLeastBusy } from "./cpus.js";
import type { Tasks } from "./protocol.js";
import { SPINNING } from "./timed-arm.js";

/** A graph whose time says something about the machine, with what to feed it. */
interface Probe {
  readonly work: ProbeWork;
  readonly graph: Graph;
  readonly feeds: Feeds;
}

/** Rounds over all probes; a neighbour that takes the processor for a moment spoils one round, not a probe. */
const ROUNDS = 3;

/**
 * The peaks of this machine with a number of threads, by one-operator models in the engine: large products and convolutions in
 * float and with 8-bit codes, matrix-vector products whose matrix lies in each level of the memory, and chains of nodes that do nothing.
 */
export async function measurePeaks({ threads, budgetMs }: Tasks["peaks"]["input"]): Promise<MachinePeaks> {
  await pinToLeastBusy(threads);
  const engine = await onnxruntime();
  const extra = threads > 1 ? { extra: SPINNING } : {};
  const sessions = [];
  const running: { readonly work: ProbeWork; readonly run: BoundRun; bestMs: number }[] = [];
  try {
    const all = probes(memoryLevels());
    for (const { work, graph, feeds } of all) {
      const session = await engine.load(toOnnx(graph), { threads, optimization: "all", ...extra });
      sessions.push(session);
      running.push({ work, run: session.bind(feeds), bestMs: Number.POSITIVE_INFINITY });
    }
    for (let round = 0; round < ROUNDS; round++) {
      for (const probe of running) {
        probe.bestMs = Math.min(probe.bestMs, await shortest(probe.run, budgetMs / ROUNDS / running.length));
      }
    }
    return peaksOf(running satisfies readonly ProbeTime[], threads);
  } finally {
    for (const session of sessions) await session.close();
  }
}

/** The shortest of all runs within a time, at least three. */
async function shortest(run: BoundRun, budgetMs: number): Promise<number> {
  const end = performance.now() + budgetMs;
  let best = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 3 || performance.now() < end; i++) {
    const start = performance.now();
    await run();
    best = Math.min(best, performance.now() - start);
  }
  return best;
}

function probes(levels: readonly number[]): readonly Probe[] {
  return [
    ...[4, 68].map(overheadChain),
    ...products.flatMap(([m, k, n]) => [floatProduct(m, k, n), integerProduct(m, k, n)]),
    ...convolutions.flatMap(([channels, size]) => [
      floatConvolutions(channels, size),
      integerConvolutions(channels, size),
    ]),
    ...levels.flatMap((bytes) => [
      ...(bytes >= 2 ** 22 ? [128, 4096] : [256]).map((width) => reading(bytes, width)),
      // A constant matrix is laid out anew by the engine, which takes as much memory again.
      ...(bytes >= 2 ** 22 && bytes <= 2 ** 25 ? [readingConstant(bytes)] : []),
    ]),
  ];
}

/** [M, K, N]: kernels of different sizes win on different processors. */
const products = [
  [128, 1024, 1024],
  [256, 1024, 256],
] as const;

/** [channels, height and width] of 3 x 3 convolutions as residual networks have them. */
const convolutions = [
  [256, 14],
  [128, 28],
] as const;

function probe(work: ProbeWork, make: (g: GraphBuilder) => string, feeds: Feeds): Probe {
  const g = graphBuilder("probe");
  for (const [name, { dtype, shape }] of Object.entries(feeds)) g.input(name, dtype, shape);
  return { work, graph: g.build([make(g)]), feeds };
}

function overheadChain(nodes: number): Probe {
  const make = (g: GraphBuilder) => {
    let x = "x";
    for (let i = 0; i < nodes; i++) x = g.node("Sqrt", [x]);
    return x;
  };
  return probe({ kind: "overhead", nodes }, make, { x: tensor("float32", [1, 1], Float32Array.of(1)) });
}

function floatProduct(m: number, k: number, n: number): Probe {
  const make = (g: GraphBuilder) => g.node("MatMul", ["x", g.constant("w", random("float32", [k, n]))]);
  return probe({ kind: "float", macs: m * k * n }, make, { x: random("float32", [m, k]) });
}

function integerProduct(m: number, k: number, n: number): Probe {
  const make = (g: GraphBuilder) => g.node("MatMulInteger", ["x", g.constant("w", random("int8", [k, n]))]);
  return probe({ kind: "integer", macs: m * k * n }, make, { x: random("uint8", [m, k]) });
}

/** Convolutions in one probe: the change of layout at the borders weighs less. */
const DEPTH = 3;
const kernel = { kernel_shape: [3, 3], pads: [1, 1, 1, 1] } as const;
const convolutionMacs = (channels: number, size: number) => DEPTH * channels * channels * 9 * size * size;

function floatConvolutions(channels: number, size: number): Probe {
  const make = (g: GraphBuilder) => {
    let x = "x";
    for (let i = 0; i < DEPTH; i++) {
      x = g.node("Conv", [x, g.constant(`w${i}`, random("float32", [channels, channels, 3, 3]))], kernel);
    }
    return x;
  };
  const feeds = { x: random("float32", [1, channels, size, size]) };
  return probe({ kind: "float", macs: convolutionMacs(channels, size) }, make, feeds);
}

function integerConvolutions(channels: number, size: number): Probe {
  const make = (g: GraphBuilder) => {
    const scale = g.constant("scale", tensor("float32", [], Float32Array.of(0.01)));
    const middle = g.constant("middle", tensor("uint8", [], Uint8Array.of(128)));
    const zero = g.constant("zero", tensor("int8", [], Int8Array.of(0)));
    let x = "x";
    for (let i = 0; i < DEPTH; i++) {
      const weights = g.constant(`w${i}`, random("int8", [channels, channels, 3, 3]));
      x = g.node("QLinearConv", [x, scale, middle, weights, scale, zero, scale, middle], kernel);
    }
    return x;
  };
  const feeds = { x: random("uint8", [1, channels, size, size]) };
  return probe({ kind: "integer", macs: convolutionMacs(channels, size) }, make, feeds);
}

/** Bytes that one run of a bandwidth probe reads at least, so that the engine's overhead weighs little. */
const READ_BYTES = 2 ** 22;

/** Many vectors times the same matrix, one after another: each reads the whole matrix, of `width` columns. */
function reading(footprintBytes: number, width: number): Probe {
  const rows = Math.max(1, Math.floor(footprintBytes / 4 / width));
  const bytes = rows * width * 4;
  const times = Math.max(1, Math.ceil(READ_BYTES / bytes));
  const feeds = { x: random("float32", [times, 1, rows]), w: random("float32", [1, rows, width]) };
  return probe({ kind: "bandwidth", footprintBytes, bytes: times * bytes }, (g) => g.node("MatMul", ["x", "w"]), feeds);
}

function readingConstant(footprintBytes: number): Probe {
  const columns = 128;
  const rows = Math.floor(footprintBytes / 4 / columns);
  const make = (g: GraphBuilder) => g.node("MatMul", ["x", g.constant("w", random("float32", [rows, columns]))]);
  const work = { kind: "bandwidth", footprintBytes, bytes: rows * columns * 4 } as const;
  return probe(work, make, { x: random("float32", [1, rows]) });
}

/** Values that are neither zero nor tiny: some processors are faster, or far slower, with those. */
function random(dtype: "float32" | "uint8" | "int8", shape: readonly number[]): Tensor {
  const count = elementCount(shape);
  const data =
    dtype === "float32" ? new Float32Array(count) : dtype === "uint8" ? new Uint8Array(count) : new Int8Array(count);
  let state = 1;
  for (let i = 0; i < count; i++) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fff_ffff;
    data[i] = dtype === "float32" ? 0.5 + state / 2 ** 32 : state >> 16;
  }
  return tensor(dtype, shape, data);
}

const [KIB, MIB] = [2 ** 10, 2 ** 20];

/**
 * Footprints that lie inside each cache and in main memory, bytes, ascending. The last is twice the last cache, at least 64 MiB,
 * but no more than an eighth of the memory that is free.
 */
function memoryLevels(): readonly number[] {
  const [second, last] = [cacheBytes(2) ?? MIB, cacheBytes(3) ?? cacheBytes(2) ?? 32 * MIB];
  const memory = Math.min(Math.max(2 * last, 64 * MIB), Math.max(freemem() / 8, 32 * MIB));
  const inside = [24 * KIB, second / 2, Math.min(4 * second, last / 4), last / 2].filter((bytes) => bytes < memory / 2);
  const levels: number[] = [];
  for (const bytes of inside) if (bytes >= 2 * (levels.at(-1) ?? 0)) levels.push(Math.floor(bytes));
  return [...levels, Math.floor(memory)];
}

/** Size of a data cache of the first processor, as Linux tells it: "1280K". */
function cacheBytes(level: 2 | 3): number | undefined {
  for (let index = 0; index < 8; index++) {
    const folder = `/sys/devices/system/cpu/cpu0/cache/index${index}`;
    try {
      if (Number(readFileSync(`${folder}/level`, "utf8")) !== level) continue;
      const [, size, unit] = /^(\d+)([KM]?)/.exec(readFileSync(`${folder}/size`, "utf8")) ?? [];
      return Number(size) * (unit === "M" ? MIB : KIB);
    } catch {
      return undefined;
    }
  }
  return undefined;
}
