/** ln(numerator / denominator) of each pair. */
export function logRatios(numerator: readonly number[], denominator: readonly number[]): Float64Array {
  return Float64Array.from(numerator, (value, i) => Math.log(value / (denominator[i] as number)));
}
