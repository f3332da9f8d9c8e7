/** Measured peaks of this machine with a number of threads: what no kernel can beat. */
export interface MachinePeaks {
  readonly threads: number;
  /** Multiply-adds a second, in float and with 8-bit integer codes: the best of several kernels and shapes. */
  readonly floatMacs: number;
  readonly integerMacs: number;
  /** Bytes a second read from the level that holds `footprintBytes`, ascending, never rising; the last is main memory. */
  readonly bandwidth: readonly { readonly footprintBytes: number; readonly bytesPerSecond: number }[];
  /** What the engine takes whatever it computes, milliseconds: a run of a graph without nodes, and each node that does next to nothing. */
  readonly overhead: { readonly runMs: number; readonly nodeMs: number };
}

/** What one probe's run does, so that its time says something about the machine. */
export type ProbeWork =
  | { readonly kind: "float" | "integer"; readonly macs: number }
  | { readonly kind: "bandwidth"; readonly footprintBytes: number; readonly bytes: number }
  | { readonly kind: "overhead"; readonly nodes: number };

/** The shortest time that a probe took in several tries, milliseconds. */
export interface ProbeTime {
  readonly work: ProbeWork;
  readonly bestMs: number;
}

/**
 * How far a true result may lie above these peaks. They are the best that the engine's own kernels reached, and the best
 * of them reaches 83 to 91% of what the processor's instructions allow (measured against loops of nothing but FMA and
 * VPDPBUSD), so a better kernel could pass them by a fifth; the clock may rise by a few percent more.
 */
export const PEAK_TOLERANCE = 1.25;

/**
 * The peaks that the probes' best times give. The time of the engine's own overhead is taken off each first.
 * @throws {Error} when a kind of probe is missing: a fault of ours
 */
export function peaksOf(times: readonly ProbeTime[], threads: number): MachinePeaks {
  const overhead = overheadOf(times);
  const oneNodeMs = overhead.runMs + overhead.nodeMs;
  const perSecond = (amount: number, ms: number) => (amount / Math.max(ms - oneNodeMs, ms / 2)) * 1000;
  const best = (kind: "float" | "integer") => {
    const rates = times.flatMap(({ work, bestMs }) => (work.kind === kind ? [perSecond(work.macs, bestMs)] : []));
    if (rates.length === 0) throw new Error(`peaks: no ${kind} probe ran`);
    return Math.max(...rates);
  };
  const levels = new Map<number, number>();
  for (const { work, bestMs } of times) {
    if (work.kind !== "bandwidth") continue;
    const rate = perSecond(work.bytes, bestMs);
    levels.set(work.footprintBytes, Math.max(rate, levels.get(work.footprintBytes) ?? 0));
  }
  if (levels.size === 0) throw new Error("peaks: no bandwidth probe ran");
  return {
    threads,
    floatMacs: best("float"),
    integerMacs: best("integer"),
    bandwidth: falling(levels),
    overhead,
  };
}

/** What is read this fast from a large footprint can be read as fast from a smaller one: only the probe's kernel was slower. */
function falling(levels: ReadonlyMap<number, number>): MachinePeaks["bandwidth"] {
  let rate = 0;
  const descending = [...levels].sort(([a], [b]) => b - a);
  return descending
    .map(([footprintBytes, bytesPerSecond]) => {
      rate = Math.max(rate, bytesPerSecond);
      return { footprintBytes, bytesPerSecond: rate };
    })
    .reverse();
}

/** The line through the shortest and the longest chain of nodes that do next to nothing. */
function overheadOf(times: readonly ProbeTime[]): MachinePeaks["overhead"] {
  const chains = times
    .flatMap(({ work, bestMs }) => (work.kind === "overhead" ? [{ nodes: work.nodes, bestMs }] : []))
    .sort((a, b) => a.nodes - b.nodes);
  const [short, long] = [chains[0], chains.at(-1)];
  if (!short || !long || short.nodes === long.nodes) throw new Error("peaks: overhead needs chains of two lengths");
  const nodeMs = Math.max(0, (long.bestMs - short.bestMs) / (long.nodes - short.nodes));
  return { runMs: Math.max(0, short.bestMs - short.nodes * nodeMs), nodeMs };
}

/**
 * Bytes a second at which data can be read that a run comes back to after `footprintBytes` of others. Between two measured
 * levels the faster one counts, so that a time that follows is never more than the machine needs.
 */
export function bandwidthAt({ bandwidth }: MachinePeaks, footprintBytes: number): number {
  const level = bandwidth.findLast((each) => each.footprintBytes <= footprintBytes) ?? bandwidth[0];
  if (!level) throw new Error("peaks: no bandwidth was measured");
  return level.bytesPerSecond;
}
