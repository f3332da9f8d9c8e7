import type { Dim, Node } from "../../../ir/graph.js";
import { type Heads, headsOf, type Through } from "./attention-heads.js";
import { type Hidden, isHiding, type Mask, maskOf, type ProductSizes, showsAll } from "./attention-mask.js";
import type { Pattern } from "./pattern.js";
import { integersOf } from "./rewrite.js";
import { type RotaryAngles, sameAngles } from "./rotary-pattern.js";

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
  /** Heads of keys and values, which heads of queries share in groups. */
  readonly keyHeads: number;
  readonly size: number;
  readonly valueSize: number;
  /** Steps that are looked at, as far as they are known. */
  readonly queries: Dim;
  readonly keys: Dim;
  readonly scale: number;
  readonly mask: Mask;
  /** Angles by which queries and keys are turned before they meet. */
  readonly angles?: RotaryAngles;
  /** Whether the output has its heads side by side, or as a dimension of their own. */
  readonly flat: boolean;
}

/**
 * The attention that ends at `node`, the product of weights and values; undefined when it is none. Heads that are shared, and
 * positions that turn them, belong to it where a kernel takes them; else they stay before it as they are.
 */
export function attentionOf(node: Node, pattern: Pattern): Attention | undefined {
  if (node.domain !== "" || node.opType !== "MatMul") return undefined;
  const found = readBack(node, "all", pattern);
  const isPlain = found && found.keyHeads === found.heads && !found.angles;
  return found && (isPlain || isGrouped(found)) ? found : readBack(node, "none", pattern);
}

/**
 * What GroupQueryAttention takes: heads of one size, a multiple of 8 elements, and where pairs of them are turned a multiple
 * of 16 with a multiple of 8 pairs.
 */
export function isGrouped({ mask, size, valueSize, angles, queries }: Attention): boolean {
  const isTurned = angles === undefined || (angles.steps === queries && angles.pairs % 8 === 0);
  return mask.kind === "causal" && size === valueSize && size % (angles ? 16 : 8) === 0 && isTurned;
}

function readBack(node: Node, through: Through, pattern: Pattern): Attention | undefined {
  const weights = weightsOf(node.inputs[0], pattern);
  const softmax = weights?.softmax;
  const axis = softmax?.attributes.axis ?? -1;
  const end = endOf(node, pattern);
  const products =
    softmax && (axis === -1 || axis === 3) ? productsOf(softmax.inputs[0] ?? "", through, pattern) : undefined;
  const value = headsOf(node.inputs[1] ?? "", [0, 2, 1, 3], through, pattern);
  if (!weights || !softmax || !end || !products || !value || value.factor !== 1 || value.angles) return undefined;
  const { query, key, scale, hidden } = products;
  if (!agree(query, key, value)) return undefined;
  const { heads, batch, steps: queries } = query;
  const sizes: ProductSizes = { batch, heads, queries, keys: key.steps };
  const mask = maskOf(hidden, sizes, pattern);
  if (!mask || !weights.isSame(mask, sizes)) return undefined;
  return {
    ...end,
    ...{ softmax, heads, queries, keys: key.steps, mask },
    keyHeads: key.heads,
    query: query.source,
    key: key.source,
    value: value.source,
    size: query.size,
    valueSize: value.size,
    scale: scale * query.factor * key.factor,
    ...(query.angles ? { angles: query.angles } : {}),
  };
}

/** Whether queries, keys and values belong to the same heads, samples and steps. */
function agree(query: Heads, key: Heads, value: Heads): boolean {
  const shared = query.sharedBy === 1 && key.sharedBy === value.sharedBy && query.heads === key.heads * key.sharedBy;
  const sizes = key.heads === value.heads && query.size === key.size && key.steps === value.steps;
  const batches = query.batch === key.batch && query.batch === value.batch;
  return shared && sizes && batches && sameAngles(query.angles, key.angles);
}

interface Weights {
  readonly softmax: Node;
  /** Whether what lies between softmax and values changes nothing behind this mask. */
  isSame(mask: Mask, sizes: ProductSizes): boolean;
}

/** A softmax, as it is, or with zeros in place of NaN or of what the mask hides anyway. */
function weightsOf(value: string | undefined, pattern: Pattern): Weights | undefined {
  const plain = pattern.only(value, "Softmax");
  if (plain) return { softmax: plain, isSame: () => true };
  const chosen = pattern.only(value, "Where");
  const [condition = "", yes = "", no = ""] = chosen?.inputs ?? [];
  const guard = pattern.only(condition, "IsNaN");
  const shares = guard ? no : yes;
  const softmax = pattern.made(shares, "Softmax");
  const readers = pattern.uses.readers.get(shares)?.length;
  if (!softmax || pattern.scalar(guard ? yes : no) !== 0 || pattern.uses.outputs.has(shares)) return undefined;
  // A row that is hidden as a whole would be NaN; behind these masks each step sees itself.
  if (guard) return guard.inputs[0] === shares && readers === 2 ? { softmax, isSame: isOpen } : undefined;
  return readers === 1 ? { softmax, isSame: (mask, sizes) => showsAll(condition, mask, sizes, pattern) } : undefined;
}

const isOpen = (mask: Mask): boolean => mask.kind !== "bias";

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

interface Products {
  readonly query: Heads;
  readonly key: Heads;
  readonly scale: number;
  readonly hidden: readonly Hidden[];
}

/** scale * Q K', with masks added to it or put in its place; products are read by nothing else. */
function productsOf(value: string, through: Through, pattern: Pattern): Products | undefined {
  const masked = pattern.only(value, "Add", "Where");
  const behind = (inner: string, mask: Hidden): Products | undefined => {
    const plain = productsOf(inner, through, pattern);
    return plain && { ...plain, hidden: [...plain.hidden, mask] };
  };
  if (masked?.opType === "Add") return pattern.either(masked, (inner, added) => behind(inner, { added }));
  if (masked?.opType === "Where") {
    const [condition = "", yes = "", no = ""] = masked.inputs;
    if (isHiding(no, pattern)) return behind(yes, { where: [condition, true] });
    return isHiding(yes, pattern) ? behind(no, { where: [condition, false] }) : undefined;
  }
  const plain = scaledProducts(value, through, pattern);
  return plain && { ...plain, hidden: [] };
}

function scaledProducts(value: string, through: Through, pattern: Pattern): Omit<Products, "hidden"> | undefined {
  const scaling = pattern.only(value, "Mul", "Div");
  if (scaling) {
    const number =
      pattern.scalar(scaling.inputs[1]) ?? (scaling.opType === "Mul" ? pattern.scalar(scaling.inputs[0]) : undefined);
    const rest = pattern.scalar(scaling.inputs[1]) === undefined ? scaling.inputs[1] : scaling.inputs[0];
    const inner = number ? scaledProducts(rest ?? "", through, pattern) : undefined;
    return inner && number
      ? { ...inner, scale: scaling.opType === "Mul" ? inner.scale * number : inner.scale / number }
      : undefined;
  }
  const product = pattern.only(value, "MatMul");
  const query = headsOf(product?.inputs[0] ?? "", [0, 2, 1, 3], through, pattern);
  const key = headsOf(product?.inputs[1] ?? "", [0, 2, 3, 1], through, pattern);
  return query && key ? { query, key, scale: 1 } : undefined;
}
