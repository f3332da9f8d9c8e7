import type { WordingOf } from "./wording.js";

export interface ExecutionFacts {
  // filled by the area's owner
  "execution-placeholder": { readonly name: string };
}

export const executionWording: WordingOf<ExecutionFacts> = {
  "execution-placeholder": ({ name }) => ({ message: `${name}` }),
};
