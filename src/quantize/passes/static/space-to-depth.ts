import type { Graph, Node, Pass, ValueType } from "../../../ir/graph.js";
import { inferTypes } from "../../../ir/infer.js";
import { elementCount, type Tensor, tensor, tensorFrom } from "../../../tensor/tensor.js";
import { type Rewrite, startRewrite, type Uses, usesOf } from "../rewrite.js";

/** Fewer output channels than these have no kernel without im2col either way. */
const LEAST_OUTPUTS = 16;
/** The engine's convolution without im2col takes input channels by fours. */
const MULTIPLE = 4;

/**
 * Integer convolutions of stride 2 over 1 to 3 channels, which nets of pictures begin with, become the same sums as
 * convolutions of stride 1 over squares of 2x2 pixels: 4 to 12 channels, which the engine has a kernel for, where it
 * gathers single pixels else. Bit for bit the same: what weights and padding gain is zeros and zero points.
 */
export const spaceToDepth: Pass = {
  name: "space-to-depth",
  summary: "integer convolutions of stride 2 over few channels read squares of 2x2 pixels as channels",
  run(graph) {
    const uses = usesOf(graph);
    const types = inferTypes(graph);
    const rewrite = startRewrite(graph);
    let found = false;
    for (const node of graph.nodes) {
      const stem = stemOf(node, graph, uses, types);
      if (stem) emit(node, stem, uses, rewrite);
      else rewrite.add(node);
      found ||= stem !== undefined;
    }
    return found ? rewrite.finish() : graph;
  },
};

interface Stem {
  /** int8 [O, C, kernel height, kernel width]. */
  readonly weights: Tensor;
  readonly height: Axis;
  readonly width: Axis;
}

/** An axis of the picture, in squares of two pixels. */
interface Axis {
  /** Squares along the axis. */
  readonly size: number;
  /** Squares that a kernel covers. */
  readonly kernel: number;
  /** Pixels of its first square in front of the old kernel: 0 or 1. */
  readonly lead: number;
  /** Squares of padding before and after. */
  readonly pads: readonly [number, number];
}

function stemOf(node: Node, graph: Graph, uses: Uses, types: ReadonlyMap<string, ValueType>): Stem | undefined {
  const { opType, inputs, attributes } = node;
  if (opType !== "QLinearConv" || !isPlain(attributes)) return undefined;
  const weights = graph.initializers.get(inputs[3] ?? "");
  const isOwn = uses.consumers.get(inputs[3] ?? "")?.length === 1;
  if (weights?.dtype !== "int8" || weights.shape.length !== 4 || !isOwn) return undefined;
  if (!graph.initializers.get(inputs[5] ?? "")?.data.every((zeroPoint) => Number(zeroPoint) === 0)) return undefined;
  const [outputs = 0, channels = 0, kernelHeight = 0, kernelWidth = 0] = weights.shape;
  if (outputs < LEAST_OUTPUTS || channels >= MULTIPLE) return undefined;
  const shape = types.get(inputs[0] ?? "")?.shape ?? [];
  const pads = (attributes.pads as readonly number[] | undefined) ?? [0, 0, 0, 0];
  const height = axisOf(shape[2], kernelHeight, pads[0], pads[2]);
  const width = axisOf(shape[3], kernelWidth, pads[1], pads[3]);
  return height && width && { weights, height, width };
}

/** One group, stride 2, no dilation, pads as numbers. */
function isPlain({ group, strides, dilations, auto_pad }: Node["attributes"]): boolean {
  const all = (values: unknown, wanted: number) => Array.isArray(values) && values.every((value) => value === wanted);
  return (
    (group ?? 1) === 1 &&
    all(strides, 2) &&
    (dilations === undefined || all(dilations, 1)) &&
    (auto_pad ?? "NOTSET") === "NOTSET"
  );
}

/** Undefined for an odd size, and for kernels of one pixel, which read one pixel of a square. */
function axisOf(size: number | string | undefined, kernel: number, before = 0, after = 0): Axis | undefined {
  if (typeof size !== "number" || size % 2 !== 0 || kernel < 2) return undefined;
  const outputs = Math.floor((size + before + after - kernel) / 2) + 1;
  const first = Math.ceil(before / 2);
  const lead = 2 * first - before;
  const squares = Math.ceil((kernel + lead) / 2);
  return { size: size / 2, kernel: squares, lead, pads: [first, outputs - 1 + squares - first - size / 2] };
}

/** Codes [N, C, 2h, 2w] to [N, 4C, h, w], channels in the order row, column, channel; then the convolution. */
function emit(node: Node, { weights, height, width }: Stem, uses: Uses, rewrite: Rewrite): void {
  const [input = "", scale = "", zeroPoint = "", name = "", ...others] = node.inputs;
  const channels = weights.shape[1] ?? 1;
  const layer = node.layer === undefined ? {} : { layer: node.layer };
  const step = (opType: string, inputs: readonly string[], attributes: Node["attributes"], count = 1) => {
    const outputs = Array.from({ length: count }, () => rewrite.freeName(`${input}:squares`));
    rewrite.add({ name: `${node.name}/${opType}`, opType, domain: "", inputs, outputs, attributes, ...layer });
    return outputs as [string, ...string[]];
  };
  // Two pixels of a row lie side by side, so only rows must be brought together: joining them is quicker than a Transpose.
  const rows = [-1, height.size, 2 * width.size, 2 * channels];
  const shape = rewrite.constant(`shape:[${rows.join(",")}]`, tensorFrom("int64", [4], rows));
  const pixels = channelsLast(input, uses) ?? step("Transpose", [input], { perm: [0, 2, 3, 1] })[0];
  const evenAndOdd = step("Split", step("Reshape", [pixels, shape], {}), { axis: 2, num_outputs: 2 }, 2);
  const squares = step("Concat", evenAndOdd, { axis: 3 });
  const [x] = step("Transpose", squares, { perm: [0, 3, 1, 2] });
  rewrite.add({
    ...node,
    inputs: [x, scale, zeroPoint, rewrite.constant(name, regrouped(weights, height, width)), ...others],
    attributes: {
      ...node.attributes,
      kernel_shape: [height.kernel, width.kernel],
      strides: [1, 1],
      pads: [height.pads[0], width.pads[0], height.pads[1], width.pads[1]],
    },
  });
}

/** The value that a Transpose brought into the order that convolutions want, as TF.js has pictures. */
function channelsLast(value: string, { producer }: Uses): string | undefined {
  const node = producer.get(value);
  const perm = node?.opType === "Transpose" ? node.attributes.perm : undefined;
  return Array.isArray(perm) && perm.join() === "0,3,1,2" ? node?.inputs[0] : undefined;
}

/** [O, C, kh, kw] to [O, 4C, squares, squares]: each weight goes to its square, and there to its row, column and channel. */
function regrouped(weights: Tensor, height: Axis, width: Axis): Tensor<"int8"> {
  const [outputs = 0, channels = 0, kernelHeight = 0, kernelWidth = 0] = weights.shape;
  const shape = [outputs, 4 * channels, height.kernel, width.kernel];
  const data = new Int8Array(elementCount(shape));
  let from = 0;
  for (let o = 0; o < outputs; o++) {
    for (let c = 0; c < channels; c++) {
      for (let i = height.lead; i < height.lead + kernelHeight; i++) {
        for (let j = width.lead; j < width.lead + kernelWidth; j++) {
          const channel = ((i % 2) * 2 + (j % 2)) * channels + c;
          const square = (i >> 1) * width.kernel + (j >> 1);
          const to = (o * 4 * channels + channel) * height.kernel * width.kernel + square;
          data[to] = weights.data[from++] as number;
        }
      }
    }
  }
  return tensor("int8", shape, data);
}
