import type { Attribute, Dim, Domain } from "../../ir/graph.js";
import type { DType, Tensor } from "../../tensor/tensor.js";
import type { GraphNode } from "./node.js";

/** Element types of TF.js as the IR has them. TF's int64, int16 ... are int32, as in TF.js itself. */
export type ValueDType = Extract<DType, "float32" | "int32" | "bool">;

/**
 * A tensor of the model while it is lowered. What is known before anything runs stays out of the graph until a node
 * needs it: a `constant`, or integers of which some are open sizes (`dims`).
 */
export interface TensorValue {
  /** The IR value; absent for what is known and no node has read yet. */
  readonly name?: string;
  readonly dtype: ValueDType;
  /** Sizes; the batch may be open (`"batch"`, `"49*batch"`). */
  readonly shape: readonly Dim[];
  /** The value, where it is known when the model is read. Its dtype is `dtype`. */
  readonly constant?: Tensor;
  /** Of an int32 scalar or vector that is not constant: its elements, some of which are open sizes. */
  readonly dims?: readonly Dim[];
  /** What its initializer shall be called: the node of the user's model that it comes from. */
  readonly label?: string;
}

export interface EmitOptions {
  /** "" unless said. */
  readonly domain?: Domain;
  /** An int64 result stays int64: only for operands of other nodes that ask for it (indices of GatherND, ScatterND). */
  readonly wide?: true;
}

/**
 * An input of an IR node: a value of the model, a constant that only the node needs (axes, pads: `ints` of `steps.ts`),
 * or undefined for an absent optional input.
 */
export type Operand = TensorValue | Tensor | undefined;

/** What the lowering of one node may do. The steps that lowerings share are functions in `steps.ts`. */
export interface OpContext {
  /** The node, for its attributes (`attributes.ts`) and for messages. */
  readonly node: GraphNode;
  /**
   * Adds an IR node and gives its output. Where every input is constant nothing is added: the result is computed by the
   * IR's own meaning of the operator and is constant too.
   * Results that ONNX has as int64 or uint8 are cast to int32, for values of the model are float32, int32 or bool.
   */
  emit(
    opType: string,
    inputs: readonly Operand[],
    attributes?: Readonly<Record<string, Attribute>>,
    options?: EmitOptions,
  ): TensorValue;
  /** The same for a node with several outputs. */
  emitAll(
    opType: string,
    inputs: readonly Operand[],
    attributes: Readonly<Record<string, Attribute>>,
    outputs: number,
    options?: EmitOptions,
  ): readonly TensorValue[];
  /**
   * A constant made of another, such as a transposed kernel: `make` is called once for each `how` of one source, so that
   * nodes that share a weight share what is made of it.
   */
  derive(source: TensorValue, how: string, make: (tensor: Tensor) => Tensor): TensorValue;
  /** Lowers a function of the model's library in the place of the node, and gives its results. */
  call(name: string, inputs: readonly TensorValue[]): readonly TensorValue[];
}

/**
 * A lowering: from a node's values, in the order of its inputs, to its outputs.
 * An output that is undefined is on a branch that is not taken; the nodes that read it are not lowered.
 */
export type Lower = (context: OpContext, inputs: readonly TensorValue[]) => readonly (TensorValue | undefined)[];

interface Described {
  /** TensorFlow's name ("Conv2D"). */
  readonly op: string;
  /** One line for the table of operators. */
  readonly summary: string;
}

/**
 * What becomes of an operator.
 * - lowered: IR nodes
 * - folded: known when the model is read, or gone (Const, Shape, Identity); it leaves no node, or at most a constant
 * - tail: sizes of its results depend on values, so the graph is cut in front of it and TF.js runs the rest
 * - refused: neither; `reason` says why and what to do
 */
export type OpDefinition = Described &
  (
    | {
        readonly support: "lowered" | "folded";
        readonly quantizable?: boolean;
        readonly lower: Lower;
        readonly note?: string;
      }
    | { readonly support: "tail" | "refused"; readonly reason: string }
  );

/** A file of operators that belong together. */
export interface OpFamily {
  readonly family: string;
  readonly ops: readonly OpDefinition[];
}
