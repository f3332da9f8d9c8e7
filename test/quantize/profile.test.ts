import { expect, test } from "vitest";
import { cpuProfile, refusal } from "../../src/quantize/profile.js";
import { schemeDefinition } from "../../src/quantize/registry.js";
import type { Scheme } from "../../src/quantize/scheme.js";

const vnni = cpuProfile("x64", ["avx2", "avx512_vnni"]);

function scheme(mode: string, changes: Partial<Scheme> = {}): Scheme {
  const definition = schemeDefinition(mode);
  if (!definition) throw new Error(`no scheme ${mode}`);
  return { ...definition.build(mode, {}), ...changes };
}

test("a machine's features decide its profile", () => {
  const names = (
    [
      ["x64", ["avx2", "avx512_vnni"]],
      ["x64", ["avx2", "avx_vnni"]],
      ["x64", ["avx2", "avx512vnni"]],
      ["x64", ["avx2", "avx512f"]],
      ["x64", []],
      ["arm64", []],
      ["ppc64", ["altivec"]],
    ] as const
  ).map(([arch, flags]) => cpuProfile(arch, flags).name);
  expect(names).toEqual(["x64-vnni", "x64-vnni", "x64-vnni", "x64-avx2", "unknown", "arm64", "unknown"]);
});

test("a CPU without VNNI carries the hazard of 16-bit sums as a note, one with VNNI none", () => {
  expect(vnni.notes).toEqual([]);
  expect(cpuProfile("x64", ["avx2"]).notes).toMatchInlineSnapshot(`
    [
      "without VNNI the kernels add pairs of products in 16 bits (VPMADDUBSW), which can saturate when weights and activations are both near their limits; an accuracy drop measured here may not exist on a newer CPU",
    ]
  `);
});

test("everything that the defaults build executes on every profile", () => {
  for (const profile of [vnni, cpuProfile("x64", ["avx2"]), cpuProfile("arm64", []), cpuProfile("x64", [])]) {
    for (const mode of ["fp32", "dynamic", "static", "weight_only"]) {
      expect(refusal(scheme(mode), profile)).toBeUndefined();
    }
    for (const group of [16, 32, 64, 128, 256]) {
      for (const dtype of ["int8", "int4", "int2"]) {
        const weights = { dtype, granularity: "group", group } as const;
        const isLegal = dtype !== "int2" || (group > 16 && group < 256);
        expect(refusal(scheme("weight_only", { weights }), profile) === undefined).toBe(isLegal);
      }
    }
    const perTensor = { dtype: "int8", granularity: "per_tensor" } as const;
    expect(refusal(scheme("static", { weights: perTensor }), profile)).toBeUndefined();
    expect(refusal(scheme("dynamic", { weights: perTensor }), profile)).toBeUndefined();
  }
});

test("what has no kernel is refused with the reason and what executes instead", () => {
  const perChannel = (dtype: string) => ({ dtype, granularity: "per_channel" }) as const;
  const group = (dtype: string, size: number) => ({ dtype, granularity: "group", group: size }) as const;
  const refused = [
    scheme("static", { weights: perChannel("int4") }),
    scheme("dynamic", { weights: perChannel("int4") }),
    scheme("static", { weights: perChannel("int3") }),
    scheme("weight_only", { weights: group("int3", 32) }),
    scheme("weight_only", { weights: group("int7", 32) }),
    scheme("weight_only", { weights: group("nf4", 32) }),
    scheme("weight_only", { weights: perChannel("int8") }),
    scheme("weight_only", { weights: group("int4", 512) }),
    scheme("weight_only", { weights: group("int2", 16) }),
    scheme("static", { activations: { dtype: "int8" } }),
    scheme("static", { activations: { dtype: "int4" } }),
    scheme("static", { keep: { dense_1: "int4" } }),
    scheme("static", { method: "gptq" }),
  ];
  expect(refused.map((each) => refusal(each, vnni)).join("\n")).toMatchInlineSnapshot(`
    "static with int4 weights has no kernel: QLinearConv, QGemm, QLinearMatMul and MatMulInteger take 8-bit weights; weight_only executes int4
    dynamic with int4 weights has no kernel: QLinearConv, QGemm, QLinearMatMul and MatMulInteger take 8-bit weights; weight_only executes int4
    static with int3 weights has no kernel: QLinearConv, QGemm, QLinearMatMul and MatMulInteger take 8-bit weights; int8 executes
    weight_only with int3 weights has no kernel: MatMulNBits computes with 2-, 4- and 8-bit weights; int4 executes
    weight_only with int7 weights has no kernel: MatMulNBits computes with 2-, 4- and 8-bit weights; int8 executes
    weight_only with nf4 weights has no kernel: MatMulNBits computes with 2-, 4- and 8-bit weights; int4 executes
    weight_only with per_channel scales has no kernel; group: 32 (a scale for each 32 weights of an output) executes
    weight_only with int4 in groups of 512 has no integer kernel: MatMulNBits takes groups of 16, 32, 64, 128, 256 for it
    weight_only with int2 in groups of 16 has no integer kernel: MatMulNBits takes groups of 32, 64, 128 for it
    static with int8 activations is not executed: int8 x int8 falls back to kernels that are several times slower than float on x64; uint8 executes
    static with int4 activations is not executed: quantized kernels take 8-bit activations; uint8 executes
    static cannot keep "dense_1" at int4: static executes int8 and fp32
    method gptq is not implemented; rtn is"
  `);
});

test("keep rules with executable precisions are accepted", () => {
  expect(refusal(scheme("static", { keep: { a: "fp32", b: "int8" } }), vnni)).toBeUndefined();
  expect(refusal(scheme("weight_only", { keep: { a: "fp32", b: "int8", c: "int4" } }), vnni)).toBeUndefined();
});
