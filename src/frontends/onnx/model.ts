import type { ContentHash } from "../../base/hash.js";
import type { Tensor } from "../../tensor/tensor.js";

/** A value of an attribute. A `reference` stands in the body of a function for an attribute of its call. */
export type OnnxAttribute =
  | number
  | string
  | readonly number[]
  | readonly string[]
  | Tensor
  | { readonly subgraph: OnnxGraph }
  | { readonly reference: string };

/** A node as the file has it. */
export interface NodeSpec {
  /** Of the node, else of its first output. */
  readonly name: string;
  readonly opType: string;
  /** "" is ONNX's own. */
  readonly domain: string;
  /** Names of values; "" for an absent optional input. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, OnnxAttribute>>;
}

/** What a graph says of one of its inputs or outputs. */
export interface ValueSpec {
  readonly name: string;
  /** `TensorProto.DataType`; absent where the value is no tensor (a sequence, a map) or no type is given. */
  readonly elemType?: number;
  /** A number, a name, or null for a size that is not given; absent where the rank is open, too. */
  readonly shape?: readonly (number | string | null)[];
}

/** A graph of a file, or a subgraph of an If or Loop in it. */
export interface OnnxGraph {
  readonly name: string;
  readonly nodes: readonly NodeSpec[];
  readonly inputs: readonly ValueSpec[];
  readonly outputs: readonly ValueSpec[];
  readonly initializers: ReadonlyMap<string, Tensor>;
}

/** A function of the model: a node of that domain and name stands for its body. */
export interface FunctionSpec {
  readonly name: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Values of attributes that a call leaves out. */
  readonly defaults: Readonly<Record<string, OnnxAttribute>>;
  readonly nodes: readonly NodeSpec[];
  readonly opsets: ReadonlyMap<string, number>;
}

/** An ONNX file that was read. Nothing of it refers to the file's bytes, which can be let go. */
export interface OnnxModel {
  /** Of the graph, else of the file. */
  readonly name: string;
  /** The version of each imported domain; "" is ONNX's own. */
  readonly opsets: ReadonlyMap<string, number>;
  readonly graph: OnnxGraph;
  /** By {@link functionKey}. */
  readonly functions: ReadonlyMap<string, FunctionSpec>;
  /** Floats of other widths, which are float32 here: their type and the names of the tensors. */
  readonly narrowed: ReadonlyMap<string, readonly string[]>;
  /** Of the file's bytes and of all external data. */
  readonly hash: ContentHash;
  readonly source: string;
}

/** Under which a function of the model is found. */
export function functionKey(domain: string, name: string): string {
  return `${domain} ${name}`;
}

/** ONNX's own domain may be written out. */
export function standardDomain(domain: string): string {
  return domain === "ai.onnx" ? "" : domain;
}
