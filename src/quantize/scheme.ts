/** Words of quantization as ONNX and TFLite use them. */
export type Mode = "fp32" | "dynamic" | "static" | "weight_only";
export type Granularity = "per_tensor" | "per_channel" | "group";
/** Precision of a layer's weights; fp32 leaves the layer in float. */
export type Precision = "fp32" | "int8" | "int4";

export interface WeightFormat {
  /** Signed symmetric codes. int8 and int4 execute; other widths are refused with the reason. */
  readonly dtype: string;
  readonly granularity: Granularity;
  /** Elements of the input dimension that share a scale; with granularity "group" only. */
  readonly group?: number;
  /** int8 codes of 7 bits, -64..64, which no kernel can saturate; with "static" and "dynamic". Absent when false. */
  readonly reduceRange?: true;
}

export interface Calibration {
  readonly observer: "minmax" | "percentile" | "entropy" | "mse";
  /** Percent of the values kept, 50..100; with observer "percentile" only. */
  readonly percentile?: number;
  /** Samples of the training split that are shown to the observers. */
  readonly samples: number;
}

/** One point of a sweep: how a model is quantized, whole and plain, so that its hash says what decides the result. */
export interface Scheme {
  /** What the user's text calls it: "static", or the name of a `scheme` statement. */
  readonly name: string;
  readonly mode: Mode;
  readonly weights?: WeightFormat;
  /** Codes of the activations; with mode "static" ("uint8") and "dynamic" ("uint8", chosen at run time). */
  readonly activations?: { readonly dtype: string };
  readonly calibration?: Calibration;
  /** How weight codes are chosen: "rtn" (round to nearest). */
  readonly method?: string;
  /**
   * The engine's exact kernels where its fast ones add in 16 bits (onnxruntime's `session.x64quantprecision`); with "static"
   * and "dynamic". Absent when false.
   */
  readonly precise?: true;
  /** Layers with a precision of their own, by layer name, after every `keep` rule has been applied in order. */
  readonly keep: Readonly<Record<string, Precision>>;
}
