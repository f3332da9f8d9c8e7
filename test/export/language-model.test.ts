import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { learnBpe } from "../../datasets/models/bpe.js";
import { ownPackage } from "../../src/base/package.js";
import { onnxruntime } from "../../src/engines/onnxruntime.js";
import type { ExportManifest } from "../../src/export/manifest.js";
import { verifyExport } from "../../src/export/manifest-file.js";
import { snippets } from "../../src/export/snippets.js";
import { runText } from "../../src/session/program.js";
import type { Result } from "../../src/session/result.js";
import { tensor } from "../../src/tensor/tensor.js";
import { smallDecoder } from "../frontends/decoder/decoder.js";
import { randomize } from "../frontends/tfjs/parity.js";
import { save } from "../frontends/tfjs/saving.js";
import { haveChromium } from "../jupyter/installed.js";
import { havePython, runPython } from "../python.js";
import { openSite, runModule, startBrowser } from "./browser.js";

/** A language model, exported so that it can go on from a prompt; its programs are run by each library as they are printed. */

const PATIENCE_MS = 300_000;
const LENGTH = 16;
const CLASSES = 300;
const root = mkdtempSync(join(tmpdir(), "nibble-export-lm-"));
const program = `model lm = tfjs("model/model.json")
data code = text("code.txt") { tokenizer: "tokenizer.json", length: ${LENGTH}, split: train 50% test 50% seed 7, limit: 40 }
experiment sweep {
  model lm
  data code
  try weight_only { weights: int4, group: 32 }
  try dynamic
  measure accuracy, latency { phase: decode, context: 19 }, size
}
export sweep.fp32 to "float" { forms: onnx | onnx_with_past }
export sweep.weight_only to "int4"
export sweep.dynamic to "dynamic" { forms: onnx_with_past }
`;

const folder = (name: string) => join(root, name);
const manifestOf = (name: string) =>
  JSON.parse(readFileSync(join(folder(name), "manifest.json"), "utf8")) as ExportManifest;
const formOf = (name: string) => manifestOf(name).forms.find(({ form }) => form === "onnx_with_past");

let result: Result;
let browser: Browser | undefined;
beforeAll(async () => {
  mkdirSync(join(root, ".nibble"));
  mkdirSync(join(root, "model"));
  const text = readFileSync(join(ownPackage().folder, "LICENSE"), "utf8");
  writeFileSync(join(root, "code.txt"), text);
  writeFileSync(join(root, "tokenizer.json"), JSON.stringify(learnBpe([text], CLASSES)));
  await save(randomize(smallDecoder({ steps: LENGTH, classes: CLASSES, kvHeads: 2 })), join(root, "model"), 2 ** 20);
  writeFileSync(join(root, "lm.nib"), program);
  const ran = await runText({ path: join(root, "lm.nib"), text: program }, { folder: root, quick: true });
  const errors = ran.diagnostics.filter(({ severity }) => severity === "error");
  const [first] = ran.results;
  if (!first || errors.length > 0) throw new Error(JSON.stringify(errors));
  result = first;
  if (haveChromium) browser = await startBrowser();
}, PATIENCE_MS);

afterAll(async () => {
  await browser?.close();
  rmSync(root, { recursive: true, force: true });
});

test("a language model is exported with a file that goes on from its cache, and with its tokenizer", async () => {
  expect(result.exports.map(({ manifest }) => manifest.forms.map(({ form }) => form))).toEqual([
    ["onnx", "onnx_with_past"],
    ["onnx", "onnx_with_past"],
    ["onnx_with_past"],
  ]);
  for (const name of ["float", "int4", "dynamic"]) {
    expect(await verifyExport(folder(name))).toEqual([]);
    expect(manifestOf(name).data.tokenizer).toBe("tokenizer.json");
    expect(readFileSync(join(folder(name), "tokenizer.json"))).toEqual(readFileSync(join(root, "tokenizer.json")));
  }
  const { inputs, positions, timed } = formOf("int4") ?? {};
  // Room for the token behind the context that was timed, and so the very bytes that were.
  expect(timed).toEqual(["decode"]);
  expect(inputs?.slice(0, 2)).toEqual([
    { name: "input_ids", dtype: "int64", shape: [1, "sequence_length"] },
    { name: "past_key_values.0.key", dtype: "float32", shape: [1, 2, "past_sequence_length", 16] },
  ]);
  expect(positions).toBe(20);
});

test("whole prompts have the trial's own accuracy, and sequences in parts the logits of whole ones", () => {
  for (const name of ["float", "int4", "dynamic"]) {
    const { accuracy, continuation } = formOf(name) ?? {};
    const recorded = manifestOf(name).record.accuracy;
    expect(accuracy?.metrics?.perplexity?.value).toBeCloseTo(recorded?.metrics?.perplexity?.value ?? Number.NaN, 3);
    expect(continuation).toMatchObject({ sequences: 4, tokens: 4 * LENGTH });
    // Dynamic scales are those of the tokens that are read together, so parts are other arithmetic than the whole.
    const bound = { float: 1e-5, int4: 1e-4, dynamic: 0.1 }[name] as number;
    expect(continuation?.maxRelativeError).toBeLessThan(bound);
    expect(continuation?.sameTop).toBeGreaterThan(name === "dynamic" ? 0.9 : 0.998);
  }
});

/** What the float model itself makes of a prompt, each token from whole sequences: later steps do not matter. */
async function greedy(prompt: readonly number[], count: number): Promise<number[]> {
  const session = await (await onnxruntime()).load(join(folder("float"), "model.onnx"), {
    threads: 1,
    optimization: "all",
  });
  const tokens = [...prompt];
  const [input = "", output = ""] = [session.inputNames[0], session.outputNames[0]];
  for (let i = 0; i < count; i++) {
    const padded = Float32Array.from({ length: LENGTH }, (_, at) => tokens[at] ?? 0);
    const logits = (await session.run({ [input]: tensor("float32", [1, LENGTH], padded) }))[output]
      ?.data as Float32Array;
    const classes = logits.length / LENGTH;
    const last = logits.subarray((tokens.length - 1) * classes, tokens.length * classes);
    tokens.push(last.indexOf(Math.max(...last)));
  }
  await session.close();
  return tokens;
}

test(
  "every program that the card prints for it makes the tokens that whole sequences make",
  async () => {
    const expected = await greedy([0, 1], 8);
    const card = readFileSync(join(folder("float"), "MODEL_CARD.md"), "utf8");
    const found = snippets(manifestOf("float")).filter(({ title }) => title.endsWith("token by token"));
    expect(found.map(({ code }) => card.includes(code))).toEqual([true, true, true]);
    symlinkSync(join(ownPackage().folder, "node_modules"), join(root, "node_modules"));
    const [python, node, web] = found.map(({ code }) => code);
    writeFileSync(join(folder("float"), "go-on.mjs"), node ?? "");
    const made = execFileSync(process.execPath, ["go-on.mjs"], { cwd: folder("float"), encoding: "utf8" });
    expect(JSON.parse(made)).toEqual(expected);
    if (havePython) {
      const printed = runPython(`import os\nos.chdir(${JSON.stringify(folder("float"))})\n${python}`);
      expect(JSON.parse(printed)).toEqual(expected);
    }
    if (browser) {
      const { page, printed } = await openSite(browser, folder("float"));
      expect(JSON.parse(await runModule(page, printed, web ?? ""))).toEqual(expected);
      await page.close();
    }
  },
  PATIENCE_MS,
);
