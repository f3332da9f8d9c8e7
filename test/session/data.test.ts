import { join } from "node:path";
import { expect, test } from "vitest";
import { ownPackage } from "../../src/base/package.js";
import { openDataset } from "../../src/run/inputs.js";
import { openData } from "../../src/session/data.js";

const path = join(ownPackage().folder, "datasets/digits/digits.csv");
const options = { label: "digit", shape: [8, 8, 1], scale: 0.0625, split: "train 80% test 20% seed 7" };

test("openData gives the samples and labels of the split that an experiment uses", async () => {
  const data = await openData({ reader: "csv", path, options });
  const settings = { label: "digit", shape: [8, 8, 1], scale: 0.0625, split: { train: 0.8, test: 0.2, seed: 7 } };
  const dataset = await openDataset({ name: "digits", reader: "csv", path, settings });
  const [expected] = dataset.read(dataset.splits.test);
  expect(data.test.x).toEqual({ data: expected?.data, shape: [360, 8, 8, 1] });
  expect([data.train.size, data.test.size, data.classes?.length]).toEqual([1437, 360, 10]);
  const { labels } = dataset;
  if (labels?.kind !== "class") throw new Error("digits have classes");
  expect([...(data.train.y ?? [])]).toEqual(Array.from(dataset.splits.train, (index) => labels.values[index]));
});

test("a misspelt option is refused as in a program", async () => {
  await expect(openData({ reader: "csv", path, options: { lable: "digit" } })).rejects.toThrow('"label"');
});
