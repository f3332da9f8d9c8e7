import fc from "fast-check";
import { expect, test } from "vitest";
import { graphBuilder } from "../../src/ir/builder.js";
import type { Attribute, Graph, Node } from "../../src/ir/graph.js";
import { parseGraph, printGraph } from "../../src/ir/text.js";
import { type DType, elementCount, type Tensor, tensorFrom } from "../../src/tensor/tensor.js";

function small(): Graph {
  const b = graphBuilder("two layers");
  const x = b.input("x", "float32", ["batch", 4]);
  const w = b.constant("dense/kernel", tensorFrom("float32", [4, 2], [0.1, -1, 2.5, 0, -0, 1e-30, 3, 4]));
  const y = b.node("Gemm", [x, w, undefined], { alpha: 0.5 }, { layer: "dense", name: "dense/Gemm" });
  const big = b.constant("big", tensorFrom("uint8", [2, 9], new Array<number>(18).fill(7)));
  const low = b.constant("low", tensorFrom("float32", [], [-1]));
  const c = b.node("Clip", [y, undefined, low], {}, { name: "clip" });
  const s = b.node("Split", [c], { axis: 1, num_outputs: 2 }, { outputs: ["", "right half"], name: "split" });
  const t = b.node("Cast", [big], { to: 1 }, { name: "cast" });
  return b.build([s[1] ?? "", t]);
}

test("a graph prints one declaration a line", () => {
  expect(printGraph(small())).toMatchInlineSnapshot(`
    "graph "two layers" {
      input %x: float32 [batch, 4]
      const %"dense/kernel": float32 [4, 2] = [0.1, -1, 2.5, 0, -0, 1e-30, 3, 4]
      const %big: uint8 [2, 9] = base64 "BwcHBwcHBwcHBwcHBwcHBwcH"
      const %low: float32 [] = [-1]
      %"dense/Gemm" = Gemm(%x, %"dense/kernel") {alpha = 0.5} @layer "dense" name "dense/Gemm"
      %clip = Clip(%"dense/Gemm", , %low) name "clip"
      , %"right half" = Split(%clip) {axis = 1, num_outputs = 2} name "split"
      %cast = Cast(%big) {to = 1} name "cast"
      output %"right half": float32 [batch, 1]
      output %cast: float32 [2, 9]
    }
    "
  `);
});

test("printed without weights, a text says that it cannot be read back, and is refused at the first weight", () => {
  const text = printGraph(small(), { withoutWeights: true });
  expect(text.split("\n")[0]).toBe("// without weights: cannot be read back");
  expect(text).toContain("const %big: uint8 [2, 9] = ... 18 elements");
  expect(() => parseGraph(text)).toThrow("line 5: this text was printed without weights and cannot be read back");
});

const name = fc.oneof(fc.stringMatching(/^[a-z_]\w{0,6}$/), fc.string({ minLength: 1, maxLength: 8 }));
const plain = { noNullPrototype: true } as const;
const shape = fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 3 });
const dtype = fc.constantFrom<DType>(
  "float32",
  "float64",
  "float16",
  "int8",
  "uint8",
  "uint16",
  "int32",
  "int64",
  "bool",
);

const tensors: fc.Arbitrary<Tensor> = fc.tuple(dtype, shape).chain(([type, sizes]) => {
  const value = type.startsWith("float") && type !== "float16" ? fc.float() : fc.integer({ min: 0, max: 1 });
  const count = elementCount(sizes);
  return fc
    .array(value, { minLength: count, maxLength: count })
    .map((values) => tensorFrom(type, sizes, values) as Tensor);
});

const attribute: fc.Arbitrary<Attribute> = fc.oneof(
  fc.double(),
  fc.integer(),
  fc.string(),
  fc.array(fc.double()),
  fc.array(fc.string(), { minLength: 1 }),
  tensors,
);

const node: fc.Arbitrary<Node> = fc
  .record(
    {
      name,
      opType: fc.stringMatching(/^[A-Z][A-Za-z]{0,9}$/),
      domain: fc.constantFrom("" as const, "com.microsoft" as const),
      inputs: fc.array(fc.oneof(name, fc.constant("")), { maxLength: 4 }),
      outputs: fc.array(fc.oneof(name, fc.constant("")), { maxLength: 3 }),
      attributes: fc.dictionary(fc.stringMatching(/^[a-z_]{1,8}$/), attribute, { maxKeys: 3, noNullPrototype: true }),
      layer: fc.option(fc.string(), { nil: undefined }),
    },
    plain,
  )
  .map(({ layer, ...rest }) => ({ ...rest, ...(layer === undefined ? {} : { layer }) }));

const value = fc.record(
  {
    name,
    type: fc.record({ dtype, shape: fc.array(fc.oneof(fc.nat(9), fc.constantFrom("batch", "8*batch"))) }, plain),
  },
  plain,
);

test("parsing what was printed gives the same graph", () => {
  const graph: fc.Arbitrary<Graph> = fc.record(
    {
      name: fc.string(),
      inputs: fc.array(value, { maxLength: 3 }),
      outputs: fc.array(value, { maxLength: 3 }),
      nodes: fc.array(node, { maxLength: 4 }),
      initializers: fc
        .dictionary(name, tensors, { maxKeys: 4, noNullPrototype: true })
        .map((o) => new Map(Object.entries(o))),
    },
    plain,
  );
  fc.assert(
    fc.property(graph, (g) => {
      expect(parseGraph(printGraph(g))).toStrictEqual(g);
    }),
    { numRuns: 300 },
  );
});

const wrap = (line: string) => `graph "g" {\n  input %x: float32 [2]\n${line}\n}\n`;

test.each([
  ["", 'line 1: a text of a graph begins with graph "name" {'],
  ['graph "g" {\n', 'line 1: the graph does not end with "}"'],
  ["graf {\n}", 'line 1: "graph" expected, found "graf {"'],
  [wrap("%y = Relu(%x)"), 'line 3: "name" expected, the line ends'],
  [wrap('%y Relu(%x) name "n"'), 'line 3: "=" expected, found "Relu(%x) name "n""'],
  [
    wrap('%y = ai.other.Relu(%x) name "n"'),
    'line 3: no domain is called "ai.other"; known: "", com.microsoft and nibble',
  ],
  [wrap("const %c: float31 [2] = [1, 2]"), 'line 3: no element type is called "float31"; known: float32, float64,'],
  [wrap("const %c: float32 [2] = [1]"), "line 3: 1 elements do not fill a shape of 2"],
  [wrap('const %c: float32 [20] = base64 "AAAA"'), "line 3: 3 bytes do not fill a shape of 80 bytes"],
  [wrap("const %c: int64 [1] = [1.5]"), "line 3: int64 cannot hold 1.5"],
  [wrap("const %c: int8 [1] = [1]\nconst %c: int8 [1] = [2]"), 'line 4: two constants are called "c"'],
  [wrap('%y = Relu(%x) {a = 1, a = 2} name "n"'), 'line 3: two attributes are called "a"'],
  [wrap('%y = Relu(%x) name "\\q"'), 'line 3: "\\q" has an illegal escape'],
  [wrap('%y = Relu(%x) name "n" more'), 'line 3: the end of the line expected, found "more"'],
])("a text that is no graph is refused with its line: %j", (text, message) => {
  expect(() => parseGraph(text)).toThrow(message);
});
