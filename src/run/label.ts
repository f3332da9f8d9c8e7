import type { Scheme } from "../quantize/scheme.js";

/** A few words for a progress display: the scheme and the values that vary. */
export function trialLabel(scheme: Scheme, axes: Readonly<Record<string, string>>): string {
  const values = Object.values(axes).join(" ");
  return values === "" ? scheme.name : `${scheme.name} ${values}`;
}
