import { expect, test } from "vitest";
import { parseGraph } from "../../src/ir/text.js";
import { verify } from "../../src/ir/verify.js";

const graph = (...lines: string[]) =>
  parseGraph(['graph "g" {', "input %x: float32 [batch, 4]", ...lines, "}"].join("\n"));

const relu = '%y = Relu(%x) name "relu"';
const output = "output %y: float32 [batch, 4]";

test("a legal graph comes back as it is", () => {
  const legal = graph(relu, output);
  expect(verify(legal, "in a test")).toBe(legal);
});

test.each([
  [
    "two producers",
    [relu, '%y = Abs(%x) name "abs"', output],
    'value "y" has two producers; the second is node "abs" (Abs)',
  ],
  [
    "an input called as a constant",
    ["const %x: float32 [] = [1]", relu, output],
    'value "x" has two producers; the second is an initializer',
  ],
  ["two nodes of one name", [relu, '%z = Abs(%x) name "relu"', output], 'two nodes are called "relu"'],
  [
    "nodes out of order",
    ['%z = Abs(%y) name "abs"', relu, output],
    'node "abs" (Abs): input "y" is not a value made before it',
  ],
  ["an unknown operator", ['%y = Relux(%x) name "relu"', output], 'node "relu" (Relux): no such operator'],
  [
    "an operator of the other domain",
    ['%y = com.microsoft.Relu(%x) name "relu"', output],
    'node "relu" (com.microsoft.Relu): no such operator',
  ],
  ["too many inputs", ['%y = Relu(%x, %x) name "relu"', output], 'node "relu" (Relu): has 2 inputs, not 1'],
  ["too few inputs", ['%y = Add(%x) name "add"', output], 'node "add" (Add): has 1 inputs, not 2'],
  ["too many outputs", ['%y, %z = Relu(%x) name "relu"', output], 'node "relu" (Relu): has 2 outputs, not 1'],
  ["an absent required input", ['%y = Add(, %x) name "add"', output], 'node "add" (Add): input 0 is required'],
  [
    "an unknown attribute",
    ['%y = Relu(%x) {alpha = 1} name "relu"', output],
    'node "relu" (Relu): has no attribute "alpha"',
  ],
  [
    "an attribute of another kind",
    ['%y = Softmax(%x) {axis = "last"} name "s"', output],
    'node "s" (Softmax): attribute "axis" is not of kind int',
  ],
  [
    "a fraction for an int",
    ['%y = Softmax(%x) {axis = 0.5} name "s"', output],
    'node "s" (Softmax): attribute "axis" is not of kind int',
  ],
  [
    "a missing required attribute",
    ['%y = Concat(%x) name "c"', output],
    'node "c" (Concat): attribute "axis" is required',
  ],
  [
    "an output of another type",
    [relu, "output %y: int8 [batch, 4]"],
    'output "y" is declared int8 [batch, 4] but is float32 [batch, 4]',
  ],
  [
    "an output of another shape",
    [relu, "output %y: float32 [batch, 5]"],
    'output "y" is declared float32 [batch, 5] but is float32 [batch, 4]',
  ],
  ["an output that nothing makes", [relu, "output %z: float32 [batch, 4]"], 'output "z" is not a value of the graph'],
  ["an output named twice", [relu, output, output], 'output "y" is named twice'],
  ["no output", [relu], "it has no outputs"],
  [
    "an input dimension that is no name",
    [relu, 'input %w: float32 ["8*batch"]', output],
    'graph input "w" has dimension "8*batch": a count or an identifier is needed',
  ],
  [
    "an operator's own rule",
    ["const %w: float32 [3, 2] = [1, 2, 3, 4, 5, 6]", '%y = MatMul(%x, %w) @layer "dense" name "dense/MatMul"', output],
    'node "dense/MatMul" (MatMul): inner sizes of [batch, 4] and [3, 2]: 4 and 3 differ',
  ],
])("%s is refused", (_, lines, message) => {
  expect(() => verify(graph(...lines), "after pass fold")).toThrow(`graph "g" is illegal after pass fold: ${message}`);
});

test("a tensor whose data do not fill its shape is refused", () => {
  const legal = graph("const %w: float32 [2] = [1, 2]", relu, output);
  const broken = { dtype: "float32" as const, shape: [3], data: new Float32Array(2) };
  const initializers = new Map([["w", broken]]);
  expect(() => verify({ ...legal, initializers }, "in a test")).toThrow(
    'initializer "w" has 2 elements, which do not fill [3]',
  );
});
