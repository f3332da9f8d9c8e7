import { describe, expect, test } from "vitest";
import { DiagnosticError } from "../../src/base/diagnostic.js";
import { armOf } from "../../src/measure/arm.js";
import { sampleLatency } from "../../src/measure/latency.js";
import { chooseFastest } from "../../src/measure/tuning.js";

/** A clock that only moves when something runs, and a log of who ran. */
function scriptedMachine() {
  let now = 1000;
  const log: string[] = [];
  return {
    log,
    clock: () => now,
    /** @param costs milliseconds of each run in turn; the last one stays */
    arm: (name: string, ...costs: readonly number[]) => {
      let calls = 0;
      const run = async () => {
        now += costs[Math.min(calls++, costs.length - 1)] as number;
        log.push(name);
      };
      return armOf(run, () => now);
    },
  };
}

/** The log with repeated neighbours counted: "A2 B1". */
function runs(log: readonly string[]): string {
  const groups: { name: string; count: number }[] = [];
  for (const name of log) {
    const last = groups.at(-1);
    if (last?.name === name) last.count++;
    else groups.push({ name, count: 1 });
  }
  return groups.map(({ name, count }) => `${name}${count}`).join(" ");
}

const short = { warmUpMs: 0, warmUpRuns: 3, sampleMs: 5, pairs: 4, minimumPairs: 2, maximumMs: 1e6 };

describe("sampling", () => {
  test("goes A B B A and then one control pair, the order of which alternates", async () => {
    const machine = scriptedMachine();
    const samples = await sampleLatency({
      baseline: machine.arm("A", 10),
      trial: machine.arm("B", 5),
      control: machine.arm("C", 10),
      clock: machine.clock,
      protocol: short,
    });
    expect(runs(machine.log)).toBe("A3 B3 C3 A2 B4 A4 C2 A2 B4 A2 C2 A2");
    expect(samples).toEqual({
      baselineMs: [10, 10, 10, 10],
      trialMs: [5, 5, 5, 5],
      control: { baselineMs: [10, 10], againMs: [10, 10] },
      runsPerSample: { baseline: 1, trial: 1 },
      runMs: { baseline: Float64Array.of(10, 10, 10, 10), trial: Float64Array.of(5, 5, 5, 5) },
      stoppedBy: "pairs",
      ghz: [],
      blocks: { sampled: 2, discarded: 0, unsteady: 0 },
    });
  });

  test("pairs each baseline sample with the trial sample beside it", async () => {
    const machine = scriptedMachine();
    // After three warm-up runs each: A 11, B 21, B 22, A 12, then the control's A 13 and A 14, each behind an untimed cold run.
    const samples = await sampleLatency({
      baseline: machine.arm("A", 10, 10, 10, 99, 11, 99, 12, 99, 13, 99, 14),
      trial: machine.arm("B", 20, 20, 20, 99, 21, 99, 22),
      clock: machine.clock,
      protocol: { ...short, pairs: 2 },
    });
    expect(samples).toMatchObject({
      baselineMs: [11, 12],
      trialMs: [21, 22],
      control: { baselineMs: [13], againMs: [14] },
    });
  });

  test("makes a sample of as many runs as last 5 ms, each arm its own number", async () => {
    const machine = scriptedMachine();
    const samples = await sampleLatency({
      baseline: machine.arm("A", 0.5),
      trial: machine.arm("B", 0.125),
      clock: machine.clock,
      protocol: { ...short, pairs: 2 },
    });
    expect(samples.runsPerSample).toEqual({ baseline: 10, trial: 40 });
    expect(samples.trialMs).toEqual([0.125, 0.125]);
    expect(runs(machine.log)).toBe("A31 B127 A11 B88 A33");
  });

  test("leaves slow first runs to the warm-up, which lasts as long as asked", async () => {
    const machine = scriptedMachine();
    const samples = await sampleLatency({
      baseline: machine.arm("A", 500, 100, 10),
      trial: machine.arm("B", 400, 10),
      clock: machine.clock,
      protocol: { ...short, warmUpMs: 650, pairs: 2 },
    });
    expect(runs(machine.log)).toBe("A7 B26 A2 B4 A6");
    expect(samples.baselineMs).toEqual([10, 10]);
  });

  test("of a slow model stops for time, but not before the least number of pairs", async () => {
    const machine = scriptedMachine();
    const samples = await sampleLatency({
      baseline: machine.arm("A", 5000),
      trial: machine.arm("B", 4000),
      clock: machine.clock,
      protocol: { ...short, pairs: 30, minimumPairs: 4, maximumMs: 20_000 },
    });
    expect(samples.stoppedBy).toBe("time");
    expect(samples.trialMs.length).toBe(4);
    // One warm-up run each: a fifth of the time is gone after it.
    expect(runs(machine.log)).toBe("A1 B1 A2 B4 A8 B4 A6");
  });

  test("collects garbage between blocks, outside of samples, and stops when asked", async () => {
    const machine = scriptedMachine();
    const stop = new AbortController();
    let collected = 0;
    const running = sampleLatency({
      baseline: machine.arm("A", 10),
      trial: machine.arm("B", 10),
      clock: machine.clock,
      protocol: { ...short, pairs: 100 },
      signal: stop.signal,
      collectGarbage: () => {
        if (++collected === 3) stop.abort(new Error("stopped"));
      },
    });
    await expect(running).rejects.toThrow("stopped");
    expect(collected).toBe(3);
  });

  test("of a clock that stands still is refused", async () => {
    const still = armOf(
      async () => {},
      () => 5,
    );
    const frozen = sampleLatency({ baseline: still, trial: still, clock: () => 5 });
    await expect(frozen).rejects.toThrow(DiagnosticError);
    await expect(frozen).rejects.toThrow("1048576 runs took 0 ms by the clock");
  });
});

describe("tuning", () => {
  const tune = (times: Readonly<Record<string, readonly number[]>>, rounds = 3) => {
    const calls: string[] = [];
    let now = 0;
    const chosen = chooseFastest({
      candidates: Object.keys(times),
      rounds,
      clock: () => now,
      maximumMs: 1000,
      sample: async (name) => {
        const turn = calls.filter((call) => call === name).length;
        calls.push(name);
        const ms = times[name]?.[turn] as number;
        now += ms;
        return ms;
      },
    });
    return chosen.then((tuning) => ({ ...tuning, calls: calls.join(" ") }));
  };

  test("chooses by medians over rounds whose order turns", async () => {
    expect(await tune({ all: [10, 10, 90], extended: [8, 9, 9], basic: [7, 30, 30] })).toEqual({
      best: "extended",
      medianMs: [10, 9, 30],
      calls: "all extended basic extended basic all basic all extended",
    });
  });

  test("keeps the preferred candidate when another is faster by less than one percent", async () => {
    expect((await tune({ all: [10], basic: [9.95] }, 1)).best).toBe("all");
    expect((await tune({ all: [10], basic: [9.85] }, 1)).best).toBe("basic");
  });

  test("begins no new round when the time is over", async () => {
    expect((await tune({ all: [900, 1, 1], basic: [800, 1, 1] })).calls).toBe("all basic");
  });
});
