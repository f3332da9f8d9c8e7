import { endInside, firstInside } from "../../ir/operators/window.js";
import type { Convolution } from "./convolution.js";

/**
 * Sums of convolutions with one channel a group, tap by tap over whole planes: as a product each would have one column of a
 * block of eight. Engines have kernels of their own for them, too, and those multiply in 32 bits on every CPU.
 */

/** One plane of x and the filter that is laid over it. */
interface PlanePair {
  readonly x: ArrayLike<number>;
  readonly xStart: number;
  readonly xPoint: number;
  readonly w: ArrayLike<number>;
  readonly wStart: number;
  readonly wPoint: number;
}

/** Adds the products of one filter with one plane to `sums` [positions]; what lies outside of x adds nothing. */
function addPlane(
  sums: Int32Array | Float64Array,
  { x, xStart, xPoint, w, wStart, wPoint }: PlanePair,
  { axes: [az, ay, ax] }: Convolution,
): void {
  let tap = wStart;
  for (let kz = 0; kz < az.kernel; kz++) {
    const dz = kz * az.dilation - az.padBegin;
    const endZ = endInside(dz, az.stride, az.input, az.output);
    for (let ky = 0; ky < ay.kernel; ky++) {
      const dy = ky * ay.dilation - ay.padBegin;
      const endY = endInside(dy, ay.stride, ay.input, ay.output);
      for (let kx = 0; kx < ax.kernel; kx++, tap++) {
        const weight = (w[tap] as number) - wPoint;
        const dx = kx * ax.dilation - ax.padBegin;
        const startX = firstInside(dx, ax.stride);
        const endX = endInside(dx, ax.stride, ax.input, ax.output);
        for (let oz = firstInside(dz, az.stride); oz < endZ; oz++) {
          for (let oy = firstInside(dy, ay.stride); oy < endY; oy++) {
            const row = xStart + ((oz * az.stride + dz) * ay.input + oy * ay.stride + dy) * ax.input + dx;
            const out = (oz * ay.output + oy) * ax.output;
            for (let ox = startX; ox < endX; ox++) {
              sums[out + ox] = (sums[out + ox] as number) + weight * ((x[row + ox * ax.stride] as number) - xPoint);
            }
          }
        }
      }
    }
  }
}

/** Operands of a convolution with one channel a group. */
export interface PlanarOperands {
  readonly x: ArrayLike<number>;
  readonly xPoint: number;
  readonly w: ArrayLike<number>;
  /** None, one, or one a filter. */
  readonly wPoints: ArrayLike<number> | undefined;
  /** One a filter. */
  readonly bias: ArrayLike<number> | undefined;
}

/**
 * Calls `finish` with each output plane's sums, bias included, its channel, and where it begins in y.
 * @param sums one plane, reused: int32 wraps, float64 is rounded by the caller
 */
export function forEachPlane(
  convolution: Convolution,
  { x, xPoint, w, wPoints, bias }: PlanarOperands,
  sums: Int32Array | Float64Array,
  finish: (channel: number, start: number) => void,
): void {
  const { batch, groups, filters, axes, positions } = convolution;
  const channels = groups * filters;
  const plane = axes[0].input * axes[1].input * axes[2].input;
  const taps = axes[0].kernel * axes[1].kernel * axes[2].kernel;
  for (let sample = 0; sample < batch; sample++) {
    for (let channel = 0; channel < channels; channel++) {
      sums.fill(bias?.[channel] ?? 0);
      const xStart = (sample * groups + Math.floor(channel / filters)) * plane;
      const wPoint = wPoints?.[wPoints.length === 1 ? 0 : channel] ?? 0;
      addPlane(sums, { x, xStart, xPoint, w, wStart: channel * taps, wPoint }, convolution);
      finish(channel, (sample * channels + channel) * positions);
    }
  }
}

/** Whether a convolution is one of these: every group reads one channel of several. */
export const isDepthwise = ({ groups, channels }: Convolution) => groups > 1 && channels === 1;
