import type { Scheme } from "../quantize/scheme.js";

/** A scheme in the words that records, tables and labels have for it; absent fields do not apply. */
export interface SchemeSummary {
  readonly name: string;
  readonly mode: string;
  readonly weights?: string;
  readonly granularity?: string;
  readonly group?: number;
  /** Only where it is not what the type usually is. */
  readonly symmetry?: "symmetric" | "asymmetric";
  readonly activations?: string;
  /** Elements of an activation that share a scale. */
  readonly activationGroup?: number;
  readonly calibration?: string;
  readonly samples?: number;
  readonly method?: string;
  /** "reduce_range", "precise": what keeps sums exact on CPUs without VNNI, in this order. */
  readonly exactness?: string;
  readonly keep?: Readonly<Record<string, string>>;
  /** "tfjs": the weights of the model's own files, as TF.js stores them. */
  readonly storage?: "tfjs";
  readonly execution: "executed" | "simulated";
}

/** The scheme as a record shows it. */
export function summarizeScheme(scheme: Scheme): SchemeSummary {
  const { weights, calibration } = scheme;
  const exactness = [...(weights?.reduceRange ? ["reduce_range"] : []), ...(scheme.precise ? ["precise"] : [])].join(
    " ",
  );
  const keep = Object.keys(scheme.keep).length > 0 ? { keep: scheme.keep } : {};
  return {
    name: scheme.name,
    mode: scheme.mode,
    ...(weights ? { weights: weights.dtype } : {}),
    ...(weights?.granularity === undefined ? {} : { granularity: weights.granularity }),
    ...(weights?.group === undefined ? {} : { group: weights.group }),
    ...(weights?.symmetric === undefined ? {} : { symmetry: weights.symmetric ? "symmetric" : "asymmetric" }),
    ...(scheme.activations ? { activations: scheme.activations.dtype } : {}),
    ...(scheme.activations?.group === undefined ? {} : { activationGroup: scheme.activations.group }),
    ...(calibration ? { calibration: calibrationName(calibration), samples: calibration.samples } : {}),
    ...(scheme.method === undefined ? {} : { method: scheme.method }),
    ...(exactness === "" ? {} : { exactness }),
    ...keep,
    ...(scheme.storage ? { storage: scheme.storage } : {}),
    execution: scheme.execution ?? "executed",
  };
}

function calibrationName({ observer, percentile }: NonNullable<Scheme["calibration"]>): string {
  return percentile === undefined ? observer : `${observer}(${percentile})`;
}
