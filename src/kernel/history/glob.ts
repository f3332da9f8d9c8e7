/**
 * Whether the whole of `text` matches a pattern of SQLite's GLOB, as history searches are written: `*` any characters,
 * `?` one, `[a-z]` or `[^a-z]` one of a set; upper and lower case differ.
 * Time is at most the product of both lengths: no pattern hangs the kernel.
 */
export function matchesGlob(pattern: string, text: string): boolean {
  const parts = parse([...pattern]);
  const characters = [...text];
  let [part, at] = [0, 0];
  let [star, resume] = [-1, 0];
  while (at < characters.length) {
    const current = parts[part];
    if (current === "any") {
      star = part++;
      resume = at;
    } else if (current?.(characters[at] ?? "")) {
      part++;
      at++;
    } else if (star >= 0) {
      part = star + 1;
      at = ++resume;
    } else return false;
  }
  while (parts[part] === "any") part++;
  return part === parts.length;
}

type Part = "any" | ((character: string) => boolean);

function parse(pattern: readonly string[]): Part[] {
  const parts: Part[] = [];
  for (let i = 0; i < pattern.length; i++) {
    const character = pattern[i] ?? "";
    const end = character === "[" ? endOfSet(pattern, i) : -1;
    if (character === "*") {
      if (parts.at(-1) !== "any") parts.push("any");
    } else if (character === "?") parts.push(() => true);
    else if (end > 0) {
      parts.push(setOf(pattern.slice(i + 1, end)));
      i = end;
    } else parts.push((other) => other === character);
  }
  return parts;
}

/** Index of the bracket that closes a set; a bracket right at its start belongs to it. -1 when none does. */
function endOfSet(pattern: readonly string[], start: number): number {
  const first = pattern[start + 1] === "^" ? start + 2 : start + 1;
  return pattern.indexOf("]", first + 1);
}

function setOf(characters: readonly string[]): Part {
  const negated = characters[0] === "^";
  const set = negated ? characters.slice(1) : characters;
  return (character) => {
    let found = false;
    for (let i = 0; i < set.length; i++) {
      const [low = "", dash, high] = set.slice(i, i + 3);
      if (dash === "-" && high !== undefined) {
        found ||= low <= character && character <= high;
        i += 2;
      } else found ||= low === character;
    }
    return found !== negated;
  };
}
