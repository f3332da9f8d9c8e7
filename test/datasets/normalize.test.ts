import { expect, test } from "vitest";
import { samplesOf, scratch } from "./scratch.js";

const { write, open } = scratch();

const rows = Array.from({ length: 40 }, (_, i) => [i, 100 - 3 * i, 5]);
const csv = () => write("n.csv", `a,b,c\n${rows.map((row) => row.join(",")).join("\n")}\n`);
const split = { train: 0.5, test: 0.5, seed: 4 };

/** Mean and population standard deviation. */
function moments(values: readonly number[]) {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / values.length;
  return [mean, Math.sqrt(variance)] as const;
}

test("standard: each feature of the training split has mean 0 and deviation 1; a constant one is only centred", async () => {
  const data = await open("csv", csv(), { split, normalize: "standard" });
  const train = samplesOf(data, [...data.splits.train]).map(([row]) => row ?? []);
  for (const [feature, deviation] of [
    [0, 1],
    [1, 1],
    [2, 0],
  ] as const) {
    const [mean, actual] = moments(train.map((row) => row[feature] ?? Number.NaN));
    expect(mean).toBeCloseTo(0, 5);
    expect(actual).toBeCloseTo(deviation, 5);
  }
});

test("the test split is normalized with the moments of the training split, after scale and offset", async () => {
  const settings = { split, normalize: { name: "standard" }, scale: 2, offset: 1 };
  const data = await open("csv", csv(), settings);
  const raw = await open("csv", csv(), { split });
  const [mean, deviation] = moments(samplesOf(raw, [...raw.splits.train]).map(([row]) => row?.[0] ?? Number.NaN));
  const index = data.splits.test[0] as number;
  const value = samplesOf(raw, [index])[0]?.[0]?.[0] ?? Number.NaN;
  expect(samplesOf(data, [index])[0]?.[0]?.[0]).toBeCloseTo((value - mean) / deviation, 5);
});

test("with a shape of several axes the last one is the channel", async () => {
  const text = `a,b,c,d\n${Array.from({ length: 20 }, (_, i) => `${i},10,${i + 1},20`).join("\n")}\n`;
  const data = await open("csv", write("c.csv", text), { split, normalize: "standard", shape: [2, 2] });
  const train = samplesOf(data, [...data.splits.train]).map(([row]) => row ?? []);
  for (const channel of [0, 1]) {
    const [mean, deviation] = moments(train.flatMap((row) => row.filter((_, i) => i % 2 === channel)));
    expect([mean, deviation].map((value) => Math.round(value * 1e4) / 1e4 + 0)).toEqual([0, 1]);
  }
});

test("limit keeps that many samples and their labels", async () => {
  const text = `a,y\n${Array.from({ length: 50 }, (_, i) => `${i},${i % 5}`).join("\n")}\n`;
  const data = await open("csv", write("l.csv", text), {
    label: "y",
    limit: 10,
    split: { ...split, train: 0.8, test: 0.2 },
  });
  expect([data.size, data.splits.train.length, data.splits.test.length]).toEqual([10, 8, 2]);
  const labels = data.labels?.kind === "class" ? [...data.labels.values] : [];
  expect(labels).toEqual(samplesOf(data).map(([row]) => (row?.[0] ?? 0) % 5));
});
