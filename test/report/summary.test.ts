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
