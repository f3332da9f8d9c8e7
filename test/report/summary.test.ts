import { expect, test } from "vitest";
import { summary } from "../../src/report/summary.js";
import { completed, latency } from "./fixtures/sweep.js";

test("of too few samples nothing is said to lose nothing", () => {
  const trial = (n: number) =>
    completed({
      trial: "sha256:1",
      scheme: { name: "static", mode: "static" },
      top1: { value: 1, ci95: [0.2, 1], n },
      drop: { value: 0, ci95: [-0.5, 0.5] },
      flips: 0,
      latency: [latency(0.5, 2, [1.9, 2.1], "2.00x faster")],
      bytes: 100,
      sqnr: [],
    });
  const starts = (n: number) => summary([trial(n)]).map((sentence) => /^[^:]*/.exec(sentence)?.[0]);
  expect(starts(1).slice(0, 2)).toEqual(["Fastest", "Smallest"]);
  expect(starts(30).slice(0, 2)).toEqual(["Fastest without measurable loss", "Smallest without measurable loss"]);
});

test("of relative errors the fastest below 1% is told, with one sample too, or what the fastest costs", () => {
  const trial = (name: string, error: number, speed: number) => {
    const estimate = { value: error, ci95: [error * 0.9, error * 1.1] } as const;
    const { accuracy: _, ...record } = completed({
      ...{
        trial: `sha256:${name}`,
        scheme: { name, mode: name },
        top1: { ...estimate, n: 1 },
        drop: estimate,
        flips: 0,
      },
      ...{ latency: [latency(0.5, speed, [speed - 0.1, speed + 0.1], `${speed}.00x faster`)], bytes: 100, sqnr: [] },
    });
    return { ...record, accuracy: { relativeError: { ...estimate, n: 1 }, drop: estimate } };
  };
  expect(summary([trial("static", 0.0831, 3), trial("dynamic", 0.00213, 2)]).slice(0, 2)).toEqual([
    "Fastest with an error below 1%: dynamic, 2.00x fp32's speed (1.90 to 2.10), error against fp32 0.213% (0.192 to 0.234).",
    "Smallest with an error below 1%: dynamic, 100 B (99.9% smaller).",
  ]);
  expect(summary([trial("static", 0.0831, 3)])[0]).toBe(
    "Fastest: static, 3.00x fp32's speed (2.90 to 3.10), but it costs accuracy, error against fp32 8.31% (7.48 to 9.14).",
  );
});

test("a smaller trial that measurably lost is not passed over in silence, however few the samples", () => {
  const trial = (bytes: number, drop: [number, number]) =>
    completed({
      trial: `sha256:${bytes}`,
      scheme: { name: `w${bytes}`, mode: "weight_only" },
      top1: { value: 0.5, ci95: [0.2, 0.8], n: 10 },
      drop: { value: (drop[0] + drop[1]) / 2, ci95: drop },
      flips: 6,
      latency: [],
      bytes,
      sqnr: [],
    });
  const said = summary([trial(100, [0, 0.1]), trial(50, [0.3, 0.7])]).find((sentence) =>
    sentence.startsWith("Smallest"),
  );
  expect(said).toMatch(/^Smallest without measurable loss: w100, 100 B \(99.9% smaller\)/);
});
