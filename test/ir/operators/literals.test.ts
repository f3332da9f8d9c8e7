import { expect, test } from "vitest";
import type { Attribute, Domain } from "../../../src/ir/graph.js";
import { interpret } from "../../../src/ir/interpret.js";
import type { Tensor } from "../../../src/tensor/tensor.js";
import { tensorFrom } from "../../../src/tensor/tensor.js";
import { constant, graphOf } from "./one-node.js";

/** Vectors by hand or from the ONNX specification's examples, for the integer operators. */

/** The elements of one node's outputs. */
function run(
  opType: string,
  inputs: readonly (Tensor | undefined)[],
  wiring: { attributes?: Readonly<Record<string, Attribute>>; domain?: Domain; outputs?: number } = {},
): number[][] {
  const operands = inputs.map((t) => t && constant(t));
  const { graph } = graphOf({ title: "", opType, inputs: operands, tolerance: "exact", ...wiring });
  const values = interpret(graph, {});
  return graph.outputs.map(({ name }) => Array.from(values.get(name)?.data as ArrayLike<number | bigint>, Number));
}

const u8 = (shape: number[], values: number[]) => tensorFrom("uint8", shape, values);
const s8 = (shape: number[], values: number[]) => tensorFrom("int8", shape, values);
const f32 = (shape: number[], values: number[]) => tensorFrom("float32", shape, values);
const s32 = (shape: number[], values: number[]) => tensorFrom("int32", shape, values);

test("QLinearMatMul: the specification's uint8 example", () => {
  const a = u8([2, 4], [208, 236, 0, 238, 3, 214, 255, 29]);
  const b = u8([4, 3], [152, 51, 244, 60, 26, 255, 0, 127, 246, 127, 254, 247]);
  const inputs = [
    [a, f32([1], [0.0066]), u8([1], [113])],
    [b, f32([1], [0.00705]), u8([1], [114])],
    [f32([1], [0.0107]), u8([1], [118])],
  ].flat();
  expect(run("QLinearMatMul", inputs)).toEqual([[168, 115, 255, 1, 66, 151]]);
});

test("QLinearConv: the specification's example, first row of a 1x1 kernel", () => {
  const inputs = [
    u8([1, 1, 1, 7], [255, 174, 162, 25, 203, 168, 58]),
    f32([], [0.00369204697]),
    u8([], [132]),
    u8([1, 1, 1, 1], [0]),
    f32([1], [0.00172794575]),
    u8([1], [255]),
    f32([], [0.00162681262]),
    u8([], [123]),
  ];
  expect(run("QLinearConv", inputs)).toEqual([[0, 81, 93, 230, 52, 87, 197]]);
});

test("QLinearConv pads with the zero point, so that a padded tap adds nothing", () => {
  const inputs = [
    u8([1, 1, 1, 2], [10, 12]),
    f32([], [1]),
    u8([], [10]),
    s8([1, 1, 1, 3], [5, 7, 9]),
    f32([1], [1]),
    s8([1], [0]),
    f32([], [1]),
    u8([], [0]),
    s32([1], [100]),
  ];
  expect(run("QLinearConv", inputs, { attributes: { pads: [0, 1, 0, 1] } })).toEqual([[118, 114]]);
});

test("ConvInteger: the specification's example with padding and a zero point for each filter", () => {
  const x = u8([1, 1, 3, 3], [2, 3, 4, 5, 6, 7, 8, 9, 10]);
  const w = u8([2, 1, 2, 2], new Array<number>(8).fill(1));
  const padded = [1, 3, 5, 3, 5, 12, 16, 9, 11, 24, 28, 15, 7, 15, 17, 9];
  expect(run("ConvInteger", [x, w, u8([], [1]), u8([2], [0, 1])], { attributes: { pads: [1, 1, 1, 1] } })).toEqual([
    [...padded, ...new Array<number>(16).fill(0)],
  ]);
});

test("MatMulInteger: the specification's example", () => {
  const a = u8([4, 3], [11, 7, 3, 10, 6, 2, 9, 5, 1, 8, 4, 0]);
  const b = u8([3, 2], [1, 4, 2, 5, 3, 6]);
  expect(run("MatMulInteger", [a, b, u8([1], [12]), u8([1], [0])])).toEqual([
    [-38, -83, -44, -98, -50, -113, -56, -128],
  ]);
});

test("sums beyond int32 wrap as two's complement does", () => {
  const a = u8([1, 66052], new Array<number>(66052).fill(255));
  const b = s8([66052, 1], new Array<number>(66052).fill(-128));
  expect(run("MatMulInteger", [a, b])).toEqual([[(66052 * 255 * -128 + 2 ** 32) | 0]]);
});

test.each([
  [[0, 2, -3, -2.5, 1.34, 0.5], [153, 255, 0, 26, 221, 179], 5 / 255, 153],
  [[-1, -2.1, -1.3, -2.5, -3.34, -4], [191, 121, 172, 96, 42, 0], 4 / 255, 255],
  [[1, 2.1, 1.3, 2.5, 3.34, 4], [64, 134, 83, 159, 213, 255], 4 / 255, 0],
])("DynamicQuantizeLinear: the specification's example %j", (x, codes, scale, zeroPoint) => {
  expect(run("DynamicQuantizeLinear", [f32([6], x)], { outputs: 3 })).toEqual([
    codes,
    [Math.fround(scale)],
    [zeroPoint],
  ]);
});

test("QGemm adds C, rounds to even, then adds the zero point: (2*3 + 4*5 + 8) * 0.5 / 2 = 8.5 becomes 8 + 1", () => {
  const inputs = [
    u8([1, 2], [2, 4]),
    f32([], [0.5]),
    u8([], [0]),
    s8([2, 1], [3, 5]),
    f32([1], [1]),
    s8([1], [0]),
    s32([1], [8]),
    f32([], [2]),
    u8([], [1]),
  ];
  expect(run("QGemm", inputs, { domain: "com.microsoft" })).toEqual([[9]]);
});

test("MatMulNBits reads the low half of a byte first and centres codes at 2^(bits-1)", () => {
  const a = f32([1, 16], [1, 10, ...new Array<number>(14).fill(0)]);
  const b = u8([1, 1, 8], [0x9a, ...new Array<number>(7).fill(0)]);
  const attributes = { K: 16, N: 1, bits: 4, block_size: 16, accuracy_level: 0 };
  // Codes 0xa and 0x9 stand for 2 and 1: (1 * 2 + 10 * 1) * 0.5
  expect(run("MatMulNBits", [a, b, f32([1], [0.5])], { domain: "com.microsoft", attributes })).toEqual([[6]]);
});

test("MatMulNBits at level 4 quantizes a row of A to int8 by absmax / 127", () => {
  const a = f32([1, 16], [127, 0.4, 0.6, ...new Array<number>(13).fill(0)]);
  const b = u8([1, 1, 16], new Array<number>(16).fill(129));
  const attributes = { K: 16, N: 1, bits: 8, block_size: 16, accuracy_level: 4 };
  expect(run("MatMulNBits", [a, b, f32([1], [1])], { domain: "com.microsoft", attributes })).toEqual([[128]]);
});
