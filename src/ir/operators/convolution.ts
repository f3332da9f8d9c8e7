import { toFloat64 } from "../../tensor/layout.js";
import { elementCount, type Tensor, tensor } from "../../tensor/tensor.js";
import type { Dim, ValueType } from "../graph.js";
import { type ConvolutionSizes, correlate, spread } from "./correlate.js";
import {
  type Attributes,
  defineOperator,
  expectDType,
  expectRank,
  expectSameDim,
  expectShape,
  given,
  int,
  ints,
  knownSizes,
  numberOf,
  optionalNumbers,
} from "./define.js";
import { type Operator, OperatorError } from "./operator.js";
import { listOf, type WindowAxis, windowAttributes, windowAxes } from "./window.js";

export const convolutionAttributes = { ...windowAttributes, group: int(1) };

/** Checks a convolution's x [N, C, ...] and w [M, C/group, ...kernel] and gives the shape of y [N, M, ...]. */
export function convolutionShape(x: ValueType, w: ValueType, attributes: Attributes): Dim[] {
  expectRank(x, 3, "X", 5);
  expectRank(w, x.shape.length, "W");
  const [n = 1, channels = 1, ...spatial] = x.shape;
  const [outChannels = 1, perGroup = 1, ...kernel] = knownSizes(w.shape, "W");
  const group = numberOf(attributes, "group");
  if (group < 1 || outChannels % group !== 0) {
    throw new OperatorError(`${outChannels} output channels do not divide into ${group} groups`);
  }
  expectSameDim(channels, perGroup * group, "channels of X and W");
  expectKernelShape(kernel, attributes);
  return [n, outChannels, ...windowAxes(spatial, kernel, attributes).map((axis) => axis.output)];
}

function expectKernelShape(kernel: readonly number[], attributes: Attributes): void {
  const declared = optionalNumbers(attributes, "kernel_shape");
  if (declared && (declared.length !== kernel.length || declared.some((size, i) => size !== kernel[i]))) {
    throw new OperatorError(`kernel_shape [${declared.join(", ")}] is not that of W, [${kernel.join(", ")}]`);
  }
}

/** Sizes of a convolution from its operands at run time. */
export function convolutionSizes(
  x: Pick<Tensor, "shape">,
  w: Pick<Tensor, "shape">,
  attributes: Attributes,
): ConvolutionSizes {
  const [batch = 1, inChannels = 1, ...spatial] = x.shape;
  const [outChannels = 1, , ...kernel] = w.shape;
  const axes = windowAxes(spatial, kernel, attributes);
  return { batch, inChannels, outChannels, group: numberOf(attributes, "group"), axes };
}

/** The shape of a convolution's result. */
export function outputShape({ batch, outChannels, axes }: ConvolutionSizes): number[] {
  return [batch, outChannels, ...axes.map((axis) => axis.output)];
}

/** Adds `bias[channel]` to sums [batch, channels, ...plane] and rounds to float32. */
function withBias(sums: Float64Array, bias: Tensor | undefined, shape: readonly number[]): Tensor<"float32"> {
  const y = new Float32Array(sums);
  if (bias) {
    const plane = elementCount(shape.slice(2));
    const channels = shape[1] ?? 1;
    for (let i = 0; i < y.length; i++) {
      y[i] = (sums[i] as number) + Number(bias.data[Math.floor(i / plane) % channels]);
    }
  }
  return tensor("float32", shape, y);
}

const conv = defineOperator({
  opType: "Conv",
  inputs: [2, 3],
  attributes: convolutionAttributes,
  infer(inputs, attributes) {
    const x = given(inputs, 0, "X").type;
    const w = given(inputs, 1, "W").type;
    expectDType(x, ["float32"], "X");
    expectDType(w, ["float32"], "W");
    const shape = convolutionShape(x, w, attributes);
    expectBias(inputs[2]?.type, shape[1] ?? 1);
    return [{ dtype: "float32", shape }];
  },
  evaluate(inputs, attributes) {
    const x = given(inputs, 0, "X");
    const w = given(inputs, 1, "W");
    const sizes = convolutionSizes(x, w, attributes);
    return [withBias(correlate(toFloat64(x), toFloat64(w), sizes), inputs[2], outputShape(sizes))];
  },
});

function expectBias(bias: ValueType | undefined, channels: Dim): void {
  if (!bias) return;
  expectDType(bias, ["float32"], "B");
  expectShape(bias, [channels], "B");
}

/**
 * Windows of a transposed convolution: `output = stride * (input - 1) + output_padding + extent - pads`.
 * auto_pad SAME_*: `output = input * stride`, the pads follow; `output_shape` decides likewise.
 */
function transposedAxes(spatial: readonly Dim[], kernel: readonly number[], attributes: Attributes): WindowAxis[] {
  const rank = spatial.length;
  const zerosOf = (length: number) => new Array<number>(length).fill(0);
  const strides = listOf(attributes, "strides", rank, zerosOf(rank).fill(1), 1);
  const dilations = listOf(attributes, "dilations", rank, zerosOf(rank).fill(1), 1);
  const pads = listOf(attributes, "pads", 2 * rank, zerosOf(2 * rank), 0);
  const outputPadding = listOf(attributes, "output_padding", rank, zerosOf(rank), 0);
  const wanted = optionalNumbers(attributes, "output_shape");
  if (wanted && wanted.length !== rank) throw new OperatorError(`output_shape needs ${rank} sizes`);
  const autoPad = attributes.auto_pad;
  return knownSizes(spatial, "ConvTranspose").map((input, i) => {
    const stride = strides[i] ?? 1;
    const dilation = dilations[i] ?? 1;
    const size = kernel[i] ?? 1;
    const full = stride * (input - 1) + (outputPadding[i] ?? 0) + (size - 1) * dilation + 1;
    const window = { input, kernel: size, stride, dilation };
    const given = wanted?.[i] ?? (autoPad === "SAME_UPPER" || autoPad === "SAME_LOWER" ? input * stride : undefined);
    if (given === undefined) {
      const [padBegin, padEnd] = autoPad === "VALID" ? [0, 0] : [pads[i] ?? 0, pads[i + rank] ?? 0];
      return { ...window, padBegin, padEnd, output: full - padBegin - padEnd };
    }
    const total = Math.max(0, full - given);
    const half = Math.floor(total / 2);
    const padBegin = autoPad === "SAME_UPPER" ? half : total - half;
    return { ...window, padBegin, padEnd: total - padBegin, output: given };
  });
}

/** X [N, C, ...], W [C, M/group, ...kernel], B [M]; y [N, M, ...]. */
const convTranspose = defineOperator({
  opType: "ConvTranspose",
  inputs: [2, 3],
  attributes: { ...convolutionAttributes, output_padding: ints(), output_shape: ints() },
  infer(inputs, attributes) {
    const x = given(inputs, 0, "X").type;
    const w = given(inputs, 1, "W").type;
    expectDType(x, ["float32"], "X");
    expectDType(w, ["float32"], "W");
    expectRank(x, 3, "X", 5);
    expectRank(w, x.shape.length, "W");
    const [n = 1, channels = 1, ...spatial] = x.shape;
    const [inChannels = 1, perGroup = 1, ...kernel] = knownSizes(w.shape, "W");
    const group = numberOf(attributes, "group");
    expectSameDim(channels, inChannels, "channels of X and W");
    if (group < 1 || inChannels % group !== 0) {
      throw new OperatorError(`${inChannels} input channels do not divide into ${group} groups`);
    }
    expectKernelShape(kernel, attributes);
    expectBias(inputs[2]?.type, perGroup * group);
    const sizes = transposedAxes(spatial, kernel, attributes).map((axis) => axis.output);
    if (sizes.some((size) => size < 1)) throw new OperatorError("the pads leave nothing of the output");
    return [{ dtype: "float32", shape: [n, perGroup * group, ...sizes] }];
  },
  evaluate(inputs, attributes) {
    const x = given(inputs, 0, "X");
    const w = given(inputs, 1, "W");
    const [batch = 1, inChannels = 1, ...spatial] = x.shape;
    const group = numberOf(attributes, "group");
    const sizes = {
      batch,
      inChannels,
      outChannels: (w.shape[1] ?? 1) * group,
      group,
      axes: transposedAxes(spatial, w.shape.slice(2), attributes),
    };
    return [withBias(spread(toFloat64(x), toFloat64(w), sizes), inputs[2], outputShape(sizes))];
  },
});

export const convolutions: readonly Operator[] = [conv, convTranspose];
