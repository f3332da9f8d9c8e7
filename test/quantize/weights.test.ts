import fc from "fast-check";
import { expect, test } from "vitest";
import { DiagnosticError, renderDiagnostic } from "../../src/base/diagnostic.js";
import { seededRandom } from "../../src/base/random.js";
import {
  channelFormat,
  checkFinite,
  columnsAsRows,
  groupFor,
  packRows,
  quantizeChannels,
  quantizeRows,
} from "../../src/quantize/weights.js";
import { channelParams, dequantize, quantize, unpackCodes } from "../../src/tensor/affine.js";
import { transposed } from "../../src/tensor/layout.js";
import { elementCount, type Tensor, tensor } from "../../src/tensor/tensor.js";

const float = fc.float({ noNaN: true, noDefaultInfinity: true });

function normal(shape: readonly number[], seed = 1): Tensor<"float32"> {
  const random = seededRandom(seed);
  return tensor(
    "float32",
    shape,
    Float32Array.from({ length: elementCount(shape) }, () => random.normal()),
  );
}

/** Symmetric ranges along an axis, by the plain definition. */
function plainRanges({ shape, data }: Tensor<"float32">, axis: number) {
  const inner = elementCount(shape.slice(axis + 1));
  const channels = shape[axis] ?? 1;
  return Array.from({ length: channels }, (_, channel) => {
    const own = Array.from(data).filter((_, i) => Math.floor(i / inner) % channels === channel);
    const largest = own.reduce((a, b) => Math.max(a, Math.abs(b)), 0);
    return { min: -largest, max: largest };
  });
}

test.each([0, 1, 2])("codes and scales along axis %i are those of the plain arithmetic", (axis) => {
  fc.assert(
    fc.property(fc.array(float, { minLength: 24, maxLength: 24 }), (values) => {
      const weight = tensor("float32", [2, 3, 4], Float32Array.from(values));
      const params = channelParams(plainRanges(weight, axis), "int8", { symmetric: true, axis });
      const found = quantizeChannels(weight, { granularity: "per_channel", axis });
      expect(found.scale).toEqual(params.scale);
      expect(found.codes).toEqual(quantize(weight, params));
    }),
    { numRuns: 100 },
  );
});

test("a weight comes back within half a step, and the largest of each channel is code 127", () => {
  const weight = normal([5, 40]);
  const { codes, scale } = quantizeChannels(weight, { granularity: "per_channel", axis: 0 });
  const back = dequantize(codes, { dtype: "int8", scale, zeroPoint: new Int32Array(5), axis: 0 });
  for (const [i, value] of weight.data.entries()) {
    expect(Math.abs(value - (back.data[i] as number))).toBeLessThanOrEqual(
      0.5001 * (scale[Math.floor(i / 40)] as number),
    );
  }
  for (let row = 0; row < 5; row++) {
    expect(Math.max(...codes.data.subarray(row * 40, row * 40 + 40).map(Math.abs))).toBe(127);
  }
});

test("reduce_range has codes of 7 bits, as onnxruntime's quantize has them", () => {
  const weight = tensor("float32", [2, 2], Float32Array.of(1, -0.5, 0.25, 64));
  const { codes, scale } = quantizeChannels(weight, {
    ...channelFormat({ dtype: "int8", reduceRange: true }),
    axis: 0,
  });
  expect([...scale]).toEqual([1 / 64, 1]);
  expect([...codes.data]).toEqual([64, -32, 0, 64]);
});

test("per_tensor has one scale, that of the largest weight", () => {
  const weight = tensor("float32", [2, 2], Float32Array.of(1, -254, 3, 127));
  const { codes, scale } = quantizeChannels(weight, { granularity: "per_tensor", axis: 1 });
  expect([...scale]).toEqual([2]);
  expect([...codes.data]).toEqual([0, -127, 2, 64]);
});

test("a floor raises the scale of its channel alone, and is the scale of a channel of zeros", () => {
  const weight = tensor("float32", [3, 2], Float32Array.of(1.27, 0, 1.27, 0.5, 0, 0));
  const floors = Float64Array.of(0, 0.1, 0.001);
  const { codes, scale } = quantizeChannels(weight, { granularity: "per_channel", axis: 0, floors });
  expect([...scale]).toEqual([0.01, 0.1, 0.001].map(Math.fround));
  expect([...codes.data]).toEqual([127, 0, 13, 5, 0, 0]);
});

test.each([2, 4, 8] as const)(
  "rows of %i bits: groups share a float16 scale, codes stay symmetric, padding is zero",
  (bits) => {
    const limit = 2 ** (bits - 1) - 1;
    const weight = normal([3, 40], bits);
    const rows = quantizeRows(weight.data as Float32Array, 3, { bits, size: 32 });
    expect([rows.groups, rows.codes.length, rows.scale.length]).toEqual([2, 192, 6]);
    for (let row = 0; row < 3; row++) {
      for (let i = 0; i < 64; i++) {
        const code = rows.codes[row * 64 + i] as number;
        const value = i < 40 ? (weight.data[row * 40 + i] as number) : 0;
        const scale = rows.scale[row * 2 + Math.floor(i / 32)] as number;
        expect(Math.abs(code)).toBeLessThanOrEqual(limit);
        // Half a step, and the last 2^-11 of a scale that float16 rounded down.
        expect(Math.abs(value - code * scale)).toBeLessThanOrEqual(scale * (0.5001 + limit * 2 ** -11));
      }
    }
  },
);

test("scales outside float16 stay float32 for the whole weight", () => {
  const { scale } = quantizeRows(Float32Array.of(1e-9, 1e-9, 5, 5), 2, { bits: 8, size: 2 });
  expect([...scale]).toEqual([1e-9 / 127, 5 / 127].map(Math.fround));
});

test.each([2, 4] as const)("packed codes of %i bits unpack to the codes plus their offset", (bits) => {
  const rows = quantizeRows(normal([2, 32]).data as Float32Array, 2, { bits, size: 16 });
  const packed = packRows(rows);
  expect(packed.shape).toEqual([2, 2, (16 * bits) / 8]);
  const shifted = Array.from(rows.codes, (code) => code + 2 ** (bits - 1));
  expect([...unpackCodes(packed.data, bits, 64)]).toEqual(shifted);
});

test("int4 bytes hold the first code in the low nibble", () => {
  const rows = { rows: 1, groups: 1, size: 2, bits: 4, codes: Int8Array.of(-7, 7), scale: Float32Array.of(1) } as const;
  expect([...packRows(rows).data]).toEqual([0xf1]);
});

test("columns become rows at any size", () => {
  for (const shape of [
    [1, 1],
    [3, 5],
    [33, 70],
  ]) {
    const matrix = normal(shape);
    expect(columnsAsRows(matrix)).toEqual(transposed(matrix, [1, 0]).data);
  }
});

test("a short row gets the smallest legal group that holds it", () => {
  expect([1, 16, 17, 100, 4096].map((length) => groupFor(length, 128, 4))).toEqual([16, 16, 32, 128, 128]);
  expect([1, 16, 17, 100, 4096].map((length) => groupFor(length, 64, 2))).toEqual([32, 32, 32, 64, 64]);
});

test("a weight that is not finite is named with its layer and place", () => {
  const weight = tensor("float32", [3], Float32Array.of(1, Number.NaN, 2));
  try {
    checkFinite("dense_1/kernel", weight, "dense_1");
    expect.unreachable();
  } catch (error) {
    const [found] = error instanceof DiagnosticError ? error.diagnostics : [];
    expect(found && renderDiagnostic(found, new Map())).toMatchInlineSnapshot(`
      "error[weight-not-finite]: weight "dense_1/kernel" of layer "dense_1" is NaN or infinite at element 1
           = hint: the model file is damaged or its training diverged; save the model again"
    `);
  }
});
