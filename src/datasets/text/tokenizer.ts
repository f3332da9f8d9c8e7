import { readFile } from "node:fs/promises";
import { Tokenizer } from "@huggingface/tokenizers";
import { type ContentHash, hashBytes, hashJson } from "../../base/hash.js";

/** Text to token numbers and back. */
export interface TextTokenizer {
  /** Token numbers are below this. */
  readonly size: number;
  /** The token between two documents, where there is one. */
  readonly endOfText?: number;
  readonly hash: ContentHash;
  /** Token numbers of the text alone: nothing is put before or behind it. */
  encode(text: string): readonly number[];
  decode(tokens: readonly number[]): string;
}

/** UTF-8 bytes as tokens 0..255, and 256 between documents. */
export const byteTokenizer: TextTokenizer = {
  size: 257,
  endOfText: 256,
  hash: hashJson({ tokenizer: "bytes", version: 1 }),
  encode: (text) => [...new TextEncoder().encode(text)],
  decode: (tokens) => new TextDecoder().decode(Uint8Array.from(tokens.filter((token) => token < 256))),
};

/** What models call the token between documents. */
const ends = ["<|endoftext|>", "</s>", "<|end_of_text|>", "<eos>"];

/** The tokenizer that a `tokenizer.json` describes. */
export async function readTokenizer(path: string): Promise<TextTokenizer> {
  const bytes = await readFile(path);
  const tokenizer = new Tokenizer(JSON.parse(bytes.toString("utf8")) as object, {});
  const numbers = [...tokenizer.get_vocab(true).values()];
  const endOfText = ends.map((end) => tokenizer.token_to_id(end)).find((id) => id !== undefined);
  return {
    size: numbers.reduce((most, number) => Math.max(most, number), 0) + 1,
    ...(endOfText === undefined ? {} : { endOfText }),
    hash: hashBytes(bytes),
    encode: (text) => tokenizer.encode(text, { add_special_tokens: false }).ids,
    decode: (tokens) => tokenizer.decode([...tokens]),
  };
}

/** The tokens of documents one after another, each after an end-of-text token where the tokenizer has one. */
export function tokenStream(texts: readonly string[], tokenizer: TextTokenizer): Int32Array {
  const end = tokenizer.endOfText === undefined ? [] : [tokenizer.endOfText];
  const parts = texts.map((text) => Int32Array.from([...end, ...tokenizer.encode(text)]));
  const stream = new Int32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    stream.set(part, at);
    at += part.length;
  }
  return stream;
}
