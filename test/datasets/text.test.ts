import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { endOfText, learnBpe } from "../../datasets/models/bpe.js";
import { DiagnosticError } from "../../src/base/diagnostic.js";
import type { Dataset } from "../../src/datasets/dataset.js";
import { declarations as declarationReader } from "../../src/datasets/readers/declarations.js";
import { text as reader } from "../../src/datasets/readers/text.js";
import { declarations } from "../../src/datasets/text/declarations.js";
import { splitDocuments } from "../../src/datasets/text/split.js";
import { byteTokenizer, readTokenizer, tokenStream } from "../../src/datasets/text/tokenizer.js";
import { inFolder } from "../frontends/tfjs/parity.js";

const half = { train: 0.5, test: 0.5, seed: 1 };

/** A folder with these files while `body` runs. */
function withFiles<T>(files: Readonly<Record<string, string | Uint8Array>>, body: (folder: string) => Promise<T>) {
  return inFolder(async (folder) => {
    for (const [name, content] of Object.entries(files)) {
      await mkdir(dirname(join(folder, name)), { recursive: true });
      await writeFile(join(folder, name), content);
    }
    return body(folder);
  });
}

const openText = (path: string, settings: Record<string, unknown>) =>
  reader.open({ name: "t", reader: "text", path, settings: { split: half, ...settings } });

const codeOf = (promise: Promise<unknown>) =>
  promise.then(
    () => "nothing",
    (error) => (error instanceof DiagnosticError ? error.diagnostics[0]?.code : String(error)),
  );

/** Samples of one side with their labels, in the order of their text. */
function samplesOf({ labels, read }: Dataset, indices: Int32Array): string[] {
  if (labels?.kind !== "tokens") throw new Error("no tokens");
  const sorted = [...indices].sort((a, b) => a - b);
  const [inputs] = read(sorted);
  return sorted.map((index, i) => {
    const next = labels.values.subarray(index * labels.width, (index + 1) * labels.width);
    const shown = (list: ArrayLike<number>) => byteTokenizer.decode(Array.from(list));
    return `${shown(inputs?.data.subarray(i * labels.width, (i + 1) * labels.width) ?? [])}>${shown(next)}`;
  });
}

test("two files become sequences of bytes with the byte that follows each; what is left over is dropped", async () => {
  await withFiles({ "a.txt": "abcdefghij", "b.txt": "ABCDEFGHIJ", "c.md": "no" }, async (folder) => {
    const data = await openText(folder, { length: 4 });
    // Byte 256, the end-of-text token in front of each document, is no character.
    const sides = [data.splits.train, data.splits.test].map((side) => samplesOf(data, side)).sort();
    expect(sides.sort((a, b) => (a.join() < b.join() ? -1 : 1))).toEqual([
      ["ABC>ABCD", "DEFG>EFGH"],
      ["abc>abcd", "defg>efgh"],
    ]);
    expect(data.inputShapes).toEqual([[4]]);
    expect(data.labels).toMatchObject({ kind: "tokens", width: 4, classes: 257 });
  });
});

test("a stride below the length gives overlapping sequences", async () => {
  await withFiles({ "a.txt": "abcdefg", "b.txt": "ABCDEFG" }, async (folder) => {
    const data = await openText(folder, { length: 4, stride: 2 });
    expect(samplesOf(data, data.splits.train)).toHaveLength(2);
  });
});

test("documents of one name stay on one side, and sides have their shares of the characters", () => {
  const document = fc.record({ name: fc.constantFrom(..."abcdefghijklmnop"), text: fc.string({ minLength: 1 }) });
  fc.assert(
    fc.property(
      fc.array(document, { minLength: 1 }),
      fc.integer(),
      fc.double({ min: 0, max: 1, noNaN: true }),
      (all, seed, train) => {
        const sides = splitDocuments(all, { train, test: 1 - train, seed });
        expect(sides.train.length + sides.test.length).toBe(all.length);
        const names = new Set(sides.train.map(({ name }) => name));
        expect(sides.test.some(({ name }) => names.has(name))).toBe(false);
        const count = (list: typeof all) => list.reduce((sum, each) => sum + each.text.length, 0);
        const largest = Math.max(...all.map(({ name }) => count(all.filter((each) => each.name === name))));
        expect(Math.abs(count([...sides.train]) - train * count(all))).toBeLessThanOrEqual(largest / 2 + 1e-6);
      },
    ),
  );
});

test("one file is cut at blank lines, so that both sides have text of it", async () => {
  const paragraph = (i: number) => `${"word ".repeat(500)}${i}`;
  const content = Array.from({ length: 8 }, (_, i) => paragraph(i)).join("\n\n");
  await withFiles({ "a.txt": content }, async (folder) => {
    const data = await openText(join(folder, "a.txt"), { length: 64 });
    const sizes = [data.splits.train.length, data.splits.test.length];
    expect(sizes.every((size) => size > 100)).toBe(true);
  });
});

test("text that cannot be read gives one diagnostic", async () => {
  const files = {
    "ok.txt": "short",
    "bad.txt": Uint8Array.of(0xff, 0xfe, 0x41),
    "tokenizer.json": "{}",
    "e/f.md": "x",
  };
  await withFiles(files, async (folder) => {
    const at = (name: string) => join(folder, name);
    expect(await codeOf(openText(at("missing.txt"), {}))).toBe("data-source-missing");
    expect(await codeOf(openText(at("bad.txt"), { length: 4 }))).toBe("data-corrupt");
    expect(await codeOf(openText(at("ok.txt"), { length: 64 }))).toBe("data-text-short");
    expect(await codeOf(openText(at("e"), { length: 4 }))).toBe("data-empty");
    expect(await codeOf(openText(at("ok.txt"), { tokenizer: "tokenizer.json" }))).toBe("data-corrupt");
    expect(await codeOf(openText(at("ok.txt"), { tokenizer: "../elsewhere.json" }))).toBe("data-path-outside");
  });
});

const learned = JSON.stringify(learnBpe(["low lower lowest", "new newer newest wide wider"], 265));

test("BPE merges the most frequent pair first, and the library that reads it encodes by these merges", async () => {
  const { model } = JSON.parse(learned) as { model: { merges: string[][]; vocab: Record<string, number> } };
  // "we" occurs four times; then "lo" and "ne" three times each, and the alphabet decides.
  expect(model.merges.slice(0, 3)).toEqual([
    ["w", "e"],
    ["l", "o"],
    ["n", "e"],
  ]);
  expect(Object.keys(model.vocab)).toHaveLength(265);
  expect(model.vocab[endOfText]).toBe(264);
});

test("any text comes back from its tokens, and pieces encoded once say what the whole text says", async () => {
  await withFiles({ "tokenizer.json": learned }, async (folder) => {
    const tokenizer = await readTokenizer(join(folder, "tokenizer.json"));
    const { Tokenizer } = await import("@huggingface/tokenizers");
    const library = new Tokenizer(JSON.parse(learned) as object, {});
    expect(tokenizer).toMatchObject({ size: 265, endOfText: 264 });
    const word = fc.constantFrom(
      "low",
      " ",
      "  ",
      "\n",
      ".",
      "!",
      "?",
      ",",
      "'",
      "n't",
      "'s",
      "'ve",
      "7",
      "é",
      endOfText,
    );
    const words = fc.array(word).map((list) => list.join(""));
    const string = fc.oneof(fc.string({ unit: "binary" }), fc.string(), words);
    fc.assert(
      fc.property(string, (text) => {
        const tokens = tokenizer.encode(text);
        expect(tokens).toEqual(library.encode(text, { add_special_tokens: false }).ids);
        const wellFormed = Buffer.from(text).toString() === text && !text.includes(endOfText);
        if (wellFormed) expect(tokenizer.decode(tokens)).toBe(text);
        expect(tokens.every((token) => token >= 0 && token < tokenizer.size)).toBe(true);
      }),
    );
  });
});

test("TypeScript's declarations: no copies, none on both sides, and the reader's sequences are theirs", async () => {
  const { documents } = await declarations();
  expect(documents.length).toBeGreaterThan(3000);
  const sides = splitDocuments(documents, { train: 0.9, test: 0.1, seed: 7 });
  const lines = (list: typeof documents) =>
    list.flatMap(({ text }) => text.split("\n").map((line) => line.trim())).filter((line) => line.length >= 16);
  const known = new Set(lines(sides.train));
  const held = lines(sides.test);
  // Lines such as "readonly length: number;" recur everywhere; copied declarations would be far more.
  expect(held.filter((line) => known.has(line)).length / held.length).toBeLessThan(0.25);
  await withFiles({ "tokenizer.json": learned }, async (folder) => {
    const path = join(folder, "tokenizer.json");
    const settings = { length: 64, split: { train: 0.9, test: 0.1, seed: 7 }, limit: 50 };
    const data = await declarationReader.open({ name: "d", reader: "declarations", path, settings });
    const tokenizer = await readTokenizer(path);
    const stream = tokenStream(
      sides.test.map(({ text }) => text),
      tokenizer,
    );
    const [sample] = data.read([data.splits.test[0] as number]);
    const joined = `,${stream.join(",")},`;
    expect(joined.includes(`,${sample?.data.join(",")},`)).toBe(true);
    expect(data.size).toBe(50);
  });
});
