import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import { expect, test } from "vitest";
import { hashBytes } from "../../src/base/hash.js";
import { readers } from "../../src/datasets/registry.js";

const root = resolve(import.meta.dirname, "../../datasets");

interface Manifest {
  readonly name: string;
  readonly licence: string;
  readonly samples: number;
  readonly classes: readonly string[];
  readonly reader: string;
  readonly settings: Readonly<Record<string, unknown>>;
  readonly files: readonly { readonly path: string; readonly bytes: number; readonly hash: string }[];
}

const manifestOf = (name: string): Manifest => JSON.parse(readFileSync(`${root}/${name}/manifest.json`, "utf8"));

test.each(["digits", "strokes"])("%s: the manifest says what is there", async (name) => {
  const { files, licence, samples, classes, reader, settings } = manifestOf(name);
  for (const { path, bytes, hash } of files) {
    const content = readFileSync(`${root}/${name}/${path}`);
    expect([content.length, hashBytes(content)]).toEqual([bytes, hash]);
  }
  const file = files[0] && `${root}/${name}/${files[0].path}`;
  const found = readers.find((each) => each.name === reader);
  const data = await found?.open({ name, reader, settings, ...(file ? { path: file } : {}) });
  expect(data?.size).toBe(samples);
  expect(data?.labels).toMatchObject({ kind: "class", classes });
  expect(licence).toMatch(/^(CC BY 4.0|Apache-2.0)$/);
});

test("the digits: the split of the committed models", async () => {
  const { settings } = manifestOf("digits");
  const csv = readers.find(({ name }) => name === "csv");
  const data = await csv?.open({ name: "digits", reader: "csv", path: `${root}/digits/digits.csv`, settings });
  expect([data?.splits.train.length, data?.splits.test.length]).toEqual([1437, 360]);
  expect(hashBytes(new Uint8Array(data?.splits.test.buffer ?? new ArrayBuffer(0)))).toMatchInlineSnapshot(
    `"sha256:1e24a8febb62d478dda83fd512ebb369bdba074d120229ba741aceaed659ac03"`,
  );
});
