import { hashBytes } from "../base/hash.js";
import type { Feeds } from "../engines/engine.js";
import { bytesOf } from "../tensor/tensor.js";

/** A hash of each sample of a batch, over the bytes of all its inputs: equal for samples that a model cannot tell apart. */
export function contentsOf(feeds: Feeds, samples: number): readonly string[] {
  const inputs = Object.values(feeds).map((input) => ({
    bytes: bytesOf(input),
    size: bytesOf(input).length / samples,
  }));
  return Array.from({ length: samples }, (_, i) =>
    hashBytes(...inputs.map(({ bytes, size }) => bytes.subarray(i * size, (i + 1) * size))),
  );
}
