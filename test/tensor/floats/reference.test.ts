import { describe, expect, test } from "vitest";
import { unpackCodes, type WideBits } from "../../../src/tensor/packing.js";
import { havePython, runPython } from "../../python.js";
import { base64, formatNamed, fromBase64 } from "../by-name.js";
import { criticalValues } from "./critical.js";

/** Names in the registry, in ml_dtypes (or numpy), and in onnx.proto. */
const types = {
  fp16: ["float16", "FLOAT16"],
  bf16: ["bfloat16", "BFLOAT16"],
  fp8_e4m3: ["float8_e4m3fn", "FLOAT8E4M3FN"],
  fp8_e5m2: ["float8_e5m2", "FLOAT8E5M2"],
  fp8_e4m3fnuz: ["float8_e4m3fnuz", "FLOAT8E4M3FNUZ"],
  fp8_e5m2fnuz: ["float8_e5m2fnuz", "FLOAT8E5M2FNUZ"],
  fp6_e2m3: ["float6_e2m3fn", "FLOAT6E2M3"],
  fp6_e3m2: ["float6_e3m2fn", "FLOAT6E3M2"],
  fp4: ["float4_e2m1fn", "FLOAT4E2M1"],
  e8m0: ["float8_e8m0fnu", "FLOAT8E8M0"],
} as const;
type Name = keyof typeof types;
const names = Object.keys(types) as Name[];

/** For each type: all codes decoded by ml_dtypes; given values cast by ml_dtypes and by ONNX's Cast, saturating and not. */
const script = `
import base64, json, sys
import ml_dtypes, numpy as np
from onnx import TensorProto, helper
from onnx.reference import ReferenceEvaluator
def text(a):
    return base64.b64encode(np.ascontiguousarray(a).tobytes()).decode()
def cast(x, to, saturate):
    mode = {"round_mode": "nearest"} if to == TensorProto.FLOAT8E8M0 else {}
    node = helper.make_node("Cast", ["x"], ["y"], to=to, saturate=saturate, **mode)
    graph = helper.make_graph([node], "g", [helper.make_tensor_value_info("x", TensorProto.FLOAT, None)], [helper.make_tensor_value_info("y", to, None)])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 25)])
    return ReferenceEvaluator(model).run(None, {"x": x})[0]
answers = {}
for name, (dtype, proto, bits, values) in json.load(sys.stdin).items():
    t = np.dtype(getattr(ml_dtypes, dtype, None) or dtype)
    x = np.frombuffer(base64.b64decode(values), np.float32)
    codes = np.arange(2 ** bits, dtype=np.uint8 if bits <= 8 else np.uint16)
    to = getattr(TensorProto, proto)
    with np.errstate(all="ignore"):
        answers[name] = {
            "decoded": text(codes.view(t).astype(np.float32)),
            "ml": text(x.astype(t)),
            "plain": text(cast(x, to, 0)),
            "saturated": text(cast(x, to, 1)),
        }
print(json.dumps(answers))
`;

interface Answer {
  readonly decoded: Float32Array;
  readonly ml: ArrayLike<number>;
  readonly plain: ArrayLike<number>;
  readonly saturated: ArrayLike<number>;
}

/** All values of a type, by code. */
function valuesOf(name: Name): Float32Array {
  const format = formatNamed(name);
  const count = 2 ** format.bits;
  const codes = format.bits === 16 ? Uint16Array.from({ length: count }, (_, i) => i) : undefined;
  const packed = codes ? new Uint8Array(codes.buffer) : packedBytes(count, format.bits);
  const encoded = { ...format.encode(new Float32Array(0)), length: count, rowLength: count, codes: packed };
  return format.decode(encoded);
}

/** All codes of a width, packed: the digits of one number. */
function packedBytes(count: number, bits: number): Uint8Array {
  let number = 0n;
  for (let code = count - 1; code >= 0; code--) number = (number << BigInt(bits)) | BigInt(code);
  return Uint8Array.from({ length: (count * bits) / 8 }, (_, i) => Number((number >> BigInt(8 * i)) & 0xffn));
}

function ask(): ReadonlyMap<Name, Answer> {
  const request = Object.fromEntries(
    names.map((name) => {
      const bits = formatNamed(name).bits;
      return [name, [...types[name], bits, base64(criticalValues(valuesOf(name)))]];
    }),
  );
  const answers = JSON.parse(runPython(script, JSON.stringify(request))) as Record<Name, Record<keyof Answer, string>>;
  return new Map(
    names.map((name) => {
      const codes = (text: string) =>
        formatNamed(name).bits === 16 ? new Uint16Array(fromBase64(text)) : new Uint8Array(fromBase64(text));
      const { decoded, ml, plain, saturated } = answers[name];
      const all = { decoded: new Float32Array(fromBase64(decoded)), ml: codes(ml), plain: codes(plain) };
      return [name, { ...all, saturated: codes(saturated) }];
    }),
  );
}

const answers = havePython ? ask() : new Map<Name, Answer>();

function codesOf(name: Name, values: Float32Array, saturate: boolean): ArrayLike<number> {
  const format = formatNamed(name);
  return unpackCodes(format.encode(values, { saturate }).codes, format.bits as WideBits, values.length);
}

/** The first few values that got another code, for a short message. */
function differences(values: Float32Array, ours: ArrayLike<number>, theirs: ArrayLike<number> | undefined): string[] {
  const found: string[] = [];
  for (let i = 0; i < values.length && found.length < 10; i++) {
    if (ours[i] !== theirs?.[i]) found.push(`${values[i]}: ${ours[i]}, theirs ${theirs?.[i]}`);
  }
  return found;
}

describe.skipIf(!havePython).each(names)("%s", (name) => {
  test("every code has the value that it has in ml_dtypes", () => {
    expect(valuesOf(name)).toEqual(answers.get(name)?.decoded);
  });
});

/** NaN keeps its sign and payload in numpy, which the codes of a JavaScript NaN need not have. */
const withNumbersOnly = (values: Float32Array, name: Name) =>
  name === "fp16" || name === "bf16" ? values.filter((x) => !Number.isNaN(x)) : values;

describe.skipIf(!havePython).each(names.filter((name) => name !== "e8m0"))("rounding to %s", (name) => {
  const values = withNumbersOnly(criticalValues(valuesOf(name)), name);

  test("at every middle between two values and beside it, agrees with ml_dtypes", () => {
    expect(differences(values, codesOf(name, values, false), answers.get(name)?.ml)).toEqual([]);
  });

  test("agrees with ONNX's Cast, with saturate = 0 and 1", () => {
    expect(differences(values, codesOf(name, values, false), answers.get(name)?.plain)).toEqual([]);
    expect(differences(values, codesOf(name, values, true), answers.get(name)?.saturated)).toEqual([]);
  });
});

describe.skipIf(!havePython)("rounding to e8m0", () => {
  const values = criticalValues(valuesOf("e8m0"));
  /** Both round subnormals above 2^-127 up, whatever their distance. */
  const nearest = (codes: ArrayLike<number> | undefined) =>
    Array.from(codes ?? [], (code, i) => {
      const x = values[i] as number;
      return x > 2 ** -127 && x < 1.5 * 2 ** -127 ? 0 : code;
    });

  test("agrees with ml_dtypes, but for subnormals that it rounds up", () => {
    const ours = codesOf("e8m0", values, false);
    expect(differences(values, ours, nearest(answers.get("e8m0")?.ml))).toEqual([]);
  });

  test("saturating, agrees with ONNX's Cast rounding to nearest, which knows no sign", () => {
    const ours = Array.from(codesOf("e8m0", values, true));
    const theirs = nearest(answers.get("e8m0")?.saturated).map((code, i) => ((values[i] as number) < 0 ? 0xff : code));
    expect(differences(values, ours, theirs)).toEqual([]);
  });
});
