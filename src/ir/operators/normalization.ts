import { elementCount, type Tensor, tensor } from "../../tensor/tensor.js";
import { broadcastAll } from "../dim.js";
import {
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
} from "./define.js";
import { broadcastTo } from "./elementwise-binary.js";
import { type Operator, OperatorError } from "./operator.js";

function expectFloats(inputs: KnownInputs, names: readonly string[]): void {
  for (const [i, name] of names.entries()) {
    const input = inputs[i];
    if (input) expectDType(input.type, ["float32"], name);
  }
}

/** y = (x - mean) / sqrt(var + epsilon) * scale + B for each channel of x [N, C, ...]; inference only. */
const batchNormalization = defineOperator({
  opType: "BatchNormalization",
  inputs: [5, 5],
  attributes: { epsilon: float(1e-5), momentum: float(0.9), training_mode: int(0) },
  infer(inputs, attributes) {
    const { type } = given(inputs, 0, "X");
    if (numberOf(attributes, "training_mode") !== 0) throw new OperatorError("training_mode must be 0");
    const names = ["X", "scale", "B", "input_mean", "input_var"];
    expectFloats(inputs, names);
    expectRank(type, 2, "X", Number.POSITIVE_INFINITY);
    for (let i = 1; i < 5; i++)
      expectShape(given(inputs, i, names[i] ?? "").type, [type.shape[1] ?? 1], names[i] ?? "");
    return [type];
  },
  evaluate(inputs, attributes) {
    const x = given(inputs, 0, "X");
    const [scale, bias, mean, variance] = [1, 2, 3, 4].map((i) => float32Of(given(inputs, i, "parameter"))) as [
      Float32Array,
      Float32Array,
      Float32Array,
      Float32Array,
    ];
    const epsilon = numberOf(attributes, "epsilon");
    const plane = elementCount(x.shape.slice(2));
    const y = float32Of(x).map((value, i) => {
      const c = Math.floor(i / plane) % scale.length;
      const deviation = Math.sqrt((variance[c] as number) + epsilon);
      return ((value - (mean[c] as number)) / deviation) * (scale[c] as number) + (bias[c] as number);
    });
    return [tensor("float32", x.shape, y)];
  },
});

/** Mean and 1 / sqrt(variance + epsilon) of a run of values, in float64. */
function moments(values: Float32Array, epsilon: number): { mean: number; inverse: number } {
  let sum = 0;
  for (const value of values) sum += value;
  const mean = sum / values.length;
  let squares = 0;
  for (const value of values) squares += (value - mean) ** 2;
  return { mean, inverse: 1 / Math.sqrt(squares / values.length + epsilon) };
}

/**
 * Normalizes over the axes from `axis` to the last; Scale and B broadcast to x.
 * Outputs y, and the mean and 1/deviation of each row with the normalized axes kept as 1.
 */
const layerNormalization = defineOperator({
  opType: "LayerNormalization",
  inputs: [2, 3],
  outputs: [1, 3],
  attributes: { axis: int(-1), epsilon: float(1e-5), stash_type: int(1) },
  infer(inputs, attributes) {
    const { type } = given(inputs, 0, "X");
    expectFloats(inputs, ["X", "Scale", "B"]);
    const axis = normalAxis(numberOf(attributes, "axis"), type.shape.length);
    for (const [i, name] of ["Scale", "B"].entries()) {
      const parameter = inputs[i + 1];
      if (!parameter) continue;
      const common = broadcastAll([type.shape, parameter.type.shape]);
      if (common?.length !== type.shape.length || common.some((dim, d) => dim !== type.shape[d])) {
        throw new OperatorError(`${name} does not broadcast to X`);
      }
    }
    const rows = { dtype: "float32" as const, shape: type.shape.map((dim, i) => (i < axis ? dim : 1)) };
    return [type, rows, rows];
  },
  evaluate(inputs, attributes) {
    const x = given(inputs, 0, "X");
    const scale = float32Of(broadcastTo(given(inputs, 1, "Scale"), x.shape));
    const bias = inputs[2] && float32Of(broadcastTo(inputs[2], x.shape));
    const axis = normalAxis(numberOf(attributes, "axis"), x.shape.length);
    const rows = elementCount(x.shape.slice(0, axis));
    const length = elementCount(x.shape.slice(axis));
    const y = new Float32Array(x.data.length);
    const [means, inverses] = [new Float32Array(rows), new Float32Array(rows)];
    for (let row = 0; row < rows; row++) {
      const values = float32Of(x).subarray(row * length, (row + 1) * length);
      const { mean, inverse } = moments(values, numberOf(attributes, "epsilon"));
      [means[row], inverses[row]] = [mean, inverse];
      for (let i = 0; i < length; i++) {
        const at = row * length + i;
        y[at] = ((values[i] as number) - mean) * inverse * (scale[at] as number) + (bias?.[at] ?? 0);
      }
    }
    const rowShape = x.shape.map((size, i) => (i < axis ? size : 1));
    return [tensor("float32", x.shape, y), tensor("float32", rowShape, means), tensor("float32", rowShape, inverses)];
  },
});

/** Normalizes each plane of x [N, C, ...] by itself; scale and B are [C]. */
const instanceNormalization = defineOperator({
  opType: "InstanceNormalization",
  inputs: [3, 3],
  attributes: { epsilon: float(1e-5) },
  infer(inputs) {
    const { type } = given(inputs, 0, "input");
    expectFloats(inputs, ["input", "scale", "B"]);
    expectRank(type, 3, "input", Number.POSITIVE_INFINITY);
    expectShape(given(inputs, 1, "scale").type, [type.shape[1] ?? 1], "scale");
    expectShape(given(inputs, 2, "B").type, [type.shape[1] ?? 1], "B");
    return [type];
  },
  evaluate(inputs, attributes) {
    const x = given(inputs, 0, "input");
    const scale = float32Of(given(inputs, 1, "scale"));
    const bias = float32Of(given(inputs, 2, "B"));
    return [normalizedPlanes(x, scale, bias, numberOf(attributes, "epsilon"))];
  },
});

function normalizedPlanes(x: Tensor, scale: Float32Array, bias: Float32Array, epsilon: number): Tensor {
  const plane = elementCount(x.shape.slice(2));
  const y = new Float32Array(x.data.length);
  for (let p = 0; p * plane < y.length; p++) {
    const values = float32Of(x).subarray(p * plane, (p + 1) * plane);
    const { mean, inverse } = moments(values, epsilon);
    const c = p % scale.length;
    for (let i = 0; i < plane; i++) {
      y[p * plane + i] = ((values[i] as number) - mean) * inverse * (scale[c] as number) + (bias[c] as number);
    }
  }
  return tensor("float32", x.shape, y);
}

export const normalizations: readonly Operator[] = [batchNormalization, layerNormalization, instanceNormalization];
