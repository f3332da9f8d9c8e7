import { fail } from "../../base/diagnostic.js";
import { isArray, isObject, type Json, type JsonObject, shown } from "../tfjs/json.js";
import type { ValueDType } from "./definition.js";
import type { GraphNode } from "./node.js";

/**
 * Readers of a node's attributes. In the JSON of a GraphDef an attribute is a record with one key for its kind:
 * `i` (a number, or a string of digits), `f`, `b`, `s` (base64), `type` ("DT_FLOAT"), `shape`, `tensor`, `func`, `list`.
 * @see tensorflow/core/framework/attr_value.proto, and `operation_mapper.ts` of tfjs-converter
 */

function attributeOf(node: GraphNode, name: string): JsonObject | undefined {
  const value = Object.hasOwn(node.attributes, name) ? node.attributes[name] : undefined;
  if (value === undefined || value === null) return undefined;
  return isObject(value) ? value : badAttribute(node, name, "a record", value);
}

/** Refuses an attribute whose value is of the wrong kind. */
export function badAttribute(node: GraphNode, attribute: string, expected: string, found: Json | undefined): never {
  return fail("graph-attribute", { node: node.name, op: node.op, attribute, expected, found: shown(found) });
}

function listOf(node: GraphNode, name: string, key: "i" | "f" | "s" | "b" | "type"): readonly Json[] | undefined {
  const value = attributeOf(node, name);
  if (value === undefined) return undefined;
  if (!isObject(value.list)) return badAttribute(node, name, "a list", value);
  const items = value.list[key] ?? [];
  return isArray(items) ? items : badAttribute(node, name, "a list", value);
}

function integerFrom(value: Json | undefined): number | undefined {
  const number = typeof value === "string" && /^-?\d+$/.test(value) ? Number(value) : value;
  return typeof number === "number" && Number.isSafeInteger(number) ? number : undefined;
}

/** A whole number. */
export function intAttribute(node: GraphNode, name: string, fallback: number): number {
  const value = attributeOf(node, name);
  if (value === undefined) return fallback;
  return integerFrom(value.i ?? 0) ?? badAttribute(node, name, "a whole number", value);
}

/** A finite number. */
export function floatAttribute(node: GraphNode, name: string, fallback: number): number {
  const value = attributeOf(node, name);
  if (value === undefined) return fallback;
  const number = value.f ?? integerFrom(value.i ?? 0);
  return typeof number === "number" && Number.isFinite(number) ? number : badAttribute(node, name, "a number", value);
}

export function boolAttribute(node: GraphNode, name: string, fallback: boolean): boolean {
  const value = attributeOf(node, name);
  if (value === undefined) return fallback;
  const flag = value.b ?? false;
  return typeof flag === "boolean" ? flag : badAttribute(node, name, "true or false", value);
}

/** A text of at most 64 KiB; in files it is base64, in memory it may be bytes. */
function textFrom(value: Json | undefined): string | undefined {
  if (typeof value === "string" && value.length <= 2 ** 16) return Buffer.from(value, "base64").toString("utf8");
  if (isArray(value) && value.every((code) => typeof code === "number")) return String.fromCharCode(...value);
  return undefined;
}

export function textAttribute(node: GraphNode, name: string, fallback: string): string {
  const value = attributeOf(node, name);
  if (value === undefined) return fallback;
  return textFrom(value.s ?? "") ?? badAttribute(node, name, "a text in base64", value);
}

/** A list of whole numbers; undefined where the node does not have it. */
export function intsAttribute(node: GraphNode, name: string): number[] | undefined {
  return listOf(node, name, "i")?.map((item) => integerFrom(item) ?? badAttribute(node, name, "whole numbers", item));
}

/** A list of texts; undefined where the node does not have it. */
export function textsAttribute(node: GraphNode, name: string): string[] | undefined {
  return listOf(node, name, "s")?.map((item) => textFrom(item) ?? badAttribute(node, name, "texts in base64", item));
}

/** A shape: null for a size that is open; undefined where the rank is open too or the node does not have it. */
export function shapeAttribute(node: GraphNode, name: string): (number | null)[] | undefined {
  const value = attributeOf(node, name);
  if (value === undefined || !isObject(value.shape)) return undefined;
  return shapeFrom(value.shape, () => badAttribute(node, name, "a shape", value));
}

/** The sizes of a TensorShapeProto: `{ dim: [{ size: "-1" }, ...] }` or `{ unknownRank: true }`. */
export function shapeFrom(shape: JsonObject, refuse: () => never): (number | null)[] | undefined {
  if (shape.unknownRank === true || shape.unknown_rank === true) return undefined;
  const dims = shape.dim ?? [];
  if (!isArray(dims) || dims.length > 8) return refuse();
  return dims.map((dim) => {
    const size = isObject(dim) ? integerFrom(dim.size ?? 0) : undefined;
    if (size === undefined || size < -1 || size > 2 ** 31 - 1) return refuse();
    return size === -1 ? null : size;
  });
}

const NAMES = ["", "FLOAT", "DOUBLE", "INT32", "UINT8", "INT16", "INT8", "STRING", "COMPLEX64", "INT64", "BOOL"];

/** The IR's type for a DataType, by name ("DT_FLOAT") or number; undefined for those that TF.js has no numbers for. */
export function dtypeFrom(value: Json | undefined): ValueDType | undefined {
  const name = typeof value === "number" ? NAMES[value] : typeof value === "string" ? value.replace(/^DT_/, "") : "";
  switch (name) {
    case "FLOAT":
    case "DOUBLE":
    case "HALF":
    case "BFLOAT16":
      return "float32";
    case "INT64":
    case "INT32":
    case "INT16":
    case "INT8":
    case "UINT8":
      return "int32";
    case "BOOL":
      return "bool";
    default:
      return undefined;
  }
}

/** A data type that tensors here can have. */
export function dtypeAttribute(node: GraphNode, name: string, fallback: ValueDType): ValueDType {
  const value = attributeOf(node, name);
  if (value === undefined) return fallback;
  return dtypeFrom(value.type) ?? badAttribute(node, name, "a type of numbers or truth values", value.type);
}

/** The name of a function of the model's library. */
export function functionAttribute(node: GraphNode, name: string): string {
  const value = attributeOf(node, name);
  const named = isObject(value?.func) ? value.func.name : undefined;
  return typeof named === "string" ? named : badAttribute(node, name, "a function", value);
}
