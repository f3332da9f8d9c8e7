import type { Graph, Node, Pass, ValueType } from "../../../ir/graph.js";
import { inferTypes } from "../../../ir/infer.js";
import { elementCount, type Tensor, tensorFrom } from "../../../tensor/tensor.js";
import { type Rewrite, startRewrite, type Uses, usesOf } from "../rewrite.js";

/** Channels that the engine's depthwise kernel takes at once; of any other number it takes each by itself. */
const MULTIPLE = 16;
/** Of fewer channels most would be added ones. */
const LEAST_CHANNELS = 8;

/** Places of QLinearConv's inputs: weights, and what has one element for each channel of the output. */
const [W, W_SCALE, W_ZERO_POINT, BIAS] = [3, 4, 5, 8] as const;

/**
 * Integer depthwise convolutions over a number of channels that is no multiple of 16 get further channels up to the next
 * one, and so does what is added to them or pooled of them. Convolutions over all channels make and read the further ones
 * with zero weights; at every other border they are padded or cut off. Whatever they hold, it meets zero weights or is cut
 * off, so all other channels keep their codes, bit for bit.
 */
export const widenDepthwise: Pass = {
  name: "widen-depthwise",
  summary: "integer depthwise convolutions, and what is added to them, get channels up to the next multiple of 16",
  run(graph) {
    const further = furtherChannels(graph, usesOf(graph));
    if (further.size === 0) return graph;
    const rewrite = startRewrite(graph);
    const parts = { further, values: trackWidths(further, rewrite), graph, rewrite };
    for (const node of graph.nodes) {
      if (isOverAll(node, graph)) addOverAll(node, parts);
      else if (isWidened(node, further, graph)) addByChannels(node, parts);
      else rewrite.add({ ...node, inputs: node.inputs.map((input) => parts.values.narrow(input, node)) });
    }
    return rewrite.finish();
  },
};

/** Places of the activations of a node that treats each channel by itself, whatever else it reads. */
function activationPlaces(node: Node, graph: Graph): readonly number[] | undefined {
  if (isDepthwise(node, graph)) return [0];
  if (node.opType === "QLinearAdd") return [0, 3];
  return node.opType === "MaxPool" && node.outputs.length === 1 ? [0] : undefined;
}

function weightsOf({ opType, inputs }: Node, { initializers }: Graph): Tensor | undefined {
  const weights = opType === "QLinearConv" ? initializers.get(inputs[W] ?? "") : undefined;
  if (weights?.dtype !== "int8" || weights.shape.length !== 4) return undefined;
  const isSymmetric = initializers.get(inputs[W_ZERO_POINT] ?? "")?.data.every((point) => Number(point) === 0);
  return isSymmetric ? weights : undefined;
}

function isDepthwise(node: Node, graph: Graph): boolean {
  const [channels, each] = weightsOf(node, graph)?.shape ?? [];
  return each === 1 && (channels ?? 0) > 1 && node.attributes.group === channels;
}

/** A convolution in which every output sums over all channels. */
function isOverAll(node: Node, graph: Graph): boolean {
  return (node.attributes.group ?? 1) === 1 && weightsOf(node, graph) !== undefined;
}

/** How many channels each value gets: those of depthwise convolutions first, then all that nodes by channels join them to. */
function furtherChannels(graph: Graph, uses: Uses): ReadonlyMap<string, number> {
  const types = inferTypes(graph);
  const further = new Map<string, number>();
  const join = (values: readonly string[]) => {
    const missing = values.map((value) => (uses.isOutput(value) ? 0 : missingChannels(types.get(value))));
    if (missing.includes(0) || values.some((value) => graph.initializers.has(value))) return;
    for (const [i, value] of values.entries()) further.set(value, missing[i] ?? 0);
  };
  const groups = graph.nodes.flatMap((node) => {
    const places = activationPlaces(node, graph);
    const inputs = places?.map((place) => node.inputs[place] ?? "");
    return inputs ? [{ node, values: [...inputs, node.outputs[0] ?? ""] }] : [];
  });
  for (const { node, values } of groups) if (isDepthwise(node, graph)) join(values);
  for (let before = -1; before !== further.size; ) {
    before = further.size;
    for (const { values } of groups) if (values.some((value) => further.has(value))) join(values);
  }
  return further;
}

/** Of codes [N, C, H, W]; 0 where nothing is missing. */
function missingChannels(type: ValueType | undefined): number {
  const [, channels] = type?.shape ?? [];
  if (type?.shape.length !== 4 || typeof channels !== "number" || channels < LEAST_CHANNELS) return 0;
  return (MULTIPLE - (channels % MULTIPLE)) % MULTIPLE;
}

/** Whether a node that treats each channel by itself makes the further ones as well. */
function isWidened(node: Node, further: ReadonlyMap<string, number>, graph: Graph): boolean {
  const values = activationPlaces(node, graph)?.map((place) => node.inputs[place] ?? "");
  return values !== undefined && [...values, node.outputs[0] ?? ""].every((value) => further.has(value));
}

/** Gives values with their further channels or without, converting each once and only where somebody asks. */
interface Widths {
  wide(value: string, reader: Node): string;
  narrow(value: string, reader: Node): string;
  isWide(value: string): boolean;
  /** Says that the value has its further channels under its own name. */
  madeWide(value: string): void;
}

interface Parts {
  readonly further: ReadonlyMap<string, number>;
  readonly values: Widths;
  readonly graph: Graph;
  readonly rewrite: Rewrite;
}

function trackWidths(further: ReadonlyMap<string, number>, rewrite: Rewrite): Widths {
  const wide = new Map<string, string>();
  const narrow = new Map<string, string>();
  const list = (label: string, values: readonly number[]) =>
    rewrite.constant(`${label}:[${values.join(",")}]`, tensorFrom("int64", [values.length], values));
  const convert = (opType: string, value: string, others: readonly string[], { name, layer }: Node) => {
    const made = rewrite.freeName(`${value}:${opType === "Pad" ? "wide" : "narrow"}`);
    const own = { name: `${name}/${opType}`, opType, domain: "" as const, ...(layer === undefined ? {} : { layer }) };
    rewrite.add({ ...own, inputs: [value, ...others], outputs: [made], attributes: {} });
    return made;
  };
  return {
    isWide: (value) => wide.has(value),
    madeWide: (value) => void wide.set(value, value),
    wide(value, reader) {
      const pads = () => [list("pads", [0, 0, 0, 0, 0, further.get(value) ?? 0, 0, 0])];
      const name = wide.get(value) ?? convert("Pad", value, pads(), reader);
      wide.set(value, name);
      if (name !== value) narrow.set(value, value);
      return name;
    },
    narrow(value, reader) {
      if (wide.get(value) !== value) return value;
      const ends = () => [list("from", [0]), list("to", [-(further.get(value) ?? 0)]), list("axis", [1])];
      const name = narrow.get(value) ?? convert("Slice", value, ends(), reader);
      narrow.set(value, name);
      return name;
    },
  };
}

/** A convolution over all channels reads the further channels where they are there already, and makes them where they are wanted. */
function addOverAll(node: Node, { further, values, graph, rewrite }: Parts): void {
  const [input = "", output = ""] = [node.inputs[0], node.outputs[0]];
  const read = values.isWide(input) ? (further.get(input) ?? 0) : 0;
  const made = further.get(output) ?? 0;
  const inputs = [read > 0 ? values.wide(input, node) : input, ...node.inputs.slice(1)];
  rewrite.add({ ...node, inputs: lengthenedConstants(inputs, { read, made }, graph, rewrite) });
  if (made > 0) values.madeWide(output);
}

function addByChannels(node: Node, { further, values, graph, rewrite }: Parts): void {
  const [output = ""] = node.outputs;
  const places = activationPlaces(node, graph) ?? [];
  const inputs = node.inputs.map((input, place) => (places.includes(place) ? values.wide(input, node) : input));
  const made = further.get(output) ?? 0;
  const isConvolution = node.opType === "QLinearConv";
  rewrite.add({
    ...node,
    inputs: isConvolution ? lengthenedConstants(inputs, { read: 0, made }, graph, rewrite) : inputs,
    attributes: isConvolution ? { ...node.attributes, group: Number(node.attributes.group) + made } : node.attributes,
  });
  values.madeWide(output);
}

/** The inputs of a QLinearConv with `made` outputs more and `read` inputs more: weights and biases 0, scales 1. */
function lengthenedConstants(
  inputs: readonly string[],
  { read, made }: { readonly read: number; readonly made: number },
  { initializers }: Graph,
  rewrite: Rewrite,
): readonly string[] {
  const byOutput = new Map<number, number>([
    [W, 0],
    [W_SCALE, 1],
    [W_ZERO_POINT, 0],
    [BIAS, 0],
  ]);
  return inputs.map((name, place) => {
    const [fill, value] = [byOutput.get(place), initializers.get(name)];
    // One scale or zero point of all channels holds for the further ones as well.
    if (fill === undefined || !value || value.shape.length === 0) return name;
    const longer = lengthened(value, 0, made, fill);
    return rewrite.constant(name, place === W ? lengthened(longer, 1, read, 0) : longer);
  });
}

/** A constant with `more` slices of `fill` behind it along an axis. */
function lengthened(value: Tensor, axis: 0 | 1, more: number, fill: number): Tensor {
  if (more === 0) return value;
  const shape = value.shape.map((size, i) => (i === axis ? size + more : size));
  const rows = axis === 0 ? 1 : (value.shape[0] ?? 0);
  const [from, to] = [value.data.length / rows, elementCount(shape) / rows];
  const data = Array<number>(elementCount(shape)).fill(fill);
  for (let i = 0; i < value.data.length; i++) data[Math.floor(i / from) * to + (i % from)] = Number(value.data[i]);
  return tensorFrom(value.dtype, shape, data);
}
