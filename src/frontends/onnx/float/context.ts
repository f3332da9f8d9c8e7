import type { GraphBuilder } from "../../../ir/builder.js";
import type { Attribute, Graph, Node } from "../../../ir/graph.js";
import { type Tensor, tensor, tensorFrom } from "../../../tensor/tensor.js";
import { Refusal } from "../emitter.js";

/** What a rule may do to put float nodes in the place of a quantized one. Names of values are those of the quantized graph. */
export interface FloatContext {
  /** The float value with the same name; constants are added when first read. */
  value(name: string): string;
  /** The real numbers behind codes: a float value, or constant codes dequantized with these parameters along `axis`. */
  real(codes: string, scale: string | undefined, zeroPoint: string | undefined, axis: number): string;
  /** An integer product whose scales come after it; nothing of it is emitted before it is known where they go. */
  sums(name: string): Product | undefined;
  /** The same once it is cast to float, where nothing but one node reads it. */
  product(name: string): Product | undefined;
  constantOf(name: string | undefined): Tensor | undefined;
  /** Adds a node in place of `node`. `result` names its output, else it gets a name of its own. */
  emit(
    node: Node,
    opType: string,
    inputs: readonly (string | undefined)[],
    attributes?: Attributes,
    result?: string,
  ): string;
  emitAll(
    node: Node,
    opType: string,
    inputs: readonly (string | undefined)[],
    attributes: Attributes,
  ): readonly string[];
  addConstant(name: string, contents: Tensor): string;
  /** Says that these codes stand for a float value, cut to what the codes can say. */
  setReal(codes: string, value: string, scale: string | undefined, zeroPoint: string | undefined): void;
  setValue(name: string, value: string): void;
  /** A value that is known, which only the float form has: it is stored when a node reads it. */
  setConstant(name: string, contents: Tensor): void;
  setSums(name: string, product: Product): void;
  setProduct(name: string, product: Product): void;
  /** Whether the name holds codes. */
  isCoded(name: string): boolean;
  refuse(node: Node, reason: string): never;
}

/**
 * Emits a product of floats, its weights multiplied with a factor.
 * @param factor one number, or one for each column of the result; undefined: 1
 * @returns its value, or undefined where the factor is not one that weights take
 */
export type Product = (factor?: Tensor) => string | undefined;

export type Attributes = Readonly<Record<string, Attribute>>;

const limits: Readonly<Record<string, readonly [number, number]>> = {
  uint8: [0, 255],
  int8: [-128, 127],
  uint16: [0, 65535],
  int16: [-32768, 32767],
};

/** Operators whose results are never negative; and those that keep their first input's sign. */
const nonNegative = new Set(["Relu", "Sigmoid", "Softmax", "HardSigmoid", "Abs", "Softplus"]);
const keepsSign = new Set([
  "MaxPool",
  "AveragePool",
  "GlobalAveragePool",
  "GlobalMaxPool",
  "Reshape",
  "Flatten",
  "Transpose",
  "Squeeze",
  "Unsqueeze",
  "Slice",
  "Gather",
  "Identity",
  "ReduceMean",
]);

/** A context over a builder of the new graph. */
export function floatContext(graph: Graph, builder: GraphBuilder): FloatContext {
  const values = new Map<string, string>(graph.inputs.map(({ name }) => [name, name]));
  const reals = new Map<string, string>();
  const accumulated = new Map<string, Product>();
  const products = new Map<string, Product>();
  const known = new Map<string, Tensor>();
  const readers = readersOf(graph);
  const positive = new Set<string>();
  const made = new Set<string>();
  const constants = graph.initializers;
  const constantOf = (name: string) => known.get(name) ?? constants.get(name);
  const addConstant = (name: string, contents: Tensor) => builder.constant(builder.freeName(name), contents);
  const value = (name: string): string => {
    if (name === "") return "";
    const found = values.get(name) ?? products.get(name)?.();
    if (found !== undefined) {
      values.set(name, found);
      return found;
    }
    const contents = constantOf(name);
    if (!contents) throw new Refusal(`"${name}" holds codes where a float is read`);
    const added = addConstant(name, contents);
    values.set(name, added);
    return added;
  };
  const context: FloatContext = {
    value,
    constantOf: (name) => constantOf(name ?? ""),
    sums: (name) => accumulated.get(name),
    product: (name) => (readers.get(name) === 1 ? products.get(name) : undefined),
    isCoded: (name) => reals.has(name),
    addConstant,
    setReal(codes, real, scale, zeroPoint) {
      reals.set(codes, saturated(real, scale, zeroPoint));
    },
    setValue: (name, real) => void values.set(name, real),
    setConstant: (name, contents) => void known.set(name, contents),
    setSums: (name, product) => void accumulated.set(name, product),
    setProduct: (name, product) => void products.set(name, product),
    real(codes, scale, zeroPoint, axis) {
      const known = reals.get(codes);
      if (known !== undefined) return known;
      if (!constants.has(codes)) throw new Refusal(`"${codes}" holds codes that nothing made`);
      const inputs = [value(codes), value(scale ?? ""), value(zeroPoint ?? "")];
      return builder.node("DequantizeLinear", inputs, { axis }, { name: `${codes}_float` });
    },
    emit(node, opType, inputs, attributes = {}, result) {
      const [output = ""] = emitted(node, opType, inputs, attributes, result === undefined ? 1 : [freeOutput(result)]);
      return output;
    },
    emitAll: (node, opType, inputs, attributes) =>
      emitted(
        node,
        opType,
        inputs,
        attributes,
        node.outputs.map((name) => (name === "" ? "" : freeOutput(name))),
      ),
    refuse(node, reason) {
      throw new Refusal(`node "${node.name}" (${node.opType}): ${reason}`);
    },
  };
  return context;

  function freeOutput(name: string): string {
    return builder.freeName(name);
  }

  function emitted(
    node: Node,
    opType: string,
    inputs: readonly (string | undefined)[],
    attributes: Attributes,
    outputs: number | readonly string[],
  ): readonly string[] {
    const options = { name: node.name, ...(node.layer === undefined ? {} : { layer: node.layer }), outputs };
    const names = builder.node(opType, inputs, attributes, options);
    const [first = ""] = inputs;
    for (const name of names) {
      made.add(name);
      if (nonNegative.has(opType) || (keepsSign.has(opType) && positive.has(first))) positive.add(name);
    }
    return names;
  }

  /**
   * Codes whose zero point is the smallest code cut negative values off. Converters rely on it and leave a Relu or Relu6
   * out of the model, so the float form has it as a Clip. Where codes reach both ways they only cut outliers.
   */
  function saturated(real: string, scale: string | undefined, zeroPoint: string | undefined): string {
    const [size, point] = [constants.get(scale ?? ""), constants.get(zeroPoint ?? "")];
    if (size?.data.length !== 1 || positive.has(real) || !made.has(real)) return real;
    const [least, most] = limits[point?.dtype ?? "uint8"] ?? [0, 0];
    if (Number(point?.data[0] ?? 0) !== least) return real;
    const max = (most - least) * Number(size.data[0]);
    const bound = (name: string, number: number) => addConstant(`${real}/${name}`, tensorFrom("float32", [], [number]));
    const cut = builder.node("Clip", [real, bound("min", 0), bound("max", max)], {}, layerOfValue(real));
    positive.add(cut);
    made.add(cut);
    return cut;
  }

  function layerOfValue(real: string) {
    const maker = graph.nodes.find(({ outputs, name }) => outputs.includes(real) || name === real);
    return maker?.layer === undefined ? { name: `${real}/Clip` } : { name: `${real}/Clip`, layer: maker.layer };
  }
}

/** How often each value is read, by nodes or as an output. */
function readersOf({ nodes, outputs }: Graph): ReadonlyMap<string, number> {
  const readers = new Map<string, number>();
  const reads = [...nodes.flatMap(({ inputs }) => inputs), ...outputs.map(({ name }) => name)];
  for (const name of reads) readers.set(name, (readers.get(name) ?? 0) + 1);
  return readers;
}

/** int32 sums as real numbers: `code * scale`, one scale or one for each. */
export function realBias(codes: Tensor, scales: readonly number[]): Tensor<"float32"> {
  const values = Float32Array.from(
    codes.data as Int32Array,
    (code, i) => code * (scales[scales.length === 1 ? 0 : i] ?? 0),
  );
  return tensor("float32", codes.shape, values);
}
