import { describe, expect, test } from "vitest";
import { havePython, runPython } from "../../python.js";
import { base64, formatNamed, fromBase64 } from "../by-name.js";
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
def nf4(x):
    blocks = x.reshape(-1, 64)
    scale = np.abs(blocks).max(axis=1, keepdims=True)
    distance = np.abs((blocks / np.where(scale == 0, f(1), scale))[..., None].astype(np.float64) - levels)
    return levels[distance.argmin(axis=-1)] * scale, scale.view(np.uint8)
formats = {
    "mxfp8_e4m3": mx("float8_e4m3fn", 8), "mxfp8_e5m2": mx("float8_e5m2", 15), "mxfp6_e2m3": mx("float6_e2m3fn", 2),
    "mxfp6_e3m2": mx("float6_e3m2fn", 4), "mxfp4": mx("float4_e2m1fn", 2), "mxint8": mx("int8", 0), "nvfp4": nvfp4, "nf4": nf4,
}
def text(a):
    return base64.b64encode(np.ascontiguousarray(a).tobytes()).decode()
def bytes_of(t):
    return np.frombuffer(base64.b64decode(t), np.uint8)
request = json.load(sys.stdin)
x = bytes_of(request["x"]).view(f)
answers = {name: [text(a) for a in run(x)] for name, run in formats.items()}
types = {"q4_0": gguf.GGMLQuantizationType.Q4_0, "q8_0": gguf.GGMLQuantizationType.Q8_0, "q4_k": gguf.GGMLQuantizationType.Q4_K, "mxfp4": gguf.GGMLQuantizationType.MXFP4}
for name in ["q4_0", "q8_0"]:
    answers[name] = [text(gguf.quants.quantize(x, types[name]))]
answers["read"] = {name: text(gguf.quants.dequantize(bytes_of(b), types[name])) for name, b in request["blocks"].items()}
print(json.dumps(answers))
`;

const sample = sampleOf(240);

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

type Answers = Record<string, readonly string[]> & { readonly read: Record<string, string> };
const answers = havePython
  ? (JSON.parse(
      runPython(
        script,
        JSON.stringify({
          x: base64(sample),
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
  const encoded = formatNamed(name).encode(sample);
  expect(differing(encoded.scales, bytesOf(answers?.[name]?.[1]))).toEqual([]);
  expect(differing(formatNamed(name).decode(encoded), floatsOf(answers?.[name]?.[0]))).toEqual([]);
});

describe.skipIf(!havePython)("ggml", () => {
  test.each(["q4_0", "q8_0"])("%s has the bytes that gguf makes", (name) => {
    expect(differing(formatNamed(name).encode(sample).codes, bytesOf(answers?.[name]?.[0]))).toEqual([]);
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
