import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { openPretrained } from "../../../src/frontends/decoder/pretrained.js";
import { withPast } from "../../../src/frontends/decoder/with-past.js";
import { interpret } from "../../../src/ir/interpret.js";
import { verify } from "../../../src/ir/verify.js";
import { tensor } from "../../../src/tensor/tensor.js";
import { havePython, runPython } from "../../python.js";
import { inFolder, relativeError } from "../tfjs/parity.js";

const reference = readFileSync(join(dirname(fileURLToPath(import.meta.url)), "reference.py"), "utf8");

const gpt2 = { vocab_size: 13, n_embd: 32, n_head: 2, n_layer: 2, n_positions: 9, layer_norm_epsilon: 1e-5 };
const llama = {
  ...{ vocab_size: 13, hidden_size: 64, num_attention_heads: 4, num_key_value_heads: 2, num_hidden_layers: 2 },
  ...{ intermediate_size: 40, rms_norm_eps: 1e-6, rope_theta: 500, hidden_act: "silu", max_position_embeddings: 64 },
};
const tokens = [1, 12, 0, 5, 5, 7];

test.skipIf(!havePython).each([
  ["gpt2", gpt2, "F32", 1],
  ["gpt2", gpt2, "F16", 3],
  ["llama", llama, "F32", 2],
  ["llama", llama, "BF16", 1],
] as const)("%s from safetensors says what numpy says: %o, %s, in %i files", async (family, config, dtype, shards) => {
  await inFolder(async (folder) => {
    const job = { folder, family, config, tokens, dtype, shards };
    const expected = (JSON.parse(runPython(reference, JSON.stringify(job))) as number[][]).flat();
    const graph = verify(openPretrained(folder, [tokens.length]).lower(), "loading");
    const feed = tensor("float32", [1, tokens.length], Float32Array.from(tokens));
    const [output] = graph.outputs;
    const logits = interpret(graph, { tokens: feed }).get(output?.name ?? "");
    expect(logits?.shape).toEqual([1, tokens.length, 13]);
    expect(relativeError(logits?.data as Float32Array, expected)).toBeLessThan(1e-5);
    expect(withPast(graph).inputs[0]?.type.shape).toEqual([1, "sequence_length"]);
  });
});
