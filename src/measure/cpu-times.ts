/** CPU time since the machine started, seconds, of one logical CPU or of all of them. */
export interface CpuTime {
  /** Spent on processes and interrupts. */
  readonly busy: number;
  /** Wanted, but given to another machine by the hypervisor. */
  readonly steal: number;
  /** All of it: busy, steal and idle. */
  readonly total: number;
}

export interface CpuTimes {
  readonly all: CpuTime;
  readonly byCpu: ReadonlyMap<number, CpuTime>;
}

/** The kernel's unit in /proc, ticks a second: part of its interface to programs, whatever its own timer does. */
const TICKS_PER_SECOND = 100;

/**
 * Reads Linux's `/proc/stat`. Undefined where the text is not that.
 * @see proc_stat(5): user, nice, system, idle, iowait, irq, softirq, steal; guest time is within user
 */
export function parseCpuTimes(text: string): CpuTimes | undefined {
  let all: CpuTime | undefined;
  const byCpu = new Map<number, CpuTime>();
  for (const line of text.split("\n")) {
    const [name = "", ...fields] = line.trim().split(/\s+/);
    const cpu = /^cpu(\d*)$/.exec(name);
    if (!cpu) continue;
    const seconds = fields.slice(0, 8).map((field) => Number(field) / TICKS_PER_SECOND);
    if (seconds.length < 4 || seconds.some((value) => !Number.isFinite(value))) return undefined;
    const [user = 0, nice = 0, system = 0, idle = 0, wait = 0, irq = 0, softirq = 0, steal = 0] = seconds;
    const busy = user + nice + system + irq + softirq;
    const time = { busy, steal, total: busy + steal + idle + wait };
    if (cpu[1] === "") all = time;
    else byCpu.set(Number(cpu[1]), time);
  }
  return all && { all, byCpu };
}

/** What happened between two looks, over all CPUs or over those given; never below 0, though counters may step back. */
export function elapsed(before: CpuTimes, after: CpuTimes, cpus?: readonly number[]): CpuTime {
  if (cpus === undefined) return difference(before.all, after.all);
  const parts = cpus.flatMap((cpu) => {
    const [from, to] = [before.byCpu.get(cpu), after.byCpu.get(cpu)];
    return from && to ? [difference(from, to)] : [];
  });
  const sum = (field: keyof CpuTime) => parts.reduce((total, part) => total + part[field], 0);
  return { busy: sum("busy"), steal: sum("steal"), total: sum("total") };
}

function difference(before: CpuTime, after: CpuTime): CpuTime {
  const field = (name: keyof CpuTime) => Math.max(0, after[name] - before[name]);
  return { busy: field("busy"), steal: field("steal"), total: field("total") };
}
