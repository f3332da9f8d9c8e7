import { mkdirSync, mkdtempSync, realpathSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { type Diagnostic, DiagnosticError, diagnostic, renderDiagnostic } from "../../src/base/diagnostic.js";
import { openDataset, openModel } from "../../src/run/inputs.js";
import { checkText } from "../../src/session/program.js";
import { type DecoderFile, decoderFile } from "../frontends/onnx/decoder-file.js";

/**
 * Broken language models and texts as a user meets them: what checking the program finds, and, where it passes, what
 * opening model and data finds. All messages are in `language-model.txt`.
 */

type Files = Readonly<Record<string, string | Uint8Array>>;

interface Case {
  readonly files?: Files;
  /** The model's and the data's statement, when they are others. */
  readonly model?: string;
  readonly data?: string;
}

const config = {
  ...{ model_type: "llama", vocab_size: 257, hidden_size: 32, num_attention_heads: 2, num_hidden_layers: 1 },
  ...{ intermediate_size: 8, max_position_embeddings: 64 },
};
const changed = (change: object) => ({ files: { "m/config.json": JSON.stringify({ ...config, ...change }) } });

function safetensors(header: object, bytes: number, length?: number): Uint8Array {
  const text = Buffer.from(JSON.stringify(header));
  const head = Buffer.alloc(8);
  head.writeBigUInt64LE(BigInt(length ?? text.length));
  return Buffer.concat([head, text, Buffer.alloc(bytes)]);
}

/** All weights of the model, zeros. */
function zeros(shapes: Readonly<Record<string, readonly number[]>>): Uint8Array {
  let at = 0;
  const entries = Object.entries(shapes).map(([name, shape]) => {
    const from = at;
    at += 4 * shape.reduce((product, size) => product * size, 1);
    return [`${name}.weight`, { dtype: "F32", shape, data_offsets: [from, at] }] as const;
  });
  return safetensors(Object.fromEntries(entries), at);
}

const layer = "model.layers.0";
const shapes: Readonly<Record<string, readonly number[]>> = {
  "model.embed_tokens": [257, 32],
  [`${layer}.input_layernorm`]: [32],
  ...Object.fromEntries(["q", "k", "v", "o"].map((part) => [`${layer}.self_attn.${part}_proj`, [32, 32]])),
  [`${layer}.post_attention_layernorm`]: [32],
  [`${layer}.mlp.gate_proj`]: [8, 32],
  [`${layer}.mlp.up_proj`]: [8, 32],
  [`${layer}.mlp.down_proj`]: [32, 8],
  "model.norm": [32],
  lm_head: [257, 32],
};
const whole = zeros(shapes);
const usual: Files = {
  "m/config.json": JSON.stringify(config),
  "m/model.safetensors": whole,
  "t.txt": Array.from({ length: 40 }, (_, i) => `Paragraph ${i}. ${"More of it. ".repeat(100)}`).join("\n\n"),
  "other/tokenizer.json": "{}",
};

/** A model as torch.onnx writes it. */
const exported = (change: Partial<DecoderFile>): Case => ({
  files: { "m.onnx": decoderFile({ heads: 2, kvHeads: 1, size: 16, steps: null, vocabulary: 257, ...change }) },
  model: 'onnx("m.onnx")',
});

const cases: Readonly<Record<string, Case>> = {
  "another family": changed({ model_type: "mamba" }),
  "a config.json of something else": { files: { "m/config.json": "{}" } },
  "heads that do not fit": changed({ num_attention_heads: 3 }),
  "scaled rotary positions": changed({ rope_scaling: { rope_type: "yarn", factor: 4 } }),
  "more tokens than positions": { model: 'safetensors("m") { input_shape: [65] }' },
  "a sequence of two dimensions": { model: 'safetensors("m") { input_shape: [8, 8] }' },
  "weights that are cut short": { files: { "m/model.safetensors": whole.slice(0, 5000) } },
  "a header of absurd length": { files: { "m/model.safetensors": safetensors({}, 0, 2 ** 50) } },
  "a missing layer": {
    files: {
      "m/model.safetensors": zeros({
        ...Object.fromEntries(Object.entries(shapes).filter(([name]) => name !== "model.norm")),
        "model.norms": [32],
      }),
    },
  },
  "a kernel of another shape": { files: { "m/model.safetensors": zeros({ ...shapes, lm_head: [32, 257] }) } },
  "nothing is wrong": {},
  "a model that is not there": { model: 'safetensors("nowhere")' },
  "a text that is not there": { data: 'text("nowhere.txt")' },
  "a text that is too short": { files: { "t.txt": "short" } },
  "a text in another encoding": { files: { "t.txt": Uint8Array.of(0xff, 0xfe, 0x41, 0) } },
  "no file of the pattern": { data: 'text("other") { files: "*.md" }' },
  "a tokenizer that is none": { data: 'text("t.txt") { tokenizer: "other/tokenizer.json" }' },
  "a tokenizer outside": { data: 'text("t.txt") { tokenizer: "../tokenizer.json" }' },
  "the declarations without a tokenizer": { data: "declarations" },
  "an ONNX file that takes more than tokens": exported({ inputs: ["attention_mask", "position_ids"] }),
  "an ONNX file that takes a cache": exported({ inputs: ["attention_mask", "past_key_values.0.key"] }),
  "an ONNX file with fewer tokens": exported({ steps: 32 }),
  "a sequence of one token": { data: 'text("t.txt") { length: 1 }' },
};

async function messagesOf({ files = {}, model, data }: Case): Promise<string> {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "nibble-language-model-")));
  mkdirSync(join(folder, ".nibble"));
  for (const [name, content] of Object.entries({ ...usual, ...files })) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), content);
  }
  const text = [
    `model lm = ${model ?? 'safetensors("m") { input_shape: [64] }'}`,
    `data words = ${data ?? 'text("t.txt") { length: 64 }'}`,
    "experiment e {\n  model lm\n  data words\n  try weight_only\n  measure accuracy\n}\n",
  ].join("\n");
  const checked = await checkText({ path: join(folder, "p.nib"), text });
  const found = [...checked.diagnostics];
  const [experiment] = checked.program?.experiments ?? [];
  if (found.length === 0 && experiment) {
    found.push(...(await opening(() => openDataset(experiment.data))));
    found.push(...(await opening(() => openModel(experiment.model))));
  }
  const shown = found.map((each) =>
    renderDiagnostic(each, checked.sources).replaceAll(`${folder}/`, "").replaceAll(folder, "."),
  );
  return shown.length === 0 ? "nothing is wrong" : shown.join("\n");
}

async function opening(body: () => Promise<unknown>): Promise<readonly Diagnostic[]> {
  try {
    await body();
    return [];
  } catch (error) {
    if (error instanceof DiagnosticError) return error.diagnostics;
    throw error;
  }
}

/** What a graph that shall give one token at a time may lack; programs meet these where they time decoding. */
const decoding: readonly Diagnostic[] = [
  diagnostic("decoder-none", { model: "net", reason: "it has no causal attention" }),
  diagnostic("decoder-mixes-steps", { node: "pool/ReduceMean", opType: "ReduceMean" }),
  diagnostic("decoder-context", { context: 512, positions: 128, table: "wpe/table" }),
];

test("messages about language models and text", async () => {
  const parts: string[] = [];
  for (const [name, each] of Object.entries(cases)) parts.push(`## ${name}\n\n${await messagesOf(each)}\n`);
  parts.push(`## decoding\n\n${decoding.map((each) => renderDiagnostic(each, new Map())).join("\n")}\n`);
  await expect(parts.join("\n")).toMatchFileSnapshot("language-model.txt");
});
