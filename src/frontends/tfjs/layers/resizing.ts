import { tensorFrom } from "../../../tensor/tensor.js";
import { booleanOption, dataFormatOption, integerOption, sizesOption, wordOption } from "../config.js";
import type { LayerContext, LayerDefinition, Value } from "../layer.js";
import { badSizes, inChannelsFirst, ints, needRank, single } from "../values.js";

type Interpolation = "nearest" | "bilinear";

/**
 * A Resize of `value`, channels first, to `sizes`, as `tf.image.resizeBilinear` and `resizeNearestNeighbor` compute it:
 * output x reads input `x * in / out`, or `x * (in - 1) / (out - 1)` with aligned corners; nearest takes the floor, and
 * rounds half up with aligned corners. Keras samples pixel centers instead.
 */
function resize(
  context: LayerContext,
  value: Value,
  sizes: readonly [number, number],
  interpolation: Interpolation,
  alignCorners: boolean,
): Value {
  const [channels = 0, height = 1, width = 1] = value.shape;
  // Scales, not sizes: the batch is open. They are exact ratios of small integers, rounded once to float32.
  const factors = [1, 1, sizes[0] / height, sizes[1] / width];
  const scales = context.constant(`${context.name}/const/scales/${factors.join("_")}`, () =>
    tensorFrom("float32", [4], factors),
  );
  const name = context.node("Resize", [value.name, "", scales], {
    mode: interpolation === "nearest" ? "nearest" : "linear",
    coordinate_transformation_mode: alignCorners ? "align_corners" : "asymmetric",
    ...(interpolation === "nearest" ? { nearest_mode: alignCorners ? "round_prefer_ceil" : "floor" } : {}),
  });
  return { name, shape: [channels, ...sizes] };
}

const upSampling2D: LayerDefinition = {
  className: "UpSampling2D",
  lower(context, inputs) {
    const x = single(context, inputs);
    needRank(context, x, 3);
    const [tall = 1, wide = 1] = sizesOption(context, "size", 2, 2);
    const interpolation = wordOption(context, "interpolation", ["nearest", "bilinear"], "nearest");
    const result = inChannelsFirst(context, x, dataFormatOption(context), (value) => {
      const [, height = 0, width = 0] = value.shape;
      return resize(context, value, [height * tall, width * wide], interpolation, false);
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
    const sizes = [integerOption(context, "height"), integerOption(context, "width")] as const;
    const interpolation = wordOption(context, "interpolation", ["nearest", "bilinear"], "bilinear");
    const align = !booleanOption(context, "cropToAspectRatio", false);
    return [
      inChannelsFirst(context, x, "channelsLast", (value) => resize(context, value, sizes, interpolation, align)),
    ];
  },
};

/**
 * Rows and columns from the middle, as TF.js finds them: with `cropAndResize` to a box given in fractions of the size,
 * which does not always land on the exact middle. Images smaller than the crop are resized to it.
 */
const centerCrop: LayerDefinition = {
  className: "CenterCrop",
  lower(context, inputs) {
    const x = single(context, inputs);
    needRank(context, x, 3);
    const [inHeight = 0, inWidth = 0, channels = 0] = x.shape;
    const [height, width] = [integerOption(context, "height"), integerOption(context, "width")];
    const top = Math.floor((inHeight - height) / 2);
    const left = inWidth === width ? 0 : Math.floor((inWidth - width) / 2) || 1;
    if (top < 0 || left < 0) {
      return [
        inChannelsFirst(context, x, "channelsLast", (value) =>
          resize(context, value, [height, width], "bilinear", false),
        ),
      ];
    }
    const rows = cropIndices(top, height, inHeight);
    const columns = cropIndices(left, width, inWidth);
    if (!rows.concat(columns).every(Number.isInteger)) badSizes(context, inputs, "the crop leaves the image");
    const tall = context.node("Gather", [x.name, ints(context, rows)], { axis: 1 });
    const name = context.node("Gather", [tall, ints(context, columns)], { axis: 2 });
    return [{ name, shape: [height, width, channels] }];
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
