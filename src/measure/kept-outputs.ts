import type { DistributionKind } from "./distribution.js";

/** fp32's outputs of the test split, or of every k-th sample where all would be too many bytes. */
export interface KeptOutputs {
  readonly width: number;
  readonly kind: DistributionKind | undefined;
  /** Every `every`-th sample of the test split is kept, from the first. */
  readonly every: number;
  /** float32, row-major [samples kept, width]. */
  readonly data: Float32Array;
}

/** Most memory that kept outputs take: 256 MiB, which holds 1000 classes of 67,000 samples. */
export const MOST_KEPT_BYTES = 256 * 2 ** 20;

/** Takes outputs in the order of the test split and keeps what fits. */
export interface OutputKeeper {
  /** Zeros where nothing has come yet. */
  readonly kept: KeptOutputs;
  add(output: Float32Array, rows: number): void;
}

/**
 * Starts keeping outputs; nothing is kept of outputs of which one alone is too large.
 * @param samples of the test split
 */
export function startKeeping(
  samples: number,
  width: number,
  kind: DistributionKind | undefined,
  mostBytes = MOST_KEPT_BYTES,
): OutputKeeper {
  const most = Math.min(samples, Math.floor(mostBytes / 4 / width));
  const every = most === 0 ? Number.POSITIVE_INFINITY : Math.ceil(samples / most);
  const data = new Float32Array(most === 0 ? 0 : Math.ceil(samples / every) * width);
  let position = 0;
  return {
    kept: { width, kind, every, data },
    add(output, rows) {
      for (let row = 0; row < rows; row++, position++) {
        if (most === 0 || position % every !== 0) continue;
        data.set(output.subarray(row * width, (row + 1) * width), (position / every) * width);
      }
    },
  };
}

/** Where the outputs of a sample of the test split begin in `data`; undefined when they are not kept. */
export function keptStart({ every, width, data }: KeptOutputs, position: number): number | undefined {
  return data.length > 0 && position % every === 0 ? (position / every) * width : undefined;
}
