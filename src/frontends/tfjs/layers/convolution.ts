import { reshaped, transposed } from "../../../tensor/layout.js";
import { activate, activationOption } from "../activation.js";
import {
  booleanOption,
  dataFormatOption,
  differing,
  integerOption,
  paddingOption,
  sizesOption,
  unsupportedOption,
} from "../config.js";
import type { LayerContext, LayerDefinition, LayerSite, Value } from "../layer.js";
import { badSizes, inChannelsFirst, needRank, single, weightConstant } from "../values.js";
import { place, type Window } from "../window.js";

function windowOf(site: LayerSite, rank: number): Window {
  return {
    kernel: sizesOption(site, "kernelSize", rank),
    strides: sizesOption(site, "strides", rank, 1),
    dilations: sizesOption(site, "dilationRate", rank, 1),
    padding: paddingOption(site),
  };
}

function withBias(kernels: readonly string[]): (site: LayerSite) => readonly string[] {
  return (site) => (booleanOption(site, "useBias", true) ? [...kernels, "bias"] : kernels);
}

/** The inputs of a Conv that hold its bias: one name, or none. */
export function biasInput(context: LayerContext, channels: number): string[] {
  if (!booleanOption(context, "useBias", true)) return [];
  const bias = context.weight("bias", [channels]);
  return [weightConstant(context, "bias", () => bias)];
}

interface Convolution {
  readonly window: Window;
  readonly group: number;
  readonly channels: number;
  /** Names of initializers: the kernel [channels, in / group, ...window], and at most one bias [channels]. */
  readonly operands: readonly string[];
}

/** A Conv over `x`, which has its channels first. `inputs` are the layer's own, for messages. */
function conv(
  context: LayerContext,
  inputs: readonly Value[],
  x: Value,
  { window, group, channels, operands }: Convolution,
): Value {
  const { pads, sizes } = place(context, inputs, x.shape.slice(1), window);
  const name = context.node("Conv", [x.name, ...operands], {
    kernel_shape: window.kernel,
    strides: window.strides,
    dilations: window.dilations,
    pads,
    group,
  });
  return { name, shape: [channels, ...sizes] };
}

/** Conv1D and Conv2D: kernel [...window, in / groups, filters] becomes [filters, in / groups, ...window]. */
function convolution(className: string, rank: number): LayerDefinition {
  return {
    className,
    quantizable: true,
    weights: withBias(["kernel"]),
    lower(context, inputs) {
      const x = single(context, inputs);
      needRank(context, x, rank + 1);
      const window = windowOf(context, rank);
      const channels = integerOption(context, "filters");
      const group = integerOption(context, "groups", 1);
      const format = dataFormatOption(context);
      if (rank === 1 && format === "channelsFirst") {
        unsupportedOption(context, "dataFormat", "TF.js leaves the result of such a Conv1D channels last");
      }
      const result = inChannelsFirst(context, x, format, (value) => {
        const depth = value.shape[0] ?? 0;
        if (depth % group !== 0) badSizes(context, inputs, `${depth} channels do not divide into ${group} groups`);
        const weight = context.weight("kernel", [...window.kernel, depth / group, channels]);
        const permutation = [rank + 1, rank, ...window.kernel.keys()];
        const kernel = weightConstant(context, "kernel", () => transposed(weight, permutation));
        return conv(context, inputs, value, {
          window,
          group,
          channels,
          operands: [kernel, ...biasInput(context, channels)],
        });
      });
      return [activate(context, result, activationOption(context))];
    },
  };
}

export const conv1D = convolution("Conv1D", 1);
export const conv2D = convolution("Conv2D", 2);

/**
 * The kernel of a depthwise convolution, [h, w, in, multiplier], as [in * multiplier, 1, h, w]: output channel
 * `c * multiplier + m` reads input channel c.
 */
function depthwiseKernel(context: LayerContext, window: Window, depth: number, multiplier: number): string {
  const weight = context.weight("depthwise_kernel", [...window.kernel, depth, multiplier]);
  return weightConstant(context, "depthwise_kernel", () =>
    reshaped(transposed(weight, [2, 3, 0, 1]), [depth * multiplier, 1, ...window.kernel]),
  );
}

/** TF.js computes this layer without dilation, whatever `dilationRate` says. */
export const depthwiseConv2D: LayerDefinition = {
  className: "DepthwiseConv2D",
  quantizable: true,
  weights: withBias(["depthwise_kernel"]),
  ignored: (site) => differing(site, { dilationRate: 1 }),
  lower(context, inputs) {
    const x = single(context, inputs);
    needRank(context, x, 3);
    const window: Window = { ...windowOf(context, 2), dilations: [1, 1] };
    const multiplier = integerOption(context, "depthMultiplier", 1);
    const result = inChannelsFirst(context, x, dataFormatOption(context), (value) => {
      const depth = value.shape[0] ?? 0;
      const channels = depth * multiplier;
      const kernel = depthwiseKernel(context, window, depth, multiplier);
      const operands = [kernel, ...biasInput(context, channels)];
      return conv(context, inputs, value, { window, group: depth, channels, operands });
    });
    return [activate(context, result, activationOption(context))];
  },
};

/** A depthwise convolution, then a 1x1 convolution with the bias. */
export const separableConv2D: LayerDefinition = {
  className: "SeparableConv2D",
  quantizable: true,
  weights: withBias(["depthwise_kernel", "pointwise_kernel"]),
  lower(context, inputs) {
    const x = single(context, inputs);
    needRank(context, x, 3);
    const window = windowOf(context, 2);
    const multiplier = integerOption(context, "depthMultiplier", 1);
    const channels = integerOption(context, "filters");
    const result = inChannelsFirst(context, x, dataFormatOption(context), (value) => {
      const depth = value.shape[0] ?? 0;
      const middle = conv(context, inputs, value, {
        window,
        group: depth,
        channels: depth * multiplier,
        operands: [depthwiseKernel(context, window, depth, multiplier)],
      });
      const weight = context.weight("pointwise_kernel", [1, 1, depth * multiplier, channels]);
      const kernel = weightConstant(context, "pointwise_kernel", () => transposed(weight, [3, 2, 0, 1]));
      const point: Window = { kernel: [1, 1], strides: [1, 1], dilations: [1, 1], padding: "valid" };
      const operands = [kernel, ...biasInput(context, channels)];
      return conv(context, inputs, middle, { window: point, group: 1, channels, operands });
    });
    return [activate(context, result, activationOption(context))];
  },
};

/**
 * The gradient of a convolution: kernel [h, w, filters, in] becomes [in, filters, h, w].
 * SAME gives `in * stride`; VALID gives `in * stride + max(kernel - stride, 0)`. Where the kernel is smaller than the
 * stride the last rows get nothing but the bias, which `output_padding` says.
 */
export const conv2DTranspose: LayerDefinition = {
  className: "Conv2DTranspose",
  weights: withBias(["kernel"]),
  ignored: (site) => differing(site, { dilationRate: 1, outputPadding: null }),
  lower(context, inputs) {
    const x = single(context, inputs);
    needRank(context, x, 3);
    const { kernel: window, strides, padding } = windowOf(context, 2);
    const channels = integerOption(context, "filters");
    const result = inChannelsFirst(context, x, dataFormatOption(context), (value) => {
      const [depth = 0, ...sizes] = value.shape;
      const weight = context.weight("kernel", [...window, channels, depth]);
      const kernel = weightConstant(context, "kernel", () => transposed(weight, [3, 2, 0, 1]));
      const axes = sizes.map((size, i) => {
        const [stride, reach] = [strides[i] ?? 1, window[i] ?? 1];
        const out = size * stride + (padding === "valid" ? Math.max(reach - stride, 0) : 0);
        const spread = (size - 1) * stride + reach;
        const total = Math.max(0, spread - out);
        const begin = Math.floor(total / 2);
        return { out, begin, end: total - begin, more: Math.max(0, out - spread) };
      });
      const name = context.node("ConvTranspose", [value.name, kernel, ...biasInput(context, channels)], {
        kernel_shape: window,
        strides,
        dilations: [1, 1],
        pads: [...axes.map(({ begin }) => begin), ...axes.map(({ end }) => end)],
        output_padding: axes.map(({ more }) => more),
        group: 1,
      });
      return { name, shape: [channels, ...axes.map(({ out }) => out)] };
    });
    return [activate(context, result, activationOption(context))];
  },
};
