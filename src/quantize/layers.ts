import type { Graph, Node, ValueType } from "../ir/graph.js";
import { inferTypes } from "../ir/infer.js";
import { type Uses, usesOf } from "./passes/rewrite.js";
import { isSaturation } from "./passes/static/roles.js";
import { suffix } from "./weights.js";

/** Both graphs with each layer's result as a float32 output of the same name, to compare layer by layer. */
export interface ExposedLayers {
  readonly float: Graph;
  readonly quantized: Graph;
  /** In the order of the graph. Layers whose result the quantized graph does not have are left out. */
  readonly layers: readonly { readonly layer: string; readonly value: string }[];
}

/**
 * A layer's result is the last float value that its nodes make. Where quantization put a Relu or Clip of the next layer
 * into this one, the result after it is taken in both graphs. Codes are dequantized with their own parameters.
 */
export function exposeLayers(floatGraph: Graph, quantizedGraph: Graph): ExposedLayers {
  const uses = usesOf(floatGraph);
  const types = inferTypes(floatGraph);
  const quantized = usesOf(quantizedGraph);
  const quantizedTypes = inferTypes(quantizedGraph);
  const layers: { layer: string; value: string }[] = [];
  const dequantized: Node[] = [];
  const extra = new Map<string, ValueType>();
  for (const [layer, last] of lastValues(floatGraph, types)) {
    const value = survivor(
      last,
      floatGraph,
      uses,
      (name) => quantizedTypes.has(name) || quantizedTypes.has(name + suffix.codes),
    );
    const type = value === undefined ? undefined : types.get(value);
    if (value === undefined || !type) continue;
    layers.push({ layer, value });
    if (extra.has(value)) continue;
    extra.set(value, type);
    if (!quantizedTypes.has(value)) dequantized.push(dequantize(value, quantized));
  }
  return {
    float: withOutputs(floatGraph, extra, []),
    quantized: withOutputs(quantizedGraph, extra, dequantized),
    layers,
  };
}

function lastValues(graph: Graph, types: ReadonlyMap<string, ValueType>): ReadonlyMap<string, string> {
  const last = new Map<string, string>();
  for (const node of graph.nodes) {
    const [output = ""] = node.outputs;
    if (node.layer !== undefined && types.get(output)?.dtype === "float32") last.set(node.layer, output);
  }
  return last;
}

/** The value itself, or what the Relu and Clip after it make of it, whichever the quantized graph has first. */
function survivor(value: string, graph: Graph, uses: Uses, has: (value: string) => boolean): string | undefined {
  let current = value;
  while (!has(current)) {
    const next = (uses.consumers.get(current) ?? []).find((node) => isSaturation(node, graph));
    if (!next) return undefined;
    current = next.outputs[0] ?? "";
  }
  return current;
}

/** The graph with further nodes at its end, and further outputs; those that it has already are left out. */
export function withOutputs(graph: Graph, extra: ReadonlyMap<string, ValueType>, nodes: readonly Node[]): Graph {
  const shown = new Set(graph.outputs.map(({ name }) => name));
  const outputs = [...extra].filter(([name]) => !shown.has(name)).map(([name, type]) => ({ name, type }));
  return { ...graph, nodes: [...graph.nodes, ...nodes], outputs: [...graph.outputs, ...outputs] };
}

function dequantize(value: string, uses: Uses): Node {
  const codes = value + suffix.codes;
  const [scale, zeroPoint] = parametersOf(codes, uses);
  return {
    name: `${value}/exposed`,
    opType: "DequantizeLinear",
    domain: "",
    inputs: [codes, scale, zeroPoint],
    outputs: [value],
    attributes: {},
  };
}

/** Where operators that make codes have the scale of their output; its zero point follows. */
const scaleInput: Readonly<Record<string, number>> = {
  QuantizeLinear: 1,
  QLinearConv: 6,
  QLinearMatMul: 6,
  QGemm: 7,
  QLinearAdd: 6,
  QLinearMul: 6,
  QLinearConcat: 0,
  QLinearAveragePool: 3,
  QLinearGlobalAveragePool: 3,
  QLinearLeakyRelu: 3,
  QLinearSigmoid: 3,
};

/** Scale and zero point of codes: those of the node that made them, through all that moves them. */
function parametersOf(codes: string, uses: Uses): readonly [string, string] {
  for (let value = codes; ; ) {
    const node = uses.producer.get(value);
    if (!node) throw new Error(`exposeLayers: nothing made the codes "${codes}"`);
    const index = scaleInput[node.opType];
    if (index !== undefined) return [node.inputs[index] ?? "", node.inputs[index + 1] ?? ""];
    value = node.inputs[0] ?? "";
  }
}
