import type { SchemeSummary } from "./scheme-summary.js";

type Field = Exclude<keyof SchemeSummary, "name" | "mode" | "execution" | "keep">;

/** What a label is made from: a record, or a trial that has not run yet. */
export interface Labelled {
  /** Trial id. */
  readonly trial: string;
  readonly scheme: SchemeSummary;
}

/** Fields that tell trials of one scheme apart, in the order in which a label names them. */
const fields: readonly Field[] = [
  "weights",
  "granularity",
  "group",
  "symmetry",
  "activations",
  "activationGroup",
  "calibration",
  "samples",
  "method",
  "exactness",
];

/**
 * A short label for each trial, by its id: the scheme's name and the values that differ among the trials of that
 * name, `static entropy`, `w4 g32 rtn`. Trials that still look alike get a number.
 */
export function trialLabels(records: readonly Labelled[]): ReadonlyMap<string, string> {
  const labels = new Map<string, string>();
  const used = new Map<string, number>();
  const differences = differencesByName(records);
  for (const { trial, scheme } of records) {
    if (labels.has(trial)) continue;
    const { varying = [], keepVaries = false } = differences.get(scheme.name) ?? {};
    const parts = [scheme.name, ...varying.flatMap((field) => part(scheme, field))];
    if (keepVaries) parts.push(...kept(scheme));
    const label = parts.join(" ");
    const times = (used.get(label) ?? 0) + 1;
    used.set(label, times);
    labels.set(trial, times === 1 ? label : `${label} #${times}`);
  }
  return labels;
}

/** For each scheme name, what differs among its trials. */
function differencesByName(records: readonly Labelled[]) {
  const byName = new Map<string, SchemeSummary[]>();
  for (const { scheme } of records) {
    const others = byName.get(scheme.name);
    if (others) others.push(scheme);
    else byName.set(scheme.name, [scheme]);
  }
  const entries = [...byName].map(([name, schemes]) => {
    const varying = fields.filter((field) => new Set(schemes.map((scheme) => scheme[field])).size > 1);
    const keepVaries = new Set(schemes.map(({ keep }) => JSON.stringify(keep ?? {}))).size > 1;
    return [name, { varying, keepVaries }] as const;
  });
  return new Map(entries);
}

function part(scheme: SchemeSummary, field: Field): string[] {
  const value = scheme[field];
  if (value === undefined) return [];
  if (field === "group") return [`g${value}`];
  if (field === "activationGroup") return [`ag${value}`];
  return [field === "samples" ? `n=${value}` : String(value)];
}

/** `keep dense_2=fp32`, with the number of further layers. */
function kept(scheme: SchemeSummary): string[] {
  const [first, ...rest] = Object.entries(scheme.keep ?? {});
  if (first === undefined) return [];
  return [`keep ${first[0]}=${first[1]}${rest.length > 0 ? `+${rest.length}` : ""}`];
}
