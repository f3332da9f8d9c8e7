import { DiagnosticError } from "../../base/diagnostic.js";
import { graphBuilder } from "../../ir/builder.js";
import type { Graph, Node } from "../../ir/graph.js";
import { BATCH } from "../../ir/graph.js";
import { graphEmitter } from "./emitter.js";
import { resolveInputs } from "./inputs.js";
import { lowerModel } from "./lower.js";
import type { TfjsModel } from "./model.js";
import { weightFinder } from "./scope.js";
import { unknownLayers } from "./walk.js";

export interface GraphOptions {
  /** Sizes of the one input without the batch, for a model that leaves them open. */
  readonly inputShape?: readonly number[];
}

/**
 * The model as an IR graph with the meaning that TF.js gives it.
 *
 * Inputs keep TF.js's names, order and layout (`[batch, height, width, channels]`) and are float32, whatever type the
 * model declares: token numbers are whole float32 numbers. Outputs are called like the layers they come from. Every
 * node carries the name of its layer; a layer `b` of a model `a` that is used as a layer is `a/b`.
 * @throws {DiagnosticError} for layers that cannot be lowered (all of them at once), open input sizes, weights that
 * are missing or have another shape than their layer needs
 */
export function toGraph(model: TfjsModel, options: GraphOptions = {}): Graph {
  const unknown = unknownLayers(model.topology);
  if (unknown.length > 0) throw new DiagnosticError(...unknown);
  const inputs = resolveInputs(model.topology, options.inputShape);
  const builder = graphBuilder(model.name);
  const values = inputs.map(({ name, shape }) => ({
    name: builder.input(name, "float32", [BATCH, ...shape]),
    shape,
  }));
  const emitter = graphEmitter(builder);
  const outputs = lowerModel({ emitter, find: weightFinder(model) }, model.topology, values);
  // An output that is an input, or the same value as another output, needs a value of its own.
  const taken = new Set(inputs.map(({ name }) => name));
  const names = outputs.map(({ name }, i) => {
    const layer = model.topology.outputs[i]?.layer ?? "output";
    const own = taken.has(name) ? builder.node("Identity", [name], {}, { layer }) : name;
    taken.add(own);
    return own;
  });
  return renamed(builder.build(names), wishes(model, names, taken));
}

/** What the outputs shall be called: the layers' names; a number is added where a layer gives several. */
function wishes(model: TfjsModel, values: readonly string[], taken: Set<string>): Map<string, string> {
  const used = new Set(taken);
  return new Map(
    values.map((value, i) => {
      const layer = model.topology.outputs[i]?.layer ?? "output";
      let name = layer;
      for (let n = 1; used.has(name); n++) name = `${layer}:${n}`;
      used.add(name);
      return [value, name];
    }),
  );
}

/** The graph with some values called otherwise. */
function renamed(graph: Graph, names: ReadonlyMap<string, string>): Graph {
  const to = (name: string) => names.get(name) ?? name;
  const nodes = graph.nodes.map((node): Node => {
    const touched = [...node.inputs, ...node.outputs].some((name) => names.has(name));
    return touched ? { ...node, inputs: node.inputs.map(to), outputs: node.outputs.map(to) } : node;
  });
  return { ...graph, nodes, outputs: graph.outputs.map((value) => ({ ...value, name: to(value.name) })) };
}
