import { fail } from "../base/diagnostic.js";
import { nearestFact } from "../base/nearest.js";
import { together } from "../base/together.js";
import { elementCount } from "../tensor/tensor.js";
import type { DataSettings } from "./settings.js";

/** Which columns of a table are what. */
export interface TableLayout {
  readonly columns: readonly string[];
  /** Positions of the feature columns, in the order of the model. */
  readonly features: readonly number[];
  /** Position of the label column. */
  readonly label?: number;
}

/**
 * Features are `columns`, else all but the label and `ignore`.
 * @throws {DiagnosticError} for unknown columns, all of them, or a doubled one, or when no feature is left
 */
export function tableLayout(columns: readonly string[], path: string, settings: DataSettings): TableLayout {
  const positions = new Map<string, number>();
  for (const [i, name] of columns.entries()) {
    if (positions.has(name)) fail("data-column-twice", { path, name });
    positions.set(name, i);
  }
  const position = (option: string) => (name: string) => () =>
    positions.get(name) ?? fail("data-unknown-column", { path, option, name, columns, ...nearestFact(name, columns) });
  const labelName = settings.text("label");
  const names = settings.names("columns");
  const [[label], ignored, chosen] = together(
    () => together(...(labelName === undefined ? [] : [labelName]).map(position("label"))),
    () => together(...(settings.names("ignore") ?? []).map(position("ignore"))),
    () => names && together(...names.map(position("columns"))),
  );
  if (labelName !== undefined && label !== undefined && chosen?.includes(label)) {
    const given = `the label "${labelName}"`;
    fail("data-option-invalid", { option: "columns", expected: "features, which the model sees", given });
  }
  const all = columns.map((_, i) => i).filter((i) => i !== label);
  const features = (chosen ?? all).filter((i) => !ignored.includes(i));
  if (features.length === 0) fail("data-no-features", { path });
  return { columns, features, ...(label === undefined ? {} : { label }) };
}

/**
 * The shape of a sample with `values` values: the setting, which must hold as many, else `fallback`.
 * @param what what a message calls one sample: "row", "image"
 */
export function sampleShape(
  values: number,
  fallback: readonly number[],
  path: string,
  settings: DataSettings,
  what: string,
): readonly number[] {
  const shape = settings.shape("shape");
  if (shape === undefined) return fallback;
  const wanted = elementCount(shape);
  return wanted === values ? shape : fail("data-shape-mismatch", { path, shape, wanted, values, what });
}
