import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import { DiagnosticError } from "../../../src/base/diagnostic.js";
import { openPretrained } from "../../../src/frontends/decoder/pretrained.js";
import { readHeader, readTensor } from "../../../src/frontends/decoder/safetensors.js";
import { inFolder } from "../tfjs/parity.js";

/** A file: the length of the header, the header, the data. */
function fileOf(header: unknown, data: Uint8Array, length?: number | bigint): Uint8Array {
  const text = Buffer.from(typeof header === "string" ? header : JSON.stringify(header));
  const head = Buffer.alloc(8);
  head.writeBigUInt64LE(BigInt(length ?? text.length));
  return Buffer.concat([head, text, data]);
}

const two = {
  a: { dtype: "F32", shape: [2], data_offsets: [0, 8] },
  b: { dtype: "BF16", shape: [1, 2], data_offsets: [8, 12] },
};
// 1 and -2.5 in float32; 0x3fc0 and 0xc000 are the upper halves of 1.5 and -2.
const bytes = Uint8Array.of(0, 0, 0x80, 0x3f, 0, 0, 0x20, 0xc0, 0xc0, 0x3f, 0, 0xc0);

const outcomeOf = (body: () => unknown) => {
  try {
    body();
    return "nothing";
  } catch (error) {
    return error instanceof DiagnosticError ? error.diagnostics.map(({ code }) => code).join() : String(error);
  }
};

test("tensors of float32 and brain floats are read by their offsets alone", async () => {
  await inFolder(async (folder) => {
    const path = join(folder, "m.safetensors");
    await writeFile(path, fileOf({ __metadata__: { format: "pt" }, ...two }, bytes));
    const tensors = readHeader(path);
    expect([...tensors.keys()]).toEqual(["a", "b"]);
    const read = [...tensors].map(([name, stored]) => {
      const { shape, data } = readTensor(stored, name);
      return { shape, data: [...data] };
    });
    expect(read).toEqual([
      { shape: [2], data: [1, -2.5] },
      { shape: [1, 2], data: [1.5, -2] },
    ]);
  });
});

const entry = (change: object) => ({ ...two, b: { ...two.b, ...change } });
const broken: Readonly<Record<string, Uint8Array>> = {
  "an empty file": new Uint8Array(),
  "seven bytes": new Uint8Array(7),
  "a header longer than the file": fileOf(two, bytes, 1000),
  "an absurd length": fileOf(two, bytes, 2n ** 63n),
  "a header that is a list": fileOf([], bytes),
  "an offset behind the end": fileOf(entry({ data_offsets: [8, 9999] }), bytes),
  "a negative offset": fileOf(entry({ data_offsets: [-4, 0] }), bytes),
  "offsets the wrong way round": fileOf(entry({ data_offsets: [12, 8] }), bytes),
  "two tensors on the same bytes": fileOf(entry({ data_offsets: [4, 8] }), bytes.slice(0, 8)),
  "a hole": fileOf(entry({ data_offsets: [9, 13] }), Buffer.concat([bytes, new Uint8Array(1)])),
  "bytes of nobody": fileOf(two, Buffer.concat([bytes, new Uint8Array(5)])),
  "another shape than its bytes": fileOf(entry({ shape: [3] }), bytes),
  "a negative size": fileOf(entry({ shape: [-1, -2] }), bytes),
  "sizes whose product is no number": fileOf(entry({ shape: [2 ** 40, 2 ** 40, 2 ** 40] }), bytes),
  "too many dimensions": fileOf(entry({ shape: new Array(99).fill(1) }), bytes),
  "an entry that is no object": fileOf({ a: 3 }, bytes),
  "data that ends early": fileOf(two, bytes.slice(0, 10)),
};

test.each(Object.entries(broken))("%s is one diagnostic", async (_, content) => {
  await inFolder(async (folder) => {
    const path = join(folder, "m.safetensors");
    await writeFile(path, content);
    expect(outcomeOf(() => readHeader(path))).toBe("safetensors-corrupt");
  });
});

test("a header that is no JSON, and one that nests without end, are one diagnostic", async () => {
  await inFolder(async (folder) => {
    const path = join(folder, "m.safetensors");
    await writeFile(path, fileOf('{"a": ', bytes));
    expect(outcomeOf(() => readHeader(path))).toBe("model-json-syntax");
    await writeFile(path, fileOf(`${'{"a":'.repeat(5000)}1${"}".repeat(5000)}`, bytes));
    expect(outcomeOf(() => readHeader(path))).toBe("model-json-depth");
  });
});

test("whatever bytes a file has, reading ends in tensors or in a diagnostic", async () => {
  await inFolder(async (folder) => {
    const path = join(folder, "m.safetensors");
    const whole = fileOf(two, bytes);
    const change = fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { maxLength: 4 });
    await fc.assert(
      fc.asyncProperty(change, fc.nat(whole.length), async (changes, length) => {
        const content = Uint8Array.from(whole);
        for (const [at, value] of changes) content[at] = value;
        await writeFile(path, content.subarray(0, length));
        const outcome = outcomeOf(() => {
          for (const [name, stored] of readHeader(path))
            if (stored.dtype in { F32: 1, F16: 1, BF16: 1 }) readTensor(stored, name);
        });
        expect(["nothing", "safetensors-corrupt", "model-json-syntax", "model-weight-not-finite"]).toContain(outcome);
      }),
      { numRuns: 200 },
    );
  });
});

const llama = {
  ...{ model_type: "llama", vocab_size: 4, hidden_size: 32, num_attention_heads: 2, num_hidden_layers: 1 },
  ...{ intermediate_size: 8, max_position_embeddings: 8 },
};

test.each([
  ["a family that is not known", { ...llama, model_type: "mamba" }, "decoder-family"],
  ["no family", {}, "decoder-family"],
  ["heads that do not divide the width", { ...llama, num_attention_heads: 3 }, "decoder-config"],
  ["heads of 8 elements", { ...llama, num_attention_heads: 4 }, "decoder-config"],
  ["an absurd number of layers", { ...llama, num_hidden_layers: 1e9 }, "decoder-config"],
  ["a width that is a text", { ...llama, hidden_size: "16" }, "decoder-config"],
  ["a missing size", { ...llama, intermediate_size: undefined }, "decoder-config"],
  ["scaled rotary positions", { ...llama, rope_scaling: { type: "linear", factor: 2 } }, "decoder-config"],
  ["an activation that is not known", { ...llama, hidden_act: "gelu" }, "decoder-config"],
  ["no weights", llama, "model-not-found"],
] as const)("config.json with %s is one diagnostic", async (_, config, code) => {
  await inFolder(async (folder) => {
    await writeFile(join(folder, "config.json"), JSON.stringify(config));
    expect(outcomeOf(() => openPretrained(folder))).toBe(code);
  });
});

test("weights that are missing, of another shape, integers, or outside of the folder are named", async () => {
  await inFolder(async (base) => {
    const folder = join(base, "model");
    await mkdir(folder);
    await writeFile(join(folder, "config.json"), JSON.stringify(llama));
    const weights = async (name: string, stored: { dtype: string; shape: number[] }, size: number) =>
      writeFile(
        join(folder, "model.safetensors"),
        fileOf({ [name]: { ...stored, data_offsets: [0, size] } }, new Uint8Array(size)),
      );
    const lower = () => outcomeOf(() => openPretrained(folder).lower());
    const table = "model.embed_tokens.weight";
    await weights("other.weight", { dtype: "F32", shape: [4, 32] }, 512);
    expect(lower()).toBe("model-weight-missing");
    await weights(table, { dtype: "F32", shape: [32, 4] }, 512);
    expect(lower()).toBe("model-weight-shape");
    await weights(table, { dtype: "I32", shape: [4, 32] }, 512);
    expect(lower()).toBe("model-weight-type");
    const index = (file: string) =>
      writeFile(join(folder, "model.safetensors.index.json"), JSON.stringify({ weight_map: { [table]: file } }));
    await writeFile(join(base, "outside.safetensors"), fileOf(two, bytes));
    await index("../outside.safetensors");
    expect(lower()).toBe("shard-outside");
    await index("missing.safetensors");
    expect(lower()).toBe("shard-missing");
  });
});
