import { readFileSync } from "node:fs";
import { availableParallelism, homedir, loadavg } from "node:os";
import { join } from "node:path";
import { hashJson, shortHash } from "../base/hash.js";
import type { Environment } from "../measure/environment.js";
import type { MachinePeaks } from "../measure/peaks.js";
import { boolean, number, object, string } from "../results/checks.js";
import { machinePeaks } from "../results/schema.js";
import { inFreshProcess } from "./latency-trial.js";
import type { StartWorker } from "./process.js";
import { writeWhole } from "./whole-file.js";

/** Raised when the probes change, so that older figures are measured again. */
const PROBES = 1;

/** Above this load peaks hold until they can be measured on a quieter machine. */
const BUSY = 0.75;

/** The mean of the last minute; 0 where the system does not say. */
const machineLoad = () => (loadavg()[0] ?? 0) / availableParallelism();

/** Milliseconds of probing; making and loading the probes takes about two seconds more. */
const BUDGET_MS = 3000;

/** The peaks of this machine, measured once and kept in a file. */
export interface PeakStore {
  /** Peaks with a number of threads: kept ones, or measured now, which needs the machine alone. */
  of(threads: number): Promise<MachinePeaks>;
  /** Measures again, once a run, and keeps the better of each figure: for a result that beat what was measured. */
  again(threads: number): Promise<MachinePeaks>;
}

/** What decides the peaks: another processor, engine or Node has others. */
export type Machine = Pick<Environment, "cpu" | "cpuFlags" | "cores" | "platform" | "engine" | "node">;

/** Peaks as they are kept: for which machine, and when they were measured. */
export interface KeptPeaks {
  readonly version: number;
  readonly machine: Machine;
  /** ISO date and time. */
  readonly measured: string;
  /** Processes that wanted to run, for each core, when it was measured, and whether that is too many for peaks. */
  readonly load: number;
  readonly busy: boolean;
  readonly peaks: MachinePeaks;
}

export interface PeakOptions {
  /** Where peaks are kept; the user's cache unless given. */
  readonly folder?: string | undefined;
  readonly machine: Machine;
  /** Measure although the file has some. */
  readonly fresh: boolean;
  readonly startWorker: StartWorker;
  /** Processes that want to run now, for each core. */
  readonly readLoad?: () => number;
}

/** Opens the store; nothing is measured before it is asked for. */
export function openPeaks({
  folder = peakFolder(),
  machine,
  fresh,
  startWorker,
  readLoad = machineLoad,
}: PeakOptions): PeakStore {
  const known = new Map<number, Promise<MachinePeaks>>();
  const measuredAgain = new Set<number>();
  const measure = async (threads: number, earlier?: MachinePeaks) => {
    const load = readLoad();
    const measured = await inFreshProcess(startWorker, (worker) =>
      worker.call("peaks", { threads, budgetMs: BUDGET_MS }),
    );
    const peaks = earlier ? better(earlier, measured) : measured;
    const kept: KeptPeaks = {
      version: PROBES,
      machine: machineOf(machine),
      measured: new Date().toISOString(),
      load,
      busy: load > BUSY,
      peaks,
    };
    // A cache that cannot be written costs the next run some seconds, nothing else.
    await writeWhole(fileOf(folder, machine, threads), `${JSON.stringify(kept)}\n`).catch(() => {});
    return peaks;
  };
  const keptOrMeasured = async (threads: number) => {
    const kept = fresh ? undefined : readPeaks(machine, threads, folder);
    if (!kept) return measure(threads);
    // What a busy hour gave is no peak; a quieter one gives a better.
    const quieter = kept.busy && readLoad() < kept.load / 2;
    return quieter ? measure(threads, kept.peaks) : kept.peaks;
  };
  const of = (threads: number) => {
    const peaks = known.get(threads) ?? keptOrMeasured(threads);
    known.set(threads, peaks);
    return peaks;
  };
  return {
    of,
    async again(threads) {
      const earlier = await of(threads);
      if (measuredAgain.has(threads)) return earlier;
      measuredAgain.add(threads);
      const peaks = measure(threads, earlier);
      known.set(threads, peaks);
      return peaks;
    },
  };
}

/** The better of each figure of two measurements on one machine. */
function better(a: MachinePeaks, b: MachinePeaks): MachinePeaks {
  const sameLevels =
    a.bandwidth.length === b.bandwidth.length &&
    a.bandwidth.every(({ footprintBytes }, i) => footprintBytes === b.bandwidth[i]?.footprintBytes);
  return {
    threads: b.threads,
    floatMacs: Math.max(a.floatMacs, b.floatMacs),
    integerMacs: Math.max(a.integerMacs, b.integerMacs),
    bandwidth: sameLevels
      ? b.bandwidth.map(({ footprintBytes, bytesPerSecond }, i) => ({
          footprintBytes,
          bytesPerSecond: Math.max(bytesPerSecond, a.bandwidth[i]?.bytesPerSecond ?? 0),
        }))
      : b.bandwidth,
    overhead: {
      runMs: Math.min(a.overhead.runMs, b.overhead.runMs),
      nodeMs: Math.min(a.overhead.nodeMs, b.overhead.nodeMs),
    },
  };
}

/** Kept peaks of this machine; undefined when there are none, or the file is not what it should be. */
export function readPeaks(machine: Machine, threads: number, folder = peakFolder()): KeptPeaks | undefined {
  try {
    const kept: unknown = JSON.parse(readFileSync(fileOf(folder, machine, threads), "utf8"));
    const isKept =
      object({ version: number, measured: string, load: number, busy: boolean, peaks: machinePeaks })(kept, "") ===
      undefined;
    return isKept && (kept as KeptPeaks).version === PROBES ? (kept as KeptPeaks) : undefined;
  } catch {
    return undefined;
  }
}

function fileOf(folder: string, machine: Machine, threads: number): string {
  const name = shortHash(hashJson({ probes: PROBES, machine: machineOf(machine) }));
  return join(folder, `${name}-${threads}.json`);
}

function machineOf({ cpu, cpuFlags, cores, platform, engine, node }: Machine): Machine {
  return { cpu, cpuFlags, cores, platform, engine, node };
}

/** `peaks` in Nibble's folder of the user's cache (XDG Base Directory Specification). */
function peakFolder(): string {
  const cache = process.env.XDG_CACHE_HOME;
  return join(cache?.startsWith("/") ? cache : join(homedir(), ".cache"), "nibble", "peaks");
}
