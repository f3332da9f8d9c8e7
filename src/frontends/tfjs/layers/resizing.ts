import { tensorFrom } from "../../../tensor/tensor.js";
import { booleanOption, dataFormatOption, integerOption, sizesOption, wordOption } from "../config.js";
import type { LayerContext, LayerDefinition, Value } from "../layer.js";
import { badSizes, inChannelsFirst, ints, needRank, single } from "../values.js";

/**
 * `tf.image.resizeBilinear` of `value`, channels first, to [height, width]: output x reads input `x * in / out`, or
 * `x * (in - 1) / (out - 1)` with aligned corners. Keras samples pixel centers instead.
 */
function bilinear(context: LayerContext, value: Value, sizes: readonly [number, number], alignCorners: boolean): Value {
  const [channels = 0] = value.shape;
  const name = context.node("Resize", [value.name, "", "", ints(context, sizes)], {
    axes: [2, 3],
    mode: "linear",
    coordinate_transformation_mode: alignCorners ? "align_corners" : "asymmetric",
  });
  return { name, shape: [channels, ...sizes] };
}

/**
 * Every row and column `size` times, or interpolated between them as TF.js does: from each pixel's corner, not from
 * its center as Keras does.
 */
const upSampling2D: LayerDefinition = {
  className: "UpSampling2D",
  lower(context, inputs) {
    const x = single(context, inputs);
    needRank(context, x, 3);
    const [tall = 1, wide = 1] = sizesOption(context, "size", 2, 2);
    const interpolation = wordOption(context, "interpolation", ["nearest", "bilinear"], "nearest");
    const result = inChannelsFirst(context, x, dataFormatOption(context), (value) => {
      const [channels = 0, height = 0, width = 0] = value.shape;
      const scales = context.constant(`${context.name}/const/scales`, () =>
        tensorFrom("float32", [4], [1, 1, tall, wide]),
      );
      const name = context.node("Resize", [value.name, "", scales], {
        mode: interpolation === "nearest" ? "nearest" : "linear",
        coordinate_transformation_mode: "asymmetric",
        ...(interpolation === "nearest" ? { nearest_mode: "floor" } : {}),
      });
      return { name, shape: [channels, height * tall, width * wide] };
    });
    return [result];
  },
};

/** TF.js aligns corners unless `crop_to_aspect_ratio` is set, which otherwise does nothing there. */
const resizing: LayerDefinition = {
  className: "Resizing",
  lower(context, inputs) {
    const x = single(context, inputs);
    needRank(context, x, 3);
    const [inHeight = 0, inWidth = 0] = x.shape;
    const sizes = [integerOption(context, "height"), integerOption(context, "width")] as const;
    const align = !booleanOption(context, "cropToAspectRatio", false);
    if (wordOption(context, "interpolation", ["nearest", "bilinear"], "bilinear") === "nearest") {
      return [picked(context, x, nearest(inHeight, sizes[0], align), nearest(inWidth, sizes[1], align))];
    }
    return [inChannelsFirst(context, x, "channelsLast", (value) => bilinear(context, value, sizes, align))];
  },
};

/** The input rows that `tf.image.resizeNearestNeighbor` reads: floored, or rounded half up with aligned corners. */
function nearest(from: number, to: number, alignCorners: boolean): number[] {
  const align = alignCorners && to > 1;
  const ratio = align ? (from - 1) / (to - 1) : from / to;
  return Array.from({ length: to }, (_, i) =>
    Math.min(from - 1, alignCorners ? Math.round(i * ratio) : Math.floor(i * ratio)),
  );
}

/** Rows and columns of an image, channels last. */
function picked(context: LayerContext, x: Value, rows: readonly number[], columns: readonly number[]): Value {
  const tall = context.node("Gather", [x.name, ints(context, rows)], { axis: 1 });
  const name = context.node("Gather", [tall, ints(context, columns)], { axis: 2 });
  return { name, shape: [rows.length, columns.length, x.shape[2] ?? 0] };
}

/**
 * Rows and columns from the middle, as TF.js finds them: with `cropAndResize` to a box given in fractions of the size,
 * which does not always land on the exact middle. Images smaller than the crop are resized to it.
 */
const centerCrop: LayerDefinition = {
  className: "CenterCrop",
  lower(context, inputs) {
    const x = single(context, inputs);
    needRank(context, x, 3);
    const [inHeight = 0, inWidth = 0] = x.shape;
    const [height, width] = [integerOption(context, "height"), integerOption(context, "width")];
    const top = Math.floor((inHeight - height) / 2);
    const left = inWidth === width ? 0 : Math.floor((inWidth - width) / 2) || 1;
    if (top < 0 || left < 0) {
      return [inChannelsFirst(context, x, "channelsLast", (value) => bilinear(context, value, [height, width], false))];
    }
    const rows = cropIndices(top, height, inHeight);
    const columns = cropIndices(left, width, inWidth);
    if (!rows.concat(columns).every(Number.isInteger)) badSizes(context, inputs, "the crop leaves the image");
    return [picked(context, x, rows, columns)];
  },
};

/** The input rows that `cropAndResize` with nearest sampling reads; NaN for a row outside. Boxes are float32. */
function cropIndices(start: number, count: number, size: number): number[] {
  const low = Math.fround(start / size);
  const high = Math.fround((start + count) / size);
  const step = count > 1 ? ((high - low) * (size - 1)) / (count - 1) : 0;
  return Array.from({ length: count }, (_, i) => {
    const at = count > 1 ? low * (size - 1) + i * step : 0.5 * (low + high) * (size - 1);
    return at < 0 || at > size - 1 ? Number.NaN : Math.round(at);
  });
}

export const resizings: readonly LayerDefinition[] = [upSampling2D, resizing, centerCrop];
