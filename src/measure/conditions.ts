import { CLOCK_TOLERANCE } from "./clock.js";
import { type CpuTime, type CpuTimes, elapsed } from "./cpu-times.js";
import { median } from "./statistics.js";

/** What the machine did while latency was sampled: what a reader needs to trust, or not trust, a time. */
export interface Conditions {
  /** Logical CPUs that the sampling processes were held to; absent where the system cannot pin. */
  readonly pinned?: readonly number[];
  /** Effective clock, GHz, by a probe of dependent additions before, between and after the blocks; lowest, median, highest. */
  readonly clockGhz?: { readonly min: number; readonly median: number; readonly max: number };
  /** Share of CPU time, 0..1, that the hypervisor took from this machine meanwhile; absent where the system does not say. */
  readonly stealShare?: number;
  /** Share of CPU time, 0..1, that other processes used meanwhile; absent where the system does not say. */
  readonly busyShare?: number;
  /** Share of the pinned CPUs' time, 0..1, that other processes and the hypervisor took from the samples. */
  readonly pinnedLostShare?: number;
  /** Blocks whose samples were left out because the clock moved past the tolerance, of all that were sampled. */
  readonly discarded: { readonly blocks: number; readonly of: number };
  /** What a reader must know, in sentences: "another process used 48% of the machine". */
  readonly remarks: readonly string[];
}

/** What one sampling process, or one group that takes turns, saw of the machine. */
export interface Watched {
  readonly pinned?: readonly number[];
  /** Each look at the clock, GHz, in order; empty where it cannot be probed. */
  readonly ghz: readonly number[];
  /** CPU time that passed, of the machine and of the pinned CPUs, and what of it the sampling processes used, seconds. */
  readonly load?: { readonly machine: CpuTime; readonly pinned?: CpuTime; readonly ownSeconds: number };
  /** Blocks sampled; those left out since the clock moved; those kept though it did, for want of others. */
  readonly blocks: { readonly sampled: number; readonly discarded: number; readonly unsteady: number };
}

/** CPU time between two looks at the machine. Undefined where the system does not say. */
export function loadBetween(
  before: CpuTimes | undefined,
  after: CpuTimes | undefined,
  ownSeconds: number,
  pinned: readonly number[] | undefined,
): Watched["load"] {
  if (!before || !after) return undefined;
  return {
    machine: elapsed(before, after),
    ...(pinned ? { pinned: elapsed(before, after, pinned) } : {}),
    ownSeconds,
  };
}

/** Below these shares a disturbance is not worth a sentence. */
const NOTABLE = { busy: 0.1, lost: 0.05, steal: 0.02 };

/** The conditions of one measurement from what its processes saw, at least one. */
export function conditionsOf(watched: readonly Watched[], threads: number): Conditions {
  const pinned = [...new Set(watched.flatMap((one) => one.pinned ?? []))].sort((a, b) => a - b);
  const ghz = watched.flatMap((one) => one.ghz);
  const shares = sharesOf(watched);
  const blocks = (field: keyof Watched["blocks"]) => watched.reduce((total, one) => total + one.blocks[field], 0);
  return {
    ...(pinned.length > 0 ? { pinned } : {}),
    ...(ghz.length > 0 ? { clockGhz: { min: Math.min(...ghz), median: median(ghz), max: Math.max(...ghz) } } : {}),
    ...shares,
    discarded: { blocks: blocks("discarded"), of: blocks("sampled") },
    remarks: [
      ...crowdRemarks(watched, threads),
      ...loadRemarks(shares),
      ...clockRemarks(blocks("unsteady"), blocks("sampled")),
    ],
  };
}

type Shares = Pick<Conditions, "stealShare" | "busyShare" | "pinnedLostShare">;

function sharesOf(watched: readonly Watched[]): Shares {
  const loads = watched.flatMap(({ load }) => load ?? []);
  const own = loads.reduce((total, { ownSeconds }) => total + ownSeconds, 0);
  const machine = loads.map((load) => load.machine);
  const pinned = loads.flatMap((load) => load.pinned ?? []);
  const sum = (times: readonly CpuTime[], field: keyof CpuTime) =>
    times.reduce((total, time) => total + time[field], 0);
  const total = sum(machine, "total");
  // Shorter than one tick of the kernel's counters.
  if (!(total > 0)) return {};
  const pinnedTotal = sum(pinned, "total");
  return {
    stealShare: share(sum(machine, "steal"), total),
    busyShare: share(sum(machine, "busy") - own, total),
    ...(pinnedTotal > 0
      ? { pinnedLostShare: share(sum(pinned, "busy") + sum(pinned, "steal") - own, pinnedTotal) }
      : {}),
  };
}

/** Within 0..1: the kernel counts ticks, a process's own time is exact. */
function share(part: number, total: number): number {
  return Math.min(1, Math.max(0, part / total));
}

function loadRemarks({ busyShare = 0, pinnedLostShare = 0, stealShare = 0 }: Shares): readonly string[] {
  const busy = busyShare >= NOTABLE.busy;
  const lost = pinnedLostShare >= NOTABLE.lost;
  const remarks: string[] = [];
  if (busy && lost) {
    remarks.push(
      `other processes used ${percent(busyShare)} of this machine meanwhile, and took ${percent(pinnedLostShare)} of the CPU that was timed`,
    );
  } else if (busy) remarks.push(`other processes used ${percent(busyShare)} of this machine meanwhile`);
  else if (lost) remarks.push(`other processes took ${percent(pinnedLostShare)} of the CPU that was timed`);
  if (stealShare >= NOTABLE.steal) {
    remarks.push(`the hypervisor took ${percent(stealShare)} of this machine's CPU time meanwhile`);
  }
  return remarks;
}

function clockRemarks(unsteady: number, sampled: number): readonly string[] {
  if (unsteady === 0) return [];
  const moved = `the processor's clock moved by more than ${percent(CLOCK_TOLERANCE)}`;
  return [`${moved} during ${unsteady} of ${sampled} blocks that had to be kept`];
}

function crowdRemarks(watched: readonly Watched[], threads: number): readonly string[] {
  const fewest = watched.reduce((least, { pinned }) => Math.min(least, pinned?.length ?? threads), threads);
  return fewest < threads ? [`${threads} threads shared ${fewest} CPU${fewest === 1 ? "" : "s"}`] : [];
}

function percent(part: number): string {
  return `${Math.round(part * 100)}%`;
}
