import { describe, expect, test } from "vitest";
import { formats } from "../../src/tensor/formats.js";
import { unpackCodes, type WideBits } from "../../src/tensor/packing.js";
import { formatNamed } from "./by-name.js";

const codesOf = (name: string, values: readonly number[], saturate = true) => {
  const format = formatNamed(name);
  const { codes } = format.encode(Float32Array.from(values), { saturate });
  return [...unpackCodes(codes, format.bits as WideBits, values.length)];
};
const roundTrip = (name: string, values: readonly number[], options = {}) => {
  const format = formatNamed(name);
  return [...format.decode(format.encode(Float32Array.from(values), options))];
};

describe("limits as the specifications print them", () => {
  // OCP OFP8 v1.0, table 1; OCP MX v1.0, tables 2 to 6; IEEE 754 binary16.
  test.each([
    ["fp16", 65504, 2 ** -24],
    ["bf16", 3.3895313892515355e38, 2 ** -133],
    ["fp8_e4m3", 448, 2 ** -9],
    ["fp8_e5m2", 57344, 2 ** -16],
    ["fp8_e4m3fnuz", 240, 2 ** -10],
    ["fp8_e5m2fnuz", 57344, 2 ** -17],
    ["fp6_e2m3", 7.5, 0.125],
    ["fp6_e3m2", 28, 0.0625],
    ["fp4", 6, 0.5],
    ["e8m0", 2 ** 127, 2 ** -127],
    ["mxint8", 1 + 63 / 64, 1 / 64],
  ])("%s: largest %d, smallest %d", (name, largest, smallest) => {
    const format = formatNamed(name);
    expect([format.largest, format.smallest]).toEqual([largest, smallest]);
  });

  test("codes of known numbers: the limits of OFP8 in binary, and 1", () => {
    expect(codesOf("fp8_e4m3", [448, 2 ** -6, 0.875 * 2 ** -6, 2 ** -9, 1, -1])).toEqual([
      0b0_1111_110, 0b0_0001_000, 0b0_0000_111, 0b0_0000_001, 0b0_0111_000, 0b1_0111_000,
    ]);
    expect(codesOf("fp8_e5m2", [57344, 2 ** -14, 0.75 * 2 ** -14, 2 ** -16, 1])).toEqual([
      0b0_11110_11, 0b0_00001_00, 0b0_00000_11, 0b0_00000_01, 0b0_01111_00,
    ]);
    expect(codesOf("fp4", [0, 0.5, 1, 1.5, 2, 3, 4, 6, -6])).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 15]);
    expect(codesOf("e8m0", [2 ** -127, 1, 2 ** 127])).toEqual([0, 127, 254]);
  });
});

test("E4M3 of 1.8131605 is 1.875; a build of onnxruntime gave 1.75", () => {
  expect(roundTrip("fp8_e4m3", [1.8131605])).toEqual([1.875]);
});

test("what lies beyond the largest value saturates, or becomes infinite or NaN, as ONNX's Cast says", () => {
  const beyond = [1e6, -1e6, Infinity, -Infinity, Number.NaN];
  const all = (saturate: boolean) =>
    ["fp8_e4m3", "fp8_e5m2", "fp8_e4m3fnuz"].map((name) => roundTrip(name, beyond, { saturate }));
  const nan = Number.NaN;
  expect(all(true)).toEqual([448, 57344, 240].map((most) => [most, -most, most, -most, nan]));
  expect(all(false)).toEqual([
    [nan, nan, nan, nan, nan],
    [Infinity, -Infinity, Infinity, -Infinity, nan],
    [nan, nan, nan, nan, nan],
  ]);
});

test("16-bit floats keep infinities and NaN; formats without NaN make 0 of it", () => {
  const odd = [Infinity, -Infinity, Number.NaN];
  expect(roundTrip("fp16", odd)).toEqual(odd);
  expect(roundTrip("bf16", odd)).toEqual(odd);
  expect(roundTrip("fp4", odd)).toEqual([6, -6, -0]);
  expect(roundTrip("fp6_e3m2", odd)).toEqual([28, -28, -0]);
});

test("the NaN codes of each type read as NaN, and no others", () => {
  const nans = (name: string) => {
    const format = formatNamed(name);
    const codes = Uint8Array.from({ length: 256 }, (_, i) => i);
    const values = format.decode({ ...format.encode(new Float32Array(0)), length: 256, rowLength: 256, codes });
    return [...codes].filter((code) => Number.isNaN(values[code]));
  };
  expect(nans("fp8_e4m3")).toEqual([0x7f, 0xff]);
  expect(nans("fp8_e5m2")).toEqual([0x7d, 0x7e, 0x7f, 0xfd, 0xfe, 0xff]);
  expect(nans("fp8_e4m3fnuz")).toEqual([0x80]);
  expect(nans("e8m0")).toEqual([0xff]);
});

const withScales = formats.filter(({ block }) => block !== "none").map(({ name }) => name);

describe.each(withScales)("%s", (name) => {
  const { block } = formatNamed(name);
  const length = block === "any" ? 8 : (block as number);

  test("a block with NaN or an infinity reads as NaN, and its neighbour does not", () => {
    for (const bad of [Number.NaN, Infinity, -Infinity]) {
      const values = new Array<number>(2 * length).fill(1);
      values[3] = bad;
      const back = roundTrip(name, values, { rowLength: length, groupSize: length });
      expect(back.slice(0, length).every(Number.isNaN)).toBe(true);
      for (const x of back.slice(length)) expect(x).toBeCloseTo(1, 1);
    }
  });

  test("a constant, a single element, and a block of one subnormal", () => {
    for (const x of roundTrip(name, new Array<number>(length).fill(0.7))) expect(Math.abs(x - 0.7)).toBeLessThan(0.2);
    for (const x of [5, 1e-3]) expect(Math.abs(((roundTrip(name, [x])[0] as number) - x) / x)).toBeLessThan(0.26);
    const [tiny] = roundTrip(name, [2 ** -149]) as [number];
    expect(Math.abs(tiny)).toBeLessThanOrEqual(2 ** -127);
  });
});

test("huge values: scales that are powers of two and fp4 hold them, fp16 scales saturate", () => {
  const huge = 3e38;
  for (const name of ["mxfp8_e4m3", "mxfp8_e5m2", "mxfp6_e2m3", "mxfp6_e3m2", "mxfp4", "mxint8", "nvfp4", "nf4"]) {
    expect(Math.abs((roundTrip(name, [huge])[0] as number) / huge - 1), name).toBeLessThan(0.26);
  }
  expect(roundTrip("q4_0", [huge, -huge])).toEqual([8 * 65504, -7 * 65504]);
  expect(roundTrip("q8_0", [huge, -huge])).toEqual([127 * 65504, -127 * 65504]);
});

test("a block of MXFP4 by hand: scale 2^(floor(log2 5) - 2) = 1, ties to even, the largest saturates at 6", () => {
  const encoded = formatNamed("mxfp4").encode(Float32Array.of(5, -0.25, 0.75, 7.9, 2.5, -3.5, 0, 1.25));
  expect([...encoded.scales]).toEqual([127]);
  expect([...formatNamed("mxfp4").decode(encoded)]).toEqual([4, -0, 1, 6, 2, -4, 0, 1]);
});

test("values that do not fill whole rows are refused", () => {
  for (const rowLength of [0, 3, 1.5, -1, Number.NaN]) {
    const encode = () => formatNamed("mxfp4").encode(new Float32Array(8), { rowLength });
    expect(encode).toThrow(`8 values do not fill rows of ${rowLength}`);
  }
});

test("integers: one scale for all, for each row, for groups in a row; zero points where asymmetric", () => {
  const values = Float32Array.from({ length: 24 }, (_, i) => i - 8);
  const format = formatNamed("uint3");
  const sizes = (options: object) => {
    const { codes, scales, zeroPoints } = format.encode(values, options);
    return [codes.length, scales.length / 4, zeroPoints.length];
  };
  expect(sizes({})).toEqual([9, 1, 1]);
  expect(sizes({ rowLength: 6, groupSize: 6 })).toEqual([9, 4, 2]);
  expect(sizes({ rowLength: 6, groupSize: 4 })).toEqual([9, 8, 3]);
  expect(sizes({ symmetric: true })).toEqual([9, 1, 0]);
});
