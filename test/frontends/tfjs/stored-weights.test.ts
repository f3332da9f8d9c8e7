import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeGroup } from "../../../src/frontends/tfjs/manifest.js";
import { type StorageType, storeWeight } from "../../../src/frontends/tfjs/stored-weights.js";
import { type Tensor, tensor } from "../../../src/tensor/tensor.js";
import { havePython, runPython } from "../../python.js";

const weight = (...values: number[]) => tensor("float32", [values.length], Float32Array.from(values));

/** The values that a reader of the file gets. */
function readBack(value: Tensor<"float32">, type: StorageType): readonly number[] {
  const { quantization, bytes } = storeWeight(value, type);
  const read = new Map<string, Tensor<"float32">>();
  const spec = { name: "w", shape: value.shape, dtype: "float32", ...(quantization ? { quantization } : {}) } as const;
  decodeGroup({ weights: [spec] }, Uint8Array.from(bytes), read);
  return [...(read.get("w")?.data ?? [])];
}

test("codes of a range that holds 0 give 0 back exactly, and what lies outside the moved range is clipped", () => {
  // scale = 3 / 255; 0 would lie at code 85 exactly.
  const { quantization, bytes } = storeWeight(weight(-1, 0, 2), "uint8");
  expect([...bytes]).toEqual([0, 85, 255]);
  expect(quantization).toEqual({ dtype: "uint8", scale: 3 / 255, min: -85 * (3 / 255) });
  expect(readBack(weight(-0.3, 0, 1), "uint8")[1]).toBe(0);
});

test("a range without 0 keeps its ends; one value alone is codes of 0", () => {
  expect(storeWeight(weight(1, 2), "uint8")).toEqual({
    quantization: { dtype: "uint8", scale: 1 / 255, min: 1 },
    bytes: Uint8Array.of(0, 255),
  });
  expect(storeWeight(weight(7, 7), "uint16")).toEqual({
    quantization: { dtype: "uint16", scale: 1, min: 7 },
    bytes: Uint8Array.of(0, 0, 0, 0),
  });
  expect(storeWeight(weight(), "uint8").bytes).toEqual(Uint8Array.of());
});

test("a weight that float16 cannot hold stays float32", () => {
  expect(storeWeight(weight(1, 65_504), "float16").quantization).toEqual({ dtype: "float16" });
  expect(storeWeight(weight(1, 65_520), "float16").quantization).toBeUndefined();
  expect(readBack(weight(1, 65_520), "float16")).toEqual([1, 65_520]);
});

const float = fc.float({ noNaN: true, noDefaultInfinity: true, min: -1e6, max: 1e6 });

test("every weight comes back within a step, and 0 comes back as 0", () => {
  fc.assert(
    fc.property(
      fc.array(float, { minLength: 1, maxLength: 40 }),
      fc.constantFrom("uint8", "uint16"),
      (values, type) => {
        const given = weight(...values, 0);
        const { quantization } = storeWeight(given, type as StorageType);
        const step = quantization && "scale" in quantization ? quantization.scale : 0;
        const back = readBack(given, type as StorageType);
        expect(back.at(-1)).toBe(0);
        // The moved range clips at most half a step at one end, and rounding takes another half.
        given.data.forEach((value, i) => {
          expect(Math.abs((back[i] as number) - value)).toBeLessThanOrEqual(1.001 * step + Math.abs(value) * 2e-7);
        });
      },
    ),
  );
});

/** `quantize_weights` of tensorflowjs's converter, written from its formulas in numpy. */
const REFERENCE = `
import json, sys, numpy as np
out = []
for values in json.load(sys.stdin):
    data = np.array(values, np.float32).astype(np.float64)
    for dtype in (np.uint8, np.uint16):
        lo, hi, most = data.min(), data.max(), np.iinfo(dtype).max
        scale = (hi - lo) / most
        if lo <= 0 <= hi:
            lo = -np.round((0 - lo) / scale) * scale
            hi = most * scale + lo
        codes = np.round((data.clip(lo, hi) - lo) / scale)
        out.append([scale, lo, codes.astype(int).tolist()])
print(json.dumps(out))
`;

test.skipIf(!havePython)("scale, minimum and codes are those of numpy's formulas", () => {
  const cases = fc.sample(fc.uniqueArray(float, { minLength: 2, maxLength: 20 }), { numRuns: 50, seed: 3 });
  const distinct = cases.filter((values) => new Set(Float32Array.from(values)).size > 1);
  const answers = JSON.parse(runPython(REFERENCE, JSON.stringify(distinct))) as [number, number, number[]][];
  const ours = distinct.flatMap((values) =>
    (["uint8", "uint16"] as const).map((type) => {
      const { quantization, bytes } = storeWeight(weight(...values), type);
      if (!quantization || !("scale" in quantization)) throw new Error("no codes");
      const codes = type === "uint8" ? bytes : new Uint16Array(Uint8Array.from(bytes).buffer);
      return [quantization.scale, quantization.min, [...codes]];
    }),
  );
  expect(ours).toEqual(answers.map(([scale, min, codes]) => [scale, min === 0 ? 0 : min, codes]));
});
