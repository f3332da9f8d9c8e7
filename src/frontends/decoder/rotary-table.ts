import { type Tensor, tensor } from "../../tensor/tensor.js";

/** onnxruntime's attention takes heads of a multiple of this many elements, and refuses others when it runs. */
export const headStep = (isRotary: boolean): number => (isRotary ? 16 : 8);

/** Cosines and sines [positions, size / 2] of rotary positions: position * base^(-2i / size) (Su et al. 2021). */
export function rotaryTable(
  positions: number,
  size: number,
  base: number,
): { cos: Tensor<"float32">; sin: Tensor<"float32"> } {
  const pairs = size / 2;
  return fromFrequencies(
    positions,
    Float64Array.from({ length: pairs }, (_, i) => base ** ((-2 * i) / size)),
  );
}

/**
 * A table with at least `positions` rows: the given ones, and the same angles further on. The angle of row 1 is
 * the frequency, which for rotary positions is at most 1 and so can be read from its cosine and sine.
 * @returns undefined when the rows that are there do not grow like that
 */
export function longerTable(cos: Tensor, sin: Tensor, positions: number): { cos: Tensor; sin: Tensor } | undefined {
  const [rows = 0, pairs = 0] = cos.shape;
  if (rows >= positions) return { cos, sin };
  if (rows < 2) return undefined;
  const frequency = (i: number) => Math.atan2(Number(sin.data[pairs + i]), Number(cos.data[pairs + i]));
  const longer = fromFrequencies(
    positions,
    Float64Array.from({ length: pairs }, (_, i) => frequency(i)),
  );
  // float32 rows: an angle of `rows` steps is off by the rounding of one step, `rows` times.
  const near = (a: Tensor, b: Tensor) =>
    a.data.every((value, i) => Math.abs(Number(value) - Number(b.data[i])) < 1e-6 * rows);
  if (!near(cos, longer.cos) || !near(sin, longer.sin)) return undefined;
  longer.cos.data.set(cos.data as Float32Array);
  longer.sin.data.set(sin.data as Float32Array);
  return longer;
}

function fromFrequencies(
  positions: number,
  frequencies: Float64Array,
): { cos: Tensor<"float32">; sin: Tensor<"float32"> } {
  const shape = [positions, frequencies.length];
  const angles = Float64Array.from({ length: positions * frequencies.length }, (_, i) => {
    return Math.floor(i / frequencies.length) * (frequencies[i % frequencies.length] ?? 0);
  });
  return {
    cos: tensor("float32", shape, Float32Array.from(angles, Math.cos)),
    sin: tensor("float32", shape, Float32Array.from(angles, Math.sin)),
  };
}
