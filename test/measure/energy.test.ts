import { expect, test } from "vitest";
import { type EnergyReading, joulesBetween, sampleEnergy } from "../../src/measure/energy.js";

const reading = (zone: string, microjoules: number, range = 1000e6): EnergyReading => ({ zone, microjoules, range });

test("joules of all packages together; a counter that started again has gone round once", () => {
  const before = [reading("intel-rapl:0", 10e6), reading("intel-rapl:1", 990e6)];
  expect(joulesBetween(before, [reading("intel-rapl:1", 15e6), reading("intel-rapl:0", 30e6)])).toBe(45);
});

test("a counter that came or went is a fault", () => {
  const one = [reading("intel-rapl:0", 1)];
  expect(() => joulesBetween(one, [])).toThrow("energy: a counter came or went");
  expect(() => joulesBetween(one, [reading("intel-rapl:1", 1)])).toThrow("intel-rapl:0 went away");
});

/** A machine that draws `watts`, whose clock moves only while an arm runs. */
function machine({
  watts,
  startMicrojoules = 0,
  range = 1e12,
}: {
  watts: number;
  startMicrojoules?: number;
  range?: number;
}) {
  let ms = 0;
  const turns: string[] = [];
  const arm = (name: string, takes: number) => ({
    run: async () => {
      if (turns.at(-1) !== name) turns.push(name);
      ms += takes;
    },
  });
  const read = () => [reading("intel-rapl:0", (startMicrojoules + ms * watts * 1000) % range, range)];
  return { arm, read, clock: () => ms, turns };
}

test("both arms run in turns, and joules are of one run", async () => {
  const { arm, read, clock, turns } = machine({ watts: 50 });
  const [baseline, trial] = [arm("A", 4), arm("B", 1)];
  // 50 W for 4 ms and for 1 ms.
  expect(await sampleEnergy({ baseline, trial, read, clock, segmentMs: 100 })).toEqual({
    joules: { baseline: expect.closeTo(0.2, 9), trial: expect.closeTo(0.05, 9) },
  });
  expect(turns).toEqual(["A", "B", "A"]);
});

test("a counter that goes round while an arm runs counts on", async () => {
  const { arm, read, clock } = machine({ watts: 50, startMicrojoules: 9.9e6, range: 10e6 });
  const sample = await sampleEnergy({ baseline: arm("A", 4), trial: arm("B", 1), read, clock, segmentMs: 100 });
  expect(sample?.joules.baseline).toBeCloseTo(0.2, 9);
});

test("a run longer than a turn is measured once a turn", async () => {
  const { arm, read, clock } = machine({ watts: 1 });
  const sample = await sampleEnergy({ baseline: arm("A", 5000), trial: arm("B", 2000), read, clock, segmentMs: 10 });
  expect(sample).toEqual({ joules: { baseline: 5, trial: 2 } });
});

test("without a counter, or with one that stands still, there is no energy", async () => {
  const still = machine({ watts: 0 });
  const arms = { baseline: still.arm("A", 1), trial: still.arm("B", 1) };
  expect(await sampleEnergy({ ...arms, read: () => [], clock: still.clock, segmentMs: 10 })).toBeUndefined();
  expect(await sampleEnergy({ ...arms, read: still.read, clock: still.clock, segmentMs: 10 })).toBeUndefined();
});
