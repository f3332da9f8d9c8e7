/** Reading of number and string tokens. Offsets are relative to the token. */

/** A number and its unit: `10ms` is `{ value: 10, unit: "ms" }`. The token has already matched the lexer's pattern. */
export function readQuantity(image: string): { readonly value: number; readonly unit?: string } {
  const digits = /^[+-]?(?:\d[\d_]*(?:\.\d+)?|\.\d+)(?:[eE][+-]?\d+)?/.exec(image)?.[0] ?? "";
  const unit = image.slice(digits.length);
  const value = Number(digits.replaceAll("_", ""));
  return unit === "" ? { value } : { value, unit };
}

/** `1/16`; undefined when the divisor is zero. */
export function readFraction(image: string): number | undefined {
  const [above = "", below = ""] = image.split("/");
  const divisor = readQuantity(below.trim()).value;
  return divisor === 0 ? undefined : readQuantity(above.trim()).value / divisor;
}

const escapes: ReadonlyMap<string, string> = new Map([
  ["n", "\n"],
  ["t", "\t"],
  ["r", "\r"],
  ["0", "\0"],
  ["\\", "\\"],
  ['"', '"'],
  ["'", "'"],
  ["/", "/"],
]);

export interface BadEscape {
  readonly sequence: string;
  readonly offset: number;
}

/** The text of a quoted string with its escapes resolved: `\n \t \r \0 \\ \" \u0041 \u{1F600}`. */
export function readString(image: string): { readonly value: string; readonly bad: readonly BadEscape[] } {
  const closed = image.length > 1 && image.endsWith(image[0] ?? "");
  const inner = image.slice(1, closed ? -1 : undefined);
  const bad: BadEscape[] = [];
  const value = inner.replace(/\\(?:u\{([0-9a-fA-F]+)\}|u([0-9a-fA-F]{4})|(.?))/gsu, (sequence, ...groups) => {
    const [long, short, one, at] = groups as [string?, string?, string?, number?];
    const point = long ?? short;
    const resolved = point === undefined ? escapes.get(one ?? "") : codePoint(point);
    if (resolved !== undefined) return resolved;
    bad.push({ sequence, offset: (at ?? 0) + 1 });
    return sequence;
  });
  return { value, bad };
}

function codePoint(hexadecimal: string): string | undefined {
  const point = Number.parseInt(hexadecimal, 16);
  return point <= 0x10ffff ? String.fromCodePoint(point) : undefined;
}
