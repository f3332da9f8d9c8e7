import fc from "fast-check";
import { expect, test } from "vitest";
import type { MachinePeaks } from "../../src/measure/peaks.js";
import { armRoofline, type MeasuredArm, type NodeTime } from "../../src/measure/roofline.js";
import { speedReason } from "../../src/measure/speed-reason.js";
import type { NodeWork } from "../../src/measure/work.js";

/** 100 GMAC/s in float, 400 in int8; 100 GB/s up to a megabyte, then 10; 10 us a call and 1 us a node. */
const peaks: MachinePeaks = {
  threads: 1,
  floatMacs: 1e11,
  integerMacs: 4e11,
  bandwidth: [
    { footprintBytes: 1e3, bytesPerSecond: 1e11 },
    { footprintBytes: 1e6, bytesPerSecond: 1e10 },
  ],
  overhead: { runMs: 0.01, nodeMs: 0.001 },
};

type Row = readonly [operator: string, layer: string, microseconds: number];

/** An arm of nodes that take so long; `medianMs` is what they take together with the engine's overhead, unless given. */
function arm(rows: readonly Row[], { macs = 1e6, weightBytes = 1e3, medianMs = 0 } = {}) {
  const times = rows.map(([operator, layer, microseconds], i): NodeTime => {
    return { node: `${layer}/${operator}_${i}`, operator, layer, microseconds };
  });
  const work: readonly NodeWork[] = [
    { node: "product", operator: "Conv", macs, integer: true, weightBytes, activationBytes: 0 },
  ];
  const nodesMs = rows.reduce((sum, [, , microseconds]) => sum + microseconds / 1000, 0);
  const measured: MeasuredArm = { work, times, medianMs: medianMs || nodesMs + 0.01 + rows.length * 0.001 };
  return { ...measured, roofline: armRoofline(measured, peaks) };
}

const reason = (
  baseline: ReturnType<typeof arm>,
  trial: ReturnType<typeof arm>,
  { isBaseline = false, isFaster = false } = {},
) => speedReason({ baseline, trial, peaks, isBaseline, isFaster });

const float = arm([
  ["Conv", "conv_1", 400],
  ["Conv", "conv_2", 600],
]);

test("a model so small that the engine's overhead is most of its time", () => {
  const [before, after] = [arm([["Gemm", "dense", 4]]), arm([["QGemm", "dense", 2]])];
  expect(reason(before, after)).toBe(
    "85% of its time is the engine's overhead of a call and 1 node, not arithmetic: arithmetic that took no time would give 1.4x",
  );
});

test("layers that stayed in float, by name or by number", () => {
  const rows: readonly Row[] = [
    ["QLinearConv", "conv_1", 100],
    ["FusedConv", "conv_2", 580],
  ];
  expect(reason(float, arm(rows))).toBe("conv_2, in float, takes 84% of its time");
  expect(reason(float, arm([...rows, ["Conv", "conv_3", 300], ["Conv", "conv_4", 300]]))).toBe(
    "conv_2 and 2 other layers, in float, take 91% of its time",
  );
  expect(reason(float, arm([["Conv", "conv_1", 300]]))).toBe(
    "no product ran on integers: conv_1, in float, takes 96% of its time",
  );
});

test("quantizing at borders, and changes of layout beyond those of fp32", () => {
  const borders = arm([
    ["QuantizeLinear", "conv_1", 300],
    ["QLinearConv", "conv_1", 80],
    ["DequantizeLinear", "conv_2", 200],
    ["QLinearConv", "conv_2", 300],
  ]);
  expect(reason(float, borders)).toBe("quantizing and dequantizing between layers takes 56% of its time");
  const layout: readonly Row[] = [
    ["Transpose", "conv_1", 300],
    ["QLinearConv", "conv_2", 500],
  ];
  expect(reason(float, arm(layout))).toBe("changing the layout of values takes 37% of its time");
  const same = arm([
    ["Transpose", "conv_1", 300],
    ["Conv", "conv_2", 600],
  ]);
  expect(reason(same, arm(layout))).toMatch(
    /^no single part holds it back: conv_2 \(QLinearConv\) takes 62% of its time/,
  );
});

test("a layer whose integer kernel is slower than its float one", () => {
  const trial = arm([
    ["QLinearConv", "conv_1", 1000],
    ["QLinearConv", "conv_2", 300],
  ]);
  expect(reason(float, trial)).toBe("conv_1 takes 2.5x as long as in float: its integer kernel is slower here");
});

test("what multiplies nothing takes as long as before", () => {
  const rows: readonly Row[] = [
    ["QLinearConv", "conv_1", 100],
    ["NhwcMaxPool", "pool_1", 200],
  ];
  expect(reason(float, arm(rows))).toBe("pool_1 (NhwcMaxPool), which multiplies nothing, takes 64% of its time");
  expect(reason(float, arm([...rows, ["Softmax", "dense_1", 50]]))).toBe(
    "pool_1 (NhwcMaxPool) and 1 other node that multiply nothing take 69% of its time",
  );
});

test("weights that are read as fast as before, whatever their size", () => {
  const big = { macs: 1e3, weightBytes: 8e6, medianMs: 0.9 };
  const trial = arm([["MatMulNBits", "dense", 850]], { macs: 1e3, weightBytes: 4e6 });
  expect(reason(arm([["Gemm", "dense", 850]], big), trial)).toBe(
    "reading 4.0 MB of the same level of the memory as fp32's 8.0 MB takes 46% of its time",
  );
});

test("a gain says where it comes from, then what is left; fp32 is never blamed for being float", () => {
  const trial = arm([
    ["QLinearConv", "conv_1", 300],
    ["QLinearConv", "conv_2", 150],
  ]);
  expect(reason(float, trial, { isFaster: true })).toBe(
    "conv_2 takes 150 us instead of 600 us; no single part holds it back: conv_1 (QLinearConv) takes 65% of its time; at the measured peak its arithmetic would take 1% of its time",
  );
  expect(reason(float, float, { isBaseline: true })).toMatch(
    /^no single part holds it back: conv_2 \(Conv\) takes 59%/,
  );
});

test("every reason is a sentence of finite figures, whatever was measured", () => {
  const microseconds = fc.double({ min: 0, max: 1e6, noNaN: true });
  const operators = fc.constantFrom("Conv", "QLinearConv", "QuantizeLinear", "Transpose", "Softmax", "MatMulNBits");
  const rows = fc.array(fc.tuple(operators, fc.constantFrom("a", "b", "c"), microseconds), { maxLength: 6 });
  const facts = fc.record({
    macs: fc.integer({ min: 0, max: 1e12 }),
    weightBytes: fc.integer({ min: 0, max: 1e10 }),
    medianMs: fc.double({ min: 1e-4, max: 1e6, noNaN: true }),
  });
  fc.assert(
    fc.property(rows, facts, rows, facts, fc.boolean(), fc.boolean(), (a, fa, b, fb, isBaseline, isFaster) => {
      const text = reason(arm(a, fa), arm(b, fb), { isBaseline, isFaster });
      expect(text).not.toMatch(/NaN|Infinity|undefined|null/);
      expect(text.length).toBeGreaterThan(20);
    }),
  );
});
