import type { WordingOf } from "./wording.js";

export interface QuantizeFacts {
  // filled by the area's owner
  "quantize-placeholder": { readonly name: string };
}

export const quantizeWording: WordingOf<QuantizeFacts> = {
  "quantize-placeholder": ({ name }) => ({ message: `${name}` }),
};
