import { divideDims, multiplyDims } from "../../ir/dim.js";
import type { Dim } from "../../ir/graph.js";
import { reshapedShape } from "../../ir/operators/shape.js";

/**
 * The target of a Reshape as whole numbers, as the IR has it: 0 keeps the size at that place, -1 takes the rest.
 * @param wanted     sizes, of which some may be open
 * @param fixedBatch a file that fixes its batch writes that number where the open batch belongs
 * @returns undefined when the shapes do not go together, or more than one size would be open
 */
export function reshapeTarget(
  from: readonly Dim[],
  wanted: readonly Dim[],
  allowZero: boolean,
  fixedBatch: number | undefined,
): readonly number[] | undefined {
  for (const candidate of candidates(from, wanted, fixedBatch)) {
    const target = closed(from, candidate, allowZero);
    if (target && fits(from, target)) return target;
  }
  return undefined;
}

function* candidates(
  from: readonly Dim[],
  wanted: readonly Dim[],
  fixedBatch: number | undefined,
): Generator<readonly Dim[]> {
  yield wanted;
  if (fixedBatch === undefined || typeof wanted[0] !== "number") return;
  const open = from.flatMap((dim) => (typeof dim === "string" ? [dim] : []))[0];
  if (open === undefined) return;
  // The batch is first almost always; attention puts it together with the heads.
  if (wanted[0] > 0 && wanted[0] % fixedBatch === 0) {
    yield [multiplyDims([open, wanted[0] / fixedBatch]), ...wanted.slice(1)];
  }
  for (let i = 1; i < wanted.length; i++) {
    const size = wanted[i];
    if (typeof size === "number" && size === fixedBatch) yield wanted.map((each, at) => (at === i ? open : each));
  }
}

/** Whole numbers for the sizes: an open one at its own place is 0, one elsewhere is -1. */
function closed(from: readonly Dim[], wanted: readonly Dim[], allowZero: boolean): readonly number[] | undefined {
  const copied = wanted.map((size, i) => (size === 0 && !allowZero ? (from[i] ?? -2) : size));
  const rest = copied.indexOf(-1);
  const isOpen = copied.filter((size, i) => typeof size === "string" && size !== from[i]).length;
  const whole = rest >= 0 && isOpen > 0 ? withRest(from, copied, rest) : copied;
  if (!whole) return undefined;
  const target = whole.map((size, i) => {
    if (typeof size === "number") return size;
    return size === from[i] ? 0 : -1;
  });
  if (target.filter((size) => size === -1).length > 1) return undefined;
  // A size of 0 that is meant as such cannot stand beside one that copies.
  return whole.includes(0) ? undefined : target;
}

/** What -1 stands for, so that an open size can take its place. */
function withRest(from: readonly Dim[], wanted: readonly Dim[], rest: number): readonly Dim[] | undefined {
  const others = multiplyDims(wanted.filter((_, i) => i !== rest));
  const size = divideDims(multiplyDims(from), others);
  return size === undefined ? undefined : wanted.map((each, i) => (i === rest ? size : each));
}

function fits(from: readonly Dim[], target: readonly number[]): boolean {
  try {
    reshapedShape(from, target, false);
    return true;
  } catch {
    return false;
  }
}
