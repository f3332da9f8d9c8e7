/** Measured peaks of this machine, one thread: what no kernel can beat. */
export interface MachinePeaks {
  /** Multiply-adds a second, in float and with 8-bit integer codes. */
  readonly floatMacs: number;
  readonly integerMacs: number;
  /** Bytes a second read from the level that holds `footprintBytes`, ascending; the last is main memory. */
  readonly bandwidth: readonly { readonly footprintBytes: number; readonly bytesPerSecond: number }[];
}

/** Time of one node of the engine's optimized graph. */
export interface NodeTime {
  /** The node's name in the optimized graph, and its operator. */
  readonly node: string;
  readonly operator: string;
  /** The layer of the user's model, where it is known. */
  readonly layer?: string;
  /** Microseconds of one run, median over runs of the engine's profile. */
  readonly microseconds: number;
}

/** One arm against the physics of the machine, at one batch size. */
export interface ArmRoofline {
  /** Multiply-adds and bytes (weights, inputs, outputs at their dtypes) of one run. */
  readonly macs: number;
  readonly bytes: number;
  /** Least milliseconds that the measured peaks allow: per node max(MACs / peak, bytes / bandwidth), summed. */
  readonly leastMs: number;
  /** leastMs / measured median, 0..1. */
  readonly share: number;
  /** What bounds most of `leastMs`. */
  readonly bound: "compute" | "memory";
}

/** Why a trial is as fast as it is. */
export interface RooflineResult {
  readonly batch: number;
  readonly threads: number;
  readonly peaks: MachinePeaks;
  readonly baseline: ArmRoofline;
  readonly trial: ArmRoofline;
  /** fp32's measured time / the trial's leastMs: no kernel could give more speedup on this machine. */
  readonly mostSpeedup: number;
  /** Time by node of the trial and of fp32, longest first, at most 40 each; from a profiled run of its own. */
  readonly nodes: { readonly baseline: readonly NodeTime[]; readonly trial: readonly NodeTime[] };
  /** One sentence that gives the reason: "the model is so small that 71% of its time is the engine's own overhead". */
  readonly reason: string;
}
