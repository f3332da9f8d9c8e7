import { float32Of, given, numberOf, optionalNumbers } from "../../ir/operators/define.js";
import { threeAxes, type WindowAxis, windowAxes } from "../../ir/operators/window.js";
import { elementCount, type Tensor, zeros } from "../../tensor/tensor.js";
import type { NodeContext, PrepareNode } from "./node.js";

/** Pooling of planes. Windows are walked in the order of the operators, so that sums and NaN come out the same. */

/** The taps of each window along one axis that lie in the input: first input position, and one past the last. */
interface Taps {
  readonly first: Int32Array;
  readonly end: Int32Array;
  readonly step: number;
  /** Taps in the input and its padding. */
  readonly padded: Int32Array;
}

function tapsOf({ input, output, kernel, stride, dilation, padBegin, padEnd }: WindowAxis): Taps {
  const [first, end, padded] = [new Int32Array(output), new Int32Array(output), new Int32Array(output)];
  for (let o = 0; o < output; o++) {
    const start = o * stride - padBegin;
    const skipped = start >= 0 ? 0 : Math.ceil(-start / dilation);
    const inside = Math.min(kernel, Math.ceil((input - start) / dilation));
    first[o] = start + skipped * dilation;
    end[o] = start + inside * dilation;
    padded[o] = Math.min(kernel, Math.ceil((input + padEnd - start) / dilation));
  }
  return { first, end, step: dilation, padded };
}

interface Pool {
  readonly shape: readonly number[];
  readonly planes: number;
  /** Elements of an input plane, and sizes of its lines. */
  readonly plane: number;
  readonly height: number;
  readonly width: number;
  readonly taps: readonly [Taps, Taps, Taps];
}

function poolOf({ shape }: Tensor, { attributes }: NodeContext): Pool {
  const [n = 1, c = 1, ...spatial] = shape;
  const windows = windowAxes(spatial, optionalNumbers(attributes, "kernel_shape") ?? [], attributes);
  const axes = threeAxes(windows);
  return {
    shape: [n, c, ...windows.map(({ output }) => output)],
    planes: n * c,
    plane: elementCount(spatial),
    height: axes[1].input,
    width: axes[2].input,
    taps: axes.map(tapsOf) as [Taps, Taps, Taps],
  };
}

export const maxPool: PrepareNode = (context) => (inputs) => {
  const x = given(inputs, 0, "X");
  if (context.used[1]) return context.plain(inputs);
  const pool = poolOf(x, context);
  const y: Tensor = zeros(x.dtype, pool.shape);
  maxima(x.data as Float32Array, y.data as Float32Array, pool);
  return [y];
};

function maxima(x: Float32Array, y: Float32Array, { planes, plane, height, width, taps: [tz, ty, tx] }: Pool): void {
  let out = 0;
  for (let p = 0; p < planes; p++) {
    for (let oz = 0; oz < tz.first.length; oz++) {
      for (let oy = 0; oy < ty.first.length; oy++) {
        const [y0, y1] = [ty.first[oy] as number, ty.end[oy] as number];
        for (let ox = 0; ox < tx.first.length; ox++) {
          const [x0, x1] = [tx.first[ox] as number, tx.end[ox] as number];
          const z0 = tz.first[oz] as number;
          let best = x[p * plane + (z0 * height + y0) * width + x0] as number;
          for (let iz = z0; iz < (tz.end[oz] as number); iz += tz.step) {
            for (let iy = y0; iy < y1; iy += ty.step) {
              const line = p * plane + (iz * height + iy) * width;
              for (let ix = x0; ix < x1; ix += tx.step) {
                const value = x[line + ix] as number;
                if (value > best) best = value;
              }
            }
          }
          y[out++] = best;
        }
      }
    }
  }
}

export const averagePool: PrepareNode = (context) => (inputs) => {
  const x = given(inputs, 0, "X");
  const pool = poolOf(x, context);
  const y = zeros("float32", pool.shape);
  means(float32Of(x), y.data, pool, numberOf(context.attributes, "count_include_pad") !== 0);
  return [y];
};

function means(
  x: Float32Array,
  y: Float32Array,
  { planes, plane, height, width, taps: [tz, ty, tx] }: Pool,
  includePad: boolean,
): void {
  let out = 0;
  for (let p = 0; p < planes; p++) {
    for (let oz = 0; oz < tz.first.length; oz++) {
      for (let oy = 0; oy < ty.first.length; oy++) {
        for (let ox = 0; ox < tx.first.length; ox++) {
          const [x0, x1] = [tx.first[ox] as number, tx.end[ox] as number];
          let sum = 0;
          let inside = 0;
          for (let iz = tz.first[oz] as number; iz < (tz.end[oz] as number); iz += tz.step) {
            for (let iy = ty.first[oy] as number; iy < (ty.end[oy] as number); iy += ty.step) {
              const line = p * plane + (iz * height + iy) * width;
              for (let ix = x0; ix < x1; ix += tx.step, inside++) sum += x[line + ix] as number;
            }
          }
          const padded = (tz.padded[oz] as number) * (ty.padded[oy] as number) * (tx.padded[ox] as number);
          y[out++] = sum / (includePad ? padded : inside);
        }
      }
    }
  }
}
