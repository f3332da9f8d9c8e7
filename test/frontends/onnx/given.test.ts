import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { toOnnx } from "../../../src/backends/onnx/write.js";
import { hashBytes } from "../../../src/base/hash.js";
import { ownPackage } from "../../../src/base/package.js";
import { openOnnx } from "../../../src/frontends/onnx/open.js";
import type { Graph } from "../../../src/ir/graph.js";
import { interpret } from "../../../src/ir/interpret.js";
import { openModel } from "../../../src/run/inputs.js";
import { type RanText, runText } from "../../../src/session/program.js";
import { tensorFrom } from "../../../src/tensor/tensor.js";
import { havePython, runPython } from "../../python.js";

/** Models that onnxruntime's own quantizer wrote, run as they came and exported again. */

const PATIENCE_MS = 120_000;
const root = mkdtempSync(join(tmpdir(), "nibble-given-"));
const shipped = join(ownPackage().folder, "datasets");
const csv = join(shipped, "digits/digits.csv");

/** Reads fp32.onnx, the shipped CNN as we lower it, and the first rows of the digits. */
const quantize = `
import sys, csv, warnings
warnings.filterwarnings("ignore")
import logging; logging.disable(logging.CRITICAL)
import numpy as np, onnx
from onnxruntime.quantization import quantize_static, quantize_dynamic, CalibrationDataReader, QuantFormat, QuantType
folder, path = sys.stdin.read().split("\\n")[:2]
rows = list(csv.reader(open(path)))[1:41]
x = np.array([r[:64] for r in rows], np.float32).reshape(-1, 8, 8, 1) / 16
name = onnx.load(f"{folder}/fp32.onnx").graph.input[0].name
class Rows(CalibrationDataReader):
    def __init__(self): self.left = iter([{name: x}])
    def get_next(self): return next(self.left, None)
for form in ("QDQ", "QOperator"):
    quantize_static(f"{folder}/fp32.onnx", f"{folder}/{form}.onnx", Rows(), quant_format=QuantFormat[form],
                    activation_type=QuantType.QUInt8, weight_type=QuantType.QInt8, per_channel=form == "QDQ")
quantize_dynamic(f"{folder}/fp32.onnx", f"{folder}/dynamic.onnx", weight_type=QuantType.QInt8, op_types_to_quantize=["MatMul", "Gemm"])
`;

const program = (form: string) => `model cnn = onnx("${form}.onnx")
data digits = csv("${csv}") { label: digit, shape: [8, 8, 1], scale: 1/16, split: train 80% test 20% seed 7 }
experiment sweep {
  model cnn
  data digits
  try given
  measure accuracy, size
}
export sweep.given to "${form}" { forms: onnx }
`;

async function run(form: string): Promise<RanText> {
  const path = join(root, `${form}.nib`);
  return runText({ path, text: program(form) }, { folder: root });
}

describe.skipIf(!havePython)("a model that came quantized", () => {
  beforeAll(async () => {
    mkdirSync(join(root, ".nibble"));
    const model = await openModel({ name: "cnn", format: "tfjs", path: join(shipped, "models/digits-cnn/model.json") });
    writeFileSync(join(root, "fp32.onnx"), toOnnx(model.graph));
    runPython(quantize, `${root}\n${csv}\n`);
  }, PATIENCE_MS);
  afterAll(() => rmSync(root, { recursive: true, force: true }));

  test.each(["QDQ", "QOperator"])(
    "%s is evaluated as it came, beside its float form, and exported byte for byte",
    async (form) => {
      const { results, diagnostics } = await run(form);
      expect(diagnostics.filter(({ severity }) => severity === "error")).toEqual([]);
      const [result] = results;
      const [fp32, given] = (result?.records ?? []).map((each) => (each.status === "completed" ? each : undefined));
      expect(fp32?.accuracy?.top1?.value).toBeGreaterThan(0.97);
      expect(given?.accuracy?.top1?.value).toBeGreaterThan(0.97);
      // Two convolutions, two dense layers and the pooling between them.
      expect(given?.attestation).toMatchObject({ integerNodes: 5, floatNodes: 0, attested: true });
      expect(given?.size?.ratio).toBeLessThan(0.3);
      // Every weight of the products is a code of one byte.
      expect(given?.size?.codes).toBeGreaterThan(0.24 * (fp32?.size?.float ?? 0));
      expect(given?.size?.scales).toBeGreaterThan(0);
      expect(given?.parity).toMatchObject({ of: "given", samples: 32 });
      expect(given?.parity?.maxRelativeError).toBeLessThan(1e-4);
      const written = readFileSync(join(root, form, "model.onnx"));
      expect({ sha256: hashBytes(written), bytes: written.length }).toEqual(given?.file);
    },
    PATIENCE_MS,
  );

  test("the float form of a dynamic file has each scale in its weights and computes what the float model does", async () => {
    const { given, graph } = (await openOnnx(join(root, "dynamic.onnx"))).lowerBoth({});
    const count = (of: Graph | undefined, opType: string) => of?.nodes.filter((node) => node.opType === opType).length;
    expect([count(given, "MatMulInteger"), count(given, "Mul"), count(graph, "MatMul"), count(graph, "Mul")]).toEqual([
      2, 4, 2, 0,
    ]);
    const x = tensorFrom(
      "float32",
      [2, 8, 8, 1],
      Array.from({ length: 128 }, (_, i) => ((i * 7) % 17) / 16),
    );
    const [{ name = "" } = {}] = graph.inputs;
    const [{ name: output = "" } = {}] = graph.outputs;
    const before = (await openOnnx(join(root, "fp32.onnx"))).lowerBoth({}).graph;
    const [found, wanted] = [graph, before].map((each) => interpret(each, { [name]: x }).get(output)?.data ?? []);
    const far = Array.from((wanted ?? []) as Float32Array, (value, i) => Math.abs(Number(value) - Number(found?.[i])));
    expect(far.length).toBe(20);
    // Weights of 8 bits are all that is between them.
    expect(Math.max(...far)).toBeLessThan(0.02);
  });
});
