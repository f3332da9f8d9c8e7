/**
 * Keys decide splits: a number for each sample that depends on its content alone, so that the same rows in another
 * order, or with others added far away, keep their side. Not cryptographic.
 */

/** Finalizer of MurmurHash3 (Appleby 2011): each input bit changes each output bit half the time. */
function finalize(word: number): number {
  let h = word | 0;
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return h ^ (h >>> 16);
}

/** 53 bits from two words: exact in a number. */
const joined = (high: number, low: number) => (high >>> 11) * 2 ** 32 + (low >>> 0);

/** Key of `count` words from `start`: two lanes of multiply and rotate. */
export function keyOfWords(words: ArrayLike<number>, start: number, count: number): number {
  let a = 0x9e3779b9 | 0;
  let b = 0x7f4a7c15 | 0;
  for (let i = start; i < start + count; i++) {
    const word = words[i] as number;
    a = Math.imul(a ^ word, 0xcc9e2d51);
    a = (a << 15) | (a >>> 17);
    b = Math.imul(b + word, 0x1b873593);
    b = (b << 13) | (b >>> 19);
  }
  return joined(finalize(a ^ count), finalize(b ^ finalize(a)));
}

/** Key of a text, e.g. an image's path inside its folder. */
export function keyOfText(text: string): number {
  const bytes = new TextEncoder().encode(text);
  return keyOfWords(bytes, 0, bytes.length);
}

/** Key of a sample that is made from its index. */
export function keyOfIndex(index: number): number {
  return keyOfWords([index | 0, Math.floor(index / 2 ** 32)], 0, 2);
}

/** Key and seed to a new key; another seed gives an unrelated order. */
export function mixKey(key: number, seed: number): number {
  const low = key | 0;
  const high = Math.floor(key / 2 ** 32) | 0;
  const a = finalize(low ^ finalize(seed | 0));
  const b = finalize(high ^ finalize(a ^ Math.floor(seed / 2 ** 32)));
  return joined(finalize(a ^ b), b);
}

/** 32-bit seed of sample `index` of a made data set. */
export function sampleSeed(seed: number, index: number): number {
  return finalize(index ^ finalize(seed ^ Math.floor(seed / 2 ** 32) ^ 0x5bd1e995));
}
