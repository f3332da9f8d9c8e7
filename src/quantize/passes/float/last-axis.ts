import type { Pattern } from "./pattern.js";

/** Elements of a value's last axis, from `from` up to `to`, each `step`-th. */
export interface Part {
  readonly x: string;
  readonly from: number;
  readonly to: number;
  readonly step: number;
}

/** What a value is of the last axis of another: an output of Slice or of Split. */
export function lastPart(value: string, pattern: Pattern): Part | undefined {
  return sliced(value, pattern) ?? splitOff(value, pattern);
}

function sliced(value: string, pattern: Pattern): Part | undefined {
  const node = pattern.made(value, "Slice");
  const [x = "", ...lists] = node?.inputs ?? [];
  const rank = pattern.types.get(x)?.shape.length ?? 0;
  const size = pattern.types.get(x)?.shape.at(-1);
  const numbers = lists.map((name) => pattern.constant(name)?.data);
  const single = numbers.every((list) => list === undefined || list.length === 1);
  const [starts, ends, axes, steps] = numbers.map((list) => (list ? Number(list[0]) : undefined));
  if (!node || !single || starts === undefined || ends === undefined || typeof size !== "number") return undefined;
  const axis = axes ?? 0;
  const step = lists[3] === undefined || lists[3] === "" ? 1 : steps;
  if ((axis < 0 ? axis + rank : axis) !== rank - 1 || step === undefined || step < 1) return undefined;
  const place = (at: number) => Math.max(0, Math.min(size, at < 0 ? at + size : at));
  return { x, from: place(starts), to: place(ends), step };
}

function splitOff(value: string, pattern: Pattern): Part | undefined {
  const node = pattern.uses.producers.get(value);
  if (node?.domain !== "" || node.opType !== "Split") return undefined;
  const [x = ""] = node.inputs;
  const rank = pattern.types.get(x)?.shape.length ?? 0;
  const axis = Number(node.attributes.axis ?? 0);
  const sizes = node.outputs.map((output) => pattern.types.get(output)?.shape.at(-1));
  if ((axis < 0 ? axis + rank : axis) !== rank - 1) return undefined;
  let from = 0;
  for (const [i, output] of node.outputs.entries()) {
    const size = sizes[i];
    if (typeof size !== "number") return undefined;
    if (output === value) return { x, from, to: from + size, step: 1 };
    from += size;
  }
  return undefined;
}
