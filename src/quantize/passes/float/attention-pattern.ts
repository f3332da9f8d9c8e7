import type { Dim, Node } from "../../../ir/graph.js";
import type { Tensor } from "../../../tensor/tensor.js";
import type { Pattern } from "./pattern.js";
import { integersOf } from "./rewrite.js";

/** Attention over heads as a graph writes it out: softmax(scale Q K' + mask) V, heads side by side again at the end. */
export interface Attention {
  /** The node whose output becomes the attention's. */
  readonly last: Node;
  /** The softmax, for the layer that the fused node counts to. */
  readonly softmax: Node;
  /** Each [batch, steps, heads, size], or [batch, steps, heads * size]. */
  readonly query: string;
  readonly key: string;
  readonly value: string;
  readonly heads: number;
  readonly size: number;
  readonly valueSize: number;
  /** Steps that are looked at, as far as they are known. */
  readonly queries: Dim;
  readonly keys: Dim;
  readonly scale: number;
  readonly mask: Mask;
  /** Whether the output has its heads side by side, or as a dimension of their own. */
  readonly flat: boolean;
}

/** What is added to the products: nothing, all that hides later steps, or a value [1 | batch, 1 | heads, queries, keys]. */
export type Mask =
  | { readonly kind: "none" }
  | { readonly kind: "causal" }
  | { readonly kind: "bias"; readonly value: string };

/** The attention that ends at `node`, the product of weights and values; undefined when it is none. */
export function attentionOf(node: Node, pattern: Pattern): Attention | undefined {
  if (node.domain !== "" || node.opType !== "MatMul") return undefined;
  const softmax = pattern.only(node.inputs[0], "Softmax");
  const axis = softmax?.attributes.axis ?? -1;
  const end = endOf(node, pattern);
  const products = softmax && (axis === -1 || axis === 3) ? productsOf(softmax.inputs[0] ?? "", pattern) : undefined;
  const value = headsOf(node.inputs[1] ?? "", [0, 2, 1, 3], pattern);
  if (!softmax || !end || !products || !value || value.factor !== 1) return undefined;
  const { query, key, scale, mask } = products;
  const agree = query.heads === key.heads && query.heads === value.heads && query.size === key.size;
  if (!agree || key.steps !== value.steps || query.batch !== key.batch || query.batch !== value.batch) return undefined;
  const common = { heads: query.heads, queries: query.steps, keys: key.steps };
  const known = maskOf(mask, { ...common, batch: query.batch }, pattern);
  if (!known) return undefined;
  return {
    ...end,
    ...common,
    softmax,
    query: query.source,
    key: key.source,
    value: value.source,
    size: query.size,
    valueSize: value.size,
    scale: scale * query.factor * key.factor,
    mask: known,
  };
}

/** Follows the weighted values [batch, heads, steps, size] to where heads stand side by side. */
function endOf(node: Node, pattern: Pattern): Pick<Attention, "last" | "flat"> | undefined {
  const turned = onlyReader(node, pattern);
  const perm = turned?.opType === "Transpose" ? integersOf(turned, "perm") : undefined;
  if (!turned || perm?.join() !== "0,2,1,3") return undefined;
  const [batch, steps, heads, size] = pattern.types.get(turned.outputs[0] ?? "")?.shape ?? [];
  const joined = onlyReader(turned, pattern);
  const shape = joined?.opType === "Reshape" ? pattern.types.get(joined.outputs[0] ?? "")?.shape : undefined;
  const flat =
    shape?.length === 3 && shape[0] === batch && shape[1] === steps && shape[2] === Number(heads) * Number(size);
  return flat && joined ? { last: joined, flat } : { last: turned, flat: false };
}

function onlyReader(node: Node, { uses }: Pattern): Node | undefined {
  const [output = ""] = node.outputs;
  const readers = uses.readers.get(output) ?? [];
  return readers.length === 1 && !uses.outputs.has(output) && readers[0]?.domain === "" ? readers[0] : undefined;
}

interface Heads {
  readonly source: string;
  readonly batch: Dim;
  readonly steps: Dim;
  readonly heads: number;
  readonly size: number;
  /** What the heads were multiplied by on the way. */
  readonly factor: number;
}

/**
 * Follows a value of rank 4 back through Transposes, and products with a number, to [batch, steps, heads, size] or the
 * Reshape that made it of [batch, steps, heads * size].
 * @param wanted where each dimension of [batch, steps, heads, size] must have gone
 */
function headsOf(value: string, wanted: readonly number[], pattern: Pattern): Heads | undefined {
  let [name, factor] = [value, 1];
  let perm: readonly number[] = [0, 1, 2, 3];
  for (;;) {
    const node = pattern.made(name, "Transpose", "Mul", "Div");
    const step = node?.opType === "Transpose" ? integersOf(node, "perm") : undefined;
    const number = pattern.scalar(node?.inputs[1]);
    if (step) perm = perm.map((axis) => step[axis] ?? axis);
    else if (node && node.opType !== "Transpose" && number)
      factor = node.opType === "Mul" ? factor * number : factor / number;
    else break;
    name = node?.inputs[0] ?? "";
  }
  const shape = pattern.types.get(name)?.shape ?? [];
  const [batch = 1, steps = 1, heads, size] = shape;
  if (shape.length !== 4 || perm.join() !== wanted.join()) return undefined;
  if (typeof heads !== "number" || typeof size !== "number") return undefined;
  const split = pattern.made(name, "Reshape");
  const before = pattern.types.get(split?.inputs[0] ?? "")?.shape;
  const whole = before?.length === 3 && before[0] === batch && before[1] === steps && before[2] === heads * size;
  return { source: whole ? (split?.inputs[0] ?? "") : name, batch, steps, heads, size, factor };
}

type Hidden = { readonly added?: string; readonly where?: readonly [condition: string, visible: boolean] };

interface Products {
  readonly query: Heads;
  readonly key: Heads;
  readonly scale: number;
  readonly mask: Hidden;
}

/** Smallest magnitude of what is added to a product to hide it: e^-10000 is 0 in any float. */
const HIDING = -1e4;

/** scale * Q K', with a mask added to it or put in its place; products are read by nothing else. */
function productsOf(value: string, pattern: Pattern): Products | undefined {
  const masked = pattern.only(value, "Add", "Where");
  if (masked?.opType === "Add") {
    return pattern.either(masked, (inner, added) => {
      const plain = scaledProducts(inner, pattern);
      return plain && { ...plain, mask: { added } };
    });
  }
  if (masked?.opType === "Where") {
    const [condition = "", yes = "", no = ""] = masked.inputs;
    const isHiding = (name: string) => (pattern.scalar(name) ?? 0) <= HIDING;
    const inner = isHiding(no) ? yes : isHiding(yes) ? no : undefined;
    const plain = inner === undefined ? undefined : scaledProducts(inner, pattern);
    return plain && { ...plain, mask: { where: [condition, inner === yes] } };
  }
  const plain = scaledProducts(value, pattern);
  return plain && { ...plain, mask: {} };
}

function scaledProducts(value: string, pattern: Pattern): Omit<Products, "mask"> | undefined {
  const scaling = pattern.only(value, "Mul", "Div");
  if (scaling) {
    const number =
      pattern.scalar(scaling.inputs[1]) ?? (scaling.opType === "Mul" ? pattern.scalar(scaling.inputs[0]) : undefined);
    const rest = pattern.scalar(scaling.inputs[1]) === undefined ? scaling.inputs[1] : scaling.inputs[0];
    const inner = number ? scaledProducts(rest ?? "", pattern) : undefined;
    return inner && number
      ? { ...inner, scale: scaling.opType === "Mul" ? inner.scale * number : inner.scale / number }
      : undefined;
  }
  const product = pattern.only(value, "MatMul");
  const query = headsOf(product?.inputs[0] ?? "", [0, 2, 1, 3], pattern);
  const key = headsOf(product?.inputs[1] ?? "", [0, 2, 3, 1], pattern);
  return query && key ? { query, key, scale: 1 } : undefined;
}

function maskOf(
  { added, where }: Hidden,
  { batch, heads, queries, keys }: { batch: Dim; heads: number; queries: Dim; keys: Dim },
  pattern: Pattern,
): Mask | undefined {
  if (where) {
    const [condition, visible] = where;
    const values = pattern.constant(condition);
    const shown = values && Array.from(values.data as ArrayLike<number | bigint>, (v) => (Number(v) !== 0) === visible);
    return shown &&
      isCausal(
        values.shape,
        (i) => shown[i] ?? false,
        (i) => !shown[i],
        queries,
        keys,
      )
      ? { kind: "causal" }
      : undefined;
  }
  if (added === undefined) return { kind: "none" };
  const constant = pattern.constant(added);
  const at = (i: number) => Number(constant?.data[i] ?? Number.NaN);
  if (
    constant &&
    isCausal(
      constant.shape,
      (i) => at(i) === 0,
      (i) => at(i) <= HIDING,
      queries,
      keys,
    )
  ) {
    return { kind: "causal" };
  }
  const type = pattern.types.get(added);
  const [b, h, q, k] = type?.shape ?? [];
  const fits = type?.dtype === "float32" && type.shape.length === 4 && q === queries && k === keys;
  return fits && (b === 1 || b === batch) && (h === 1 || h === heads) ? { kind: "bias", value: added } : undefined;
}

/** Whether one table for all samples and heads shows each step itself and all before it, and hides all after it. */
function isCausal(
  shape: Tensor["shape"],
  shows: (index: number) => boolean,
  hides: (index: number) => boolean,
  queries: Dim,
  keys: Dim,
): boolean {
  if (typeof queries !== "number" || queries !== keys) return false;
  const lead = shape.slice(0, -2).every((size) => size === 1);
  if (!lead || shape.at(-2) !== queries || shape.at(-1) !== keys) return false;
  for (let q = 0; q < queries; q++) {
    for (let k = 0; k < queries; k++) if (!(k <= q ? shows : hides)(q * queries + k)) return false;
  }
  return true;
}
