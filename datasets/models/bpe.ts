import { TextEncoder } from "node:util";

/** GPT-2's pieces of text: a merge never reaches across two of them (Radford et al. 2019). */
const pieces = /'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+/gu;

/** Between two documents, and before the first. */
export const endOfText = "<|endoftext|>";

/** One distinct piece of the text: its tokens so far and how often it occurs. */
interface Word {
  tokens: string[];
  readonly count: number;
}

/**
 * A byte-level BPE tokenizer learned from `text` (Sennrich et al. 2016, Gage 1994): all 256 bytes, then the most frequent
 * pair of neighbours becomes a token, again and again; the first in alphabetical order where several are as frequent.
 * @param size tokens in all, with `endOfText`, which is the last; fewer where no pair is left that occurs twice
 * @returns the content of a `tokenizer.json` as Hugging Face's libraries read it
 */
export function learnBpe(texts: readonly string[], size: number): object {
  const letters = byteLetters();
  const words = wordsOf(texts, letters);
  const vocabulary = [...letters];
  const merges: [string, string][] = [];
  const pairs = new Map<string, number>();
  const where = new Map<string, Set<Word>>();
  for (const word of words) count(word, 1, pairs, where);
  while (vocabulary.length < size - 1) {
    const best = mostFrequent(pairs);
    if (best === undefined) break;
    const [left = "", right = ""] = best.split(" ");
    for (const word of [...(where.get(best) ?? [])]) {
      count(word, -1, pairs, where);
      word.tokens = merged(word.tokens, left, right);
      count(word, 1, pairs, where);
    }
    merges.push([left, right]);
    vocabulary.push(left + right);
  }
  return tokenizerJson(vocabulary, merges);
}

function wordsOf(texts: readonly string[], letters: readonly string[]): Word[] {
  const counts = new Map<string, number>();
  for (const text of texts) {
    for (const [piece] of text.matchAll(pieces)) counts.set(piece, (counts.get(piece) ?? 0) + 1);
  }
  const encoder = new TextEncoder();
  return [...counts].map(([piece, count]) => ({
    tokens: Array.from(encoder.encode(piece), (byte) => letters[byte] ?? ""),
    count,
  }));
}

/** Adds (or takes away) the pairs of a word. */
function count(word: Word, sign: 1 | -1, pairs: Map<string, number>, where: Map<string, Set<Word>>): void {
  for (let i = 0; i + 1 < word.tokens.length; i++) {
    const pair = `${word.tokens[i]} ${word.tokens[i + 1]}`;
    pairs.set(pair, (pairs.get(pair) ?? 0) + sign * word.count);
    const set = where.get(pair) ?? new Set();
    if (sign > 0) set.add(word);
    else set.delete(word);
    where.set(pair, set);
  }
}

function mostFrequent(pairs: ReadonlyMap<string, number>): string | undefined {
  let best: string | undefined;
  let most = 1;
  for (const [pair, times] of pairs) {
    if (times > most || (times === most && best !== undefined && pair < best)) [best, most] = [pair, times];
  }
  return best;
}

function merged(tokens: readonly string[], left: string, right: string): string[] {
  const out: string[] = [];
  for (let i = 0; i < tokens.length; i++) {
    const both = tokens[i] === left && tokens[i + 1] === right;
    out.push(both ? left + right : (tokens[i] ?? ""));
    if (both) i++;
  }
  return out;
}

/** GPT-2's printable letter for each byte: bytes that print as they are stand for themselves, the others from U+0100 on. */
function byteLetters(): string[] {
  const prints = (byte: number) => (byte > 32 && byte < 127) || (byte > 160 && byte !== 173);
  let next = 256;
  return Array.from({ length: 256 }, (_, byte) => String.fromCharCode(prints(byte) ? byte : next++));
}

function tokenizerJson(vocabulary: readonly string[], merges: readonly (readonly [string, string])[]): object {
  const special = { single_word: false, lstrip: false, rstrip: false, normalized: false, special: true };
  const byteLevel = { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: true };
  return {
    version: "1.0",
    truncation: null,
    padding: null,
    added_tokens: [{ id: vocabulary.length, content: endOfText, ...special }],
    normalizer: null,
    pre_tokenizer: byteLevel,
    post_processor: null,
    decoder: byteLevel,
    model: {
      type: "BPE",
      dropout: null,
      unk_token: null,
      continuing_subword_prefix: null,
      end_of_word_suffix: null,
      fuse_unk: false,
      byte_fallback: false,
      vocab: Object.fromEntries([...vocabulary, endOfText].map((token, id) => [token, id])),
      merges,
    },
  };
}
