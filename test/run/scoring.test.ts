import { expect, test } from "vitest";
import type { Dataset } from "../../src/datasets/dataset.js";
import { accuracyOf, floatAccuracyOf, scoreTest } from "../../src/run/scoring.js";

const samples = 300;
const classes = ["a", "b"];

/** Samples whose input is their own number; odd ones are of class b. The test split is all of them, backwards. */
const numbers: Dataset = {
  name: "numbers",
  hash: "",
  size: samples,
  inputShapes: [[1]],
  labels: { kind: "class", values: Int32Array.from({ length: samples }, (_, i) => i % 2), classes },
  splits: { train: new Int32Array(), test: Int32Array.from({ length: samples }, (_, i) => samples - 1 - i) },
  read: () => [],
};

/** A model that is wrong for some samples. */
const model = (wrong: (sample: number) => boolean) => async (rows: Int32Array) =>
  Float32Array.from([...rows].flatMap((row) => ((row % 2 === 1) !== wrong(row) ? [0, 1] : [1, 0])));

const right = model(() => false);

async function float() {
  const { scores, outputs } = await scoreTest(right, numbers, { batchSize: 32 });
  if (!outputs) throw new Error("no outputs");
  return { scores, outputs };
}

test("a hopeless trial is ended early and says so; its figures are of the samples that were run", async () => {
  const fp32 = await float();
  const stop = { limit: 0.2 };
  const scored = await scoreTest(
    model((row) => row % 10 < 8),
    numbers,
    { batchSize: 32, float: fp32, stop, seed: 3 },
  );
  const accuracy = accuracyOf(scored, fp32, { seed: 3, stop });
  const after = accuracy.stopped?.after ?? 0;
  expect(after).toBeLessThan(100);
  expect(accuracy).toMatchObject({
    stopped: { after, of: samples, reason: "the accuracy drop is above 20% with 99% confidence" },
    top1: { n: after },
    metrics: { macro_f1: { n: after }, perplexity: { n: after } },
    divergence: { sameTop: { n: after }, kl: { n: after } },
    discordant: { gained: 0 },
  });
  expect(accuracy.drop.value).toBeCloseTo(1 - (accuracy.top1?.value ?? 0), 12);
});

test("the samples of a trial that is ended are the same for every size of batch and in every process", async () => {
  const fp32 = await float();
  const plan = { float: fp32, stop: { limit: 0.2 }, seed: 3 };
  const wrong = model((row) => row % 10 < 8);
  const [whole, again, single] = await Promise.all(
    [32, 32, 1].map((batchSize) => scoreTest(wrong, numbers, { ...plan, batchSize })),
  );
  expect(again).toEqual(whole);
  expect(single).toEqual(whole);
});

test("with a rule that never applies the figures are those without one, in the order of the test split", async () => {
  const fp32 = await float();
  const wrong = model((row) => row === 7);
  const [free, watched] = await Promise.all([
    scoreTest(wrong, numbers, { batchSize: 32, float: fp32 }),
    scoreTest(wrong, numbers, { batchSize: 32, float: fp32, stop: { limit: 0.2 }, seed: 3 }),
  ]);
  expect(watched.stopped).toBeUndefined();
  expect(watched.scores.predictions).toEqual(free.scores.predictions);
  expect(accuracyOf(watched, fp32, { seed: 1 }).confusion).toEqual([{ from: "b", to: "a", count: 1 }]);
});

test("errors of real values are never ended, and the record says that the rule did not apply", async () => {
  const values: Dataset = { ...numbers, labels: { kind: "value", values: new Float32Array(samples), width: 1 } };
  const run = async (rows: Int32Array) => Float32Array.from(rows, (row) => row);
  const { scores, outputs } = await scoreTest(run, values, { batchSize: 32 });
  if (!outputs) throw new Error("no outputs");
  const stop = { limit: 0.2 };
  const scored = await scoreTest(run, values, { batchSize: 32, float: { scores, outputs }, stop });
  const { remarks, stopped } = accuracyOf(scored, { scores, outputs }, { seed: 1, stop });
  expect([remarks, stopped]).toEqual([
    [
      "R2 is left out: the labels of the test split do not vary",
      "stop_at_drop speaks of shares of samples; errors of real values have no bound, so every sample was run",
    ],
    undefined,
  ]);
});

test("fp32 differs from itself by nothing, which is no estimate", async () => {
  const fp32 = await float();
  expect(floatAccuracyOf(fp32, 1)).toMatchObject({
    drop: { value: 0, ci95: [0, 0] },
    flips: 0,
    discordant: { lost: 0 },
  });
  expect(floatAccuracyOf(fp32, 1)).not.toHaveProperty("divergence");
});

const unlabelled = (() => {
  const { labels: _, ...rest } = numbers;
  return rest satisfies Dataset;
})();

test("without labels probabilities are compared by their answers, other outputs by their values", async () => {
  const coordinates = async (rows: Int32Array) => Float32Array.from([...rows].flatMap((row) => [row + 3, row + 4]));
  const [answers, values] = await Promise.all(
    [right, coordinates].map((run) => scoreTest(run, unlabelled, { batchSize: 32 })),
  );
  expect([answers?.scores.metric, values?.scores.metric]).toEqual(["agreement", "relative_error"]);
});

test("values are compared sample by sample, in the order of the test split, and never ended early", async () => {
  const float = async (rows: Int32Array) => Float32Array.from([...rows].flatMap((row) => [row + 3, -4]));
  const off = async (rows: Int32Array) => Float32Array.from([...rows].flatMap((row) => [row + 3, row === 0 ? -3 : -4]));
  const { scores, outputs } = await scoreTest(float, unlabelled, { batchSize: 32 });
  if (!outputs) throw new Error("no outputs");
  const fp32 = { scores, outputs };
  expect(floatAccuracyOf(fp32, 1)).toEqual({
    relativeError: { value: 0, ci95: [0, 0], n: samples },
    drop: { value: 0, ci95: [0, 0] },
  });
  const stop = { limit: 0 };
  const scored = await scoreTest(off, unlabelled, { batchSize: 7, float: fp32, stop });
  // Sample 0, which fp32 gives [3, -4], is the last of the test split.
  expect([...scored.scores.scores.entries()].filter(([, error]) => error > 0)).toEqual([
    [samples - 1, expect.closeTo(0.2, 12)],
  ]);
  const accuracy = accuracyOf(scored, fp32, { seed: 1, stop });
  expect(accuracy.relativeError?.value).toBeCloseTo(0.2 / samples, 12);
  expect(accuracy.stopped).toBeUndefined();
  expect(accuracy.remarks).toContain(
    "stop_at_drop speaks of shares of samples; errors of real values have no bound, so every sample was run",
  );
});
