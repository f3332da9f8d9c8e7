import { placement } from "../tfjs/window.js";
import { badAttribute, intsAttribute, textAttribute } from "./attributes.js";
import type { OpContext, TensorValue } from "./definition.js";
import { badInputs, type DataFormat, sizesOf } from "./steps.js";

/** How a window slides: one entry for each spatial dimension. */
export interface Slide {
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  /** "explicit" comes with pads, all begins, then all ends. */
  readonly padding: "same" | "valid" | { readonly pads: readonly number[] };
}

/** The entries of an attribute such as `strides` ([1, 2, 2, 1]) for the `rank` spatial dimensions. */
export function spatialAttribute(context: OpContext, name: string, rank: number, format: DataFormat): number[] {
  const list = intsAttribute(context.node, name) ?? [];
  if (list.length === 0) return new Array<number>(rank).fill(1);
  const [first, size] = format === "channelsLast" ? [1, rank + 2] : [2, rank + 2];
  const own = list.slice(first, first + rank);
  const others = list.filter((_, i) => i < first || i >= first + rank);
  const legal = list.length === size && own.every((value) => value >= 1) && others.every((value) => value === 1);
  return legal ? own : badAttribute(context.node, name, `${size} numbers, 1 for batch and channels`, list);
}

/** Strides, dilations and padding of a node whose window slides over `rank` dimensions. */
export function slideOf(context: OpContext, rank: number, format: DataFormat): Slide {
  const padding = textAttribute(context.node, "padding", "VALID").toUpperCase();
  return {
    strides: spatialAttribute(context, "strides", rank, format),
    dilations: spatialAttribute(context, "dilations", rank, format),
    padding: paddingOf(context, padding, rank, format),
  };
}

function paddingOf(context: OpContext, word: string, rank: number, format: DataFormat): Slide["padding"] {
  if (word === "SAME") return "same";
  if (word === "VALID") return "valid";
  if (word !== "EXPLICIT") return badAttribute(context.node, "padding", "SAME, VALID or EXPLICIT", word);
  const list = intsAttribute(context.node, "explicit_paddings") ?? [];
  const first = format === "channelsLast" ? 1 : 2;
  const legal = list.length === 2 * (rank + 2) && list.every((value) => value >= 0);
  if (!legal) return badAttribute(context.node, "explicit_paddings", `${2 * (rank + 2)} numbers`, list);
  const pairs = Array.from({ length: rank }, (_, i) => [list[2 * (first + i)] ?? 0, list[2 * (first + i) + 1] ?? 0]);
  return { pads: [...pairs.map(([begin = 0]) => begin), ...pairs.map(([, end = 0]) => end)] };
}

/** ONNX's attributes of a window of `kernel` over a value that has its channels first. */
export function windowAttributes(context: OpContext, x: TensorValue, kernel: readonly number[], slide: Slide) {
  const sizes = sizesOf({ ...x, shape: x.shape.slice(2) }, "the size of the image");
  const { strides, dilations, padding } = slide;
  const refuse = (problem: string) => badInputs(context, [x], problem);
  const pads =
    typeof padding === "string" ? placement(sizes, { kernel, strides, dilations, padding }, refuse).pads : padding.pads;
  return { kernel_shape: kernel, strides, dilations, pads };
}
