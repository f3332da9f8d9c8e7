import type * as tfjs from "@tensorflow/tfjs";
import type { Json, JsonObject } from "../../../src/frontends/tfjs/json.js";
import type { ValueDType } from "../../../src/frontends/tfjs-graph/definition.js";
import type { GraphModel } from "../../../src/frontends/tfjs-graph/model.js";
import { assembleGraphModel, graphParts } from "../../../src/frontends/tfjs-graph/read.js";
import { bytesOf, type Tensor } from "../../../src/tensor/tensor.js";

/** Attributes as a test writes them: whole numbers, truth values, texts and lists; a record is taken as it is. */
export type Attributes = Readonly<Record<string, number | boolean | string | readonly number[] | JsonObject>>;

/** A float attribute; a number alone is whole. */
export const float = (f: number): JsonObject => ({ f });
export const type = (dtype: ValueDType): JsonObject => ({ type: TYPES[dtype] });

const TYPES: Readonly<Record<ValueDType, string>> = { float32: "DT_FLOAT", int32: "DT_INT32", bool: "DT_BOOL" };

function attribute(value: Attributes[string]): Json {
  if (typeof value === "number") return { i: String(value) };
  if (typeof value === "boolean") return { b: value };
  if (typeof value === "string") return { s: Buffer.from(value).toString("base64") };
  return Array.isArray(value) ? { list: { i: value.map(String) } } : (value as JsonObject);
}

/** A graph-model made node by node, as tensorflowjs_converter writes it. */
export interface GraphFile {
  /** A Placeholder; null is an open size. Gives its name. */
  input(name: string, dtype: ValueDType, shape: readonly (number | null)[]): string;
  /** A Const whose value lies in the weights. */
  constant(name: string, value: Tensor<ValueDType>): string;
  node(name: string, op: string, inputs: readonly string[], attributes?: Attributes): string;
  /** Marks a tensor ("node" or "node:1") as an output. */
  output(tensor: string): void;
  /** As our frontend reads it. */
  model(): GraphModel;
  /** As TF.js loads it. */
  artifacts(): tfjs.io.ModelArtifacts;
}

export function graphFile(): GraphFile {
  const nodes: JsonObject[] = [];
  const weights = new Map<string, Tensor<ValueDType>>();
  const outputs: string[] = [];
  const topology = (): JsonObject => ({ node: nodes, versions: { producer: 1482 } });
  const signature = (): JsonObject => ({
    outputs: Object.fromEntries(
      outputs.map((tensor, i) => [`out_${i}`, { name: tensor.includes(":") ? tensor : `${tensor}:0` }]),
    ),
  });
  const add = (node: JsonObject): string => {
    nodes.push(node);
    return String(node.name);
  };
  return {
    input: (name, dtype, shape) =>
      add({
        name,
        op: "Placeholder",
        attr: { dtype: type(dtype), shape: { shape: { dim: shape.map((size) => ({ size: String(size ?? -1) })) } } },
      }),
    constant(name, value) {
      weights.set(name, value);
      const dim = value.shape.map((size) => ({ size: String(size) }));
      const tensor = { dtype: TYPES[value.dtype], tensorShape: { dim } };
      return add({ name, op: "Const", attr: { dtype: type(value.dtype), value: { tensor } } });
    },
    node: (name, op, inputs, attributes = {}) =>
      add({
        name,
        op,
        input: [...inputs],
        attr: Object.fromEntries(Object.entries(attributes).map(([key, value]) => [key, attribute(value)])),
      }),
    output: (tensor) => outputs.push(tensor),
    model() {
      const parts = graphParts({ modelTopology: topology(), signature: signature() }, "model.json");
      return assembleGraphModel("test", parts, { weights, texts: new Set() });
    },
    artifacts: () => ({
      format: "graph-model",
      modelTopology: topology(),
      signature: signature(),
      weightSpecs: [...weights].map(([name, { dtype, shape }]) => ({ name, dtype, shape: [...shape] })),
      weightData: Uint8Array.from([...weights.values()].flatMap((value) => [...bytesOf(value)])).buffer,
    }),
  };
}
