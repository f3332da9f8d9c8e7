import { tensorFrom } from "../../../tensor/tensor.js";
import { countedFrom } from "../batched.js";
import { familyOf, numberAttribute, type OnnxContext, type OnnxNode, type OnnxOperator, operand } from "../operator.js";
import { constantValue, integers, scalar, type Value } from "../value.js";

const family = "transformer blocks";

const { lowered } = familyOf(family);

/** What a block is written with: values of the node under names of its own. */
function writer(node: OnnxNode, context: OnnxContext) {
  let count = 0;
  const list = (values: readonly number[]) => integers(`${node.name}/list_${count++}`, values);
  return {
    list,
    number: (value: number) => scalar(`${node.name}/number_${count++}`, value),
    reshape: (x: Value, shape: readonly number[]) => context.one("Reshape", [x, list(shape)]),
    transpose: (x: Value, perm: readonly number[]) => context.one("Transpose", [x], { perm }),
    concat: (parts: readonly Value[], axis: number) => context.one("Concat", parts, { axis }),
    slice: (x: Value, from: number, to: number, axis: number, step = 1) =>
      context.one("Slice", [x, list([from]), list([to]), list([axis]), list([step])]),
  };
}

/** x / sqrt(mean(x^2) + epsilon) * scale over the axes from `axis` on; what fuses layer norms makes one node of it. */
const rmsNormalization = lowered("RMSNormalization", (node, context) => {
  const [x, scale] = [operand(node, 0, context), operand(node, 1, context)];
  const { list, number } = writer(node, context);
  const rank = x.type.shape.length;
  const axis = (numberAttribute(node, "axis", -1) + rank) % rank;
  const axes = list(Array.from({ length: rank - axis }, (_, i) => axis + i));
  const mean = context.one("ReduceMean", [context.one("Mul", [x, x]), axes], { keepdims: 1 });
  const root = context.one("Sqrt", [context.one("Add", [mean, number(numberAttribute(node, "epsilon", 1e-5))])]);
  return [context.one("Mul", [context.one("Div", [x, root]), scale])];
});

/**
 * Pairs of elements turned by the angles of their positions: onnxruntime's own operator where it takes them, else written out.
 * @see RoFormer, arXiv:2104.09864, equation 34
 */
const rotaryEmbedding = lowered("RotaryEmbedding", (node, context) => {
  const [x, cos, sin] = [0, 1, 2].map((i) => operand(node, i, context)) as [Value, Value, Value];
  const ids = node.inputs[3];
  const { list, reshape, slice, concat } = writer(node, context);
  const width = x.type.shape.at(-1);
  const isFlat = x.type.shape.length === 3;
  const heads = numberAttribute(node, "num_heads", 0);
  const pairs = cos.type.shape.at(-1);
  if (typeof width !== "number" || typeof pairs !== "number") return context.refuse("the size of the heads is open");
  if (isFlat && heads < 1) return context.refuse("num_heads is missing");
  const size = isFlat ? width / heads : width;
  const turned = 2 * pairs;
  const interleaved = numberAttribute(node, "interleaved", 0) !== 0;
  const [batch, steps] = [x.type.shape[0], x.type.shape[isFlat ? 1 : 2]];
  // Positions that count one by one are said by their first, whatever the batch.
  const first = ids && ids.type.shape.at(-1) === steps ? countedFrom(ids) : undefined;
  const places = first === undefined ? ids : list([first]);
  const fits = first !== undefined || ids?.type.shape.join() === [batch, steps].join();
  if (places && fits && turned === size && places.type.dtype === "int64") {
    const attributes = { interleaved: interleaved ? 1 : 0 };
    return context.emit("RotaryEmbedding", [x, places, cos, sin], attributes, { domain: "com.microsoft" });
  }
  // [batch, steps, heads, size], or [batch, heads, steps, size]: the angles are the same for all heads.
  const split = isFlat ? reshape(x, [0, 0, heads, size]) : x;
  const angles = (table: Value) => {
    const rows = ids ? context.one("Gather", [table, ids], { axis: 0 }) : table;
    return context.one("Unsqueeze", [rows, list([isFlat ? 2 : 1])]);
  };
  const a = interleaved ? slice(split, 0, turned, 3, 2) : slice(split, 0, pairs, 3);
  const b = interleaved ? slice(split, 1, turned, 3, 2) : slice(split, pairs, turned, 3);
  const [c, s] = [angles(cos), angles(sin)];
  const times = (left: Value, right: Value) => context.one("Mul", [left, right]);
  const real = context.one("Sub", [times(a, c), times(b, s)]);
  const imaginary = context.one("Add", [times(b, c), times(a, s)]);
  const columns = (value: Value) => context.one("Unsqueeze", [value, list([4])]);
  const rotated = interleaved
    ? reshape(concat([columns(real), columns(imaginary)], 4), [0, 0, 0, turned])
    : concat([real, imaginary], 3);
  const whole = turned < size ? concat([rotated, slice(split, turned, size, 3)], 3) : rotated;
  return [isFlat ? reshape(whole, [0, 0, width]) : whole];
});

/** A product that is added to nothing: the largest float32 below 0. */
const HIDDEN = -3.4028234663852886e38;

/**
 * softmax(Q K' scale + mask) V over heads, written out; what fuses attention makes one node of it.
 * @see ONNX, Attention of opset 24
 */
const attention = lowered(
  "Attention",
  (node, context) => {
    refuseOthers(node, context);
    const { reshape, transpose, concat, number } = writer(node, context);
    const isFlat = operand(node, 0, context).type.shape.length === 3;
    const headed = (i: number) => {
      const x = operand(node, i, context);
      if (!isFlat) return x;
      const heads = numberAttribute(node, i === 0 ? "q_num_heads" : "kv_num_heads", 0);
      const width = x.type.shape[2];
      if (typeof width !== "number" || heads < 1) return context.refuse("the number of its heads is not known");
      return transpose(reshape(x, [0, 0, heads, width / heads]), [0, 2, 1, 3]);
    };
    const query = headed(0);
    const [key, value] = [1, 2].map((i) => {
      const past = node.inputs[i + 3];
      return past ? concat([past, headed(i)], 2) : headed(i);
    }) as [Value, Value];
    const heads = Number(query.type.shape[1]);
    const [k, v] = [repeated(key, heads, node, context), repeated(value, heads, node, context)];
    const scale = numberAttribute(node, "scale", 0) || 1 / Math.sqrt(Number(query.type.shape[3]));
    const products = context.one("MatMul", [query, transpose(k, [0, 1, 3, 2])]);
    const shares = masked(context.one("Mul", [products, number(scale)]), node, context);
    const y = context.one("MatMul", [shares, v]);
    const width = heads * Number(v.type.shape[3]);
    return [isFlat ? reshape(transpose(y, [0, 2, 1, 3]), [0, 0, width]) : y, key, value].slice(0, node.outputs);
  },
  "without nonpad_kv_seqlen, windows and the output of products; causal with known numbers of steps",
);

function refuseOthers(node: OnnxNode, context: OnnxContext): void {
  if (node.inputs[6]) context.refuse("nonpad_kv_seqlen is not supported");
  if (node.outputs > 3) context.refuse("its output of products is read");
  for (const name of ["left_window_size", "right_window_size"]) {
    if (numberAttribute(node, name, -1) >= 0) context.refuse(`attribute "${name}" is not supported`);
  }
}

/** Each head of keys or values as often as heads of queries share it. */
function repeated(x: Value, heads: number, node: OnnxNode, context: OnnxContext): Value {
  const [, own, , size] = x.type.shape;
  if (typeof own !== "number" || typeof size !== "number" || !(heads % own === 0)) {
    return context.refuse("the number of its heads is not known");
  }
  if (own === heads) return x;
  const { list, reshape } = writer({ ...node, name: `${node.name}/${x.name}` }, context);
  const lifted = context.one("Unsqueeze", [x, list([2])]);
  return reshape(context.one("Expand", [lifted, list([1, 1, heads / own, 1, 1])]), [0, heads, -1, size]);
}

/** Softmax of the products of what a query may look at; where it may look at nothing, zeros. */
function masked(products: Value, node: OnnxNode, context: OnnxContext): Value {
  const { number } = writer({ ...node, name: `${node.name}/mask` }, context);
  const cap = numberAttribute(node, "softcap", 0);
  const times = (x: Value, factor: number) => context.one("Mul", [x, number(factor)]);
  let scores = cap > 0 ? times(context.one("Tanh", [times(products, 1 / cap)]), cap) : products;
  const mask = node.inputs[3];
  const isBool = mask?.type.dtype === "bool";
  const keys = products.type.shape[3];
  if (mask && mask.type.shape.at(-1) !== keys) return context.refuse("its mask has fewer keys");
  if (mask) {
    scores = isBool ? context.one("Where", [mask, scores, number(HIDDEN)]) : context.one("Add", [scores, mask]);
  }
  if (numberAttribute(node, "is_causal", 0) !== 0) {
    const allowed = causal(products, node, context);
    scores = context.one("Where", [allowed, scores, number(HIDDEN)]);
  }
  const shares = context.one("Softmax", [scores], { axis: -1 });
  return mask && isBool ? context.one("Where", [mask, shares, number(0)]) : shares;
}

/** Which of the keys [queries, keys] come not after the query, behind those of the past. */
function causal({ type }: Value, node: OnnxNode, context: OnnxContext): Value {
  const [queries, keys] = type.shape.slice(2);
  const past = node.inputs[4]?.type.shape[2] ?? 0;
  if (typeof queries !== "number" || typeof keys !== "number" || typeof past !== "number") {
    return context.refuse("it is causal, and the numbers of steps are open");
  }
  const allowed = Array.from({ length: queries * keys }, (_, i) => (i % keys <= Math.floor(i / keys) + past ? 1 : 0));
  return constantValue(`${node.name}/causal`, tensorFrom("bool", [queries, keys], allowed));
}

/** Blocks that opset 23 and later have as operators. */
export const blocks: readonly OnnxOperator[] = [rmsNormalization, rotaryEmbedding, attention];
