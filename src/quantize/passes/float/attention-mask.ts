import type { Dim } from "../../../ir/graph.js";
import { broadcastTo } from "../../../ir/operators/elementwise-binary.js";
import { reshaped } from "../../../tensor/layout.js";
import type { Tensor } from "../../../tensor/tensor.js";
import type { Pattern } from "./pattern.js";

/** What hides products: a value that is added to them, or truths that say which of them stay. */
export type Hidden =
  | { readonly added: string }
  | { readonly where: readonly [condition: string, visible: boolean]; readonly added?: undefined };

/** All that hides products: nothing, what hides later steps, or a value [1 | batch, 1 | heads, queries, keys]. */
export type Mask =
  | { readonly kind: "none" }
  | { readonly kind: "causal" }
  | { readonly kind: "bias"; readonly value: string };

/** The sizes of products [batch, heads, queries, keys]. */
export interface ProductSizes {
  readonly batch: Dim;
  readonly heads: number;
  readonly queries: Dim;
  readonly keys: Dim;
}

/** Smallest magnitude of what is added to a product to hide it: e^-10000 is 0 in any float. */
const HIDING = -1e4;

/** Whether a value is one number that takes the place of hidden products. */
export function isHiding(value: string, pattern: Pattern): boolean {
  return (pattern.scalar(value) ?? 0) <= HIDING;
}

/**
 * What several masks make together: exporters write the causal one and that of padding one after the other, and the latter
 * hides nothing where no sequence is padded. Undefined for what no kernel takes.
 */
export function maskOf(hidden: readonly Hidden[], sizes: ProductSizes, pattern: Pattern): Mask | undefined {
  const masks = hidden.map((each) => ({ each, table: tableOf(each, sizes, pattern) }));
  const left = masks.filter(({ table }) => !table?.every((entry) => entry === "shown"));
  if (left.length === 0) return { kind: "none" };
  const tables = left.flatMap(({ table }) => (table ? [table] : []));
  const [first, ...others] = tables;
  if (first && tables.length === left.length) {
    const whole = others.reduce((all, table) => all.map((entry, i) => together(entry, table[i])), first);
    if (isCausal(whole, sizes)) return { kind: "causal" };
  }
  const [{ each } = {}, ...more] = left;
  return more.length === 0 && each?.added !== undefined ? biasOf(each.added, sizes, pattern) : undefined;
}

/** What becomes of one product. */
type Entry = "shown" | "hidden" | "changed";

function together(a: Entry, b: Entry = "changed"): Entry {
  if (a === "hidden" || b === "hidden") return "hidden";
  return a === "shown" && b === "shown" ? "shown" : "changed";
}

/** A constant mask that is the same for all samples and heads, as what becomes of each of [queries, keys]. */
function tableOf(hidden: Hidden, { queries, keys }: ProductSizes, pattern: Pattern): readonly Entry[] | undefined {
  const constant = pattern.constant(hidden.added ?? hidden.where[0]);
  const values = constant && square(constant, queries, keys);
  if (!values) return undefined;
  if (hidden.added === undefined) {
    const [, visible] = hidden.where;
    return values.map((value) => ((value !== 0) === visible ? "shown" : "hidden"));
  }
  return values.map((value) => (value === 0 ? "shown" : value <= HIDING ? "hidden" : "changed"));
}

function square(mask: Tensor, queries: Dim, keys: Dim): readonly number[] | undefined {
  const [rows = 1, columns = 1] = mask.shape.length < 2 ? [1, mask.shape[0]] : mask.shape.slice(-2);
  if (typeof queries !== "number" || typeof keys !== "number" || mask.data.length !== rows * columns) return undefined;
  if ((rows !== 1 && rows !== queries) || (columns !== 1 && columns !== keys)) return undefined;
  const whole = broadcastTo(reshaped(mask, [rows, columns]), [queries, keys]);
  return Array.from(whole.data as ArrayLike<number | bigint>, Number);
}

/** Whether each step sees itself and all before it, and none after it. */
function isCausal(table: readonly Entry[], { queries, keys }: ProductSizes): boolean {
  if (typeof queries !== "number" || queries !== keys) return false;
  return table.every((entry, i) => entry === (i % queries <= Math.floor(i / queries) ? "shown" : "hidden"));
}

function biasOf(value: string, { batch, heads, queries, keys }: ProductSizes, pattern: Pattern): Mask | undefined {
  const type = pattern.types.get(value);
  const [b, h, q, k] = type?.shape ?? [];
  const fits = type?.dtype === "float32" && type.shape.length === 4 && q === queries && k === keys;
  return fits && (b === 1 || b === batch) && (h === 1 || h === heads) ? { kind: "bias", value } : undefined;
}

/** Whether truths show all that a mask shows, so that hiding by them what it hides changes nothing. */
export function showsAll(condition: string, mask: Mask, sizes: ProductSizes, pattern: Pattern): boolean {
  const table = tableOf({ where: [condition, true] }, sizes, pattern);
  if (!table || mask.kind === "bias") return false;
  const isShown = table.every((entry) => entry === "shown");
  return isShown || (mask.kind === "causal" && isCausal(table, sizes));
}
