import { addDims } from "../dim.js";
import type { Dim, ValueType } from "../graph.js";
import { attend, type Cache, cacheTensor, extended } from "./attention-kernel.js";
import {
  type Attributes,
  broadcastTypes,
  defineOperator,
  expectDType,
  expectRank,
  expectScalarShape,
  expectShape,
  float,
  float32Of,
  given,
  int,
  integersOf,
  type KnownInputs,
  numberOf,
  required,
  type TensorInputs,
} from "./define.js";
import { broadcastTo } from "./elementwise-binary.js";
import { type Operator, OperatorError } from "./operator.js";
import { expectTables, rotaryTables, rotateHead } from "./rotary.js";

/** Attention of `com.microsoft`, on float32. @see ONNX Runtime, docs/ContribOperators.md */

const domain = "com.microsoft";

/** A value [batch, steps, heads * size] whose heads are of one size. */
function headSize({ shape }: ValueType, heads: number, name: string): number {
  const width = shape[2];
  if (heads < 1 || typeof width !== "number" || width % heads !== 0) {
    throw new OperatorError(`${name} [${shape.join(", ")}] does not hold ${heads} heads of one size`);
  }
  return width / heads;
}

interface HeadTypes {
  readonly query: ValueType;
  readonly key: ValueType;
  readonly value: ValueType;
  /** Elements of a head of query and key, and of value. */
  readonly size: number;
  readonly valueSize: number;
}

/** Checks query, key and value [batch, steps, heads * size]: one batch, steps of key and value the same. */
function expectHeads(inputs: KnownInputs, heads: number, keyHeads: number): HeadTypes {
  const [query, key, value] = ["query", "key", "value"].map((name, i) => {
    const { type } = given(inputs, i, name);
    expectDType(type, ["float32"], name);
    expectRank(type, 3, name);
    return type;
  }) as [ValueType, ValueType, ValueType];
  const [size, valueSize] = [headSize(query, heads, "query"), headSize(value, keyHeads, "value")];
  expectShape(key, [query.shape[0] ?? 1, key.shape[1] ?? 1, size * keyHeads], "key");
  expectShape(value, [query.shape[0] ?? 1, key.shape[1] ?? 1, valueSize * keyHeads], "value");
  return { query, key, value, size, valueSize };
}

/** The types of present_key and present_value, and the steps in them, from optional past_key and past_value at `index`. */
function presentTypes(
  inputs: KnownInputs,
  index: number,
  keyHeads: number,
  types: HeadTypes,
): { readonly present: readonly [ValueType, ValueType]; readonly total: Dim } {
  const [past, pastValue] = [inputs[index]?.type, inputs[index + 1]?.type];
  if ((past === undefined) !== (pastValue === undefined)) {
    throw new OperatorError("past_key and past_value are given together or not at all");
  }
  const [batch = 1, fresh = 1] = types.key.shape;
  const earlier = past?.shape[2] ?? 0;
  if (past && pastValue) {
    expectDType(past, ["float32"], "past_key");
    expectDType(pastValue, ["float32"], "past_value");
    expectShape(past, [batch, keyHeads, earlier, types.size], "past_key");
    expectShape(pastValue, [batch, keyHeads, earlier, types.valueSize], "past_value");
  }
  const total = addDims(earlier, fresh);
  const cache = (size: number): ValueType => ({ dtype: "float32", shape: [batch, keyHeads, total, size] });
  return { present: [cache(types.size), cache(types.valueSize)], total };
}

/** 1 / sqrt(size) unless the node has a scale of its own; 0 stands for none. */
function scaleOf(attributes: Attributes, size: number): number {
  const scale = numberOf(attributes, "scale");
  return scale === 0 ? 1 / Math.sqrt(size) : scale;
}

/** Throws unless attributes have the one value with which the operator is known here. */
function expectPlain(attributes: Attributes, plain: Readonly<Record<string, number>>): void {
  for (const [name, value] of Object.entries(plain)) {
    if (numberOf(attributes, name) !== value) throw new OperatorError(`${name} must be ${value}`);
  }
}

/**
 * query [batch, queries, heads * size], key and value [batch, keys, heads * size], attention_bias (input 5) that
 * broadcasts to [batch, heads, queries, total], past_key and past_value [batch, heads, earlier, size]. Outputs
 * [batch, queries, heads * value size], and keys and values of all `total = earlier + keys` steps.
 * `unidirectional`: a query looks at no later step; masked products count nothing.
 */
const multiHeadAttention = defineOperator({
  opType: "MultiHeadAttention",
  domain,
  inputs: [3, 8],
  outputs: [1, 3],
  attributes: { num_heads: required(int()), unidirectional: int(0), scale: float(0), mask_filter_value: float(-10000) },
  infer(inputs, attributes) {
    const heads = numberOf(attributes, "num_heads");
    const types = expectHeads(inputs, heads, heads);
    for (const [i, name] of [
      [3, "bias"],
      [4, "key_padding_mask"],
    ] as const) {
      if (inputs[i]) throw new OperatorError(`${name} is not supported; add it before, or to attention_bias`);
    }
    const { present, total } = presentTypes(inputs, 6, heads, types);
    const [batch = 1, queries = 1] = types.query.shape;
    const bias = inputs[5]?.type;
    if (bias) {
      expectDType(bias, ["float32"], "attention_bias");
      expectRank(bias, 4, "attention_bias");
      const products: ValueType = { dtype: "float32", shape: [batch, heads, queries, total] };
      expectShape({ dtype: "float32", shape: broadcastTypes(bias, products) }, products.shape, "attention_bias");
      expectShape(bias, [bias.shape[0] ?? 1, bias.shape[1] ?? 1, queries, total], "attention_bias");
    }
    return [{ dtype: "float32", shape: [batch, queries, heads * types.valueSize] }, ...present];
  },
  evaluate(inputs, attributes) {
    const heads = numberOf(attributes, "num_heads");
    const { query, key, value } = caches(inputs, heads, heads, 6);
    const bias = inputs[5];
    const products = [query.batch, heads, query.steps, key.steps];
    const added = bias && float32Of(broadcastTo(bias, products));
    const at = (b: number, head: number, q: number, k: number) =>
      ((b * heads + head) * query.steps + q) * key.steps + k;
    const y = attend(query, key, value, {
      scale: scaleOf(attributes, query.size),
      causal: numberOf(attributes, "unidirectional") !== 0,
      ...(added ? { bias: (b, head, q, k) => added[at(b, head, q, k)] as number } : {}),
    });
    return [y, cacheTensor(key), cacheTensor(value)];
  },
});

function caches(
  inputs: TensorInputs,
  heads: number,
  keyHeads: number,
  past: number,
): { readonly query: Cache; readonly key: Cache; readonly value: Cache } {
  return {
    query: extended(given(inputs, 0, "query"), heads, undefined),
    key: extended(given(inputs, 1, "key"), keyHeads, inputs[past]),
    value: extended(given(inputs, 2, "value"), keyHeads, inputs[past + 1]),
  };
}

/**
 * Causal attention in which `num_heads / kv_num_heads` query heads share a key head, with rotary positions when
 * `do_rotary`: query [batch, steps, heads * size], key and value [batch, steps, kvHeads * size], past_key and past_value
 * [batch, kvHeads, earlier, size], seqlens_k int32 [batch] and total_sequence_length int32 [] (both of all steps, the
 * former less one), cos_cache and sin_cache [positions, pairs]. Outputs [batch, steps, heads * size], and keys (turned)
 * and values of all steps.
 * Known here: every sequence of the batch as long as the others; heads of a multiple of 8 elements. onnxruntime 1.30 refuses at run time a batch above 1
 * with both a past and several steps.
 * @see Ainslie et al. 2023, "GQA", arXiv:2305.13245
 */
const groupQueryAttention = defineOperator({
  opType: "GroupQueryAttention",
  domain,
  // A past may be absent; the lengths after it are asked for by `infer`.
  inputs: [3, 9],
  outputs: [1, 3],
  attributes: {
    num_heads: required(int()),
    kv_num_heads: required(int()),
    scale: float(0),
    do_rotary: int(0),
    rotary_interleaved: int(0),
    local_window_size: int(-1),
    softcap: float(0),
    smooth_softmax: int(0),
  },
  infer(inputs, attributes) {
    const [heads, keyHeads] = [numberOf(attributes, "num_heads"), numberOf(attributes, "kv_num_heads")];
    if (keyHeads < 1 || heads % keyHeads !== 0) {
      throw new OperatorError(`num_heads = ${heads} is not a multiple of kv_num_heads = ${keyHeads}`);
    }
    expectPlain(attributes, { local_window_size: -1, softcap: 0, smooth_softmax: 0 });
    const types = expectHeads(inputs, heads, keyHeads);
    expectShape(types.key, types.query.shape.with(2, types.size * keyHeads), "key");
    if (types.size !== types.valueSize) throw new OperatorError("heads of value are not as large as those of key");
    if (types.size % 8 !== 0)
      throw new OperatorError(`a head of ${types.size} elements; the kernel takes multiples of 8`);
    const { present } = presentTypes(inputs, 3, keyHeads, types);
    const lengths = given(inputs, 5, "seqlens_k").type;
    expectDType(lengths, ["int32"], "seqlens_k");
    expectShape(lengths, [types.query.shape[0] ?? 1], "seqlens_k");
    const total = given(inputs, 6, "total_sequence_length").type;
    expectDType(total, ["int32"], "total_sequence_length");
    expectScalarShape(total, "total_sequence_length");
    if (numberOf(attributes, "do_rotary") !== 0) {
      expectTables(given(inputs, 7, "cos_cache"), given(inputs, 8, "sin_cache"), types.size);
    }
    return [types.query, ...present];
  },
  evaluate(inputs, attributes) {
    const heads = numberOf(attributes, "num_heads");
    const { query, key, value } = caches(inputs, heads, numberOf(attributes, "kv_num_heads"), 3);
    expectLengths(inputs, key.steps);
    const [cos, sin] = [inputs[7], inputs[8]];
    if (numberOf(attributes, "do_rotary") !== 0 && cos && sin) {
      const tables = rotaryTables(cos, sin, numberOf(attributes, "rotary_interleaved") !== 0);
      for (const cache of [query, key]) turnFresh(cache, query.steps, key.steps, tables);
    }
    const y = attend(query, key, value, { scale: scaleOf(attributes, query.size), causal: true });
    return [y, cacheTensor(key), cacheTensor(value)];
  },
});

/** Every sequence must reach to the end, for what a shorter one leaves behind its end is not defined. */
function expectLengths(inputs: TensorInputs, steps: number): void {
  const lengths = integersOf(given(inputs, 5, "seqlens_k"));
  const total = integersOf(given(inputs, 6, "total_sequence_length"))[0];
  if (total !== steps || lengths.some((length) => length !== steps - 1)) {
    throw new OperatorError(
      `seqlens_k [${lengths.join(", ")}] and total_sequence_length ${total} are not those of ${steps} steps`,
    );
  }
}

/** Turns the last `fresh` of `total` steps by their positions; earlier ones of a cache were turned when they were new. */
function turnFresh(cache: Cache, fresh: number, total: number, tables: ReturnType<typeof rotaryTables>): void {
  for (let head = 0; head < cache.batch * cache.heads; head++) {
    for (let step = 0; step < fresh; step++) {
      const at = (head * cache.steps + cache.steps - fresh + step) * cache.size;
      rotateHead(cache.data, at, total - fresh + step, tables);
    }
  }
}

export const attentions: readonly Operator[] = [multiHeadAttention, groupQueryAttention];
