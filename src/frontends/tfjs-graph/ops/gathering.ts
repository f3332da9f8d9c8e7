import { multiplyDims } from "../../../ir/dim.js";
import type { Dim } from "../../../ir/graph.js";
import { type Tensor, tensorFrom, zeros } from "../../../tensor/tensor.js";
import { intAttribute } from "../attributes.js";
import type { Lower, OpContext, OpFamily, TensorValue } from "../definition.js";
import { movingFirst } from "../sizes.js";
import { axisOf, badInputs, cast, ints, known, numberOf, numbersOf, operand, sizesOf, transpose } from "../steps.js";

/** ONNX's TensorProto.DataType of int64, for Cast. */
const INT64 = 7;

/** Indices as GatherND and ScatterND want them. */
function wide(context: OpContext, indices: TensorValue): TensorValue {
  return context.emit("Cast", [cast(context, indices, "int32")], { to: INT64 }, { wide: true });
}

const gather: Lower = (context, inputs) => [
  context.emit("Gather", [operand(context, inputs, 0), cast(context, operand(context, inputs, 1), "int32")], {
    axis: 0,
  }),
];

const gatherV2: Lower = (context, inputs) => {
  const x = operand(context, inputs, 0);
  const indices = cast(context, operand(context, inputs, 1), "int32");
  const batchDims = intAttribute(context.node, "batch_dims", 0);
  const rank = x.shape.length;
  const axis = axisOf(context, inputs[2] === undefined ? 0 : numberOf(context, inputs[2], "the axis"), rank);
  const batch = batchDims < 0 ? batchDims + indices.shape.length : batchDims;
  if (batch < 0 || batch > axis || batch > indices.shape.length) {
    badInputs(context, inputs, `${batchDims} batch dimensions do not fit axis ${axis}`);
  }
  if (batch === 0) return [context.emit("Gather", [x, indices], { axis })];
  return [gatherInBatches(context, x, indices, axis, batch)];
};

/**
 * Indices that count within their own batch: GatherND with the axis moved behind the batch, and the axes between moved
 * back before what the indices made.
 */
function gatherInBatches(
  context: OpContext,
  x: TensorValue,
  indices: TensorValue,
  axis: number,
  batch: number,
): TensorValue {
  const axes = x.shape.map((_, i) => i);
  const front = [...axes.slice(0, batch), axis, ...axes.slice(batch).filter((i) => i !== axis)];
  const moved = transpose(context, x, front);
  const places = context.emit("Unsqueeze", [wide(context, indices), ints([indices.shape.length])], {}, { wide: true });
  const taken = context.emit("GatherND", [moved, places], { batch_dims: batch });
  const [made, between] = [indices.shape.length - batch, axis - batch];
  const order = taken.shape.map((_, i) => {
    if (i < batch || i >= batch + between + made) return i;
    return i < batch + between ? i + made : i - between;
  });
  return transpose(context, taken, order);
}

/** Slices that the vectors along the last axis of the indices name. */
const gatherNd: Lower = (context, inputs) => {
  const x = operand(context, inputs, 0);
  const indices = operand(context, inputs, 1);
  if (indices.shape.at(-1) === 0) badInputs(context, inputs, "the indices are empty");
  return [context.emit("GatherND", [x, wide(context, indices)])];
};

/** Indices [count, depth] and updates [count, ...]; a vector of indices stands for depth 1. */
function scattered(
  context: OpContext,
  onto: TensorValue | Tensor,
  indices: TensorValue,
  updates: TensorValue,
  reduction: "none" | "add",
): TensorValue {
  return context.emit("ScatterND", [onto, wide(context, indices), updates], { reduction });
}

/** Updates added at their places in zeros. */
const scatterNd: Lower = (context, inputs) => {
  const [indices, updates] = [operand(context, inputs, 0), operand(context, inputs, 1)];
  const shape = numbersOf(operand(context, inputs, 2), "the shape");
  return [scattered(context, zeros(updates.dtype, shape), indices, updates, "add")];
};

const tensorScatterUpdate: Lower = (context, inputs) => {
  const [onto, indices, updates] = [0, 1, 2].map((i) => operand(context, inputs, i)) as [
    TensorValue,
    TensorValue,
    TensorValue,
  ];
  return [scattered(context, onto, indices, cast(context, updates, onto.dtype), "none")];
};

/** Values at their places in a tensor full of the default; one value may stand for all places. */
const sparseToDense: Lower = (context, inputs) => {
  const places = operand(context, inputs, 0);
  const shape = numbersOf(operand(context, inputs, 1), "the shape");
  const given = operand(context, inputs, 2);
  const fill = inputs[3] === undefined ? 0 : numberOf(context, inputs[3], "the default");
  const count: Dim = places.shape.length === 0 ? 1 : (places.shape[0] ?? 1);
  if (typeof count !== "number") return badInputs(context, inputs, "how many places there are depends on the batch");
  const depth = places.shape.length < 2 ? 1 : (sizesOf(places, "the indices")[1] ?? 1);
  if (multiplyDims(places.shape) !== count * depth || depth !== shape.length) {
    badInputs(context, inputs, `indices of ${depth} do not name elements of ${shape.length} axes`);
  }
  const indices = context.emit("Reshape", [places, ints([count, depth])]);
  const updates = context.emit("Expand", [given, ints([count])]);
  const onto = tensorFrom(given.dtype, shape, new Float64Array(shape.reduce((a, b) => a * b, 1)).fill(fill));
  return [scattered(context, known(onto), indices, updates, "none")];
};

/** Elements picked and placed by indices. Indices that lie outside are a fault of the model: the engine refuses them. */
export const gatherings: OpFamily = {
  family: "gathering and scattering",
  ops: [
    { op: "Gather", summary: "rows by indices", support: "lowered", quantizable: true, lower: movingFirst(gather) },
    {
      op: "GatherV2",
      summary: "slices along an axis by indices, in batches too",
      support: "lowered",
      quantizable: true,
      lower: movingFirst(gatherV2),
    },
    { op: "GatherNd", summary: "slices by vectors of indices", support: "lowered", lower: gatherNd },
    { op: "ScatterNd", summary: "slices added at their places in zeros", support: "lowered", lower: scatterNd },
    {
      op: "TensorScatterUpdate",
      summary: "slices replaced by updates",
      support: "lowered",
      lower: tensorScatterUpdate,
    },
    {
      op: "SparseToDense",
      summary: "elements at their places in a tensor of one value",
      support: "lowered",
      lower: sparseToDense,
    },
  ],
};
