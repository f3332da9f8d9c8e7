import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { formatNamed } from "../by-name.js";
import { sampleOf } from "./sample.js";

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");
const q4_k = formatNamed("q4_k");
const sample = sampleOf(240);

/*
 * The package `gguf` reads Q4_K and does not write it. These are bytes of ggml's own `quantize_row_q4_K_ref`, called on the
 * same sample in the library that npm's @node-llama-cpp/linux-x64 3.22.1 ships (libggml-base.so).
 */
test("blocks are those of ggml: bell-shaped, many ties, one sign", () => {
  const blocks = {
    6: "a815a921fdfbedf7f9b0e5f175faff865b768fa879259b0137c88a6aa939458cc169b8b4fb68a039d888ec015a7ca6e4879fa794f60c4801111a55a9789aaf2458b6706879eb88119ba959014698f3b3655a074c84f22fb2b4a6864485694bd8065045456f75a94ead861d6382a4940b6c3365bb4a5dbd121c36cea1f7a8654a528a56938a8d5f650aa850ca5b6d7895",
    7: "412e863afcedecbfeea4f6bf54689ead8c47c46aa5246397d7586f924a7c5a6800b8c6863a7746a327893885f56a2b3c7abadc5d974c5f6f5a9aac9cee958c8f479634995a7673b85a8c7be0adfbae0455c5a92e959637c86b7c1065d9069b8d25269e133d93cc2f1caa0939f56863853b75a08873b5aa5e0876455469dba7a9aa519b2afcb6b367b7b9880654e7568a",
    10: "041ecc14f9bfacfa037f00000ecf0c0798c97ab9879c7cd777f8b6776b7e87779b786778a87a6baa89b7d8979d9867867fc96cabd8a98a6a7e8c9e687d7a89bf998afd6d686dbb898b799abb789aa99eb7b6e6d7a897c6a7a6aa9686a7b78b86dc868997e68ac7c7d8a8b7af8897b8867acdbb6b88f9787aae8b9baf7fe8ca6a8bb86a99be88ed789c9988fc9b8cab8b",
  };
  for (const [block, bytes] of Object.entries(blocks)) {
    const values = sample.subarray(Number(block) * 256, (Number(block) + 1) * 256);
    expect(hex(q4_k.encode(values).codes), `block ${block}`).toBe(bytes);
  }
});

test("all 240 blocks of the sample have ggml's bytes", () => {
  const hash = createHash("sha256").update(q4_k.encode(sample).codes).digest("hex");
  expect(hash).toBe("15c2a5524c02834eb1b66cb1bdb5abc16583f6b6e76e0c2f475ebf280ffcb966");
});

test("values beyond what the fp16 scales can say saturate, and none becomes NaN", () => {
  const values = Float32Array.from({ length: 256 }, (_, i) => (i % 2 ? 3e38 : -3e38));
  const back = q4_k.decode(q4_k.encode(values));
  expect(back.every((x, i) => Number.isFinite(x) && Math.sign(x) === Math.sign(values[i] as number))).toBe(true);
});
