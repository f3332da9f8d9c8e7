import { dequantizeValue, integerLimits, quantizeValue } from "../../tensor/affine.js";
import { broadcastOffsets, stridesOf } from "../../tensor/layout.js";
import type { QuantDType } from "../../tensor/quant.js";
import { type DType, elementCount, type Tensor, tensor, zeros } from "../../tensor/tensor.js";
import { showShape } from "../dim.js";
import type { Dim, ValueType } from "../graph.js";
import {
  type Attributes,
  defineOperator,
  expectDType,
  expectShape,
  float32Of,
  given,
  int,
  type KnownInputs,
  normalAxis,
  numberOf,
} from "./define.js";
import { dtypeOfCode } from "./element-type.js";
import { type Operator, OperatorError } from "./operator.js";
import { dynamicCodes, expectPositive } from "./quantized.js";

const codeTypes: readonly DType[] = ["uint8", "int8", "uint16", "int16"];

/**
 * Checks that scales fit x: one number; [x.shape[axis]]; or, blocked, x's shape with `axis` shortened to
 * ceil(length / block_size). Zero points have the shape of the scales.
 */
function expectScales(x: ValueType, inputs: KnownInputs, attributes: Attributes, name: string): void {
  const scale = given(inputs, 1, `${name}_scale`);
  expectDType(scale.type, ["float32"], `${name}_scale`);
  expectPositive(scale.constant, `${name}_scale`);
  const zeroPoint = inputs[2]?.type;
  if (zeroPoint) expectShape(zeroPoint, scale.type.shape, `${name}_zero_point`);
  const { shape } = scale.type;
  const block = numberOf(attributes, "block_size");
  if (block < 0) throw new OperatorError(`block_size ${block} must be >= 0`);
  if (block === 0) {
    if (shape.length === 0 || (shape.length === 1 && shape[0] === 1)) return;
    const axis = normalAxis(numberOf(attributes, "axis"), x.shape.length);
    if (shape.length !== 1 || shape[0] !== x.shape[axis]) {
      throw new OperatorError(
        `${name}_scale ${showShape(shape)} does not fit axis ${axis} of ${showShape(x.shape)}, which needs [${x.shape[axis]}]`,
      );
    }
    return;
  }
  const axis = normalAxis(numberOf(attributes, "axis"), x.shape.length);
  const expected = x.shape.map((dim, i): Dim => (i !== axis ? dim : blocksOf(dim, block)));
  if (shape.length !== expected.length || shape.some((dim, i) => dim !== expected[i])) {
    throw new OperatorError(
      `${name}_scale ${showShape(shape)} must be ${showShape(expected)} with block_size ${block}`,
    );
  }
}

function blocksOf(dim: Dim, block: number): number {
  if (typeof dim === "string") throw new OperatorError(`blocks along the open size ${dim}`);
  return Math.ceil(dim / block);
}

/** For each element of x the place of its scale. */
function scaleOffsets(x: Tensor, scale: Tensor, attributes: Attributes): Int32Array {
  const block = numberOf(attributes, "block_size");
  if (scale.data.length === 1) return new Int32Array(x.data.length);
  const axis = normalAxis(numberOf(attributes, "axis"), x.shape.length);
  if (block === 0) {
    const spread = x.shape.map((_, i) => (i === axis ? scale.data.length : 1));
    return broadcastOffsets(spread, x.shape);
  }
  const inner = stridesOf(x.shape)[axis] ?? 1;
  const length = x.shape[axis] ?? 1;
  const blocks = scale.shape[axis] ?? 1;
  return Int32Array.from({ length: elementCount(x.shape) }, (_, i) => {
    const outer = Math.floor(i / (inner * length));
    const along = Math.floor(i / inner) % length;
    return (outer * blocks + Math.floor(along / block)) * inner + (i % inner);
  });
}

/** y = saturate(round(x / y_scale) + y_zero_point); dtype of the zero point, else output_dtype, else uint8. */
const quantizeLinear = defineOperator({
  opType: "QuantizeLinear",
  inputs: [2, 3],
  attributes: { axis: int(1), block_size: int(0), output_dtype: int(0), saturate: int(1) },
  infer(inputs, attributes) {
    const x = given(inputs, 0, "x").type;
    expectDType(x, ["float32"], "x");
    const dtype = outputDType(inputs[2]?.type.dtype, attributes);
    expectDType({ dtype, shape: [] }, codeTypes, "y_zero_point");
    expectScales(x, inputs, attributes, "y");
    return [{ dtype, shape: x.shape }];
  },
  evaluate(inputs, attributes) {
    const x = given(inputs, 0, "x");
    const scale = given(inputs, 1, "y_scale");
    const dtype = outputDType(inputs[2]?.dtype, attributes);
    const limits = integerLimits(dtype as QuantDType);
    const offsets = scaleOffsets(x, scale, attributes);
    const [from, scales] = [float32Of(x), float32Of(scale)];
    const y: Tensor = zeros(dtype, x.shape);
    const to = y.data as Uint8Array;
    for (let i = 0; i < to.length; i++) {
      const at = offsets[i] as number;
      to[i] = quantizeValue(from[i] as number, scales[at] as number, Number(inputs[2]?.data[at] ?? 0), limits);
    }
    return [y];
  },
});

function outputDType(zeroPoint: DType | undefined, attributes: Attributes): DType {
  const code = numberOf(attributes, "output_dtype");
  const declared = code === 0 ? undefined : dtypeOfCode(code);
  if (zeroPoint && declared && zeroPoint !== declared) {
    throw new OperatorError(`output_dtype ${declared} is not that of y_zero_point, ${zeroPoint}`);
  }
  return zeroPoint ?? declared ?? "uint8";
}

/** y = (x - x_zero_point) * x_scale in float32. */
const dequantizeLinear = defineOperator({
  opType: "DequantizeLinear",
  inputs: [2, 3],
  attributes: { axis: int(1), block_size: int(0) },
  infer(inputs, attributes) {
    const x = given(inputs, 0, "x").type;
    expectDType(x, [...codeTypes, "int32"], "x");
    const zeroPoint = inputs[2];
    if (zeroPoint) expectDType(zeroPoint.type, [x.dtype], "x_zero_point");
    if (x.dtype === "int32" && zeroPoint?.constant?.data.some((value) => Number(value) !== 0)) {
      throw new OperatorError("x_zero_point of int32 codes must be 0");
    }
    expectScales(x, inputs, attributes, "x");
    return [{ dtype: "float32", shape: x.shape }];
  },
  evaluate(inputs, attributes) {
    const x = given(inputs, 0, "x");
    const scale = given(inputs, 1, "x_scale");
    const offsets = scaleOffsets(x, scale, attributes);
    const [codes, scales] = [x.data as Int32Array, float32Of(scale)];
    const y = new Float32Array(codes.length);
    for (let i = 0; i < y.length; i++) {
      const at = offsets[i] as number;
      y[i] = dequantizeValue(codes[i] as number, scales[at] as number, Number(inputs[2]?.data[at] ?? 0));
    }
    return [tensor("float32", x.shape, y)];
  },
});

/** Codes, scale and zero point of the whole tensor, chosen from its values. */
const dynamicQuantizeLinear = defineOperator({
  opType: "DynamicQuantizeLinear",
  outputs: [3, 3],
  infer(inputs) {
    const x = given(inputs, 0, "x").type;
    expectDType(x, ["float32"], "x");
    return [
      { dtype: "uint8", shape: x.shape },
      { dtype: "float32", shape: [] },
      { dtype: "uint8", shape: [] },
    ];
  },
  evaluate(inputs) {
    const x = given(inputs, 0, "x");
    const { codes, scale, zeroPoint } = dynamicCodes(float32Of(x), x.shape);
    return [codes, tensor("float32", [], Float32Array.of(scale)), tensor("uint8", [], Uint8Array.of(zeroPoint))];
  },
});

export const quantizeLinears: readonly Operator[] = [quantizeLinear, dequantizeLinear, dynamicQuantizeLinear];
