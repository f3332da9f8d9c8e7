import type { Attribute, Dim, Domain } from "../../ir/graph.js";
import type { OnnxAttribute, OnnxGraph } from "./model.js";
import type { Value } from "./value.js";

/** A node with its operands, as the lowering of its operator gets it. */
export interface OnnxNode {
  readonly name: string;
  readonly opType: string;
  readonly domain: string;
  /** Of the operator set of its domain. */
  readonly version: number;
  /** In order; undefined for an absent optional one. */
  readonly inputs: readonly (Value | undefined)[];
  /** How many outputs are wanted, up to the last that has a name. */
  readonly outputs: number;
  readonly attributes: Readonly<Record<string, OnnxAttribute>>;
}

/** What a lowering may do. */
export interface OnnxContext {
  /**
   * Adds a node of the IR and returns its outputs; computes them at once where all inputs are known.
   * @throws {DiagnosticError} `onnx-node` when the operator refuses its inputs or attributes
   */
  emit(
    opType: string,
    inputs: readonly (Value | undefined)[],
    attributes?: Readonly<Record<string, Attribute>>,
    options?: { readonly domain?: Domain; readonly outputs?: number },
  ): readonly Value[];
  /** The same for an operator with one output. */
  one(
    opType: string,
    inputs: readonly (Value | undefined)[],
    attributes?: Readonly<Record<string, Attribute>>,
    domain?: Domain,
  ): Value;
  /**
   * The value repeated to a shape that holds the open batch: added to zeros that are made of the graph's first input.
   * @throws {DiagnosticError} `onnx-node` when another size is open
   */
  openBatch(value: Value, shape: readonly Dim[]): Value;
  /** Lowers a subgraph in the scope of the node, its own inputs bound to `inputs`; returns its outputs. */
  subgraph(graph: OnnxGraph, inputs: readonly Value[]): readonly Value[];
  /** The batch that the file fixes, where it does and the graph leaves it open. */
  readonly fixedBatch?: number;
  /** @throws {DiagnosticError} `onnx-node`: the node, and this reason */
  refuse(reason: string): never;
}

/** How an operator of ONNX files is read. */
export interface OnnxOperator {
  readonly opType: string;
  /** "", "com.microsoft", "ai.onnx.ml". */
  readonly domain: string;
  readonly family: string;
  /** Lowered to nodes of the IR; computed while the model is read, because it only works on sizes; or refused by name. */
  readonly support: "lowered" | "folded" | "refused";
  /** What of it is read, where that is not all; why it is refused. */
  readonly note?: string;
  lower(node: OnnxNode, context: OnnxContext): readonly Value[];
}

/** What makes the entries of one family. */
export function familyOf(family: string, domain = "") {
  const entry =
    (support: "lowered" | "folded") =>
    (opType: string, lower: OnnxOperator["lower"], note?: string): OnnxOperator => ({
      ...{ opType, domain, family, support },
      ...(note === undefined ? {} : { note }),
      lower,
    });
  return { lowered: entry("lowered"), folded: entry("folded") };
}

/** An operator that is not read, with the reason that users are told. */
export function refused(family: string, opType: string, note: string, domain = ""): OnnxOperator {
  return { opType, domain, family, support: "refused", note, lower: (_, context) => context.refuse(note) };
}

/** An operand that must be there. */
export function operand(node: OnnxNode, index: number, context: OnnxContext): Value {
  return node.inputs[index] ?? context.refuse(`input ${index} is missing`);
}

/** A number among the attributes; `otherwise` where the node does not set it. */
export function numberAttribute(node: OnnxNode, name: string, otherwise: number): number {
  const value = node.attributes[name];
  return typeof value === "number" ? value : otherwise;
}

/** A text among the attributes; `otherwise` where the node does not set it. */
export function textAttribute(node: OnnxNode, name: string, otherwise: string): string {
  const value = node.attributes[name];
  return typeof value === "string" ? value : otherwise;
}

/** A list of numbers among the attributes; undefined where the node does not set it. */
export function numbersAttribute(node: OnnxNode, name: string): readonly number[] | undefined {
  const value = node.attributes[name];
  if (!Array.isArray(value) || value.some((each) => typeof each !== "number")) return undefined;
  return value as readonly number[];
}
