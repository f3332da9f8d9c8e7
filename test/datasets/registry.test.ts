import { expect, test } from "vitest";
import { readers } from "../../src/datasets/registry.js";

test("the readers of the language", () => {
  expect(readers.map(({ name, source }) => `${name}: ${source}`)).toEqual([
    "csv: file",
    "idx: file",
    "npy: file",
    "images: folder",
    "jsonl: file",
    "text: file",
    "strokes: none",
    "declarations: file",
    "random: none",
  ]);
});

test.each(readers.map((reader) => [reader.name, reader] as const))(
  "%s: every option is named once and explained",
  (_, reader) => {
    const names = reader.options.map(({ name }) => name);
    expect(new Set(names).size).toBe(names.length);
    for (const { name, summary } of reader.options) {
      expect(name).toMatch(/^[a-z][a-z0-9_]*$/);
      expect(summary.length).toBeGreaterThan(10);
    }
  },
);
