import { assemble } from "../assemble.js";
import { pathOf } from "../files.js";
import type { DataReader } from "../reader.js";
import { settingsOf } from "../settings.js";
import { declarations as declarationText } from "../text/declarations.js";
import { sequenceOptions, sequenceSummary, sequences } from "../text/sequences.js";
import { readTokenizer } from "../text/tokenizer.js";

export const declarations: DataReader = {
  name: "declarations",
  summary:
    "declarations of TypeScript's own .d.ts files, text that every installation has; the path is a tokenizer.json",
  source: "file",
  options: sequenceOptions,
  async summarize(ref) {
    const settings = settingsOf(ref, sequenceOptions);
    return { ...sequenceSummary(settings, await readTokenizer(pathOf(ref))), version: 1 };
  },
  async open(ref) {
    const settings = settingsOf(ref, sequenceOptions);
    const tokenizer = await readTokenizer(pathOf(ref));
    return assemble(ref, settings, sequences(await declarationText(), tokenizer, settings, "typescript"));
  },
};
