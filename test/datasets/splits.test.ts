import fc from "fast-check";
import { expect, test } from "vitest";
import { seededRandom } from "../../src/base/random.js";
import type { Labels } from "../../src/datasets/dataset.js";
import { keyOfIndex } from "../../src/datasets/keys.js";
import { limitSplits, splitSamples, splitSizes } from "../../src/datasets/splits.js";

const keysOf = (size: number) => Float64Array.from({ length: size }, (_, i) => keyOfIndex(i));

const classLabels = (values: readonly number[]): Labels => ({
  kind: "class",
  values: Int32Array.from(values),
  classes: ["a", "b", "c", "d"],
});

const labels = fc.array(fc.nat({ max: 3 }), { minLength: 4, maxLength: 200 });
const setting = fc
  .tuple(fc.integer({ min: 30, max: 90 }), fc.integer({ min: 30, max: 70 }), fc.nat())
  .map(([train, test, seed]) => ({ train: train / 100, test: Math.min(test, 100 - train) / 100, seed }))
  .filter(({ test }) => test >= 0.3);

test("the two splits never share a sample, and 100% together leave none out", () => {
  fc.assert(
    fc.property(labels, setting, (values, split) => {
      const { train, test: held } = splitSamples(keysOf(values.length), classLabels(values), split);
      const all = [...train, ...held];
      expect(new Set(all).size).toBe(all.length);
      if (split.train + split.test > 0.9999) expect(all).toHaveLength(values.length);
      expect(train.length).toBe(Math.floor(values.length * split.train + 1e-9));
    }),
  );
});

test("each class is in the training split in proportion, to within one sample", () => {
  fc.assert(
    fc.property(labels, setting, (values, split) => {
      const { train } = splitSamples(keysOf(values.length), classLabels(values), split);
      for (const label of [0, 1, 2, 3]) {
        const size = values.filter((value) => value === label).length;
        const inTrain = [...train].filter((index) => values[index] === label).length;
        expect(Math.abs(inTrain - size * split.train)).toBeLessThan(1 + 1e-6);
      }
    }),
  );
});

test("the same samples in another order are split the same way", () => {
  fc.assert(
    fc.property(labels, setting, fc.nat(), (values, split, shuffleSeed) => {
      const order = [...seededRandom(shuffleSeed).shuffle(Int32Array.from(values.keys()))];
      const keys = keysOf(values.length);
      const straight = splitSamples(keys, classLabels(values), split);
      const shuffled = splitSamples(
        Float64Array.from(order, (index) => keys[index] as number),
        classLabels(order.map((index) => values[index] as number)),
        split,
      );
      expect([...shuffled.train].map((index) => order[index])).toEqual([...straight.train]);
      expect([...shuffled.test].map((index) => order[index])).toEqual([...straight.test]);
    }),
  );
});

test("the same seed gives the same split, another seed another", () => {
  const split = (seed: number) => splitSamples(keysOf(100), undefined, { train: 0.8, test: 0.2, seed });
  expect(split(7)).toEqual(split(7));
  expect([...split(7).test].sort()).not.toEqual([...split(8).test].sort());
  expect([...split(7).test].sort()).not.toEqual([...split(7 + 2 ** 32).test].sort());
});

test("this split stays this split: committed models rely on it", () => {
  const { test: held } = splitSamples(keysOf(20), undefined, { train: 0.8, test: 0.2, seed: 7 });
  expect([...held]).toMatchInlineSnapshot(`
    [
      6,
      14,
      10,
      0,
    ]
  `);
});

test("a prefix of a split is a fair draw: classes are mixed", () => {
  const values = Array.from({ length: 400 }, (_, i) => Math.floor(i / 100));
  const { train } = splitSamples(keysOf(400), classLabels(values), { train: 0.8, test: 0.2, seed: 1 });
  const counts = [0, 1, 2, 3].map((label) => [...train].slice(0, 80).filter((i) => values[i] === label).length);
  for (const count of counts) expect(count).toBeGreaterThan(8);
});

test("a limit takes from both splits in proportion and moves no sample across", () => {
  fc.assert(
    fc.property(fc.integer({ min: 10, max: 300 }), fc.integer({ min: 2, max: 400 }), (size, limit) => {
      const whole = splitSamples(keysOf(size), undefined, { train: 0.8, test: 0.2, seed: 3 });
      const part = limitSplits(whole, limit);
      expect(part.train.length + part.test.length).toBe(Math.min(limit, size));
      expect([...part.train].every((index) => whole.train.includes(index))).toBe(true);
      expect([...part.test].every((index) => whole.test.includes(index))).toBe(true);
      expect(part.test.length).toBeGreaterThan(0);
      expect(Math.abs(part.train.length - 0.8 * Math.min(limit, size))).toBeLessThan(2);
    }),
  );
});

test("the sizes are known before the samples are", () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 10, max: 300 }),
      fc.integer({ min: 2, max: 400 }),
      fc.nat(3),
      (size, limit, classes) => {
        const values = Array.from({ length: size }, (_, i) => i % (classes + 1));
        const split = { train: 0.75, test: 0.25, seed: 3 };
        const { train, test: held } = limitSplits(splitSamples(keysOf(size), classLabels(values), split), limit);
        expect({ train: train.length, test: held.length }).toEqual(splitSizes(size, split, limit));
      },
    ),
  );
});
