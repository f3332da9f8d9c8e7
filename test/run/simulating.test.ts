import { expect, test } from "vitest";
import { onnxruntime } from "../../src/engines/onnxruntime.js";
import { interpret } from "../../src/ir/interpret.js";
import { parseGraph } from "../../src/ir/text.js";
import { simulating } from "../../src/run/simulating.js";
import { type Tensor, tensorFrom } from "../../src/tensor/tensor.js";

const options = { threads: 1, optimization: "all" } as const;

/** A residual around a quantized product, a quantized input, an output that is one, and values that skip a step. */
const graph = parseGraph(`graph "residual" {
  input %x: float32 [batch, 4]
  const %w: float32 [4, 4] = [1, 0.5, -0.25, 2, 0, 1, 0.5, -1, 0.75, -0.5, 1, 0, 0.1, 0.2, 0.3, 0.4]
  const %s: float32 [] = [0.25]
  const %z: int32 [] = [8]
  %xq = nibble.FakeQuantize(%x) {axis = -1, format = "mxfp4"} name "xq"
  %a = MatMul(%xq, %w) name "a"
  %aq = nibble.FakeQuantize(%a, %s, %z) {format = "uint4"} name "aq"
  %b = MatMul(%aq, %w) name "b"
  %c = Add(%b, %a) name "c"
  %d = Add(%c, %x) name "d"
  %e = nibble.FakeQuantize(%d) {format = "bf16"} name "e"
  output %e: float32 [batch, 4]
  output %c: float32 [batch, 4]
  output %xq: float32 [batch, 4]
}`);

test("a graph cut at FakeQuantize gives what the interpreter gives", async () => {
  const x = tensorFrom("float32", [3, 4], [0.5, -1, 0.25, 2, 1, 1.5, -0.5, 0.75, 3, -2, 0, 1]);
  const session = await simulating(await onnxruntime(), graph).load("", options);
  const outputs = await session.run({ x });
  const expected = interpret(graph, { x });
  expect(Object.keys(outputs)).toEqual(["e", "c", "xq"]);
  for (const [name, value] of Object.entries(outputs)) {
    expect(value.shape).toEqual([3, 4]);
    const right = (expected.get(name) as Tensor).data as Float32Array;
    for (const [i, each] of (value.data as Float32Array).entries()) expect(each).toBeCloseTo(right[i] as number, 5);
  }
  expect([...(outputs.xq?.data ?? [])]).toEqual([...((expected.get("xq") as Tensor).data as Float32Array)]);
  await session.close();
});

test("a graph without FakeQuantize is one step", async () => {
  const plain = parseGraph(`graph "plain" {
  input %x: float32 [batch, 2]
  %y = Relu(%x) name "y"
  output %y: float32 [batch, 2]
}`);
  let loaded = 0;
  const engine = await onnxruntime();
  const counting = {
    ...engine,
    load: (...given: Parameters<typeof engine.load>) => {
      loaded++;
      return engine.load(...given);
    },
  };
  const session = await simulating(counting, plain).load("", options);
  const { y } = await session.run({ x: tensorFrom("float32", [1, 2], [-1, 1]) });
  expect([loaded, [...(y?.data ?? [])]]).toEqual([1, [0, 1]]);
  await session.close();
});
