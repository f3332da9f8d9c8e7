import { fail } from "../base/diagnostic.js";

/** SQNR of one layer's output against fp32, decibels; null when the layer's output is the same to the bit. */
export interface LayerResult {
  readonly layer: string;
  readonly sqnrDb: number | null;
}

/** Sums signal and noise of one layer's output over batches; holds two numbers. */
export interface Sqnr {
  /**
   * @param float and quantized: the layer's output in both models, the same elements in the same order
   * @throws DiagnosticError `layer-not-finite` when one holds NaN or an infinity
   */
  add(float: ArrayLike<number>, quantized: ArrayLike<number>): void;
  /** Signal to quantization noise so far, held inside -200..200 dB; null when every element was equal. */
  decibels(): number | null;
}

/** Past this many decibels only float32's own rounding would be measured; -200 also stands for "the signal was all zeros". */
const LIMIT_DB = 200;

/** Signal to quantization noise ratio, 10 log10(sum x^2 / sum (x - q)^2), in float64 sums. */
export function startSqnr(layer: string): Sqnr {
  let signal = 0;
  let noise = 0;
  return {
    add(float, quantized) {
      if (float.length !== quantized.length) {
        throw new Error(`sqnr: layer ${layer} gives ${quantized.length} values, ${float.length} in float`);
      }
      for (let i = 0; i < float.length; i++) {
        const x = float[i] as number;
        const error = x - (quantized[i] as number);
        signal += x * x;
        noise += error * error;
      }
      if (!Number.isFinite(signal) || !Number.isFinite(noise)) fail("layer-not-finite", { layer });
    },
    decibels() {
      if (noise === 0) return null;
      return Math.max(-LIMIT_DB, Math.min(LIMIT_DB, 10 * Math.log10(signal / noise)));
    },
  };
}
