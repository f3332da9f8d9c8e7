import type { Dim } from "../../../ir/graph.js";

/** `perm` of a Transpose: dimension k of the output is dimension `perm[k]` of the input. */
export type Permutation = readonly number[];

/** [0, 1, ..., rank - 1]. */
export function identityOf(rank: number): Permutation {
  return Array.from({ length: rank }, (_, i) => i);
}

/** Whether a Transpose by it changes nothing. */
export function isIdentity(perm: Permutation): boolean {
  return perm.every((axis, i) => axis === i);
}

/** One Transpose for two: first `first`, then `second`. */
export function composed(first: Permutation, second: Permutation): Permutation {
  return second.map((axis) => first[axis] ?? 0);
}

/** `values[perm[k]]` at each k: a shape after a Transpose, or pads and scales brought into another order. */
export function permuted<T>(values: readonly T[], perm: Permutation): T[] {
  return perm.map((axis) => values[axis] as T);
}

/** Whether a Transpose from `shape` moves sizes of 1 only, so that the elements stay in their order. */
export function keepsOrder(shape: readonly Dim[], perm: Permutation): boolean {
  const moved = perm.filter((axis) => shape[axis] !== 1);
  return moved.every((axis, i) => i === 0 || axis > (moved[i - 1] ?? 0));
}

/** What is left of a permutation when the output's dimensions in `axes` are gone. */
export function withoutAxes(perm: Permutation, axes: ReadonlySet<number>): Permutation {
  const left = perm.filter((_, i) => !axes.has(i));
  const order = [...left].sort((a, b) => a - b);
  return left.map((axis) => order.indexOf(axis));
}
