import type { Node, Pass } from "../../../ir/graph.js";
import { completeAttributes } from "../../../ir/infer.js";
import { operatorOf } from "../../../ir/operators/registry.js";
import { elementCount, type Tensor } from "../../../tensor/tensor.js";
import { removeUnread } from "./rewrite.js";

/** Results with more elements stay computed at run time: folding must not make a model larger by much. */
const MOST_ELEMENTS = 2 ** 22;

/** Computes nodes whose inputs are all initializers, by the operators' own definitions, and stores their outputs. */
export const foldConstants: Pass = {
  name: "fold-constants",
  summary: "compute what does not depend on the input",
  run(graph) {
    const initializers = new Map(graph.initializers);
    const outputs = new Set(graph.outputs.map(({ name }) => name));
    const nodes: Node[] = [];
    for (const node of graph.nodes) {
      const values = node.outputs.some((name) => outputs.has(name)) ? undefined : evaluated(node, initializers);
      if (values) for (const [i, name] of node.outputs.entries()) setIfNamed(initializers, name, values[i]);
      else nodes.push(node);
    }
    return nodes.length === graph.nodes.length ? graph : removeUnread({ ...graph, nodes, initializers });
  },
};

function evaluated(node: Node, constants: ReadonlyMap<string, Tensor>): readonly Tensor[] | undefined {
  const operator = operatorOf(node.domain, node.opType);
  if (!operator || node.inputs.some((name) => name !== "" && !constants.has(name))) return undefined;
  const inputs = node.inputs.map((name) => constants.get(name));
  const values = operator.evaluate(inputs, completeAttributes(operator, node));
  return values.some((value) => elementCount(value.shape) > MOST_ELEMENTS) ? undefined : values;
}

function setIfNamed(initializers: Map<string, Tensor>, name: string, value: Tensor | undefined): void {
  if (name !== "" && value) initializers.set(name, value);
}
