import { gzipSync } from "node:zlib";
import fc from "fast-check";
import { expect, test } from "vitest";
import { half, samplesOf, scratch } from "./scratch.js";

const { write, open, summarize, refusal } = scratch();

const read = (text: string | Uint8Array, settings = {}) =>
  open("csv", write("t.csv", text), { split: half, ...settings });
const refused = (text: string | Uint8Array, settings = {}) => refusal(read(text, settings));

test("a table with a label: features in order, labels from 0 are indices", async () => {
  const data = await read("a,label,b\n1,0,2\n3,2,4.5\n", { label: "label" });
  expect(samplesOf(data)).toEqual([[[1, 2]], [[3, 4.5]]]);
  expect(data.labels).toEqual({ kind: "class", values: Int32Array.of(0, 2), classes: ["0", "1", "2"] });
  expect(data.inputShapes).toEqual([[2]]);
});

test("quotes, a byte order mark, CRLF, spaces, empty lines and gzip change nothing", async () => {
  const plain = samplesOf(await read("a,b\n1,2\n3,4\n"));
  const dressed = '\uFEFF"a", b\r\n\r\n"1","2"\r\n 3 ,4\r\n\r\n';
  expect(samplesOf(await read(dressed))).toEqual(plain);
  expect(samplesOf(await read(gzipSync(dressed)))).toEqual(plain);
});

test.each([
  [",", "comma"],
  [";", "semicolon"],
  ["\t", "tab"],
  ["|", "pipe"],
])("the delimiter %j is guessed from the first line, and %s says it", async (sign, name) => {
  const text = `a${sign}"b, c; d"\n1${sign}2\n3${sign}4\n`;
  expect(samplesOf(await read(text))).toEqual([[[1, 2]], [[3, 4]]]);
  expect(samplesOf(await read(text, { delimiter: name }))).toEqual([[[1, 2]], [[3, 4]]]);
});

test("columns choose and order the features; ignore leaves some out", async () => {
  const text = "id,a,b,y\nx1,1,2,0\nx2,3,4,1\n";
  expect(samplesOf(await read(text, { label: "y", columns: ["b", "a"] }))).toEqual([[[2, 1]], [[4, 3]]]);
  expect(samplesOf(await read(text, { label: "y", ignore: ["id"] }))).toEqual([[[1, 2]], [[3, 4]]]);
});

test("value = raw * scale + offset", async () => {
  const data = await read("a\n0\n16\n", { scale: 1 / 16, offset: -0.5 });
  expect(samplesOf(data)).toEqual([[[-0.5]], [[0.5]]]);
});

test("regression takes the label as a real value", async () => {
  const data = await read("a,rings\n1,9.5\n2,-3\n", { label: "rings", task: { name: "regression" } });
  expect(data.labels).toEqual({ kind: "value", values: Float32Array.of(9.5, -3), width: 1 });
});

test("without a header columns are numbered, and the first line is a sample", async () => {
  const data = await read("5.1,3.5,setosa\n4.9,3.0,virginica\n", { header: false, label: "column_3" });
  expect(samplesOf(data)[0]).toEqual([[Math.fround(5.1), 3.5]]);
  expect(data.labels).toMatchObject({ classes: ["setosa", "virginica"] });
});

test("pandas' numbered columns are names", async () => {
  expect(await summarize("csv", write("p.csv", "0,1,label\n5,6,0\n"), { label: "label" })).toEqual({
    columns: ["0", "1", "label"],
    inputShapes: [[2]],
    labels: { kind: "class" },
  });
});

test.each([
  [{}, { kind: "none" }],
  [{ label: "y" }, { kind: "class" }],
  [
    { label: "y", classes: ["no", "yes"] },
    { kind: "class", classes: 2 },
  ],
  [{ label: "y", task: "regression" }, { kind: "value" }],
])("what the labels will be is known from the settings %j", async (settings, labels) => {
  expect(await summarize("csv", write("l.csv", "x,y\n5,0\n"), settings)).toMatchObject({ labels });
});

test("any table of finite numbers is read back as float32", async () => {
  const cell = fc.double({ noNaN: true, min: -1e30, max: 1e30 });
  const table = fc.array(fc.tuple(cell, cell, cell), { minLength: 2, maxLength: 20 });
  await fc.assert(
    fc.asyncProperty(table, async (rows) => {
      const text = `a,b,c\n${rows.map((row) => row.join(",")).join("\n")}`;
      expect(samplesOf(await read(text))).toEqual(rows.map((row) => [row.map((value) => Math.fround(value) + 0)]));
    }),
    { numRuns: 25 },
  );
});

test("the hash follows the bytes and the settings, not the path or the name", async () => {
  const text = "a,b\n1,2\n3,4\n";
  const hash = async (name: string, content: string, settings = {}) =>
    (await open("csv", write(name, content), { split: half, ...settings })).hash;
  const base = await hash("one.csv", text);
  expect(await hash("two.csv", text)).toBe(base);
  expect(await hash("two.csv", text, { scale: 1, normalize: "none" })).toBe(base);
  expect(await hash("two.csv", text.replace("4", "5"))).not.toBe(base);
  expect(await hash("two.csv", text, { scale: 2 })).not.toBe(base);
});

test("mistakes are shown with file, line and column", async () => {
  expect(await refused("")).toMatchInlineSnapshot(`"error[data-empty]: "<folder>/t.csv" holds no lines"`);
  expect(await refused("a,b\n")).toMatchInlineSnapshot(
    `"error[data-empty]: "<folder>/t.csv" holds no rows under its header"`,
  );
  expect(await refused("a,b\n1,2\n3\n")).toMatchInlineSnapshot(
    `
    "error[data-row-length]: t.csv, line 3 has 1 cell; the first line has 2
         = hint: the file may be cut short there: copy or download it again"
  `,
  );
  expect(await refused("a,b\n1,2\n3,x\n")).toMatchInlineSnapshot(`
    "error[data-not-a-number]: t.csv, line 3, column "b" holds "x", which is not a number
         = hint: \`categories: [word, ...]\` reads words as numbers; \`ignore\` leaves a column out; \`label\` names the expected answer's"
  `);
  expect(await refused("a;b\n1;2\n3;1,5\n")).toMatchInlineSnapshot(`
    "error[data-not-a-number]: t.csv, line 3, column "b" holds "1,5", which is not a number
         = hint: decimals are written with a point: 1.5"
  `);
  expect(await refused("a,b\n1,\n3,4\n")).toMatchInlineSnapshot(`
    "error[data-value-missing]: t.csv, line 2, column "b" has no value
         = hint: fill the gap or take the row out; Nibble guesses no values"
  `);
  expect(await refused("a,b\n1,2\nNaN,4\n")).toMatchInlineSnapshot(`
    "error[data-not-finite]: t.csv, line 3, column "a" holds NaN; values must be finite
         = hint: replace the value or take the row out"
  `);
  expect(await refused("a,b\n1,1e39\n1,4\n")).toMatchInlineSnapshot(`
    "error[data-not-finite]: t.csv, line 2, column "b" holds 1e39; values must be finite
         = hint: replace the value or take the row out"
  `);
  expect(await refused('a,b\n1,2\n"3,4\n')).toMatchInlineSnapshot(
    `"error[data-row-syntax]: t.csv, line 3 is not readable as CSV: a quote is never closed"`,
  );
  expect(await refused("a,a\n1,2\n")).toMatchInlineSnapshot(`
    "error[data-column-twice]: "t.csv" has two columns called "a"
         = hint: give each column a name of its own"
  `);
  expect(await refused("1.5,2\n3,4\n")).toMatchInlineSnapshot(`
    "error[data-header-missing]: the first line of "t.csv" looks like data, not like column names: "1.5", "2"
         = hint: \`header: false\` names the columns column_1, column_2, ...; \`header: true\` takes the line as names all the same"
  `);
  expect(await refused("a,b\n\0\0\n")).toMatchInlineSnapshot(
    `"error[data-corrupt]: "t.csv" is not readable as CSV: it is binary, not text"`,
  );
  expect(await refused("a,b\n1,2\n3,4\n", { shape: [2, 2] })).toMatchInlineSnapshot(`
    "error[data-shape-mismatch]: shape [2, 2] holds 4 values, but a row of "t.csv" has 2
         = hint: the sizes of \`shape\` multiply to the number of values of one sample"
  `);
});

test("mistakes about labels and columns", async () => {
  const text = "age,kind\n1,cat\n2,dog\n";
  expect(await refused(text, { label: "kinds" })).toMatchInlineSnapshot(`
    "error[data-unknown-column]: "t.csv" has no column "kinds" (\`label\`)
         = hint: did you mean "kind"?"
  `);
  expect(await refused(text, { label: "kinds", columns: ["age", "aeg"], ignore: ["id"] })).toMatchInlineSnapshot(`
    "error[data-unknown-column]: "t.csv" has no column "kinds" (\`label\`)
         = hint: did you mean "kind"?
    error[data-unknown-column]: "t.csv" has no column "id" (\`ignore\`)
         = hint: known columns: "age", "kind"
    error[data-unknown-column]: "t.csv" has no column "aeg" (\`columns\`)
         = hint: did you mean "age"?"
  `);
  expect(await refused(text, { label: "kind", columns: ["kind"] })).toMatchInlineSnapshot(
    `"error[data-option-invalid]: \`columns\` takes features, which the model sees, not the label "kind""`,
  );
  expect(await refused(text, { label: "kind", ignore: ["age"] })).toMatchInlineSnapshot(`
    "error[data-no-features]: "t.csv" has no feature columns left
         = hint: \`columns\` lists the features; the label and \`ignore\` are not among them"
  `);
  expect(await refused(text, { label: "kind", classes: ["cat", "dot"] })).toMatchInlineSnapshot(`
    "error[data-label-unknown]: t.csv, line 3, column "kind" has the label "dog", which is none of the 2 classes
         = hint: did you mean "dot"?"
  `);
  expect(await refused(text, { label: "kind", task: "regression" })).toMatchInlineSnapshot(`
    "error[data-not-a-number]: t.csv, line 2, column "kind" holds "cat", which is not a number
         = hint: \`categories: [word, ...]\` reads words as numbers; \`ignore\` leaves a column out; \`label\` names the expected answer's"
  `);
  expect(await refused("age,kind\n1,\n2,dog\n", { label: "kind" })).toMatchInlineSnapshot(
    `
    "error[data-label-missing]: t.csv, line 2, column "kind" has no label
         = hint: write the label or take the row out"
  `,
  );
  expect(await refused("age,kind\n1,0.5\n2,1\n", { label: "kind" })).toMatchInlineSnapshot(`
    "error[data-label-real]: t.csv, line 2, column "kind" has the label 0.5, which is no class
         = hint: \`task: regression\` takes labels as real values"
  `);
  expect(await refused("age,kind\n1,7\n2,1\n", { label: "kind", classes: ["cat", "dog"] })).toMatchInlineSnapshot(`
    "error[data-label-unknown]: t.csv, line 2, column "kind" has the label "7", which is none of the 2 classes
         = hint: known classes: "cat", "dog""
  `);
  expect(await refused("age,kind\n1,0\n2,9999999\n", { label: "kind" })).toMatchInlineSnapshot(`
    "error[data-too-many-classes]: the labels make 10000000 classes, the most is 100000
         = hint: \`task: regression\` takes labels as real values"
  `);
});

test("mistakes about the file itself", async () => {
  expect(await refusal(open("csv", `${write("t.csv", "a\n1\n")}x`))).toMatchInlineSnapshot(`
    "error[data-source-missing]: the file "<folder>/t.csvx" does not exist
         = hint: paths are relative to the file that names them"
  `);
  expect(await refusal(open("csv", write("t.csv", "a\n1\n").replace(/t\.csv$/, "")))).toMatchInlineSnapshot(`
    "error[data-source-kind]: "<folder>/" is not a file
         = hint: this reader takes one file; images(...) takes a folder"
  `);
  expect(await refusal(open("csv", undefined))).toMatchInlineSnapshot(
    `"error[data-path-needed]: csv needs the path of its data: csv("...")"`,
  );
  expect(await refused(gzipSync("a,b\n1,2\n3,4\n").subarray(0, 20))).toMatchInlineSnapshot(
    `"error[data-corrupt]: "t.csv" is not readable as gzip: unexpected end of file"`,
  );
  expect(await refused(Buffer.from("\uFEFFa,b\n1,2\n", "utf16le"))).toMatchInlineSnapshot(
    `"error[data-corrupt]: "t.csv" is not readable as CSV: it is UTF-16 text; save it as UTF-8"`,
  );
});

test("mistakes in the settings", async () => {
  const text = "a,b\n1,2\n3,4\n";
  expect(await refused(text, { scales: 2 })).toMatchInlineSnapshot(`
    "error[data-option-unknown]: csv has no option "scales"
         = hint: did you mean "scale"?"
  `);
  expect(await refused(text, { scale: "big" })).toMatchInlineSnapshot(
    `"error[data-option-invalid]: \`scale\` takes a number, not "big""`,
  );
  expect(await refused(text, { limit: 1 })).toMatchInlineSnapshot(
    `"error[data-option-invalid]: \`limit\` takes a whole number of at least 2, not 1"`,
  );
  expect(await refused(text, { shape: [1.5] })).toMatchInlineSnapshot(
    `"error[data-option-invalid]: \`shape\` takes whole sizes of at least 1 that multiply to at most 67108864, not [1.5]"`,
  );
  expect(await refused(text, { normalize: "most" })).toMatchInlineSnapshot(
    `"error[data-option-invalid]: \`normalize\` takes one of none, standard, not "most""`,
  );
  expect(await refused(text, { split: { train: 0.9, test: 0.2, seed: 1 } })).toMatchInlineSnapshot(
    `"error[data-option-invalid]: \`split\` takes fractions train and test, together at most 1, and a seed, not {"train":0.9,"test":0.2,"seed":1}"`,
  );
  expect(await refused(text, { split: { train: 0.2, test: 0.8, seed: 1 } })).toMatchInlineSnapshot(`
    "error[data-split-empty]: the train split is empty: 20% of 2 samples
         = hint: calibration draws from the training split; give it a share, or more samples"
  `);
  expect(await refused(text, { split: { train: 1, test: 0, seed: 1 } })).toMatchInlineSnapshot(`
    "error[data-split-empty]: the test split is empty: 0% of 2 samples
         = hint: accuracy is measured on the test split; give it a share, or more samples"
  `);
});

test("words listed in `categories` are read as their places, and no other word is", async () => {
  const settings = { categories: ["F", "M", "I"] };
  expect(samplesOf(await read("sex,length\nM,0.5\nF,0.25\nI,1\n", settings))).toEqual([
    [[1, 0.5]],
    [[0, 0.25]],
    [[2, 1]],
  ]);
  expect(await refused("sex,length\nM,0.5\nX,0.25\n", settings)).toMatchInlineSnapshot(`
    "error[data-not-a-number]: t.csv, line 3, column "sex" holds "X", which is not a number
         = hint: \`categories: [word, ...]\` reads words as numbers; \`ignore\` leaves a column out; \`label\` names the expected answer's"
  `);
});
