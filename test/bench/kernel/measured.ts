import { median } from "../../../src/measure/statistics.js";

/** What one kernel reached, or why there is no figure. */
export type Measured =
  | {
      /** In the unit of the figure; what its promise is judged by. */
      readonly value: number;
      readonly text: string;
      /** What went wrong beside the figure; none of ours may have one. */
      readonly fault?: string;
    }
  | { readonly cannot: string };

/** A figure of all kernels, and what ours must reach. */
export interface KernelFigure {
  readonly name: string;
  readonly promise: string;
  /** Whether a value keeps the promise; `reference` is ipykernel's value of the same run, where there is one. */
  met(value: number, reference: number | undefined): boolean;
  /** By name of the kernel. */
  readonly measured: ReadonlyMap<string, Measured>;
}

/** The value below which a share of the samples lies (nearest rank). */
export function quantile(samples: readonly number[], share: number): number {
  const sorted = [...samples].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? Number.NaN;
}

/** `3.21 [3.02, 3.60] ms`: the median and the range of the repeats. */
export function spreadText(repeats: readonly number[], digits: number, unit: string): string {
  const ends = [Math.min(...repeats), Math.max(...repeats)].map((end) => end.toFixed(digits)).join(", ");
  return `${median(repeats).toFixed(digits)} [${ends}] ${unit}`;
}

/** The list, begun at another place each round, so that no kernel always goes first. */
export function rotated<T>(list: readonly T[], round: number): readonly T[] {
  const at = list.length === 0 ? 0 : round % list.length;
  return [...list.slice(at), ...list.slice(0, at)];
}
