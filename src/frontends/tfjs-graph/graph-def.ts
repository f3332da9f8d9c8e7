import { type Diagnostic, DiagnosticError, diagnostic, fail } from "../../base/diagnostic.js";
import { nearestFact } from "../../base/nearest.js";
import { arrayAt, isArray, isObject, type Json, type JsonObject, objectAt, stringAt } from "../tfjs/json.js";
import type { GraphFunction, Nodes } from "./model.js";
import type { GraphNode, NodeInput } from "./node.js";

/** More nodes than this in one file is no model that people make. */
const MAX_NODES = 100_000;

/** Operators with several named outputs; inside functions an output is read as `node:name:index`. */
const OUTPUT_NAMES: Readonly<Record<string, readonly string[]>> = {
  FusedBatchNorm: ["y", "batch_mean", "batch_variance", "reserve_space_1", "reserve_space_2"],
  FusedBatchNormV2: ["y", "batch_mean", "batch_variance", "reserve_space_1", "reserve_space_2"],
  FusedBatchNormV3: ["y", "batch_mean", "batch_variance", "reserve_space_1", "reserve_space_2", "reserve_space_3"],
  Merge: ["output", "value_index"],
  Switch: ["output_false", "output_true"],
  TopKV2: ["values", "indices"],
  Unique: ["y", "idx"],
  UniqueV2: ["y", "idx"],
  NonMaxSuppressionV4: ["selected_indices", "valid_outputs"],
  NonMaxSuppressionV5: ["selected_indices", "selected_scores", "valid_outputs"],
  TensorListPopBack: ["output_handle", "tensor"],
};

/** The nodes and functions of a GraphDef in JSON. @param path what messages call the file */
export function readGraphDef(
  topology: JsonObject,
  path: string,
): { readonly nodes: Nodes; readonly functions: ReadonlyMap<string, GraphFunction> } {
  const nodes = nodesOf(topology.node, `"node" of "${path}"`);
  checkInputs(nodes, []);
  const functions = new Map<string, GraphFunction>();
  const library = isObject(topology.library) ? (topology.library.function ?? []) : [];
  for (const item of arrayAt(library, `"function" of "${path}"`)) {
    const definition = functionOf(objectAt(item, `a function of "${path}"`), path);
    functions.set(definition.name, definition);
  }
  return { nodes, functions };
}

function nodesOf(json: Json | undefined, where: string): Nodes {
  const list = arrayAt(json ?? [], where);
  if (list.length > MAX_NODES) {
    fail("model-json-shape", { where, expected: `at most ${MAX_NODES} nodes`, found: "longer" });
  }
  const ops = new Map<string, string>();
  for (const item of list) {
    const { name, op } = objectAt(item, `a node of ${where}`);
    if (typeof name === "string" && typeof op === "string") ops.set(name, op);
  }
  const nodes = new Map<string, GraphNode>();
  for (const item of list) {
    const node = nodeOf(item as JsonObject, where, ops);
    if (nodes.has(node.name)) fail("graph-node-duplicate", { node: node.name });
    nodes.set(node.name, node);
  }
  return nodes;
}

function nodeOf(json: JsonObject, where: string, ops: ReadonlyMap<string, string>): GraphNode {
  const name = stringAt(json.name, `"name" of a node of ${where}`);
  const op = stringAt(json.op, `"op" of node "${name}"`);
  const written = arrayAt(json.input ?? [], `"input" of node "${name}"`);
  const inputs = written
    .map((input) => stringAt(input, `"input" of node "${name}"`))
    .filter((input) => !input.startsWith("^"))
    .map((input) => refOf(input, ops));
  const attributes =
    json.attr === undefined || json.attr === null ? {} : objectAt(json.attr, `"attr" of node "${name}"`);
  return { name, op, inputs, attributes };
}

/** What `node`, `node:1` or, in functions, `node:output:0` refers to. */
export function refOf(text: string, ops: ReadonlyMap<string, string>): NodeInput {
  const parts = text.split(":");
  const [node = "", second] = parts;
  if (parts.length === 1) return { node, port: 0 };
  const last = parts.at(-1) ?? "";
  const index = /^\d{1,6}$/.test(last) ? Number(last) : 0;
  if (parts.length < 3) return { node, port: index };
  const op = ops.get(node) ?? "";
  const named = Object.hasOwn(OUTPUT_NAMES, op) ? (OUTPUT_NAMES[op]?.indexOf(second ?? "") ?? -1) : -1;
  return { node, port: named < 0 ? index : named };
}

/** Refuses inputs that do not exist, all of them at once (the first ten). */
function checkInputs(nodes: Nodes, parameters: readonly string[]): void {
  const known = new Set([...nodes.keys(), ...parameters]);
  const missing: Diagnostic[] = [];
  for (const { name, inputs } of nodes.values()) {
    for (const { node } of inputs) {
      if (known.has(node) || missing.length >= 10) continue;
      const facts = { node: name, input: node, ...nearestFact(node, [...known].slice(0, 2000)) };
      missing.push(diagnostic("graph-input-missing", facts));
    }
  }
  if (missing.length > 0) throw new DiagnosticError(...missing);
}

function functionOf(json: JsonObject, path: string): GraphFunction {
  const signature = objectAt(json.signature, `"signature" of a function of "${path}"`);
  const name = stringAt(signature.name, `"name" of a function of "${path}"`);
  const where = `function "${name}"`;
  const argument = (item: Json) => {
    const text = stringAt(objectAt(item, `an argument of ${where}`).name, `an argument of ${where}`);
    return text.split(":")[0] ?? text;
  };
  const parameters = arrayAt(signature.inputArg ?? signature.input_arg ?? [], where).map(argument);
  const nodes = nodesOf(json.nodeDef ?? json.node_def, where);
  checkInputs(nodes, parameters);
  const ops = new Map([...nodes].map(([key, { op }]) => [key, op]));
  const results = objectAt(json.ret ?? {}, `"ret" of ${where}`);
  const outputs = arrayAt(signature.outputArg ?? signature.output_arg ?? [], where).map((item) => {
    const key = argument(item);
    const ref = refOf(
      stringAt(Object.hasOwn(results, key) ? results[key] : undefined, `result "${key}" of ${where}`),
      ops,
    );
    if (!nodes.has(ref.node) && !parameters.includes(ref.node)) {
      fail("graph-input-missing", { node: name, input: ref.node });
    }
    return ref;
  });
  return { name, parameters, nodes, outputs };
}

/** Whether a model.json holds a graph of nodes. */
export function isGraphModel({ format, modelTopology }: JsonObject): boolean {
  return format === "graph-model" || (isObject(modelTopology) && isArray(modelTopology.node));
}
