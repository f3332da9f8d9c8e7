import type { MetricUnit } from "../../plan/registry.js";

interface UnitDefinition {
  readonly of: MetricUnit;
  /** Multiplies a number with this suffix into the record's unit. */
  readonly factor: number;
}

/** Suffixes of numbers. kB is 1000 bytes, KiB 1024 (IEC 80000-13); KB is read as kB. */
export const units: ReadonlyMap<string, UnitDefinition> = new Map([
  ["%", { of: "fraction", factor: 0.01 }],
  ["x", { of: "ratio", factor: 1 }],
  ["us", { of: "ms", factor: 1e-3 }],
  ["ms", { of: "ms", factor: 1 }],
  ["s", { of: "ms", factor: 1e3 }],
  ["min", { of: "ms", factor: 6e4 }],
  ["B", { of: "bytes", factor: 1 }],
  ["kB", { of: "bytes", factor: 1e3 }],
  ["KB", { of: "bytes", factor: 1e3 }],
  ["MB", { of: "bytes", factor: 1e6 }],
  ["GB", { of: "bytes", factor: 1e9 }],
  ["KiB", { of: "bytes", factor: 2 ** 10 }],
  ["MiB", { of: "bytes", factor: 2 ** 20 }],
  ["GiB", { of: "bytes", factor: 2 ** 30 }],
  ["dB", { of: "decibel", factor: 1 }],
]);

const usual = new Set(["ms", "MB"]);
const fitting = new Map<MetricUnit, string[]>();
for (const [name, { of }] of units) {
  const others = fitting.get(of) ?? [];
  fitting.set(of, usual.has(name) ? [name, ...others] : [...others, name]);
}

/** Suffixes that fit a quantity, the usual one first; none for plain numbers. */
export function unitsOf(quantity: MetricUnit | undefined): readonly string[] {
  return (quantity && fitting.get(quantity)) ?? [];
}

/**
 * A number with its unit in the record's unit. Percent is divided rather than multiplied by 0.01, so that 1% is the
 * double nearest to 0.01.
 */
export function inRecordUnit(value: number, unit: string | undefined): number {
  if (unit === undefined) return value;
  return unit === "%" ? value / 100 : value * (units.get(unit)?.factor ?? 1);
}
