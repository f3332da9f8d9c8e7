import { describe, expect, test } from "vitest";
import { nf4Levels } from "../../../src/tensor/blocks/nf4.js";
import { havePython, runPython } from "../../python.js";
import { base64, formatNamed, fromBase64 } from "../by-name.js";
import { beside } from "../floats/critical.js";
import { sampleOf, scrambled } from "./sample.js";

/** Block formats once more, in numpy with ml_dtypes' casts; ggml's by the package `gguf`. */
const script = `
import base64, json, sys
import gguf, ml_dtypes, numpy as np
f = np.float32
def floats(kind):
    t = getattr(ml_dtypes, kind)
    top = f(ml_dtypes.finfo(t).max)
    return top, lambda x: np.clip(x, -top, top).astype(f).astype(t).astype(f)
def mx(element, emax):
    top, cast = (f(127 / 64), lambda x: np.clip(np.rint(x * 64), -127, 127).astype(f) / f(64)) if element == "int8" else floats(element)
    def decode(x):
        blocks = x.reshape(-1, 32).astype(np.float64)
        most = np.abs(blocks).max(axis=1, keepdims=True)
        exponent = np.clip(np.where(most > 0, np.frexp(most)[1] - 1, -9999) - emax, -127, 127)
        return (cast(blocks / 2.0 ** exponent).astype(np.float64) * 2.0 ** exponent).astype(f), (exponent + 127).astype(np.uint8)
    return decode
def nvfp4(x):
    blocks = x.reshape(-1, 16)
    most = np.abs(blocks).max(axis=1, keepdims=True)
    tensor = f(most.max() / f(448 * 6))
    scale = np.clip(most / f(6) / tensor, 0, 448).astype(ml_dtypes.float8_e4m3fn)
    s = scale.astype(f) * tensor
    safe = np.where(s == 0, f(1), s)
    elements = np.where(s == 0, f(0), floats("float4_e2m1fn")[1](blocks / safe))
    return elements * s, scale.view(np.uint8)
levels = np.array([-1.0, -0.6961928009986877, -0.5250730514526367, -0.39491748809814453, -0.28444138169288635, -0.18477343022833334, -0.09105003625154495, 0.0,
  0.07958029955625534, 0.16093020141124725, 0.24611230194568634, 0.33791524171829224, 0.44070982933044434, 0.5626170039176941, 0.7229568362236023, 1.0], f)
# The comparisons "x > t" of dQuantizeNF4 in the CUDA kernels of bitsandbytes.
thresholds = np.array([-0.8480964004993439, -0.6106329262256622, -0.4599952697753906, -0.33967943489551544, -0.23460740596055984, -0.13791173323988914, -0.045525018125772476,
  0.03979014977812767, 0.1202552504837513, 0.2035212516784668, 0.2920137718319893, 0.3893125355243683, 0.5016634166240692, 0.6427869200706482, 0.8614784181118011], f)
def nf4(x):
    blocks = x.reshape(-1, 64)
    scale = np.abs(blocks).max(axis=1, keepdims=True)
    codes = np.searchsorted(thresholds, blocks / np.where(scale == 0, f(1), scale), side="left")
    return levels[codes] * scale, scale.view(np.uint8)
formats = {
    "mxfp8_e4m3": mx("float8_e4m3fn", 8), "mxfp8_e5m2": mx("float8_e5m2", 15), "mxfp6_e2m3": mx("float6_e2m3fn", 2),
    "mxfp6_e3m2": mx("float6_e3m2fn", 4), "mxfp4": mx("float4_e2m1fn", 2), "mxint8": mx("int8", 0), "nvfp4": nvfp4, "nf4": nf4,
}
def text(a):
    return base64.b64encode(np.ascontiguousarray(a).tobytes()).decode()
def bytes_of(t):
    return np.frombuffer(base64.b64decode(t), np.uint8)
request = json.load(sys.stdin)
xs = [bytes_of(x).view(f) for x in request["xs"]]
answers = {name: [[text(a) for a in run(x)] for x in xs] for name, run in formats.items()}
types = {"q4_0": gguf.GGMLQuantizationType.Q4_0, "q8_0": gguf.GGMLQuantizationType.Q8_0, "q4_k": gguf.GGMLQuantizationType.Q4_K, "mxfp4": gguf.GGMLQuantizationType.MXFP4}
for name in ["q4_0", "q8_0"]:
    answers[name] = [[text(gguf.quants.quantize(x, types[name]))] for x in xs]
answers["read"] = {name: text(gguf.quants.dequantize(bytes_of(b), types[name])) for name, b in request["blocks"].items()}
print(json.dumps(answers))
`;

/**
 * Blocks whose largest value is a power of two or lies one unit in the last place beside it, and whose other values are all that
 * lie in the middle of two codes for some format here, or one unit beside a middle.
 */
function edgesOf(levels: readonly number[], largest: number): Float32Array {
  const middles = levels.slice(1).map((level, i) => (level + (levels[i] as number)) / 2);
  const points = middles.flatMap((x) => [beside(x, -1), Math.fround(x), beside(x, 1)]).flatMap((x) => [x, -x]);
  const values = new Float32Array(Math.ceil(points.length / 15) * 256);
  for (const [i, x] of points.entries()) values[Math.floor(i / 15) * 256 + 1 + (i % 15)] = x;
  for (let block = 0; block < values.length; block += 256) values[block] = largest;
  return values;
}

const steps = (count: number, step: number) => Array.from({ length: count + 1 }, (_, i) => i * step);
const e2m1 = [0, 0.5, 1, 1.5, 2, 3, 4, 6];
/** The levels of the block formats under a largest value of 1, 6, 8, 127, 448 * 6 or beside that. */
const edges = [
  ...[beside(8, -1), 8, beside(8, 1), -8].map((largest) => edgesOf(steps(8, 1), largest)),
  ...[127, beside(127, 1), -127].map((largest) => edgesOf(steps(127, 1), largest)),
  ...[beside(1, -1), 1, beside(1, 1)].map((largest) => edgesOf([...nf4Levels].map(Math.abs).sort(), largest)),
  edgesOf(
    [...nf4Levels].filter((x) => x >= 0),
    1,
  ),
  edgesOf(
    [...nf4Levels]
      .filter((x) => x <= 0)
      .map((x) => -x)
      .reverse(),
    1,
  ),
  ...[0.7, 6, 5.9, 6.3].map((largest) => {
    const block = edgesOf(e2m1, largest);
    const scale = nvfp4Scale(largest);
    return block.map((x, i) => (i % 256 === 0 ? x : x * scale));
  }),
  ...[beside(4, -1), 4, beside(2, -1), beside(64, -1)].map((largest) => edgesOf(e2m1, largest)),
];

/** The scale of a block of NVFP4 that holds this value, in a tensor whose largest is 448 * 6. */
function nvfp4Scale(largest: number): number {
  const format = formatNamed("fp8_e4m3");
  return format.decode(format.encode(Float32Array.of(largest / 6)))[0] as number;
}

const parts = [sampleOf(240), ...edges, Float32Array.from({ length: 256 }, (_, i) => (i === 0 ? 448 * 6 : 0))];
const sample = Float32Array.from(parts.flatMap((part) => [...part]));
/** The same again times 1.1, which makes products and quotients that float32 has to round. */
const samples = [sample, sample.map((x) => x * 1.1)];

/** Any bytes, but with fp16 scales that are finite: the exponent of those at some places is held down. */
function anyBlocks(bytes: number, scalesAt: readonly number[], blocks = 500): Uint8Array {
  const random = scrambled(99);
  return Uint8Array.from({ length: bytes * blocks }, (_, i) => {
    const byte = random.next().value >>> 24;
    return scalesAt.includes(i % bytes) ? byte & 0xbf : byte;
  });
}

const blocks = { q4_0: anyBlocks(18, [1]), q8_0: anyBlocks(34, [1]), q4_k: anyBlocks(144, [1, 3]) } as const;

/** A block of our MXFP4 as ggml lays it out: the scale first, byte j holds elements j and j + 16. */
function asGgmlMxfp4(codes: Uint8Array, scales: Uint8Array): Uint8Array {
  const code = (i: number) => ((codes[i >> 1] as number) >> (i % 2 ? 4 : 0)) & 15;
  return Uint8Array.from({ length: scales.length * 17 }, (_, i) => {
    const block = Math.floor(i / 17);
    const j = (i % 17) - 1;
    return j < 0 ? (scales[block] as number) : code(block * 32 + j) | (code(block * 32 + j + 16) << 4);
  });
}

const mxfp4 = formatNamed("mxfp4").encode(sample);

type Answers = Record<string, readonly (readonly string[])[]> & { readonly read: Record<string, string> };
const answers = havePython
  ? (JSON.parse(
      runPython(
        script,
        JSON.stringify({
          xs: samples.map(base64),
          blocks: {
            ...Object.fromEntries(Object.entries(blocks).map(([name, bytes]) => [name, base64(bytes)])),
            mxfp4: base64(asGgmlMxfp4(mxfp4.codes, mxfp4.scales)),
          },
        }),
      ),
    ) as Answers)
  : undefined;

const floatsOf = (text: string | undefined) => new Float32Array(fromBase64(text ?? ""));
const bytesOf = (text: string | undefined) => new Uint8Array(fromBase64(text ?? ""));

/** Places of the first few elements that differ; -0 and 0 are equal. */
function differing(a: ArrayLike<number>, b: ArrayLike<number>): number[] {
  if (a.length !== b.length) return [-1];
  return Array.from(a, (_, i) => i)
    .filter((i) => a[i] !== b[i])
    .slice(0, 10);
}

const scaled = ["mxfp8_e4m3", "mxfp8_e5m2", "mxfp6_e2m3", "mxfp6_e3m2", "mxfp4", "mxint8", "nvfp4", "nf4"];

test.skipIf(!havePython).each(scaled)("%s agrees with numpy and ml_dtypes in scales and values", (name) => {
  for (const [i, values] of samples.entries()) {
    const encoded = formatNamed(name).encode(values);
    const [theirs, scales] = answers?.[name]?.[i] ?? [];
    expect(differing(encoded.scales, bytesOf(scales))).toEqual([]);
    expect(differing(formatNamed(name).decode(encoded), floatsOf(theirs))).toEqual([]);
  }
});

describe.skipIf(!havePython)("ggml", () => {
  test.each(["q4_0", "q8_0"])("%s has the bytes that gguf makes", (name) => {
    for (const [i, values] of samples.entries()) {
      expect(differing(formatNamed(name).encode(values).codes, bytesOf(answers?.[name]?.[i]?.[0]))).toEqual([]);
    }
  });

  test.each(Object.entries(blocks))("any bytes of %s read as gguf reads them", (name, bytes) => {
    const format = formatNamed(name);
    const theirs = floatsOf(answers?.read[name]);
    const layout = { length: theirs.length, rowLength: theirs.length };
    expect(
      differing(format.decode({ ...format.encode(new Float32Array(0)), ...layout, codes: bytes }), theirs),
    ).toEqual([]);
  });

  test("blocks of mxfp4, laid out as ggml's, read as gguf reads them", () => {
    expect(differing(formatNamed("mxfp4").decode(mxfp4), floatsOf(answers?.read.mxfp4))).toEqual([]);
  });
});
