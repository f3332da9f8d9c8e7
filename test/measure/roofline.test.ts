import { expect, test } from "vitest";
import type { MachinePeaks } from "../../src/measure/peaks.js";
import { armRoofline, longestNodes, millisecondsOf, withLayers } from "../../src/measure/roofline.js";
import type { NodeWork } from "../../src/measure/work.js";

const peaks: MachinePeaks = {
  threads: 1,
  floatMacs: 1e9,
  integerMacs: 4e9,
  bandwidth: [
    { footprintBytes: 1e3, bytesPerSecond: 1e9 },
    { footprintBytes: 1e6, bytesPerSecond: 1e8 },
  ],
  overhead: { runMs: 0.5, nodeMs: 0.25 },
};

const product = (node: string, facts: Partial<NodeWork>): NodeWork => ({
  ...{ node, operator: "Conv", macs: 0, integer: false, weightBytes: 0, activationBytes: 0 },
  ...facts,
});

const time = (node: string, operator: string, microseconds = 1) => ({ node, operator, microseconds });

test("each product takes what its arithmetic or its bytes need, whichever is more, at the speed of its kind and level", () => {
  const work = [
    // 1e6 MACs at 1e9: 1 ms; its bytes need 0.1 ms.
    product("float", { macs: 1e6, weightBytes: 1e5, activationBytes: 0 }),
    // 0.25 ms of arithmetic; 1 ms of weights and 2e6 bytes of its own at the slower level: 21 ms.
    product("wide", { macs: 1e6, integer: true, weightBytes: 1e6, activationBytes: 2e6 }),
    product("relu", {}),
  ];
  const times = [time("float", "Conv"), time("wide", "QLinearConv")];
  expect(armRoofline({ work, medianMs: 62, times }, peaks)).toEqual({
    macs: 2e6,
    bytes: 3.1e6,
    leastMs: expect.closeTo(31, 9),
    share: expect.closeTo(0.5, 9),
    bound: "memory",
    nodes: 2,
    overheadMs: 1,
  });
});

test("weights that lie with all others in a fast level are read fast", () => {
  const work = [product("small", { macs: 1e6, weightBytes: 500 })];
  expect(armRoofline({ work, medianMs: 2, times: [] }, peaks)).toMatchObject({
    leastMs: 1,
    share: 0.5,
    bound: "compute",
  });
});

test("nodes of the optimized graph find their layer through the engine's endings, and a fused product its own", () => {
  const work = [
    product("c/Conv", { macs: 1, layer: "c" }),
    product("c/Conv_1", { macs: 1, layer: "other" }),
    product("r/Relu", { layer: "r", follows: "c" }),
    product("p/MaxPool", { layer: "p", follows: "c" }),
  ];
  const times = [
    time("c/Conv_token_3", "QLinearConv"),
    time("c/Conv_1_nchwc", "Conv"),
    time("r/Relu_nchwc", "Conv"),
    time("r/Relu", "Relu"),
    time("fused c/Conv", "FusedConv"),
    time("p/MaxPool_token_5", "NhwcMaxPool"),
    time("ReorderOutput", "ReorderOutput"),
  ];
  expect(withLayers(times, work).map(({ layer }) => layer)).toEqual(["c", "other", "c", "r", "c", "p", undefined]);
});

test("a planned node's time is that of all nodes that carry its name; unknown where none ran", () => {
  const times = [
    time("c/Conv_quant", "QuantizeLinear", 500),
    time("c/Conv", "Conv", 1500),
    time("c/Conv_1", "Conv", 9),
  ];
  expect([millisecondsOf("c/Conv", times), millisecondsOf("d/Gemm", times)]).toEqual([2, undefined]);
});

test("the longest forty nodes are kept, longest first", () => {
  const times = Array.from({ length: 50 }, (_, i) => time(`n${i}`, "Relu", i));
  const kept = longestNodes(times);
  expect([kept.length, kept[0]?.node, kept.at(-1)?.node]).toEqual([40, "n49", "n10"]);
});
