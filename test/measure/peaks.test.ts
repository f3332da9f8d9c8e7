import fc from "fast-check";
import { expect, test } from "vitest";
import { bandwidthAt, type MachinePeaks, type ProbeTime, peaksOf } from "../../src/measure/peaks.js";

/** A machine of 100 and 400 GMAC/s whose engine takes 10 us a call and 1 us a node. */
const overhead = [
  { work: { kind: "overhead", nodes: 4 }, bestMs: 0.014 },
  { work: { kind: "overhead", nodes: 68 }, bestMs: 0.078 },
] as const;
const reading = (footprintBytes: number, gigabytes: number): ProbeTime => ({
  work: { kind: "bandwidth", footprintBytes, bytes: 1e9 },
  bestMs: 1000 / gigabytes + 0.011,
});
const times: readonly ProbeTime[] = [
  ...overhead,
  { work: { kind: "float", macs: 1e8 }, bestMs: 1.011 },
  { work: { kind: "float", macs: 1e8 }, bestMs: 2.011 },
  { work: { kind: "integer", macs: 4e8 }, bestMs: 1.011 },
  reading(1e6, 200),
  reading(1e5, 150),
  reading(1e8, 20),
  reading(1e6, 180),
];

test("peaks are the best of each kind, without the engine's overhead, and bandwidth never rises with the footprint", () => {
  expect(peaksOf(times, 1)).toEqual({
    threads: 1,
    floatMacs: expect.closeTo(1e11, -3),
    integerMacs: expect.closeTo(4e11, -3),
    bandwidth: [
      { footprintBytes: 1e5, bytesPerSecond: expect.closeTo(200e9, -3) },
      { footprintBytes: 1e6, bytesPerSecond: expect.closeTo(200e9, -3) },
      { footprintBytes: 1e8, bytesPerSecond: expect.closeTo(20e9, -3) },
    ],
    overhead: { runMs: expect.closeTo(0.01, 9), nodeMs: expect.closeTo(0.001, 9) },
  });
});

test("between two levels the faster one counts; below the first and above the last the nearest", () => {
  const peaks = peaksOf(times, 1);
  const at = (bytes: number) => Math.round(bandwidthAt(peaks, bytes) / 1e9);
  expect([1, 1e5, 5e7, 1e8 - 1, 1e8, 1e12].map(at)).toEqual([200, 200, 200, 200, 20, 20]);
});

test("whatever the times, no peak is infinite, negative or not a number", () => {
  const ms = fc.double({ min: 1e-4, max: 1e4, noNaN: true });
  fc.assert(
    fc.property(fc.array(ms, { minLength: times.length, maxLength: times.length }), (values) => {
      const peaks: MachinePeaks = peaksOf(
        times.map(({ work }, i) => ({ work, bestMs: values[i] as number })),
        1,
      );
      const positive = [peaks.floatMacs, peaks.integerMacs, ...peaks.bandwidth.map((level) => level.bytesPerSecond)];
      expect(positive.every((value) => Number.isFinite(value) && value > 0)).toBe(true);
      expect(Object.values(peaks.overhead).every((value) => Number.isFinite(value) && value >= 0)).toBe(true);
    }),
  );
});

test("a kind without a probe is a fault", () => {
  for (const kind of ["float", "integer", "bandwidth", "overhead"]) {
    const rest = times.filter(({ work }) => work.kind !== kind);
    expect(() => peaksOf(rest, 1), kind).toThrow(/^peaks: /);
  }
});
