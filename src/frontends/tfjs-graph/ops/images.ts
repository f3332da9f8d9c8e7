import { tensorFrom } from "../../../tensor/tensor.js";
import { boolAttribute } from "../attributes.js";
import type { Lower, OpContext, OpFamily, TensorValue } from "../definition.js";
import { badInputs, cast, inChannelsFirst, ints, needRank, numbersOf, operand, sizesOf } from "../steps.js";
import { cropAndResize } from "./cropping.js";

interface Resizing {
  readonly x: TensorValue;
  /** [height, width] of the input and of the output. */
  readonly from: readonly [number, number];
  readonly to: readonly [number, number];
  readonly alignCorners: boolean;
  readonly halfPixels: boolean;
}

/** Images [batch, height, width, channels], and what becomes of them. */
function resizingOf(context: OpContext, inputs: readonly TensorValue[]): Resizing {
  const x = operand(context, inputs, 0);
  needRank(context, x, 4);
  const to = numbersOf(operand(context, inputs, 1), "the size of the images");
  const from = sizesOf({ ...x, shape: x.shape.slice(1, 3) }, "the size of the images");
  if (to.length !== 2 || to.some((size) => size < 1)) badInputs(context, inputs, "the size must be height and width");
  const alignCorners = boolAttribute(context.node, "align_corners", false);
  const halfPixels = boolAttribute(context.node, "half_pixel_centers", false);
  if (alignCorners && halfPixels) badInputs(context, inputs, "corners cannot be aligned by pixel centers");
  return { x, from: [from[0] ?? 1, from[1] ?? 1], to: [to[0] ?? 1, to[1] ?? 1], alignCorners, halfPixels };
}

/**
 * Output row r reads the input at r * in / out, at r * (in - 1) / (out - 1) with aligned corners, or at
 * (r + 0.5) * in / out - 0.5 by pixel centers, between its two neighbours.
 */
const resizeBilinear: Lower = (context, inputs) => {
  const { x, from, to, alignCorners, halfPixels } = resizingOf(context, inputs);
  const floats = cast(context, x, "float32");
  if (from[0] === to[0] && from[1] === to[1]) return [floats];
  const resized = inChannelsFirst(context, floats, "channelsLast", (value) =>
    context.emit("Resize", [value, undefined, undefined, ints(to)], {
      axes: [2, 3],
      mode: "linear",
      coordinate_transformation_mode: alignCorners ? "align_corners" : halfPixels ? "half_pixel" : "asymmetric",
    }),
  );
  return [resized];
};

/**
 * Output row r reads the input row below r * in / out, the nearest to r * (in - 1) / (out - 1) with aligned corners, or
 * the one below (r + 0.5) * in / out. Whole factors are Resize; others are a choice of rows and columns, which does not
 * depend on how an engine rounds.
 */
const resizeNearest: Lower = (context, inputs) => {
  const resizing = resizingOf(context, inputs);
  const { x, from, to, alignCorners } = resizing;
  const factors = to.map((size, i) => size / (from[i] ?? 1));
  if (factors.every((factor) => factor === 1)) return [x];
  if (!alignCorners && factors.every(Number.isInteger) && x.dtype === "float32") {
    const scales = tensorFrom("float32", [4], [1, 1, ...factors]);
    const attributes = { mode: "nearest", coordinate_transformation_mode: "asymmetric", nearest_mode: "floor" };
    return [
      inChannelsFirst(context, x, "channelsLast", (value) =>
        context.emit("Resize", [value, undefined, scales], attributes),
      ),
    ];
  }
  const [rows, columns] = [0, 1].map((i) => ints(nearestPlaces(from[i] ?? 1, to[i] ?? 1, resizing)));
  return [context.emit("Gather", [context.emit("Gather", [x, rows], { axis: 1 }), columns], { axis: 2 })];
};

function nearestPlaces(from: number, to: number, { alignCorners, halfPixels }: Resizing): number[] {
  const ratio = Math.fround(alignCorners && to > 1 ? (from - 1) / (to - 1) : from / to);
  return Array.from({ length: to }, (_, r) => {
    const at = Math.fround((halfPixels ? r + 0.5 : r) * ratio);
    return Math.min(from - 1, alignCorners ? Math.round(at) : Math.floor(at));
  });
}

/** Images in other sizes. */
export const images: OpFamily = {
  family: "images",
  ops: [
    {
      op: "ResizeBilinear",
      summary: "images of another size, interpolated",
      support: "lowered",
      lower: resizeBilinear,
    },
    {
      op: "ResizeNearestNeighbor",
      summary: "images of another size, from the nearest pixels",
      support: "lowered",
      lower: resizeNearest,
    },
    { op: "CropAndResize", summary: "boxes of images in one size", support: "lowered", lower: cropAndResize },
    {
      op: "ImageProjectiveTransformV3",
      summary: "images seen in perspective",
      support: "tail",
      reason: "perspective has no kernels here",
    },
  ],
};
