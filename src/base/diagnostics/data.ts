import type { WordingOf } from "./wording.js";

export interface DataFacts {
  // filled by the area's owner
  "data-placeholder": { readonly name: string };
}

export const dataWording: WordingOf<DataFacts> = {
  "data-placeholder": ({ name }) => ({ message: `${name}` }),
};
