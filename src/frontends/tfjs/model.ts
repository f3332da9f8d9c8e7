import type { ContentHash } from "../../base/hash.js";
import type { Tensor } from "../../tensor/tensor.js";
import type { JsonObject } from "./json.js";

/** One output of one call of a layer. `call` counts the calls of that layer in the model around it, from 0. */
export interface TensorRef {
  readonly layer: string;
  readonly call: number;
  readonly output: number;
}

/** A layer, or a model used as a layer, and each call of it: the list of tensors that go in. Shared layers have many. */
export interface LayerSpec {
  readonly name: string;
  readonly className: string;
  /** Keys in camel case, values as in the file. */
  readonly config: JsonObject;
  readonly calls: readonly (readonly TensorRef[])[];
  /** An argument that some call has besides tensors, as text (`axis: 1`). What it means, a lowering cannot know. */
  readonly argument?: string;
  /** Present when the layer is a model. */
  readonly model?: ModelTopology;
}

/** A model as a graph of layer calls; sequential models too. Inputs are calls of layers of class InputLayer. */
export interface ModelTopology {
  readonly name: string;
  /** What the file said; a sequential model is stored as the chain it is. */
  readonly kind: "sequential" | "functional";
  readonly layers: readonly LayerSpec[];
  readonly inputs: readonly TensorRef[];
  readonly outputs: readonly TensorRef[];
}

/**
 * A TF.js layers-model: topology and weights, read and checked, whether from files or from memory.
 * Weights of every stored type are float32 here, as TF.js itself has them once loaded.
 */
export interface TfjsModel {
  readonly name: string;
  readonly topology: ModelTopology;
  /** By the name in the manifest (`conv2d_1/kernel`), in the manifest's order. Every value is finite. */
  readonly weights: ReadonlyMap<string, Tensor<"float32">>;
  /** Of topology and weights: equal models hash alike, from whatever file or memory they came. */
  readonly hash: ContentHash;
  /** The model.json that was read; absent for a model from memory. */
  readonly source?: string;
}
