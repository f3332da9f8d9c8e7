import { describe, expect, test } from "vitest";
import { type Random, seededRandom } from "../../src/base/random.js";
import type { LatencySamples } from "../../src/measure/latency.js";
import { ratioEstimate, summarizeLatency, verdict } from "../../src/measure/speedup.js";

function samplesOf(baselineMs: readonly number[], trialMs: readonly number[], again = baselineMs): LatencySamples {
  return {
    baselineMs,
    trialMs,
    control: { baselineMs, againMs: again },
    runsPerSample: { baseline: 1, trial: 1 },
    stoppedBy: "pairs",
  };
}

const options = { batch: 1, threads: 1, optimization: { baseline: "all", trial: "extended" }, seed: 3 };

test("samples of several processes become medians, a paired ratio, a control and a verdict", () => {
  // A machine that slows down by the second: the ratio of neighbours stays 2.
  const drifting = [10, 11, 12, 13, 14].map((ms) => ms * 1.5);
  const processes = [1, 2, 4].map((load) =>
    samplesOf(
      drifting.map((ms) => ms * load),
      drifting.map((ms) => (ms * load) / 2),
    ),
  );
  const result = summarizeLatency(processes, options);
  expect(result).toEqual({
    batch: 1,
    threads: 1,
    medianMs: 18,
    baselineMs: 36,
    speedup: { value: expect.closeTo(2, 12), ci95: [expect.closeTo(2, 12), expect.closeTo(2, 12)] },
    control: { value: 1, ci95: [1, 1] },
    processes: 3,
    pairs: 15,
    optimization: { baseline: "all", trial: "extended" },
    verdict: "2.00x faster",
    samples: [1, 2, 4].map((load) => ({
      baselineMs: [15, 16.5, 18, 19.5, 21].map((ms) => ms * load),
      trialMs: [7.5, 8.25, 9, 9.75, 10.5].map((ms) => ms * load),
      control: {
        baselineMs: [15, 16.5, 18, 19.5, 21].map((ms) => ms * load),
        againMs: [15, 16.5, 18, 19.5, 21].map((ms) => ms * load),
      },
      runsPerSample: { baseline: 1, trial: 1 },
      stoppedBy: "pairs",
    })),
  });
});

test("one process of three that went wrong does not move the ratio, but widens the interval", () => {
  const good = samplesOf([10, 10, 10], [5, 5, 5]);
  const bad = samplesOf([10, 10, 10], [8, 8, 8]);
  const { speedup } = summarizeLatency([good, good, bad], options);
  expect(speedup.value).toBeCloseTo(2, 12);
  expect(speedup.ci95[0]).toBeLessThan(1.3);
});

test("the same samples give the same interval", () => {
  const noisy = samplesOf([10, 11, 12, 9], [5, 6, 5.5, 5.2]);
  expect(summarizeLatency([noisy, noisy], options)).toEqual(summarizeLatency([noisy, noisy], options));
});

describe("the interval of a ratio", () => {
  test.each([
    { processes: 3, between: 0 },
    { processes: 3, between: 0.02 },
    { processes: 5, between: 0.01 },
  ])("covers the truth with $processes processes that differ by $between", ({ processes, between }) => {
    const random = seededRandom(17);
    let covered = 0;
    for (let k = 0; k < 150; k++) {
      const drawn = Array.from({ length: processes }, () => process(random, between));
      const [low, high] = ratioEstimate(drawn, random, 120).ci95;
      if (low <= 1 && 1 <= high) covered++;
    }
    expect(covered / 150).toBeGreaterThan(0.93);
  });

  /** Log ratios of one process around 0: its own offset, noise, and now and then an outlier. */
  function process(random: Random, between: number): Float64Array {
    const offset = between * random.normal();
    return Float64Array.from({ length: 20 }, () => offset + 0.02 * random.normal() * (random.next() < 0.05 ? 5 : 1));
  }
});

describe("the verdict", () => {
  const around = (value: number, half: number) => ({ value, ci95: [value / half, value * half] as const });
  const quiet = around(1.001, 1.002);

  test.each([
    ["2.90x faster", around(2.9, 1.01), quiet, undefined],
    ["14.2x faster", around(14.2, 1.01), quiet, undefined],
    ["slower than fp32: 0.39x; no integer kernel", around(0.39, 1.01), quiet, "no integer kernel"],
    ["no measurable difference: 1.01x, 95% interval 1.01x to 1.01x", around(1.012, 1.001), quiet, undefined],
    ["no measurable difference: 1.10x, 95% interval 0.92x to 1.32x", around(1.1, 1.2), quiet, undefined],
    [
      "no measurable difference: fp32 against itself gave 1.19x to 1.21x",
      around(1.1, 1.01),
      around(1.2, 1.01),
      undefined,
    ],
    [
      "no measurable difference: fp32 against itself gave 0.77x to 1.30x",
      around(1.19, 1.05),
      around(1, 1.3),
      undefined,
    ],
    ["1.30x faster", around(1.3, 1.01), around(1.2, 1.01), undefined],
  ])("%s", (sentence, speedup, control, reason) => {
    expect(verdict(speedup, control, reason)).toBe(sentence);
  });
});

test("nothing is claimed where other processes fell on one arm alone", () => {
  const trial = Array.from({ length: 12 }, (_, i) => 1 + i / 100);
  const heldUp = trial.map((ms, i) => (i < 3 ? 2 * ms : 6 * ms + i / 10));
  const verdictOf = (baseline: readonly number[]) =>
    summarizeLatency(
      Array.from({ length: 3 }, () => samplesOf(baseline, trial)),
      { batch: 1, threads: 1, optimization: { baseline: "all", trial: "all" }, seed: 1 },
    ).verdict;
  expect(verdictOf(heldUp)).toMatch(
    /^no claim: 6\.\d\dx by pairs, but 2\.\d\dx by the quickest tenth of each: other processes held one up and not the other$/,
  );
  expect(verdictOf(trial.map((ms) => 2 * ms))).toBe("2.00x faster");
});
