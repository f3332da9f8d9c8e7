import type { Site } from "./emitter.js";
import type { GraphModel } from "./model.js";
import type { GraphNode } from "./node.js";
import { opDefinition } from "./ops/registry.js";

/** Whether quantization has integer kernels for the operator's weights. */
export function isQuantizable(op: string): boolean {
  const definition = opDefinition(op);
  return definition !== undefined && "quantizable" in definition && definition.quantizable === true;
}

/**
 * What each node is called, and its layer. TensorFlow's names are paths: `StatefulPartitionedCall/model/conv_1/Relu`.
 * The scopes that all nodes with weights share are left out; the layer is the scope around the node (`conv_1`), unless
 * that holds several nodes with weights or there is none: then each node is a layer by itself.
 */
export function sitesOf({ nodes }: Pick<GraphModel, "nodes">): (node: GraphNode) => Site {
  const computing = [...nodes.values()].filter(({ op }) => op !== "Const" && !op.startsWith("Placeholder"));
  const weighted = computing.filter(({ op }) => isQuantizable(op));
  const shared = sharedScope((weighted.length > 1 ? weighted : computing).map(({ name }) => name));
  const short = (name: string) => (name.startsWith(shared) ? name.slice(shared.length) : name);
  const heavy = new Map<string, number>();
  for (const { name } of weighted) {
    const scope = scopeOf(short(name));
    heavy.set(scope, (heavy.get(scope) ?? 0) + 1);
  }
  return (node) => {
    const name = short(node.name);
    const scope = scopeOf(name);
    return { name, layer: scope === "" || (heavy.get(scope) ?? 0) > 1 ? name : scope };
  };
}

/** Everything before the last slash. */
function scopeOf(name: string): string {
  const slash = name.lastIndexOf("/");
  return slash < 0 ? "" : name.slice(0, slash);
}

/** The scopes that all names begin with, with the slash behind them; "" where there are none. */
function sharedScope(names: readonly string[]): string {
  const [first = "", ...rest] = names;
  let parts = first.split("/").slice(0, -1);
  for (const name of rest) {
    const others = name.split("/").slice(0, -1);
    const differs = parts.findIndex((part, i) => part !== others[i]);
    if (differs >= 0) parts = parts.slice(0, differs);
  }
  // A lone node would lose its layer's name with its scopes.
  if (rest.length === 0) parts = parts.slice(0, -1);
  return parts.length === 0 ? "" : `${parts.join("/")}/`;
}
