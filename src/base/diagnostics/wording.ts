/** What a reader sees of a diagnostic: what is wrong, and what to do about it. No "you"; state the fact, then the fix. */
export interface Wording {
  readonly message: string;
  readonly hint?: string;
}

/** A wording for each code of a facts interface. */
export type WordingOf<Facts> = { readonly [Code in keyof Facts]: (facts: Facts[Code]) => Wording };

/** `a, b or c`, each quoted; at most `most`, then "and N more". */
export function listed(names: readonly string[], most = 12): string {
  const shown = names.slice(0, most).map((name) => `"${name}"`);
  const more = names.length > most ? ` and ${names.length - most} more` : "";
  return shown.join(", ") + more;
}

/** The hint of an unknown name: the nearest known one, else what there is. */
export function nameHint(nearest: string | undefined, known: readonly string[], what: string): { hint?: string } {
  if (nearest !== undefined) return { hint: `did you mean "${nearest}"?` };
  return known.length === 0 ? {} : { hint: `known ${what}: ${listed(known)}` };
}
