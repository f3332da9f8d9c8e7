import type { JsonObject } from "../tfjs/json.js";
import { intsAttribute, textAttribute } from "./attributes.js";
import type { GraphModel } from "./model.js";
import type { GraphNode, NodeInput } from "./node.js";

/** Convolutions that SpaceToBatchND and BatchToSpaceND dilate, with their kernel as the second input. */
const CONVOLUTIONS = ["Conv2D", "_FusedConv2D", "DepthwiseConv2dNative", "FusedDepthwiseConv2dNative"];

/** What may stand between the convolution and BatchToSpaceND: it computes each pixel apart. */
const POINTWISE = ["BiasAdd", "Relu", "Relu6", "Elu", "Sigmoid", "Tanh", "Identity"];

interface Dilated {
  readonly from: GraphNode;
  readonly convolution: GraphNode;
  readonly to: GraphNode;
  readonly dilations: readonly number[];
  /** Top, bottom, left, right. */
  readonly pads: readonly number[];
}

/**
 * The model with its dilated convolutions written as such. TensorFlow wrote one as SpaceToBatchND, a convolution, and
 * BatchToSpaceND, which move every pixel twice and have no integer kernels; what they pad and crop becomes the padding.
 * The same object where there are none.
 */
export function withDilations(model: GraphModel): GraphModel {
  const ends = [...model.nodes.values()].filter(({ op }) => op === "BatchToSpaceND");
  if (ends.length === 0) return model;
  const readers = readersOf(model);
  const found = ends.flatMap((node) => dilatedBefore(model, readers, node));
  if (found.length === 0) return model;
  const nodes = new Map(model.nodes);
  for (const one of found) {
    const { convolution, from, to } = one;
    const inputs = [from.inputs[0] as NodeInput, ...convolution.inputs.slice(1)];
    nodes.set(convolution.name, {
      ...convolution,
      inputs,
      attributes: { ...convolution.attributes, ...attributesOf(one) },
    });
    nodes.set(to.name, { ...to, op: "Identity", inputs: to.inputs.slice(0, 1), attributes: {} });
  }
  return { ...model, nodes };
}

function attributesOf({ dilations, pads }: Dilated): JsonObject {
  const list = (values: readonly number[]): JsonObject => ({ list: { i: [...values] } });
  return {
    padding: { s: Buffer.from("EXPLICIT").toString("base64") },
    explicit_paddings: list([0, 0, ...pads, 0, 0]),
    dilations: list([1, ...dilations, 1]),
  };
}

function dilatedBefore(model: GraphModel, readers: ReadonlyMap<string, number>, to: GraphNode): Dilated[] {
  const convolution = convolutionBefore(model, readers, to);
  const from = convolution && producer(model, convolution.inputs[0]);
  if (from?.op !== "SpaceToBatchND" || convolution === undefined || !isPlain(convolution)) return [];
  const [blocks, same] = [constant(model, from.inputs[1]), constant(model, to.inputs[1])];
  const [padded, cropped] = [constant(model, from.inputs[2]), constant(model, to.inputs[2])];
  if (blocks?.length !== 2 || blocks.join() !== same?.join()) return [];
  if (padded?.length !== 4 || cropped?.length !== 4) return [];
  const pads = padded.map((size, i) => size - (cropped[i] ?? 0));
  return pads.some((size) => size < 0) ? [] : [{ from, convolution, to, dilations: blocks, pads }];
}

/** The convolution whose result comes to the node, if nothing else reads any value on the way. */
function convolutionBefore(
  model: GraphModel,
  readers: ReadonlyMap<string, number>,
  to: GraphNode,
): GraphNode | undefined {
  let node = producer(model, to.inputs[0]);
  for (let steps = 0; node !== undefined && steps < 8; steps++) {
    if (readers.get(node.name) !== 1) return undefined;
    if (CONVOLUTIONS.includes(node.op)) return node;
    if (!POINTWISE.includes(node.op)) return undefined;
    node = producer(model, node.inputs[0]);
  }
  return undefined;
}

function producer({ nodes }: GraphModel, input: NodeInput | undefined): GraphNode | undefined {
  return input === undefined || input.port !== 0 ? undefined : nodes.get(input.node);
}

/** How often each node is read, once for the whole model: a file may hold any number of blocks. */
function readersOf({ nodes, outputs }: GraphModel): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  const refs = [...[...nodes.values()].flatMap(({ inputs }) => inputs), ...outputs.map(({ ref }) => ref)];
  for (const { node } of refs) counts.set(node, (counts.get(node) ?? 0) + 1);
  return counts;
}

/** Without steps, dilations or padding of its own, and with channels last. */
function isPlain(node: GraphNode): boolean {
  const ones = (name: string) => (intsAttribute(node, name) ?? []).every((value) => value === 1);
  const word = (name: string, fallback: string) => textAttribute(node, name, fallback).toUpperCase();
  return (
    ones("strides") && ones("dilations") && word("padding", "") === "VALID" && word("data_format", "NHWC") === "NHWC"
  );
}

function constant(model: GraphModel, input: NodeInput | undefined): number[] | undefined {
  const value = input && model.weights.get(input.node);
  return value && Array.from(value.data as ArrayLike<number>, Number);
}
