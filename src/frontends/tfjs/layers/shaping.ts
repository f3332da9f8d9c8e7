import { elementCount } from "../../../tensor/tensor.js";
import { badOption, dataFormatOption, integerOption, sizesOption } from "../config.js";
import { isArray, type Json } from "../json.js";
import type { LayerContext, LayerDefinition, LayerSite } from "../layer.js";
import { badSizes, inChannelsFirst, ints, needRank, reshape, single, transpose } from "../values.js";

const flatten: LayerDefinition = {
  className: "Flatten",
  lower(context, inputs) {
    const x = single(context, inputs);
    const rank = x.shape.length + 1;
    const first = dataFormatOption(context) === "channelsFirst" && rank > 2;
    // Keras flattens channels-first data as if its channels were last, so that weights fit both.
    const rest = Array.from({ length: rank - 2 }, (_, i) => i + 2);
    const value = first ? transpose(context, x, [0, ...rest, 1]) : x;
    if (rank === 2) return [value];
    const name = context.node("Flatten", [value.name], { axis: 1 });
    return [{ name, shape: [elementCount(value.shape)] }];
  },
};

const reshapeLayer: LayerDefinition = {
  className: "Reshape",
  lower(context, inputs) {
    const x = single(context, inputs);
    return [{ ...reshape(context, x, targetShape(context, x.shape)) }].map(({ name, shape }) => ({ name, shape }));
  },
};

/** `target_shape` with its one open size (-1 or null) filled in. */
function targetShape(context: LayerContext, from: readonly number[]): number[] {
  const { targetShape: target } = context.config;
  if (!isArray(target)) return badOption(context, "targetShape", "a list of sizes");
  const open = (size: Json) => size === null || (typeof size === "number" && size < 0);
  const known = target.filter((size): size is number => typeof size === "number" && size >= 0);
  const count = elementCount(known);
  const missing = target.filter(open).length;
  if (known.length + missing !== target.length || missing > 1) {
    return badOption(context, "targetShape", "a list of sizes, of which at most one is -1");
  }
  const all = elementCount(from);
  if (missing === 1 && (count === 0 || all % count !== 0)) {
    return badOption(context, "targetShape", `a shape of ${all} elements`);
  }
  const shape = target.map((size) => (open(size) ? all / count : Number(size)));
  return elementCount(shape) === all ? shape : badOption(context, "targetShape", `a shape of ${all} elements`);
}

/** `dims` counts from 1, the batch being 0. */
const permute: LayerDefinition = {
  className: "Permute",
  lower(context, inputs) {
    const x = single(context, inputs);
    const dims = sizesOption(context, "dims", x.shape.length);
    const legal = dims.every((dim, i) => dim <= dims.length && dims.indexOf(dim) === i);
    if (!legal) badOption(context, "dims", `the numbers 1 to ${dims.length} in some order`);
    const { name, shape } = transpose(context, x, [0, ...dims]);
    return [{ name, shape }];
  },
};

const repeatVector: LayerDefinition = {
  className: "RepeatVector",
  lower(context, inputs) {
    const x = single(context, inputs);
    needRank(context, x, 1);
    const n = integerOption(context, "n");
    const middle = context.node("Unsqueeze", [x.name, ints(context, [1])]);
    const name = context.node("Tile", [middle, ints(context, [1, n, 1])]);
    return [{ name, shape: [n, ...x.shape] }];
  },
};

/** An option such as `padding` or `cropping`: n, [height, width] or [[top, bottom], [left, right]]. */
function borders(site: LayerSite, option: string, fallback: number): [number, number, number, number] {
  const value = site.config[option] ?? fallback;
  if (!isArray(value) || !value.some(isArray)) {
    const [height = 0, width = 0] = sizesOption(site, option, 2, fallback, 0);
    return [height, height, width, width];
  }
  const four = value.flatMap((item) => (isArray(item) && item.length === 2 ? item : [null]));
  const [top, bottom, left, right] = four.filter(
    (item): item is number => typeof item === "number" && Number.isInteger(item) && item >= 0,
  );
  if (four.length !== 4 || top === undefined || bottom === undefined || left === undefined || right === undefined) {
    return badOption(site, option, "n, [height, width] or [[top, bottom], [left, right]]");
  }
  return [top, bottom, left, right];
}

const zeroPadding2D: LayerDefinition = {
  className: "ZeroPadding2D",
  lower(context, inputs) {
    const x = single(context, inputs);
    needRank(context, x, 3);
    const [top, bottom, left, right] = borders(context, "padding", 1);
    const result = inChannelsFirst(context, x, dataFormatOption(context), (value) => {
      const [channels = 0, height = 0, width = 0] = value.shape;
      const name = context.node("Pad", [value.name, ints(context, [0, 0, top, left, 0, 0, bottom, right])], {
        mode: "constant",
      });
      return { name, shape: [channels, height + top + bottom, width + left + right] };
    });
    return [result];
  },
};

const cropping2D: LayerDefinition = {
  className: "Cropping2D",
  lower(context, inputs) {
    const x = single(context, inputs);
    needRank(context, x, 3);
    const [top, bottom, left, right] = borders(context, "cropping", 0);
    const result = inChannelsFirst(context, x, dataFormatOption(context), (value) => {
      const [channels = 0, height = 0, width = 0] = value.shape;
      const ends = [height - bottom, width - right];
      const shape = [channels, height - top - bottom, width - left - right];
      if (shape.some((size) => size <= 0)) badSizes(context, inputs, "the cropping leaves nothing");
      const axes = ints(context, [2, 3]);
      const name = context.node("Slice", [value.name, ints(context, [top, left]), ints(context, ends), axes]);
      return { name, shape };
    });
    return [result];
  },
};

export const shapings: readonly LayerDefinition[] = [
  flatten,
  reshapeLayer,
  permute,
  repeatVector,
  zeroPadding2D,
  cropping2D,
];
