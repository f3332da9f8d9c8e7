import { operatorKind } from "./operator-kinds.js";
import { bandwidthAt, type MachinePeaks } from "./peaks.js";
import type { TimedSetting } from "./setting.js";
import type { NodeWork } from "./work.js";

export type { MachinePeaks } from "./peaks.js";

/** Time of one node of the engine's optimized graph. */
export interface NodeTime {
  /** The node's name in the optimized graph, and its operator. */
  readonly node: string;
  readonly operator: string;
  /** The layer of the user's model, where it is known. */
  readonly layer?: string;
  /** Microseconds of one run in the engine's profile, mean of the middle half of the runs, without what recording takes. */
  readonly microseconds: number;
}

/** One arm against the physics of the machine, at one batch size. */
export interface ArmRoofline {
  /** Multiply-adds of one run; bytes of the weights, inputs and outputs of all products, at their dtypes. */
  readonly macs: number;
  readonly bytes: number;
  /** Least milliseconds that the measured peaks allow: per product max(MACs / peak, bytes / bandwidth), summed. */
  readonly leastMs: number;
  /** leastMs / measured median, 0..1; above 1 only where a result beat the peaks, which then are no peaks. */
  readonly share: number;
  /** What bounds most of `leastMs`. */
  readonly bound: "compute" | "memory";
  /** Nodes of the optimized graph that ran, and the engine's own milliseconds for one call and as many nodes that do nothing. */
  readonly nodes: number;
  readonly overheadMs: number;
}

/** Why a trial is as fast as it is. */
export interface RooflineResult extends TimedSetting {
  readonly peaks: MachinePeaks;
  readonly baseline: ArmRoofline;
  readonly trial: ArmRoofline;
  /** fp32's measured time / (the trial's leastMs + overheadMs): no kernel could give more speedup in this engine on this machine. */
  readonly mostSpeedup: number;
  /** Time by node of the trial and of fp32, longest first, at most 40 each; from a profiled run of its own. */
  readonly nodes: { readonly baseline: readonly NodeTime[]; readonly trial: readonly NodeTime[] };
  /** One sentence that gives the reason: "71% of its time is the engine's overhead of a call and 14 nodes, not arithmetic". */
  readonly reason: string;
}

/** One arm as it was measured. */
export interface MeasuredArm {
  readonly work: readonly NodeWork[];
  readonly medianMs: number;
  /** All nodes that ran, in the order in which they ran. */
  readonly times: readonly NodeTime[];
}

/**
 * Holds one arm against the peaks. Weights are read from the level that holds all weights together with the largest
 * node's values, since a run comes back to each once; values from the level that holds the node's own, for they were just made.
 */
export function armRoofline({ work, medianMs, times }: MeasuredArm, peaks: MachinePeaks): ArmRoofline {
  const weights = bandwidthAt(peaks, footprintBytes(work));
  let [macs, bytes, computeBound, memoryBound] = [0, 0, 0, 0];
  for (const node of work) {
    const computeMs = (node.macs / (node.integer ? peaks.integerMacs : peaks.floatMacs)) * 1000;
    const valuesMs = (node.activationBytes / bandwidthAt(peaks, node.activationBytes)) * 1000;
    const memoryMs = (node.weightBytes / weights) * 1000 + valuesMs;
    macs += node.macs;
    bytes += node.weightBytes + node.activationBytes;
    if (computeMs >= memoryMs) computeBound += computeMs;
    else memoryBound += memoryMs;
  }
  const leastMs = computeBound + memoryBound;
  return {
    macs,
    bytes,
    leastMs,
    share: leastMs / medianMs,
    bound: computeBound >= memoryBound ? "compute" : "memory",
    nodes: times.length,
    overheadMs: peaks.overhead.runMs + times.length * peaks.overhead.nodeMs,
  };
}

/** Bytes that one run touches again and again: all weights, and the largest node's inputs and outputs. */
export function footprintBytes(work: readonly NodeWork[]): number {
  const weights = work.reduce((sum, { weightBytes }) => sum + weightBytes, 0);
  return weights + work.reduce((most, { activationBytes }) => Math.max(most, activationBytes), 0);
}

/** Nodes that a record keeps of each arm. */
const MOST_NODES = 40;

/** The nodes that took longest, longest first. */
export function longestNodes(times: readonly NodeTime[]): readonly NodeTime[] {
  return [...times].sort((a, b) => b.microseconds - a.microseconds).slice(0, MOST_NODES);
}

/**
 * The time of a node of the planned graph, milliseconds: of every node of the optimized graph that carries its name, for the
 * engine adds endings when it changes layouts ("_token_7", "_nchwc"). Undefined where no node that ran has it.
 */
export function millisecondsOf(node: string, times: readonly NodeTime[]): number | undefined {
  const own = times.filter((time) => carriesName(time.node, node));
  return own.length === 0 ? undefined : own.reduce((sum, { microseconds }) => sum + microseconds / 1000, 0);
}

/** Whether a node of the optimized graph carries the name of a planned one: itself, with an ending, or after "fused ". */
export function carriesName(optimized: string, planned: string): boolean {
  const name = optimized.replace(/^fused /, "");
  return name === planned || (name.startsWith(planned) && /^_[a-z]/.test(name.slice(planned.length)));
}

/** Times with the layer of each node: of a fused product the product's own, whatever the engine called it after. */
export function withLayers(times: readonly NodeTime[], work: readonly NodeWork[]): readonly NodeTime[] {
  return times.map((time) => {
    const planned = work
      .filter(({ node }) => carriesName(time.node, node))
      .reduce<NodeWork | undefined>(
        (best, each) => (best && best.node.length >= each.node.length ? best : each),
        undefined,
      );
    const isProduct = ["integer", "float"].includes(operatorKind(time.operator));
    const layer = (isProduct && planned?.macs === 0 ? planned.follows : undefined) ?? planned?.layer;
    return layer === undefined ? time : { ...time, layer };
  });
}
