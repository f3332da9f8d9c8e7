import fc from "fast-check";
import { expect, test } from "vitest";
import { graphBuilder } from "../../../../src/ir/builder.js";
import type { Graph } from "../../../../src/ir/graph.js";
import { interpret } from "../../../../src/ir/interpret.js";
import { verify } from "../../../../src/ir/verify.js";
import { splitPrelu } from "../../../../src/quantize/passes/float/split-prelu.js";
import { planStatic } from "../../../../src/quantize/passes/static/plan.js";
import { elementCount, type Tensor, tensor, tensorFrom } from "../../../../src/tensor/tensor.js";

/** A depthwise convolution by 1, PRelu with these slopes, and the same convolution behind it. */
function net(slopes: readonly number[], shape: readonly number[], window: readonly number[] = [4, 4]): Graph {
  const g = graphBuilder("net");
  const channels = 3;
  const ones = g.constant("ones", tensor("float32", [channels, 1, 1, 1], new Float32Array(channels).fill(1)));
  const around = (x: string) => g.node("Conv", [x, ones], { group: channels, kernel_shape: [1, 1] });
  const slope = g.constant("act/alpha", tensorFrom("float32", shape, [...slopes]));
  const x = around(g.input("x", "float32", ["batch", channels, ...window]));
  return g.build([around(g.node("PRelu", [x, slope], {}, { layer: "act", name: "act" }))]);
}

function run(graph: Graph, x: Tensor<"float32">): Float32Array {
  const [output] = graph.outputs;
  return interpret(graph, { x }).get(output?.name ?? "")?.data as Float32Array;
}

function operators(graph: Graph): string {
  return graph.nodes.map(({ name, opType, layer }) => (layer === "act" ? `${opType} ${name}` : opType)).join(", ");
}

const slope = fc.float({ min: -2, max: 3, noNaN: true, noDefaultInfinity: true });

test("slopes a channel: the same values within float32's rounding of the input, exact where it is positive", () => {
  const input = fc.array(fc.float({ min: -100, max: 100, noNaN: true }), { minLength: 48, maxLength: 48 });
  fc.assert(
    fc.property(fc.array(slope, { minLength: 3, maxLength: 3 }), fc.boolean(), input, (slopes, four, values) => {
      const graph = net(slopes, four ? [1, 3, 1, 1] : [3, 1, 1]);
      const after = verify(splitPrelu.run(graph), "after");
      const x = tensor("float32", [1, 3, 4, 4], Float32Array.from(values));
      const [expected, actual] = [run(graph, x), run(after, x)];
      for (const [i, value] of expected.entries()) {
        const off = Math.abs(value - (actual[i] ?? Number.NaN));
        // Below float32's normal range a rounding is a step of 2^-149 whatever the size.
        const rounding = 8 * 2 ** -24 * Math.abs(x.data[i] ?? 0) + 2 ** -147;
        expect(off).toBeLessThanOrEqual((x.data[i] ?? 0) > 0 ? 0 : rounding);
      }
      expect(splitPrelu.run(after)).toBe(after);
    }),
    { numRuns: 60 },
  );
});

test("slopes up to 1 need no signs, others do; one slope is LeakyRelu; layer and name stay", () => {
  const of = (slopes: readonly number[], shape = [slopes.length, 1, 1]) =>
    operators(splitPrelu.run(net(slopes, shape)));
  expect([of([0.1, 1, -0.5]), of([0.1, 1.5, 0]), of([0.25]), of([0.25, 0.25, 0.25])]).toEqual([
    "Conv, Conv act/bend, Relu act/below, Add act, Conv",
    "Conv, Conv act/bend, Relu act/below, Conv act/sign, Add act, Conv",
    "Conv, LeakyRelu act, Conv",
    "Conv, LeakyRelu act, Conv",
  ]);
});

test("slopes of each place, or along the width, stay PRelu", () => {
  const places = Array.from({ length: elementCount([3, 4, 4]) }, (_, i) => i / 50);
  for (const graph of [net(places, [3, 4, 4]), net([0.1, 0.2, 0.3], [3], [4, 3])]) {
    expect(splitPrelu.run(graph)).toBe(graph);
  }
});

test("all of it runs on codes", () => {
  const graph = splitPrelu.run(net([0.1, 1.5, 0], [3, 1, 1]));
  const { roles, absorbed } = planStatic(graph);
  expect(graph.nodes.filter((node) => !roles.has(node) && !absorbed.has(node))).toEqual([]);
});
