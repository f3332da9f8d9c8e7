import fc from "fast-check";
import { expect, test } from "vitest";
import { formats } from "../../src/tensor/formats.js";
import { roundingOf } from "../../src/tensor/round-floats.js";

const floats = formats.filter((format) => roundingOf(format) !== undefined);

test("every float that is no block and no exponent alone has a rounding", () => {
  expect(floats.map(({ name }) => name)).toEqual([
    "fp16",
    "bf16",
    "fp8_e4m3",
    "fp8_e5m2",
    "fp8_e4m3fnuz",
    "fp8_e5m2fnuz",
    "fp6_e2m3",
    "fp6_e3m2",
    "fp4",
  ]);
});

const special = [0, -0, Number.NaN, Infinity, -Infinity, 1e-45, -1e-45, 3.4e38, -3.4e38, 2 ** -126, 65_519, 65_520];

test("it gives what encoding and decoding give: all special values, ties, and any other", () => {
  for (const format of floats) {
    const round = roundingOf(format);
    const both = (values: Float32Array) => [round?.(values), format.decode(format.encode(values))] as const;
    const edges = [format.largest, format.smallest].flatMap((value) =>
      [0.5, 0.75, 1, 1.25, 1.5, 2].map((f) => f * value),
    );
    const [rounded, expected] = both(Float32Array.from([...special, ...edges, ...edges.map((value) => -value)]));
    expect([format.name, rounded]).toEqual([format.name, expected]);
    const any = fc.oneof(
      fc.float(),
      fc.float({ min: -Math.fround(format.largest), max: Math.fround(format.largest), noNaN: true }),
      fc.integer({ min: -4096, max: 4096 }).map((n) => n * format.smallest * 0.5),
    );
    fc.assert(
      fc.property(fc.array(any, { maxLength: 40 }), (values) => {
        const [left, right] = both(Float32Array.from(values));
        expect(left).toEqual(right);
      }),
    );
  }
});

test("values of a part of a buffer are rounded, and not changed", () => {
  const whole = Float32Array.of(9, 1.03, 2.03, 9);
  const [half] = floats;
  expect(half && roundingOf(half)?.(whole.subarray(1, 3))).toEqual(Float32Array.of(1.0302734375, 2.029296875));
  expect(whole).toEqual(Float32Array.of(9, 1.03, 2.03, 9));
});
