import { expect, test } from "vitest";
import { cpuProfile, executionOf } from "../../src/quantize/profile.js";
import { schemeDefinition } from "../../src/quantize/registry.js";
import type { Scheme } from "../../src/quantize/scheme.js";

const reasonOf = (each: Scheme, profile = vnni): string => {
  const execution = executionOf(each, profile);
  return execution.kind === "executed" ? "executed" : `${execution.kind}: ${execution.reason}`;
};

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
      expect(reasonOf(scheme(mode), profile)).toBe("executed");
    }
    for (const group of [16, 32, 64, 128, 256]) {
      for (const dtype of ["int8", "int4", "int2"]) {
        const weights = { dtype, granularity: "group", group } as const;
        const isLegal = dtype !== "int2" || (group > 16 && group < 256);
        expect(reasonOf(scheme("weight_only", { weights }), profile) === "executed").toBe(isLegal);
      }
    }
    const perTensor = { dtype: "int8", granularity: "per_tensor" } as const;
    expect(reasonOf(scheme("static", { weights: perTensor }), profile)).toBe("executed");
    expect(reasonOf(scheme("dynamic", { weights: perTensor }), profile)).toBe("executed");
    expect(reasonOf(scheme("weight_only", { weights: { dtype: "fp16" } }), profile)).toBe("executed");
  }
});

test("what has no kernel is simulated, with the reason and what executes instead; an unknown method is refused", () => {
  const perChannel = (dtype: string) => ({ dtype, granularity: "per_channel" }) as const;
  const group = (dtype: string, size: number) => ({ dtype, granularity: "group", group: size }) as const;
  const schemes = [
    scheme("static", { weights: perChannel("int4") }),
    scheme("static", { weights: group("int8", 32) }),
    scheme("static", { weights: { dtype: "fp16" } }),
    scheme("static", { weights: { ...perChannel("int8"), symmetric: false } }),
    scheme("dynamic", { weights: perChannel("int4") }),
    scheme("static", { weights: perChannel("int3") }),
    scheme("weight_only", { weights: group("int3", 32) }),
    scheme("weight_only", { weights: group("int7", 32) }),
    scheme("weight_only", { weights: group("nf4", 64) }),
    scheme("weight_only", { weights: { dtype: "bf16" } }),
    scheme("weight_only", { weights: perChannel("int8") }),
    scheme("weight_only", { weights: group("int2", 16) }),
    scheme("static", { activations: { dtype: "int8" } }),
    scheme("static", { activations: { dtype: "int4" } }),
    scheme("static", { activations: { dtype: "uint8", group: 32 } }),
    scheme("static", { keep: { dense_1: "int4" } }),
    scheme("weight_only", { weights: group("int8", 16), keep: { dense_1: "int2" } }),
    scheme("static", { method: "gptq" }),
  ];
  expect(schemes.map((each) => reasonOf(each)).join("\n")).toMatchInlineSnapshot(`
    "simulated: static with int4 weights has no kernel: QLinearConv, QGemm, QLinearMatMul and MatMulInteger take 8-bit integer weights; weight_only executes int4
    simulated: static with weights in groups of 32 has no kernel; per_channel executes
    simulated: static with fp16 weights has no kernel: QLinearConv, QGemm, QLinearMatMul and MatMulInteger take 8-bit integer weights; weight_only executes fp16
    simulated: static with asymmetric int8 weights has no kernel: kernels are fast with symmetric signed ones; int8 alone executes
    simulated: dynamic with int4 weights has no kernel: QLinearConv, QGemm, QLinearMatMul and MatMulInteger take 8-bit integer weights; weight_only executes int4
    simulated: static with int3 weights has no kernel: QLinearConv, QGemm, QLinearMatMul and MatMulInteger take 8-bit integer weights; int8 executes
    simulated: weight_only with int3 weights has no kernel: MatMulNBits computes with 2-, 4- and 8-bit integer weights; int4 executes
    simulated: weight_only with int7 weights has no kernel: MatMulNBits computes with 2-, 4- and 8-bit integer weights; int8 executes
    simulated: weight_only with nf4 weights has no kernel: MatMulNBits computes with 2-, 4- and 8-bit integer weights; int4 executes
    simulated: weight_only with bf16 weights has no kernel: MatMulNBits computes with 2-, 4- and 8-bit integer weights; fp16 executes
    simulated: weight_only with per_channel scales has no kernel; group: 32 (a scale for each 32 weights of an output) executes
    simulated: weight_only with int2 in groups of 16 has no integer kernel: MatMulNBits takes groups of 32, 64, 128 for it
    simulated: static with int8 activations has no fast kernel: int8 x int8 falls back to kernels that are several times slower than float on x64; uint8 executes
    simulated: static with int4 activations has no fast kernel: integer kernels take 8-bit activations; uint8 executes
    simulated: static with activations in groups has no kernel: kernels take one scale for a whole activation; without activation_group it executes
    simulated: "dense_1" is kept at int4, and static with int4 weights has no kernel: QLinearConv, QGemm, QLinearMatMul and MatMulInteger take 8-bit integer weights; weight_only executes int4
    simulated: "dense_1" is kept at int2, and weight_only with int2 in groups of 16 has no integer kernel: MatMulNBits takes groups of 32, 64, 128 for it
    refused: method gptq is not implemented; rtn is"
  `);
});

test("keep rules with executable precisions are accepted", () => {
  expect(reasonOf(scheme("static", { keep: { a: "fp32", b: "int8" } }))).toBe("executed");
  expect(reasonOf(scheme("weight_only", { keep: { a: "fp32", b: "int8", c: "int4", d: "fp16" } }))).toBe("executed");
});
