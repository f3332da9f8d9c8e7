import { bytesOf, type Tensor } from "../tensor/tensor.js";
import { showShape } from "./dim.js";
import type { Attribute, Graph, GraphValue, Node, ValueType } from "./graph.js";

export { parseGraph } from "./text-parse.js";

/**
 * The text form of a graph, one declaration a line; `parseGraph` reads it back to an equal graph.
 *
 * ```
 * graph "digits" {
 *   input %x: float32 [batch, 8, 8, 1]
 *   const %"dense/kernel": float32 [2, 2] = [0.5, -1, 3, 4]
 *   const %"conv/kernel": float32 [32, 1, 3, 3] = base64 "AAAAP..."
 *   %y, %i = MaxPool(%x, , %b) {kernel_shape = [2, 2]} @layer "pool" name "pool/MaxPool"
 *   %z = com.microsoft.QGemm(%y) name "dense/QGemm"
 *   output %z: uint8 [batch, 10]
 * }
 * ```
 *
 * Names that are not identifiers are quoted as JSON strings; an absent optional input or output is empty. Attributes:
 * a number (int and float are told apart by the operator's spec), "string", [1, 2], ["a"], and tensor as after `const`.
 */

/** Longest tensor whose values are written out; longer ones are base64. */
const INLINE = 16;

export interface PrintOptions {
  /**
   * Leaves out the values of tensors longer than 16 elements, for people: `= ... 288 elements`. Such a text does not
   * read back, and its first line says so.
   */
  readonly withoutWeights?: boolean;
}

/** The graph as text. */
export function printGraph(graph: Graph, { withoutWeights = false }: PrintOptions = {}): string {
  return [
    ...(withoutWeights ? ["// without weights: cannot be read back"] : []),
    `graph ${JSON.stringify(graph.name)} {`,
    ...graph.inputs.map((value) => `  input ${declaration(value)}`),
    ...[...graph.initializers].map(([name, t]) => `  const ${valueName(name)}: ${showTensor(t, withoutWeights)}`),
    ...graph.nodes.map((node) => `  ${showNode(node, withoutWeights)}`),
    ...graph.outputs.map((value) => `  output ${declaration(value)}`),
    "}",
    "",
  ].join("\n");
}

function declaration({ name, type }: GraphValue): string {
  return `${valueName(name)}: ${showType(type)}`;
}

/** "float32 [batch, 8]" */
export function showType(type: ValueType): string {
  return `${type.dtype} ${showShape(type.shape.map((dim) => (typeof dim === "number" ? dim : word(dim))))}`;
}

function valueName(name: string): string {
  return `%${word(name)}`;
}

/** An identifier as it is, anything else as a JSON string. */
function word(text: string): string {
  return /^[A-Za-z_]\w*$/.test(text) ? text : JSON.stringify(text);
}

function showTensor(t: Tensor, withoutWeights: boolean): string {
  return `${showType(t)} = ${showData(t, withoutWeights)}`;
}

function showData(t: Tensor, withoutWeights: boolean): string {
  if (t.data.length <= INLINE) {
    const show = t.dtype === "float32" ? showFloat32 : showElement;
    return `[${Array.from(t.data as ArrayLike<number>, show).join(", ")}]`;
  }
  if (withoutWeights) return `... ${t.data.length} elements`;
  const bytes = bytesOf(t);
  return `base64 "${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64")}"`;
}

/** The shortest text that reads back to the same number; -0, NaN and infinities included. */
function showElement(value: number | bigint): string {
  return Object.is(value, -0) ? "-0" : String(value);
}

/** The shortest decimal that rounds to the float32 value: 0.1, not 0.10000000149011612. */
function showFloat32(value: number): string {
  for (let digits = 1; digits < 9; digits++) {
    const short = Number(value.toPrecision(digits));
    if (Math.fround(short) === value) return showElement(Object.is(value, -0) ? value : short);
  }
  return showElement(value);
}

function showNode(node: Node, withoutWeights: boolean): string {
  const operands = (names: readonly string[]) =>
    names.length === 1
      ? names.map(valueName).join()
      : names.map((name) => (name === "" ? "" : valueName(name))).join(", ");
  const attributes = Object.entries(node.attributes);
  const operator = node.domain === "" ? node.opType : `${node.domain}.${node.opType}`;
  return [
    `${operands(node.outputs)} = ${operator}(${operands(node.inputs)})`,
    ...(attributes.length === 0
      ? []
      : [
          `{${attributes.map(([name, value]) => `${word(name)} = ${showAttribute(value, withoutWeights)}`).join(", ")}}`,
        ]),
    ...(node.layer === undefined ? [] : [`@layer ${JSON.stringify(node.layer)}`]),
    `name ${JSON.stringify(node.name)}`,
  ].join(" ");
}

function showAttribute(value: Attribute, withoutWeights: boolean): string {
  if (typeof value === "number") return showElement(value);
  if (typeof value === "string") return JSON.stringify(value);
  if ("dtype" in value) return `tensor ${showTensor(value, withoutWeights)}`;
  return `[${value.map((item) => (typeof item === "string" ? JSON.stringify(item) : showElement(item))).join(", ")}]`;
}
