import { describe, expect, test } from "vitest";
import { DiagnosticError } from "../../../src/base/diagnostic.js";
import { decodeOnnx } from "../../../src/frontends/onnx/read.js";
import type { Tensor } from "../../../src/tensor/tensor.js";
import { havePython } from "../../python.js";
import { type NodeCase, nodeCases } from "./node-cases.js";
import { runModel, tensorOf } from "./run-node.js";

/** Vectors that mean something else than what is computed here, each with why. */
const known: Readonly<Record<string, string>> = {
  test_resize_downsample_scales_linear_align_corners: "onnxruntime rounds the length down first, as the IR does",
  test_resize_downsample_scales_cubic_align_corners: "onnxruntime rounds the length down first, as the IR does",
  test_eyelike_with_dtype: "float64 is float32 here",
};

/** Codes of 8 bits may differ by one where float sums are rounded otherwise; 16-bit floats are computed in float32. */
const tolerance = (name: string): number => (/bf16|bfloat16|fp16|float16/.test(name) ? 2e-2 : 1e-3);

/** "same", the operator that a diagnostic refuses, or what is wrong. */
type Verdict = { readonly same: true } | { readonly refused: string } | { readonly wrong: string };

async function verdict({ name, model: bytes, inputs, outputs }: NodeCase): Promise<Verdict> {
  try {
    const model = await decodeOnnx(bytes, `${name}.onnx`);
    const expected = outputs.map(tensorOf);
    const found = computed(model, inputs.map(tensorOf));
    const [wrong] = expected.flatMap((each, i) => difference(found[i], each, tolerance(name)) ?? []);
    return wrong === undefined ? { same: true } : { wrong: `${name}: ${wrong}` };
  } catch (error) {
    if (!(error instanceof DiagnosticError)) return { wrong: `${name}: ${String(error)}` };
    const [first] = error.diagnostics;
    const operator = first && "operator" in first.facts ? String(first.facts.operator) : undefined;
    return { refused: operator ?? first?.code ?? "" };
  }
}

/** With the fewest constants with which the model can be lowered: exporters have shapes and axes as constants. */
function computed(model: Parameters<typeof runModel>[0], inputs: readonly Tensor[]): readonly Tensor[] {
  try {
    return runModel(model, inputs, () => false);
  } catch {
    try {
      return runModel(model, inputs, (_, i) => i > 0);
    } catch {
      return runModel(model, inputs, () => true);
    }
  }
}

function difference(found: Tensor | undefined, expected: Tensor, most: number): string | undefined {
  if (!found || found.dtype !== expected.dtype || found.shape.join() !== expected.shape.join()) {
    return `${found?.dtype} [${found?.shape.join()}] instead of ${expected.dtype} [${expected.shape.join()}]`;
  }
  for (let i = 0; i < expected.data.length; i++) {
    const [a, b] = [Number(found.data[i]), Number(expected.data[i])];
    if (Object.is(a, b) || a === b) continue;
    if (!(Math.abs(a - b) <= most * (1e-2 + Math.abs(b)))) return `${a} instead of ${b}`;
  }
  return undefined;
}

describe.skipIf(!havePython)("ONNX's own node vectors", () => {
  test("every one that is read gives what ONNX says; the others are refused by name", {
    timeout: 300_000,
  }, async () => {
    const cases = nodeCases();
    const verdicts = await Promise.all(cases.map(verdict));
    const wrong = verdicts.flatMap((each, i) => ("wrong" in each && !known[cases[i]?.name ?? ""] ? [each.wrong] : []));
    const refused = new Map<string, number>();
    for (const each of verdicts) if ("refused" in each) refused.set(each.refused, (refused.get(each.refused) ?? 0) + 1);
    expect(wrong).toEqual([]);
    expect(verdicts.filter((each) => "same" in each).length).toBeGreaterThanOrEqual(1190);
    // A rule that stops reading what it read is seen here.
    const list = [...refused].sort(([a], [b]) => (a < b ? -1 : 1)).map(([what, count]) => `${what} ${count}`);
    await expect(`${list.join("\n")}\n`).toMatchFileSnapshot("node-vectors.txt");
  });
});
