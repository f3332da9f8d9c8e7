import { showShape } from "../dim.js";
import type { Dim } from "../graph.js";
import { type Attributes, int, ints, knownSizes, numberOf, optionalNumbers, text, textOf } from "./define.js";
import { type AttributeSpec, OperatorError } from "./operator.js";

/** One spatial axis of a convolution or a pooling window. */
export interface WindowAxis {
  readonly input: number;
  readonly output: number;
  readonly kernel: number;
  readonly stride: number;
  readonly dilation: number;
  readonly padBegin: number;
  readonly padEnd: number;
}

/** Attributes that convolutions and pooling share. `pads` are all begins, then all ends. */
export const windowAttributes: Readonly<Record<string, AttributeSpec>> = {
  auto_pad: text("NOTSET"),
  dilations: ints(),
  kernel_shape: ints(),
  pads: ints(),
  strides: ints(),
};

export const ceilMode: AttributeSpec = int(0);

/**
 * The window of each spatial axis, with
 * `output = floor((input + padBegin + padEnd - ((kernel - 1) * dilation + 1)) / stride) + 1`, or ceil with ceil_mode = 1;
 * then a last window that would begin in the padding at the end is left out, as ONNX Runtime and PyTorch do.
 * auto_pad SAME_UPPER and SAME_LOWER: `output = ceil(input / stride)`, the odd pad at the end or the beginning.
 * @throws {OperatorError} when an attribute has the wrong length or the window does not fit
 */
export function windowAxes(spatial: readonly Dim[], kernel: readonly number[], attributes: Attributes): WindowAxis[] {
  const rank = spatial.length;
  const sizes = knownSizes(spatial, "a window");
  const ones = new Array<number>(rank).fill(1);
  const strides = listOf(attributes, "strides", rank, ones, 1);
  const dilations = listOf(attributes, "dilations", rank, ones, 1);
  const pads = listOf(attributes, "pads", 2 * rank, new Array<number>(2 * rank).fill(0), 0);
  const autoPad = textOf(attributes, "auto_pad", ["NOTSET", "VALID", "SAME_UPPER", "SAME_LOWER"]);
  if (kernel.length !== rank) throw new OperatorError(`kernel ${showShape(kernel)} does not fit ${rank} spatial axes`);
  return sizes.map((input, axis) => {
    const shared = {
      input,
      kernel: kernel[axis] ?? 1,
      stride: strides[axis] ?? 1,
      dilation: dilations[axis] ?? 1,
    };
    const extent = (shared.kernel - 1) * shared.dilation + 1;
    const [padBegin, padEnd] = paddingOf(autoPad, input, extent, shared.stride, [
      pads[axis] ?? 0,
      pads[axis + rank] ?? 0,
    ]);
    const room = input + padBegin + padEnd - extent;
    if (room < 0) throw new OperatorError(`a window of ${extent} does not fit ${input} + ${padBegin + padEnd} padding`);
    let output = Math.floor(room / shared.stride) + 1;
    if (attributes.ceil_mode !== undefined && numberOf(attributes, "ceil_mode") !== 0) {
      output = Math.ceil(room / shared.stride) + 1;
      if ((output - 1) * shared.stride >= input + padBegin) output--;
    }
    return { ...shared, output, padBegin, padEnd };
  });
}

function paddingOf(
  autoPad: string,
  input: number,
  extent: number,
  stride: number,
  explicit: readonly [number, number],
): readonly [number, number] {
  if (autoPad === "NOTSET") return explicit;
  if (autoPad === "VALID") return [0, 0];
  const total = Math.max(0, (Math.ceil(input / stride) - 1) * stride + extent - input);
  const small = Math.floor(total / 2);
  return autoPad === "SAME_UPPER" ? [small, total - small] : [total - small, small];
}

/** A list attribute of fixed length with elements >= least, or a default. */
export function listOf(
  attributes: Attributes,
  name: string,
  length: number,
  otherwise: readonly number[],
  least: number,
): readonly number[] {
  const list = optionalNumbers(attributes, name) ?? otherwise;
  if (list.length !== length || list.some((value) => value < least)) {
    throw new OperatorError(`${name} = ${showShape(list)} needs ${length} numbers >= ${least}`);
  }
  return list;
}

/** Three axes, so that one loop serves 1, 2 and 3 spatial dimensions; the missing leading ones have size 1. */
export function threeAxes(axes: readonly WindowAxis[]): [WindowAxis, WindowAxis, WindowAxis] {
  if (axes.length > 3) throw new OperatorError(`${axes.length} spatial axes; at most 3 are supported`);
  const single: WindowAxis = { input: 1, output: 1, kernel: 1, stride: 1, dilation: 1, padBegin: 0, padEnd: 0 };
  const [z, y, x] = [...new Array<WindowAxis>(3 - axes.length).fill(single), ...axes];
  return [z ?? single, y ?? single, x ?? single];
}

/** First output position o >= 0 with `o * stride + offset >= 0`. */
export function firstInside(offset: number, stride: number): number {
  return offset >= 0 ? 0 : Math.ceil(-offset / stride);
}

/** One past the last output position o < outputs with `o * stride + offset < inputs`. */
export function endInside(offset: number, stride: number, inputs: number, outputs: number): number {
  return Math.max(0, Math.min(outputs, Math.ceil((inputs - offset) / stride)));
}
