import { tensorFrom } from "../../../tensor/tensor.js";
import { familyOf, numberAttribute, numbersAttribute, type OnnxOperator, operand, textAttribute } from "../operator.js";
import { asIs, same } from "../same.js";
import { constantValue, integers, knownDims, scalar, type Value } from "../value.js";
import { listOperand } from "./shape.js";

const family = "indexing";

const { lowered } = familyOf(family);

/** Starts, ends and axes were attributes before opset 10. */
const slice = lowered("Slice", (node, context) => {
  const data = operand(node, 0, context);
  const lists =
    node.version < 10
      ? ["starts", "ends", "axes"].map((name, i) => listOperand(node, i + 1, name))
      : node.inputs.slice(1);
  const [starts, ends, axes, steps] = lists;
  const trimmed = openEnds(data, starts, ends, axes);
  return context.emit("Slice", [data, starts, trimmed ?? ends, axes, steps]);
});

/** An end that is the axis's own open size means "to the end". */
function openEnds(
  data: Value,
  starts: Value | undefined,
  ends: Value | undefined,
  axes: Value | undefined,
): Value | undefined {
  const dims = ends?.dims;
  if (!dims) return undefined;
  const named = knownDims(axes) ?? (knownDims(starts) ?? []).map((_, i) => i);
  const rank = data.type.shape.length;
  const numbers = dims.map((dim, i) => {
    if (typeof dim === "number") return dim;
    const axis = Number(named[i] ?? i);
    return data.type.shape[axis < 0 ? axis + rank : axis] === dim ? 2 ** 31 - 1 : undefined;
  });
  if (numbers.includes(undefined)) return undefined;
  return integers(ends.name, numbers as number[]);
}

/** Pads and the value were attributes before opset 11. */
const pad = lowered("Pad", (node, context) => {
  const data = operand(node, 0, context);
  const pads = listOperand(node, 1, "pads");
  const value =
    node.inputs[2] ??
    (node.version < 11 && numberAttribute(node, "value", 0) !== 0
      ? scalar(`${node.name}/value`, numberAttribute(node, "value", 0))
      : undefined);
  const mode = textAttribute(node, "mode", "constant");
  return context.emit("Pad", [data, pads, value, node.inputs[3]], { mode });
});

/** The count was an attribute before opset 10. */
const topK = lowered("TopK", (node, context) => {
  const k = node.inputs[1] ?? integers(`${node.name}/k`, [numberAttribute(node, "k", 1)]);
  return asIs(node, context, [operand(node, 0, context), k], ["k"]);
});

/** Only where its positions or its values are known does the IR have its sizes. */
const nonZero: OnnxOperator = {
  ...lowered(
    "NonZero",
    (node, context) => {
      const { constant } = operand(node, 0, context);
      if (!constant) return context.refuse("how many elements it gives depends on the input");
      const { shape } = constant;
      const places = Array.from(constant.data as ArrayLike<number | bigint>, Number).flatMap((value, i) =>
        value === 0 ? [] : [i],
      );
      const strides = shape.map((_, i) => shape.slice(i + 1).reduce((product, size) => product * size, 1));
      const rows = shape.flatMap((size, axis) => places.map((at) => Math.floor(at / (strides[axis] ?? 1)) % size));
      return [constantValue(node.name, tensorFrom("int64", [shape.length, places.length], rows))];
    },
    "of what is known",
  ),
  support: "folded",
};

/** Opset 10: scales, sizes by rounding down, nearest; 11 and later have the region of interest before them. */
const resize = lowered("Resize", (node, context) => {
  const x = operand(node, 0, context);
  if (node.version < 11) {
    const mode = textAttribute(node, "mode", "nearest");
    return context.emit("Resize", [x, undefined, node.inputs[1]], asymmetric(mode));
  }
  const [, , scales, sizes] = node.inputs;
  const isEmpty = scales?.constant?.data.length === 0;
  if (!sizes || (scales && !isEmpty)) return asIs(node, context, [x, undefined, scales]);
  const dims = knownDims(sizes);
  if (!dims) return context.refuse("its sizes depend on the input");
  // The batch keeps its size: only the axes that change are named.
  const given = numbersAttribute(node, "axes") ?? dims.map((_, i) => i);
  const kept = given.flatMap((axis, i) => {
    const [from, to] = [x.type.shape[axis < 0 ? axis + x.type.shape.length : axis], dims[i]];
    const stays = from === to || (typeof from === "string" && to === context.fixedBatch);
    return stays ? [] : [[axis, to] as const];
  });
  if (kept.length === 0) return [x];
  const wanted = kept.map(([, size]) => (typeof size === "number" ? size : context.refuse(`the size ${size} is open`)));
  const [result] = asIs({ ...node, attributes: { ...node.attributes, axes: kept.map(([axis]) => axis) } }, context, [
    x,
    undefined,
    undefined,
    integers(`${node.name}/sizes`, wanted),
  ]);
  return result ? [result] : [];
});

function asymmetric(mode: string) {
  return {
    mode: mode === "bilinear" || mode === "linear" ? "linear" : mode,
    coordinate_transformation_mode: "asymmetric",
    nearest_mode: "floor",
  };
}

/** Gone since opset 10; the scales were an attribute before 9. */
const upsample = lowered("Upsample", (node, context) => {
  const given = numbersAttribute(node, "scales");
  const scales =
    node.inputs[1] ?? (given && constantValue(`${node.name}/scales`, tensorFrom("float32", [given.length], given)));
  return context.emit(
    "Resize",
    [operand(node, 0, context), undefined, scales],
    asymmetric(textAttribute(node, "mode", "nearest")),
  );
});

export const indexing: readonly OnnxOperator[] = [
  slice,
  pad,
  topK,
  nonZero,
  resize,
  upsample,
  ...same(
    family,
    "Gather GatherElements GatherND ScatterElements ScatterND OneHot CumSum ReverseSequence Trilu EyeLike ArgMax ArgMin",
  ),
  {
    ...lowered("Scatter", (node, context) =>
      context.emit("ScatterElements", node.inputs, { axis: numberAttribute(node, "axis", 0) }),
    ),
  },
];
