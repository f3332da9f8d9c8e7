import fc from "fast-check";
import { expect, test } from "vitest";
import { fromBfloat16, fromFloat16, toBfloat16, toFloat16 } from "../../src/tensor/float16.js";

test("binary16 codes of known numbers (IEEE 754)", () => {
  expect([...toFloat16([1, -2, 65504, 65520, 2 ** -24, 0.1])]).toEqual([0x3c00, 0xc000, 0x7bff, 0x7c00, 1, 0x2e66]);
});

test("bfloat16 codes of known numbers, ties to even, NaN kept", () => {
  const tie = 1 + 2 ** -8;
  expect([...toBfloat16([1, -2, tie, 1 + 3 * 2 ** -8, Number.NaN])]).toEqual([0x3f80, 0xc000, 0x3f80, 0x3f82, 0x7fc0]);
});

test("every code but NaN comes back", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 0xffff }), (code) => {
      const codes = Uint16Array.of(code);
      for (const [from, to] of [
        [fromFloat16, toFloat16],
        [fromBfloat16, toBfloat16],
      ] as const) {
        const [value] = from(codes);
        if (!Number.isNaN(value)) expect([...to([value ?? 0])]).toEqual([code]);
      }
    }),
  );
});
