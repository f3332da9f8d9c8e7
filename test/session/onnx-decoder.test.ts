import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import type { Diagnostic } from "../../src/base/diagnostic.js";
import { fileHost } from "../../src/run/host.js";
import { checkText, runText } from "../../src/session/program.js";
import { type DecoderFile, decoderFile } from "../frontends/onnx/decoder-file.js";

/** Language models in ONNX files, run on text: what they take beside tokens is constant, and both phases are timed. */

const root = mkdtempSync(join(tmpdir(), "nibble-onnx-decoder-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const usual: DecoderFile = {
  ...{ heads: 4, kvHeads: 2, size: 16, steps: null, vocabulary: 257 },
  ...{ inputs: ["attention_mask", "position_ids"], caches: true },
};

beforeAll(() => {
  mkdirSync(join(root, ".nibble"));
  writeFileSync(
    join(root, "t.txt"),
    Array.from({ length: 40 }, (_, i) => `Paragraph ${i}. ${"More of it. ".repeat(100)}`).join("\n\n"),
  );
  const files: Readonly<Record<string, DecoderFile>> = {
    open: usual,
    fixed: { ...usual, steps: 12 },
    learned: { ...usual, positions: "learned", mask: "where" },
    cached: { ...usual, inputs: ["attention_mask", "past_key_values.0.key"] },
    spoiled: { ...usual, spoiled: "sign" },
  };
  for (const [name, options] of Object.entries(files)) writeFileSync(join(root, `${name}.onnx`), decoderFile(options));
});

const program = (model: string, latency: string, options = "") => `model lm = onnx("${model}.onnx")${options}
data words = text("t.txt") { length: 12, split: train 50% test 50% seed 7, limit: 20 }
experiment sweep {
  model lm
  data words
  try weight_only { weights: int8, group: 32 }
  measure accuracy, size, latency { ${latency} }
}
`;

const said = ({ code, severity }: Diagnostic) => `${severity} ${code}`;
const checked = async (text: string) => checkText({ path: join(root, "p.nib"), text });

test("a decoder as it is exported is checked, run on text, and timed in both phases", {
  timeout: 240_000,
}, async () => {
  const text = program("open", "phase: prefill | decode, context: 30");
  writeFileSync(join(root, "p.nib"), text);
  const { results, diagnostics } = await runText({ path: join(root, "p.nib"), text }, { folder: root, quick: true });
  expect(diagnostics.map(said)).toEqual(["note inputs-constant"]);
  const records = results.flatMap((result) => result.records);
  const found = records.flatMap((record) => (record.status === "completed" ? [record] : []));
  expect(found.map(({ scheme }) => scheme.name)).toEqual(["fp32", "weight_only"]);
  for (const { parity, attestation, latency = [], accuracy } of found) {
    expect(parity?.reference).toMatch(/the file itself, not optimized/);
    expect(parity?.maxRelativeError).toBeLessThan(1e-5);
    expect(attestation?.attested).toBe(true);
    expect(accuracy?.nextToken?.n).toBeGreaterThan(0);
    const timed = latency.map(({ phase, context, medianMs }) => [phase, context, medianMs > 0]);
    expect(timed).toEqual([
      ["prefill", 30, true],
      ["decode", 30, true],
    ]);
  }
  expect(found.map(({ attestation }) => attestation?.integerNodes)).toEqual([0, 8]);
});

test("what can be timed of a file is known when the program is checked", async () => {
  const both = "phase: prefill | decode, context: 30";
  const codes = async (text: string) => (await checked(text)).diagnostics.map(said);
  expect(await codes(program("open", both))).toEqual(["note inputs-constant"]);
  expect(await codes(program("open", "batch: 1", " { input_shape: [12] }"))).toEqual(["note inputs-constant"]);
  // A file that fixes its sequences takes no other prompt; a cache may be longer.
  expect(await codes(program("fixed", both))).toEqual(["note inputs-constant", "warning prompt-length"]);
  // Learned positions end with the sequence.
  expect(await codes(program("learned", both))).toContain("error context-too-long");
  expect(await codes(program("learned", "phase: decode"))).toEqual(["note inputs-constant"]);
  expect(await codes(program("spoiled", both))).toContain("error phase-without-decoder");
  expect(await codes(program("cached", both))).toEqual(["error onnx-input"]);
  expect(await codes(program("open", both, " { input_shape: [11] }"))).toContain("error shape-mismatch");
});

test("data that gives every input goes on as before", async () => {
  const host = fileHost({ allowed: [root] });
  const reference = { name: "lm", format: "onnx", path: join(root, "fixed.onnx") };
  const { inputs, decoder } = await host.describeModel(reference);
  expect(inputs.map(({ name }) => name)).toEqual(["input_ids", "attention_mask", "position_ids"]);
  expect(decoder).toBeUndefined();
  const text = program("fixed", "batch: 1").replace(/data words = .*/, "data words = random { shape: [12], count: 9 }");
  expect((await checked(text)).diagnostics.map(said)).toContain("error input-count-mismatch");
});
