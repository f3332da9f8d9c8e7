import fc from "fast-check";
import { expect, test } from "vitest";
import { seededRandom } from "../../../src/base/random.js";
import { graphBuilder } from "../../../src/ir/builder.js";
import type { Attribute, Graph } from "../../../src/ir/graph.js";
import { interpret } from "../../../src/ir/interpret.js";
import { runPasses } from "../../../src/ir/passes.js";
import { parseGraph, printGraph } from "../../../src/ir/text.js";
import { spaceToDepth } from "../../../src/quantize/passes/static/space-to-depth.js";
import { elementCount, type Tensor, tensor, tensorFrom } from "../../../src/tensor/tensor.js";
import { onEngine } from "./on-engine.js";

interface Stem {
  readonly outputs: number;
  readonly channels: number;
  readonly kernel: readonly [number, number];
  readonly pads: readonly [number, number, number, number];
  readonly size: readonly [number, number];
  /** Whether pictures come with their channels last, as TF.js has them. */
  readonly channelsLast: boolean;
  readonly seed: number;
}

const usual: Stem = {
  ...{ outputs: 16, channels: 3, kernel: [3, 3], pads: [0, 0, 1, 1], size: [8, 6] },
  ...{ channelsLast: true, seed: 1 },
};

function codes<D extends "uint8" | "int8">(dtype: D, shape: readonly number[], seed: number): Tensor<D> {
  const random = seededRandom(seed);
  const [least, many] = dtype === "int8" ? [-127, 255] : [0, 256];
  return tensorFrom(
    dtype,
    shape,
    Array.from({ length: elementCount(shape) }, () => least + Math.floor(many * random.next())),
  );
}

function stem(given: Partial<Stem> = {}, attributes: Readonly<Record<string, Attribute>> = {}): Graph {
  const { outputs, channels, kernel, pads, size, channelsLast, seed } = { ...usual, ...given };
  const g = graphBuilder("stem");
  const scalar = (name: string, value: number) => g.constant(name, tensorFrom("float32", [], [value]));
  const zero = (name: string, value: number) => g.constant(name, tensorFrom("uint8", [], [value]));
  const channel = <D extends "float32" | "int8" | "int32">(name: string, dtype: D, of: (i: number) => number) =>
    g.constant(
      name,
      tensorFrom(
        dtype,
        [outputs],
        Array.from({ length: outputs }, (_, i) => of(i)),
      ),
    );
  const shape = channelsLast ? ["batch", ...size, channels] : ["batch", channels, ...size];
  const image = g.input("image", "uint8", shape);
  const x = channelsLast ? g.node("Transpose", [image], { perm: [0, 3, 1, 2] }) : image;
  const inputs = [x, scalar("image:scale", 0.02), zero("image:zero_point", 120)];
  inputs.push(g.constant("conv/kernel:codes", codes("int8", [outputs, channels, ...kernel], seed)));
  inputs.push(channel("conv/kernel:scale", "float32", (i) => 0.01 + 0.001 * i));
  inputs.push(channel("conv/kernel:zero_point", "int8", () => 0));
  inputs.push(
    scalar("y:scale", 1.5),
    zero("y:zero_point", 100),
    channel("conv:int32", "int32", (i) => 500 * i),
  );
  const all = { kernel_shape: [...kernel], strides: [2, 2], pads: [...pads], ...attributes };
  return g.build([g.node("QLinearConv", inputs, all, { name: "conv", layer: "conv" })]);
}

function feedsOf(graph: Graph, batch: number, seed: number): Readonly<Record<string, Tensor>> {
  const sizes = graph.inputs.flatMap(({ type }) => type.shape.filter((size) => typeof size === "number"));
  return { image: codes("uint8", [batch, ...sizes], seed + 7) };
}

const even = fc.integer({ min: 3, max: 8 }).map((half) => 2 * half);
const edge = fc.integer({ min: 2, max: 6 });
const pad = fc.integer({ min: 0, max: 3 });
const stems = fc.record({
  outputs: fc.constantFrom(16, 20, 32),
  channels: fc.integer({ min: 1, max: 3 }),
  kernel: fc.tuple(edge, edge),
  pads: fc.tuple(pad, pad, pad, pad),
  size: fc.tuple(even, even),
  channelsLast: fc.boolean(),
  seed: fc.integer({ min: 1, max: 1e6 }),
});

test("the same codes bit for bit, by the interpreter and by onnxruntime", async () => {
  await fc.assert(
    fc.asyncProperty(stems, fc.integer({ min: 1, max: 2 }), async (given, batch) => {
      const before = stem(given);
      const after = runPasses(before, [spaceToDepth]);
      expect(after).not.toBe(before);
      const feeds = feedsOf(before, batch, given.seed);
      const name = before.outputs[0]?.name ?? "";
      const expected = interpret(before, feeds).get(name);
      expect(interpret(after, feeds).get(name)).toEqual(expected);
      expect(await onEngine(after, feeds)).toEqual(await onEngine(before, feeds));
      expect(runPasses(after, [spaceToDepth])).toBe(after);
    }),
    { numRuns: 40, seed: 3 },
  );
});

test("four pixels and two weights by hand: a square's pixels are channels in the order row, column", () => {
  const before = stem({ channels: 1, kernel: [2, 2], pads: [0, 0, 0, 0], size: [2, 2] });
  const weights = Array.from({ length: 64 }, (_, i) => ([10, 0, 0, 5][i] ?? 0) as number);
  const initializers = new Map(before.initializers)
    .set("conv/kernel:codes", tensorFrom("int8", [16, 1, 2, 2], weights))
    .set("y:scale", tensorFrom("float32", [], [0.02]));
  const after = runPasses({ ...before, initializers }, [spaceToDepth]);
  const image = tensor("uint8", [1, 2, 2, 1], Uint8Array.of(220, 1, 2, 160));
  const y = interpret(after, { image }).get("conv")?.data;
  // (220 - 120) * 10 + (160 - 120) * 5 = 1200, by 0.02 * 0.01 / 0.02; channel 1 has its bias of 500 alone, by 0.011.
  expect([y?.[0], y?.[1]]).toEqual([112, 106]);
  expect(after.initializers.get("conv/kernel:codes_1")?.shape).toEqual([16, 4, 1, 1]);
});

test("where the channels come last, rows of pixels are joined and nothing is transposed that was not", async () => {
  await expect(printGraph(runPasses(stem(), [spaceToDepth]))).toMatchFileSnapshot(
    new URL("../../graphs/space-to-depth/stem.after.ir", import.meta.url).pathname,
  );
  const after = runPasses(stem(), [spaceToDepth]);
  expect(parseGraph(printGraph(after))).toEqual(after);
});

test.each<readonly [string, Graph]>([
  ["four channels, which have the kernel already", stem({ channels: 4 })],
  ["fewer outputs than the kernel takes", stem({ outputs: 8 })],
  ["an odd height", stem({ size: [7, 6] })],
  ["a kernel of one pixel", stem({ kernel: [1, 1] })],
  ["stride 1", stem({}, { strides: [1, 1] })],
  ["dilations", stem({}, { dilations: [2, 2] })],
  ["padding that the operator finds", stem({ pads: [0, 0, 0, 0] }, { auto_pad: "SAME_UPPER" })],
])("left as it is: %s", (_, graph) => {
  expect(spaceToDepth.run(graph)).toBe(graph);
});
