import { broadcastOffsets, broadcastShapes, pick } from "../../tensor/layout.js";
import { type DType, elementCount, type Tensor, tensor, zeros } from "../../tensor/tensor.js";
import { broadcastTypes, defineOperator, expectDType, given, int, numberOf, numericTypes } from "./define.js";
import { type Operator, OperatorError } from "./operator.js";

/**
 * The operands as they meet under numpy's broadcasting: both with the output's shape.
 * Evaluation gets concrete shapes that inference has checked, but for an open batch beside a fixed size.
 */
export function broadcastTogether(tensors: readonly Tensor[]): { shape: readonly number[]; data: Tensor["data"][] } {
  const shape = tensors.map((t) => t.shape).reduce(commonShape, []);
  return { shape, data: tensors.map((t) => broadcastTo(t, shape).data) };
}

function commonShape(a: readonly number[], b: readonly number[]): readonly number[] {
  try {
    return broadcastShapes(a, b);
  } catch (cause) {
    throw new OperatorError(cause instanceof Error ? cause.message : String(cause));
  }
}

/** A tensor broadcast to `shape`; itself when it has that shape. */
export function broadcastTo(t: Tensor, shape: readonly number[]): Tensor {
  const same = t.shape.length === shape.length && t.shape.every((size, i) => size === shape[i]);
  return same ? t : pick(t, shape, broadcastOffsets(t.shape, shape));
}

interface Arithmetic {
  readonly types: readonly DType[];
  /** In float64; the store rounds to float32 or wraps to the integer type. */
  number(a: number, b: number): number;
  bigint?(a: bigint, b: bigint): bigint;
  /** For integers of up to 32 bits, where float64 is not wide enough or division truncates; the store wraps. */
  integer?(a: number, b: number): number;
}

/** Applies a binary function to two tensors of one dtype. */
function combine(a: Tensor, b: Tensor, f: Arithmetic): Tensor {
  const { shape, data } = broadcastTogether([a, b]);
  const [x, y] = data;
  if (x instanceof BigInt64Array && y instanceof BigInt64Array) {
    const big = f.bigint;
    if (!big) throw new OperatorError("int64 is not supported");
    return tensor(
      "int64",
      shape,
      x.map((v, i) => big(v, y[i] ?? 0n)),
    );
  }
  const apply = f.integer && a.dtype !== "float32" ? f.integer : f.number;
  const result: Tensor = zeros(a.dtype, shape);
  const [left, right, target] = [x, y, result.data] as unknown as [Float64Array, Float64Array, Float64Array];
  for (let i = 0; i < target.length; i++) target[i] = apply(left[i] as number, right[i] as number);
  return result;
}

function arithmetic(opType: string, f: Arithmetic): Operator {
  return defineOperator({
    opType,
    inputs: [2, 2],
    infer(inputs) {
      const a = given(inputs, 0, "A").type;
      const b = given(inputs, 1, "B").type;
      expectDType(a, f.types, "A");
      expectDType(b, [a.dtype], "B");
      return [{ dtype: a.dtype, shape: broadcastTypes(a, b) }];
    },
    evaluate: (inputs) => [combine(given(inputs, 0, "A"), given(inputs, 1, "B"), f)],
  });
}

/** Takes any number of tensors, combined from left to right; in Max and Min NaN wins. */
function variadic(
  opType: string,
  number: (a: number, b: number) => number,
  bigint?: Arithmetic["bigint"],
  allowed: readonly DType[] = numericTypes,
): Operator {
  const f: Arithmetic = { types: allowed, number, ...(bigint ? { bigint } : {}) };
  return defineOperator({
    opType,
    inputs: [1, Number.POSITIVE_INFINITY],
    infer(inputs) {
      const types = inputs.map((_, i) => given(inputs, i, `data_${i}`).type);
      const dtype = given(types, 0, "data_0").dtype;
      for (const type of types) expectDType(type, allowed.includes(dtype) ? [dtype] : allowed, "input");
      return [{ dtype, shape: broadcastTypes(...types) }];
    },
    evaluate: (inputs) => [inputs.map((_, i) => given(inputs, i, `data_${i}`)).reduce((a, b) => combine(a, b, f))],
  });
}

/** Comparisons and logic give bool. */
function relation(opType: string, types: readonly DType[], f: (a: number, b: number) => boolean): Operator {
  return defineOperator({
    opType,
    inputs: [2, 2],
    infer(inputs) {
      const a = given(inputs, 0, "A").type;
      const b = given(inputs, 1, "B").type;
      expectDType(a, types, "A");
      expectDType(b, [a.dtype], "B");
      return [{ dtype: "bool", shape: broadcastTypes(a, b) }];
    },
    evaluate(inputs) {
      const { shape, data } = broadcastTogether([given(inputs, 0, "A"), given(inputs, 1, "B")]);
      // JavaScript compares numbers and bigints with the same operators.
      const [x, y] = data as unknown as [Float64Array, Float64Array];
      const result = zeros("bool", shape);
      for (let i = 0; i < result.data.length; i++) result.data[i] = f(x[i] as number, y[i] as number) ? 1 : 0;
      return [result];
    },
  });
}

/**
 * The remainder of A / B. With fmod it has the sign of A, as C's fmod; else (integers only) the sign of B, as Python's %.
 */
const mod = defineOperator({
  opType: "Mod",
  inputs: [2, 2],
  attributes: { fmod: int(0) },
  infer(inputs, attributes) {
    const a = given(inputs, 0, "A").type;
    const b = given(inputs, 1, "B").type;
    const floored = numberOf(attributes, "fmod") === 0;
    expectDType(a, floored ? numericTypes.filter((dtype) => dtype !== "float32") : numericTypes, "A");
    expectDType(b, [a.dtype], "B");
    return [{ dtype: a.dtype, shape: broadcastTypes(a, b) }];
  },
  evaluate(inputs, attributes) {
    const floored = numberOf(attributes, "fmod") === 0;
    const number = (a: number, b: number) => (floored && a % b !== 0 && a < 0 !== b < 0 ? (a % b) + b : a % b);
    const bigint = (a: bigint, b: bigint) => {
      if (b === 0n) throw new OperatorError("integer division by zero");
      return floored && a % b !== 0n && a < 0n !== b < 0n ? (a % b) + b : a % b;
    };
    const integer = (a: number, b: number) => {
      if (b === 0) throw new OperatorError("integer division by zero");
      return number(a, b);
    };
    const f: Arithmetic = { types: numericTypes, number, bigint, integer };
    return [combine(given(inputs, 0, "A"), given(inputs, 1, "B"), f)];
  },
});

const where = defineOperator({
  opType: "Where",
  inputs: [3, 3],
  infer(inputs) {
    const condition = given(inputs, 0, "condition").type;
    const x = given(inputs, 1, "X").type;
    const y = given(inputs, 2, "Y").type;
    expectDType(condition, ["bool"], "condition");
    expectDType(y, [x.dtype], "Y");
    return [{ dtype: x.dtype, shape: broadcastTypes(condition, x, y) }];
  },
  evaluate(inputs) {
    const x = given(inputs, 1, "X");
    const { shape, data } = broadcastTogether([given(inputs, 0, "condition"), x, given(inputs, 2, "Y")]);
    const [condition, yes, no] = data as unknown as [Uint8Array, Float64Array, Float64Array];
    const result: Tensor = zeros(x.dtype, shape);
    const target = result.data as Float64Array;
    for (let i = 0; i < target.length; i++) target[i] = (condition[i] ? yes[i] : no[i]) as number;
    return [result];
  },
});

/** f(x) = slope * x for x < 0, else x. The slope broadcasts to X, not X to the slope. */
const prelu = defineOperator({
  opType: "PRelu",
  inputs: [2, 2],
  infer(inputs) {
    const x = given(inputs, 0, "X").type;
    const slope = given(inputs, 1, "slope").type;
    expectDType(x, ["float32"], "X");
    expectDType(slope, ["float32"], "slope");
    const shape = broadcastTypes(x, slope);
    if (shape.some((dim, i) => dim !== x.shape[i])) throw new OperatorError("slope does not broadcast to X");
    return [x];
  },
  evaluate: (inputs) => [
    combine(given(inputs, 0, "X"), given(inputs, 1, "slope"), {
      types: ["float32"],
      number: (x, slope) => (x < 0 ? x * slope : x),
    }),
  ],
});

/** The sum of all inputs over their number. */
const mean = defineOperator({
  ...variadic("Mean", (a, b) => a + b, undefined, ["float32"]),
  evaluate(inputs) {
    const { shape, data } = broadcastTogether(inputs.map((_, i) => given(inputs, i, `data_${i}`)));
    const sums = new Float64Array(elementCount(shape));
    for (const part of data) for (let i = 0; i < sums.length; i++) sums[i] = (sums[i] ?? 0) + Number(part[i]);
    return [
      tensor(
        "float32",
        shape,
        Float32Array.from(sums, (sum) => sum / data.length),
      ),
    ];
  },
});

const bitTypes = numericTypes.filter((dtype) => dtype !== "float32");

export const elementwiseBinary: readonly Operator[] = [
  arithmetic("Add", { types: numericTypes, number: (a, b) => a + b, bigint: (a, b) => a + b }),
  arithmetic("Sub", { types: numericTypes, number: (a, b) => a - b, bigint: (a, b) => a - b }),
  arithmetic("Mul", { types: numericTypes, number: (a, b) => a * b, bigint: (a, b) => a * b, integer: Math.imul }),
  arithmetic("Div", {
    types: numericTypes,
    number: (a, b) => a / b,
    bigint: divideBig,
    integer: (a, b) => Math.trunc(divideInt(a, b)),
  }),
  arithmetic("Pow", { types: ["float32", "int32", "int64"], number: Math.pow, bigint: (a, b) => a ** b }),
  mod,
  arithmetic("BitwiseAnd", { types: bitTypes, number: (a, b) => a & b, bigint: (a, b) => a & b }),
  arithmetic("BitwiseOr", { types: bitTypes, number: (a, b) => a | b, bigint: (a, b) => a | b }),
  arithmetic("BitwiseXor", { types: bitTypes, number: (a, b) => a ^ b, bigint: (a, b) => a ^ b }),
  variadic("Max", Math.max, (a, b) => [a, b][Number(b > a)] as bigint),
  variadic("Min", Math.min, (a, b) => [a, b][Number(b < a)] as bigint),
  variadic("Sum", (a, b) => a + b, undefined, ["float32"]),
  mean,
  relation("Equal", [...numericTypes, "bool"], (a, b) => a === b),
  relation("Greater", numericTypes, (a, b) => a > b),
  relation("Less", numericTypes, (a, b) => a < b),
  relation("GreaterOrEqual", numericTypes, (a, b) => a >= b),
  relation("LessOrEqual", numericTypes, (a, b) => a <= b),
  relation("And", ["bool"], (a, b) => a !== 0 && b !== 0),
  relation("Or", ["bool"], (a, b) => a !== 0 || b !== 0),
  relation("Xor", ["bool"], (a, b) => (a !== 0) !== (b !== 0)),
  where,
  prelu,
];

function divideInt(a: number, b: number): number {
  if (b === 0) throw new OperatorError("integer division by zero");
  return a / b;
}

function divideBig(a: bigint, b: bigint): bigint {
  if (b === 0n) throw new OperatorError("integer division by zero");
  return a / b;
}
