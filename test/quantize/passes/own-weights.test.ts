import { expect, test } from "vitest";
import { toOnnx } from "../../../src/backends/onnx/write.js";
import { onnxruntime } from "../../../src/engines/onnxruntime.js";
import { runPasses } from "../../../src/ir/passes.js";
import { parseGraph, printGraph } from "../../../src/ir/text.js";
import { ownWeights } from "../../../src/quantize/passes/own-weights.js";
import { tensorFrom } from "../../../src/tensor/tensor.js";

/** One dense layer applied twice. */
const shared = parseGraph(`graph "shared" {
  input %x: float32 [batch, 2]
  const %"w:codes": int8 [2, 2] = [127, 3, -4, 90]
  const %"w:scale": float32 [] = [0.01]
  const %"w:zero_point": int8 [] = [0]
  %once = com.microsoft.DynamicQuantizeMatMul(%x, %"w:codes", %"w:scale", %"w:zero_point") name "once"
  %twice = com.microsoft.DynamicQuantizeMatMul(%once, %"w:codes", %"w:scale", %"w:zero_point") name "twice"
  output %twice: float32 [batch, 2]
}`);

test("the second reader gets a copy, and what only one reads stays", () => {
  const own = runPasses(shared, [ownWeights]);
  expect(own.nodes.map(({ inputs }) => inputs.slice(1))).toEqual([
    ["w:codes", "w:scale", "w:zero_point"],
    ["w:codes_1", "w:scale", "w:zero_point_1"],
  ]);
  expect(own.initializers.get("w:codes_1")).toEqual(shared.initializers.get("w:codes"));
  expect(runPasses(own, [ownWeights])).toBe(own);
  expect(parseGraph(printGraph(own))).toEqual(own);
});

test("onnxruntime's precise mode refuses shared weights and takes these, with the same result", async () => {
  const engine = await onnxruntime();
  const options = { threads: 1, optimization: "all" } as const;
  const precise = { ...options, extra: { "session.x64quantprecision": "1" } };
  const run = async (graph: typeof shared, given: typeof options) => {
    const session = await engine.load(toOnnx(graph), given);
    const { twice } = await session.run({ x: tensorFrom("float32", [1, 2], [1, -0.5]) });
    await session.close();
    return twice;
  };
  expect(await run(runPasses(shared, [ownWeights]), precise)).toEqual(await run(shared, options));
});
