import { divideDims } from "../../../ir/dim.js";
import type { Dim } from "../../../ir/graph.js";
import { tensorFrom } from "../../../tensor/tensor.js";
import { floatAttribute, intAttribute, textAttribute } from "../attributes.js";
import type { Lower, OpContext, OpFamily, TensorValue } from "../definition.js";
import { NotStatic } from "../not-static.js";
import {
  badInputs,
  dataFormatOf,
  inChannelsFirst,
  ints,
  needRank,
  numberOf,
  numbersOf,
  operand,
  refuse,
  reshape,
  transpose,
} from "../steps.js";

/** Pairs of numbers, one for each axis: [[before, after], ...]. */
function pairsOf(context: OpContext, value: TensorValue, count: number, what: string): [number, number][] {
  const flat = numbersOf(value, what);
  if (flat.length !== 2 * count) badInputs(context, [value], `${what} needs two numbers for each of ${count} axes`);
  if (flat.some((size) => size < 0)) badInputs(context, [value], `${what} is negative`);
  return Array.from({ length: count }, (_, i) => [flat[2 * i] ?? 0, flat[2 * i + 1] ?? 0]);
}

function padded(
  context: OpContext,
  x: TensorValue,
  pairs: readonly (readonly [number, number])[],
  options: { readonly mode?: string; readonly value?: number } = {},
): TensorValue {
  if (pairs.every(([before, after]) => before + after === 0)) return x;
  const pads = ints([...pairs.map(([before]) => before), ...pairs.map(([, after]) => after)]);
  const { mode = "constant", value = 0 } = options;
  const filler = mode === "constant" && value !== 0 ? tensorFrom(x.dtype, [], [value]) : undefined;
  return context.emit("Pad", [x, pads, filler], mode === "constant" ? {} : { mode });
}

const pad: Lower = (context, inputs) => {
  const x = operand(context, inputs, 0);
  const pairs = pairsOf(context, operand(context, inputs, 1), x.shape.length, "the padding");
  const value =
    inputs[2] === undefined
      ? floatAttribute(context.node, "constant_value", 0)
      : numberOf(context, inputs[2], "the value that it pads with");
  return [padded(context, x, pairs, { value })];
};

/** REFLECT leaves the border out, as ONNX's reflect does; SYMMETRIC repeats it, which is a choice of rows here. */
const mirrorPad: Lower = (context, inputs) => {
  const x = operand(context, inputs, 0);
  const pairs = pairsOf(context, operand(context, inputs, 1), x.shape.length, "the padding");
  const mode = textAttribute(context.node, "mode", "REFLECT").toUpperCase();
  if (mode === "REFLECT") return [padded(context, x, pairs, { mode: "reflect" })];
  if (mode !== "SYMMETRIC") refuse(context, `padding "${mode}" is neither REFLECT nor SYMMETRIC`);
  let result = x;
  for (const [axis, [before, after]] of pairs.entries()) {
    if (before + after === 0) continue;
    const length = result.shape[axis];
    if (typeof length !== "number") throw new NotStatic("it pads the batch");
    if (Math.max(before, after) > length) badInputs(context, inputs, "it pads with more than there is");
    const rows = Array.from({ length: before + length + after }, (_, i) => mirrored(i - before, length));
    result = context.emit("Gather", [result, ints(rows)], { axis });
  }
  return [result];
};

const mirrored = (at: number, length: number) => (at < 0 ? -1 - at : at >= length ? 2 * length - 1 - at : at);

/** Sizes of the blocks of the axes behind the batch. */
function blocksOf(context: OpContext, inputs: readonly TensorValue[]): number[] {
  const blocks = numbersOf(operand(context, inputs, 1), "the size of blocks");
  const fits = blocks.every((size) => size >= 1) && blocks.length < operand(context, inputs, 0).shape.length;
  return fits ? blocks : badInputs(context, inputs, `blocks of ${blocks.join(" x ")} do not fit`);
}

function quotient(context: OpContext, value: TensorValue, dim: Dim, by: number): Dim {
  return divideDims(dim, by) ?? badInputs(context, [value], `${dim} does not divide into blocks of ${by}`);
}

/** Elements of each block of the padded image become images of their own: [batch, H, W, C] to [batch * b * b, H/b, W/b, C]. */
const spaceToBatch: Lower = (context, inputs) => {
  const image = operand(context, inputs, 0);
  const blocks = blocksOf(context, inputs);
  const given = pairsOf(context, operand(context, inputs, 2), blocks.length, "the padding");
  const none = image.shape.slice(blocks.length + 1).map((): [number, number] => [0, 0]);
  const x = padded(context, image, [[0, 0], ...given, ...none]);
  const [batch = 1, ...sizes] = x.shape;
  const rest = sizes.slice(blocks.length);
  const small = blocks.map((block, i) => quotient(context, x, sizes[i] ?? 1, block));
  const split = reshape(context, x, [batch, ...small.flatMap((size, i) => [size, blocks[i] ?? 1]), ...rest]);
  const count = blocks.length;
  const order = [
    ...blocks.map((_, i) => 2 * i + 2),
    0,
    ...blocks.map((_, i) => 2 * i + 1),
    ...rest.map((_, i) => 2 * count + 1 + i),
  ];
  return [reshape(context, transpose(context, split, order), [-1, ...small, ...rest])];
};

/** The way back, with `crops` cut off. */
const batchToSpace: Lower = (context, inputs) => {
  const x = operand(context, inputs, 0);
  const blocks = blocksOf(context, inputs);
  const crops = pairsOf(context, operand(context, inputs, 2), blocks.length, "what is cropped");
  const [batch = 1, ...sizes] = x.shape;
  const rest = sizes.slice(blocks.length);
  const count = blocks.length;
  const small = quotient(
    context,
    x,
    batch,
    blocks.reduce((a, b) => a * b, 1),
  );
  const split = reshape(context, x, [...blocks, small, ...sizes]);
  const order = [count, ...blocks.flatMap((_, i) => [count + 1 + i, i]), ...rest.map((_, i) => 2 * count + 1 + i)];
  const large = blocks.map((block, i) => {
    const size = sizes[i] ?? 1;
    if (typeof size !== "number") throw new NotStatic("sizes of the image depend on the batch");
    return size * block;
  });
  const whole = reshape(context, transpose(context, split, order), [small, ...large, ...rest]);
  const cut = crops.flatMap(([before, after], i) => (before + after > 0 ? [{ axis: i + 1, before, after }] : []));
  if (cut.length === 0) return [whole];
  const starts = ints(cut.map(({ before }) => before));
  const ends = ints(cut.map(({ axis, after }) => (large[axis - 1] ?? 0) - after));
  return [context.emit("Slice", [whole, starts, ends, ints(cut.map(({ axis }) => axis))])];
};

const depthToSpace: Lower = (context, inputs) => {
  const x = operand(context, inputs, 0);
  needRank(context, x, 4);
  const blocksize = intAttribute(context.node, "block_size", 2);
  return [
    inChannelsFirst(context, x, dataFormatOf(context), (value) =>
      context.emit("DepthToSpace", [value], { blocksize, mode: "DCR" }),
    ),
  ];
};

/** Borders, and blocks of space moved into the batch or out of the channels. */
export const paddings: OpFamily = {
  family: "padding and blocks",
  ops: [
    { op: "Pad", summary: "zeros around", support: "lowered", lower: pad },
    { op: "PadV2", summary: "a value around", support: "lowered", lower: pad },
    { op: "MirrorPad", summary: "its own border mirrored around", support: "lowered", lower: mirrorPad },
    { op: "SpaceToBatchND", summary: "blocks of space moved into the batch", support: "lowered", lower: spaceToBatch },
    { op: "BatchToSpaceND", summary: "blocks moved back from the batch", support: "lowered", lower: batchToSpace },
    {
      op: "DepthToSpace",
      summary: "blocks moved from the channels into space",
      support: "lowered",
      lower: depthToSpace,
    },
  ],
};
