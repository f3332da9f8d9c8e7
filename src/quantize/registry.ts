import type { Choice, OptionSpec, Settings } from "../base/option.js";
import type { Calibration, Mode, Scheme } from "./scheme.js";

/** A way to quantize that programs can name in `try` and `scheme`: its options, and how they become a scheme. */
export interface SchemeDefinition {
  readonly name: Mode;
  readonly summary: string;
  readonly options: readonly OptionSpec[];
  /** @param name what the user's text calls the scheme. `settings` are checked against `options`; absent ones default. */
  build(name: string, settings: Settings): Scheme;
}

export const observers: readonly Choice[] = [
  { name: "minmax", summary: "smallest and largest value seen" },
  {
    name: "percentile",
    summary: "range that keeps this percent of the values",
    argument: { name: "percent", min: 50, max: 100, default: 99.9 },
  },
  { name: "entropy", summary: "range with the least Kullback-Leibler divergence (Migacz 2017)" },
  { name: "mse", summary: "range with the least mean squared quantization error" },
];

export type { Calibration };
