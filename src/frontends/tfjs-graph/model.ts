import type { ContentHash } from "../../base/hash.js";
import type { Tensor } from "../../tensor/tensor.js";
import type { ValueDType } from "./definition.js";
import type { GraphNode, NodeInput } from "./node.js";

/** Nodes by name, in the file's order. */
export type Nodes = ReadonlyMap<string, GraphNode>;

/** A function of the model's library: a branch of an If, or condition and body of a While. */
export interface GraphFunction {
  readonly name: string;
  /** Names that its nodes read its arguments by, in order. */
  readonly parameters: readonly string[];
  readonly nodes: Nodes;
  readonly outputs: readonly NodeInput[];
}

/** An input of the model: a Placeholder. */
export interface GraphModelInput {
  /** Its key in the signature, without `:0`, else the node's name. */
  readonly name: string;
  readonly node: string;
  /** With the batch; null where the file leaves a size open, undefined where it leaves the rank open. */
  readonly shape: readonly (number | null)[] | undefined;
  readonly dtype: ValueDType;
}

export interface GraphModelOutput {
  /** Its key in the signature, without `:0`, else the node's name. */
  readonly name: string;
  readonly ref: NodeInput;
}

/** A TF.js graph-model: a GraphDef and its weights, read and checked, whether from files or from memory. */
export interface GraphModel {
  readonly name: string;
  readonly nodes: Nodes;
  readonly functions: ReadonlyMap<string, GraphFunction>;
  /** In the order of the signature, which is that of TF.js. */
  readonly inputs: readonly GraphModelInput[];
  readonly outputs: readonly GraphModelOutput[];
  /** Values of Const nodes by the node's name, in the types of the manifest. No NaN; infinities in single numbers alone. */
  readonly weights: ReadonlyMap<string, Tensor<ValueDType>>;
  /** Const nodes whose values are texts or complex numbers. */
  readonly texts: ReadonlySet<string>;
  /** Of nodes, signature and weights: equal models hash alike. */
  readonly hash: ContentHash;
  /** The model.json that was read; absent for a model from memory. */
  readonly source?: string;
}
