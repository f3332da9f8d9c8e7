import { dataFormatOption, differing, paddingOption, sizesOption } from "../config.js";
import type { LayerDefinition, LayerSite } from "../layer.js";
import { inChannelsFirst, needRank, single, toChannelsFirst } from "../values.js";
import { place } from "../window.js";

/** Pooling over windows; an average over a border counts only the cells inside, as TF.js does. */
function pooling(className: string, rank: number, opType: "MaxPool" | "AveragePool"): LayerDefinition {
  return {
    className,
    ...(rank === 1 ? { ignored: (site: LayerSite) => differing(site, { dataFormat: "channels_last" }) } : {}),
    lower(context, inputs) {
      const x = single(context, inputs);
      needRank(context, x, rank + 1);
      const kernel = sizesOption(context, "poolSize", rank, 2);
      const unset = context.config.strides === undefined || context.config.strides === null;
      const strides = unset ? kernel : sizesOption(context, "strides", rank);
      const window = { kernel, strides, dilations: kernel.map(() => 1), padding: paddingOption(context) };
      const format = rank === 1 ? "channelsLast" : dataFormatOption(context);
      const result = inChannelsFirst(context, x, format, (value) => {
        const [channels = 0, ...space] = value.shape;
        const { pads, sizes } = place(context, inputs, space, window);
        const border = opType === "AveragePool" ? { count_include_pad: 0 } : {};
        const attributes = { kernel_shape: kernel, strides, pads, ceil_mode: 0, ...border };
        return { name: context.node(opType, [value.name], attributes), shape: [channels, ...sizes] };
      });
      return [result];
    },
  };
}

/** Pooling over all positions: [batch, ...space, channels] to [batch, channels]. */
function globalPooling(className: string, rank: number, opType: string): LayerDefinition {
  return {
    className,
    ignored: (site) => differing(site, { keepdims: false, ...(rank === 1 ? { dataFormat: "channels_last" } : {}) }),
    lower(context, inputs) {
      const x = single(context, inputs);
      needRank(context, x, rank + 1);
      const first = rank === 2 && dataFormatOption(context) === "channelsFirst";
      const value = first ? x : toChannelsFirst(context, x);
      const pooled = context.node(opType, [value.name]);
      return [{ name: context.node("Flatten", [pooled], { axis: 1 }), shape: value.shape.slice(0, 1) }];
    },
  };
}

export const poolings: readonly LayerDefinition[] = [
  pooling("MaxPooling1D", 1, "MaxPool"),
  pooling("MaxPooling2D", 2, "MaxPool"),
  pooling("AveragePooling1D", 1, "AveragePool"),
  pooling("AveragePooling2D", 2, "AveragePool"),
  globalPooling("GlobalMaxPooling1D", 1, "GlobalMaxPool"),
  globalPooling("GlobalMaxPooling2D", 2, "GlobalMaxPool"),
  globalPooling("GlobalAveragePooling1D", 1, "GlobalAveragePool"),
  globalPooling("GlobalAveragePooling2D", 2, "GlobalAveragePool"),
];
