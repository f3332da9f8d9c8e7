import { readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, test } from "vitest";
import { toOnnx } from "../../../src/backends/onnx/write.js";
import { interpret } from "../../../src/ir/interpret.js";
import { runPasses } from "../../../src/ir/passes.js";
import { parseGraph, printGraph } from "../../../src/ir/text.js";
import { startCalibration } from "../../../src/quantize/calibrate.js";
import { prepare } from "../../../src/quantize/passes/float/prepare.js";
import { qdqForm } from "../../../src/quantize/passes/qdq.js";
import { quantizeGraph } from "../../../src/quantize/quantize.js";
import { schemeDefinition } from "../../../src/quantize/registry.js";
import type { Tensor } from "../../../src/tensor/tensor.js";
import { havePython, runPython } from "../../python.js";
import { onnxNet, randomNet } from "./float/random-net.js";

const folder = new URL("../../graphs/", import.meta.url);

test.each(["conv-net", "sequence"])(
  "%s: QOperator form becomes QDQ form, with scales along the right axes",
  async (name) => {
    const before = parseGraph(readFileSync(new URL(`quantize-static/${name}.after.ir`, folder), "utf8"));
    const after = runPasses(before, [qdqForm]);
    await expect(printGraph(after)).toMatchFileSnapshot(new URL(`qdq-form/${name}.after.ir`, folder).pathname);
    expect(runPasses(after, [qdqForm])).toBe(after);
  },
);

test("a graph without operators on codes is left alone", () => {
  const before = parseGraph(readFileSync(new URL("quantize-static/conv-net.before.ir", folder), "utf8"));
  expect(qdqForm.run(before)).toBe(before);
});

const scheme = schemeDefinition("static")?.build("static", {});

test("random nets: codes are those of the QOperator form but where a sum lies between two codes", () => {
  let [compared, different] = [0, 0];
  fc.assert(
    fc.property(randomNet, (net) => {
      if (!scheme?.calibration) throw new Error("no scheme");
      const float = prepare(net.graph);
      const calibrator = startCalibration(float, [scheme.calibration]);
      calibrator.observe(Object.fromEntries(interpret(calibrator.graph, net.feeds)), 0);
      const operators = quantizeGraph(float, scheme, calibrator.ranges(scheme.calibration));
      const [expected, actual] = [operators, runPasses(operators, [qdqForm])].map((graph) =>
        interpret(graph, net.feeds),
      );
      for (const [value, codes] of expected ?? []) {
        if (codes.dtype !== "uint8") continue;
        const other = actual?.get(value) as Tensor;
        codes.data.forEach((code, i) => {
          compared++;
          if (code !== other.data[i]) different++;
        });
      }
    }),
    { numRuns: 60, seed: 3 },
  );
  expect(compared).toBeGreaterThan(1000);
  expect(different / compared).toBeLessThan(0.005);
});

/** Checks the file whole, and runs it by ONNX's own reference: the largest difference from the given outputs, relative. */
const CHECK = `
import json, sys, numpy as np, onnx
from onnx.reference import ReferenceEvaluator
given = json.loads(sys.stdin.read())
worst = 0.0
for case in given:
    model = onnx.load_model_from_string(bytes.fromhex(case["model"]))
    onnx.checker.check_model(model, full_check=True)
    feeds = {k: np.array(v["data"], np.float32).reshape(v["shape"]) for k, v in case["feeds"].items()}
    got = ReferenceEvaluator(model).run(None, feeds)[0].ravel()
    want = np.array(case["output"], np.float32)
    worst = max(worst, float(np.max(np.abs(got - want)) / max(1e-6, np.max(np.abs(want)))))
print(worst)
`;

test.skipIf(!havePython)("onnx's checker accepts the files and its reference gives what our interpreter gives", () => {
  const cases = fc.sample(onnxNet, { numRuns: 8, seed: 21 }).map((net) => {
    if (!scheme?.calibration) throw new Error("no scheme");
    const float = prepare(net.graph);
    const calibrator = startCalibration(float, [scheme.calibration]);
    calibrator.observe(Object.fromEntries(interpret(calibrator.graph, net.feeds)), 0);
    const graph = runPasses(quantizeGraph(float, scheme, calibrator.ranges(scheme.calibration)), [qdqForm]);
    const output = interpret(graph, net.feeds).get(graph.outputs[0]?.name ?? "");
    const feeds = Object.entries(net.feeds).map(([name, { shape, data }]) => [
      name,
      { shape, data: [...data].map(Number) },
    ]);
    return {
      model: Buffer.from(toOnnx(graph)).toString("hex"),
      feeds: Object.fromEntries(feeds),
      output: Array.from(output?.data ?? [], Number),
    };
  });
  expect(Number(runPython(CHECK, JSON.stringify(cases)))).toBeLessThan(0.02);
});
