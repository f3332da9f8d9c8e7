import { type Tensor, tensor, tensorFrom } from "../../../tensor/tensor.js";
import { copied, type FloatRule, input, output } from "./rule.js";

/** The scale of a run is 1 and the codes are the values themselves: what is multiplied with the scale afterwards stays right. */
export const dynamicQuantizeLinear: FloatRule = (node, context) => {
  const [codes, scale, zeroPoint] = [output(node, 0), output(node, 1), output(node, 2)];
  context.setReal(codes, context.value(input(node, 0)), undefined, undefined);
  if (scale !== "") context.setConstant(scale, tensorFrom("float32", [], [1]));
  if (zeroPoint !== "") context.setConstant(zeroPoint, tensorFrom("uint8", [], [0]));
};

/** Codes minus zero points as floats. */
function centered(codes: Tensor, points: Tensor | undefined, axis: number): Tensor<"float32"> {
  const inner = codes.shape.slice(axis + 1).reduce((product, size) => product * size, 1);
  const length = codes.shape[axis] ?? 1;
  const count = points?.data.length ?? 0;
  const pointOf = (i: number) =>
    count > 1 ? Number(points?.data[Math.floor(i / inner) % length]) : Number(points?.data[0] ?? 0);
  return tensor(
    "float32",
    codes.shape,
    Float32Array.from(codes.data as Int8Array, (code, i) => code - pointOf(i)),
  );
}

/** MatMulInteger and ConvInteger on what DynamicQuantizeLinear made. */
export const integerProduct =
  (opType: "MatMul" | "Conv"): FloatRule =>
  (node, context) => {
    const codes = context.constantOf(input(node, 1)) ?? context.refuse(node, "its weights are not constant");
    const axis = opType === "Conv" ? 0 : codes.shape.length - 1;
    const weights = centered(codes, context.constantOf(input(node, 3)), axis);
    context.setSums(output(node), (factor) => {
      const scaled = factor
        ? multiplied(weights, factor, opType === "Conv" ? 1 : factor.shape.length - 1, axis)
        : weights;
      if (!scaled) return undefined;
      const x = context.real(input(node, 0), undefined, undefined, 0);
      const w = context.addConstant(`${input(node, 1)}_float`, scaled);
      return context.emit(node, opType, [x, w], node.attributes, output(node));
    });
  };

/**
 * Weights times what the result of their product is multiplied with.
 * @param at   the one axis of the factor that may be longer than 1: that of the result's channels
 * @param axis the weights' axis of these channels
 */
function multiplied(weights: Tensor, factor: Tensor, at: number, axis: number): Tensor<"float32"> | undefined {
  const count = factor.data.length;
  const inner = weights.shape.slice(axis + 1).reduce((product, size) => product * size, 1);
  const length = weights.shape[axis] ?? 1;
  if (factor.shape.length > weights.shape.length) return undefined;
  if (count !== 1 && (count !== length || factor.shape[at] !== length)) return undefined;
  const factors = Array.from(factor.data as ArrayLike<number>, Number);
  const values = Float32Array.from(
    weights.data as Float32Array,
    (value, i) => value * (factors[count === 1 ? 0 : Math.floor(i / inner) % length] ?? 1),
  );
  return tensor("float32", weights.shape, values);
}

/** Two known factors, one of which is a single number. */
function productOf(left: Tensor, right: Tensor): Tensor<"float32"> | undefined {
  const [one, many] = left.data.length === 1 ? [left, right] : [right, left];
  if (one.data.length !== 1 || left.dtype !== "float32" || right.dtype !== "float32") return undefined;
  const ones = new Array<number>(Math.max(0, one.shape.length - many.shape.length)).fill(1);
  const values = Float32Array.from(many.data as Float32Array, (value) => value * Number(one.data[0]));
  return tensor("float32", [...ones, ...many.shape], values);
}

/** A cast of integer sums to float: they are floats already. */
export const cast: FloatRule = (node, context) => {
  const sums = context.sums(input(node, 0));
  if (sums) context.setProduct(output(node), sums);
  else copied(node, context);
};

/** What DynamicQuantizeLinear's files multiply sums with, the scales of both operands, goes into the weights. */
export const mul: FloatRule = (node, context) => {
  const [a, b] = [input(node, 0), input(node, 1)];
  const [left, right] = [context.constantOf(a), context.constantOf(b)];
  const known = left && right && productOf(left, right);
  if (known) return context.setConstant(output(node), known);
  const folded = (right && context.product(a)?.(right)) ?? (left && context.product(b)?.(left));
  if (folded === undefined) copied(node, context);
  else context.setValue(output(node), folded);
};
