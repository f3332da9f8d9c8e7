import { reshaped, transposed } from "../../../tensor/layout.js";
import { channelBias, fusedOf } from "../activation.js";
import { intAttribute, textAttribute } from "../attributes.js";
import type { Lower, OpContext, OpDefinition, OpFamily, TensorValue } from "../definition.js";
import {
  badInputs,
  type DataFormat,
  dataFormatOf,
  dimsOf,
  inChannelsFirst,
  needRank,
  operand,
  sizesOf,
  toChannelsFirst,
  toChannelsLast,
  transpose,
} from "../steps.js";
import { type Slide, slideOf, windowAttributes } from "../window.js";

/** A kernel in ONNX's layout; one that is computed while the model runs is transposed then. */
function kernelOf(context: OpContext, filter: TensorValue, permutation: readonly number[]): TensorValue {
  if (filter.constant === undefined) return transpose(context, filter, permutation);
  return context.derive(filter, `transposed ${permutation}`, (tensor) => transposed(tensor, permutation));
}

interface Convolution {
  readonly slide: Slide;
  readonly kernel: TensorValue;
  readonly group: number;
  readonly bias: TensorValue | undefined;
}

/** A Conv over x, which has its channels first, with its bias where that is one number a channel, else an Add after it. */
function conv(context: OpContext, x: TensorValue, { slide, kernel, group, bias }: Convolution): TensorValue {
  const [channels = 0, , ...window] = sizesOf(kernel, "the kernel");
  const own = channelBias(context, bias, channels);
  const attributes = { ...windowAttributes(context, x, window, slide), group };
  return context.emit("Conv", [x, kernel, own], attributes);
}

/** What a bias that Conv does not take adds to its result, which has the node's own layout. */
function addBias(
  context: OpContext,
  value: TensorValue,
  bias: TensorValue | undefined,
  format: DataFormat,
): TensorValue {
  const channels = value.shape[format === "channelsLast" ? value.shape.length - 1 : 1];
  const isTaken =
    bias === undefined || (typeof channels === "number" && channelBias(context, bias, channels) !== undefined);
  return isTaken ? value : context.emit("Add", [value, bias]);
}

/** x [batch, ...space, in], filter [...window, in / groups, out]. */
function convolution(rank: number): Lower {
  return (context, inputs) => {
    const x = operand(context, inputs, 0);
    const filter = operand(context, inputs, 1);
    needRank(context, x, rank + 2);
    needRank(context, filter, rank + 2);
    const format = dataFormatOf(context);
    const slide = slideOf(context, rank, format);
    const { bias, finish } = fusedOf(context, inputs);
    const result = inChannelsFirst(context, x, format, (value) => {
      const [depth = 0] = sizesOf({ ...value, shape: value.shape.slice(1, 2) }, "the number of channels");
      const perGroup = sizesOf(filter, "the kernel")[rank] ?? 0;
      if (perGroup === 0 || depth % perGroup !== 0) {
        badInputs(context, inputs, `${depth} channels do not divide into groups of ${perGroup}`);
      }
      const permutation = [rank + 1, rank, ...Array.from({ length: rank }, (_, i) => i)];
      const kernel = kernelOf(context, filter, permutation);
      return conv(context, value, { slide, kernel, group: depth / perGroup, bias });
    });
    return [finish(addBias(context, result, bias, format))];
  };
}

/** x [batch, width, in], filter [width, in, out]; stride and dilation are single numbers. */
const conv1D: Lower = (context, inputs) => {
  const x = operand(context, inputs, 0);
  const filter = operand(context, inputs, 1);
  needRank(context, x, 3);
  needRank(context, filter, 3);
  const word = textAttribute(context.node, "padding", "VALID").toUpperCase();
  const slide: Slide = {
    strides: [intAttribute(context.node, "stride", 1)],
    dilations: [intAttribute(context.node, "dilation", 1)],
    padding: word === "SAME" ? "same" : "valid",
  };
  const kernel = kernelOf(context, filter, [2, 1, 0]);
  const value = toChannelsFirst(context, x);
  return [toChannelsLast(context, conv(context, value, { slide, kernel, group: 1, bias: undefined }))];
};

/**
 * filter [height, width, in, multiplier] as [in * multiplier, 1, height, width]: output channel `c * multiplier + m` reads
 * input channel c.
 */
const depthwise: Lower = (context, inputs) => {
  const x = operand(context, inputs, 0);
  const filter = operand(context, inputs, 1);
  needRank(context, x, 4);
  needRank(context, filter, 4);
  const format = dataFormatOf(context);
  const slide = slideOf(context, 2, format);
  const { bias, finish } = fusedOf(context, inputs);
  const [height = 0, width = 0, depth = 0, multiplier = 0] = sizesOf(filter, "the kernel");
  const result = inChannelsFirst(context, x, format, (value) => {
    if (value.shape[1] !== depth) badInputs(context, inputs, `the kernel is for ${depth} channels`);
    const kernel = context.derive(filter, "depthwise", (tensor) =>
      reshaped(transposed(tensor, [2, 3, 0, 1]), [depth * multiplier, 1, height, width]),
    );
    return conv(context, value, { slide, kernel, group: depth, bias });
  });
  return [finish(addBias(context, result, bias, format))];
};

/**
 * The gradient of a convolution: sizes of the result, filter [height, width, out, in], x [batch, height, width, in].
 * Each size of the result is `(in - 1) * stride + kernel - pads + output_padding`.
 */
const convTranspose: Lower = (context, inputs) => {
  const target = operand(context, inputs, 0);
  const filter = operand(context, inputs, 1);
  const x = operand(context, inputs, 2);
  needRank(context, x, 4);
  needRank(context, filter, 4);
  const format = dataFormatOf(context);
  const slide = slideOf(context, 2, format);
  const [h, w, , depth] = sizesOf(filter, "the kernel");
  const space = dimsOf(target, "the shape of its result").slice(...(format === "channelsLast" ? [1, 3] : [2, 4]));
  const result = inChannelsFirst(context, x, format, (value) => {
    if (value.shape[1] !== depth) badInputs(context, inputs, `the kernel is for ${depth} channels`);
    const sizes = sizesOf({ ...value, shape: value.shape.slice(2) }, "the size of the image");
    const wanted = sizesOf({ ...value, shape: space }, "the shape of its result");
    const axes = sizes.map((size, i) => {
      const reach = (([h, w][i] ?? 1) - 1) * (slide.dilations[i] ?? 1) + 1;
      const spread = (size - 1) * (slide.strides[i] ?? 1) + reach;
      const explicit = typeof slide.padding === "string" ? undefined : slide.padding.pads;
      const total = explicit ? (explicit[i] ?? 0) + (explicit[i + 2] ?? 0) : Math.max(0, spread - (wanted[i] ?? 0));
      const begin = explicit?.[i] ?? Math.floor(total / 2);
      return { begin, end: total - begin, more: (wanted[i] ?? 0) - (spread - total) };
    });
    if (axes.some(({ more }) => more < 0)) badInputs(context, inputs, "its result cannot have the shape it is given");
    const kernel = kernelOf(context, filter, [3, 2, 0, 1]);
    return context.emit("ConvTranspose", [value, kernel], {
      kernel_shape: [h ?? 1, w ?? 1],
      strides: slide.strides,
      dilations: slide.dilations,
      pads: [...axes.map(({ begin }) => begin), ...axes.map(({ end }) => end)],
      output_padding: axes.map(({ more }) => more),
      group: 1,
    });
  });
  return [result];
};

function lowered(op: string, summary: string, lower: Lower, quantizable = true): OpDefinition {
  return { op, summary, support: "lowered", quantizable, lower };
}

export const convolutions: OpFamily = {
  family: "convolution",
  ops: [
    lowered("Conv1D", "convolution over one dimension", conv1D),
    lowered("Conv2D", "convolution over two dimensions, in groups too", convolution(2)),
    lowered("_FusedConv2D", "Conv2D with bias and activation", convolution(2)),
    lowered("Conv3D", "convolution over three dimensions", convolution(3), false),
    lowered("DepthwiseConv2d", "one filter or several for each channel", depthwise),
    lowered("DepthwiseConv2dNative", "one filter or several for each channel", depthwise),
    lowered("FusedDepthwiseConv2dNative", "DepthwiseConv2dNative with bias and activation", depthwise),
    lowered("Conv2DBackpropInput", "transposed convolution", convTranspose, false),
    lowered("Conv2dTranspose", "transposed convolution", convTranspose, false),
    {
      op: "Dilation2D",
      summary: "grayscale dilation",
      support: "refused",
      reason: "engines have no kernel for a maximum of sums over a window; export the model without it",
    },
  ],
};
