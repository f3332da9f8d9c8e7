import { expect, test } from "vitest";
import { hashBytes } from "../../src/base/hash.js";
import { drawSegment } from "../../src/datasets/strokes/raster.js";
import { letters, skeletons } from "../../src/datasets/strokes/skeletons.js";
import { scratch } from "./scratch.js";

const { open, summarize, refusal } = scratch();

const pixels = (data: Awaited<ReturnType<typeof open>>, indices: readonly number[]) => data.read(indices)[0];

test("the first 260 glyphs of seed 1 are these bytes on every machine", async () => {
  const data = await open("strokes", undefined, { count: 260 });
  const indices = Array.from({ length: 260 }, (_, i) => i);
  const levels = Uint8Array.from(pixels(data, indices)?.data ?? [], (value) => Math.round(value * 255));
  expect(hashBytes(levels)).toMatchInlineSnapshot(
    `"sha256:5e58983f24454405f24b5e638a6a6275669aa8b2c426909ba6efe2e5bd294686"`,
  );
});

test("sample i depends on seed and i alone", async () => {
  const few = await open("strokes", undefined, { count: 60, seed: 5 });
  const many = await open("strokes", undefined, { count: 5000, seed: 5 });
  const other = await open("strokes", undefined, { count: 60, seed: 6 });
  expect(pixels(many, [59])).toEqual(pixels(few, [59]));
  expect(pixels(many, [3, 59])?.data.slice(1024)).toEqual(pixels(few, [59])?.data);
  expect(pixels(other, [59])).not.toEqual(pixels(few, [59]));
});

test("26 classes take turns; values are multiples of 1/255 in 0..1", async () => {
  const data = await open("strokes", undefined, { count: 52, split: { train: 0.5, test: 0.5, seed: 1 } });
  expect(data.labels).toEqual({
    kind: "class",
    classes: [..."abcdefghijklmnopqrstuvwxyz"],
    values: Int32Array.from({ length: 52 }, (_, i) => i % 26),
  });
  const values = pixels(data, [0, 1, 2])?.data ?? new Float32Array();
  expect(
    values.every((value) => value >= 0 && value <= 1 && Math.abs(value * 255 - Math.round(value * 255)) < 1e-4),
  ).toBe(true);
  expect(Math.max(...values)).toBeGreaterThan(0.5);
});

test("no two samples of a run are alike", async () => {
  const data = await open("strokes", undefined, { count: 2600 });
  const hashes = new Set(Array.from({ length: 2600 }, (_, i) => `${pixels(data, [i])?.data}`));
  expect(hashes.size).toBe(2600);
});

test("every letter has a skeleton within its grid", () => {
  expect(letters.join("")).toBe("abcdefghijklmnopqrstuvwxyz");
  for (const { points } of Object.values(skeletons).flat(2)) {
    expect(points.length % 2).toBe(0);
    expect(points.length).toBeGreaterThanOrEqual(4);
    expect(points.every((value, i) => value >= 0 && value <= (i % 2 === 0 ? 10 : 14))).toBe(true);
  }
});

test("a segment inks the pixels it covers: full inside, half where its edge crosses the centre", () => {
  const image = new Float32Array(25);
  drawSegment(image, 0, 5, [1, 2.5, 4, 2.5], 1, 0.5);
  const column = [0, 1, 2, 3, 4].map((row) => image[row * 5 + 2]);
  expect(column).toEqual([0, 0.25, 0.5, 0.25, 0]);
  expect(image[2 * 5]).toBe(0.5);
});

test("drawing outside the image changes nothing", () => {
  const image = new Float32Array(25);
  drawSegment(image, 0, 5, [-9, -9, -3, -3], 1, 1);
  expect(image.every((value) => value === 0)).toBe(true);
});

test("the summary says size and shape; a shape must hold 1024 values", async () => {
  expect(await summarize("strokes", undefined)).toEqual({
    size: 20_000,
    trainSize: 16_000,
    inputShapes: [[32, 32, 1]],
    labels: { kind: "class" },
    version: 1,
  });
  expect(await summarize("strokes", undefined, { count: 5, shape: [1, 32, 32] })).toEqual({
    size: 5,
    trainSize: 4,
    inputShapes: [[1, 32, 32]],
    labels: { kind: "class" },
    version: 1,
  });
  expect(await refusal(open("strokes", undefined, { shape: [28, 28, 1] }))).toMatchInlineSnapshot(`
    "error[data-shape-mismatch]: shape [28, 28, 1] holds 784 values, but a glyph of "strokes" has 1024
         = hint: the sizes of \`shape\` multiply to the number of values of one sample"
  `);
});
