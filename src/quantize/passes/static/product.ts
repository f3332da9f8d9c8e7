import type { Node } from "../../../ir/graph.js";
import { roundHalfEven } from "../../../tensor/affine.js";
import { elementCount, type Tensor, tensor, tensorFrom, zeros } from "../../../tensor/tensor.js";
import { type ChannelFormat, checkFinite, quantizeChannels, suffix } from "../../weights.js";
import type { Rewrite } from "../rewrite.js";
import type { Codes, Values } from "./codes.js";
import type { StaticPlan } from "./plan.js";
import type { Role } from "./roles.js";

/** Largest magnitude of an int32 bias; as much again is left for the sum of products. */
const BIAS_LIMIT = 2 ** 30;

interface IntegerWeights {
  readonly codes: string;
  readonly scale: string;
  readonly zeroPoint: string;
  /** int32 [channels], scale = inputScale * weightScale; "" when the layer has no bias. */
  readonly bias: string;
}

/** QLinearConv: uint8 input and output, int8 weights [O, I / group, k...], int32 bias. */
export function emitConvolution(role: Extract<Role, { kind: "conv" }>, format: ChannelFormat, values: Values): void {
  const { node, weight, kernel, bias, input } = role.convolution;
  const x = values.codesOf(input, node);
  const w = integerWeights({ node, weight, tensor: kernel, axis: 0, bias: bias?.tensor }, x, format, values.rewrite);
  const y = values.makeCodes(role.output);
  values.rewrite.add({
    ...node,
    opType: "QLinearConv",
    inputs: [...operand(x), w.codes, w.scale, w.zeroPoint, y.scaleName, y.zeroPointName, ...optional(w.bias)],
    outputs: [y.name],
  });
}

/**
 * QGemm on matrices. At higher rank with codes as the result: QGemm between two Reshapes, which move nothing, as
 * QLinearMatMul takes no bias; without bias QLinearMatMul. With a float result: MatMulIntegerToFloat.
 */
export function emitDense(
  role: Extract<Role, { kind: "dense" }>,
  format: ChannelFormat,
  values: Values,
  plan: StaticPlan,
): void {
  const { node, input, weight, matrix, bias } = role.dense;
  const rank = plan.context.types.get(input)?.shape.length ?? 2;
  const x = values.codesOf(input, node);
  const constants = { node, weight, tensor: matrix, axis: 1, bias: bias?.tensor };
  const w = integerWeights(constants, x, format, values.rewrite);
  const outer = plan.context.types.get(role.output)?.shape.slice(1) ?? [];
  const sizes = outer.filter((dim) => typeof dim === "number");
  if (rank === 2) emitGemm(role, x, w, values, plan);
  else if (plan.floatResult.has(node)) emitFloatProduct(role, x, w, values, plan);
  else if (!bias) emitMatMul(role, x, w, values);
  else if (sizes.length === outer.length) emitFlatGemm(role, x, w, values, sizes);
  else emitFloatProduct(role, x, w, values, plan);
}

function emitMatMul(role: Extract<Role, { kind: "dense" }>, x: Codes, w: IntegerWeights, values: Values): void {
  const y = values.makeCodes(role.output);
  values.rewrite.add({
    ...role.node,
    opType: "QLinearMatMul",
    inputs: [...operand(x), w.codes, w.scale, w.zeroPoint, y.scaleName, y.zeroPointName],
    outputs: [y.name],
    attributes: {},
  });
}

/** @param sizes of the result without its first dimension */
function emitFlatGemm(
  role: Extract<Role, { kind: "dense" }>,
  x: Codes,
  w: IntegerWeights,
  values: Values,
  sizes: readonly number[],
): void {
  const { node, matrix } = role.dense;
  const { rewrite } = values;
  const flat = reshape(node, x.name, [-1, matrix.shape[0] ?? 0], rewrite);
  const y = values.makeCodes(role.output);
  const product = rewrite.freeName(`${y.name}:matrix`);
  addGemm(node, [flat, ...operand(x).slice(1)], w, [y.scaleName, y.zeroPointName], product, rewrite);
  reshape(node, product, [-1, ...sizes], rewrite, y.name);
}

function emitGemm(
  role: Extract<Role, { kind: "dense" }>,
  x: Codes,
  w: IntegerWeights,
  values: Values,
  plan: StaticPlan,
): void {
  if (plan.floatResult.has(role.node)) {
    addGemm(role.node, operand(x), w, [], role.output, values.rewrite);
    values.madeFloat(role.output);
  } else {
    const y = values.makeCodes(role.output);
    addGemm(role.node, operand(x), w, [y.scaleName, y.zeroPointName], y.name, values.rewrite);
  }
}

function addGemm(
  node: Node,
  a: readonly string[],
  { codes, scale, zeroPoint, bias }: IntegerWeights,
  y: readonly string[],
  output: string,
  rewrite: Rewrite,
): void {
  rewrite.add({
    ...node,
    opType: "QGemm",
    domain: "com.microsoft",
    inputs: [...a, codes, scale, zeroPoint, ...(y.length > 0 ? [bias, ...y] : optional(bias))],
    outputs: [output],
    attributes: {},
  });
}

/** Rank above 2 with float result; where codes are wanted all the same, they are made from it. */
function emitFloatProduct(
  role: Extract<Role, { kind: "dense" }>,
  x: Codes,
  w: IntegerWeights,
  values: Values,
  plan: StaticPlan,
): void {
  const { node, bias } = role.dense;
  const { rewrite } = values;
  const float = plan.floatResult.has(node) ? role.output : rewrite.freeName(`${role.output}:float`);
  const biasInput = bias ? [rewrite.constant(bias.name, bias.tensor)] : [];
  rewrite.add({
    ...node,
    opType: "MatMulIntegerToFloat",
    domain: "com.microsoft",
    inputs: [x.name, w.codes, x.scaleName, w.scale, x.zeroPointName, w.zeroPoint, ...biasInput],
    outputs: [float],
    attributes: {},
  });
  if (plan.floatResult.has(node)) {
    values.madeFloat(role.output);
    return;
  }
  const y = values.makeCodes(role.output);
  rewrite.add({
    ...node,
    name: `${node.name}/QuantizeLinear`,
    opType: "QuantizeLinear",
    inputs: [float, y.scaleName, y.zeroPointName],
    outputs: [y.name],
    attributes: {},
  });
}

function reshape(node: Node, input: string, shape: readonly number[], rewrite: Rewrite, output?: string): string {
  const result = output ?? rewrite.freeName(`${input}:matrix`);
  const target = rewrite.constant(`shape:[${shape.join(",")}]`, tensorFrom("int64", [shape.length], shape));
  const layer = node.layer === undefined ? {} : { layer: node.layer };
  rewrite.add({
    name: `${node.name}/Reshape`,
    opType: "Reshape",
    domain: "",
    inputs: [input, target],
    outputs: [result],
    attributes: {},
    ...layer,
  });
  return result;
}

/**
 * int8 weights and int32 bias for an input with scale `x.scale`. The bias is exact to half of inputScale * weightScale;
 * where that would need more than 2^30, or underflow float32, the channel's weight scale is raised just enough.
 */
function integerWeights(
  {
    node,
    weight,
    tensor: real,
    axis,
    bias,
  }: {
    readonly node: Node;
    readonly weight: string;
    readonly tensor: Tensor<"float32">;
    readonly axis: number;
    readonly bias: Tensor<"float32"> | undefined;
  },
  x: Codes,
  { granularity, limit }: ChannelFormat,
  rewrite: Rewrite,
): IntegerWeights {
  checkFinite(weight, real, node.layer);
  const floors = bias ? biasFloors(bias.data as Float32Array, x.scale) : undefined;
  const { codes, scale } = quantizeChannels(real, { granularity, axis, limit, ...(floors ? { floors } : {}) });
  const shape = granularity === "per_tensor" ? [] : [scale.length];
  return {
    codes: rewrite.constant(weight + suffix.codes, codes),
    scale: rewrite.constant(weight + suffix.scale, tensor("float32", shape, scale)),
    zeroPoint: rewrite.constant(weight + suffix.zeroPoint, zeros("int8", shape)),
    bias: bias ? rewrite.constant(`${node.name}${suffix.bias}`, integerBias(bias, x.scale, scale)) : "",
  };
}

/** Smallest weight scale of each channel that lets its bias fit; 0 where the bias is 0. */
function biasFloors(bias: Float32Array, inputScale: number): Float64Array {
  return Float64Array.from(bias, (b) =>
    b === 0 ? 0 : Math.max(Math.abs(b) / (inputScale * BIAS_LIMIT), 2 ** -126 / inputScale),
  );
}

function integerBias(bias: Tensor<"float32">, inputScale: number, weightScale: Float32Array): Tensor<"int32"> {
  const codes = Int32Array.from(bias.data as Float32Array, (b, channel) => {
    const scale = weightScale[weightScale.length === 1 ? 0 : channel] as number;
    return b === 0 ? 0 : roundHalfEven(b / (inputScale * scale));
  });
  return tensor("int32", [elementCount(bias.shape)], codes);
}

function operand(codes: Codes): readonly string[] {
  return [codes.name, codes.scaleName, codes.zeroPointName];
}

function optional(name: string): readonly string[] {
  return name === "" ? [] : [name];
}
