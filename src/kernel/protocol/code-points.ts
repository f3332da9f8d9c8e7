/**
 * Positions in text. Jupyter counts Unicode code points (since protocol 5.2), JavaScript UTF-16 code units: "😀" is one
 * of the former, two of the latter. Positions outside of the text are moved to its nearer end.
 */

/** Code units before the code point number `point`. */
export function toUnits(text: string, point: number): number {
  let unit = 0;
  for (let i = 0; i < point && unit < text.length; i++) unit += isPair(text, unit) ? 2 : 1;
  return unit;
}

/** Code points before the code unit number `unit`; one inside a pair counts as before it. */
export function toPoints(text: string, unit: number): number {
  let point = 0;
  const end = Math.min(unit, text.length);
  for (let i = 0; i < end; point++) {
    const length = isPair(text, i) ? 2 : 1;
    if (i + length > end) break;
    i += length;
  }
  return point;
}

function isPair(text: string, unit: number): boolean {
  return (text.codePointAt(unit) ?? 0) > 0xffff;
}
