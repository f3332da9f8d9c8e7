import { Tokenizer } from "@huggingface/tokenizers";
import { fail } from "../../base/diagnostic.js";
import { type ContentHash, hashJson } from "../../base/hash.js";
import { readBytes } from "../files.js";

/** Text to token numbers and back. */
export interface TextTokenizer {
  /** Token numbers are below this. */
  readonly size: number;
  /** The token between two documents, where there is one. */
  readonly endOfText?: number;
  readonly hash: ContentHash;
  /** The tokenizer.json that it was read from. */
  readonly path?: string;
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

/** A larger file is damage: those of vocabularies of 250,000 tokens have 20 MB. */
const mostBytes = 64 * 2 ** 20;

/** More tokens no model has; `Labels` count them as classes. */
const mostTokens = 2 ** 20;

/** What models call the token between documents. */
const ends = ["<|endoftext|>", "</s>", "<|end_of_text|>", "<eos>"];

/**
 * The tokenizer that a `tokenizer.json` of Hugging Face's libraries describes.
 * @throws {DiagnosticError} `data-corrupt` for a file that is none, or describes what is not known
 */
export async function readTokenizer(path: string): Promise<TextTokenizer> {
  const { bytes, hash } = await readBytes(path);
  const corrupt = (reason: string): never => fail("data-corrupt", { path, format: "tokenizer.json", reason });
  if (bytes.length > mostBytes) corrupt(`it has ${bytes.length} bytes; at most ${mostBytes} are read`);
  const { json, tokenizer } = understood(bytes, corrupt);
  const numbers = [...tokenizer.get_vocab(true).values()];
  const size = numbers.reduce((most, number) => Math.max(most, number), -1) + 1;
  const whole = numbers.every((number) => Number.isInteger(number) && number >= 0);
  if (!whole || size < 2 || size > mostTokens) corrupt(`its tokens are not numbered from 0 to ${mostTokens - 1}`);
  const endOfText = ends.map((end) => tokenizer.token_to_id(end)).find((id) => id !== undefined);
  return {
    size,
    ...(endOfText === undefined ? {} : { endOfText }),
    hash,
    path,
    encode: encoderOf(json, (text) => tokenizer.encode(text, { add_special_tokens: false }).ids),
    // The library's own default takes the blank away before ".", "!" and the like, which the tokens do say.
    decode: (tokens) =>
      tokens.length === 0 ? "" : tokenizer.decode([...tokens], { clean_up_tokenization_spaces: false }),
  };
}

interface TokenizerJson {
  readonly normalizer?: unknown;
  readonly added_tokens?: readonly { readonly content: string }[];
  readonly pre_tokenizer?: Readonly<Record<string, unknown>> | null;
}

function understood(bytes: Uint8Array, corrupt: (reason: string) => never) {
  try {
    const json = JSON.parse(Buffer.from(bytes).toString("utf8")) as TokenizerJson;
    return { json, tokenizer: new Tokenizer(json, {}) };
  } catch (error) {
    return corrupt(error instanceof Error ? (error.message.split("\n")[0] ?? "") : String(error));
  }
}

/** GPT-2's pieces of text, as its ByteLevel pre-tokenizer cuts them (Radford et al. 2019). */
const gptPieces = /'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+/gu;

/**
 * Where a text is cut into GPT-2's pieces and nothing else happens to it, each distinct piece is encoded once: text
 * repeats itself, and the library takes seconds a megabyte. All other tokenizers encode text as a whole.
 */
function encoderOf({ normalizer, added_tokens, pre_tokenizer }: TokenizerJson, encode: (text: string) => number[]) {
  const { type, add_prefix_space, use_regex } = pre_tokenizer ?? {};
  const plain = !normalizer && type === "ByteLevel" && add_prefix_space === false && use_regex !== false;
  if (!plain) return encode;
  const special = (added_tokens ?? []).map(({ content }) => content);
  const known = new Map<string, readonly number[]>();
  return (text: string): readonly number[] => {
    if (special.some((token) => text.includes(token))) return encode(text);
    return Array.from(text.matchAll(gptPieces), ([piece]) => {
      const tokens = known.get(piece) ?? encode(piece);
      known.set(piece, tokens);
      return tokens;
    }).flat();
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
