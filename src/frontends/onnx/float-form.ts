import { fail } from "../../base/diagnostic.js";
import { graphBuilder } from "../../ir/builder.js";
import type { Graph, Node } from "../../ir/graph.js";
import { messageOf } from "../../ir/infer.js";
import { Refusal } from "./emitter.js";
import { type FloatContext, floatContext } from "./float/context.js";
import { copied } from "./float/rule.js";
import { floatRules } from "./float/rules.js";
import { renamed } from "./rename.js";

/** Operators that move codes and leave them as they are. */
const movers = new Set(
  (
    "MaxPool Reshape Flatten Transpose Squeeze Unsqueeze Slice Gather Concat Split Identity Expand Tile Resize " +
    "DepthToSpace SpaceToDepth"
  ).split(" "),
);

/**
 * The float model that a quantized one stands for: weights dequantized, activations without rounding. Where codes cut
 * negative values off, and with them took the place of a Relu, the float form cuts them as well.
 * @throws {DiagnosticError} `onnx-node` for a node of which no float form is known
 */
export function floatForm(graph: Graph): Graph {
  const builder = graphBuilder(graph.name);
  for (const { name, type } of graph.inputs) builder.input(name, type.dtype, type.shape);
  const context = floatContext(graph, builder);
  for (const node of graph.nodes) lowerToFloat(node, context);
  // An output that is an input or the same value as another needs a value of its own.
  const taken = new Set(graph.inputs.map(({ name }) => name));
  const names = graph.outputs.map(({ name }) => {
    const value = context.value(name);
    const own = taken.has(value) ? builder.node("Identity", [value], {}, { name: `${name}/Identity` }) : value;
    taken.add(own);
    return own;
  });
  return renamed(
    builder.build(names),
    new Map(names.map((name, i) => [name, graph.outputs[i]?.name ?? name] as const)),
  );
}

function lowerToFloat(node: Node, context: FloatContext): void {
  try {
    const rule = Object.hasOwn(floatRules, node.opType) ? floatRules[node.opType] : undefined;
    if (rule) rule(node, context);
    else if (movers.has(node.opType) && node.inputs.some((name) => context.isCoded(name))) moved(node, context);
    else copied(node, context);
  } catch (error) {
    const reason =
      error instanceof Refusal ? error.message : messageOf(error instanceof Error ? (error.cause ?? error) : error);
    fail("onnx-node", { node: node.name, operator: node.opType, reason: `no float form of it is known: ${reason}` });
  }
}

/** Moving codes about is moving the numbers behind them; both sides have the same scale. */
function moved(node: Node, context: FloatContext): void {
  const inputs = node.inputs.map((name) =>
    context.isCoded(name) ? context.real(name, undefined, undefined, 0) : context.value(name),
  );
  const outputs = context.emitAll(node, node.opType, inputs, node.attributes);
  for (const [i, name] of node.outputs.entries()) {
    if (name !== "") context.setReal(name, outputs[i] ?? "", undefined, undefined);
  }
}
