import { type Tensor, tensor } from "../../tensor/tensor.js";
import type { ValueType } from "../graph.js";
import {
  type Attributes,
  defineOperator,
  expectDType,
  expectRank,
  expectSameDim,
  expectShape,
  float,
  float32Of,
  given,
  int,
  integersOf,
  numberOf,
} from "./define.js";
import { type KnownInput, OperatorError } from "./operator.js";

/** Tables of angles: cosines and sines [positions, pairs], row-major; one row a position, one column a pair of elements. */
export interface RotaryTables {
  readonly cos: Float32Array;
  readonly sin: Float32Array;
  /** Rows. */
  readonly positions: number;
  /** Columns: at most half of a head. */
  readonly pairs: number;
  /** Whether a pair is two neighbours (GPT-J), or an element and the one half a head on (NeoX, Llama). */
  readonly interleaved: boolean;
}

/** The tables of two float32 tensors of one shape. */
export function rotaryTables(cos: Tensor, sin: Tensor, interleaved: boolean): RotaryTables {
  const [positions = 0, pairs = 0] = cos.shape;
  return { cos: float32Of(cos), sin: float32Of(sin), positions, pairs, interleaved };
}

/**
 * Turns each pair (a, b) of a head at `offset` in `values` by the angle of its position: (a cos - b sin, b cos + a sin),
 * in float64 and rounded once. Elements of the head beyond the pairs stay as they are.
 * @throws {OperatorError} when the tables have no row for the position
 * @see Su et al. 2021, "RoFormer", arXiv:2104.09864, equation 34
 */
export function rotateHead(values: Float32Array, offset: number, position: number, tables: RotaryTables): void {
  const { cos, sin, positions, pairs, interleaved } = tables;
  if (!(position >= 0 && position < positions)) {
    throw new OperatorError(`position ${position} lies outside of the ${positions} rows of the rotary tables`);
  }
  for (let pair = 0; pair < pairs; pair++) {
    const first = offset + (interleaved ? 2 * pair : pair);
    const second = interleaved ? first + 1 : first + pairs;
    const [c, s] = [cos[position * pairs + pair] as number, sin[position * pairs + pair] as number];
    const [a, b] = [values[first] as number, values[second] as number];
    values[first] = a * c - b * s;
    values[second] = b * c + a * s;
  }
}

/** Throws unless both are float32 [positions, pairs] of one shape with 2 * pairs elements in a head at most. */
export function expectTables(cos: KnownInput, sin: KnownInput, headSize: number): void {
  expectDType(cos.type, ["float32"], "cos_cache");
  expectDType(sin.type, ["float32"], "sin_cache");
  expectRank(cos.type, 2, "cos_cache");
  expectShape(sin.type, cos.type.shape, "sin_cache");
  const pairs = cos.type.shape[1];
  if (typeof pairs !== "number" || pairs < 1 || 2 * pairs > headSize) {
    throw new OperatorError(`cos_cache has ${pairs} columns; a head of ${headSize} has 1 to ${headSize / 2} pairs`);
  }
}

/** How heads lie in a value: [batch, steps, heads * size], or [batch, heads, steps, size]. */
function headLayout(x: ValueType, attributes: Attributes, pairs: number): { heads: number; size: number } {
  expectRank(x, 3, "input", 4);
  const last = x.shape.at(-1);
  if (x.shape.length === 4) {
    const heads = x.shape[1];
    if (typeof last !== "number" || typeof heads !== "number") throw new OperatorError("heads and their size are open");
    return { heads, size: last };
  }
  const given = numberOf(attributes, "num_heads");
  if (typeof last !== "number") throw new OperatorError("the size of the heads is open");
  const heads = given > 0 ? given : last / (2 * pairs);
  if (!Number.isInteger(heads) || heads < 1 || last % heads !== 0) {
    throw new OperatorError(`${last} elements are not ${heads} heads of one size`);
  }
  return { heads, size: last / heads };
}

/**
 * Rotary positions: input [batch, steps, heads * size] or [batch, heads, steps, size], position_ids int64 [1] (that of
 * the first step) or [batch, steps], cos_cache and sin_cache [positions, pairs]; see rotateHead.
 * @see ONNX Runtime, docs/ContribOperators.md, com.microsoft.RotaryEmbedding
 */
export const rotaryEmbedding = defineOperator({
  opType: "RotaryEmbedding",
  domain: "com.microsoft",
  inputs: [4, 4],
  attributes: {
    interleaved: int(0),
    is_packed_batching: int(0),
    num_heads: int(0),
    rotary_embedding_dim: int(0),
    scale: float(1),
  },
  infer(inputs, attributes) {
    const { type } = given(inputs, 0, "input");
    const positions = given(inputs, 1, "position_ids").type;
    const [cos, sin] = [given(inputs, 2, "cos_cache"), given(inputs, 3, "sin_cache")];
    expectDType(type, ["float32"], "input");
    expectDType(positions, ["int64"], "position_ids");
    const { size } = headLayout(type, attributes, Number(cos.type.shape[1]));
    expectTables(cos, sin, size);
    if (positions.shape.length === 1) expectShape(positions, [1], "position_ids");
    else
      expectShape(positions, [type.shape[0] ?? 1, type.shape.at(type.shape.length === 3 ? 1 : 2) ?? 1], "position_ids");
    for (const [name, plain] of [
      ["is_packed_batching", 0],
      ["scale", 1],
    ] as const) {
      if (numberOf(attributes, name) !== plain) throw new OperatorError(`${name} must be ${plain}`);
    }
    const partial = numberOf(attributes, "rotary_embedding_dim");
    if (partial !== 0)
      expectSameDim(cos.type.shape[1] ?? 0, partial / 2, "columns of cos_cache and rotary_embedding_dim / 2");
    return [type];
  },
  evaluate(inputs, attributes) {
    const [x, ids] = [given(inputs, 0, "input"), integersOf(given(inputs, 1, "position_ids"))];
    const cos = given(inputs, 2, "cos_cache");
    const tables = rotaryTables(cos, given(inputs, 3, "sin_cache"), numberOf(attributes, "interleaved") !== 0);
    const { heads, size } = headLayout(x, attributes, tables.pairs);
    const stepsFirst = x.shape.length === 3;
    const steps = x.shape.at(stepsFirst ? 1 : 2) ?? 1;
    const y = float32Of(x).slice();
    for (let head = 0; head * size < y.length; head++) {
      const step = stepsFirst ? Math.floor(head / heads) % steps : head % steps;
      const batch = Math.floor(head / (heads * steps));
      const position = ids.length === 1 ? (ids[0] ?? 0) + step : (ids[batch * steps + step] ?? 0);
      rotateHead(y, head * size, position, tables);
    }
    return [tensor("float32", x.shape, y)];
  },
});
