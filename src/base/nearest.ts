import { distance } from "fastest-levenshtein";

/** Case and separators aside: `perChannel`, `per-channel` and `per_channel` are one. */
const folded = (name: string) => name.toLowerCase().replace(/[\s_-]/g, "");

/** The known name that was probably meant: within two fifths of the length, or one that the name begins. */
export function nearest(name: string, known: readonly string[]): string | undefined {
  const wanted = folded(name);
  if (wanted === "") return undefined;
  let best: { readonly name: string; readonly far: number } | undefined;
  for (const each of known) {
    const far = distance(wanted, folded(each));
    if (best === undefined || far < best.far) best = { name: each, far };
  }
  const length = Math.max(wanted.length, best?.name.length ?? 0);
  // Two fifths: a transposition in a word of five letters is two steps.
  if (best && best.far <= Math.ceil(length * 0.4) && best.far < wanted.length) return best.name;
  const begun = wanted.length < 3 ? [] : known.filter((each) => folded(each).startsWith(wanted));
  const shortest = [...begun].sort((a, b) => a.length - b.length)[0];
  return shortest !== undefined && begun.every((each) => each.startsWith(shortest)) ? shortest : undefined;
}

/** `{ nearest }` when there is a near name: spreads into facts. */
export function nearestFact(name: string, known: readonly string[]): { readonly nearest?: string } {
  const near = nearest(name, known);
  return near === undefined ? {} : { nearest: near };
}

/** `{ name, known, nearest? }`: the facts of an unknown name. */
export function unknown(name: string, known: readonly string[]) {
  return { name, known, ...nearestFact(name, known) };
}
