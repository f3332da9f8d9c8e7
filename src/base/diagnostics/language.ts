import { type ExperimentFacts, experimentWording } from "./language-experiment.js";
import { type NameFacts, nameWording } from "./language-names.js";
import { type SyntaxFacts, syntaxWording } from "./language-syntax.js";
import { type ValueFacts, valueWording } from "./language-values.js";
import type { WordingOf } from "./wording.js";

/** What can be wrong with a program, from its form to what its experiments ask for. */
export type LanguageFacts = SyntaxFacts & NameFacts & ValueFacts & ExperimentFacts;

export const languageWording: WordingOf<LanguageFacts> = {
  ...syntaxWording,
  ...nameWording,
  ...valueWording,
  ...experimentWording,
};
