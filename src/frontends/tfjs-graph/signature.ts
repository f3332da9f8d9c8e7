import { fail } from "../../base/diagnostic.js";
import { isObject, type Json, type JsonObject, objectAt, shown, stringAt } from "../tfjs/json.js";
import { dtypeFrom, shapeAttribute, shapeFrom } from "./attributes.js";
import { refOf } from "./graph-def.js";
import type { GraphModelInput, GraphModelOutput, Nodes } from "./model.js";
import type { GraphNode } from "./node.js";

/** What a model takes and gives: by its signature, else its placeholders and the nodes that none reads. */
export interface Ends {
  readonly inputs: readonly GraphModelInput[];
  readonly outputs: readonly GraphModelOutput[];
}

/**
 * Inputs and outputs in the order of the signature, which is the order in which TF.js takes and gives them.
 * @param signature as in `signature` of a model.json, or in its `userDefinedMetadata`; absent in old files
 */
export function endsOf(nodes: Nodes, signature: JsonObject | undefined): Ends {
  const ops = new Map([...nodes].map(([name, { op }]) => [name, op]));
  const inputs = entries(signature?.inputs, "inputs").map(([key, entry]) => inputOf(key, entry, nodes, ops));
  const outputs = entries(signature?.outputs, "outputs").map(([key, entry]): GraphModelOutput => {
    const ref = refOf(tensorName(entry, key), ops);
    if (!nodes.has(ref.node)) fail("graph-input-missing", { node: `output ${key}`, input: ref.node });
    return { name: plainName(key), ref };
  });
  return {
    inputs:
      inputs.length > 0 ? inputs : [...nodes.values()].filter(isPlaceholder).map((node) => placeholderInput(node)),
    outputs: outputs.length > 0 ? outputs : sinks(nodes),
  };
}

function entries(json: Json | undefined, what: string): (readonly [string, JsonObject])[] {
  if (json === undefined || json === null) return [];
  const where = `"${what}" of the signature`;
  return Object.entries(objectAt(json, where)).map(([key, entry]) => [key, objectAt(entry, `"${key}" of ${where}`)]);
}

/** Without the output's number: "Identity:0" and "Identity" are one. */
const plainName = (key: string): string => key.replace(/:0$/, "") || "output";

function tensorName(entry: JsonObject, key: string): string {
  return stringAt(entry.name ?? key, `"name" of "${key}" of the signature`);
}

const isPlaceholder = ({ op }: GraphNode): boolean => op === "Placeholder" || op === "PlaceholderV2";

function inputOf(key: string, entry: JsonObject, nodes: Nodes, ops: ReadonlyMap<string, string>): GraphModelInput {
  const ref = refOf(tensorName(entry, key), ops);
  const node = nodes.get(ref.node);
  if (node === undefined) return fail("graph-input-missing", { node: `input ${key}`, input: ref.node });
  const declared = placeholderInput(node);
  const tensorShape = isObject(entry.tensorShape) ? entry.tensorShape : undefined;
  const refuse = () => {
    const where = `"tensorShape" of "${key}" of the signature`;
    return fail("model-json-shape", { where, expected: "a shape", found: shown(entry.tensorShape) });
  };
  const shape = tensorShape === undefined ? undefined : shapeFrom(tensorShape, refuse);
  return { ...declared, name: plainName(key), shape: shape ?? declared.shape };
}

function placeholderInput(node: GraphNode): GraphModelInput {
  const written = node.attributes.dtype;
  const type = isObject(written) ? written.type : undefined;
  const dtype = type === undefined ? "float32" : dtypeFrom(type);
  if (dtype === undefined) {
    const facts = {
      node: node.name,
      op: node.op,
      attribute: "dtype",
      expected: "a type of numbers",
      found: shown(type),
    };
    return fail("graph-attribute", facts);
  }
  return { name: node.name, node: node.name, shape: shapeAttribute(node, "shape"), dtype };
}

/** Nodes that no other reads, in the file's order; constants and inputs are none. */
function sinks(nodes: Nodes): GraphModelOutput[] {
  const read = new Set([...nodes.values()].flatMap(({ inputs }) => inputs.map(({ node }) => node)));
  return [...nodes.values()]
    .filter((node) => !read.has(node.name) && node.op !== "Const" && node.op !== "NoOp" && !isPlaceholder(node))
    .map(({ name }) => ({ name, ref: { node: name, port: 0 } }));
}
