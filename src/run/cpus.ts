import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { type CpuTimes, elapsed, parseCpuTimes } from "../measure/cpu-times.js";

/** A file's text; undefined where it cannot be read, as everything of /proc and /sys outside of Linux. */
type ReadFile = (path: string) => string | undefined;

const readText: ReadFile = (path) => {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return undefined;
  }
};

/** CPU time since the machine started. Undefined where the system does not say. */
export function readCpuTimes(read: ReadFile = readText): CpuTimes | undefined {
  const text = read("/proc/stat");
  return text === undefined ? undefined : parseCpuTimes(text);
}

/** The logical CPUs that this process may run on, ascending. Undefined where the system does not say. */
export function allowedCpus(read: ReadFile = readText): readonly number[] | undefined {
  const list = /^Cpus_allowed_list:\s*(\S+)$/m.exec(read("/proc/self/status") ?? "")?.[1];
  return list === undefined ? undefined : cpuList(list);
}

/** `0-2,5` as 0, 1, 2, 5. */
function cpuList(text: string): readonly number[] {
  return text.split(",").flatMap((part) => {
    const [first = 0, last = first] = part.split("-").map(Number);
    return Array.from({ length: last - first + 1 }, (_, i) => first + i);
  });
}

/** How long to watch before choosing, milliseconds: ten of the kernel's ticks. */
const WATCH_MS = 100;

/** The CPUs to sample on: see {@link leastBusy}. Undefined where the system does not say. Takes a tenth of a second. */
async function chooseCpus(count: number): Promise<readonly number[] | undefined> {
  const allowed = allowedCpus();
  const before = readCpuTimes();
  if (!allowed || !before) return undefined;
  await new Promise((resolve) => setTimeout(resolve, WATCH_MS));
  const after = readCpuTimes();
  return after && leastBusy(count, allowed, before, after);
}

/**
 * Of the CPUs allowed the `count` least busy ones, ascending; all of them where there are fewer. The fastest kind of
 * core comes first, then those whose whole core is idle, so that two threads do not share one, then the highest number,
 * since interrupts go to the lowest.
 */
export function leastBusy(
  count: number,
  allowed: readonly number[],
  before: CpuTimes,
  after: CpuTimes,
  read: ReadFile = readText,
): readonly number[] {
  const cpus = allowed.map((cpu) => {
    const folder = `/sys/devices/system/cpu/cpu${cpu}`;
    const siblings = read(`${folder}/topology/thread_siblings_list`)?.trim();
    const core = siblings ? cpuList(siblings) : [cpu];
    const { busy, steal } = elapsed(before, after, core);
    return { cpu, core, busy: busy + steal, kilohertz: Number(read(`${folder}/cpufreq/cpuinfo_max_freq`) ?? 0) };
  });
  const chosen: number[] = [];
  while (chosen.length < Math.min(count, cpus.length)) {
    const shared = (core: readonly number[]) => core.filter((cpu) => chosen.includes(cpu)).length;
    const [best] = cpus
      .filter(({ cpu }) => !chosen.includes(cpu))
      .sort((a, b) => b.kilohertz - a.kilohertz || shared(a.core) - shared(b.core) || a.busy - b.busy || b.cpu - a.cpu);
    if (!best) break;
    chosen.push(best.cpu);
  }
  return chosen.sort((a, b) => a - b);
}

/**
 * Holds this process with all its threads, and those to come, to the given CPUs, by util-linux's `taskset`.
 * @returns the CPUs that the system now says it may use; undefined where it could not be held
 */
export function pinThisProcess(cpus: readonly number[]): readonly number[] | undefined {
  try {
    execFileSync("taskset", ["-a", "-c", "-p", cpus.join(","), String(process.pid)], { stdio: "ignore" });
  } catch {
    return undefined;
  }
  const held = allowedCpus();
  return held?.join() === cpus.join() ? held : undefined;
}

/** Holds this process to as many CPUs as there are threads, the least busy ones now. Undefined where that cannot be done. */
export async function pinToLeastBusy(threads: number): Promise<readonly number[] | undefined> {
  const cpus = await chooseCpus(threads);
  return cpus && pinThisProcess(cpus);
}

/** CPU time that this process with all its threads has used, seconds. */
export function ownSeconds(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1e6;
}
