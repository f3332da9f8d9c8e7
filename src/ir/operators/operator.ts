import type { Tensor } from "../../tensor/tensor.js";
import type { Attribute, Domain, ValueType } from "../graph.js";

export type AttributeKind = "int" | "float" | "string" | "ints" | "floats" | "strings" | "tensor";

export interface AttributeSpec {
  readonly kind: AttributeKind;
  /** Absent when the attribute is required, or when leaving it out means something of its own. */
  readonly default?: Attribute;
  readonly required?: boolean;
}

/** What inference knows of one input: its type, and its value when it is an initializer. `undefined` = absent input. */
export interface KnownInput {
  readonly type: ValueType;
  readonly constant?: Tensor;
}

/**
 * One operator of the IR: its signature, its types and its slow plain meaning.
 * `infer` and `evaluate` get attributes with defaults filled in, and throw `OperatorError` on anything illegal.
 * @see https://onnx.ai/onnx/operators and, for `com.microsoft`, ONNX Runtime's ContribOperators.md
 */
export interface Operator {
  readonly opType: string;
  readonly domain: Domain;
  /** Smallest and largest number of inputs and outputs; Infinity for variadic. */
  readonly inputs: readonly [number, number];
  readonly outputs: readonly [number, number];
  readonly attributes: Readonly<Record<string, AttributeSpec>>;
  infer(inputs: readonly (KnownInput | undefined)[], attributes: Readonly<Record<string, Attribute>>): ValueType[];
  evaluate(inputs: readonly (Tensor | undefined)[], attributes: Readonly<Record<string, Attribute>>): Tensor[];
}

/** An illegal use of an operator: wrong rank, dtype, attribute or size. `verify` names the node. */
export class OperatorError extends Error {}
