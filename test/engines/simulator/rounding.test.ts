import { describe, expect, test } from "vitest";
import { toOnnx } from "../../../src/backends/onnx/write.js";
import { seededRandom } from "../../../src/base/random.js";
import { onnxruntime } from "../../../src/engines/onnxruntime.js";
import { loadSimulator } from "../../../src/engines/simulator/simulator.js";
import { bytesOf, type Tensor, tensorFrom } from "../../../src/tensor/tensor.js";
import {
  constant,
  fed,
  floats,
  graphOf,
  integers,
  type OperatorCase,
  scalar,
  uniform,
} from "../../ir/operators/one-node.js";

/**
 * The experiments behind src/engines/simulator/README.md: the engine is asked on inputs where another order of rounding, a
 * wider sum or another saturation would show, and the simulator must give the same bits.
 */

type Asked = Pick<OperatorCase, "opType" | "inputs"> & Partial<OperatorCase>;

const engine = await onnxruntime();

/** The first output of one node by the engine, its optimizers off, and by the simulator. */
async function askBoth(asked: Asked): Promise<readonly [executed: Tensor, simulated: Tensor]> {
  const { graph, feeds } = graphOf({ title: asked.opType, tolerance: "exact", ...asked });
  const session = await engine.load(toOnnx(graph), { threads: 1, optimization: "disabled" });
  const executed = await session.run(feeds);
  await session.close();
  const [output] = graph.outputs;
  const one = executed[output?.name ?? ""];
  const other = loadSimulator(graph).simulate(feeds)[output?.name ?? ""];
  if (!one || !other) throw new Error("no output");
  return [one, other];
}

/** Compared as bytes first: tensors of 65536 elements take a second to compare one by one. */
async function expectSame(asked: Asked): Promise<void> {
  const [executed, simulated] = await askBoth(asked);
  const isSame = Buffer.compare(bytesOf(executed), bytesOf(simulated)) === 0;
  if (!isSame || executed.shape.join() !== simulated.shape.join()) expect(simulated).toEqual(executed);
}

/** Codes that lie at the ends of their type as often as not. */
function extremes(seed: number, dtype: "uint8" | "int8", shape: readonly number[]): Tensor {
  const random = seededRandom(seed);
  const [low, high] = dtype === "uint8" ? [0, 255] : [-127, 127];
  const one = () => [low, high, random.integer(low, high)][random.integer(0, 2)] ?? low;
  return tensorFrom(dtype, shape, Array.from({ length: shape.reduce((a, b) => a * b, 1) }, one));
}

const scalarOf = (dtype: "uint8" | "int8", value: number) => constant(scalar(value, dtype));
const domain = "com.microsoft" as const;

describe("values to codes", () => {
  const step = 0.1;
  // Middles between two codes, their float32 neighbours, the ends, beyond them, and what is no number.
  const middles = Array.from({ length: 300 }, (_, i) => (i - 20.5) * step);
  const around = middles.flatMap((x) => [x, Math.fround(x) * (1 + 2 ** -23), Math.fround(x) * (1 - 2 ** -23)]);
  const special = [0, -0, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 3.4e38, -3.4e38, 1e-45];

  test.each([
    ["uint8", 0],
    ["uint8", 255],
    ["uint8", 128],
    ["int8", 0],
    ["int8", -128],
    ["int8", 127],
  ] as const)(
    "QuantizeLinear divides in float32, rounds half to even, then adds the zero point: %s, %d",
    async (dtype, zeroPoint) => {
      for (const scale of [step, 0.25, 1 / 255, 3.3e-38, 1e30]) {
        const x = floats([...around.map((value) => (value / step) * scale), ...special]);
        await expectSame({
          opType: "QuantizeLinear",
          inputs: [fed(x), constant(scalar(scale)), scalarOf(dtype, zeroPoint)],
        });
      }
    },
  );

  test.each([
    ["uint8", [0, 255]],
    ["int8", [-128, 127]],
  ] as const)("DequantizeLinear multiplies in float32: %s", async (dtype, ends) => {
    const all = Array.from({ length: 256 }, (_, i) => ends[0] + i);
    for (const zeroPoint of [...ends, 3]) {
      for (const scale of [0.1, 1 / 255, 1e-38, 3e37]) {
        const x = fed(tensorFrom(dtype, [256], all));
        await expectSame({
          opType: "DequantizeLinear",
          inputs: [x, constant(scalar(scale)), scalarOf(dtype, zeroPoint)],
        });
      }
    }
  });

  test("DynamicQuantizeLinear: the range with 0, all in float32", async () => {
    const random = seededRandom(5);
    const draws = Array.from({ length: 40 }, () => {
      const [low, high] = [random.normal() * 3, random.normal() * 3];
      return Array.from({ length: 257 }, () => low + (high - low) * random.next());
    });
    const { NaN: none, POSITIVE_INFINITY: infinite } = Number;
    const special = [
      [0, 0],
      [-1, -2],
      [1, 2],
      [5],
      [1e-45, 0],
      [1e-43, -1e-44],
      [3e38, -1e38],
      [255, 0, 0.5, 1.5, 254.5],
    ];
    const broken = [
      [none, 1, 2, -1],
      [1, 2, -1, none],
      new Array<number>(20).fill(none),
      [infinite, 1, -1],
      [-infinite, 1],
    ];
    for (const x of [...draws, ...special, ...broken]) {
      const { graph, feeds } = graphOf({
        opType: "DynamicQuantizeLinear",
        title: "",
        tolerance: "exact",
        inputs: [fed(floats(x))],
        outputs: 3,
      });
      const session = await engine.load(toOnnx(graph), { threads: 1, optimization: "disabled" });
      expect(loadSimulator(graph).simulate(feeds)).toEqual(await session.run(feeds));
      await session.close();
    }
  });
});

describe("sums to codes", () => {
  const accumulators = [
    2 ** 24 - 1,
    2 ** 24 + 1,
    2 ** 24 + 3,
    2 ** 25 + 2,
    2 ** 26 + 6,
    2 ** 30,
    -(2 ** 24) - 1,
    -(2 ** 27) - 9,
    0,
    1,
    -1,
    5,
  ];

  /** One column a sum: the weights are 0 and the bias is the sum. */
  const biased = (sums: readonly number[]) => constant(tensorFrom("int32", [sums.length], sums));

  test("QGemm rounds the int32 sum to float32, multiplies in float32, rounds half to even, adds the zero point and saturates", async () => {
    for (const dtype of ["uint8", "int8"] as const) {
      const middle = dtype === "uint8" ? 128 : 0;
      for (const factor of [2 ** -18, 2 ** -20, 1.1e-6, 3.7e-7, 7.3e-9, 0.5, 0.1]) {
        const sums = [...accumulators, ...Array.from({ length: 200 }, (_, i) => i - 100)];
        const x = [fed(tensorFrom(dtype, [1, 1], [middle])), constant(scalar(0.25)), scalarOf(dtype, middle)];
        const w = [
          constant(
            tensorFrom(
              "int8",
              [1, sums.length],
              sums.map(() => 1),
            ),
          ),
          constant(scalar(factor)),
          scalarOf("int8", 0),
        ];
        const y = [constant(scalar(0.25)), scalarOf(dtype, middle)];
        await expectSame({ opType: "QGemm", domain, inputs: [...x, ...w, biased(sums), ...y] });
      }
    }
  });

  test("the multiplier is (x_scale * w_scale) / y_scale, product and quotient each rounded to float32", async () => {
    const random = seededRandom(11);
    const columns = 64;
    for (let draw = 0; draw < 30; draw++) {
      const scales = Array.from({ length: columns }, () => 0.001 + random.next() * 0.01);
      const x = [
        fed(integers(draw, "uint8", [8, 32], 0, 255)),
        constant(scalar(0.01 + random.next())),
        scalarOf("uint8", 7),
      ];
      const w = [
        constant(integers(draw + 99, "int8", [32, columns], -127, 127)),
        constant(floats(scales)),
        constant(
          tensorFrom(
            "int8",
            [columns],
            scales.map(() => 0),
          ),
        ),
      ];
      const y = [constant(scalar(0.05 + random.next())), scalarOf("uint8", 100)];
      await expectSame({ opType: "QLinearMatMul", inputs: [...x, ...w, ...y] });
      await expectSame({
        opType: "QGemm",
        domain,
        inputs: [...x, ...w, biased(scales.map((_, i) => i * 1000 - 3000)), ...y],
      });
    }
  });

  test.each(["uint8", "int8"] as const)("zero points of %s at their ends", async (dtype) => {
    const ends = dtype === "uint8" ? [0, 255] : [-128, 127];
    for (const xPoint of ends) {
      for (const yPoint of ends) {
        const x = [fed(extremes(xPoint, dtype, [16, 300])), constant(scalar(0.02)), scalarOf(dtype, xPoint)];
        const w = [constant(extremes(3, "int8", [300, 24])), constant(scalar(0.003)), scalarOf("int8", 0)];
        await expectSame({
          opType: "QLinearMatMul",
          inputs: [...x, ...w, constant(scalar(0.4)), scalarOf(dtype, yPoint)],
        });
      }
    }
  });

  test("int32 sums are exact where float32 would not be, and pairs of products do not saturate to int16", async () => {
    // 255 * 127 * 2 = 64770 > 32767; 4096 of them pass 2^27. A CPU without VNNI fails here: it has what `pairSums: "int16"` simulates.
    const x = [fed(tensorFrom("uint8", [1, 4096], new Array<number>(4096).fill(255)))];
    const w = constant(tensorFrom("int8", [4096, 8], new Array<number>(4096 * 8).fill(127)));
    await expectSame({ opType: "MatMulInteger", inputs: [...x, w] });
    await expectSame({
      opType: "MatMulInteger",
      inputs: [fed(extremes(1, "uint8", [33, 777])), constant(extremes(2, "int8", [777, 13]))],
    });
  });

  test.each([
    ["a 3x3 window", [2, 5, 9, 11], [6, 5, 3, 3], { pads: [1, 1, 1, 1] }],
    ["strides and dilations", [1, 4, 13, 12], [8, 4, 3, 2], { strides: [2, 1], dilations: [1, 2], pads: [2, 0, 1, 3] }],
    ["groups", [1, 8, 7, 7], [12, 2, 3, 3], { group: 4, pads: [1, 1, 1, 1] }],
    ["depthwise", [2, 16, 8, 8], [16, 1, 3, 3], { group: 16, pads: [1, 1, 1, 1] }],
    ["one dimension", [3, 6, 20], [5, 6, 4], { strides: [3] }],
  ] as const)("QLinearConv with a scale for each channel: %s", async (_, xShape, wShape, attributes) => {
    for (const dtype of ["uint8", "int8"] as const) {
      for (const xPoint of dtype === "uint8" ? [0, 255, 77] : [-128, 127, 5]) {
        const scales = uniform(xPoint + 9, [wShape[0]], 0.0005, 0.004);
        const x = [fed(extremes(4, dtype, xShape)), constant(scalar(0.03)), scalarOf(dtype, xPoint)];
        const zeros = constant(tensorFrom("int8", [wShape[0]], new Array<number>(wShape[0]).fill(0)));
        const w = [constant(extremes(6, "int8", wShape)), constant(scales), zeros];
        const bias = constant(integers(8, "int32", [wShape[0]], -20000, 20000));
        const y = [constant(scalar(0.21)), scalarOf(dtype, dtype === "uint8" ? 120 : -3)];
        await expectSame({ opType: "QLinearConv", inputs: [...x, ...w, ...y, bias], attributes });
      }
    }
  });
});

describe("sums to floats", () => {
  test("DynamicQuantizeMatMul: float32(sum) * (a_scale * b_scale) + bias, each rounded to float32", async () => {
    for (let seed = 0; seed < 12; seed++) {
      const a = fed(uniform(seed, [7, 130], -2, 3));
      const b = [constant(integers(seed, "int8", [130, 19], -127, 127)), constant(uniform(seed, [19], 0.001, 0.01))];
      await expectSame({
        opType: "DynamicQuantizeMatMul",
        domain,
        inputs: [a, ...b, undefined, constant(uniform(seed, [19], -1, 1))],
      });
      await expectSame({ opType: "DynamicQuantizeMatMul", domain, inputs: [a, ...b] });
    }
  });

  test("MatMulIntegerToFloat and QGemm without an output scale", async () => {
    for (let seed = 0; seed < 12; seed++) {
      const a = fed(extremes(seed, "uint8", [5, 2000]));
      const b = constant(extremes(seed + 50, "int8", [2000, 11]));
      const scales = constant(uniform(seed, [11], 0.001, 0.01));
      const points = constant(tensorFrom("int8", [11], new Array<number>(11).fill(0)));
      await expectSame({
        opType: "MatMulIntegerToFloat",
        domain,
        inputs: [
          a,
          b,
          constant(scalar(0.013)),
          scales,
          scalarOf("uint8", 3),
          points,
          constant(uniform(seed, [11], -1, 1)),
        ],
      });
      await expectSame({
        opType: "QGemm",
        domain,
        inputs: [a, constant(scalar(0.013)), scalarOf("uint8", 3), b, scales, points],
      });
    }
  });
});

describe("codes to codes", () => {
  const parameters = (seed: number, dtype: "uint8" | "int8") => {
    const random = seededRandom(seed);
    const low = dtype === "uint8" ? 0 : -128;
    return () =>
      [constant(scalar(0.002 + random.next() * 0.3)), scalarOf(dtype, low + random.integer(0, 255))] as const;
  };
  const codes = (dtype: "uint8" | "int8", shape: readonly number[], place: (i: number) => number) => {
    const low = dtype === "uint8" ? 0 : -128;
    const count = shape.reduce((a, b) => a * b, 1);
    return fed(
      tensorFrom(
        dtype,
        shape,
        Array.from({ length: count }, (_, i) => low + place(i)),
      ),
    );
  };

  describe.each(["uint8", "int8"] as const)("%s", (dtype) => {
    test.each(["QLinearAdd", "QLinearMul"])("%s of all pairs of codes", async (opType) => {
      for (let seed = 0; seed < 6; seed++) {
        const next = parameters(seed, dtype);
        const a = [codes(dtype, [65536], (i) => i >> 8), ...next()];
        const b = [codes(dtype, [65536], (i) => i & 255), ...next()];
        await expectSame({ opType, domain, inputs: [...a, ...b, ...next()] });
      }
    });

    test.each([
      ["QLinearLeakyRelu", { alpha: 0.1 }],
      ["QLinearSigmoid", {}],
    ])("%s of all codes", async (opType, attributes) => {
      for (let seed = 0; seed < 30; seed++) {
        const next = parameters(seed, dtype);
        await expectSame({ opType, domain, attributes, inputs: [codes(dtype, [256], (i) => i), ...next(), ...next()] });
      }
    });

    test("QLinearSoftmax of random codes", async () => {
      const random = seededRandom(3);
      const low = dtype === "uint8" ? 0 : -128;
      for (let seed = 0; seed < 20; seed++) {
        const x = [
          fed(extremes(seed, dtype, [20, 10])),
          constant(scalar(0.002 + random.next() * 0.1)),
          scalarOf(dtype, low),
        ];
        const y = [constant(scalar(1 / 256)), scalarOf(dtype, low)];
        await expectSame({ opType: "QLinearSoftmax", domain, attributes: { opset: 13 }, inputs: [...x, ...y] });
      }
    });

    test("QLinearConcat of all codes", async () => {
      for (let seed = 0; seed < 20; seed++) {
        const next = parameters(seed, dtype);
        const parts = [codes(dtype, [2, 128], (i) => i), ...next(), codes(dtype, [2, 128], (i) => 255 - i), ...next()];
        await expectSame({ opType: "QLinearConcat", domain, attributes: { axis: 1 }, inputs: [...next(), ...parts] });
      }
    });

    test.each([0, 1])("poolings, channels last = %d", async (channels_last) => {
      for (let seed = 0; seed < 12; seed++) {
        const next = parameters(seed, dtype);
        const inputs = [fed(extremes(seed, dtype, [2, 6, 6, 6])), ...next(), ...next()];
        const attributes = { channels_last, kernel_shape: [3, 2], strides: [2, 1], pads: [1, 0, 0, 1] };
        await expectSame({ opType: "QLinearAveragePool", domain, attributes, inputs });
        await expectSame({ opType: "QLinearGlobalAveragePool", domain, attributes: { channels_last }, inputs });
      }
    });
  });
});
