import type { OptionSpec } from "../../base/option.js";
import { assemble } from "../assemble.js";
import type { DataReference } from "../dataset.js";
import { pathOf, siblingOf } from "../files.js";
import type { DataReader } from "../reader.js";
import { type DataSettings, settingsOf } from "../settings.js";
import { readTexts, textFiles } from "../text/files.js";
import { sequenceOptions, sequenceSummary, sequences } from "../text/sequences.js";
import { byteTokenizer, readTokenizer, type TextTokenizer } from "../text/tokenizer.js";

const options: readonly OptionSpec[] = [
  {
    name: "tokenizer",
    type: { kind: "string" },
    summary: '"bytes" (default), or the path of a tokenizer.json beside the text or below',
    sweeps: false,
  },
  {
    name: "files",
    type: { kind: "string" },
    summary: 'which files of a folder, e.g. "**/*.md"; default "**/*.txt"',
    sweeps: false,
  },
  ...sequenceOptions,
];

export const text: DataReader = {
  name: "text",
  summary:
    "a text file, or a folder of them, as sequences of tokens; each is to be answered with the token that follows",
  source: "file",
  options,
  async summarize(ref) {
    const settings = settingsOf(ref, options);
    await filesOf(ref, settings);
    const { tokenizer, file } = await tokenizerOf(ref, settings);
    return { ...sequenceSummary(settings, tokenizer), moreFiles: file === undefined ? [] : [file] };
  },
  async open(ref) {
    const settings = settingsOf(ref, options);
    const { tokenizer } = await tokenizerOf(ref, settings);
    const corpus = await readTexts(pathOf(ref), await filesOf(ref, settings));
    return assemble(ref, settings, sequences(corpus, tokenizer, settings, pathOf(ref)));
  },
};

const filesOf = (ref: DataReference, settings: DataSettings) =>
  textFiles(pathOf(ref), settings.text("files") ?? "**/*.txt");

async function tokenizerOf(
  ref: DataReference,
  settings: DataSettings,
): Promise<{ readonly tokenizer: TextTokenizer; readonly file?: string }> {
  const name = settings.text("tokenizer") ?? "bytes";
  if (name === "bytes") return { tokenizer: byteTokenizer };
  const file = await siblingOf(pathOf(ref), name);
  return { tokenizer: await readTokenizer(file), file };
}
