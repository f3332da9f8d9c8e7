import { describe, expect, test } from "vitest";
import { graphBuilder } from "../../src/ir/builder.js";
import type { Attribute, Dim, Domain } from "../../src/ir/graph.js";
import { inferTypes } from "../../src/ir/infer.js";
import { type DType, type Tensor, tensorFrom, zeros } from "../../src/tensor/tensor.js";

/** An input type `[dtype, shape]`, a constant, or nothing. */
type Operand = readonly [DType, readonly Dim[]] | Tensor | undefined;

interface Wiring {
  readonly attributes?: Readonly<Record<string, Attribute>>;
  readonly domain?: Domain;
  readonly outputs?: number;
}

/** The types of one node's outputs, as "float32 [batch, 3]". */
function typesOf(opType: string, operands: readonly Operand[], wiring: Wiring = {}): string[] {
  const builder = graphBuilder("infer");
  const inputs = operands.map((operand, i) => {
    if (operand === undefined) return undefined;
    if ("data" in operand) return builder.constant(`c${i}`, operand);
    return builder.input(`x${i}`, operand[0], operand[1]);
  });
  const names = builder.node(opType, inputs, wiring.attributes ?? {}, {
    outputs: wiring.outputs ?? 1,
    domain: wiring.domain ?? "",
    name: "n",
  });
  const types = inferTypes(builder.build(names));
  return names.map((name) => {
    const type = types.get(name);
    return `${type?.dtype} [${type?.shape.join(", ")}]`;
  });
}

const f32 = (...shape: Dim[]) => ["float32", shape] as const;
const i64 = (...values: number[]) => tensorFrom("int64", [values.length], values);
const scale = (...values: number[]) => tensorFrom("float32", values.length === 1 ? [] : [values.length], values);

describe("types with an open batch", () => {
  test.each<[string, string[], string, readonly Operand[], Wiring?]>([
    ["Flatten", ["float32 [batch, 128]"], "", [f32("batch", 4, 4, 8)]],
    ["Reshape", ["float32 [batch, 128]"], "to [-1, 128]", [f32("batch", 4, 4, 8), i64(-1, 128)]],
    ["Reshape", ["float32 [batch, 128]"], "to [0, -1]", [f32("batch", 4, 4, 8), i64(0, -1)]],
    ["Reshape", ["float32 [4*batch, 8]"], "of steps into the batch", [f32("batch", 4, 8), i64(-1, 8)]],
    ["Reshape", ["float32 [batch, 4, 5]"], "of steps out of the batch", [f32("4*batch", 5), i64(-1, 4, 5)]],
    ["Reshape", ["float32 [batch, 2, 16]"], "with two zeros", [f32("batch", 2, 4, 4), i64(0, 0, -1)]],
    ["Transpose", ["float32 [batch, 3, 8, 8]"], "", [f32("batch", 8, 8, 3)], { attributes: { perm: [0, 3, 1, 2] } }],
    ["Add", ["float32 [batch, 5]"], "with a bias", [f32("batch", 5), scale(1, 2, 3, 4, 5)]],
    ["Add", ["float32 [batch, 5]"], "of equal batches", [f32("batch", 5), f32("batch", 5)]],
    ["MatMul", ["float32 [batch, 7, 5]"], "by a matrix", [f32("batch", 7, 4), zeros("float32", [4, 5])]],
    ["MatMul", ["float32 [batch, 7, 7]"], "of batches", [f32("batch", 7, 4), f32("batch", 4, 7)]],
    ["Gemm", ["float32 [batch, 5]"], "", [f32("batch", 4), zeros("float32", [4, 5]), zeros("float32", [5])]],
    ["Concat", ["float32 [batch, 7]"], "", [f32("batch", 4), f32("batch", 3)], { attributes: { axis: 1 } }],
    ["Concat", ["float32 [2*batch, 4]"], "of batches", [f32("batch", 4), f32("batch", 4)], { attributes: { axis: 0 } }],
    ["Slice", ["float32 [batch, 2]"], "", [f32("batch", 4), i64(1), i64(3), i64(1)]],
    [
      "Slice",
      ["float32 [batch, 1]"],
      "that keeps the whole batch",
      [f32("batch", 4), i64(0, -1), i64(2 ** 40, 2 ** 40), i64(0, 1)],
    ],
    ["Pad", ["float32 [batch, 3, 6, 7]"], "", [f32("batch", 3, 4, 4), i64(0, 0, 1, 1, 0, 0, 1, 2)]],
    ["Expand", ["float32 [batch, 4]"], "", [f32("batch", 1), i64(1, 4)]],
    ["Tile", ["float32 [3*batch, 4]"], "", [f32("batch", 4), i64(3, 1)]],
    ["Squeeze", ["float32 [batch, 4]"], "", [f32("batch", 1, 4), i64(1)]],
    ["Unsqueeze", ["float32 [batch, 1, 4]"], "", [f32("batch", 4), i64(1)]],
    ["Gather", ["float32 [batch, 6, 16]"], "of an embedding", [zeros("float32", [9, 16]), ["int32", ["batch", 6]]]],
    ["ReduceMean", ["float32 [batch, 4]"], "", [f32("batch", 9, 4), i64(1)], { attributes: { keepdims: 0 } }],
    ["ArgMax", ["int64 [batch]"], "", [f32("batch", 9)], { attributes: { axis: -1, keepdims: 0 } }],
    [
      "Split",
      ["float32 [batch, 2]", "float32 [batch, 3]"],
      "",
      [f32("batch", 5), i64(2, 3)],
      { attributes: { axis: 1 }, outputs: 2 },
    ],
    ["GlobalAveragePool", ["float32 [batch, 3, 1, 1]"], "", [f32("batch", 3, 8, 8)]],
    [
      "MaxPool",
      ["float32 [batch, 3, 4, 4]", "int64 [batch, 3, 4, 4]"],
      "",
      [f32("batch", 3, 8, 8)],
      { attributes: { kernel_shape: [2, 2], strides: [2, 2] }, outputs: 2 },
    ],
    [
      "Conv",
      ["float32 [batch, 16, 4, 4]"],
      "",
      [f32("batch", 3, 8, 8), zeros("float32", [16, 3, 3, 3])],
      { attributes: { strides: [2, 2], pads: [0, 0, 1, 1] } },
    ],
    [
      "ConvTranspose",
      ["float32 [batch, 4, 16, 16]"],
      "",
      [f32("batch", 3, 8, 8), zeros("float32", [3, 4, 3, 3])],
      { attributes: { strides: [2, 2], auto_pad: "SAME_UPPER" } },
    ],
    ["Resize", ["float32 [batch, 3, 16, 24]"], "", [f32("batch", 3, 8, 8), undefined, scale(1, 1, 2, 3)]],
    [
      "LSTM",
      ["float32 [time, 1, batch, 6]", "float32 [1, batch, 6]", "float32 [1, batch, 6]"],
      "",
      [f32("time", "batch", 5), zeros("float32", [1, 24, 5]), zeros("float32", [1, 24, 6])],
      { attributes: { hidden_size: 6 }, outputs: 3 },
    ],
    ["DynamicQuantizeLinear", ["uint8 [batch, 4]", "float32 []", "uint8 []"], "", [f32("batch", 4)], { outputs: 3 }],
    [
      "MatMulNBits",
      ["float32 [batch, 2, 5]"],
      "",
      [f32("batch", 2, 32), zeros("uint8", [5, 1, 16]), zeros("float32", [5])],
      { domain: "com.microsoft", attributes: { K: 32, N: 5, bits: 4, block_size: 32 } },
    ],
  ])("%s gives %j %s", (opType, expected, _, operands, wiring) => {
    expect(typesOf(opType, operands, wiring)).toEqual(expected);
  });
});

describe("illegal uses, by the message", () => {
  const codes = (dtype: DType, ...shape: number[]) => zeros(dtype, shape);
  const qConv = (w: Tensor, wScale: Tensor, wPoint: Tensor): readonly Operand[] => [
    ["uint8", ["batch", 3, 8, 8]],
    scale(1),
    codes("uint8"),
    w,
    wScale,
    wPoint,
    scale(1),
    codes("uint8"),
  ];
  const qMatMul = (bScale: Tensor): readonly Operand[] => [
    ["uint8", ["batch", 4]],
    scale(1),
    codes("uint8"),
    codes("int8", 4, 6),
    bScale,
    codes("int8"),
    scale(1),
    codes("uint8"),
  ];
  test.each<[string, string, readonly Operand[], Wiring?]>([
    ["Reshape", "[batch, 4, 4] cannot be reshaped to [-1, 5]", [f32("batch", 4, 4), i64(-1, 5)]],
    ["Reshape", "[batch, 4] cannot be reshaped to [1, 4]", [f32("batch", 4), i64(1, 4)]],
    ["Reshape", "shape must be an initializer, so that the output's type is known", [f32("batch", 4), ["int64", [2]]]],
    ["Add", "shapes [batch, 4] and [3] do not broadcast", [f32("batch", 4), scale(1, 2, 3)]],
    ["Add", "B is int32, not float32", [f32(2), ["int32", [2]]]],
    [
      "Concat",
      "[batch, 4] and [batch, 4, 1] do not join along axis 1",
      [f32("batch", 4), f32("batch", 4, 1)],
      { attributes: { axis: 1 } },
    ],
    ["Softmax", "axis 2 does not exist at rank 2", [f32("batch", 4)], { attributes: { axis: 2 } }],
    ["Transpose", "perm [0, 0] is no permutation of 2 axes", [f32("batch", 4)], { attributes: { perm: [0, 0] } }],
    ["Slice", "the open size batch cannot be sliced", [f32("batch", 4), i64(0), i64(1), i64(0)]],
    ["Gather", "indices is float32, not int32 or int64", [f32(4), f32(2)]],
    ["Conv", "channels of X and W: 3 and 4 differ", [f32("batch", 3, 8, 8), zeros("float32", [5, 4, 3, 3])]],
    ["Conv", "a window of 3 does not fit 2 + 0 padding", [f32("batch", 4, 2, 8), zeros("float32", [5, 4, 3, 3])]],
    [
      "Conv",
      "a window needs known sizes, not [height, 8]",
      [f32("batch", 4, "height", 8), zeros("float32", [5, 4, 3, 3])],
    ],
    [
      "Conv",
      "kernel_shape [2, 2] is not that of W, [3, 3]",
      [f32("batch", 4, 8, 8), zeros("float32", [5, 4, 3, 3])],
      { attributes: { kernel_shape: [2, 2] } },
    ],
    [
      "Conv",
      "pads = [1, 1] needs 4 numbers >= 0",
      [f32("batch", 4, 8, 8), zeros("float32", [5, 4, 3, 3])],
      { attributes: { pads: [1, 1] } },
    ],
    ["Gemm", "inner sizes of [batch, 4] and [5, 4]: 4 and 5 differ", [f32("batch", 4), zeros("float32", [5, 4])]],
    [
      "LSTM",
      "W has shape [1, 20, 5], not [1, 24, 5]",
      [f32(3, "batch", 5), zeros("float32", [1, 20, 5]), zeros("float32", [1, 24, 6])],
      { attributes: { hidden_size: 6 }, outputs: 3 },
    ],
    [
      "LSTM",
      'no activation is called "Swish"; known: relu, tanh, sigmoid, softsign, softplus, affine, leakyrelu, thresholdedrelu, scaledtanh, hardsigmoid, elu',
      [f32(3, "batch", 5), zeros("float32", [1, 24, 5]), zeros("float32", [1, 24, 6])],
      { attributes: { hidden_size: 6, activations: ["Swish", "Tanh", "Tanh"] }, outputs: 3 },
    ],
    [
      "QuantizeLinear",
      "y_scale [4] does not fit axis 1 of [batch, 3, 4], which needs [3]",
      [f32("batch", 3, 4), scale(1, 1, 1, 1)],
      { attributes: { axis: 1 } },
    ],
    ["QuantizeLinear", "y_scale has 0: a scale is finite and > 0", [f32("batch", 3), scale(0)]],
    [
      "DequantizeLinear",
      "x_scale [3, 3] must be [3, 2] with block_size 2",
      [codes("int8", 3, 4), tensorFrom("float32", [3, 3], [1, 1, 1, 1, 1, 1, 1, 1, 1])],
      { attributes: { axis: 1, block_size: 2 } },
    ],
    ["DequantizeLinear", "x_zero_point is uint8, not int8", [codes("int8", 3, 4), scale(1), codes("uint8")]],
    [
      "QLinearConv",
      "w_scale [3] must be one number or [16], one a channel",
      qConv(codes("int8", 16, 3, 3, 3), scale(1, 1, 1), codes("int8")),
    ],
    ["QLinearConv", "w_zero_point is uint8, not int8", qConv(codes("int8", 16, 3, 3, 3), scale(1), codes("uint8"))],
    [
      "QLinearConv",
      "w_zero_point of int8 weights must be 0",
      qConv(codes("int8", 2, 3, 3, 3), scale(1, 1), tensorFrom("int8", [2], [0, 1])),
    ],
    [
      "QLinearConv",
      "w_zero_point must be the same for all channels",
      qConv(codes("uint8", 2, 3, 3, 3), scale(1, 1), tensorFrom("uint8", [2], [3, 4])),
    ],
    [
      "QLinearConv",
      "w_scale has -1: a scale is finite and > 0",
      qConv(codes("int8", 2, 3, 3, 3), scale(1, -1), codes("int8")),
    ],
    ["QLinearMatMul", "b_scale [4] must be one number or [6], one a channel", qMatMul(scale(1, 1, 1, 1))],
    [
      "MatMulNBits",
      "bits = 3; kernels exist for 2, 4 and 8",
      [f32("batch", 32), zeros("uint8", [5, 1, 12]), zeros("float32", [5])],
      { domain: "com.microsoft", attributes: { K: 32, N: 5, bits: 3, block_size: 32 } },
    ],
    [
      "MatMulNBits",
      "scales [6] must be [5 * 2]",
      [f32("batch", 40), zeros("uint8", [5, 2, 16]), zeros("float32", [6])],
      { domain: "com.microsoft", attributes: { K: 40, N: 5, bits: 4, block_size: 32 } },
    ],
    [
      "MatMulNBits",
      "block_size = 24 is not a power of two >= 16",
      [f32("batch", 24), zeros("uint8", [5, 1, 12]), zeros("float32", [5])],
      { domain: "com.microsoft", attributes: { K: 24, N: 5, bits: 4, block_size: 24 } },
    ],
  ])("%s: %s", (opType, message, operands, wiring) => {
    expect(() => typesOf(opType, operands, wiring)).toThrow(message);
  });
});
