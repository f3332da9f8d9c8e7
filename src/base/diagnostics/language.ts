import type { WordingOf } from "./wording.js";

export interface LanguageFacts {
  // filled by the area's owner
  "language-placeholder": { readonly name: string };
}

export const languageWording: WordingOf<LanguageFacts> = {
  "language-placeholder": ({ name }) => ({ message: `${name}` }),
};
