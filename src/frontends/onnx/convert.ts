import { fail } from "../../base/diagnostic.js";
import {
  type AttributeMessage,
  type FunctionMessage,
  type GraphMessage,
  type NodeMessage,
  type OpsetMessage,
  type TensorMessage,
  toNumber,
  type ValueInfoMessage,
} from "../../onnx-proto/decoded.js";
import { ATTRIBUTE_TYPES } from "../../onnx-proto/messages.js";
import type { Tensor } from "../../tensor/tensor.js";
import {
  type FunctionSpec,
  type NodeSpec,
  type OnnxAttribute,
  type OnnxGraph,
  standardDomain,
  type ValueSpec,
} from "./model.js";

/** Reads the data of a tensor wherever it lies. */
export type TensorReader = (message: TensorMessage) => Promise<Tensor>;

/**
 * A graph of decoded messages as plain data.
 * @throws {DiagnosticError} whatever is wrong with a tensor; `onnx-graph` when two initializers have one name
 */
export async function graphOf(message: GraphMessage, path: string, read: TensorReader): Promise<OnnxGraph> {
  const initializers = new Map<string, Tensor>();
  for (const stored of message.initializer) {
    if (initializers.has(stored.name)) {
      fail("onnx-graph", { path, reason: `two initializers are called "${stored.name}"` });
    }
    initializers.set(stored.name, await read(stored));
  }
  return {
    name: message.name,
    nodes: await nodesOf(message.node, path, read),
    inputs: message.input.map(valueSpec),
    outputs: message.output.map(valueSpec),
    initializers,
  };
}

/** A function of the model as plain data. */
export async function functionOf(message: FunctionMessage, path: string, read: TensorReader): Promise<FunctionSpec> {
  return {
    name: message.name,
    inputs: message.input,
    outputs: message.output,
    defaults: await attributesOf(message.attributeProto, path, read),
    nodes: await nodesOf(message.node, path, read),
    opsets: versionsOf(message.opsetImport),
  };
}

/** Versions by domain. */
export function versionsOf(imports: readonly OpsetMessage[]): ReadonlyMap<string, number> {
  return new Map(imports.map(({ domain, version }) => [standardDomain(domain), toNumber(version)] as const));
}

async function nodesOf(messages: readonly NodeMessage[], path: string, read: TensorReader): Promise<NodeSpec[]> {
  const nodes: NodeSpec[] = [];
  for (const message of messages) {
    nodes.push({
      name: message.name || message.output.find((name) => name !== "") || message.opType,
      opType: message.opType,
      domain: standardDomain(message.domain),
      inputs: message.input,
      outputs: message.output,
      attributes: await attributesOf(message.attribute, path, read),
    });
  }
  return nodes;
}

async function attributesOf(
  messages: readonly AttributeMessage[],
  path: string,
  read: TensorReader,
): Promise<Record<string, OnnxAttribute>> {
  const entries: [string, OnnxAttribute][] = [];
  for (const message of messages) {
    const value = await attributeOf(message, path, read);
    if (value !== undefined) entries.push([message.name, value]);
  }
  return Object.fromEntries(entries);
}

const text = (bytes: Uint8Array): string => Buffer.from(bytes).toString("utf8");

/** Undefined for kinds that no operator which is read has (sparse tensors, types, lists of tensors and graphs). */
async function attributeOf(
  message: AttributeMessage,
  path: string,
  read: TensorReader,
): Promise<OnnxAttribute | undefined> {
  if (message.refAttrName !== "") return { reference: message.refAttrName };
  switch (message.type) {
    case ATTRIBUTE_TYPES.float:
      return message.f;
    case ATTRIBUTE_TYPES.int:
      return toNumber(message.i);
    case ATTRIBUTE_TYPES.string:
      return text(message.s);
    case ATTRIBUTE_TYPES.tensor:
      return message.t ? read(message.t) : undefined;
    case ATTRIBUTE_TYPES.graph:
      return message.g ? { subgraph: await graphOf(message.g, path, read) } : undefined;
    case ATTRIBUTE_TYPES.floats:
      return [...message.floats];
    case ATTRIBUTE_TYPES.ints:
      return message.ints.map(toNumber);
    case ATTRIBUTE_TYPES.strings:
      return message.strings.map(text);
    default:
      return undefined;
  }
}

function valueSpec({ name, type }: ValueInfoMessage): ValueSpec {
  const tensorType = type?.tensorType;
  if (!tensorType) return { name };
  const shape = tensorType.shape?.dim.map(({ value, dimValue, dimParam }) => {
    if (value === "dimValue") return toNumber(dimValue);
    return value === "dimParam" && dimParam !== "" ? dimParam : null;
  });
  return { name, elemType: tensorType.elemType, ...(shape ? { shape } : {}) };
}
