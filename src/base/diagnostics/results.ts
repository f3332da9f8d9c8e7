import type { WordingOf } from "./wording.js";

export interface ResultsFacts {
  // filled by the area's owner
  "results-placeholder": { readonly name: string };
}

export const resultsWording: WordingOf<ResultsFacts> = {
  "results-placeholder": ({ name }) => ({ message: `${name}` }),
};
