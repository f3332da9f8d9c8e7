import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { loadSimulator } from "../../../src/engines/simulator/simulator.js";
import type { Attribute, Graph } from "../../../src/ir/graph.js";
import { interpret } from "../../../src/ir/interpret.js";
import { parseGraph } from "../../../src/ir/text.js";
import { bytesOf, type Tensor, tensorFrom } from "../../../src/tensor/tensor.js";
import { cases } from "../../ir/operators/cases.js";
import {
  constant,
  disagreement,
  fed,
  graphOf,
  integers,
  type Operand,
  scalar,
  uniform,
} from "../../ir/operators/one-node.js";

/** Bytes of every output by the simulator and by the interpreter, which have nothing in common but the operators' checks. */
function bothBytes(graph: Graph, feeds: Readonly<Record<string, Tensor>>): readonly [Buffer, Buffer] {
  const [mine, plain] = [loadSimulator(graph).simulate(feeds), interpret(graph, feeds)];
  const bytes = (of: (name: string) => Tensor | undefined) =>
    Buffer.concat(graph.outputs.map(({ name }) => Buffer.from(bytesOf(of(name) as Tensor))));
  return [bytes((name) => mine[name]), bytes((name) => plain.get(name))];
}

const floatProducts = new Set(["Conv", "ConvTranspose", "Gemm", "MatMul"]);

test.each(cases)("$title: the simulator gives what the interpreter gives", (one) => {
  const { graph, feeds } = graphOf(one);
  const [mine, plain] = [loadSimulator(graph).simulate(feeds), interpret(graph, feeds)];
  const tolerance = floatProducts.has(one.opType) ? ({ relative: 1e-6 } as const) : "exact";
  for (const { name } of graph.outputs) {
    expect(disagreement(plain.get(name) as Tensor, mine[name] as Tensor, tolerance), name).toBeUndefined();
  }
});

describe("integer products of any size are the interpreter's to the bit", () => {
  const dtype = fc.constantFrom("uint8" as const, "int8" as const);
  const codes = (seed: number, type: "uint8" | "int8", shape: readonly number[]) =>
    type === "uint8" ? integers(seed, type, shape, 0, 255) : integers(seed, type, shape, -128, 127);
  const point = (seed: number, type: "uint8" | "int8"): Operand => constant(codes(seed, type, []));
  const small = fc.integer({ min: 1, max: 9 });

  function expectSame(
    opType: string,
    inputs: readonly (Operand | undefined)[],
    attributes: Record<string, Attribute> = {},
    domain: "" | "com.microsoft" = "",
  ) {
    const { graph, feeds } = graphOf({ title: opType, opType, domain, inputs, attributes, tolerance: "exact" });
    const [mine, plain] = bothBytes(graph, feeds);
    expect(mine.equals(plain), opType).toBe(true);
  }

  test("QLinearConv", () => {
    const sizes = fc.record({
      x: dtype,
      signed: fc.boolean(),
      group: fc.integer({ min: 1, max: 3 }),
      channels: fc.integer({ min: 1, max: 5 }),
      filters: fc.integer({ min: 1, max: 10 }),
      batch: fc.integer({ min: 1, max: 3 }),
      spatial: fc.array(fc.integer({ min: 4, max: 9 }), { minLength: 1, maxLength: 2 }),
      kernel: fc.integer({ min: 1, max: 3 }),
      stride: fc.integer({ min: 1, max: 2 }),
      dilation: fc.integer({ min: 1, max: 2 }),
      pad: fc.integer({ min: 0, max: 2 }),
      seed: fc.nat(1000),
    });
    fc.assert(
      fc.property(
        sizes,
        ({ x, signed, group, channels, filters, batch, spatial, kernel, stride, dilation, pad, seed }) => {
          fc.pre(spatial.every((size) => size + 2 * pad >= (kernel - 1) * dilation + 1));
          const rank = spatial.length;
          const fill = (value: number, count = rank) => new Array<number>(count).fill(value);
          const w = signed ? "int8" : "uint8";
          const all = filters * group;
          const inputs = [
            fed(codes(seed, x, [batch, channels * group, ...spatial])),
            constant(scalar(0.02)),
            point(seed + 1, x),
            constant(codes(seed + 2, w, [all, channels, ...fill(kernel)])),
            constant(uniform(seed + 3, [all], 0.001, 0.02)),
            signed ? constant(scalar(0, "int8")) : point(seed + 4, w),
            constant(scalar(0.3)),
            point(seed + 5, x),
            constant(integers(seed + 6, "int32", [all], -5000, 5000)),
          ];
          expectSame("QLinearConv", inputs, {
            group,
            strides: fill(stride),
            dilations: fill(dilation),
            pads: fill(pad, 2 * rank),
          });
        },
      ),
      { numRuns: 60 },
    );
  });

  test("QGemm, QLinearMatMul, MatMulInteger", () => {
    const sizes = fc.record({
      a: dtype,
      b: dtype,
      m: small,
      k: fc.integer({ min: 1, max: 40 }),
      n: fc.integer({ min: 1, max: 20 }),
      batch: fc.integer({ min: 1, max: 3 }),
      transB: fc.nat(1),
      known: fc.boolean(),
      seed: fc.nat(1000),
    });
    fc.assert(
      fc.property(sizes, ({ a, b, m, k, n, batch, transB, known, seed }) => {
        const left = [constant(scalar(0.02)), point(seed, a)];
        const right = [constant(uniform(seed, [n], 0.001, 0.02)), constant(codes(seed + 1, b, [n]))];
        const y = [constant(scalar(0.2)), point(seed + 2, a)];
        const matrix = codes(seed + 3, b, transB ? [n, k] : [k, n]);
        const weights = known ? constant(matrix) : fed(matrix);
        const rows = fed(codes(seed + 4, a, [m, k]));
        const bias = constant(integers(seed, "int32", [n], -9000, 9000));
        expectSame("QGemm", [rows, ...left, weights, ...right, bias, ...y], { transB }, "com.microsoft");
        const stack = fed(codes(seed + 5, a, [batch, m, k]));
        const wide = codes(seed + 6, b, [batch, k, n]);
        expectSame("QLinearMatMul", [stack, ...left, known ? constant(wide) : fed(wide), ...right, ...y]);
        expectSame("MatMulInteger", [stack, constant(codes(seed + 7, b, [k, n])), point(seed, a), right[1]]);
      }),
      { numRuns: 60 },
    );
  });
});

const dense = parseGraph(`graph "dense" {
  input %x: float32 [batch, 2]
  const %w: float32 [2, 3] = [1, -0.5, 0.25, 1, 2, 3]
  %y = MatMul(%x, %w) name "multiply"
  output %y: float32 [batch, 3]
}`);

describe("feeds", () => {
  test("of no samples give no samples", () => {
    const { y } = loadSimulator(dense).simulate({ x: tensorFrom("float32", [0, 2], []) });
    expect(y).toEqual(tensorFrom("float32", [0, 3], []));
  });

  test("that are not the graph's are refused with the words of the interpreter", () => {
    const simulator = loadSimulator(dense);
    expect(() => simulator.simulate({})).toThrow('input "x" of graph "dense" is not fed');
    expect(() => simulator.simulate({ x: tensorFrom("float32", [1, 3], [1, 2, 3]) })).toThrow(
      'input "x" is float32 [batch, 2] but is fed float32 [1, 3]',
    );
  });

  test("of one run leave no trace in the next", async () => {
    const simulator = loadSimulator(dense);
    const x = uniform(1, [300, 2], -1, 1);
    const first = simulator.simulate({ x });
    simulator.simulate({ x: tensorFrom("float32", [1, 2], [Number.NaN, Number.POSITIVE_INFINITY]) });
    expect(await simulator.run({ x })).toEqual(first);
  });
});

describe("pair sums of 16 bits", () => {
  const weights = (codes: readonly number[], shape: readonly number[]) => constant(tensorFrom("int8", shape, codes));
  const sums = (a: readonly number[], w: readonly number[], zeroPoint = 0) => {
    const { graph, feeds } = graphOf({
      title: "pairs",
      opType: "MatMulInteger",
      tolerance: "exact",
      inputs: [
        fed(tensorFrom("uint8", [1, a.length], a)),
        weights(w, [w.length, 1]),
        constant(scalar(zeroPoint, "uint8")),
      ],
    });
    const simulator = loadSimulator(graph, { pairSums: "int16" });
    return { sum: simulator.simulate(feeds).y0?.data[0], saturated: simulator.saturated().map(({ count }) => count) };
  };

  test("saturate as VPMADDUBSW does, pair by pair from the first element", () => {
    // 255 * 127 + 255 * 127 = 64770 becomes 32767; 255 * 127 alone stays; -(128 * 255) * 2 becomes -32768.
    expect(sums([255, 255, 255], [127, 127, 127])).toEqual({ sum: 32767 + 32385, saturated: [1] });
    expect(sums([255, 255], [-128, -128])).toEqual({ sum: -32768, saturated: [1] });
    expect(sums([0, 255, 255, 0], [127, 127, 127, 127])).toEqual({ sum: 2 * 32385, saturated: [] });
  });

  test("are of codes as they lie there: a zero point comes off afterwards", () => {
    expect(sums([255, 255], [127, 127], 200)).toEqual({ sum: 32767 - 200 * 254, saturated: [1] });
  });

  test("do not saturate with weights of 7 bits, nor with unsigned ones", () => {
    expect(sums([255, 255], [64, 64])).toEqual({ sum: 32640, saturated: [] });
    const { graph, feeds } = graphOf({
      title: "pairs",
      opType: "MatMulInteger",
      tolerance: "exact",
      inputs: [fed(tensorFrom("uint8", [1, 2], [255, 255])), constant(tensorFrom("uint8", [2, 1], [255, 255]))],
    });
    const simulator = loadSimulator(graph, { pairSums: "int16" });
    expect(simulator.simulate(feeds).y0?.data[0]).toBe(2 * 65025);
    expect(simulator.saturated()).toEqual([]);
  });

  test.each([1, 2, 3])("of a convolution run over lines of the window, channels innermost: %d channels", (channels) => {
    const codes = Array.from({ length: 25 * channels }, (_, i) => (i % 3 === 0 ? 255 : (i * 37) % 256));
    const filter = Array.from({ length: 9 * channels }, (_, i) => (i % 2 === 0 ? 127 : (i * 53) % 128));
    const { graph, feeds } = graphOf({
      title: "pairs",
      opType: "QLinearConv",
      tolerance: "exact",
      inputs: [
        fed(tensorFrom("uint8", [1, channels, 5, 5], codes)),
        constant(scalar(1)),
        constant(scalar(9, "uint8")),
        weights(filter, [1, channels, 3, 3]),
        constant(scalar(1)),
        constant(scalar(0, "int8")),
        constant(scalar(1000)),
        constant(scalar(0, "uint8")),
      ],
      attributes: { pads: [1, 1, 1, 1] },
    });
    const simulator = loadSimulator(graph, { pairSums: "int16" });
    const expected = Array.from({ length: 25 }, (_, p) =>
      saturatedWindow(codes, filter, channels, Math.floor(p / 5), p % 5),
    );
    expect(Array.from((simulator.simulate(feeds).y0?.data ?? []) as Uint8Array)).toEqual(
      expected.map(({ sum }) => Math.max(0, Math.min(255, Math.round(sum / 1000)))),
    );
    const count = expected.reduce((total, { saturated }) => total + saturated, 0);
    expect(simulator.saturated()).toEqual([{ node: "node", layer: undefined, count }]);
    expect(count).toBeGreaterThan(0);
  });
});

/** One window as kernels of 16 bits sum it, written down plainly: zero point 9, which is what padding holds. */
function saturatedWindow(codes: readonly number[], filter: readonly number[], channels: number, y: number, x: number) {
  const elements: { readonly code: number; readonly weight: number }[] = [];
  for (let tap = 0; tap < 9; tap++) {
    const [iy, ix] = [y + Math.floor(tap / 3) - 1, x + (tap % 3) - 1];
    for (let c = 0; c < channels; c++) {
      const inside = iy >= 0 && iy < 5 && ix >= 0 && ix < 5;
      const code = inside ? (codes[(c * 5 + iy) * 5 + ix] as number) : 9;
      elements.push({ code, weight: filter[c * 9 + tap] as number });
    }
  }
  let sum = 0;
  let saturated = 0;
  for (let i = 0; i < elements.length; i += 2) {
    const pair = elements.slice(i, i + 2).reduce((total, { code, weight }) => total + code * weight, 0);
    const clipped = Math.max(-32768, Math.min(32767, pair));
    if (clipped !== pair) saturated++;
    sum += clipped;
  }
  return { sum: sum - 9 * elements.reduce((total, { weight }) => total + weight, 0), saturated };
}
