import { expect, test } from "vitest";
import { toOnnx } from "../../../src/backends/onnx/write.js";
import { DiagnosticError } from "../../../src/base/diagnostic.js";
import { onnxruntime } from "../../../src/engines/onnxruntime.js";
import { decodeForm, prefillForm } from "../../../src/frontends/decoder/decode.js";
import { tfjsFromArtifacts } from "../../../src/frontends/tfjs/artifacts.js";
import { toGraph } from "../../../src/frontends/tfjs/graph.js";
import { graphBuilder } from "../../../src/ir/builder.js";
import type { Graph } from "../../../src/ir/graph.js";
import { interpret } from "../../../src/ir/interpret.js";
import { verify } from "../../../src/ir/verify.js";
import { prepare } from "../../../src/quantize/passes/float/prepare.js";
import { quantizeGraph } from "../../../src/quantize/quantize.js";
import { schemeDefinition } from "../../../src/quantize/registry.js";
import { elementCount, type Tensor, tensor } from "../../../src/tensor/tensor.js";
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

/** Largest error of the logits of one token after `past` others, and of the caches, against the whole sequence. */
function decodeError(graph: Graph, past: number): number {
  const whole = verify(prefillForm(graph), "prefill");
  const wanted = interpret(whole, { tokens: tensor("float32", [1, steps], tokens) });
  const one = verify(decodeForm(graph, { pastLength: past }), "decode");
  const feeds: Record<string, Tensor> = { tokens: tensor("float32", [1, 1], tokens.slice(past, past + 1)) };
  for (const { name } of one.inputs.slice(1)) {
    feeds[name] = firstSteps(wanted.get(name.replace("past", "present")) as Tensor<"float32">, past);
  }
  const got = interpret(one, feeds);
  const errors = one.outputs.map(({ name }, i) => {
    const all = wanted.get(name) as Tensor<"float32">;
    const expected = i === 0 ? all.data.subarray(past * classes, (past + 1) * classes) : firstSteps(all, past + 1).data;
    return relativeError(got.get(name)?.data as Float32Array, expected);
  });
  return Math.max(...errors);
}

const variants: Readonly<Record<string, Partial<SmallDecoder>>> = {
  "rotary positions": {},
  "learned positions": { rotaryBase: null },
  "shared keys": { kvHeads: 2, norm: "rms" },
};

test.each(Object.entries(variants))("%s: a token after others has the logits of the whole sequence", (_, variant) => {
  const graph = graphOf(variant);
  for (let past = 1; past < steps; past++) expect(decodeError(graph, past)).toBeLessThan(1e-5);
});

test.each([
  ["weight_only", { weights: [{ name: "int4" }], group: 16 }],
  ["dynamic", { weights: [{ name: "int8" }] }],
] as const)("the decode form of a graph quantized by %s holds its codes and says what they say", (mode, settings) => {
  const scheme = schemeDefinition(mode)?.build(mode, settings as never);
  if (!scheme) throw new Error(`no scheme ${mode}`);
  const quantized = quantizeGraph(prepare(graphOf({})), scheme);
  const one = decodeForm(quantized, { pastLength: 3 });
  const kept = [...one.initializers].filter(([name, value]) => quantized.initializers.get(name) === value);
  expect(kept.length).toBeGreaterThanOrEqual(one.initializers.size - 4);
  // Dynamic scales are those of the tokens that are there together; weight_only has none.
  expect(decodeError(quantized, 3)).toBeLessThan(mode === "dynamic" ? 0.05 : 1e-5);
});

test("onnxruntime says of one more token what the interpreter says", async () => {
  const engine = await onnxruntime();
  for (const variant of [{}, { rotaryBase: null }, { kvHeads: 1 }]) {
    const one = decodeForm(graphOf(variant), { pastLength: 4 });
    const feeds = Object.fromEntries(
      one.inputs.map(({ name, type }, i) => {
        const shape = type.shape.map(Number);
        const data = Float32Array.from({ length: elementCount(shape) }, (_, k) => (i === 0 ? 7 : Math.sin(k + i)));
        return [name, tensor("float32", shape, data)];
      }),
    );
    const session = await engine.load(toOnnx(one), { threads: 1, optimization: "all" });
    const [actual, expected] = [await session.run(feeds), interpret(one, feeds)];
    await session.close();
    const errors = one.outputs.map(({ name }) =>
      relativeError(actual[name]?.data as Float32Array, expected.get(name)?.data as Float32Array),
    );
    expect(Math.max(...errors)).toBeLessThan(1e-5);
  }
});

test("rotary tables reach as far as the context asks", () => {
  const one = decodeForm(graphOf({}), { pastLength: 500 });
  const cos = [...one.initializers].find(([name]) => name.endsWith("/cos"))?.[1] as Tensor<"float32">;
  // Head size 16: pair i turns by 100^(-2i/16) a step.
  const expected = Array.from({ length: 8 }, (_, i) => Math.cos(500 * 100 ** (-i / 8)));
  expect(cos.shape).toEqual([501, 8]);
  const errors = expected.map((value, i) => Math.abs(value - (cos.data[500 * 8 + i] as number)));
  expect(Math.max(...errors)).toBeLessThan(1e-4);
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
  expect(codeOf(() => decodeForm(graphOf({ rotaryBase: null }), { pastLength: steps }))).toBe("decoder-context");
});

test("a graph that mixes steps otherwise, and one without attention, are no decoders", () => {
  const b = graphBuilder("sum");
  const x = b.input("tokens", "float32", ["batch", 4]);
  const y = b.node("Softmax", [x], { axis: 1 });
  const mixing = b.build([y]);
  expect(codeOf(() => decodeForm(mixing, { pastLength: 2 }))).toBe("decoder-mixes-steps");
  const plain = graphBuilder("plain");
  const relu = plain.build([plain.node("Relu", [plain.input("tokens", "float32", ["batch", 4])])]);
  expect(codeOf(() => decodeForm(relu, { pastLength: 2 }))).toBe("decoder-none");
});
