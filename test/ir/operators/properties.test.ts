import fc from "fast-check";
import { expect, test } from "vitest";
import { interpret } from "../../../src/ir/interpret.js";
import { type ConvolutionSizes, correlate, spread } from "../../../src/ir/operators/correlate.js";
import { matmul } from "../../../src/ir/operators/matrix.js";
import type { WindowAxis } from "../../../src/ir/operators/window.js";
import { type Tensor, tensorFrom } from "../../../src/tensor/tensor.js";
import { constant, fed, graphOf, integers, type OperatorCase } from "./one-node.js";

/** An axis whose window fits, with its output size. */
const axis: fc.Arbitrary<WindowAxis> = fc
  .record({
    input: fc.integer({ min: 1, max: 7 }),
    kernel: fc.integer({ min: 1, max: 3 }),
    stride: fc.integer({ min: 1, max: 3 }),
    dilation: fc.integer({ min: 1, max: 2 }),
    padBegin: fc.integer({ min: 0, max: 2 }),
    padEnd: fc.integer({ min: 0, max: 2 }),
  })
  .map((a) => {
    const room = a.input + a.padBegin + a.padEnd - ((a.kernel - 1) * a.dilation + 1);
    return { ...a, output: Math.floor(room / a.stride) + 1 };
  })
  .filter((a) => a.output >= 1);

const sizes: fc.Arbitrary<ConvolutionSizes> = fc
  .record({
    batch: fc.integer({ min: 1, max: 2 }),
    perGroupIn: fc.integer({ min: 1, max: 3 }),
    perGroupOut: fc.integer({ min: 1, max: 3 }),
    group: fc.integer({ min: 1, max: 2 }),
    axes: fc.tuple(axis, axis),
  })
  .map(({ perGroupIn, perGroupOut, ...rest }) => ({
    ...rest,
    inChannels: perGroupIn * rest.group,
    outChannels: perGroupOut * rest.group,
  }));

const integersOf = (seed: number, count: number) =>
  Float64Array.from(integers(seed, "int32", [count], -9, 9).data as Int32Array);

/** The definition, element by element. */
function convolutionByDefinition(x: Float64Array, w: Float64Array, s: ConvolutionSizes): number[] {
  const [ay, ax] = s.axes as [WindowAxis, WindowAxis];
  const channels = s.inChannels / s.group;
  const y: number[] = [];
  for (let n = 0; n < s.batch; n++)
    for (let o = 0; o < s.outChannels; o++)
      for (let oy = 0; oy < ay.output; oy++)
        for (let ox = 0; ox < ax.output; ox++) {
          let sum = 0;
          for (let c = 0; c < channels; c++)
            for (let ky = 0; ky < ay.kernel; ky++)
              for (let kx = 0; kx < ax.kernel; kx++) {
                const iy = oy * ay.stride + ky * ay.dilation - ay.padBegin;
                const ix = ox * ax.stride + kx * ax.dilation - ax.padBegin;
                if (iy < 0 || iy >= ay.input || ix < 0 || ix >= ax.input) continue;
                const channel = Math.floor(o / (s.outChannels / s.group)) * channels + c;
                const from = ((n * s.inChannels + channel) * ay.input + iy) * ax.input + ix;
                sum += (x[from] ?? 0) * (w[((o * channels + c) * ay.kernel + ky) * ax.kernel + kx] ?? 0);
              }
          y.push(sum);
        }
  return y;
}

function operands(s: ConvolutionSizes): { x: Float64Array; w: Float64Array; y: Float64Array } {
  const [ay, ax] = s.axes as [WindowAxis, WindowAxis];
  return {
    x: integersOf(1, s.batch * s.inChannels * ay.input * ax.input),
    w: integersOf(2, ((s.outChannels * s.inChannels) / s.group) * ay.kernel * ax.kernel),
    y: integersOf(3, s.batch * s.outChannels * ay.output * ax.output),
  };
}

test("a convolution by patches is the convolution of the definition", () => {
  fc.assert(
    fc.property(sizes, (s) => {
      const { x, w } = operands(s);
      expect([...correlate(x, w, s)]).toEqual(convolutionByDefinition(x, w, s).map((v) => v + 0));
    }),
    { numRuns: 200 },
  );
});

const dot = (a: Float64Array, b: Float64Array) => a.reduce((sum, v, i) => sum + v * (b[i] ?? 0), 0);

test("a transposed convolution is the adjoint: <conv x, y> = <x, transposed conv y>", () => {
  fc.assert(
    fc.property(sizes, (s) => {
      const { x, w, y } = operands(s);
      const back: ConvolutionSizes = {
        ...s,
        inChannels: s.outChannels,
        outChannels: s.inChannels,
        axes: s.axes.map((a) => ({ ...a, input: a.output, output: a.input })),
      };
      expect(dot(correlate(x, w, s), y)).toBe(dot(x, spread(y, w, back)));
    }),
    { numRuns: 200 },
  );
});

const size = fc.integer({ min: 1, max: 9 });

test("a matrix product is the sum of the definition", () => {
  fc.assert(
    fc.property(size, size, size, (rows, inner, columns) => {
      const [a, b] = [integersOf(4, rows * inner), integersOf(5, inner * columns)];
      const expected = Array.from({ length: rows * columns }, (_, at) => {
        const [i, j] = [Math.floor(at / columns), at % columns];
        let sum = 0;
        for (let k = 0; k < inner; k++) sum += (a[i * inner + k] ?? 0) * (b[k * columns + j] ?? 0);
        return sum;
      });
      expect([...matmul(a, [rows, inner], b, [inner, columns]).data]).toEqual(expected);
    }),
  );
});

function answer(one: Omit<OperatorCase, "title" | "tolerance">): Tensor {
  const { graph, feeds } = graphOf({ ...one, title: "", tolerance: "exact" });
  return interpret(graph, feeds).get("y0") as Tensor;
}

test("QLinearMatMul is MatMulInteger requantized", () => {
  fc.assert(
    fc.property(
      fc.integer(),
      fc.nat(255),
      fc.nat(255),
      fc.float({ min: Math.fround(0.001), max: 1, noNaN: true }),
      (seed, aPoint, yPoint, yScale) => {
        const a = integers(seed, "uint8", [3, 8], 0, 255);
        const b = integers(seed + 1, "int8", [8, 4], -127, 127);
        const point = (value: number) => constant(tensorFrom("uint8", [], [value]));
        const scale = (value: number) => constant(tensorFrom("float32", [], [value]));
        const zero = constant(tensorFrom("int8", [], [0]));
        const sums = answer({ opType: "MatMulInteger", inputs: [fed(a), constant(b), point(aPoint)] });
        const codes = answer({
          opType: "QLinearMatMul",
          inputs: [fed(a), scale(0.5), point(aPoint), constant(b), scale(0.25), zero, scale(yScale), point(yPoint)],
        });
        const exact = Array.from(sums.data as Int32Array, (sum) => (sum * 0.125) / yScale + yPoint);
        for (const [i, value] of exact.entries()) {
          const clamped = Math.max(0, Math.min(255, value));
          // Half a step, and what float32 loses of a sum of up to 3e5 times the multiplier.
          expect(Math.abs(Number(codes.data[i]) - clamped)).toBeLessThanOrEqual(0.5 + Math.abs(value) * 2e-7 + 1e-6);
        }
      },
    ),
  );
});

test("dequantizing what was quantized loses at most half a step inside the range", () => {
  fc.assert(
    fc.property(fc.float({ min: Math.fround(-12.7), max: Math.fround(12.7), noNaN: true }), (x) => {
      const scale = constant(tensorFrom("float32", [], [0.1]));
      const point = constant(tensorFrom("int8", [], [0]));
      const codes = answer({ opType: "QuantizeLinear", inputs: [fed(tensorFrom("float32", [1], [x])), scale, point] });
      const real = answer({ opType: "DequantizeLinear", inputs: [fed(codes), scale, point] });
      expect(Math.abs(Number(real.data[0]) - x)).toBeLessThanOrEqual(0.05001);
    }),
  );
});
