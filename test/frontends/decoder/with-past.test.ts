import { expect, test } from "vitest";
import { toOnnx } from "../../../src/backends/onnx/write.js";
import { DiagnosticError } from "../../../src/base/diagnostic.js";
import { seededRandom } from "../../../src/base/random.js";
import { onnxruntime } from "../../../src/engines/onnxruntime.js";
import { withPast, withPresent } from "../../../src/frontends/decoder/with-past.js";
import { tfjsFromArtifacts } from "../../../src/frontends/tfjs/artifacts.js";
import { toGraph } from "../../../src/frontends/tfjs/graph.js";
import { graphBuilder } from "../../../src/ir/builder.js";
import type { Graph } from "../../../src/ir/graph.js";
import { interpret } from "../../../src/ir/interpret.js";
import { codeOfDType } from "../../../src/ir/operators/element-type.js";
import { verify } from "../../../src/ir/verify.js";
import { prepare } from "../../../src/quantize/passes/float/prepare.js";
import { quantizeGraph } from "../../../src/quantize/quantize.js";
import { schemeDefinition } from "../../../src/quantize/registry.js";
import { elementCount, type Tensor, tensor, tensorFrom } from "../../../src/tensor/tensor.js";
import { randomize, relativeError } from "../tfjs/parity.js";
import { type SmallDecoder, small, smallDecoder } from "./decoder.js";

const { steps, classes } = small;
const tokens = Float32Array.from([3, 0, 10, 7, 7, 2]);

function graphOf(variant: Partial<SmallDecoder>): Graph {
  return toGraph(tfjsFromArtifacts(randomize(smallDecoder(variant))));
}

/** The first `count` steps of a cache [1, heads, steps, size]. */
function firstSteps(cache: Tensor<"float32">, count: number): Tensor<"float32"> {
  const [, heads = 1, all = 1, size = 1] = cache.shape;
  const data = new Float32Array(heads * count * size);
  for (let head = 0; head < heads; head++) {
    data.set(cache.data.subarray(head * all * size, (head * all + count) * size), head * count * size);
  }
  return tensor("float32", [1, heads, count, size], data);
}

/** Tokens from step `from` to before `to`, behind a cache of those before them. */
function feedsOf(graph: Graph, from: number, to: number, caches: ReadonlyMap<string, Tensor>): Record<string, Tensor> {
  const feeds: Record<string, Tensor> = { input_ids: tensorFrom("int64", [1, to - from], [...tokens.slice(from, to)]) };
  for (const { name } of graph.inputs.slice(1)) {
    feeds[name] = firstSteps(caches.get(name.replace("past_key_values", "present")) as Tensor<"float32">, from);
  }
  return feeds;
}

/** Largest error of the logits of some tokens after others, and of the caches, against the whole sequence. */
function errorBehind(graph: Graph, from: number, to: number): number {
  const whole = verify(withPresent(graph), "with present");
  const wanted = interpret(whole, { tokens: tensor("float32", [1, steps], tokens) });
  const behind = verify(withPast(graph), "with past");
  const got = interpret(behind, feedsOf(behind, from, to, wanted));
  const logits = wanted.get(graph.outputs[0]?.name ?? "")?.data as Float32Array;
  const errors = behind.outputs.map(({ name }, i) => {
    const expected =
      i === 0
        ? logits.subarray(from * classes, to * classes)
        : firstSteps(wanted.get(name) as Tensor<"float32">, to).data;
    return relativeError(got.get(name)?.data as Float32Array, expected);
  });
  return Math.max(...errors);
}

/** Two heads of 6 elements, which the grouped attention does not take. */
function oddHeads(): Graph {
  const random = seededRandom(3);
  const g = graphBuilder("odd");
  const weight = (name: string, shape: readonly number[]) =>
    g.constant(
      name,
      tensor(
        "float32",
        shape,
        Float32Array.from({ length: elementCount(shape) }, () => random.normal()),
      ),
    );
  const ids = g.node("Cast", [g.input("tokens", "float32", ["batch", steps])], { to: codeOfDType("int32") });
  const rows = g.node("Gather", [weight("table", [classes, 12]), ids]);
  const [q, k, v] = ["q", "k", "v"].map((name) => g.node("MatMul", [rows, weight(name, [12, 12])]));
  const mixed = g.node(
    "MultiHeadAttention",
    [q, k, v],
    { num_heads: 2, unidirectional: 1 },
    { domain: "com.microsoft" },
  );
  const flat = g.node("Reshape", [mixed, g.constant("flat", tensorFrom("int64", [2], [-1, 12]))]);
  const out = g.node("MatMul", [flat, weight("head", [12, classes])]);
  return g.build([g.node("Reshape", [out, g.constant("rows", tensorFrom("int64", [3], [-1, steps, classes]))])]);
}

const variants: Readonly<Record<string, Graph>> = {
  "rotary positions": graphOf({}),
  "learned positions": graphOf({ rotaryBase: null }),
  "shared keys": graphOf({ kvHeads: 2, norm: "rms" }),
  "attention of other head sizes, and steps of all sequences in one list": oddHeads(),
};

test.each(Object.entries(variants))("%s: tokens after others have the logits of the whole sequence", (_, graph) => {
  for (let from = 0; from < steps; from++) {
    for (let to = from + 1; to <= steps; to++) expect(errorBehind(graph, from, to)).toBeLessThan(1e-5);
  }
});

test("tokens by their usual names, as many as there are, behind a cache of any length; logits and the longer cache", () => {
  const { inputs, outputs } = withPast(graphOf({ blocks: 1, kvHeads: 2 }));
  const shown = ({ name, type }: Graph["inputs"][number]) => `${name} ${type.dtype} [${type.shape.join(", ")}]`;
  expect([...inputs, ...outputs].map(shown)).toEqual([
    "input_ids int64 [1, sequence_length]",
    "past_key_values.0.key float32 [1, 2, past_sequence_length, 16]",
    "past_key_values.0.value float32 [1, 2, past_sequence_length, 16]",
    "logits float32 [1, sequence_length, 11]",
    "present.0.key float32 [1, 2, (past_sequence_length+sequence_length), 16]",
    "present.0.value float32 [1, 2, (past_sequence_length+sequence_length), 16]",
  ]);
});

test.each([
  ["weight_only", { weights: [{ name: "int4" }], group: 16 }],
  ["dynamic", { weights: [{ name: "int8" }] }],
] as const)("with a cache a graph quantized by %s holds its codes and says what they say", (mode, settings) => {
  const scheme = schemeDefinition(mode)?.build(mode, settings as never);
  if (!scheme) throw new Error(`no scheme ${mode}`);
  const quantized = quantizeGraph(prepare(graphOf({})), scheme);
  const behind = withPast(quantized);
  const kept = [...behind.initializers].filter(([name, value]) => quantized.initializers.get(name) === value);
  expect(kept.length).toBeGreaterThanOrEqual(behind.initializers.size - 4);
  // Dynamic scales are those of the tokens that are there together; weight_only has none.
  expect(errorBehind(quantized, 3, 4)).toBeLessThan(mode === "dynamic" ? 0.05 : 1e-5);
});

test.each(Object.entries(variants))(
  "%s: onnxruntime says of a prompt and of tokens after it what the interpreter says",
  async (_, whole) => {
    const engine = await onnxruntime();
    const graph = withPast(whole);
    const session = await engine.load(toOnnx(graph), { threads: 1, optimization: "all" });
    let caches = new Map<string, Tensor>(
      graph.inputs.slice(1).map(({ name, type }) => {
        const shape = type.shape.map((size) => (typeof size === "number" ? size : 0));
        return [name.replace("past_key_values", "present"), tensor("float32", shape, new Float32Array(0))];
      }),
    );
    const cuts = [0, 3, 5, 6];
    for (const [i, from] of cuts.slice(0, -1).entries()) {
      const feeds = feedsOf(graph, from, cuts[i + 1] ?? steps, caches);
      const [actual, expected] = [await session.run(feeds), interpret(graph, feeds)];
      const errors = graph.outputs.map(({ name }) =>
        relativeError(actual[name]?.data as Float32Array, expected.get(name)?.data as Float32Array),
      );
      expect(Math.max(...errors)).toBeLessThan(1e-5);
      caches = new Map(Object.entries(actual));
    }
    await session.close();
  },
);

test("rotary tables reach as far as is asked", () => {
  const graph = withPast(graphOf({}), { positions: 501 });
  const cos = [...graph.initializers].find(([name]) => name.endsWith("/cos"))?.[1] as Tensor<"float32">;
  // Head size 16: pair i turns by 100^(-2i/16) a step.
  const expected = Array.from({ length: 8 }, (_, i) => Math.cos(500 * 100 ** (-i / 8)));
  expect(cos.shape).toEqual([501, 8]);
  const errors = expected.map((value, i) => Math.abs(value - (cos.data[500 * 8 + i] as number)));
  expect(Math.max(...errors)).toBeLessThan(1e-4);
  // The rows that the model came with stay as they are, to the bit.
  const own = [...graphOf({}).initializers].find(([name]) => name.endsWith("/cos"))?.[1] as Tensor<"float32">;
  expect(cos.data.subarray(0, own.data.length)).toEqual(own.data);
});

const codeOf = (body: () => unknown) => {
  try {
    body();
    return "nothing";
  } catch (error) {
    return error instanceof DiagnosticError ? error.diagnostics[0]?.code : String(error);
  }
};

test("learned positions end, and the diagnostic says where", () => {
  expect(codeOf(() => withPast(graphOf({ rotaryBase: null }), { positions: steps + 1 }))).toBe("decoder-context");
});

test("a graph that mixes steps otherwise, and one without attention, are no decoders", () => {
  const b = graphBuilder("sum");
  const x = b.input("tokens", "float32", ["batch", 4]);
  const y = b.node("Softmax", [x], { axis: 1 });
  const mixing = b.build([y]);
  expect(codeOf(() => withPast(mixing))).toBe("decoder-mixes-steps");
  const plain = graphBuilder("plain");
  const relu = plain.build([plain.node("Relu", [plain.input("tokens", "float32", ["batch", 4])])]);
  expect(codeOf(() => withPast(relu))).toBe("decoder-none");
});
