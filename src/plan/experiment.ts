import type { Setting } from "../base/option.js";
import type { DataReference } from "../datasets/dataset.js";
import type { SchemeDefinition } from "../quantize/registry.js";
import type { Precision } from "../quantize/scheme.js";
import type { Expectation, Measures, ModelReference, View } from "./plan.js";

/** One layer as the model's frontend describes it. `parameters` counts numbers, kernel and bias together. */
export interface LayerSummary {
  readonly name: string;
  readonly className: string;
  readonly quantizable: boolean;
  readonly parameters?: number;
}

/** One value that an axis can take, with the words of the program for it. */
export interface AxisPoint {
  readonly setting: Setting;
  readonly text: string;
}

/** An option of a scheme and its values, in the order written; one value is no axis of the matrix. */
export interface Axis {
  readonly option: string;
  readonly points: readonly AxisPoint[];
}

/** A scheme to try, with all that it inherits. */
export interface Attempt {
  readonly name: string;
  readonly definition: SchemeDefinition;
  readonly axes: readonly Axis[];
}

/** What a `keep` rule may do: layers by name (already matched) at a precision. More than one makes an axis. */
export interface KeepChoice {
  readonly layers: readonly string[];
  readonly precision: Precision;
  readonly text: string;
}

export interface KeepRule {
  /** Name of its axis where it has several choices: "keep", "keep_2", ... */
  readonly axis?: string;
  readonly choices: readonly KeepChoice[];
}

/** A condition on the settings of a cell. `name` is an option, or "scheme" for the scheme's name. */
export type Condition =
  | { readonly kind: "and" | "or"; readonly operands: readonly Condition[] }
  | { readonly kind: "not"; readonly operand: Condition }
  | {
      readonly kind: "comparison";
      /** Limits the comparison to one scheme: `w4.group`. */
      readonly scheme?: string;
      readonly name: string;
      readonly comparator: "=" | "!=" | "<" | "<=" | ">" | ">=";
      /** `=` holds when one of these equals the setting. */
      readonly values: readonly Setting[];
    };

export interface WhereClause {
  readonly condition: Condition;
  /** As the program says it: `where not (method = gptq)`. */
  readonly text: string;
}

/** An experiment in which every name is known and every value legal. */
export interface CheckedExperiment {
  readonly name: string;
  readonly model: ModelReference;
  /** Content hash of the model's files. */
  readonly modelHash: string;
  readonly layers: readonly LayerSummary[];
  readonly data: DataReference;
  /** Content hash of the data's source. */
  readonly dataHash: string;
  readonly attempts: readonly Attempt[];
  /** In order; of two rules for one layer the later holds. */
  readonly keep: readonly KeepRule[];
  readonly where: readonly WhereClause[];
  readonly measures: Measures;
  readonly expectations: readonly Expectation[];
  readonly views: readonly View[];
  readonly seed: number;
}
