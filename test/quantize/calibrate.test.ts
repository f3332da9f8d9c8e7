import { expect, test } from "vitest";
import { DiagnosticError, renderDiagnostic } from "../../src/base/diagnostic.js";
import { seededRandom } from "../../src/base/random.js";
import { graphBuilder } from "../../src/ir/builder.js";
import type { Graph } from "../../src/ir/graph.js";
import { interpret } from "../../src/ir/interpret.js";
import { verify } from "../../src/ir/verify.js";
import { type Calibrator, startCalibration } from "../../src/quantize/calibrate.js";
import type { Calibration } from "../../src/quantize/scheme.js";
import { type Tensor, tensor, tensorFrom } from "../../src/tensor/tensor.js";

const minmax = (samples: number): Calibration => ({ observer: "minmax", samples });

/** x [batch, 2] -> dense, relu -> dense -> softmax */
function mlp(reluLayer = "hidden"): Graph {
  const g = graphBuilder("mlp");
  const x = g.input("x", "float32", ["batch", 2]);
  const w1 = g.constant("hidden/kernel", tensorFrom("float32", [2, 2], [1, 0, 0, 1]));
  const hidden = g.node("Gemm", [x, w1], {}, { layer: "hidden" });
  const relu = g.node("Relu", [hidden], {}, { layer: reluLayer });
  const w2 = g.constant("out/kernel", tensorFrom("float32", [2, 2], [1, 2, 3, 4]));
  const out = g.node("Gemm", [relu, w2], {}, { layer: "out" });
  return g.build([g.node("Softmax", [out], {}, { layer: "out" })]);
}

function show(calibrator: Calibrator, rows: readonly (readonly number[])[], offset = 0): void {
  const x = tensorFrom("float32", [rows.length, 2], rows.flat());
  calibrator.observe(Object.fromEntries(interpret(calibrator.graph, { x })), offset);
}

test("what products read and make is observed, and nothing that saturation, weights or float results make needless", () => {
  const { graph } = startCalibration(mlp(), [minmax(1)]);
  expect(verify(graph, "test").outputs.map(({ name }) => name)).toEqual(["out/Softmax", "x:observed", "hidden/Relu"]);
});

test("a ReLU with a layer of its own is part of the product, too", () => {
  const { graph } = startCalibration(mlp("activation"), [minmax(1)]);
  expect(graph.outputs.map(({ name }) => name)).toEqual(["out/Softmax", "x:observed", "activation/Relu"]);
});

test("ranges are those of all batches, exact with minmax, and contain 0", () => {
  const calibrator = startCalibration(mlp(), [minmax(8)]);
  show(calibrator, [[1, -2]]);
  show(
    calibrator,
    [
      [0.5, 3],
      [0.25, 1],
    ],
    1,
  );
  expect(calibrator.ranges(minmax(8))).toEqual(
    new Map([
      ["x", { min: -2, max: 3 }],
      ["hidden/Relu", { min: 0, max: 3 }],
    ]),
  );
});

test("each calibration sees its own first samples alone, wherever batches are cut", () => {
  const random = seededRandom(3);
  const rows = Array.from({ length: 12 }, () => [random.normal(), random.normal()]);
  const asked: Calibration[] = [2, 5, 7, 12].flatMap((samples) => [
    minmax(samples),
    { observer: "entropy", samples },
    { observer: "percentile", percentile: 90, samples },
    { observer: "mse", samples },
  ]);
  const together = startCalibration(mlp(), asked);
  show(together, rows.slice(0, 1));
  show(together, rows.slice(1, 9), 1);
  show(together, rows.slice(9), 9);
  for (const calibration of asked) {
    const alone = startCalibration(mlp(), [calibration]);
    show(alone, rows.slice(0, calibration.samples));
    expect(together.ranges(calibration)).toEqual(alone.ranges(calibration));
  }
});

test("samples are told apart where the batch is not the first dimension", () => {
  const g = graphBuilder("turned");
  const x = g.input("x", "float32", ["batch", 3]);
  const turned = g.node("Transpose", [x], { perm: [1, 0] });
  const tanh = g.node("Tanh", [turned]);
  const back = g.node("Transpose", [tanh], { perm: [1, 0] });
  const w = g.constant("w", tensorFrom("float32", [3, 1], [1, 1, 1]));
  const graph = g.build([g.node("Gemm", [back, w])]);
  const calibrator = startCalibration(graph, [minmax(1), minmax(2)]);
  const rows = tensorFrom("float32", [2, 3], [0.1, 0.2, 0.3, 5, -5, 5]);
  calibrator.observe(Object.fromEntries(interpret(calibrator.graph, { x: rows })), 0);
  const tanhMax = (samples: number) => calibrator.ranges(minmax(samples)).get("Tanh")?.max;
  expect([tanhMax(1), tanhMax(2)]).toEqual(
    [Math.fround(Math.tanh(0.3)), Math.fround(Math.tanh(5))].map((v) => expect.closeTo(v, 6)),
  );
});

test("a value that is moved needs no range of its own: that of its source holds", () => {
  const g = graphBuilder("moved");
  const x = g.input("x", "float32", ["batch", 2, 2]);
  const flat = g.node("Flatten", [g.node("Transpose", [x], { perm: [0, 2, 1] })], { axis: 1 });
  const w = g.constant("w", tensorFrom("float32", [4, 1], [1, 1, 1, 1]));
  const { graph } = startCalibration(g.build([g.node("Gemm", [flat, w])]), [minmax(1)]);
  expect(graph.outputs.map(({ name }) => name)).toEqual(["Gemm", "x:observed"]);
});

function rendered(action: () => void): string {
  try {
    action();
  } catch (error) {
    if (error instanceof DiagnosticError)
      return error.diagnostics.map((d) => renderDiagnostic(d, new Map())).join("\n");
    throw error;
  }
  return "no diagnostic";
}

test("NaN is reported with the value, its layer and the sample", () => {
  const calibrator = startCalibration(mlp(), [minmax(10)]);
  const good: Record<string, Tensor> = { "x:observed": tensorFrom("float32", [2, 2], [1, 2, 3, 4]) };
  const bad = { ...good, "hidden/Relu": tensor("float32", [2, 2], Float32Array.of(1, 2, 3, Number.NaN)) };
  expect(rendered(() => calibrator.observe(bad, 4))).toMatchInlineSnapshot(`
    "error[activation-not-finite]: calibration saw NaN or infinity in "hidden/Relu" (layer "hidden") at sample 5
         = hint: look for NaN in the data and the weights; an exploding layer can be left in float with \`keep layers ... at fp32\`"
  `);
});

test("calibration without samples is a diagnostic", () => {
  const calibrator = startCalibration(mlp(), [minmax(4)]);
  expect(rendered(() => calibrator.ranges(minmax(4)))).toMatchInlineSnapshot(`
    "error[calibration-empty]: "static" needs calibration, and no sample was shown to it
         = hint: give the data a training split with at least one sample"
  `);
});
