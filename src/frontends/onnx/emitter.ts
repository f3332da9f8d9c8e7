import type { GraphBuilder } from "../../ir/builder.js";
import { showShape } from "../../ir/dim.js";
import type { Attribute, Dim, Domain, Node } from "../../ir/graph.js";
import { completeAttributes, messageOf } from "../../ir/infer.js";
import { codeOfDType } from "../../ir/operators/element-type.js";
import { operatorOf } from "../../ir/operators/registry.js";
import { elementCount, type Tensor, tensorFrom } from "../../tensor/tensor.js";
import { constantValue, type Value } from "./value.js";

/** Folding must not make a model larger by much: results with more elements stay computed at run time. */
const MOST_FOLDED = 2 ** 22;

/** Most elements of what is computed on the way to something small, as the places that a mask is written to. */
const MOST_COMPUTED = 2 ** 24;

/** A graph that would have more nodes is a bomb (loops in loops), and not what an engine runs. */
export const MOST_NODES = 200_000;

/** Thrown where a node cannot be added; the message is the reason. */
export class Refusal extends Error {}

/** Where the nodes of one node of the file go. */
export interface EmittedAs {
  /** The node's name. */
  readonly name: string;
  readonly layer: string;
}

export interface Emitter {
  /**
   * Adds a node, or computes it where all inputs are known.
   * @throws {Refusal} when the operator refuses its inputs
   */
  emit(
    as: EmittedAs,
    opType: string,
    inputs: readonly (Value | undefined)[],
    attributes: Readonly<Record<string, Attribute>>,
    options: { readonly domain?: Domain; readonly outputs?: number },
  ): readonly Value[];
  /** A value of its own with the contents of another; for outputs, which are never computed away. */
  identity(as: EmittedAs, name: string): string;
  /** The value as float32. */
  cast(as: EmittedAs, name: string): string;
  /** The name of a value in the graph; a constant is added to it when first read. */
  nameOf(value: Value): string;
}

/** Adds nodes to a builder. */
export function graphEmitter(builder: GraphBuilder): Emitter {
  const names = new Map<Value | Tensor, string>();
  let count = 0;
  const nameOf = (value: Value): string => {
    const contents = value.constant ?? materialized(value);
    if (!contents) return value.name;
    // The same tensor under two names is stored once.
    const known = names.get(contents) ?? names.get(value);
    if (known !== undefined) return known;
    const name = builder.constant(builder.freeName(value.name), contents);
    names.set(contents, name);
    names.set(value, name);
    return name;
  };
  return {
    nameOf,
    identity: (as, name) => builder.node("Identity", [name], {}, as),
    cast: (as, name) => builder.node("Cast", [name], { to: codeOfDType("float32") }, as),
    emit(as, opType, inputs, attributes, { domain = "", outputs = 1 }) {
      const node: Node = { name: as.name, opType, domain, inputs: [], outputs: [], attributes, layer: as.layer };
      const folded = folding(node, inputs);
      if (folded) return folded.slice(0, Math.max(outputs, 1));
      if (++count > MOST_NODES) throw new Refusal(`the graph has more than ${MOST_NODES} nodes once it is written out`);
      const wired = inputs.map((input) => input && nameOf(input));
      try {
        const made = builder.node(opType, wired, attributes, { ...as, domain, outputs });
        return made.map((name): Value => ({ name, type: builder.typeOf(name) }));
      } catch (error) {
        throw new Refusal(messageOf(error instanceof Error && error.cause ? error.cause : error));
      }
    },
  };
}

/** Adds nothing: a node that cannot be computed now is refused. */
export const computingEmitter: Pick<Emitter, "emit"> = {
  emit(as, opType, inputs, attributes, { domain = "", outputs = 1 }) {
    const node: Node = { name: as.name, opType, domain, inputs: [], outputs: [], attributes, layer: as.layer };
    const folded = folding(node, inputs, MOST_COMPUTED) ?? fault(`"${as.name}" is not known before the model runs`);
    return folded.slice(0, Math.max(outputs, 1));
  },
};

function fault(reason: string): never {
  throw new Refusal(reason);
}

/** A value that is known and has not been stored: a filled one of known sizes. */
function materialized({ fill, dims, type, name }: Value): Tensor | undefined {
  if (dims) {
    const open = dims.find((dim) => typeof dim === "string");
    throw new Refusal(`"${name}" holds the size ${open}, which is open until the model runs`);
  }
  if (fill === undefined) return undefined;
  const sizes = type.shape.filter((dim) => typeof dim === "number");
  if (sizes.length < type.shape.length) {
    throw new Refusal(`"${name}" is filled to the shape ${showShape(type.shape)}, which is open until the model runs`);
  }
  const elements = elementCount(sizes);
  if (elements > MOST_FOLDED) throw new Refusal(`"${name}" is filled to ${elements} elements`);
  return tensorFrom(type.dtype, sizes, new Array<number>(elements).fill(fill));
}

/** What a node computes, when it can be known now. */
function folding(node: Node, inputs: readonly (Value | undefined)[], most = MOST_FOLDED): readonly Value[] | undefined {
  // Quantized weights stay codes: what the file is, is decided later.
  if (node.opType === "DequantizeLinear") return undefined;
  const operator = operatorOf(node.domain, node.opType);
  const operands = inputs.map((input) =>
    input && isStored(input) ? (input.constant ?? materialized(input)) : undefined,
  );
  if (!operator || inputs.length === 0 || inputs.some((input, i) => input && !operands[i])) return undefined;
  try {
    const attributes = completeAttributes(operator, node);
    const known = inputs.map((input, i) => {
      const constant = operands[i];
      return input && constant && { type: input.type, constant };
    });
    const types = operator.infer(known, attributes);
    const largest = Math.max(0, ...inputs.map((input) => (input ? countOf(input.type.shape) : 0)));
    if (types.some(({ shape }) => countOf(shape) > Math.max(most, largest))) return undefined;
    const [first, ...others] = operator.evaluate(operands, attributes);
    if (!first) return undefined;
    return [first, ...others].map((each, i) => constantValue(i === 0 ? node.name : `${node.name}:${i}`, each));
  } catch (error) {
    throw new Refusal(messageOf(error));
  }
}

const isStored = ({ constant, fill, type }: Value): boolean =>
  constant !== undefined || (fill !== undefined && type.shape.every((dim) => typeof dim === "number"));

const countOf = (shape: readonly Dim[]): number =>
  shape.reduce<number>((product, dim) => product * (typeof dim === "number" ? dim : 1), 1);
