import type { DType, Tensor } from "../tensor/tensor.js";

/**
 * The graph IR. Operators, attributes and layouts are ONNX's own (opset 21, `com.microsoft` 1): convolutions are NCHW
 * with OIHW weights. Frontends put Transposes at the borders of other layouts; passes move and cancel them.
 * Everything is immutable plain data; a pass returns a new graph.
 */

/** A size, or the name of a size that is open until run time ("batch"). */
export type Dim = number | string;

export interface ValueType {
  readonly dtype: DType;
  readonly shape: readonly Dim[];
}

export interface GraphValue {
  readonly name: string;
  readonly type: ValueType;
}

/** int, float, string, ints, floats, strings or tensor, as the operator's spec declares (`operators/`). */
export type Attribute = number | string | readonly number[] | readonly string[] | Tensor;

/** "nibble" holds what is simulated and has no kernel; it is never lowered. */
export type Domain = "" | "com.microsoft" | "nibble";

export interface Node {
  /** Unique in the graph. Netron shows it; frontends make it from the layer's name. */
  readonly name: string;
  readonly opType: string;
  readonly domain: Domain;
  /** Names of values; "" for an absent optional input. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, Attribute>>;
  /** Name of the layer of the user's model that the node came from; `keep` rules and per-layer reports use it. */
  readonly layer?: string;
}

/**
 * Nodes are in topological order; every value has one producer (an input, an initializer or a node).
 * Output names are values of the graph.
 */
export interface Graph {
  readonly name: string;
  readonly inputs: readonly GraphValue[];
  readonly outputs: readonly GraphValue[];
  readonly nodes: readonly Node[];
  readonly initializers: ReadonlyMap<string, Tensor>;
}

/** The name of the open batch dimension, always the first of a graph input's shape. */
export const BATCH = "batch";

/** A pass: a pure function from graph to graph. The same object back means that there was nothing to do. */
export interface Pass {
  readonly name: string;
  /** One line for help texts and the report. */
  readonly summary: string;
  run(graph: Graph): Graph;
}
