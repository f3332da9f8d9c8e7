import { expect, test } from "vitest";
import { interpret } from "../../src/ir/interpret.js";
import { parseGraph } from "../../src/ir/text.js";
import { tensorFrom } from "../../src/tensor/tensor.js";

const graph = parseGraph(`graph "g" {
  input %x: float32 [batch, 2]
  input %mask: float32 [batch]
  const %w: float32 [2, 2] = [1, 2, 3, 4]
  %p = MatMul(%x, %w) name "p"
  %y = Relu(%p) name "y"
  output %y: float32 [batch, 2]
}`);

const x = tensorFrom("float32", [1, 2], [1, -1]);
const mask = tensorFrom("float32", [1], [1]);

test("every value of the graph is given: inputs, initializers and the outputs of all nodes", () => {
  const values = interpret(graph, { x, mask });
  expect([...values.keys()].sort()).toEqual(["mask", "p", "w", "x", "y"]);
  expect(values.get("p")).toEqual(tensorFrom("float32", [1, 2], [-2, -2]));
  expect(values.get("y")).toEqual(tensorFrom("float32", [1, 2], [0, 0]));
});

test.each([
  [{ x }, 'input "mask" of graph "g" is not fed'],
  [{ x, mask, z: x }, 'graph "g" has no input "z"'],
  [{ x: tensorFrom("int32", [1, 2], [1, 2]), mask }, 'input "x" is float32 [batch, 2] but is fed int32 [1, 2]'],
  [{ x: tensorFrom("float32", [2], [1, 2]), mask }, 'input "x" is float32 [batch, 2] but is fed float32 [2]'],
  [{ x: tensorFrom("float32", [1, 3], [1, 2, 3]), mask }, 'input "x" is float32 [batch, 2] but is fed float32 [1, 3]'],
  [{ x, mask: tensorFrom("float32", [2], [1, 2]) }, 'input "mask" is float32 [batch] but is fed float32 [2]'],
])("feeds that do not fit are refused: %#", (feeds, message) => {
  expect(() => interpret(graph, feeds as Record<string, typeof x>)).toThrow(message);
});

test("a failure at run time names the node", () => {
  const gather = parseGraph(`graph "g" {
    input %i: int64 [batch]
    const %table: float32 [2] = [5, 6]
    %y = Gather(%table, %i) @layer "embedding" name "embedding/Gather"
    output %y: float32 [batch]
  }`);
  expect(() => interpret(gather, { i: tensorFrom("int64", [1], [2]) })).toThrow(
    'node "embedding/Gather" (Gather): index 2 lies outside of 2 elements',
  );
});

test("the batch of the feed runs through reshapes", () => {
  const flat = parseGraph(`graph "g" {
    input %x: float32 [batch, 2, 2]
    const %shape: int64 [2] = [-1, 4]
    %y = Reshape(%x, %shape) name "y"
    output %y: float32 [batch, 4]
  }`);
  const fed = tensorFrom(
    "float32",
    [3, 2, 2],
    Array.from({ length: 12 }, (_, i) => i),
  );
  expect(interpret(flat, { x: fed }).get("y")).toEqual({ ...fed, shape: [3, 4] });
});
