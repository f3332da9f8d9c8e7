import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { openOnnx } from "../../../src/frontends/onnx/open.js";
import { interpret } from "../../../src/ir/interpret.js";
import { ModelProto } from "../../../src/onnx-proto/messages.js";
import { tensorFrom } from "../../../src/tensor/tensor.js";

const folder = mkdtempSync(join(tmpdir(), "nibble-onnx-read-"));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const declared = (name: string, elemType: number, ...shape: (number | string)[]) => ({
  name,
  type: {
    tensorType: {
      elemType,
      shape: { dim: shape.map((size) => (typeof size === "number" ? { dimValue: size } : { dimParam: size })) },
    },
  },
});
const floats = (name: string, ...values: number[]) => ({
  ...{ name, dims: [values.length], dataType: 1 },
  rawData: new Uint8Array(Float32Array.from(values).buffer),
});

interface Parts {
  readonly node: readonly object[];
  readonly initializer?: readonly object[];
  readonly more?: object;
}

/** What a model x [n, 2] -> y [n, 2] makes of [1, 2], and the operators that are left of it. */
async function computed({ node, initializer = [], more = {} }: Parts) {
  const graph = { name: "g", node, initializer, input: [declared("x", 1, "n", 2)], output: [declared("y", 1, "n", 2)] };
  const opsets = [
    { domain: "", version: 17 },
    { domain: "own", version: 1 },
  ];
  const path = join(folder, "m.onnx");
  writeFileSync(path, ModelProto.encode({ irVersion: 8, opsetImport: opsets, graph, ...more }).finish());
  const lowered = (await openOnnx(path)).lowerBoth({}).graph;
  const y = interpret(lowered, { x: tensorFrom("float32", [1, 2], [1, 2]) }).get("y");
  return { y: [...(y?.data ?? [])], operators: lowered.nodes.map(({ opType }) => opType) };
}

test("weights are read from where external data has them", async () => {
  writeFileSync(join(folder, "w.bin"), new Uint8Array(Float32Array.of(9, 9, 10, 20, 9).buffer));
  const entries = [
    { key: "location", value: "w.bin" },
    { key: "offset", value: "8" },
    { key: "length", value: "8" },
  ];
  const initializer = [{ name: "w", dims: [2], dataType: 1, dataLocation: 1, externalData: entries }];
  const node = [{ opType: "Add", name: "sum", input: ["x", "w"], output: ["y"] }];
  expect(await computed({ node, initializer })).toEqual({ y: [11, 22], operators: ["Add"] });
});

test("a function is written out, with the attributes of its call", async () => {
  const body = [
    { opType: "Constant", output: ["k"], attribute: [{ name: "value_float", type: 1, refAttrName: "by" }] },
    { opType: "Mul", input: ["a", "k"], output: ["b"] },
  ];
  const functions = [
    {
      ...{ name: "Scaled", domain: "own", input: ["a"], output: ["b"], attribute: ["by"], node: body },
      opsetImport: [{ domain: "", version: 17 }],
    },
  ];
  const attribute = [{ name: "by", type: 1, f: 3 }];
  const node = [{ opType: "Scaled", domain: "own", name: "call", input: ["x"], output: ["y"], attribute }];
  expect(await computed({ node, more: { functions } })).toEqual({ y: [3, 6], operators: ["Mul"] });
});

test("of a known condition one branch is left", async () => {
  const branch = (opType: string) => ({
    ...{ name: opType, node: [{ opType, name: opType, input: ["x"], output: [`${opType}_out`] }] },
    output: [declared(`${opType}_out`, 1, "n", 2)],
  });
  const attribute = [
    { name: "then_branch", type: 5, g: branch("Neg") },
    { name: "else_branch", type: 5, g: branch("Abs") },
  ];
  const initializer = [{ name: "yes", dims: [], dataType: 9, rawData: Uint8Array.of(1) }];
  const node = [{ opType: "If", name: "if", input: ["yes"], output: ["y"], attribute }];
  expect(await computed({ node, initializer })).toEqual({ y: [-1, -2], operators: ["Neg"] });
});

test("a loop of a known number of turns is written out", async () => {
  const body = {
    name: "body",
    node: [
      { opType: "Add", name: "step", input: ["state", "w"], output: ["next"] },
      { opType: "Identity", input: ["go"], output: ["on"] },
    ],
    input: [declared("i", 7), declared("go", 9), declared("state", 1, "n", 2)],
    output: [declared("on", 9), declared("next", 1, "n", 2)],
  };
  const initializer = [
    { name: "turns", dims: [], dataType: 7, rawData: new Uint8Array(BigInt64Array.of(3n).buffer) },
    { name: "true", dims: [], dataType: 9, rawData: Uint8Array.of(1) },
    floats("w", 1, 10),
  ];
  const node = [
    {
      ...{ opType: "Loop", name: "loop", input: ["turns", "true", "x"], output: ["y"] },
      attribute: [{ name: "body", type: 5, g: body }],
    },
  ];
  expect(await computed({ node, initializer })).toEqual({ y: [4, 32], operators: ["Add", "Add", "Add"] });
});

test("known numbers are brought to as many rows as the batch has", async () => {
  const row = new Uint8Array(BigInt64Array.of(10n, 20n).buffer);
  const node = [
    { opType: "Shape", name: "shape", input: ["x"], output: ["shape"] },
    { opType: "Expand", name: "expand", input: ["row", "shape"], output: ["rows"] },
    { opType: "Cast", name: "cast", input: ["rows"], output: ["floats"], attribute: [{ name: "to", type: 2, i: 1 }] },
    { opType: "Add", name: "add", input: ["x", "floats"], output: ["y"] },
  ];
  const { y } = await computed({ node, initializer: [{ name: "row", dims: [2], dataType: 7, rawData: row }] });
  expect(y).toEqual([11, 22]);
});
