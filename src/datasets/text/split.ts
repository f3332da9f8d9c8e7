import type { SplitSetting } from "../../base/option.js";
import { keyOfText, mixKey } from "../keys.js";
import type { TextDocument } from "./declarations.js";

/** Documents of the two splits, each in the order of the source. */
export interface TextSplits {
  readonly train: readonly TextDocument[];
  readonly test: readonly TextDocument[];
}

/**
 * Documents of one name go to one side. Names are taken in an order that the seed decides until the training side has
 * its share of the characters, then the test side.
 */
export function splitDocuments(documents: readonly TextDocument[], { train, test, seed }: SplitSetting): TextSplits {
  const sizes = new Map<string, number>();
  for (const { name, text } of documents) sizes.set(name, (sizes.get(name) ?? 0) + text.length);
  const total = documents.reduce((sum, { text }) => sum + text.length, 0);
  const order = [...sizes.keys()].map((name) => ({ name, key: mixKey(keyOfText(name), seed) }));
  order.sort((a, b) => a.key - b.key || (a.name < b.name ? -1 : 1));
  const side = new Map<string, keyof TextSplits>();
  let taken = 0;
  for (const { name } of order) {
    // The middle of the name's text decides, so that a side misses its share by half a document at most.
    const middle = (taken + (sizes.get(name) ?? 0) / 2) / total;
    if (middle < train) side.set(name, "train");
    else if (middle < train + test + 1e-9) side.set(name, "test");
    taken += sizes.get(name) ?? 0;
  }
  return {
    train: documents.filter(({ name }) => side.get(name) === "train"),
    test: documents.filter(({ name }) => side.get(name) === "test"),
  };
}
