import type { Padding } from "./config.js";
import type { LayerSite, Value } from "./layer.js";
import { badSizes } from "./values.js";

/** A window that slides over spatial dimensions; one entry for each of them. */
export interface Window {
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  readonly padding: Padding;
}

/** Where a window reads: ONNX `pads` (all begins, then all ends), and the sizes that come out. */
export interface Placement {
  readonly pads: readonly number[];
  readonly sizes: readonly number[];
}

/**
 * The same as `placement` for a layer.
 * @param inputs the layer's own, for messages
 */
export function place(site: LayerSite, inputs: readonly Value[], sizes: readonly number[], window: Window): Placement {
  return placement(sizes, window, (problem) => badSizes(site, inputs, problem));
}

/**
 * Pads and output sizes of a convolution or pooling over `sizes`.
 * SAME: `out = ceil(in / stride)`, and of the padding `max((out - 1) * stride + window - in, 0)` the odd element goes
 * to the end. VALID: no padding, `out = floor((in - window) / stride) + 1`.
 * @param refuse says what does not fit
 * @see tfjs-core `computeConv2DInfo`, and the notes on padding of `tf.nn.convolution`
 */
export function placement(sizes: readonly number[], window: Window, refuse: (problem: string) => never): Placement {
  const axes = sizes.map((size, i) => {
    const stride = window.strides[i] ?? 1;
    const reach = ((window.kernel[i] ?? 1) - 1) * (window.dilations[i] ?? 1) + 1;
    if (window.padding === "valid") {
      if (reach > size) refuse(`a window of ${reach} is larger than the size ${size} it slides over`);
      return { begin: 0, end: 0, out: Math.floor((size - reach) / stride) + 1 };
    }
    const out = Math.ceil(size / stride);
    const total = Math.max(0, (out - 1) * stride + reach - size);
    const begin = Math.floor(total / 2);
    return { begin, end: total - begin, out };
  });
  return {
    pads: [...axes.map(({ begin }) => begin), ...axes.map(({ end }) => end)],
    sizes: axes.map(({ out }) => out),
  };
}
