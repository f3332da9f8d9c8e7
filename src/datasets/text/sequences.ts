import { fail } from "../../base/diagnostic.js";
import { hashJson } from "../../base/hash.js";
import type { OptionSpec } from "../../base/option.js";
import type { Samples } from "../assemble.js";
import type { DataSummary, Splits } from "../dataset.js";
import { keyOfWords, mixKey } from "../keys.js";
import { limit, split } from "../options.js";
import { type DataSettings, mostBytes } from "../settings.js";
import type { Corpus } from "./declarations.js";
import { splitDocuments } from "./split.js";
import { type TextTokenizer, tokenStream } from "./tokenizer.js";

const defaultLength = 128;

/** Options of every reader of text. */
export const sequenceOptions: readonly OptionSpec[] = [
  {
    name: "length",
    type: { kind: "integer", min: 2, max: 2 ** 16 },
    summary: `tokens of a sequence, which is one sample; default ${defaultLength}`,
    sweeps: false,
  },
  {
    name: "stride",
    type: { kind: "integer", min: 1, max: 2 ** 16 },
    summary: "tokens from the start of one sequence to that of the next; default the length: no token is scored twice",
    sweeps: false,
  },
  { ...split, summary: `${split.summary}; whole documents go to one side` },
  limit,
];

/** What is known of sequences before any text is read. */
export function sequenceSummary(settings: DataSettings, tokenizer: TextTokenizer): DataSummary {
  const { length } = windowOf(settings);
  return { inputShapes: [[length]], labels: { kind: "tokens", classes: tokenizer.size } };
}

/** Tokens of one split, and how many sequences they hold. */
interface Side {
  readonly stream: Int32Array;
  readonly count: number;
}

/**
 * Text as samples: tokens [length], and for each the token that follows it. Documents of a split are joined, with an
 * end-of-text token before each, and cut into sequences `stride` tokens apart; what is left over at the end is dropped.
 * @throws {DiagnosticError} where a split holds no sequence, or all together are too many
 */
export function sequences(corpus: Corpus, tokenizer: TextTokenizer, settings: DataSettings, file: string): Samples {
  const { length, stride } = windowOf(settings);
  const documents = splitDocuments(corpus.documents, settings.split());
  const sideOf = (name: "train" | "test"): Side => {
    const texts = documents[name].map(({ text }) => text);
    const stream = tokenStream(texts, tokenizer);
    const count = Math.max(0, Math.floor((stream.length - 1 - length) / stride) + 1);
    return count > 0 ? { stream, count } : fail("data-text-short", { split: name, tokens: stream.length, length });
  };
  const [train, test] = [sideOf("train"), sideOf("test")];
  const size = train.count + test.count;
  const bytes = 4 * size * length;
  if (bytes > mostBytes) fail("data-too-large", { what: file, size: bytes, most: mostBytes, unit: "bytes" });
  /** Tokens from `shift` behind the start of sequence i. */
  const tokens = (i: number, shift: number) => {
    const { stream } = i < train.count ? train : test;
    const start = (i < train.count ? i : i - train.count) * stride + shift;
    return stream.subarray(start, start + length);
  };
  const labels = new Int32Array(size * length);
  for (let i = 0; i < size; i++) labels.set(tokens(i, 1), i * length);
  const keys = Float64Array.from({ length: size }, (_, i) => keyOfWords(tokens(i, 0), 0, length));
  const { size: classes, path } = tokenizer;
  return {
    size,
    inputs: [{ shape: [length], fill: (i, out, at) => out.set(tokens(i, 0), at) }],
    labels: {
      ...{ kind: "tokens", values: labels, width: length, classes },
      ...(path === undefined ? {} : { tokenizer: path }),
    },
    keys,
    splits: splitsOf(keys, train.count, settings.split().seed),
    place: (sample) => ({ file, sample }),
    hash: () => hashJson({ text: corpus.hash, tokenizer: tokenizer.hash, version: 1 }),
  };
}

/** Each side in an order that the seed decides: its first n sequences are a fair draw. */
function splitsOf(keys: Float64Array, trainCount: number, seed: number): Splits {
  const mixed = keys.map((key) => mixKey(key, seed));
  const order = (from: number, to: number) =>
    Int32Array.from({ length: to - from }, (_, i) => from + i).sort(
      (a, b) => (mixed[a] ?? 0) - (mixed[b] ?? 0) || a - b,
    );
  return { train: order(0, trainCount), test: order(trainCount, keys.length) };
}

function windowOf(settings: DataSettings): { readonly length: number; readonly stride: number } {
  const length = settings.number("length") ?? defaultLength;
  return { length, stride: settings.number("stride") ?? length };
}
