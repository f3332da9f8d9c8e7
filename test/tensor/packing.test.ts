import fc from "fast-check";
import { expect, test } from "vitest";
import { packCodes, signExtend, unpackCodes, type WideBits } from "../../src/tensor/packing.js";

test("the first 4-bit code lies in the low half of the byte", () => {
  expect([...packCodes([1, 2, 15, 0, 7], 4)]).toEqual([0x21, 0x0f, 0x07]);
});

test("the first 2-bit code lies in the lowest bits of the byte", () => {
  expect([...packCodes([1, 2, 3, 0, 2], 2)]).toEqual([0b00111001, 0b10]);
});

test("only the low bits of a code are kept, so that -1 packs as all ones", () => {
  expect([...packCodes([-1, -8, 7], 4)]).toEqual([0x8f, 0x07]);
});

const widths: readonly WideBits[] = [2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16];
const codesOfWidth = fc
  .tuple(fc.constantFrom(...widths), fc.array(fc.nat(0xffff)))
  .map(([bits, values]) => ({ bits, codes: values.map((value) => value % 2 ** bits) }));

test("codes of 3 bits run across the border of bytes, lowest bits first", () => {
  expect([...packCodes([0b001, 0b010, 0b111, 0b100], 3)]).toEqual([0b11_010_001, 0b0000_100_1]);
});

test("unpacking what was packed gives the same codes, from as few bytes as hold them", () => {
  fc.assert(
    fc.property(codesOfWidth, ({ bits, codes }) => {
      const packed = packCodes(codes, bits);
      expect(packed.length).toBe(Math.ceil((codes.length * bits) / 8));
      expect([...unpackCodes(packed, bits, codes.length)]).toEqual(codes);
    }),
  );
});

test("packed codes are the digits of one little-endian number", () => {
  fc.assert(
    fc.property(codesOfWidth, ({ bits, codes }) => {
      const number = codes.reduceRight((rest, code) => (rest << BigInt(bits)) | BigInt(code), 0n);
      const bytes = [...packCodes(codes, bits)].reduceRight((rest, byte) => (rest << 8n) | BigInt(byte), 0n);
      expect(bytes).toBe(number);
    }),
  );
});

test("sign extension undoes two's complement", () => {
  expect([...signExtend(Uint8Array.of(0, 7, 8, 15), 4)]).toEqual([0, 7, -8, -1]);
  expect([...signExtend(Uint8Array.of(0, 1, 2, 3), 2)]).toEqual([0, 1, -2, -1]);
  expect([...signExtend(Uint16Array.of(0, 511, 512, 1023), 10)]).toEqual([0, 511, -512, -1]);
  expect([...signExtend(Uint16Array.of(0x7fff, 0x8000, 0xffff), 16)]).toEqual([0x7fff, -0x8000, -1]);
});

test("too few bytes are refused", () => {
  expect(() => unpackCodes(Uint8Array.of(1), 4, 3)).toThrow("1 bytes do not hold 3 codes of 4 bits");
});
