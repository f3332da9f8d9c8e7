import type { Scheme } from "../quantize/scheme.js";
import type { SchemeSummary } from "../results/record.js";

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

/** A few words for a progress display: the scheme and the values that vary. */
export function trialLabel(scheme: Scheme, axes: Readonly<Record<string, string>>): string {
  const values = Object.values(axes).join(" ");
  return values === "" ? scheme.name : `${scheme.name} ${values}`;
}
