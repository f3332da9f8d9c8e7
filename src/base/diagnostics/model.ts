import type { WordingOf } from "./wording.js";

export interface ModelFacts {
  // filled by the area's owner
  "model-placeholder": { readonly name: string };
}

export const modelWording: WordingOf<ModelFacts> = {
  "model-placeholder": ({ name }) => ({ message: `${name}` }),
};
