import { fail } from "../base/diagnostic.js";
import type { DataPlace } from "../base/diagnostics/data.js";

/** How tables write "no value". */
const gaps = new Set(["", "?", "na", "n/a", "null", "none"]);
const infinities = new Set(["nan", "inf", "+inf", "-inf", "infinity", "+infinity", "-infinity"]);

/** A cell as a finite float32 value. `place` is asked only for a message. */
export function numberOf(text: string, place: () => DataPlace): number {
  const value = text === "" ? Number.NaN : Math.fround(Number(text));
  if (Number.isFinite(value) && (value !== 0 || text.trim() !== "")) return value;
  return refuse(text.trim(), place());
}

function refuse(text: string, place: DataPlace): never {
  const low = text.toLowerCase();
  if (gaps.has(low)) fail("data-value-missing", { place });
  // Past float32's range Number still reads a number.
  if (infinities.has(low) || !Number.isNaN(Number(text))) fail("data-not-finite", { place, text: clipped(text) });
  fail("data-not-a-number", { place, text: clipped(text), decimalComma: /^[-+]?\d+,\d+$/.test(text) });
}

/** A number of JSON, or of a typed array, as a finite float32 value. */
export function finite(value: number, place: () => DataPlace): number {
  const rounded = Math.fround(value);
  return Number.isFinite(rounded) ? rounded : fail("data-not-finite", { place: place(), text: String(value) });
}

/** Untrusted text short enough for a message, control characters shown. */
export function clipped(text: string): string {
  const shown = JSON.stringify(text.slice(0, 60)).slice(1, -1);
  return text.length > 60 ? `${shown}...` : shown;
}
