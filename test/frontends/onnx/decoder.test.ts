import { readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import fc from "fast-check";
import { expect, test } from "vitest";
import { onnxruntime } from "../../../src/engines/onnxruntime.js";
import { withPast } from "../../../src/frontends/decoder/with-past.js";
import { toGraph } from "../../../src/frontends/onnx/graph.js";
import { decodeOnnx } from "../../../src/frontends/onnx/read.js";
import type { Graph } from "../../../src/ir/graph.js";
import { interpret } from "../../../src/ir/interpret.js";
import { verify } from "../../../src/ir/verify.js";
import { prepare } from "../../../src/quantize/passes/float/prepare.js";
import { type Tensor, tensorFrom } from "../../../src/tensor/tensor.js";
import { onEngine } from "../../quantize/passes/on-engine.js";
import { relativeError } from "../tfjs/parity.js";
import { type DecoderFile, decoderFile, type Spoiled } from "./decoder-file.js";

/** Language models as exporters write them, given tokens alone: the file itself by onnxruntime is the third answer. */

const VOCABULARY = 32;

function tokensOf(options: DecoderFile, steps: number): Tensor<"int64"> {
  const batch = options.steps === null ? 2 : 1;
  const numbers = Array.from({ length: batch * steps }, (_, i) => (i * 7 + 3) % VOCABULARY);
  return tensorFrom("int64", [batch, steps], numbers);
}

/** Logits of the file as it is, with masks and positions as whole sequences have them. */
async function asWritten(options: DecoderFile, bytes: Uint8Array, tokens: Tensor<"int64">): Promise<Float32Array> {
  const session = await (await onnxruntime()).load(bytes, { threads: 1, optimization: "disabled" });
  const [, steps = 1] = tokens.shape;
  const elements = { attention_mask: () => 1, position_ids: (i: number) => i % steps, token_type_ids: () => 0 };
  const further = (options.inputs ?? ["attention_mask"]).map((name) => {
    const element = elements[name as keyof typeof elements];
    return [
      name,
      tensorFrom(
        "int64",
        tokens.shape,
        Array.from(tokens.data, (_, i) => element(i)),
      ),
    ] as const;
  });
  try {
    const { logits } = await session.run({ input_ids: tokens, ...Object.fromEntries(further) });
    return logits?.data as Float32Array;
  } finally {
    await session.close();
  }
}

const countOf = (graph: Graph, opType: string) => graph.nodes.filter((node) => node.opType === opType).length;

async function graphsOf(options: DecoderFile, steps: number) {
  const bytes = decoderFile(options);
  const graph = toGraph(await decodeOnnx(bytes, "decoder.onnx"), { inputShape: [steps], sequences: "whole" });
  return { bytes, graph: verify(graph, "lowering"), fused: verify(prepare(graph), "preparing") };
}

/** The largest errors of the graph as it is lowered, and as it is prepared: interpreted, and by the engine. */
async function errorsOf(options: DecoderFile, steps: number): Promise<readonly number[]> {
  const { bytes, graph, fused } = await graphsOf(options, steps);
  const tokens = tokensOf(options, steps);
  const expected = await asWritten(options, bytes, tokens);
  const feeds = { input_ids: tensorFrom("float32", tokens.shape, Array.from(tokens.data, Number)) };
  const answers = [
    interpret(graph, feeds).get("logits"),
    interpret(fused, feeds).get("logits"),
    (await onEngine(fused, feeds)).logits,
  ];
  return answers.map((answer) => relativeError(answer?.data as Float32Array, expected));
}

const variant = fc
  .record({
    shared: fc.constantFrom(1, 2, 3),
    kvHeads: fc.constantFrom(1, 2),
    size: fc.constantFrom(16, 32),
    steps: fc.integer({ min: 2, max: 7 }),
    isFixed: fc.boolean(),
    layers: fc.constantFrom(1, 2),
    inputs: fc.subarray(["attention_mask", "position_ids", "token_type_ids"] as const),
    positions: fc.constantFrom("slice", "split", "halves", "interleaved", "learned"),
    turned: fc.constantFrom("heads", "steps"),
    repeat: fc.constantFrom("expand", "tile", "concat", "gather"),
    mask: fc.constantFrom("where", "minimum", "triangle", "scatter", "infinite"),
    headNorm: fc.boolean(),
    flat: fc.boolean(),
    turnedSize: fc.constantFrom(16, 32),
    caches: fc.boolean(),
  } as const)
  .map(({ shared, isFixed, steps, turnedSize, ...rest }) => {
    const sizes = { heads: shared * rest.kvHeads, turnedSize: Math.min(turnedSize, rest.size) };
    const options: DecoderFile = { ...rest, ...sizes, steps: isFixed ? steps : null };
    return { options, steps };
  });

test("whatever an exporter writes, attention becomes one node of tokens alone, and gives what the file gives", async () => {
  await fc.assert(
    fc.asyncProperty(variant, async ({ options, steps }) => {
      const { fused } = await graphsOf(options, steps);
      const { layers = 1, kvHeads, heads } = options;
      expect(fused.inputs.map(({ name, type }) => [name, ...type.shape])).toEqual([["input_ids", "batch", steps]]);
      expect(fused.outputs.map(({ name }) => name)).toEqual(["logits"]);
      const attention = fused.nodes.filter(({ opType }) => opType === "GroupQueryAttention");
      expect(attention.map(({ attributes }) => [attributes.num_heads, attributes.kv_num_heads])).toEqual(
        new Array(layers).fill([heads, kvHeads]),
      );
      expect(attention.map(({ inputs }) => inputs.length)).toEqual(
        new Array(layers).fill(options.positions === "learned" ? 7 : 9),
      );
      const left = ["Softmax", "Sin", "Neg", "Expand", "Tile", "ReduceMean", "Sigmoid", "Where"];
      expect(left.filter((opType) => countOf(fused, opType) > 0)).toEqual([]);
      expect(countOf(fused, "SimplifiedLayerNormalization")).toBe(2 * layers + 1 + (options.headNorm ? 2 * layers : 0));
      expect(countOf(fused, "QuickGelu")).toBe(layers);
      for (const error of await errorsOf(options, steps)) expect(error).toBeLessThan(1e-5);
    }),
    { numRuns: 40 },
  );
}, 120_000);

const usual: DecoderFile = { heads: 4, kvHeads: 2, size: 16, steps: null, positions: "slice", mask: "infinite" };

test("the angles of rotary positions are stored once, one column a pair, and reach beyond the sequence", async () => {
  const { fused } = await graphsOf({ ...usual, layers: 2 }, 6);
  const tables = [...fused.initializers].filter(([name]) => name.startsWith("rotary/"));
  expect(tables.map(([name, { shape }]) => [name, ...shape])).toEqual([
    ["rotary/cos", 6, 8],
    ["rotary/sin", 6, 8],
  ]);
  expect(withPast(fused, { positions: 100 }).inputs.map(({ name }) => name)).toEqual([
    "input_ids",
    "past_key_values.0.key",
    "past_key_values.0.value",
    "past_key_values.1.key",
    "past_key_values.1.value",
  ]);
});

/** The first sample's logits by the form that goes on from a cache: `from` tokens at first, and then the others. */
async function stepwise(fused: Graph, tokens: readonly number[], from: number): Promise<Float32Array> {
  const graph = withPast(fused);
  const ids = (part: readonly number[]) => tensorFrom("int64", [1, part.length], part);
  const pasts = graph.inputs.slice(1);
  const empty = pasts.map(
    ({ name, type }) => [name, tensorFrom("float32", type.shape.with(2, 0) as number[], [])] as const,
  );
  const first = await onEngine(graph, { input_ids: ids(tokens.slice(0, from)), ...Object.fromEntries(empty) });
  const filled = pasts.map(({ name }) => [name, first[name.replace("past_key_values", "present")] as Tensor] as const);
  const second = await onEngine(graph, { input_ids: ids(tokens.slice(from)), ...Object.fromEntries(filled) });
  return Float32Array.from([first, second].flatMap(({ logits }) => Array.from((logits as Tensor<"float32">).data)));
}

test("token by token it gives what the file gives of the whole sequence", async () => {
  const cases = variant.filter(({ steps }) => steps > 2);
  await fc.assert(
    fc.asyncProperty(cases, fc.integer({ min: 1 }), async ({ options, steps }, cut) => {
      const { bytes, fused } = await graphsOf(options, steps);
      const tokens = tokensOf(options, steps);
      const expected = (await asWritten(options, bytes, tokens)).slice(0, steps * VOCABULARY);
      const found = await stepwise(fused, Array.from(tokens.data, Number).slice(0, steps), 1 + (cut % (steps - 1)));
      expect(relativeError(found, expected)).toBeLessThan(1e-5);
    }),
    { numRuns: 20 },
  );
}, 120_000);

test.each<Spoiled>(["sign", "halves", "axis", "order", "tables", "queries", "whole", "mask"])(
  "what is not quite attention with rotary positions and shared heads stays as it is: %s",
  async (spoiled) => {
    const options: DecoderFile = { ...usual, steps: 6, spoiled };
    const { fused } = await graphsOf(options, 6);
    expect([countOf(fused, "GroupQueryAttention"), countOf(fused, "Softmax")]).toEqual([0, 1]);
    for (const error of await errorsOf(options, 6)) expect(error).toBeLessThan(1e-5);
  },
);

test("heads that no kernel takes stay as they are", async () => {
  for (const sizes of [{ turnedSize: 8 }, { size: 24 }, { size: 24, turnedSize: 16 }]) {
    const { fused } = await graphsOf({ ...usual, ...sizes }, 6);
    expect([countOf(fused, "GroupQueryAttention"), countOf(fused, "Softmax")]).toEqual([0, 1]);
  }
  const learned = await graphsOf({ ...usual, size: 24, positions: "learned" }, 6);
  expect(countOf(learned.fused, "GroupQueryAttention")).toBe(1);
});

test("an exporter's inputs that data gives stay inputs, and may say what they like", async () => {
  const options: DecoderFile = { ...usual, mask: "triangle", steps: 6, inputs: ["attention_mask", "position_ids"] };
  const bytes = decoderFile(options);
  const graph = prepare(toGraph(await decodeOnnx(bytes, "decoder.onnx")));
  expect(graph.inputs.map(({ name }) => name)).toEqual(["input_ids", "attention_mask", "position_ids"]);
  const input = (values: readonly number[]) => tensorFrom("int64", [1, 6], values);
  const feeds = {
    input_ids: tokensOf(options, 6),
    attention_mask: input([0, 0, 1, 1, 1, 1]),
    position_ids: input([0, 0, 0, 1, 2, 3]),
  };
  const session = await (await onnxruntime()).load(bytes, { threads: 1, optimization: "disabled" });
  const { logits } = await session.run(feeds);
  await session.close();
  const floats = Object.entries(feeds).map(([name, { shape, data }]) => {
    return [name, tensorFrom("float32", shape, Array.from(data, Number))] as const;
  });
  const found = interpret(graph, Object.fromEntries(floats)).get("logits");
  // The first two tokens are padding, of which nothing is said.
  const after = ({ data }: Tensor) => (data as Float32Array).slice(2 * VOCABULARY);
  expect(relativeError(after(found as Tensor), after(logits as Tensor))).toBeLessThan(1e-5);
});

const exported = fileURLToPath(new URL("./exported/", import.meta.url));
const files = readdirSync(exported).filter((file) => file.endsWith(".onnx"));

test.each(files)("%s, as torch.onnx wrote it, becomes a decoder that gives what the file gives", async (file) => {
  const bytes = new Uint8Array(readFileSync(`${exported}${file}`));
  const model = await decodeOnnx(bytes, file);
  const steps = 7;
  const fused = prepare(toGraph(model, { inputShape: [steps], sequences: "whole" }));
  expect(fused.inputs.map(({ name }) => name)).toEqual(["input_ids"]);
  expect([countOf(fused, "GroupQueryAttention"), countOf(fused, "Softmax")]).toEqual([1, 0]);
  const inputs = model.graph.inputs.flatMap(({ name }) => (name === "input_ids" ? [] : [name as "attention_mask"]));
  const options: DecoderFile = { ...usual, inputs };
  const tokens = tokensOf(options, steps);
  const expected = await asWritten(options, bytes, tokens);
  const feeds = { input_ids: tensorFrom("float32", tokens.shape, Array.from(tokens.data, Number)) };
  const found = (await onEngine(fused, feeds)).logits?.data as Float32Array;
  expect(relativeError(found, expected)).toBeLessThan(1e-5);
  const decoded = await stepwise(fused, Array.from(tokens.data, Number).slice(0, steps), 3);
  expect(relativeError(decoded, expected.slice(0, steps * VOCABULARY))).toBeLessThan(1e-5);
});
