import type { DType, Tensor } from "../tensor/tensor.js";
import type { Attribute, Dim, Domain, Graph, GraphValue, Node, ValueType } from "./graph.js";
import { inferNode, typeOfTensor } from "./infer.js";
import type { KnownInput } from "./operators/operator.js";

export interface NodeOptions {
  /** Made from the layer and the operator ("conv_1/Conv") when absent; a number is added if it is taken. */
  readonly name?: string;
  /** Name of the layer of the user's model. */
  readonly layer?: string;
  /** "" unless said. */
  readonly domain?: Domain;
}

export interface GraphBuilder {
  /** Declares an input of the graph and returns its name. */
  input(name: string, dtype: DType, shape: readonly Dim[]): string;
  /** Adds an initializer and returns its name. The same tensor under the same name again is no error. */
  constant(name: string, value: Tensor): string;
  /**
   * Adds a node and returns the name of its first output, which is the node's name.
   * `inputs` are names of values; "" or undefined for an absent optional input.
   * @throws {Error} naming the node, when the operator refuses its inputs or attributes
   */
  node(
    opType: string,
    inputs: readonly (string | undefined)[],
    attributes?: Readonly<Record<string, Attribute>>,
    options?: NodeOptions & { readonly outputs?: undefined },
  ): string;
  /** The same with several outputs: names, or how many. */
  node(
    opType: string,
    inputs: readonly (string | undefined)[],
    attributes: Readonly<Record<string, Attribute>>,
    options: NodeOptions & { readonly outputs: readonly string[] | number },
  ): readonly string[];
  /** Dtype and shape of a value made so far. */
  typeOf(value: string): ValueType;
  /** A name that nothing has yet: `wish`, else `wish_1`, `wish_2` ... */
  freeName(wish: string): string;
  /** The graph, with these values as its outputs. */
  build(outputs: readonly string[]): Graph;
}

/** Builds a graph node by node; types are inferred at once, so a mistake shows where it is made. */
export function graphBuilder(graphName: string): GraphBuilder {
  const inputs: GraphValue[] = [];
  const nodes: Node[] = [];
  const initializers = new Map<string, Tensor>();
  const types = new Map<string, ValueType>();
  const nodeNames = new Set<string>();

  const declare = (name: string, type: ValueType) => {
    if (name === "") throw new Error("a value needs a name");
    if (types.has(name)) throw new Error(`two values are called "${name}"`);
    types.set(name, type);
    return name;
  };
  const known = (name: string): KnownInput | undefined => {
    const type = types.get(name);
    if (!type) return undefined;
    const constant = initializers.get(name);
    return constant ? { type, constant } : { type };
  };
  const free = (wish: string, taken: (name: string) => boolean) => {
    let name = wish;
    for (let i = 1; taken(name); i++) name = `${wish}_${i}`;
    return name;
  };
  const typeOf = (value: string) => {
    const type = types.get(value);
    if (!type) throw new Error(`no value is called "${value}"`);
    return type;
  };

  function node(
    opType: string,
    wired: readonly (string | undefined)[],
    attributes: Readonly<Record<string, Attribute>> = {},
    options: NodeOptions & { readonly outputs?: readonly string[] | number | undefined } = {},
  ): string & readonly string[] {
    const wish = options.name ?? (options.layer === undefined ? opType : `${options.layer}/${opType}`);
    const name = free(wish, (n) => nodeNames.has(n) || types.has(n));
    const names =
      typeof options.outputs === "object"
        ? options.outputs
        : Array.from({ length: options.outputs ?? 1 }, (_, i) => (i === 0 ? name : `${name}:${i}`));
    const made: Node = {
      name,
      opType,
      domain: options.domain ?? "",
      inputs: withoutTrailingBlanks(wired.map((input) => input ?? "")),
      outputs: names,
      attributes,
      ...(options.layer === undefined ? {} : { layer: options.layer }),
    };
    const outputTypes = inferNode(made, known);
    for (const [i, output] of names.entries()) {
      const type = outputTypes[i];
      if (output === "") continue;
      if (!type) throw new Error(`node "${name}" (${opType}) has no output ${i}`);
      declare(output, type);
    }
    nodeNames.add(name);
    nodes.push(made);
    // The two signatures of GraphBuilder.node: names when outputs were asked for, else the one name.
    return (options.outputs === undefined ? names[0] : names) as string & readonly string[];
  }

  return {
    input(name, dtype, shape) {
      const type = { dtype, shape };
      inputs.push({ name, type });
      return declare(name, type);
    },
    constant(name, value) {
      if (initializers.get(name) === value) return name;
      declare(name, typeOfTensor(value));
      initializers.set(name, value);
      return name;
    },
    node,
    typeOf,
    freeName: (wish) => free(wish, (n) => types.has(n) || nodeNames.has(n)),
    build: (outputs) => ({
      name: graphName,
      inputs,
      outputs: outputs.map((name) => ({ name, type: typeOf(name) })),
      nodes,
      initializers,
    }),
  };
}

function withoutTrailingBlanks(names: readonly string[]): readonly string[] {
  let length = names.length;
  while (length > 0 && names[length - 1] === "") length--;
  return names.slice(0, length);
}
