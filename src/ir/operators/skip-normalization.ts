import { elementCount, type Tensor, tensor } from "../../tensor/tensor.js";
import type { ValueType } from "../graph.js";
import {
  type Attributes,
  defineOperator,
  expectDType,
  expectRank,
  expectShape,
  float,
  float32Of,
  given,
  int,
  type KnownInputs,
  normalAxis,
  numberOf,
  type TensorInputs,
} from "./define.js";
import { broadcastTo } from "./elementwise-binary.js";
import { type Operator, OperatorError } from "./operator.js";

/** Normalizations of transformers that ONNX of opset 21 does not have. @see ONNX Runtime, docs/ContribOperators.md */

/** A row normalized: minus its mean unless `simple`, over its root mean square; in float64. */
function normalizedRow(row: Float32Array | Float64Array, simple: boolean, epsilon: number): Float64Array {
  let sum = 0;
  for (const value of row) sum += value;
  const mean = simple ? 0 : sum / row.length;
  let squares = 0;
  for (const value of row) squares += (value - mean) ** 2;
  const inverse = 1 / Math.sqrt(squares / row.length + epsilon);
  return Float64Array.from(row, (value) => (value - mean) * inverse);
}

/**
 * RMS normalization: y = x / sqrt(mean(x^2) + epsilon) * scale over the axes from `axis` to the last. onnxruntime has it
 * under this name in ONNX's own domain at every opset; ONNX has it from opset 23 on, as RMSNormalization.
 * @see Zhang and Sennrich 2019, "Root mean square layer normalization", arXiv:1910.07467
 */
const simplifiedLayerNormalization = defineOperator({
  opType: "SimplifiedLayerNormalization",
  inputs: [2, 2],
  attributes: { axis: int(-1), epsilon: float(1e-5), stash_type: int(1) },
  infer(inputs, attributes) {
    const { type } = given(inputs, 0, "X");
    const scale = given(inputs, 1, "scale").type;
    expectDType(type, ["float32"], "X");
    expectDType(scale, ["float32"], "scale");
    const axis = normalAxis(numberOf(attributes, "axis"), type.shape.length);
    expectShape(scale, type.shape.slice(axis), "scale");
    return [type];
  },
  evaluate(inputs, attributes) {
    const x = given(inputs, 0, "X");
    const axis = normalAxis(numberOf(attributes, "axis"), x.shape.length);
    const length = elementCount(x.shape.slice(axis));
    const scale = float32Of(given(inputs, 1, "scale"));
    const y = new Float32Array(x.data.length);
    for (let start = 0; start < y.length; start += length) {
      const row = float32Of(x).subarray(start, start + length);
      const normal = normalizedRow(row, true, numberOf(attributes, "epsilon"));
      for (const [i, value] of normal.entries()) y[start + i] = value * (scale[i] as number);
    }
    return [tensor("float32", x.shape, y)];
  },
});

/**
 * The sum input + skip (+ bias) [batch, steps, width], normalized along its last axis. skip may be [steps, width] or
 * [1, steps, width]; gamma, beta and bias are [width]. Outputs: y; two that inference leaves empty; the sum (output 3),
 * which the next residual connection reads.
 */
function skipNormalization(opType: string, simple: boolean): Operator {
  const names = simple ? ["gamma", "bias"] : ["gamma", "beta", "bias"];
  return defineOperator({
    opType,
    domain: "com.microsoft",
    inputs: [3, names.length + 2],
    outputs: [1, 4],
    attributes: { epsilon: float(1e-12) },
    infer(inputs) {
      const { type } = given(inputs, 0, "input");
      expectParts(inputs, type, names);
      const rows: ValueType = { dtype: "float32", shape: type.shape.map((dim, i) => (i === 2 ? 1 : dim)) };
      return [type, rows, rows, type];
    },
    evaluate: (inputs, attributes) => addedAndNormalized(inputs, attributes, simple),
  });
}

function expectParts(inputs: KnownInputs, type: ValueType, names: readonly string[]): void {
  expectDType(type, ["float32"], "input");
  expectRank(type, 3, "input");
  const skip = given(inputs, 1, "skip").type;
  expectDType(skip, ["float32"], "skip");
  expectRank(skip, 2, "skip", 3);
  const lead = skip.shape.length === 3 ? [skip.shape[0] === 1 ? 1 : (type.shape[0] ?? 1)] : [];
  expectShape(skip, [...lead, ...type.shape.slice(1)], "skip");
  for (const [i, name] of names.entries()) {
    const parameter = inputs[i + 2];
    if (!parameter && name === "gamma") throw new OperatorError("input 2 (gamma) is missing");
    if (!parameter) continue;
    expectDType(parameter.type, ["float32"], name);
    expectShape(parameter.type, [type.shape[2] ?? 1], name);
  }
}

function addedAndNormalized(inputs: TensorInputs, attributes: Attributes, simple: boolean): Tensor[] {
  const x = given(inputs, 0, "input");
  const width = x.shape[2] ?? 1;
  const skip = float32Of(broadcastTo(given(inputs, 1, "skip"), x.shape));
  const gamma = float32Of(given(inputs, 2, "gamma"));
  const beta = simple || !inputs[3] ? undefined : float32Of(inputs[3]);
  const bias = inputs[simple ? 3 : 4];
  const added = bias && float32Of(bias);
  const sums = float32Of(x).map((value, i) => value + (skip[i] as number) + (added?.[i % width] ?? 0));
  const y = new Float32Array(sums.length);
  for (let start = 0; start < y.length; start += width) {
    const normal = normalizedRow(sums.subarray(start, start + width), simple, numberOf(attributes, "epsilon"));
    for (const [i, value] of normal.entries()) y[start + i] = value * (gamma[i] as number) + (beta?.[i] ?? 0);
  }
  const rows = x.shape.map((size, i) => (i === 2 ? 1 : size));
  const empty = () => tensor("float32", rows, new Float32Array(elementCount(rows)));
  return [tensor("float32", x.shape, y), empty(), empty(), tensor("float32", x.shape, sums)];
}

export const skipNormalizations: readonly Operator[] = [
  simplifiedLayerNormalization,
  skipNormalization("SkipLayerNormalization", false),
  skipNormalization("SkipSimplifiedLayerNormalization", true),
];
