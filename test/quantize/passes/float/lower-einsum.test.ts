import fc from "fast-check";
import { expect, test } from "vitest";
import { graphBuilder } from "../../../../src/ir/builder.js";
import type { Dim } from "../../../../src/ir/graph.js";
import { interpret } from "../../../../src/ir/interpret.js";
import { verify } from "../../../../src/ir/verify.js";
import { lowerEinsum } from "../../../../src/quantize/passes/float/lower-einsum.js";
import type { Tensor } from "../../../../src/tensor/tensor.js";
import { disagreement, normal } from "../../../ir/operators/one-node.js";

/** The graph of one equation; an operand is fed, or a constant. */
function graphOf(equation: string, operands: readonly (readonly Dim[] | Tensor)[]) {
  const builder = graphBuilder("einsum");
  const names = operands.map((operand, i) =>
    "data" in operand ? builder.constant(`c${i}`, operand) : builder.input(`x${i}`, "float32", operand),
  );
  builder.node("Einsum", names, { equation }, { name: "y", layer: "dense" });
  return builder.build(["y"]);
}

const operatorsOf = (equation: string, ...operands: (readonly Dim[] | Tensor)[]) =>
  verify(lowerEinsum.run(graphOf(equation, operands)), "lowered").nodes.map(({ opType }) => opType);

test("a dense layer of several heads is a MatMul with one matrix, whatever the batch", () => {
  const lowered = verify(lowerEinsum.run(graphOf("btd,dhk->bthk", [["batch", 3, 4], normal(1, [4, 2, 5])])), "lowered");
  expect(lowered.nodes.map(({ opType, layer }) => [opType, layer])).toEqual([
    ["Reshape", "dense"],
    ["MatMul", "dense"],
    ["Reshape", "dense"],
  ]);
  expect(lowered.outputs).toEqual([{ name: "y", type: { dtype: "float32", shape: ["batch", 3, 2, 5] } }]);
});

test.each([
  [
    "bij,jk->bik",
    ["MatMul"],
    [
      ["batch", 3, 4],
      [4, 5],
    ],
  ],
  [
    "bqhd,bkhd->bhqk",
    ["Transpose", "Transpose", "MatMul"],
    [
      ["batch", 3, 2, 4],
      ["batch", 5, 2, 4],
    ],
  ],
  [
    "bi,bi->bi",
    ["Mul"],
    [
      ["batch", 3],
      ["batch", 3],
    ],
  ],
  ["bij->bji", ["Transpose"], [["batch", 3, 4]]],
  ["bij->b", ["ReduceSum"], [["batch", 3, 4]]],
  ["bij->bij", ["Identity"], [["batch", 3, 4]]],
  ["iij->j", ["Einsum"], [[3, 3, 2]]],
] as const)("%s becomes %j", (equation, operators, shapes) => {
  expect(operatorsOf(equation, ...shapes)).toEqual(operators);
});

test("a constant on the left goes to the right", () => {
  const graph = lowerEinsum.run(graphOf("dh,btd->bth", [normal(2, [4, 5]), ["batch", 3, 4]]));
  expect(graph.nodes.map(({ opType, inputs }) => [opType, inputs])).toEqual([["MatMul", ["x1", "c0"]]]);
});

/** Two operands whose axes are some of six letters in any order, and an output of some that they have. */
const equations = fc
  .record({
    left: fc.shuffledSubarray([..."abcdef"], { minLength: 1, maxLength: 4 }),
    right: fc.shuffledSubarray([..."abcdef"], { minLength: 1, maxLength: 4 }),
    sizes: fc.array(fc.integer({ min: 1, max: 3 }), { minLength: 6, maxLength: 6 }),
  })
  .chain(({ left, right, sizes }) =>
    fc.shuffledSubarray([...new Set([...left, ...right])]).map((output) => {
      const shape = (letters: string[]) => letters.map((letter) => sizes["abcdef".indexOf(letter)] ?? 1);
      return { equation: `${left.join("")},${right.join("")}->${output.join("")}`, a: shape(left), b: shape(right) };
    }),
  );

test("any contraction of two tensors computes the same when it is lowered", () => {
  fc.assert(
    fc.property(equations, ({ equation, a, b }) => {
      const graph = graphOf(equation, [a, b]);
      const lowered = verify(lowerEinsum.run(graph), "lowered");
      expect(lowered.nodes.every(({ opType }) => opType !== "Einsum")).toBe(true);
      const feeds = { x0: normal(3, a), x1: normal(4, b) };
      const [wanted, found] = [graph, lowered].map((each) => interpret(each, feeds).get("y"));
      if (!wanted || !found) throw new Error("no output");
      expect(disagreement(wanted, found, { relative: 1e-5 })).toBeUndefined();
    }),
    { numRuns: 200 },
  );
});
