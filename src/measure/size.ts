export interface SizeResult {
  /** Bytes of the ONNX file that ran. */
  readonly bytes: number;
  /** bytes / bytes of the fp32 file. */
  readonly ratio: number;
  readonly codes: number;
  readonly scales: number;
  readonly zeroPoints: number;
  /** Weights and constants left in float. */
  readonly float: number;
  /** Everything else: names, graph structure, integer biases and shapes. */
  readonly other: number;
}

/** Bytes of a graph's initializers by what they are. */
export type WeightBytes = Pick<SizeResult, "codes" | "scales" | "zeroPoints" | "float">;

/**
 * The size of a trial's file, split so that the parts add up to `bytes`.
 * @param weights       bytes of the graph's initializers by what they are
 * @param bytes         bytes of the file, weights stored beside it included
 * @param baselineBytes the same of the fp32 file
 */
export function sizeResult(weights: WeightBytes, bytes: number, baselineBytes: number): SizeResult {
  const { codes, scales, zeroPoints, float } = weights;
  const other = bytes - codes - scales - zeroPoints - float;
  if (other < 0) throw new Error(`size: the initializers take ${bytes - other} bytes, but the file has ${bytes}`);
  return { bytes, ratio: bytes / baselineBytes, codes, scales, zeroPoints, float, other };
}
