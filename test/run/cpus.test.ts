import { expect, test } from "vitest";
import type { CpuTime, CpuTimes } from "../../src/measure/cpu-times.js";
import { allowedCpus, leastBusy, readCpuTimes } from "../../src/run/cpus.js";

/** After a second in which each CPU was busy for its share. */
function after(...busy: readonly number[]): CpuTimes {
  const time = (share: number): CpuTime => ({ busy: share, steal: 0, total: 1 });
  return { all: time(0), byCpu: new Map(busy.map((share, cpu) => [cpu, time(share)])) };
}
const before: CpuTimes = {
  all: { busy: 0, steal: 0, total: 0 },
  byCpu: new Map(Array.from({ length: 8 }, (_, cpu) => [cpu, { busy: 0, steal: 0, total: 0 }])),
};
/** A system in which only these files exist. */
const files = (contents: Readonly<Record<string, string>>) => (path: string) => contents[path];
const nothing = files({});
const sys = (cpu: number, file: string) => `/sys/devices/system/cpu/cpu${cpu}/${file}`;

test("the CPUs a process may use are read from its status", () => {
  const status = (list: string) =>
    files({ "/proc/self/status": `Name:\tnode\nCpus_allowed_list:\t${list}\nMems: 1\n` });
  expect(allowedCpus(status("0-1"))).toEqual([0, 1]);
  expect(allowedCpus(status("1,4-6,9"))).toEqual([1, 4, 5, 6, 9]);
  expect(allowedCpus(nothing)).toBeUndefined();
  expect(readCpuTimes(nothing)).toBeUndefined();
});

test.each([
  ["the least busy CPU is chosen", 1, [0, 1, 2], [0.2, 0.1, 0.9], [1]],
  ["of equals the highest, since interrupts go to the lowest", 1, [0, 1, 2], [0, 0, 0], [2]],
  ["only such as are allowed", 1, [0, 2], [0.5, 0, 0.9], [0]],
  ["as many as there are threads", 2, [0, 1, 2], [0.9, 0.1, 0.2], [1, 2]],
  ["all of them where there are fewer", 4, [0, 1], [0, 0], [0, 1]],
])("%s", (_, count, allowed, busy, chosen) => {
  expect(leastBusy(count, allowed, before, after(...busy), nothing)).toEqual(chosen);
});

test("a core whose other half works is not idle, and two threads do not share one", () => {
  // 0 and 1 are one core, 2 and 3 the other.
  const read = files(
    Object.fromEntries(
      [0, 1, 2, 3].map((cpu) => [sys(cpu, "topology/thread_siblings_list"), cpu < 2 ? "0-1\n" : "2-3\n"]),
    ),
  );
  expect(leastBusy(1, [0, 1, 2, 3], before, after(0.1, 0, 0, 0.9), read)).toEqual([1]);
  expect(leastBusy(2, [0, 1, 2, 3], before, after(0, 0, 0, 0), read)).toEqual([1, 3]);
});

test("a fast kind of core is preferred to an idle slow one", () => {
  const kilohertz = [5_000_000, 3_000_000, 3_000_000];
  const read = files(
    Object.fromEntries(kilohertz.map((value, cpu) => [sys(cpu, "cpufreq/cpuinfo_max_freq"), `${value}\n`])),
  );
  expect(leastBusy(1, [0, 1, 2], before, after(0.3, 0, 0), read)).toEqual([0]);
});
