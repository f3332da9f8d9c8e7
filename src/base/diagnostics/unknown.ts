import { nameHint } from "./wording.js";

/** A name that is not known, with what is. */
export interface UnknownFacts {
  readonly name: string;
  readonly known: readonly string[];
  readonly nearest?: string;
}

/** The hint of an unknown name; `what` is the plural of what it should be. */
export const nearestOr = (facts: UnknownFacts, what: string) => nameHint(facts.nearest, facts.known, what);

/** `a, b or c`. */
export const alternatives = (words: readonly string[]) =>
  words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} or ${words.at(-1)}`;
