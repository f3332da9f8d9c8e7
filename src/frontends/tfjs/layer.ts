import type { Attribute } from "../../ir/graph.js";
import type { Tensor } from "../../tensor/tensor.js";
import type { JsonObject } from "./json.js";
import type { LayerSpec } from "./model.js";

/**
 * A tensor of the model while it is lowered: the name of its IR value, and its sizes without the batch, which is always
 * the first dimension. `masked` names the layer that marked time steps to be skipped.
 */
export interface Value {
  readonly name: string;
  readonly shape: readonly number[];
  readonly masked?: string;
}

/** A layer where it stands: its name with the names of the models around it, and what the file says of it. */
export interface LayerSite {
  /** `encoder/dense_1` for the layer dense_1 of the model encoder that is itself used as a layer. */
  readonly name: string;
  readonly className: string;
  /** Keys in camel case, values as in the file. Read it with the functions of `config.ts`. */
  readonly config: JsonObject;
}

/** What a lowering may do: read the layer's options and weights, and add initializers and nodes to the graph. */
export interface LayerContext extends LayerSite {
  /**
   * The layer's weight called `variable` ("kernel", "forward_lstm/bias"), checked to have this shape.
   * @throws {DiagnosticError} when the model has no such weight, several, or one of another shape
   */
  weight(variable: string, shape: readonly number[]): Tensor<"float32">;
  /** The weight's name in the model's files, which is what its initializer is called. */
  weightName(variable: string): string;
  /**
   * Adds an initializer and returns its name. Calls of one shared layer share it: the same name is added once.
   * `make` is not called when no graph is wanted, so copies and transposes of weights belong in there.
   */
  constant(name: string, make: () => Tensor): string;
  /**
   * Adds a node of the layer and returns the name of its output: an operator of ONNX, or of ONNX Runtime's
   * com.microsoft where ONNX has none of that name. `inputs` may hold "" for an absent optional input.
   */
  node(opType: string, inputs: readonly string[], attributes?: Readonly<Record<string, Attribute>>): string;
  /** The same for a node with several outputs. */
  nodes(
    opType: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, Attribute>>,
    outputs: number,
  ): readonly string[];
  /** Lowers the layer inside a wrapper; its nodes count as the wrapper's. */
  inner(spec: LayerSpec, inputs: readonly Value[]): readonly Value[];
}

/**
 * How one class of layers becomes IR nodes.
 * Channels-last values stay channels-last at the borders: a lowering that needs channels first adds Transposes around.
 */
export interface LayerDefinition {
  readonly className: string;
  /** Whether quantization has integer kernels for its weights. */
  readonly quantizable?: boolean;
  /** What the layer does with a mask on its input: hands it on, needs it (which is refused), or drops it (absent). */
  readonly mask?: "passes" | "reads";
  /** The layer inside a wrapper that has all of the wrapper's weights. */
  inside?(site: LayerSite): LayerSpec;
  /** The names of its weights, in the order in which TF.js makes them. */
  weights?(site: LayerSite): readonly string[];
  /** Options that TF.js ignores although they change what Keras computes: their names and values as text. */
  ignored?(site: LayerSite): readonly (readonly [option: string, value: string])[];
  /** Lowers one call of the layer. Returns its outputs. */
  lower(context: LayerContext, inputs: readonly Value[]): readonly Value[];
}
