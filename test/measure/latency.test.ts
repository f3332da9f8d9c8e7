import { describe, expect, test } from "vitest";
import { DiagnosticError } from "../../src/base/diagnostic.js";
import { armOf } from "../../src/measure/arm.js";
import { joinRounds, sampleLatency } from "../../src/measure/latency.js";
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
  test("brings each arm behind each other one, never behind itself: A B C B A C, then A C B C A B", async () => {
    const machine = scriptedMachine();
    const samples = await sampleLatency({
      baseline: machine.arm("A", 10),
      trial: machine.arm("B", 5),
      control: machine.arm("C", 10),
      clock: machine.clock,
      protocol: short,
    });
    expect(runs(machine.log)).toBe("A3 B3 C5 A2 B2 C2 B2 A2 C2 B2 A2 C2 B2 C2 A2 B2");
    expect(samples).toEqual({
      baselineMs: [10, 10, 10, 10],
      trialMs: [5, 5, 5, 5],
      control: { baselineMs: [10, 10, 10, 10], againMs: [10, 10, 10, 10] },
      runsPerSample: { baseline: 1, trial: 1 },
      runMs: { baseline: Float64Array.of(10, 10, 10, 10), trial: Float64Array.of(5, 5, 5, 5) },
      stoppedBy: "pairs",
      ghz: [],
      blocks: { sampled: 2, discarded: 0, unsteady: 0 },
    });
  });

  test("pairs each baseline sample with the trial sample beside it", async () => {
    const machine = scriptedMachine();
    // After three warm-up runs each an untimed sample; then A 11, B 21, the control's A 13, B 22, A 12, A 14, each behind an untimed run.
    const samples = await sampleLatency({
      baseline: machine.arm("A", 10, 10, 10, 99, 98, 99, 11, 99, 13, 99, 12, 99, 14),
      trial: machine.arm("B", 20, 20, 20, 99, 21, 99, 22),
      clock: machine.clock,
      protocol: { ...short, pairs: 2 },
    });
    expect(samples).toMatchObject({
      baselineMs: [11, 12],
      trialMs: [21, 22],
      control: { baselineMs: [11, 12], againMs: [13, 14] },
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
    expect(runs(machine.log)).toBe("A31 B127 A28 B54 A14 B54 A28");
  });

  test("leaves slow first runs to the warm-up, which lasts as long as asked", async () => {
    const machine = scriptedMachine();
    const samples = await sampleLatency({
      baseline: machine.arm("A", 500, 100, 10),
      trial: machine.arm("B", 400, 10),
      clock: machine.clock,
      protocol: { ...short, warmUpMs: 650, pairs: 2 },
    });
    expect(runs(machine.log)).toBe("A7 B26 A4 B2 A2 B2 A4");
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
    expect(runs(machine.log)).toBe("A1 B1 A4 B2 A2 B2 A4 B2 A4 B2 A4 B2");
  });

  test("goes on past its pairs while pairs differ, up to a limit, and not where they agree", async () => {
    const pairsOf = async (trial: readonly number[], mostPairs: number, maximumMs = 1e6) => {
      const machine = scriptedMachine();
      const samples = await sampleLatency({
        baseline: machine.arm("A", 10),
        trial: machine.arm("B", ...trial),
        control: machine.arm("C", 10),
        clock: machine.clock,
        protocol: { ...short, warmUpRuns: 1, extension: { standardError: 0.01, mostPairs, maximumMs } },
      });
      expect(samples.stoppedBy).toBe("pairs");
      return samples.trialMs.length;
    };
    const noisy = Array.from({ length: 400 }, (_, i) => 10 + (i % 7));
    expect(await pairsOf([10], 40)).toBe(4);
    expect(await pairsOf(noisy, 40)).toBe(40);
    // They agree from the 21st run on: half of the pairs does so after twice as many.
    expect(await pairsOf([...noisy.slice(0, 20), 10], 40)).toBeLessThan(30);
    expect(await pairsOf(noisy, 2)).toBe(4);
    expect(await pairsOf(noisy, 40, 0)).toBe(4);
    const halfway = await pairsOf(noisy, 40, 700);
    expect(halfway > 4 && halfway < 40).toBe(true);
  });

  test("stops when asked, between blocks", async () => {
    const machine = scriptedMachine();
    const stop = new AbortController();
    let looks = 0;
    const running = sampleLatency({
      baseline: machine.arm("A", 10),
      trial: machine.arm("B", 10),
      clock: machine.clock,
      probe: () => {
        if (++looks === 3) stop.abort(new Error("stopped"));
        return 3;
      },
      protocol: { ...short, pairs: 100 },
      signal: stop.signal,
    });
    await expect(running).rejects.toThrow("stopped");
    expect(looks).toBe(3);
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

describe("the processor's clock", () => {
  /** Samples four blocks of which each look at the clock gives the next of these, GHz; the last one stays. */
  const sampleUnder = async (ghz: readonly number[], protocol = {}) => {
    const machine = scriptedMachine();
    let looks = 0;
    // Each block's baseline samples are of its own length: two of them, each behind a settling run.
    const samples = await sampleLatency({
      baseline: machine.arm(
        "A",
        ...[0, 0, 0].map(() => 10),
        ...[1, 2, 3, 4, 5, 6, 7, 8].flatMap((n) => Array(4).fill(10 + n)),
      ),
      trial: machine.arm("B", 10),
      control: machine.arm("C", 10),
      clock: machine.clock,
      probe: () => ghz[Math.min(looks++, ghz.length - 1)] as number,
      protocol: { ...short, pairs: 8, ...protocol },
    });
    return { blocks: samples.blocks, stoppedBy: samples.stoppedBy, baseline: samples.baselineMs, ghz: samples.ghz };
  };

  test("that holds still leaves every block in", async () => {
    expect(await sampleUnder([3.5, 3.45, 3.5, 3.55, 3.5])).toEqual({
      blocks: { sampled: 4, discarded: 0, unsteady: 0 },
      stoppedBy: "pairs",
      baseline: [11, 11, 12, 12, 13, 13, 14, 14],
      ghz: [3.5, 3.45, 3.5, 3.55, 3.5],
    });
  });

  test("that moves during a block leaves it out, and another is sampled", async () => {
    expect(await sampleUnder([3.5, 3.5, 2.9, 2.9, 2.9, 2.9])).toMatchObject({
      blocks: { sampled: 5, discarded: 1, unsteady: 0 },
      stoppedBy: "pairs",
      baseline: [11, 11, 13, 13, 14, 14, 15, 15],
    });
  });

  test("that never holds still ends the sampling, and the blocks are kept and counted", async () => {
    expect(await sampleUnder([3, 3.5, 3, 3.5, 3, 3.5, 3, 3.5])).toMatchObject({
      blocks: { sampled: 6, discarded: 0, unsteady: 6 },
      stoppedBy: "clock",
      baseline: [11, 11, 12, 12, 13, 13, 14, 14, 15, 15, 16, 16],
    });
  });

  test("does not extend the time", async () => {
    expect(await sampleUnder([3.5, 3.5, 2.9, 2.9], { maximumMs: 400, minimumPairs: 4 })).toMatchObject({
      blocks: { sampled: 3, discarded: 1, unsteady: 0 },
      stoppedBy: "time",
    });
  });
});

describe("an arm", () => {
  const protocol = { warmUpMs: 0, warmUpRuns: 3, sampleMs: 5, maximumMs: 1e6 };

  test("gives the median of single runs, and each of them", async () => {
    const machine = scriptedMachine();
    // 1 + 2 + 4 + 8 runs of warm-up and two settling ones, then five of which another process delays two.
    const arm = machine.arm("A", ...Array(15).fill(1), 9, 9, 1.25, 7, 1, 7, 1.5);
    expect(await arm.warmUp(protocol)).toBe(5);
    expect(await arm.sample(5)).toEqual({ ms: 1.5, runMs: [1.25, 7, 1, 7, 1.5] });
  });

  test("times runs in groups where reading the clock would weigh on one", async () => {
    const machine = scriptedMachine();
    const arm = machine.arm("A", 0.0078125);
    expect(await arm.warmUp(protocol)).toBe(640);
    machine.log.length = 0;
    // Groups of three runs, each 0.0234 ms.
    expect(await arm.sample(640)).toEqual({ ms: 0.0078125, runMs: [] });
    expect(machine.log).toHaveLength(214 + 642);
  });

  test("is not fooled by a slow batch of the warm-up", async () => {
    const machine = scriptedMachine();
    expect(await machine.arm("A", 0.5, 0.5, 0.5, 60, 0.5).warmUp(protocol)).toBe(10);
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

test("rounds of one process become one: all samples in order, blocks added up, and why one of them ended early", async () => {
  const round = async (ms: number, maximumMs: number) => {
    const machine = scriptedMachine();
    return sampleLatency({
      baseline: machine.arm("A", 2 * ms),
      trial: machine.arm("B", ms),
      control: machine.arm("C", 2 * ms),
      clock: machine.clock,
      protocol: { ...short, pairs: 4, maximumMs },
    });
  };
  expect(joinRounds([await round(10, 1e6), await round(20, 1)])).toEqual({
    baselineMs: [20, 20, 20, 20, 40, 40],
    trialMs: [10, 10, 10, 10, 20, 20],
    control: { baselineMs: [20, 20, 20, 20, 40, 40], againMs: [20, 20, 20, 20, 40, 40] },
    runsPerSample: { baseline: 1, trial: 1 },
    runMs: { baseline: Float64Array.of(20, 20, 20, 20, 40, 40), trial: Float64Array.of(10, 10, 10, 10, 20, 20) },
    stoppedBy: "time",
    ghz: [],
    blocks: { sampled: 3, discarded: 0, unsteady: 0 },
  });
});
