import { expect, test } from "vitest";
import { parity } from "../tfjs/parity.js";
import { type SmallDecoder, smallDecoder } from "./decoder.js";

const variants: Readonly<Record<string, Partial<SmallDecoder>>> = {
  "rotary positions, layer normalization": {},
  "learned positions": { rotaryBase: null },
  "keys shared by two heads each, RMS normalization": { kvHeads: 2, norm: "rms" },
  "one head of keys": { kvHeads: 1, rotaryBase: null },
};

test.each(Object.entries(variants))("the graph of a decoder with %s says what TF.js says", async (_, variant) => {
  const { error, graph } = await parity(smallDecoder(variant), { tokens: 11 });
  expect(error).toBeLessThan(1e-5);
  expect(graph.nodes.filter(({ opType }) => opType === "GroupQueryAttention")).toHaveLength(2);
});
