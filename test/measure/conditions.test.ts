import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { conditionsOf, loadBetween, type Watched } from "../../src/measure/conditions.js";
import { type CpuTimes, elapsed, parseCpuTimes } from "../../src/measure/cpu-times.js";

/** Ticks of one CPU. */
interface Cpu {
  readonly user: number;
  readonly idle: number;
  readonly steal?: number;
}

/** `/proc/stat` of a machine with these CPUs; what is not named is 0. */
function procStat(cpus: readonly Cpu[]): string {
  const line = (name: string, user: number, idle: number, steal: number) =>
    `${name} ${user} 0 0 ${idle} 0 0 0 ${steal} 0 0`;
  const sum = (field: "user" | "idle" | "steal") => cpus.reduce((total, cpu) => total + (cpu[field] ?? 0), 0);
  return [
    line("cpu ", sum("user"), sum("idle"), sum("steal")),
    ...cpus.map(({ user, idle, steal = 0 }, i) => line(`cpu${i}`, user, idle, steal)),
    "intr 9907722 0 0",
    "ctxt 33042084",
  ].join("\n");
}

function times(...cpus: readonly Cpu[]): CpuTimes {
  const parsed = parseCpuTimes(procStat(cpus));
  if (!parsed) throw new Error("not parsed");
  return parsed;
}

const blocks = { sampled: 12, discarded: 0, unsteady: 0 };
const boot = times({ user: 0, idle: 0 }, { user: 0, idle: 0 });

/** What a process saw that was held to CPU 1 and used a second of it, while the machine went from `boot` to `after`. */
function watched(after: CpuTimes, more: Partial<Watched> = {}): Watched {
  const load = loadBetween(boot, after, 1, [1]);
  return { pinned: [1], ghz: [3.5, 3.4, 3.6], ...(load ? { load } : {}), blocks, ...more };
}

describe("/proc/stat", () => {
  test("is read in seconds: busy without idle and waiting, guests within user", () => {
    // user 100 nice 1 system 20 idle 300 iowait 30 irq 4 softirq 5 steal 6 guest 70 guest_nice 1
    const text = "cpu  100 1 20 300 30 4 5 6 70 1\ncpu0 100 1 20 300 30 4 5 6 70 1\nbtime 1\n";
    const all = { busy: expect.closeTo(1.3, 9), steal: 0.06, total: expect.closeTo(4.66, 9) };
    expect(parseCpuTimes(text)).toEqual({ all, byCpu: new Map([[0, all]]) });
  });

  test.each([
    ["", "an empty file"],
    ["cpu a b c d", "no numbers"],
    ["MemTotal: 12 kB", "another file"],
  ])("%j says nothing: %s", (text) => expect(parseCpuTimes(text)).toBeUndefined());

  test("what passed between two looks is never below 0, though counters may step back", () => {
    const before = times({ user: 50, idle: 100 }, { user: 0, idle: 0 });
    const after = times({ user: 60, idle: 90 }, { user: 5, idle: 5 });
    expect(elapsed(before, after, [0])).toEqual({ busy: expect.closeTo(0.1, 9), steal: 0, total: 0 });
    expect(elapsed(before, after, [7])).toEqual({ busy: 0, steal: 0, total: 0 });
  });
});

describe("the conditions of a measurement", () => {
  test("of a quiet machine call for no remark", () => {
    // In a second the process used its CPU; the other one idled.
    expect(conditionsOf([watched(times({ user: 1, idle: 99 }, { user: 100, idle: 0 }))], 1)).toEqual({
      pinned: [1],
      clockGhz: { min: 3.4, median: 3.5, max: 3.6 },
      stealShare: 0,
      busyShare: expect.closeTo(0.005, 9),
      pinnedLostShare: 0,
      discarded: { blocks: 0, of: 12 },
      remarks: [],
    });
  });

  test.each([
    [
      "a busy neighbour",
      times({ user: 96, idle: 4 }, { user: 100, idle: 0 }),
      ["other processes used 48% of this machine meanwhile"],
    ],
    [
      "a neighbour on the same CPU",
      times({ user: 0, idle: 200 }, { user: 200, idle: 0 }),
      ["other processes used 25% of this machine meanwhile, and took 50% of the CPU that was timed"],
    ],
    [
      "a little of one CPU of many",
      times({ user: 0, idle: 2000 }, { user: 110, idle: 0 }),
      ["other processes took 9% of the CPU that was timed"],
    ],
    [
      "a crowded host",
      times({ user: 0, idle: 90, steal: 10 }, { user: 100, idle: 0 }),
      ["the hypervisor took 5% of this machine's CPU time meanwhile"],
    ],
  ])("name %s", (_, after, remarks) => {
    expect(conditionsOf([watched(after)], 1).remarks).toEqual(remarks);
  });

  test("say how many blocks were sampled again, and how many had to be kept", () => {
    const quiet = times({ user: 0, idle: 100 }, { user: 100, idle: 0 });
    const one = watched(quiet, { blocks: { sampled: 18, discarded: 6, unsteady: 0 } });
    const other = watched(quiet, { blocks: { sampled: 18, discarded: 0, unsteady: 14 } });
    expect(conditionsOf([one, other], 1)).toMatchObject({
      discarded: { blocks: 6, of: 36 },
      remarks: ["the processor's clock moved by more than 3% during 14 of 36 blocks that had to be kept"],
    });
  });

  test("say when more threads were asked for than there are CPUs", () => {
    const one: Watched = { pinned: [0, 1], ghz: [], blocks };
    expect(conditionsOf([one, one], 4)).toEqual({
      pinned: [0, 1],
      discarded: { blocks: 0, of: 24 },
      remarks: ["4 threads shared 2 CPUs"],
    });
  });

  test("hold only what the system says", () => {
    expect(conditionsOf([{ ghz: [], blocks }], 2)).toEqual({ discarded: { blocks: 0, of: 12 }, remarks: [] });
    // Shorter than a tick.
    expect(conditionsOf([watched(boot, { ghz: [] })], 1)).not.toHaveProperty("busyShare");
  });

  test("shares lie within 0 and 1 whatever the counters say", () => {
    const ticks = fc.record({ user: fc.nat(1000), idle: fc.nat(1000), steal: fc.nat(1000) });
    fc.assert(
      fc.property(ticks, ticks, fc.double({ min: 0, max: 100, noNaN: true }), (one, other, own) => {
        const load = loadBetween(boot, times(one, other), own, [1]);
        const found = conditionsOf([{ pinned: [1], ghz: [], blocks, ...(load ? { load } : {}) }], 1);
        for (const share of [found.busyShare, found.stealShare, found.pinnedLostShare]) {
          if (share !== undefined) expect(share >= 0 && share <= 1).toBe(true);
        }
      }),
    );
  });
});
