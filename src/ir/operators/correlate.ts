import { multiplyInto } from "./matrix.js";
import { endInside, firstInside, threeAxes, type WindowAxis } from "./window.js";

/** Sizes of a convolution: x [batch, inChannels, ...], w [outChannels, inChannels / group, ...kernel]. */
export interface ConvolutionSizes {
  readonly batch: number;
  readonly inChannels: number;
  readonly outChannels: number;
  readonly group: number;
  readonly axes: readonly WindowAxis[];
}

/**
 * The sums of products of a convolution (a cross-correlation, as in every neural network library):
 * `y[n, o, p] = sum over c, k of x[n, g(o) * C + c, p * stride + k * dilation - pad] * w[o, c, k]`,
 * with 0 outside of x. Sums are float64, exact for integer codes; float callers round once at the store.
 * Zero points are subtracted by the caller, which makes padding mean "zero point".
 * @returns [batch, outChannels, ...output]
 */
export function correlate(x: Float64Array, w: Float64Array, sizes: ConvolutionSizes): Float64Array {
  const { batch, inChannels, outChannels, group } = sizes;
  const axes = threeAxes(sizes.axes);
  const plane = axes[0].input * axes[1].input * axes[2].input;
  const columns = axes[0].output * axes[1].output * axes[2].output;
  const channels = inChannels / group;
  const rows = outChannels / group;
  const inner = channels * axes[0].kernel * axes[1].kernel * axes[2].kernel;
  const y = new Float64Array(batch * outChannels * columns);
  const patches = new Float64Array(inner * columns);
  for (let n = 0; n < batch; n++) {
    for (let g = 0; g < group; g++) {
      for (let c = 0; c < channels; c++) {
        const from = (n * inChannels + g * channels + c) * plane;
        fillPatches(patches, (c * inner * columns) / channels, x, from, axes);
      }
      const to = (n * outChannels + g * rows) * columns;
      multiplyInto(y, to, w, g * rows * inner, patches, 0, { rows, inner, columns });
    }
  }
  return y;
}

/**
 * Lays one input plane out by taps: `patches[k, p] = x[p * stride + k * dilation - pad]`, [taps, output positions].
 * Positions outside of x are left alone; they are 0 and stay so, since they are the same for every plane.
 */
function fillPatches(
  patches: Float64Array,
  start: number,
  x: Float64Array,
  from: number,
  [az, ay, ax]: readonly [WindowAxis, WindowAxis, WindowAxis],
): void {
  let tap = start;
  for (let kz = 0; kz < az.kernel; kz++) {
    const dz = kz * az.dilation - az.padBegin;
    const endZ = endInside(dz, az.stride, az.input, az.output);
    for (let ky = 0; ky < ay.kernel; ky++) {
      const dy = ky * ay.dilation - ay.padBegin;
      const endY = endInside(dy, ay.stride, ay.input, ay.output);
      for (let kx = 0; kx < ax.kernel; kx++, tap += az.output * ay.output * ax.output) {
        const dx = kx * ax.dilation - ax.padBegin;
        const startX = firstInside(dx, ax.stride);
        const endX = endInside(dx, ax.stride, ax.input, ax.output);
        for (let oz = firstInside(dz, az.stride); oz < endZ; oz++) {
          for (let oy = firstInside(dy, ay.stride); oy < endY; oy++) {
            const row = from + ((oz * az.stride + dz) * ay.input + oy * ay.stride + dy) * ax.input + dx;
            const out = tap + (oz * ay.output + oy) * ax.output;
            for (let ox = startX; ox < endX; ox++) patches[out + ox] = x[row + ox * ax.stride] as number;
          }
        }
      }
    }
  }
}

/**
 * The transpose of `correlate`: each input element is spread over the outputs that it would have been read from.
 * Here `axes[i].input` is the size of x and `axes[i].output` that of y, `y[p * stride + k * dilation - pad] += x[p] * w[k]`.
 * @param w [inChannels, outChannels / group, ...kernel]
 * @returns [batch, outChannels, ...output]
 */
export function spread(x: Float64Array, w: Float64Array, sizes: ConvolutionSizes): Float64Array {
  const { batch, inChannels, outChannels, group } = sizes;
  const [az, ay, ax] = threeAxes(sizes.axes);
  const plane = az.input * ay.input * ax.input;
  const outPlane = az.output * ay.output * ax.output;
  const taps = az.kernel * ay.kernel * ax.kernel;
  const perGroup = outChannels / group;
  const y = new Float64Array(batch * outChannels * outPlane);
  for (let n = 0; n < batch; n++) {
    for (let c = 0; c < inChannels; c++) {
      const firstOut = Math.floor(c / (inChannels / group)) * perGroup;
      for (let o = 0; o < perGroup; o++) {
        const from = (n * inChannels + c) * plane;
        const to = (n * outChannels + firstOut + o) * outPlane;
        spreadPlane(x, from, w, (c * perGroup + o) * taps, y, to, [az, ay, ax]);
      }
    }
  }
  return y;
}

function spreadPlane(
  x: Float64Array,
  from: number,
  w: Float64Array,
  weights: number,
  y: Float64Array,
  to: number,
  [az, ay, ax]: readonly [WindowAxis, WindowAxis, WindowAxis],
): void {
  let tap = weights;
  for (let kz = 0; kz < az.kernel; kz++) {
    const dz = kz * az.dilation - az.padBegin;
    for (let ky = 0; ky < ay.kernel; ky++) {
      const dy = ky * ay.dilation - ay.padBegin;
      for (let kx = 0; kx < ax.kernel; kx++, tap++) {
        const weight = w[tap] as number;
        const dx = kx * ax.dilation - ax.padBegin;
        const startX = firstInside(dx, ax.stride);
        const endX = endInside(dx, ax.stride, ax.output, ax.input);
        const endY = endInside(dy, ay.stride, ay.output, ay.input);
        const endZ = endInside(dz, az.stride, az.output, az.input);
        for (let iz = firstInside(dz, az.stride); iz < endZ; iz++) {
          for (let iy = firstInside(dy, ay.stride); iy < endY; iy++) {
            const row = from + (iz * ay.input + iy) * ax.input;
            const out = to + ((iz * az.stride + dz) * ay.output + iy * ay.stride + dy) * ax.output + dx;
            for (let ix = startX; ix < endX; ix++) {
              const at = out + ix * ax.stride;
              y[at] = (y[at] as number) + weight * (x[row + ix] as number);
            }
          }
        }
      }
    }
  }
}
