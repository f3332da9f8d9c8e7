import fc from "fast-check";
import { expect, test } from "vitest";
import { packCodes, signExtend, unpackCodes } from "../../src/tensor/packing.js";

test("the first 4-bit code lies in the low half of the byte", () => {
  expect([...packCodes([1, 2, 15, 0, 7], 4)]).toEqual([0x21, 0x0f, 0x07]);
});

test("the first 2-bit code lies in the lowest bits of the byte", () => {
  expect([...packCodes([1, 2, 3, 0, 2], 2)]).toEqual([0b00111001, 0b10]);
});

test("only the low bits of a code are kept, so that -1 packs as all ones", () => {
  expect([...packCodes([-1, -8, 7], 4)]).toEqual([0x8f, 0x07]);
});

test("unpacking what was packed gives the same codes", () => {
  fc.assert(
    fc.property(fc.constantFrom(2 as const, 4 as const), fc.array(fc.nat(15)), (bits, values) => {
      const codes = values.map((value) => value % 2 ** bits);
      expect([...unpackCodes(packCodes(codes, bits), bits, codes.length)]).toEqual(codes);
    }),
  );
});

test("sign extension undoes two's complement", () => {
  expect([...signExtend(Uint8Array.of(0, 7, 8, 15), 4)]).toEqual([0, 7, -8, -1]);
  expect([...signExtend(Uint8Array.of(0, 1, 2, 3), 2)]).toEqual([0, 1, -2, -1]);
});

test("too few bytes are refused", () => {
  expect(() => unpackCodes(Uint8Array.of(1), 4, 3)).toThrow("1 bytes do not hold 3 codes of 4 bits");
});
