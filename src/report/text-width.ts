import stringWidth from "string-width";

/**
 * Advance widths of the printable ASCII characters in hundredths of the font size, from DejaVu Sans. The reader's font
 * is not known; DejaVu is the widest of the usual ones, so that what has room in it has room in any.
 */
const ascii = [
  32, 40, 46, 84, 64, 95, 78, 27, 39, 39, 50, 84, 32, 36, 32, 34, 64, 64, 64, 64, 64, 64, 64, 64, 64, 64, 34, 34, 84,
  84, 84, 53, 100, 68, 69, 70, 77, 63, 58, 77, 75, 29, 29, 66, 56, 86, 75, 79, 60, 79, 69, 63, 61, 73, 68, 99, 69, 61,
  69, 39, 34, 39, 84, 50, 50, 61, 63, 55, 63, 62, 35, 63, 63, 28, 28, 58, 28, 97, 63, 61, 63, 63, 41, 52, 39, 63, 59,
  82, 59, 59, 52, 64, 34, 64, 84,
];

/** About how wide a text is, pixels. @param size of the font, pixels */
export function textWidth(text: string, size: number): number {
  let hundredths = 0;
  for (const character of text) {
    const known = ascii[(character.codePointAt(0) ?? 0) - 32];
    // Elsewhere by the columns of a terminal: none for marks that combine, two for Chinese and emoji.
    hundredths += known ?? [0, 80, 110][stringWidth(character)] ?? 110;
  }
  return (hundredths * size) / 100;
}

/** Both ends of a long name, which are what tells names apart, and a mark between. */
export function shortened(name: string, longest: number): string {
  const characters = [...name];
  if (characters.length <= longest) return name;
  const tail = Math.floor((longest - 1) * 0.42);
  return `${characters.slice(0, longest - 1 - tail).join("")}…${characters.slice(-tail).join("")}`;
}

/**
 * Names no longer than `longest` that are told apart: a name whose short form another has, too, shows the place where the
 * names differ. Only names that differ in more places than fit stay alike.
 */
export function shortenedApart(names: readonly string[], longest: number): readonly string[] {
  const alike = new Map<string, string[]>();
  for (const name of new Set(names)) {
    const short = shortened(name, longest);
    alike.set(short, [...(alike.get(short) ?? []), name]);
  }
  return names.map((name) => {
    const short = shortened(name, longest);
    const group = alike.get(short) ?? [];
    return group.length < 2 ? short : aroundDifference(name, group, longest);
  });
}

/** The part of a name that begins shortly before the first place where it differs from others. */
function aroundDifference(name: string, group: readonly string[], longest: number): string {
  const all = group.map((each) => [...each]);
  const characters = [...name];
  const first = characters.findIndex((character, i) => all.some((other) => other[i] !== character));
  const room = longest - 2;
  // A third of the room leads to the difference; no more of the name is cut off than needed.
  const wanted = (first < 0 ? characters.length : first) - Math.floor(room / 3);
  const start = Math.max(0, Math.min(wanted, characters.length - room));
  // A mark takes the place of two letters at least.
  const end = start + room + 1 >= characters.length ? characters.length : start + room;
  return `${start > 0 ? "…" : ""}${characters.slice(start, end).join("")}${end < characters.length ? "…" : ""}`;
}
