/** One activation as calibration saw it, with the range that was chosen for its codes. */
export interface RangeResult {
  /** The value's name in the graph, and the layer that makes it where it is known. */
  readonly value: string;
  readonly layer?: string;
  /** Smallest and largest value that calibration saw. */
  readonly seen: readonly [number, number];
  /** The range that the codes cover. */
  readonly chosen: readonly [number, number];
  /** Share of the values of the test samples, 0..1, that lie outside of the chosen range and saturate. */
  readonly saturated: number;
  /** Counts of values in equal bins from `seen[0]` to `seen[1]`. */
  readonly histogram: readonly number[];
}
