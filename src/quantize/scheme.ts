/** Words of quantization as ONNX and TFLite use them. */
/** "given": the model as it came, quantized by another tool. */
export type Mode = "fp32" | "dynamic" | "static" | "weight_only" | "given";
export type Granularity = "per_tensor" | "per_channel" | "group";
/** What a layer is kept at: "fp32" leaves it in float, else the name of a weight format. */
export type Precision = string;

export interface WeightFormat {
  /** Name of a format of tensor/formats.ts. profile.ts says which execute; the others are simulated. */
  readonly dtype: string;
  /** Absent for formats without scales (fp16, bf16). Formats with blocks of their own have "group". */
  readonly granularity?: Granularity;
  /** Elements of the input dimension that share a scale; with granularity "group" only. */
  readonly group?: number;
  /** Only where it is not the type's default: signed integers are symmetric, unsigned ones are not. */
  readonly symmetric?: boolean;
  /** int8 codes of 7 bits, -64..64, which no kernel can saturate; with "static" and "dynamic". Absent when false. */
  readonly reduceRange?: true;
}

export interface ActivationFormat {
  /** Name of a format of tensor/formats.ts. */
  readonly dtype: string;
  /** Elements along the channels (convolution) or the last dimension (dense layer) that share a scale, chosen at run time. */
  readonly group?: number;
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
  /** Format of the activations; with mode "static" and "dynamic" ("uint8" unless said). */
  readonly activations?: ActivationFormat;
  /** Of mode "static", where one scale is given for a whole activation. */
  readonly calibration?: Calibration;
  /** How weight codes are chosen: "rtn" (round to nearest). */
  readonly method?: string;
  /**
   * Weights as uint8 in the engine, whose kernels add in 32 bits on every CPU (onnxruntime's `session.x64quantprecision`); with
   * "static" and "dynamic". Absent when false.
   */
  readonly precise?: true;
  /**
   * Present where every weight of the model's own files is stored so, and nothing of the lowered graph is quantized: by
   * TF.js, which reads codes of one range a tensor back to float32. `weights` says as what.
   */
  readonly storage?: "tfjs";
  /** Layers with a precision of their own, by layer name, after every `keep` rule has been applied in order. */
  readonly keep: Readonly<Record<string, Precision>>;
  /** Present where some of it has no kernel: all of it is computed in float on values as the formats leave them, never timed. */
  readonly execution?: "simulated";
}
