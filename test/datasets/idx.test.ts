import { basename, join } from "node:path";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { half, samplesOf, scratch } from "./scratch.js";

const { folder, write, open, summarize, refusal } = scratch();

/** Two images of 2x3 bytes and their labels, as the page of MNIST lays them out. */
const images = Uint8Array.of(
  0,
  0,
  8,
  3,
  0,
  0,
  0,
  2,
  0,
  0,
  0,
  2,
  0,
  0,
  0,
  3,
  0,
  1,
  2,
  3,
  4,
  5,
  250,
  251,
  252,
  253,
  254,
  255,
);
const labels = Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 2, 1, 0);
const values = [[[0, 1, 2, 3, 4, 5]], [[250, 251, 252, 253, 254, 255]]];

test("images and labels, plain and gzipped", async () => {
  write("labels-idx1-ubyte", labels);
  write("labels.gz", gzipSync(labels));
  const plain = await open("idx", write("images-idx3-ubyte", images), { label: "labels-idx1-ubyte", split: half });
  const packed = await open("idx", write("images.gz", gzipSync(images)), { label: "labels.gz", split: half });
  for (const data of [plain, packed]) {
    expect(samplesOf(data)).toEqual(values);
    expect(data.labels).toEqual({ kind: "class", values: Int32Array.of(1, 0), classes: ["0", "1"] });
    expect(data.inputShapes).toEqual([[2, 3]]);
  }
});

test("the summary reads the header alone", async () => {
  const headerOnly = images.slice(0, 16);
  expect(await summarize("idx", write("head", headerOnly), { shape: [2, 3, 1] })).toEqual({
    size: 2,
    trainSize: 1,
    inputShapes: [[2, 3, 1]],
    moreFiles: [],
    labels: { kind: "none" },
  });
  const labelled = await summarize("idx", write("head", headerOnly), { label: basename(write("lab", labels)) });
  expect(labelled.moreFiles).toEqual([join(folder, "lab")]);
});

/** [-2, 3] in every element type of the format; unsigned bytes give 254. */
const elements = {
  "unsigned byte": [8, [254, 3], [254, 3]],
  "signed byte": [9, [254, 3], [-2, 3]],
  short: [11, [255, 254, 0, 3], [-2, 3]],
  int: [12, [255, 255, 255, 254, 0, 0, 0, 3], [-2, 3]],
  float: [13, [0xc0, 0, 0, 0, 0x40, 0x40, 0, 0], [-2, 3]],
  double: [14, [0xc0, 0, 0, 0, 0, 0, 0, 0, 0x40, 0x08, 0, 0, 0, 0, 0, 0], [-2, 3]],
} as const;

test.each(Object.entries(elements))("elements of type %s", async (_, [type, bytes, expected]) => {
  const file = Uint8Array.of(0, 0, type, 1, 0, 0, 0, 2, ...bytes);
  expect(samplesOf(await open("idx", write("t", file), { split: half }))).toEqual(expected.map((value) => [[value]]));
});

test("mistakes", async () => {
  const refused = (bytes: Uint8Array, settings = {}) =>
    refusal(open("idx", write("t.idx", bytes), { split: half, ...settings }));
  expect(await refused(new Uint8Array())).toMatchInlineSnapshot(`"error[data-empty]: "<folder>/t.idx" holds no bytes"`);
  expect(await refused(Buffer.from("\x89PNG\r\n"))).toMatchInlineSnapshot(
    `"error[data-corrupt]: "t.idx" is not readable as IDX: its first bytes are c2 89 50 4e; MNIST images begin 00 00 08 03"`,
  );
  expect(await refused(images.slice(0, 10))).toMatchInlineSnapshot(`
    "error[data-truncated]: "t.idx" is cut short: the header needs 16 bytes, the file has 10 bytes
         = hint: fetch the file again"
  `);
  expect(await refused(images.slice(0, 20))).toMatchInlineSnapshot(`
    "error[data-truncated]: "t.idx" is cut short: shape [2, 2, 3] needs 28 bytes, the file has 20 bytes
         = hint: fetch the file again"
  `);
  expect(await refused(Uint8Array.of(...images, 9))).toMatchInlineSnapshot(`
    "error[data-trailing-bytes]: "t.idx" is longer than its header says: 29 bytes instead of 28
         = hint: the header and the data do not belong together; fetch the file again"
  `);
  expect(
    await refused(Uint8Array.of(0, 0, 8, 3, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255, 255)),
  ).toMatchInlineSnapshot(`
    "error[data-truncated]: "t.idx" is cut short: shape [4294967295, 4294967295, 4294967295] needs 7.92e+19 GB, the file has 16 bytes
         = hint: fetch the file again"
  `);
  expect(await refused(Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 0))).toMatchInlineSnapshot(
    `"error[data-empty]: "<folder>/t.idx" holds no samples"`,
  );
  expect(await refused(Uint8Array.of(0, 0, 13, 1, 0, 0, 0, 1, 0x7f, 0xc0, 0, 0))).toMatchInlineSnapshot(`
    "error[data-not-finite]: t.idx, sample 0 holds NaN; values must be finite
         = hint: replace the value or take the row out"
  `);
  expect(await refused(images, { shape: [28, 28, 1] })).toMatchInlineSnapshot(`
    "error[data-shape-mismatch]: shape [28, 28, 1] holds 784 values, but a sample of "t.idx" has 6
         = hint: the sizes of \`shape\` multiply to the number of values of one sample"
  `);
  write("three", Uint8Array.of(0, 0, 8, 1, 0, 0, 0, 3, 1, 0, 1));
  expect(await refused(images, { label: "three" })).toMatchInlineSnapshot(`
    "error[data-labels-count]: "t.idx" has 2 samples but "three" has 3 labels
         = hint: the two do not belong together"
  `);
  expect(await refused(images, { label: "../three" })).toMatchInlineSnapshot(`
    "error[data-path-outside]: "../three" lies outside "<folder>"
         = hint: a second file of a data set lies in the folder of the first or below it"
  `);
  expect(await refused(images, { label: "/etc/hostname" })).toMatchInlineSnapshot(`
    "error[data-path-outside]: "/etc/hostname" lies outside "<folder>"
         = hint: a second file of a data set lies in the folder of the first or below it"
  `);
  write("labels", labels);
  expect(await refused(images, { label: "labels", classes: ["zero"] })).toMatchInlineSnapshot(`
    "error[data-label-unknown]: labels, sample 0 has the label "1", which is none of the 1 class
         = hint: known classes: "zero""
  `);
});
