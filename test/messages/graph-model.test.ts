import { expect, test } from "vitest";
import { type Diagnostic, diagnostic, renderDiagnostic } from "../../src/base/diagnostic.js";
import { graphModelWording } from "../../src/base/diagnostics/graph-model.js";

/** Every message about a TF.js graph-model, as a user reads it; what leads to each is in test/frontends/tfjs-graph. */
const conv = { node: "StatefulPartitionedCall/model/conv_1/Relu", op: "_FusedConv2D" };
const boxes = { node: "nms/NonMaxSuppressionV5", op: "NonMaxSuppressionV5" };
const cuts = [{ ...boxes, reason: "how many boxes are left depends on values" }];

const messages: readonly Diagnostic[] = [
  diagnostic("graph-op-unknown", { node: "dense/MatMul", op: "MatMull", nearest: "MatMul" }),
  diagnostic("graph-op-unknown", { node: "head/Own", op: "Own" }),
  diagnostic("graph-op-unsupported", {
    ...conv,
    reason: "TF.js does not run what is fused into it: FusedBatchNorm",
  }),
  diagnostic("graph-op-inputs", {
    ...conv,
    shapes: ["[batch, 8, 8, 3]", "[3, 3, 4, 16]"],
    problem: "3 channels do not divide into groups of 4",
  }),
  diagnostic("graph-attribute", {
    ...conv,
    attribute: "padding",
    expected: "SAME, VALID or EXPLICIT",
    found: '"FULL"',
  }),
  diagnostic("graph-input-missing", { node: "dense/Relu", input: "dense/MatMull", nearest: "dense/MatMul" }),
  diagnostic("graph-node-duplicate", { node: "dense/Relu" }),
  diagnostic("graph-cycle", { nodes: ["a", "b"] }),
  diagnostic("graph-weight-missing", { node: "dense/kernel", nearest: "dense/kernels" }),
  diagnostic("graph-too-many-nodes", { node: "lstm/while", limit: 100_000 }),
  diagnostic("graph-cut", { cuts, outputs: ["boxes", "scores"] }, { severity: "warning" }),
  diagnostic("graph-all-tail", { cuts }),
  diagnostic("graph-batch-fixed", { batch: 1, reason: 'output "mask" does not have it' }),
];

test("messages about graph-models, every code among them", async () => {
  expect(new Set(messages.map(({ code }) => code))).toEqual(new Set(Object.keys(graphModelWording)));
  const rendered = messages.map((message) => renderDiagnostic(message, new Map())).join("\n\n");
  await expect(`${rendered}\n`).toMatchFileSnapshot("graph-model.txt");
});
