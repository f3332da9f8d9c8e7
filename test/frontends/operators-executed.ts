import { integerOperators } from "../../src/backends/onnx/kernels.js";
import { graphBuilder } from "../../src/ir/builder.js";
import { BATCH, type Graph } from "../../src/ir/graph.js";
import { observedValues } from "../../src/quantize/calibrate.js";
import { planStatic } from "../../src/quantize/passes/static/plan.js";
import { moves, pointwiseOperators } from "../../src/quantize/passes/static/roles.js";
import { quantizeGraph } from "../../src/quantize/quantize.js";
import type { Scheme } from "../../src/quantize/scheme.js";
import { elementCount, type Tensor, tensorFrom } from "../../src/tensor/tensor.js";

/** What quantization makes of an operator with weights, found by quantizing the smallest graph that holds it. */
export interface Executed {
  readonly opType: string;
  readonly static: string;
  readonly dynamic: string;
  readonly weightOnly: string;
}

const weights = (shape: readonly number[]): Tensor =>
  tensorFrom(
    "float32",
    shape,
    Array.from({ length: elementCount(shape) }, (_, i) => ((i * 7) % 11) / 11 - 0.5),
  );

/** Smallest graphs of the operators with weights; 32 inputs, since a group has that many. */
const graphs: Readonly<Record<string, () => Graph>> = {
  Conv: () => withWeights("Conv", [BATCH, 32, 6, 6], [[32, 32, 3, 3]], { kernel_shape: [3, 3] }),
  ConvTranspose: () => withWeights("ConvTranspose", [BATCH, 32, 6, 6], [[32, 32, 2, 2]], { kernel_shape: [2, 2] }),
  Gemm: () => withWeights("Gemm", [BATCH, 32], [[32, 32], [32]], {}),
  MatMul: () => withWeights("MatMul", [BATCH, 4, 32], [[32, 32]], {}),
  LSTM: () =>
    withWeights(
      "LSTM",
      [4, BATCH, 32],
      [
        [1, 128, 32],
        [1, 128, 32],
      ],
      { hidden_size: 32 },
    ),
  GRU: () =>
    withWeights(
      "GRU",
      [4, BATCH, 32],
      [
        [1, 96, 32],
        [1, 96, 32],
      ],
      { hidden_size: 32 },
    ),
  Gather: embedding,
};

function withWeights(
  opType: string,
  shape: readonly (number | typeof BATCH)[],
  operands: readonly (readonly number[])[],
  attributes: Readonly<Record<string, number | readonly number[]>>,
): Graph {
  const build = graphBuilder(opType);
  const x = build.input("x", "float32", shape);
  const names = operands.map((each, i) => build.constant(`w${i}`, weights(each)));
  return build.build([build.node(opType, [x, ...names], attributes, { name: "node", layer: "layer" })]);
}

/** A table of 64 rows that tokens choose from, as frontends emit it: token numbers come as float32. */
function embedding(): Graph {
  const build = graphBuilder("Gather");
  const indices = build.node("Cast", [build.input("x", "float32", [BATCH, 4])], { to: 7 });
  const table = build.constant("w0", weights([64, 32]));
  return build.build([build.node("Gather", [table, indices], { axis: 0 }, { name: "node", layer: "layer" })]);
}

const scheme = (mode: Scheme["mode"]): Scheme => ({
  name: mode,
  mode,
  weights: mode === "weight_only" ? { dtype: "int4", granularity: "group", group: 32 } : int8,
  ...(mode === "weight_only" ? { method: "rtn" } : { activations: { dtype: "uint8" } }),
  keep: {},
});
const int8 = { dtype: "int8", granularity: "per_channel" } as const;

/** Names of the kernels that a scheme brings into the graph; "float" where it brings none. */
function broughtIn(graph: Graph, mode: Scheme["mode"]): string {
  const ranges = new Map(observedValues(planStatic(graph)).map((value) => [value, { min: -1, max: 1 }] as const));
  const quantized = quantizeGraph(graph, scheme(mode), ranges);
  const brought = new Set(quantized.nodes.map(({ opType }) => opType).filter((opType) => KERNELS.has(opType)));
  if (brought.size > 0) return [...brought].join(", ");
  const stored = [...quantized.initializers.values()].some(({ dtype }) => dtype === "uint8" || dtype === "int8");
  return stored ? "stored as codes, computed in float" : "float";
}

const KERNELS = new Set([...integerOperators, "MatMulNBits", "GatherBlockQuantized"]);

/** The operators with weights, by experiment. */
export function executedProducts(): readonly Executed[] {
  return Object.entries(graphs).map(([opType, make]) => {
    const graph = make();
    return {
      opType,
      static: broughtIn(graph, "static"),
      dynamic: broughtIn(graph, "dynamic"),
      weightOnly: broughtIn(graph, "weight_only"),
    };
  });
}

/** What of an operator without weights runs inside a quantized region of `static`. */
export function insideRegions(opType: string): string {
  const kernel = pointwiseOperators[opType];
  if (kernel !== undefined) return kernel;
  if (moves.has(opType)) return "moves codes";
  return opType === "Relu" || opType === "Clip" ? "becomes a range" : "float";
}
