import { toOnnx } from "../backends/onnx/write.js";
import type { Engine, Feeds } from "../engines/engine.js";
import { onnxruntime } from "../engines/onnxruntime.js";
import { type GraphBuilder, graphBuilder, type NodeOptions } from "../ir/builder.js";
import type { Graph } from "../ir/graph.js";
import { interpret } from "../ir/interpret.js";
import { elementCount, type Tensor, tensor, tensorFrom } from "../tensor/tensor.js";

/** What a kernel gave where two neighbouring products pass int16. */
export interface ProbedKernel {
  readonly kernel: string;
  /** What the operator means, and what came out, at the element that is farthest off. */
  readonly exact: number;
  readonly got: number;
}

/** Kernels of this engine on this CPU that do not add exactly; empty where all do. */
export type PairSumProbe = readonly ProbedKernel[];

/** A sum that saturated in pairs is half of what it should be; int8 activations of MatMulNBits cost a percent at most. */
const TOLERANCE = 0.05;

/** Length of a sum of products: a multiple of what kernels take at once. */
const LENGTH = 64;
const OUTPUTS = 16;

/**
 * Runs every kind of integer product on the largest codes, 255 x 127 everywhere, and compares with exact arithmetic. On x64
 * without VNNI pairs of such products saturate (VPMADDUBSW); what a CPU's flags only suggest is seen here.
 */
export async function probePairSums(engine: Engine): Promise<PairSumProbe> {
  const { graph, feeds } = probeGraph();
  const session = await engine.load(toOnnx(graph), { threads: 1, optimization: "all" });
  try {
    const got = await session.run(feeds);
    const exact = interpret(graph, feeds);
    return graph.outputs.flatMap(({ name }) => farthest(name, exact.get(name), got[name]) ?? []);
  } finally {
    await session.close();
  }
}

/** The same for onnxruntime in this process. */
export async function probeThisCpu(): Promise<PairSumProbe> {
  return probePairSums(await onnxruntime());
}

function farthest(kernel: string, exact: Tensor | undefined, got: Tensor | undefined): ProbedKernel | undefined {
  if (!exact || !got) throw new Error(`pair sums: ${kernel} gave nothing`);
  let worst: ProbedKernel | undefined;
  let most = TOLERANCE;
  exact.data.forEach((value: number | bigint, i: number) => {
    const [wanted, found] = [Number(value), Number(got.data[i])];
    const off = Math.abs(wanted - found) / Math.max(1, Math.abs(wanted));
    // What is no number is as far off as can be.
    if (off <= most) return;
    most = off;
    worst = { kernel, exact: wanted, got: found };
  });
  return worst;
}

function probeGraph(): { readonly graph: Graph; readonly feeds: Feeds } {
  const g = graphBuilder("pair-sums");
  const one = g.constant("one", tensorFrom("float32", [], [1]));
  const zero = g.constant("zero", tensorFrom("uint8", [], [0]));
  // Weights of each node's own: the engine's precise mode takes no others.
  const weights = (name: string, shape: readonly number[]) => [
    g.constant(`${name}:weights`, tensor("int8", shape, new Int8Array(elementCount(shape)).fill(127))),
    one,
    g.constant(`${name}:zero`, tensorFrom("int8", [], [0])),
  ];
  const outputScale = (length: number) =>
    g.constant(`scale${length}`, tensorFrom("float32", [], [(length * 255 * 127) / 200]));
  const image = g.input("image", "uint8", [1, OUTPUTS, 8, 8]);
  const rows = g.input("rows", "uint8", [4, LENGTH]);
  const row = g.input("row", "uint8", [1, LENGTH]);
  const floats = g.input("floats", "float32", [4, LENGTH]);
  const matrix = [LENGTH, OUTPUTS];

  const convolution = (name: string, kernel: readonly number[], group: number) => {
    const length = kernel.slice(1).reduce((product, size) => product * size, 1);
    const inputs = [image, one, zero, ...weights(name, kernel), outputScale(length), zero];
    return g.node("QLinearConv", inputs, { kernel_shape: [3, 3], group }, { name });
  };
  const product = (opType: string, x: string, more: readonly string[], options: NodeOptions & { name: string }) =>
    g.node(opType, [x, one, zero, ...weights(options.name, matrix), ...more], {}, options);
  const ms = (name: string) => ({ domain: "com.microsoft", name }) as const;
  const [toFloat = "", , toFloatZero] = weights("MatMulIntegerToFloat", matrix);
  const [dynamic = "", , dynamicZero] = weights("DynamicQuantizeMatMul", matrix);
  const outputs = [
    convolution("QLinearConv", [OUTPUTS, OUTPUTS, 3, 3], 1),
    convolution("QLinearConv (depthwise)", [OUTPUTS, 1, 3, 3], OUTPUTS),
    product("QGemm", rows, [], ms("QGemm")),
    product("QGemm", row, [], ms("QGemm (one row)")),
    product("QLinearMatMul", rows, [outputScale(LENGTH), zero], { name: "QLinearMatMul" }),
    g.node("MatMulIntegerToFloat", [rows, toFloat, one, one, zero, toFloatZero], {}, ms("MatMulIntegerToFloat")),
    g.node("DynamicQuantizeMatMul", [floats, dynamic, one, dynamicZero], {}, ms("DynamicQuantizeMatMul")),
    blockedProduct(g, floats),
  ];
  const graph = g.build(outputs);
  return { graph, feeds: largest(graph) };
}

function blockedProduct(g: GraphBuilder, floats: string): string {
  const codes = tensor("uint8", [OUTPUTS, 2, 32], new Uint8Array(OUTPUTS * LENGTH).fill(255));
  const scales = tensor("float32", [2 * OUTPUTS], new Float32Array(2 * OUTPUTS).fill(1));
  const blocks = { K: LENGTH, N: OUTPUTS, bits: 8, block_size: 32, accuracy_level: 4 };
  const inputs = [floats, g.constant("blocks", codes), g.constant("blockScales", scales)];
  return g.node("MatMulNBits", inputs, blocks, { domain: "com.microsoft", name: "MatMulNBits" });
}

/** 255 everywhere, in the type of each input. */
function largest(graph: Graph): Feeds {
  const filled = graph.inputs.map(({ name, type }) => {
    const shape = type.shape.map(Number);
    const size = elementCount(shape);
    const data = type.dtype === "uint8" ? new Uint8Array(size).fill(255) : new Float32Array(size).fill(255);
    return [name, tensor(type.dtype, shape, data)] as const;
  });
  return Object.fromEntries(filled);
}
