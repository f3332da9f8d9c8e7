import fc from "fast-check";
import { expect, test } from "vitest";
import { graphBuilder } from "../../src/ir/builder.js";
import { pairBounds } from "../../src/measure/pair-sums.js";
import { tensorFrom } from "../../src/tensor/tensor.js";

/** x [1, K] on codes times a matrix [K, N] of int8 codes. */
function product(columns: readonly (readonly number[])[]) {
  const g = graphBuilder("product");
  const rows = columns[0]?.length ?? 0;
  const one = g.constant("one", tensorFrom("float32", [], [1]));
  const zero = g.constant("zero", tensorFrom("uint8", [], [0]));
  const zeroWeight = g.constant("zeroWeight", tensorFrom("int8", [], [0]));
  const codes = Array.from({ length: rows }, (_, k) => columns.map((column) => column[k] as number)).flat();
  const w = g.constant("w", tensorFrom("int8", [rows, columns.length], codes));
  const x = g.input("x", "uint8", [1, rows]);
  const options = { domain: "com.microsoft", name: "dense/Gemm", layer: "dense" } as const;
  return g.build([g.node("QGemm", [x, one, zero, w, one, zeroWeight], {}, options)]);
}

test("two codes of 64 stay below int16, 65 and 64 do not; each output on its own", () => {
  const ratio = (columns: number[][]) => pairBounds(product(columns))[0]?.ratio;
  expect(ratio([[64, 64, -64]])).toBeCloseTo((128 * 255) / 32_767, 12);
  expect(ratio([[64, 65]])).toBeGreaterThan(1);
  expect(ratio([[-64, -64]])).toBeCloseTo((128 * 255) / 32_768, 12);
  expect(ratio([[-65, -64]])).toBeGreaterThan(1);
  expect(
    ratio([
      [127, 0],
      [0, 127],
    ]),
  ).toBeCloseTo((127 * 255) / 32_767, 12);
  expect(pairBounds(product([[1, 2]]))).toMatchObject([{ node: "dense/Gemm", layer: "dense" }]);
});

test("no pair of activations and weights in any order gives more than the bound", () => {
  const code = fc.integer({ min: -127, max: 127 });
  const activation = fc.integer({ min: 0, max: 255 });
  fc.assert(
    fc.property(fc.array(fc.tuple(activation, code), { minLength: 2, maxLength: 12 }), (pairs) => {
      const [bound] = pairBounds(product([pairs.map(([, w]) => w)]));
      for (const [i, [a, w]] of pairs.entries()) {
        for (const [b, v] of pairs.slice(i + 1)) {
          const sum = a * w + b * v;
          expect(sum > 0 ? sum / 32_767 : -sum / 32_768).toBeLessThanOrEqual((bound?.ratio ?? 0) + 1e-12);
        }
      }
    }),
  );
});
