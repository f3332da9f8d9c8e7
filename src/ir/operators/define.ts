import type { DType, Tensor } from "../../tensor/tensor.js";
import { broadcastAll, showShape } from "../dim.js";
import type { Attribute, Dim, ValueType } from "../graph.js";
import { type AttributeSpec, type KnownInput, type Operator, OperatorError } from "./operator.js";

export type Attributes = Readonly<Record<string, Attribute>>;
export type KnownInputs = readonly (KnownInput | undefined)[];
export type TensorInputs = readonly (Tensor | undefined)[];

/** An operator; unless said it has domain "", one input, one output and no attributes. */
export function defineOperator(
  definition: Pick<Operator, "opType" | "infer" | "evaluate"> & Partial<Operator>,
): Operator {
  return { domain: "", inputs: [1, 1], outputs: [1, 1], attributes: {}, ...definition };
}

export const int = (value?: number): AttributeSpec => spec("int", value);
export const float = (value?: number): AttributeSpec => spec("float", value === undefined ? value : Math.fround(value));
export const text = (value?: string): AttributeSpec => spec("string", value);
export const ints = (value?: readonly number[]): AttributeSpec => spec("ints", value);
export const floats = (value?: readonly number[]): AttributeSpec => spec("floats", value);
export const texts = (value?: readonly string[]): AttributeSpec => spec("strings", value);

function spec(kind: AttributeSpec["kind"], value: Attribute | undefined): AttributeSpec {
  return value === undefined ? { kind } : { kind, default: value };
}

/** The same spec, with the attribute required. */
export function required(attribute: AttributeSpec): AttributeSpec {
  return { ...attribute, required: true };
}

/** A number attribute that is present or has a default. */
export function numberOf(attributes: Attributes, name: string): number {
  const value = attributes[name];
  if (typeof value !== "number") throw new OperatorError(`attribute ${name} is missing`);
  return value;
}

/** A number attribute; undefined where the node does not set it. */
export function optionalNumber(attributes: Attributes, name: string): number | undefined {
  return attributes[name] === undefined ? undefined : numberOf(attributes, name);
}

/** A string attribute that is present or has a default; one of `allowed` when given. */
export function textOf<T extends string>(attributes: Attributes, name: string, allowed?: readonly T[]): T {
  const value = attributes[name];
  if (typeof value !== "string") throw new OperatorError(`attribute ${name} is missing`);
  if (allowed && !allowed.includes(value as T)) {
    throw new OperatorError(`attribute ${name} = "${value}" is not one of ${allowed.join(", ")}`);
  }
  return value as T;
}

/** A list of numbers; undefined where the node does not set it. */
export function optionalNumbers(attributes: Attributes, name: string): readonly number[] | undefined {
  const value = attributes[name];
  if (value === undefined) return undefined;
  if (!Array.isArray(value)) throw new OperatorError(`attribute ${name} is not a list`);
  return value as readonly number[];
}

/** A list of texts; undefined where the node does not set it. */
export function optionalTexts(attributes: Attributes, name: string): readonly string[] | undefined {
  return optionalNumbers(attributes, name) as readonly string[] | undefined;
}

/** The input at `index`, which must be there. */
export function given<T>(inputs: readonly (T | undefined)[], index: number, name: string): T {
  const input = inputs[index];
  if (input === undefined) throw new OperatorError(`input ${index} (${name}) is missing`);
  return input;
}

/** Throws unless the dtype is one of `allowed`. */
export function expectDType(type: ValueType, allowed: readonly DType[], name: string): void {
  if (!allowed.includes(type.dtype)) {
    throw new OperatorError(`${name} is ${type.dtype}, not ${allowed.join(" or ")}`);
  }
}

/** Throws unless the rank lies in smallest..largest. */
export function expectRank(type: ValueType, smallest: number, name: string, largest = smallest): void {
  const rank = type.shape.length;
  if (rank < smallest || rank > largest) {
    const wanted =
      smallest === largest ? `${smallest}` : largest === Infinity ? `>= ${smallest}` : `${smallest}..${largest}`;
    throw new OperatorError(`${name} ${showShape(type.shape)} has rank ${rank}, not ${wanted}`);
  }
}

/** Throws when two sizes are certainly different; an open size may be any number. */
export function expectSameDim(a: Dim, b: Dim, what: string): void {
  if (a !== b && typeof a === "number" && typeof b === "number") {
    throw new OperatorError(`${what}: ${a} and ${b} differ`);
  }
}

/** Throws unless the value has exactly this shape (open sizes agree with anything). */
export function expectShape(type: ValueType, shape: readonly Dim[], name: string): void {
  const fits =
    type.shape.length === shape.length &&
    shape.every((dim, i) => dim === type.shape[i] || typeof dim === "string" || typeof type.shape[i] === "string");
  if (!fits) throw new OperatorError(`${name} has shape ${showShape(type.shape)}, not ${showShape(shape)}`);
}

/** Throws unless the value is one number: shape [] or [1]. */
export function expectScalarShape(type: ValueType, name: string): void {
  if (type.shape.length > 1 || type.shape.some((dim) => dim !== 1)) {
    throw new OperatorError(`${name} ${showShape(type.shape)} must be one number`);
  }
}

/** The common shape under broadcasting. */
export function broadcastTypes(...types: readonly ValueType[]): Dim[] {
  const shape = broadcastAll(types.map((type) => type.shape));
  if (!shape) throw new OperatorError(`shapes ${types.map((t) => showShape(t.shape)).join(" and ")} do not broadcast`);
  return shape;
}

/** An axis counted from the front; `rank` itself is allowed when `inclusive` (Flatten). */
export function normalAxis(axis: number, rank: number, inclusive = false): number {
  const limit = inclusive ? rank : rank - 1;
  const normal = axis < 0 ? axis + rank : axis;
  if (!Number.isInteger(axis) || normal < 0 || normal > limit) {
    throw new OperatorError(`axis ${axis} does not exist at rank ${rank}`);
  }
  return normal;
}

/** The integers of an int64 or int32 tensor. */
export function integersOf(t: Tensor): number[] {
  return Array.from(t.data as ArrayLike<number | bigint>, Number);
}

/** The integers of an input whose value inference needs, such as a shape or axes. */
export function constantIntegers(input: KnownInput, name: string): number[] {
  expectDType(input.type, ["int64", "int32"], name);
  if (!input.constant) throw new OperatorError(`${name} must be an initializer, so that the output's type is known`);
  return integersOf(input.constant);
}

/** The elements of a float32 tensor. */
export function float32Of(t: Tensor): Float32Array {
  if (!(t.data instanceof Float32Array)) throw new OperatorError(`${t.dtype} where float32 is needed`);
  return t.data;
}

/** The sizes of a shape, all of which must be known. */
export function knownSizes(dims: readonly Dim[], what: string): number[] {
  return dims.map((dim) => {
    if (typeof dim !== "number") throw new OperatorError(`${what} needs known sizes, not ${showShape(dims)}`);
    return dim;
  });
}

export const numericTypes: readonly DType[] = [
  "float32",
  "int8",
  "uint8",
  "int16",
  "uint16",
  "int32",
  "uint32",
  "int64",
];
