import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { affineParams, fakeQuantize, quantDTypes } from "../../src/tensor/affine.js";
import { storedBytes } from "../../src/tensor/format.js";
import { formats } from "../../src/tensor/formats.js";
import { type Storage, scaleKindOf, store, storeScaled, tensorScale } from "../../src/tensor/store.js";
import { tensor } from "../../src/tensor/tensor.js";
import { havePython, runPython } from "../python.js";
import { base64, formatNamed, fromBase64 } from "./by-name.js";

const floats = (...values: number[]) => Float32Array.from(values);
const finite = fc.float({ noNaN: true, noDefaultInfinity: true, min: -1000, max: 1000 });
const rows = fc.array(finite, { minLength: 24, maxLength: 24 }).map((values) => Float32Array.from(values));
const minifloats = ["fp8_e4m3", "fp8_e5m2", "fp8_e4m3fnuz", "fp8_e5m2fnuz", "fp6_e2m3", "fp6_e3m2", "fp4"];

test("every format but fp16, bf16 and those with blocks takes its scale from whoever uses it", () => {
  const given = formats.filter((format) => scaleKindOf(format) === "given").map(({ name }) => name);
  expect(new Set(given)).toEqual(new Set([...quantDTypes, ...minifloats, "e8m0"]));
  expect(["fp16", "bf16"].map((name) => scaleKindOf(formatNamed(name)))).toEqual(["none", "none"]);
});

test("integers are what their format encodes and decodes, however scales are shared", () => {
  fc.assert(
    fc.property(
      rows,
      fc.constantFrom(...quantDTypes),
      fc.constantFrom(undefined, 5, 12),
      fc.boolean(),
      (values, format, group, symmetric) => {
        const encoded = formatNamed(format).encode(values, {
          rowLength: 12,
          symmetric,
          ...(group === undefined ? {} : { groupSize: group }),
        });
        const stored = store(values, 12, { format, symmetric, ...(group === undefined ? {} : { group }) });
        expect(stored.values).toEqual(formatNamed(format).decode(encoded));
        expect(stored.bytes).toEqual(storedBytes(encoded));
      },
    ),
  );
});

test("with a given scale integers are quantized and dequantized as ONNX says, saturating at the range", () => {
  fc.assert(
    fc.property(rows, fc.constantFrom(...quantDTypes), (values, dtype) => {
      const range = { min: -100, max: 300 };
      const symmetric = dtype.startsWith("int");
      const params = affineParams(range, dtype, { symmetric });
      const expected = fakeQuantize(tensor("float32", [24], values), params).data;
      expect(storeScaled(values, dtype, tensorScale(dtype, range))).toEqual(expected);
    }),
  );
});

test("blocks and formats without scales are their own encoding", () => {
  const values = Float32Array.from({ length: 96 }, (_, i) => Math.sin(i) * 3);
  for (const format of formats.filter((each) => scaleKindOf(each) !== "given")) {
    const encoded = format.encode(values, { rowLength: 48 });
    expect(store(values, 48, { format: format.name })).toEqual({
      values: format.decode(encoded),
      bytes: storedBytes(encoded),
    });
  }
});

/** Low-bit floats with one scale a row once more, by ml_dtypes' casts. */
const script = `
import base64, json, sys
import ml_dtypes, numpy as np
f = np.float32
request = json.load(sys.stdin)
x = np.frombuffer(base64.b64decode(request["x"]), f).reshape(-1, request["row"])
def read(kind):
    t = getattr(ml_dtypes, kind)
    top = f(ml_dtypes.finfo(t).max)
    scale = (np.abs(x).max(axis=1, keepdims=True) / top).astype(f)
    return (np.clip((x / scale).astype(f), -top, top).astype(t).astype(f) * scale).astype(f)
print(json.dumps({name: base64.b64encode(read(kind).tobytes()).decode() for name, kind in request["kinds"].items()}))
`;

test.skipIf(!havePython)("low-bit floats with a scale for each row agree with ml_dtypes", () => {
  const x = Float32Array.from({ length: 640 }, (_, i) => Math.sin(i * 1.7) * 2 ** (i % 9) + Math.cos(i));
  const kinds = {
    fp8_e4m3: "float8_e4m3fn",
    fp8_e5m2: "float8_e5m2",
    fp8_e4m3fnuz: "float8_e4m3fnuz",
    fp8_e5m2fnuz: "float8_e5m2fnuz",
    fp6_e2m3: "float6_e2m3fn",
    fp6_e3m2: "float6_e3m2fn",
    fp4: "float4_e2m1fn",
  };
  const answer = JSON.parse(runPython(script, JSON.stringify({ x: base64(x), row: 64, kinds })));
  for (const name of Object.keys(kinds)) {
    const expected = new Float32Array(fromBase64(answer[name]));
    expect([name, store(x, 64, { format: name, group: 64 }).values]).toEqual([name, expected]);
  }
});

describe("bytes", () => {
  const bytesOf = (storage: Storage) => store(new Float32Array(70).fill(1), 35, storage).bytes;
  test.each([
    [{ format: "int3" }, { codes: 27, scales: 4, zeroPoints: 0 }],
    [
      { format: "int3", group: 35 },
      { codes: 27, scales: 8, zeroPoints: 0 },
    ],
    [
      { format: "int3", group: 16 },
      { codes: 27, scales: 24, zeroPoints: 0 },
    ],
    [
      { format: "int3", group: 16, halfScales: true },
      { codes: 27, scales: 12, zeroPoints: 0 },
    ],
    [
      { format: "uint4", group: 16 },
      { codes: 35, scales: 24, zeroPoints: 3 },
    ],
    [
      { format: "int4", group: 16, symmetric: false },
      { codes: 35, scales: 24, zeroPoints: 3 },
    ],
    [
      { format: "fp6_e2m3", group: 35 },
      { codes: 53, scales: 8, zeroPoints: 0 },
    ],
    [{ format: "fp16" }, { codes: 140, scales: 0, zeroPoints: 0 }],
    [{ format: "mxfp4" }, { codes: 35, scales: 4, zeroPoints: 0 }],
  ])("%o", (storage, expected) => expect(bytesOf(storage)).toEqual(expected));
});

test("7-bit int8 has no code beyond 64", () => {
  const values = floats(-2, 1, 0.5, 0.01);
  const { values: read } = store(values, 4, { format: "int8", largestCode: 64 });
  expect(Array.from(read, (value) => value * 32)).toEqual([-64, 32, 16, 0]);
});

test("scales are fp16 values where all of them are normal ones, else float32", () => {
  const scaleOf = (top: number) => store(floats(top), 1, { format: "int8", group: 1, halfScales: true });
  expect(scaleOf(1)).toEqual({ values: floats(127 * 0.007873535), bytes: { codes: 1, scales: 2, zeroPoints: 0 } });
  expect(scaleOf(1e-6).bytes.scales).toBe(4);
  expect(scaleOf(1e9).bytes.scales).toBe(4);
});

describe("what no scale fits", () => {
  test("zeros stay zeros, a subnormal becomes at most as large as it is, nothing is NaN", () => {
    for (const { name } of formats.filter((format) => format.name !== "e8m0")) {
      expect([name, Array.from(store(new Float32Array(8), 4, { format: name, group: 4 }).values, Math.abs)]).toEqual([
        name,
        new Array(8).fill(0),
      ]);
      const tiny = store(floats(1e-44, 0, 0, 0), 4, { format: name, group: 4 }).values;
      expect([name, tiny.every((value) => Math.abs(value) <= 2e-38)]).toEqual([name, true]);
    }
  });

  test("values that share a scale with NaN or infinity are NaN, those beside them are not", () => {
    for (const format of ["int4", "uint4", "fp8_e4m3", "fp4"]) {
      for (const bad of [Number.NaN, Infinity]) {
        const { values } = store(floats(bad, 1, 1, 1), 4, { format, group: 2 });
        expect([...values].map(Number.isNaN)).toEqual([true, true, false, false]);
      }
    }
  });

  test("no values are no values", () => {
    for (const { name } of formats.filter((format) => format.name !== "e8m0")) {
      expect(store(new Float32Array(0), 1, { format: name, group: 1 }).values).toHaveLength(0);
    }
  });

  test("a broken call is an error, not a number", () => {
    expect(() => store(floats(1), 1, { format: "int99" })).toThrow('no number format is called "int99"');
    expect(() => store(floats(1, 2, 3), 2, { format: "int8" })).toThrow("3 values do not fill rows of 2");
    expect(() => store(floats(1), 1, { format: "int8", group: 0 })).toThrow("not 0");
    expect(() => tensorScale("bf16", { min: 0, max: 1 })).toThrow("bf16 has no scale to be given");
    expect(() => tensorScale("int8", { min: 0, max: Infinity })).toThrow("finite");
  });
});
