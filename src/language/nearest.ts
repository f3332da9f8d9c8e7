import { distance } from "fastest-levenshtein";

/** Case and separators aside: `perChannel`, `per-channel` and `per_channel` are one. */
const folded = (name: string) => name.toLowerCase().replace(/[\s_-]/g, "");

/** The known name that was probably meant: within a third of the length, or one that the name begins. */
export function nearest(name: string, known: readonly string[]): string | undefined {
  const wanted = folded(name);
  if (wanted === "") return undefined;
  let best: { readonly name: string; readonly far: number } | undefined;
  for (const each of known) {
    const far = distance(wanted, folded(each));
    if (best === undefined || far < best.far) best = { name: each, far };
  }
  if (best && best.far <= Math.max(1, Math.floor(Math.max(wanted.length, best.name.length) / 3))) return best.name;
  const begun = wanted.length < 3 ? [] : known.filter((each) => folded(each).startsWith(wanted));
  return begun.length === 1 ? begun[0] : undefined;
}

/** `{ name, known, nearest? }`: the facts of an unknown name. */
export function unknown(name: string, known: readonly string[]) {
  const near = nearest(name, known);
  return { name, known, ...(near === undefined ? {} : { nearest: near }) };
}
