import type { Dim } from "../../../ir/graph.js";
import type { Pattern } from "./pattern.js";

/** Heads of keys or values, each written out as often as heads of queries share it. */
export interface Repeated {
  /** Of rank 4. */
  readonly x: string;
  /** Which axis of it has the heads. */
  readonly axis: number;
  /** How often each head stands there, one copy behind the other. */
  readonly times: number;
}

/**
 * Heads that are repeated at a value of rank 4: lifted to [..., heads, 1, ...], repeated along the new axis by Expand, Tile or
 * Concat, and brought back; or gathered one by one. Repeating all heads as a whole is another order, and not meant.
 */
export function repeatedHeads(value: string, pattern: Pattern): Repeated | undefined {
  return merged(value, pattern) ?? gathered(value, pattern);
}

function merged(value: string, pattern: Pattern): Repeated | undefined {
  const sizes = (name: string | undefined): readonly Dim[] => pattern.types.get(name ?? "")?.shape ?? [];
  const reshape = pattern.made(value, "Reshape");
  const copies = pattern.made(reshape?.inputs[0], "Expand", "Tile", "Concat");
  const lifted = copies?.inputs[0];
  const lift = pattern.made(lifted, "Unsqueeze", "Reshape");
  const [x = ""] = lift?.inputs ?? [];
  const [whole, wide, one, own] = [sizes(value), sizes(reshape?.inputs[0]), sizes(lifted), sizes(x)];
  if (!copies || whole.length !== 4 || wide.length !== 5 || one.length !== 5 || own.length !== 4) return undefined;
  if (copies.opType === "Concat" && copies.inputs.some((input) => input !== lifted)) return undefined;
  for (let axis = 0; axis < 4; axis++) {
    const [heads, times] = [wide[axis], wide[axis + 1]];
    if (typeof heads !== "number" || typeof times !== "number") continue;
    const fits =
      same(wide, [...own.slice(0, axis + 1), times, ...own.slice(axis + 1)]) &&
      same(one, [...own.slice(0, axis + 1), 1, ...own.slice(axis + 1)]) &&
      same(whole, [...own.slice(0, axis), heads * times, ...own.slice(axis + 1)]);
    if (fits) return { x, axis, times };
  }
  return undefined;
}

const same = (a: readonly Dim[], b: readonly Dim[]): boolean =>
  a.length === b.length && a.every((size, i) => size === b[i]);

/** Gather of heads 0, 0, 1, 1 ... */
function gathered(value: string, pattern: Pattern): Repeated | undefined {
  const node = pattern.made(value, "Gather");
  const [x = "", list] = node?.inputs ?? [];
  const places = pattern.constant(list);
  const shape = pattern.types.get(x)?.shape ?? [];
  if (!node || shape.length !== 4 || places?.shape.length !== 1) return undefined;
  const given = Number(node.attributes.axis ?? 0);
  const axis = given < 0 ? given + 4 : given;
  const times = places.data.length / Number(shape[axis]);
  const fits = Number.isInteger(times) && places.data.every((place, i) => Number(place) === Math.floor(i / times));
  return fits && times > 1 ? { x, axis, times } : undefined;
}
