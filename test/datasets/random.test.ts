import { expect, test } from "vitest";
import { samplesOf, scratch } from "./scratch.js";

const { open, summarize, refusal } = scratch();

test("values depend on seed, sample and input alone, not on how many are made", async () => {
  const few = await open("random", undefined, { shape: [3], shape_2: [3], count: 4, seed: 9 });
  const many = await open("random", undefined, { shape: [3], shape_2: [3], count: 40, seed: 9 });
  const other = await open("random", undefined, { shape: [3], shape_2: [3], count: 4, seed: 10 });
  expect(samplesOf(many, [0, 1, 2, 3])).toEqual(samplesOf(few));
  expect(samplesOf(other)).not.toEqual(samplesOf(few));
  const [first, second] = samplesOf(few)[0] ?? [];
  expect(second).not.toEqual(first);
});

test("this stream stays this stream", async () => {
  const data = await open("random", undefined, { shape: [2], count: 2, seed: 1 });
  expect(samplesOf(data)).toMatchInlineSnapshot(`
    [
      [
        [
          0.4997621476650238,
          0.1388377845287323,
        ],
      ],
      [
        [
          0.9392262697219849,
          0.6287351250648499,
        ],
      ],
    ]
  `);
});

test("uniform fills [low, high), integer takes both ends, normal has mean 0 and deviation 1", async () => {
  const values = async (settings: object) =>
    samplesOf(await open("random", undefined, { shape: [500], count: 20, ...settings })).flat(2);
  const uniform = await values({ low: -2, high: 3 });
  expect(Math.min(...uniform)).toBeGreaterThanOrEqual(-2);
  expect(Math.max(...uniform)).toBeLessThan(3);
  expect(Math.max(...uniform) - Math.min(...uniform)).toBeGreaterThan(4.9);
  expect(new Set(await values({ distribution: "integer", low: 2, high: 5 }))).toEqual(new Set([2, 3, 4, 5]));
  const normal = await values({ distribution: "normal" });
  const mean = normal.reduce((sum, value) => sum + value, 0) / normal.length;
  const variance = normal.reduce((sum, value) => sum + (value - mean) ** 2, 0) / normal.length;
  expect(Math.abs(mean)).toBeLessThan(0.04);
  expect(Math.abs(variance - 1)).toBeLessThan(0.06);
});

test("there are no labels, one shape for each input, and splits all the same", async () => {
  const data = await open("random", undefined, { shape: [4, 4, 1], shape_2: [2], count: 10 });
  expect(data.labels).toBeUndefined();
  expect(data.inputShapes).toEqual([[4, 4, 1], [2]]);
  expect([data.splits.train.length, data.splits.test.length]).toEqual([8, 2]);
  expect(await summarize("random", undefined, { shape: [2] })).toEqual({
    size: 256,
    trainSize: 204,
    inputShapes: [[2]],
    labels: { kind: "none" },
    version: 1,
  });
});

test("mistakes", async () => {
  expect(await refusal(open("random", undefined, {}))).toMatchInlineSnapshot(`
    "error[data-option-needed]: random needs \`shape\`
         = hint: shape of one sample without batch, e.g. [8, 8, 1]; values fill it row by row"
  `);
  expect(await refusal(open("random", undefined, { shape: [100_000, 100_000] }))).toMatchInlineSnapshot(
    `"error[data-option-invalid]: \`shape\` takes whole sizes of at least 1 that multiply to at most 67108864, not [100000,100000]"`,
  );
  expect(await refusal(open("random", undefined, { shape: [0] }))).toMatchInlineSnapshot(
    `"error[data-option-invalid]: \`shape\` takes whole sizes of at least 1 that multiply to at most 67108864, not [0]"`,
  );
  expect(await refusal(open("random", undefined, { shape: [2], low: 3 }))).toMatchInlineSnapshot(
    `"error[data-option-invalid]: \`high\` takes a number of at least low, 3, not 1"`,
  );
  expect(
    await refusal(open("random", undefined, { shape: [2], distribution: "integer", high: 0.5 })),
  ).toMatchInlineSnapshot(
    `"error[data-option-invalid]: \`distribution\` takes whole low and high for integer, not 0 and 0.5"`,
  );
  expect(await refusal(open("random", undefined, { shape: [2], distribution: "gauss" }))).toMatchInlineSnapshot(
    `"error[data-option-invalid]: \`distribution\` takes one of uniform, normal, integer, not "gauss""`,
  );
});
