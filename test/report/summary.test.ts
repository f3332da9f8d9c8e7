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
