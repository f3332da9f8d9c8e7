import fc from "fast-check";
import { expect, test } from "vitest";
import { seededRandom } from "../../../src/base/random.js";
import { graphBuilder } from "../../../src/ir/builder.js";
import type { Graph } from "../../../src/ir/graph.js";
import { interpret } from "../../../src/ir/interpret.js";
import { runPasses } from "../../../src/ir/passes.js";
import { printGraph } from "../../../src/ir/text.js";
import { widenDepthwise } from "../../../src/quantize/passes/static/widen-depthwise.js";
import { elementCount, type Tensor, tensorFrom } from "../../../src/tensor/tensor.js";
import { onEngine } from "./on-engine.js";

/** What follows what was made last: a convolution to so many channels, or an operator that leaves them. */
type Step = number | "depthwise" | "add" | "pool" | "transpose";

const SIZE = 5;

/** Steps on uint8 codes, all with scales and zero points of their own; the last value is the output, and so is `also`. */
function net(channels: number, steps: readonly Step[], seed: number, also?: number): Graph {
  const random = seededRandom(seed);
  const between = (low: number, high: number) => low + Math.floor(random.next() * (high - low + 1));
  const many = (shape: readonly number[], low: number, high: number) =>
    Array.from({ length: elementCount(shape) }, () => between(low, high));
  const g = graphBuilder("net");
  const scalar = (name: string, dtype: "float32" | "uint8", value: number) =>
    g.constant(name, tensorFrom(dtype, [], [value]));
  const quantized = (name: string) => [
    scalar(`${name}:scale`, "float32", 0.5 + random.next()),
    scalar(`${name}:zero_point`, "uint8", between(0, 255)),
  ];
  type Value = { readonly name: string; readonly channels: number; readonly parameters: readonly string[] };
  const values: Value[] = [
    {
      ...{ name: g.input("x", "uint8", ["batch", channels, SIZE, SIZE]), channels },
      parameters: quantized("x"),
    },
  ];
  const operand = ({ name, parameters }: Value) => [name, ...parameters];
  for (const [i, step] of steps.entries()) {
    const last = values.at(-1) as Value;
    const options = { name: `n${i}`, layer: `n${i}` };
    if (step === "pool") {
      const window = { kernel_shape: [3, 3], pads: [1, 1, 1, 1] };
      values.push({ ...last, name: g.node("MaxPool", [last.name], window, options) });
    } else if (step === "transpose") {
      values.push({ ...last, name: g.node("Transpose", [last.name], { perm: [0, 1, 3, 2] }, options) });
    } else if (step === "add") {
      const other = values.find((value) => value.channels === last.channels) as Value;
      const parameters = quantized(`n${i}`);
      const inputs = [...operand(last), ...operand(other), ...parameters];
      values.push({
        ...{ channels: last.channels, parameters },
        name: g.node("QLinearAdd", inputs, {}, { ...options, domain: "com.microsoft" }),
      });
    } else {
      const depthwise = step === "depthwise";
      const outputs = depthwise ? last.channels : step;
      const shape = depthwise ? [outputs, 1, 3, 3] : [outputs, last.channels, 1, 1];
      const parameters = quantized(`n${i}`);
      const one = random.next() < 0.3;
      const each = one ? [] : [outputs];
      const inputs = [
        ...operand(last),
        g.constant(`n${i}/kernel:codes`, tensorFrom("int8", shape, many(shape, -127, 127))),
        g.constant(
          `n${i}/kernel:scale`,
          tensorFrom(
            "float32",
            each,
            many(each, 1, 9).map((value) => value / 1000),
          ),
        ),
        g.constant(`n${i}/kernel:zero_point`, tensorFrom("int8", each, many(each, 0, 0))),
        ...parameters,
        ...(random.next() < 0.7
          ? [g.constant(`n${i}:int32`, tensorFrom("int32", [outputs], many([outputs], -3000, 3000)))]
          : []),
      ];
      const windows = depthwise
        ? { kernel_shape: [3, 3], pads: [1, 1, 1, 1], group: outputs }
        : { kernel_shape: [1, 1] };
      values.push({ channels: outputs, parameters, name: g.node("QLinearConv", inputs, windows, options) });
    }
  }
  const shown = [values.at(-1)?.name ?? "", ...(also === undefined ? [] : [values[also % values.length]?.name ?? ""])];
  return g.build([...new Set(shown)].filter((name) => name !== "x"));
}

function feedsOf(graph: Graph, seed: number): Readonly<Record<string, Tensor>> {
  const random = seededRandom(seed);
  const shape = [1, Number(graph.inputs[0]?.type.shape[1]), SIZE, SIZE];
  return {
    x: tensorFrom(
      "uint8",
      shape,
      Array.from({ length: elementCount(shape) }, () => Math.floor(random.next() * 256)),
    ),
  };
}

const step = fc.oneof(
  { weight: 3, arbitrary: fc.constant("depthwise" as const) },
  { weight: 2, arbitrary: fc.constantFrom<Step>(8, 12, 16, 24, 7) },
  { weight: 2, arbitrary: fc.constant("add" as const) },
  { weight: 1, arbitrary: fc.constantFrom<Step>("pool", "transpose") },
);

test("the same codes bit for bit, by the interpreter and by onnxruntime, on random nets", async () => {
  let changed = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(8, 10, 16, 20),
      fc.array(step, { minLength: 1, maxLength: 8 }),
      fc.integer({ min: 1, max: 1e6 }),
      fc.option(fc.nat(3), { nil: undefined }),
      async (channels, steps, seed, also) => {
        const before = net(channels, steps, seed, also);
        const after = runPasses(before, [widenDepthwise]);
        if (after === before) return;
        changed++;
        const feeds = feedsOf(before, seed);
        const [expected, actual] = [interpret(before, feeds), interpret(after, feeds)];
        for (const { name } of before.outputs) expect(actual.get(name)).toEqual(expected.get(name));
        expect(await onEngine(after, feeds)).toEqual(await onEngine(before, feeds));
        expect(runPasses(after, [widenDepthwise])).toBe(after);
      },
    ),
    { numRuns: 150, seed: 2 },
  );
  expect(changed).toBeGreaterThan(40);
});

const operators = (graph: Graph) => graph.nodes.map(({ name, opType }) => `${name} ${opType}`);

test("between convolutions over all channels nothing is padded or cut: the weights have zeros for the further channels", () => {
  const after = runPasses(net(4, [12, "depthwise", "add", "pool", 5], 1), [widenDepthwise]);
  expect(operators(after)).toEqual([
    "n0 QLinearConv",
    "n1 QLinearConv",
    "n2 QLinearAdd",
    "n3 MaxPool",
    "n4 QLinearConv",
  ]);
  const shapes = ["n0", "n1", "n4"].map((name) => {
    const node = after.nodes.find((each) => each.name === name);
    return after.initializers.get(node?.inputs[3] ?? "")?.shape;
  });
  expect(shapes).toEqual([
    [16, 4, 1, 1],
    [16, 1, 3, 3],
    [5, 16, 1, 1],
  ]);
});

test("elsewhere they are padded in front and cut off behind, each value once", async () => {
  const after = runPasses(net(12, ["depthwise", "transpose", "depthwise", "add", "transpose"], 1), [widenDepthwise]);
  expect(operators(after)).toEqual([
    "n0/Pad Pad",
    "n0 QLinearConv",
    "n1/Slice Slice",
    "n1 Transpose",
    "n2/Pad Pad",
    "n2 QLinearConv",
    "n3 QLinearAdd",
    "n4/Slice Slice",
    "n4 Transpose",
  ]);
  await expect(printGraph(after)).toMatchFileSnapshot(
    new URL("../../graphs/widen-depthwise/padded.after.ir", import.meta.url).pathname,
  );
});

test.each<readonly [string, Graph]>([
  ["16 channels", net(16, ["depthwise", 5], 1)],
  ["few channels", net(7, ["depthwise", 5], 1)],
  ["no depthwise convolution", net(12, [12, "add", "pool", 12], 1)],
  ["what the caller wants to see", net(12, ["depthwise"], 1)],
])("left as it is: %s", (_, graph) => {
  expect(widenDepthwise.run(graph)).toBe(graph);
});
