/** Compares outputs batch by batch with a reference's; one tracker for one output of the graph. */
export interface ParityTracker {
  /** @param reference and actual: the same elements in the same order */
  add(reference: Float32Array, actual: Float32Array): void;
  /**
   * Largest absolute difference / largest magnitude of the reference, both over everything added.
   * A small element beside large ones is judged by the large ones: rounding errors of a layer have the size of its sums.
   * 0 when all are equal, also where both are NaN or the same infinity; the absolute difference when the reference is all
   * zeros; Infinity when one side has a NaN or an infinity that the other has not.
   */
  maxRelativeError(): number;
}

/**
 * A tracker that has seen nothing yet.
 * @param least the magnitude that the reference is taken to have where its own is smaller; for outputs whose rounding errors
 * have a size of their own, such as shares of 1
 */
export function trackParity(least = 0): ParityTracker {
  let difference = 0;
  let magnitude = least;
  return {
    add(reference, actual) {
      if (reference.length !== actual.length) {
        throw new Error(`parity: ${actual.length} values are compared with ${reference.length}`);
      }
      for (let i = 0; i < reference.length; i++) {
        const expected = reference[i] as number;
        const got = actual[i] as number;
        if (Number.isFinite(expected)) magnitude = Math.max(magnitude, Math.abs(expected));
        if (Object.is(expected, got) || expected === got) continue;
        const apart = Math.abs(expected - got);
        difference = Math.max(difference, Number.isNaN(apart) ? Number.POSITIVE_INFINITY : apart);
      }
    },
    maxRelativeError: () => (magnitude === 0 ? difference : difference / magnitude),
  };
}

/** {@link ParityTracker} of one pair of arrays. */
export function maxRelativeError(reference: Float32Array, actual: Float32Array, least = 0): number {
  const tracker = trackParity(least);
  tracker.add(reference, actual);
  return tracker.maxRelativeError();
}
