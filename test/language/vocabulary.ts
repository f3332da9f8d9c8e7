import type { Vocabulary } from "../../src/language/host.js";
import { vocabulary } from "../../src/language/vocabulary.js";
import type { SchemeDefinition } from "../../src/quantize/registry.js";

/** The real vocabulary with two methods more, as a later version may have them: the language does not notice. */
export const wideVocabulary: Vocabulary = {
  ...vocabulary,
  schemes: vocabulary.schemes.map((scheme): SchemeDefinition => {
    const options = scheme.options.map((option) => {
      if (option.name !== "method" || option.type.kind !== "choice") return option;
      const more = ["gptq", "hqq"].map((name) => ({ name, summary: name }));
      return { ...option, type: { ...option.type, choices: [...option.type.choices, ...more] } };
    });
    return { ...scheme, options };
  }),
};
