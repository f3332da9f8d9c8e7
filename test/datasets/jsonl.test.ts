import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { half, samplesOf, scratch } from "./scratch.js";

const { write, open, summarize, refusal } = scratch();

const read = (text: string | Uint8Array, settings = {}) =>
  open("jsonl", write("t.jsonl", text), { split: half, ...settings });
const refused = (text: string, settings = {}) => refusal(read(text, settings));

test("numbers and nested arrays, concatenated in the order of the fields", async () => {
  const text = '{"y": "b", "x": [[1, 2], [3, 4]], "z": 9}\n\n{"z": true, "x": [[5, 6], [7, 8]], "y": "a"}';
  const data = await read(text, { label: "y" });
  expect(samplesOf(data)).toEqual([[[1, 2, 3, 4, 9]], [[5, 6, 7, 8, 1]]]);
  expect(data.labels).toEqual({ kind: "class", values: Int32Array.of(1, 0), classes: ["a", "b"] });
});

test("one field of features keeps its shape; gzip and CRLF change nothing", async () => {
  const text = '{"x": [[1, 2], [3, 4]]}\r\n{"x": [[5, 6], [7, 8]]}\r\n';
  const data = await read(gzipSync(text));
  expect(data.inputShapes).toEqual([[2, 2]]);
  expect(samplesOf(data)).toEqual([[[1, 2, 3, 4]], [[5, 6, 7, 8]]]);
  expect(await summarize("jsonl", write("s.jsonl", text), { shape: [4] })).toEqual({
    columns: ["x"],
    inputShapes: [[4]],
    labels: { kind: "none" },
  });
});

test("regression labels are numbers or rows of numbers", async () => {
  const one = await read('{"x": 1, "y": 0.5}\n{"x": 2, "y": 1.5}', { label: "y", task: "regression" });
  expect(one.labels).toEqual({ kind: "value", values: Float32Array.of(0.5, 1.5), width: 1 });
  const two = await read('{"x": 1, "y": [1, 2]}\n{"x": 2, "y": [3, 4]}', { label: "y", task: "regression" });
  expect(two.labels).toEqual({ kind: "value", values: Float32Array.of(1, 2, 3, 4), width: 2 });
});

test("a line longer than one chunk of the file, with letters cut between chunks, is one line", async () => {
  const long = JSON.stringify({ name: "é".repeat(200_000), x: 1 });
  const data = await read(`${long}\n${long.replace('"x":1', '"x":2')}\n`, { ignore: ["name"] });
  expect(samplesOf(data)).toEqual([[[1]], [[2]]]);
});

test("mistakes", async () => {
  expect(await refused("")).toMatchInlineSnapshot(`"error[data-empty]: "<folder>/t.jsonl" holds no lines"`);
  expect(await refused('{"x": 1}\n{"x": ')).toMatchInlineSnapshot(
    `"error[data-row-syntax]: t.jsonl, line 2 is not readable as JSON: Unexpected end of JSON input"`,
  );
  expect(await refused("[1, 2]")).toMatchInlineSnapshot(
    `"error[data-row-syntax]: t.jsonl, line 1 is not readable as a JSON object: it is [1, 2]"`,
  );
  expect(await refused('{"x": 1}\n{"y": 1}')).toMatchInlineSnapshot(`
    "error[data-value-missing]: t.jsonl, line 2, column "x" has no value
         = hint: fill the gap or take the row out; Nibble guesses no values"
  `);
  expect(await refused('{"x": [1, 2]}\n{"x": [1]}')).toMatchInlineSnapshot(
    `"error[data-sample-shape]: t.jsonl, line 2, column "x" has shape [1]; the first sample has [2]"`,
  );
  expect(await refused('{"x": [[1, 2], [3]]}')).toMatchInlineSnapshot(
    `"error[data-sample-shape]: t.jsonl, line 1, column "x" has shape [1]; the first sample has [2]"`,
  );
  expect(await refused('{"x": null}')).toMatchInlineSnapshot(`
    "error[data-value-missing]: t.jsonl, line 1, column "x" has no value
         = hint: fill the gap or take the row out; Nibble guesses no values"
  `);
  expect(await refused('{"x": "cat"}')).toMatchInlineSnapshot(`
    "error[data-not-a-number]: t.jsonl, line 1, column "x" holds "\\"cat\\"", which is not a number
         = hint: \`categories: [word, ...]\` reads words as numbers; \`ignore\` leaves a column out; \`label\` names the expected answer's"
  `);
  expect(await refused('{"x": 1e400}')).toMatchInlineSnapshot(`
    "error[data-not-finite]: t.jsonl, line 1, column "x" holds Infinity; values must be finite
         = hint: replace the value or take the row out"
  `);
  expect(await refused('{"x": []}')).toMatchInlineSnapshot(`
    "error[data-value-missing]: t.jsonl, line 1, column "x" has no value
         = hint: fill the gap or take the row out; Nibble guesses no values"
  `);
  expect(await refused('{"x": [[[[[[[[[1]]]]]]]]]}')).toMatchInlineSnapshot(
    `"error[data-too-large]: the nesting of "x" is too large: 9 levels, the most is 8"`,
  );
  expect(await refused('{"x": 1, "y": null}\n{"x": 2, "y": "a"}', { label: "y" })).toMatchInlineSnapshot(
    `
    "error[data-label-missing]: t.jsonl, line 1, column "y" has no label
         = hint: write the label or take the row out"
  `,
  );
  expect(await refused('{"x": 1, "y": {}}', { label: "y" })).toMatchInlineSnapshot(
    `"error[data-label-kind]: t.jsonl, line 1, column "y" has the label {}, which is neither a text nor a number"`,
  );
  expect(await refused('{"x": 1}', { columns: ["z"] })).toMatchInlineSnapshot(`
    "error[data-unknown-column]: "t.jsonl" has no column "z" (\`columns\`)
         = hint: known columns: "x""
  `);
});
