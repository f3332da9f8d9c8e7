import { symlinkSync } from "node:fs";
import { join } from "node:path";
import sharp from "sharp";
import { expect, test } from "vitest";
import { half, samplesOf, scratch } from "./scratch.js";

const { folder, write, open, summarize, refusal } = scratch();

/** A picture of one colour. */
const plain = (r: number, g: number, b: number, width = 4, height = 4) =>
  sharp({ create: { width, height, channels: 3, background: { r, g, b } } });

const at = (name: string) => join(folder, name);

test("classes are folders, sorted; png, jpeg and webp are decoded to the shape", async () => {
  write("three/b/1.png", await plain(255, 0, 0).png().toBuffer());
  write("three/a/2.JPG", await plain(0, 0, 0).jpeg().toBuffer());
  write("three/a/3.webp", await plain(10, 20, 30).webp({ lossless: true }).toBuffer());
  write("three/a/notes.txt", "passed over");
  write("three/readme.md", "passed over");
  const data = await open("images", at("three"), { shape: [1, 2, 3], split: half });
  expect(data.inputShapes).toEqual([[1, 2, 3]]);
  expect(samplesOf(data)).toEqual([[[0, 0, 0, 0, 0, 0]], [[10, 20, 30, 10, 20, 30]], [[255, 0, 0, 255, 0, 0]]]);
  expect(data.labels).toEqual({ kind: "class", values: Int32Array.of(0, 0, 1), classes: ["a", "b"] });
  expect(await summarize("images", at("three"), { shape: [1, 2, 3] })).toEqual({
    size: 3,
    trainSize: 2,
    inputShapes: [[1, 2, 3]],
    labels: { kind: "class" },
  });
});

test("one channel is grey, classes can be ordered, alpha is dropped", async () => {
  write("grey/x/1.png", await plain(200, 200, 200).ensureAlpha(0.5).png().toBuffer());
  write("grey/y/2.png", await plain(50, 50, 50).png().toBuffer());
  const data = await open("images", at("grey"), { shape: [1, 1, 1], classes: ["y", "x"], split: half });
  expect(samplesOf(data)).toEqual([[[200]], [[50]]]);
  expect(data.labels).toMatchObject({ values: Int32Array.of(1, 0), classes: ["y", "x"] });
});

test("fill stretches, cover cuts, contain pads with black", async () => {
  // Left half black, right half white, twice as wide as high.
  const right = await plain(255, 255, 255, 20, 20).png().toBuffer();
  const wide = await plain(0, 0, 0, 40, 20)
    .composite([{ input: right, left: 20, top: 0 }])
    .png()
    .toBuffer();
  write("fit/a/1.png", wide);
  write("fit/a/2.png", wide);
  const column = async (fit: string) => {
    const data = await open("images", at("fit"), { shape: [20, 20, 1], fit, split: half });
    const pixels = samplesOf(data)[0]?.[0] ?? [];
    return [0, 3, 10, 19].map((row) => Math.round((pixels[row * 20 + 18] ?? 0) / 255));
  };
  expect(await column("fill")).toEqual([1, 1, 1, 1]);
  expect(await column("cover")).toEqual([1, 1, 1, 1]);
  expect(await column("contain")).toEqual([0, 0, 1, 0]);
});

test("only the images within the limit are decoded, and adding a class leaves the others where they were", async () => {
  for (let i = 0; i < 20; i++) write(`many/a/${i}.png`, await plain(i, i, i, 1, 1).png().toBuffer());
  const settings = { shape: [1, 1, 1], limit: 4, split: { train: 0.5, test: 0.5, seed: 5 } };
  const before = await open("images", at("many"), settings);
  expect(before.size).toBe(4);
  const test = (data: typeof before) => samplesOf(data, [...data.splits.test]).flat(2);
  const whole = await open("images", at("many"), { ...settings, limit: 20 });
  expect(test(whole)).toEqual(expect.arrayContaining(test(before)));
  write("many/b/0.png", await plain(99, 99, 99, 1, 1).png().toBuffer());
  write("many/b/1.png", await plain(98, 98, 98, 1, 1).png().toBuffer());
  const more = await open("images", at("many"), { ...settings, limit: 22 });
  expect(test(more).filter((value) => value < 98)).toEqual(test(whole));
});

test("mistakes", async () => {
  const settings = { shape: [2, 2, 3], split: half };
  expect(await refusal(open("images", at("nowhere"), settings))).toMatchInlineSnapshot(`
    "error[data-source-missing]: the folder "<folder>/nowhere" does not exist
         = hint: paths are relative to the file that names them"
  `);
  expect(await refusal(open("images", write("file.png", "x"), settings))).toMatchInlineSnapshot(`
    "error[data-source-kind]: "<folder>/file.png" is not a folder
         = hint: this reader takes a folder with one folder for each class"
  `);
  write("flat/1.png", await plain(0, 0, 0).png().toBuffer());
  expect(await refusal(open("images", at("flat"), settings))).toMatchInlineSnapshot(`
    "error[data-no-classes]: "<folder>/flat" has no folders with images
         = hint: one folder for each class, images (png, jpeg, webp) inside"
  `);
  expect(await refusal(open("images", at("three")))).toMatchInlineSnapshot(`
    "error[data-option-needed]: images needs \`shape\`
         = hint: [height, width, channels]: images are resized to it; 1 channel is grey, 3 is RGB"
  `);
  expect(await refusal(open("images", at("three"), { ...settings, shape: [2, 2] }))).toMatchInlineSnapshot(
    `"error[data-option-invalid]: \`shape\` takes [height, width, 1] or [height, width, 3], not [2,2]"`,
  );
  expect(await refusal(open("images", at("three"), { ...settings, classes: ["a"] }))).toMatchInlineSnapshot(`
    "error[data-label-unknown]: 1.png, sample 2 has the label "b", which is none of the 1 class
         = hint: known classes: "a""
  `);
  const cut = (await plain(9, 9, 9, 64, 64).png().toBuffer()).subarray(0, 60);
  write("cut/a/1.png", cut);
  write("cut/a/2.png", cut);
  expect(await refusal(open("images", at("cut"), settings))).toMatch(
    /^error\[data-corrupt\]: "[12]\.png" is not readable as an image/,
  );
});

test("a link that leads out of the folder is refused", async () => {
  const outside = write("outside.png", await plain(0, 0, 0).png().toBuffer());
  write("linked/a/1.png", await plain(0, 0, 0).png().toBuffer());
  symlinkSync(outside, at("linked/a/2.png"));
  expect(await refusal(open("images", at("linked"), { shape: [1, 1, 1] }))).toMatch("data-path-outside");
});
