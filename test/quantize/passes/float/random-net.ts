import fc from "fast-check";
import { type Random, seededRandom } from "../../../../src/base/random.js";
import { type GraphBuilder, graphBuilder } from "../../../../src/ir/builder.js";
import type { Dim, Graph } from "../../../../src/ir/graph.js";
import { elementCount, type Tensor, tensor, tensorFrom } from "../../../../src/tensor/tensor.js";

/**
 * Random small nets of the kind that frontends emit: NHWC values, every convolution, pool and normalization between two
 * Transposes, several readers of a value, constants of every broadcast shape. Weights are normal with seed `seed`.
 */
export interface RandomNet {
  readonly graph: Graph;
  readonly feeds: Readonly<Record<string, Tensor>>;
}

export const steps = [
  "conv",
  "convStride",
  "depthwise",
  "convTranspose",
  "norm",
  "normAfterBias",
  "relu",
  "relu6",
  "maxZero",
  "sigmoid",
  "swish",
  "leaky",
  "prelu",
  "maxPool",
  "avgPool",
  "padConv",
  "padPool",
  "residual",
  "branches",
  "squeezeExcite",
  "addChannel",
  "mulPixel",
  "meanKept",
  "sliceRows",
  "upsample",
  "softmax",
  "layerNorm",
  "permuteTwice",
  "identity",
  "split",
  "denseChannels",
  "normWritten",
  "rmsWritten",
  "geluErf",
  "geluTanh",
  "silu",
  "attention",
] as const;
export type Step = (typeof steps)[number];

export const heads = ["flatten", "globalPool", "reduceMean", "spatial", "reshape"] as const;

/** A net, and an input for it with one or two samples. */
export const randomNet: fc.Arbitrary<RandomNet> = netsOf(steps);

/** Steps whose fused form ONNX's own packages do not know: it is onnxruntime's. */
const beyondOnnx: readonly Step[] = ["rmsWritten", "silu", "attention"];

/** Nets whose prepared form is all ONNX's own, for its checker and its reference evaluator. */
export const onnxNet: fc.Arbitrary<RandomNet> = netsOf(steps.filter((step) => !beyondOnnx.includes(step)));

function netsOf(allowed: readonly Step[]): fc.Arbitrary<RandomNet> {
  return fc
    .record({
      seed: fc.integer({ min: 0, max: 10_000 }),
      channels: fc.integer({ min: 1, max: 3 }),
      size: fc.integer({ min: 3, max: 5 }),
      steps: fc.array(fc.constantFrom(...allowed), { minLength: 1, maxLength: 6 }),
      head: fc.constantFrom(...heads),
    })
    .map((options) => buildNet(options));
}

interface NetOptions {
  readonly seed: number;
  readonly channels: number;
  readonly size: number;
  readonly steps: readonly Step[];
  readonly head: (typeof heads)[number];
}

export function buildNet(options: NetOptions): RandomNet {
  const random = seededRandom(options.seed);
  const g = graphBuilder("net");
  const scope = scopeOf(g, random);
  const input = g.input("image", "float32", ["batch", options.size, options.size, options.channels]);
  let x = input;
  for (const step of options.steps) x = layers[step](scope, x);
  const graph = g.build([finish(scope, x, options.head)]);
  const shape = [1 + (options.seed % 2), options.size, options.size, options.channels];
  return { graph, feeds: { image: normal(random, shape, 1) } };
}

interface Scope {
  readonly g: GraphBuilder;
  readonly random: Random;
  weight(shape: readonly number[]): string;
  /** Values in 0.5..1.5, for variances and factors. */
  positive(shape: readonly number[]): string;
  ints(values: readonly number[]): string;
  scalar(value: number): string;
  /** Sizes of a value without the batch. */
  sizes(value: string): number[];
  first(value: string): string;
  last(value: string): string;
}

function scopeOf(g: GraphBuilder, random: Random): Scope {
  let count = 0;
  const constant = (value: Tensor) => g.constant(`w${count++}`, value);
  return {
    g,
    random,
    weight: (shape) => constant(normal(random, shape, 0.5)),
    positive: (shape) =>
      constant(
        tensorFrom(
          "float32",
          shape,
          Array.from({ length: elementCount(shape) }, () => 0.5 + random.next()),
        ),
      ),
    ints: (values) => constant(tensorFrom("int64", [values.length], values)),
    scalar: (value) => constant(tensorFrom("float32", [], [value])),
    sizes: (value) => g.typeOf(value).shape.slice(1).map(known),
    first: (value) => g.node("Transpose", [value], { perm: [0, 3, 1, 2] }),
    last: (value) => g.node("Transpose", [value], { perm: [0, 2, 3, 1] }),
  };
}

function known(size: Dim): number {
  if (typeof size !== "number") throw new Error(`size ${size} is open`);
  return size;
}

function normal(random: Random, shape: readonly number[], deviation: number): Tensor {
  return tensor(
    "float32",
    shape,
    Float32Array.from({ length: elementCount(shape) }, () => deviation * random.normal()),
  );
}

function conv(
  s: Scope,
  x: string,
  channels: number,
  options: { stride?: number; group?: number; bias?: boolean } = {},
) {
  const [, , depth = 0] = s.sizes(x);
  const { stride = 1, group = 1, bias = true } = options;
  const weights = [s.weight([channels, depth / group, 3, 3]), ...(bias ? [s.weight([channels])] : [])];
  const attributes = { kernel_shape: [3, 3], strides: [stride, stride], pads: [0, 0, 2, 2], group };
  return s.last(s.g.node("Conv", [s.first(x), ...weights], attributes));
}

function norm(s: Scope, x: string): string {
  const [, , channels = 0] = s.sizes(x);
  const statistics = [s.positive([channels]), s.weight([channels]), s.weight([channels]), s.positive([channels])];
  return s.last(s.g.node("BatchNormalization", [s.first(x), ...statistics], { epsilon: 1e-3 }));
}

function pool(s: Scope, x: string, opType: string): string {
  const [height = 0, width = 0] = s.sizes(x);
  if (height < 2 || width < 2) return x;
  return s.last(s.g.node(opType, [s.first(x)], { kernel_shape: [2, 2], strides: [1, 1] }));
}

function pad(s: Scope, x: string): string {
  return s.g.node("Pad", [x, s.ints([0, 1, 0, 0, 0, 1, 1, 0])]);
}

/** Mean over the channels, kept as 1. */
const meanOf = (s: Scope, x: string) => s.g.node("ReduceMean", [x, s.ints([-1])], { keepdims: 1 });

/** `d / sqrt(mean(d^2) + epsilon)` times a weight. */
function spread(s: Scope, d: string): string {
  const square = s.random.next() < 0.5 ? s.g.node("Mul", [d, d]) : s.g.node("Pow", [d, s.scalar(2)]);
  const deviation = s.g.node("Sqrt", [s.g.node("Add", [meanOf(s, square), s.scalar(1e-3)])]);
  const normal =
    s.random.next() < 0.5 ? s.g.node("Div", [d, deviation]) : s.g.node("Mul", [s.g.node("Reciprocal", [deviation]), d]);
  return s.g.node("Mul", [normal, s.positive([s.sizes(d)[2] ?? 0])]);
}

/** Rows as steps, columns as heads; causal or not, with the scale in one of its places. */
function attention(s: Scope, x: string): string {
  const [steps = 0, heads = 0, channels = 0] = s.sizes(x);
  const size = s.random.next() < 0.5 ? 8 : 3;
  const part = (perm: number[]) => {
    const flat = s.g.node("Reshape", [x, s.ints([0, 0, heads * channels])]);
    const projected = s.g.node("MatMul", [flat, s.weight([heads * channels, heads * size])]);
    return s.g.node("Transpose", [s.g.node("Reshape", [projected, s.ints([0, 0, heads, size])])], { perm });
  };
  const query = part([0, 2, 1, 3]);
  const early = s.random.next() < 0.5;
  const left = early ? s.g.node("Mul", [query, s.scalar(0.3)]) : query;
  const products = s.g.node("MatMul", [left, part([0, 2, 3, 1])]);
  const scaled = early ? products : s.g.node("Div", [products, s.scalar(3)]);
  const hidden = (i: number) => (i % steps > Math.floor(i / steps) ? -1e9 : 0);
  const table = Array.from({ length: steps * steps }, (_, i) => hidden(i));
  const mask = () => s.g.constant(s.g.freeName("mask"), tensorFrom("float32", [steps, steps], table));
  const masked = s.random.next() < 0.6 ? s.g.node("Add", [scaled, mask()]) : scaled;
  const seen = s.g.node("MatMul", [s.g.node("Softmax", [masked], { axis: -1 }), part([0, 2, 1, 3])]);
  const turned = s.g.node("Transpose", [seen], { perm: [0, 2, 1, 3] });
  if (s.random.next() < 0.5) return turned;
  return s.g.node("Reshape", [
    s.g.node("Reshape", [turned, s.ints([0, 0, heads * size])]),
    s.ints([0, 0, heads, size]),
  ]);
}

const layers: Readonly<Record<Step, (s: Scope, x: string) => string>> = {
  conv: (s, x) => conv(s, x, 3),
  convStride: (s, x) => conv(s, x, 2, { stride: 2, bias: false }),
  depthwise: (s, x) => conv(s, x, s.sizes(x)[2] ?? 0, { group: s.sizes(x)[2] ?? 0 }),
  convTranspose(s, x) {
    const [, , depth = 0] = s.sizes(x);
    return s.last(s.g.node("ConvTranspose", [s.first(x), s.weight([depth, 2, 2, 2])], { kernel_shape: [2, 2] }));
  },
  norm,
  normAfterBias(s, x) {
    const biased = s.g.node("Add", [conv(s, x, 2, { bias: false }), s.weight([2])]);
    return norm(s, biased);
  },
  relu: (s, x) => s.g.node("Relu", [x]),
  relu6: (s, x) => s.g.node("Clip", [s.g.node("Relu", [x]), s.scalar(-1), s.scalar(6)]),
  maxZero: (s, x) => s.g.node("Min", [s.g.node("Max", [x, s.scalar(0)]), s.scalar(1)]),
  sigmoid: (s, x) => s.g.node("Sigmoid", [x]),
  swish: (s, x) => s.g.node("Mul", [x, s.g.node("Sigmoid", [x])]),
  leaky: (s, x) => s.g.node("LeakyRelu", [x], { alpha: 0.2 }),
  prelu: (s, x) => s.g.node("PRelu", [x, s.weight([1, 1, s.sizes(x)[2] ?? 0])]),
  maxPool: (s, x) => pool(s, x, "MaxPool"),
  avgPool: (s, x) => pool(s, x, "AveragePool"),
  padConv: (s, x) => conv(s, pad(s, x), 2),
  padPool: (s, x) =>
    pool(
      s,
      pad(s, s.random.next() < 0.5 ? s.g.node("Relu", [x]) : x),
      s.random.next() < 0.5 ? "MaxPool" : "AveragePool",
    ),
  residual: (s, x) => s.g.node("Add", [x, conv(s, s.g.node("Relu", [x]), s.sizes(x)[2] ?? 0)]),
  branches: (s, x) => s.g.node("Concat", [conv(s, x, 2), norm(s, conv(s, x, 1)), x], { axis: -1 }),
  squeezeExcite(s, x) {
    const channels = s.sizes(x)[2] ?? 0;
    const pooled = s.g.node("Flatten", [s.g.node("GlobalAveragePool", [s.first(x)])], { axis: 1 });
    const gate = s.g.node("Sigmoid", [s.g.node("Gemm", [pooled, s.weight([channels, channels])])]);
    return s.g.node("Mul", [x, s.g.node("Reshape", [gate, s.ints([-1, 1, 1, channels])])]);
  },
  addChannel: (s, x) => s.g.node("Add", [s.weight([s.sizes(x)[2] ?? 0]), x]),
  mulPixel: (s, x) => s.g.node("Mul", [x, s.weight([...s.sizes(x).slice(0, 2), 1])]),
  meanKept: (s, x) => s.g.node("Sub", [x, s.g.node("ReduceMean", [x, s.ints([-1])], { keepdims: 1 })]),
  sliceRows(s, x) {
    if ((s.sizes(x)[0] ?? 0) < 3) return x;
    return s.g.node("Slice", [x, s.ints([1]), s.ints([3]), s.ints([1])]);
  },
  upsample: (s, x) =>
    s.last(
      s.g.node(
        "Resize",
        [s.first(x), "", s.g.constant(s.g.freeName("scales"), tensorFrom("float32", [4], [1, 1, 2, 2]))],
        {
          mode: "nearest",
          coordinate_transformation_mode: "asymmetric",
          nearest_mode: "floor",
        },
      ),
    ),
  softmax: (s, x) => s.g.node("Softmax", [x], { axis: -1 }),
  layerNorm: (s, x) => s.g.node("LayerNormalization", [x, s.positive([s.sizes(x)[2] ?? 0])], { axis: -1 }),
  permuteTwice: (s, x) =>
    s.g.node("Relu", [
      s.g.node("Transpose", [s.g.node("Tanh", [s.g.node("Transpose", [x], { perm: [0, 2, 1, 3] })])], {
        perm: [0, 2, 1, 3],
      }),
    ]),
  identity: (s, x) => s.g.node("Identity", [x]),
  split(s, x) {
    const rows = s.sizes(x)[0] ?? 0;
    if (rows < 2) return x;
    const parts = s.g.node("Split", [x, s.ints([1, rows - 1])], { axis: 1 }, { outputs: 2 });
    return s.g.node("Concat", [parts[1] ?? "", s.g.node("Neg", [parts[0] ?? ""])], { axis: 1 });
  },
  denseChannels(s, x) {
    const channels = s.sizes(x)[2] ?? 0;
    return norm(s, s.g.node("Add", [s.g.node("MatMul", [x, s.weight([channels, 2])]), s.weight([2])]));
  },
  normWritten(s, x) {
    const scaled = spread(s, s.g.node("Sub", [x, meanOf(s, x)]));
    return s.random.next() < 0.5 ? scaled : s.g.node("Add", [scaled, s.weight([s.sizes(x)[2] ?? 0])]);
  },
  rmsWritten: spread,
  geluErf(s, x) {
    const curve = s.g.node("Erf", [s.g.node("Mul", [x, s.scalar(Math.SQRT1_2)])]);
    const halved = s.g.node("Mul", [s.scalar(0.5), x]);
    return s.g.node("Mul", [halved, s.g.node("Add", [s.scalar(1), curve])]);
  },
  geluTanh(s, x) {
    const cubic = s.g.node("Mul", [s.g.node("Pow", [x, s.scalar(3)]), s.scalar(0.044715)]);
    const inner = s.g.node("Mul", [s.g.node("Add", [x, cubic]), s.scalar(Math.sqrt(2 / Math.PI))]);
    const raised = s.g.node("Add", [s.g.node("Tanh", [inner]), s.scalar(1)]);
    return s.g.node("Mul", [s.g.node("Mul", [x, raised]), s.scalar(0.5)]);
  },
  silu(s, x) {
    const dense = s.g.node("MatMul", [x, s.weight([s.sizes(x)[2] ?? 0, 3])]);
    return s.g.node("Mul", [s.g.node("Sigmoid", [dense]), dense]);
  },
  attention,
};

function finish(s: Scope, x: string, head: NetOptions["head"]): string {
  const dense = (flat: string) => {
    const [width = 0] = s.sizes(flat);
    const hidden = s.g.node("Add", [s.g.node("MatMul", [flat, s.weight([width, 4])]), s.weight([4])]);
    const normed = s.g.node("BatchNormalization", [
      hidden,
      s.positive([4]),
      s.weight([4]),
      s.weight([4]),
      s.positive([4]),
    ]);
    return s.g.node("Softmax", [s.g.node("Gemm", [normed, s.weight([4, 3]), s.weight([3])])], { axis: -1 });
  };
  switch (head) {
    case "flatten":
      return dense(s.g.node("Flatten", [x], { axis: 1 }));
    case "globalPool":
      return dense(s.g.node("Flatten", [s.g.node("GlobalMaxPool", [s.first(x)])], { axis: 1 }));
    case "reduceMean":
      return dense(s.g.node("ReduceMean", [x, s.ints([1, 2])], { keepdims: 0 }));
    case "reshape":
      return s.g.node("Reshape", [x, s.ints([0, -1])]);
    case "spatial":
      return x === "image" ? s.g.node("Relu", [x]) : x;
  }
}
