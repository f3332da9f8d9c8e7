import fc from "fast-check";
import { expect, test } from "vitest";
import type { Graph } from "../../../../src/ir/graph.js";
import { interpret } from "../../../../src/ir/interpret.js";
import { verify } from "../../../../src/ir/verify.js";
import { floatPasses, prepare } from "../../../../src/quantize/passes/float/prepare.js";
import type { Tensor } from "../../../../src/tensor/tensor.js";
import { type RandomNet, randomNet } from "./random-net.js";

function outputsOf(graph: Graph, feeds: RandomNet["feeds"]): number[] {
  const values = interpret(graph, feeds);
  return graph.outputs.flatMap(({ name }) => Array.from((values.get(name) as Tensor<"float32">).data));
}

/** Largest difference, relative to the largest output. */
function difference(before: readonly number[], after: readonly number[]): number {
  const size = Math.max(1e-3, ...before.map(Math.abs));
  return Math.max(...before.map((value, i) => Math.abs(value - (after[i] ?? Number.NaN)))) / size;
}

for (const pass of new Set(floatPasses)) {
  test(`${pass.name} keeps what random nets compute, and finds nothing to do the second time`, () => {
    fc.assert(
      fc.property(randomNet, ({ graph, feeds }) => {
        const after = verify(pass.run(graph), `after ${pass.name}`);
        expect(difference(outputsOf(graph, feeds), outputsOf(after, feeds))).toBeLessThan(1e-5);
        expect(pass.run(after)).toBe(after);
      }),
      { numRuns: 40 },
    );
  });
}

test("prepare keeps what random nets compute, their inputs and their outputs", () => {
  fc.assert(
    fc.property(randomNet, ({ graph, feeds }) => {
      const after = prepare(graph);
      expect(difference(outputsOf(graph, feeds), outputsOf(after, feeds))).toBeLessThan(1e-5);
      expect([after.inputs, after.outputs]).toEqual([graph.inputs, graph.outputs]);
    }),
    { numRuns: 100 },
  );
});
