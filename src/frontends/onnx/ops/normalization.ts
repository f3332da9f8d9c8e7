import { tensorFrom } from "../../../tensor/tensor.js";
import {
  familyOf,
  numberAttribute,
  numbersAttribute,
  type OnnxContext,
  type OnnxNode,
  type OnnxOperator,
  operand,
} from "../operator.js";
import { asIs, same, sharedAttributes } from "../same.js";
import { constantValue, integers, scalar, type Value } from "../value.js";
import { listOperand } from "./shape.js";

const family = "normalization and reduction";

const { lowered } = familyOf(family);

/** Older opsets name the outputs of training, too. */
const batchNormalization = lowered(
  "BatchNormalization",
  (node, context) => {
    if (node.outputs > 1) return context.refuse("its outputs of training are read");
    if (numberAttribute(node, "spatial", 1) === 0) return context.refuse("spatial is 0");
    return asIs(node, context);
  },
  "inference only",
);

/** Before opset 13 the axes from `axis` on are one, and `axis` is 1 unless said. */
function softmax(opType: string): OnnxOperator {
  return lowered(opType, (node, context) => {
    const x = operand(node, 0, context);
    if (node.version >= 13) return asIs(node, context);
    const rank = x.type.shape.length;
    const given = numberAttribute(node, "axis", 1);
    const axis = given < 0 ? given + rank : given;
    if (axis === rank - 1) return context.emit(opType, [x], { axis });
    const tail = x.type.shape.slice(axis);
    if (tail.some((dim) => typeof dim === "string")) return context.refuse("it normalizes over the batch");
    const length = tail.reduce<number>((product, dim) => product * Number(dim), 1);
    const head = x.type.shape.slice(0, axis).map(() => 0);
    const flat = context.one("Reshape", [x, integers(`${node.name}/flat`, [...head, length])]);
    const y = context.one(opType, [flat], { axis: -1 });
    return context.emit("Reshape", [y, integers(`${node.name}/shape`, [...head, ...tail.map(Number)])]);
  });
}

/** Axes are an attribute before opset 18, of ReduceSum before 13. */
function reduction(opType: string): OnnxOperator {
  return lowered(opType, (node, context) =>
    asIs(node, context, [operand(node, 0, context), listOperand(node, 1, "axes")], ["axes"]),
  );
}

/** Each group of channels has mean 0 and deviation 1: an instance normalization of [N, groups, rest]. */
const groupNormalization = lowered("GroupNormalization", (node, context) => {
  const [x, scale, bias] = [0, 1, 2].map((i) => operand(node, i, context)) as [Value, Value, Value];
  const [, channels = 1, ...plane] = x.type.shape;
  const groups = numberAttribute(node, "num_groups", 1);
  if (typeof channels !== "number") return context.refuse("its channels are open");
  const list = (name: string, values: readonly number[]) => integers(`${node.name}/${name}`, values);
  const ones = (value: number) =>
    constantValue(`${node.name}/${value}`, tensorFrom("float32", [groups], new Array<number>(groups).fill(value)));
  const grouped = context.one("Reshape", [x, list("groups", [0, groups, -1])]);
  const normal = context.one("InstanceNormalization", [grouped, ones(1), ones(0)], {
    epsilon: numberAttribute(node, "epsilon", 1e-5),
  });
  const back = context.one("Reshape", [
    normal,
    list("shape", [0, channels, ...plane.map((dim) => (typeof dim === "number" ? dim : -1))]),
  ]);
  // Before opset 21 there is one scale for each group.
  const perChannel = (value: Value): Value => {
    const repeated =
      value.type.shape[0] === channels ? value : repeatedGroups(value, groups, channels / groups, node, context);
    return context.one("Reshape", [repeated, list("columns", [channels, ...plane.map(() => 1)])]);
  };
  return [context.one("Add", [context.one("Mul", [back, perChannel(scale)]), perChannel(bias)])];
});

function repeatedGroups(value: Value, groups: number, each: number, node: OnnxNode, context: OnnxContext): Value {
  const list = (name: string, values: readonly number[]) => integers(`${node.name}/${name}`, values);
  const column = context.one("Reshape", [value, list("column", [groups, 1])]);
  const wide = context.one("Expand", [column, list("each", [groups, each])]);
  return context.one("Reshape", [wide, list("flat", [groups * each])]);
}

/** x / norm along one axis. */
const lpNormalization = lowered("LpNormalization", (node, context) => {
  const x = operand(node, 0, context);
  const opType = numberAttribute(node, "p", 2) === 1 ? "ReduceL1" : "ReduceL2";
  const axes = integers(`${node.name}/axes`, [numberAttribute(node, "axis", -1)]);
  const norm = context.one(opType, [x, axes], { keepdims: 1 });
  // Zeros stay zeros.
  return [context.one("Div", [x, context.one("Max", [norm, scalar(`${node.name}/least`, 2 ** -126)])])];
});

/** (x - mean) / deviation over the axes. */
const meanVariance = lowered("MeanVarianceNormalization", (node, context) => {
  const x = operand(node, 0, context);
  const axes = integers(`${node.name}/axes`, numbersAttribute(node, "axes") ?? [0, 2, 3]);
  const mean = (value: Value) => context.one("ReduceMean", [value, axes], { keepdims: 1 });
  const centered = context.one("Sub", [x, mean(x)]);
  const deviation = context.one("Sqrt", [mean(context.one("Mul", [centered, centered]))]);
  return [context.one("Div", [centered, context.one("Add", [deviation, scalar(`${node.name}/epsilon`, 1e-9)])])];
});

const layerNormalization = lowered("LayerNormalization", (node, context: OnnxContext) => {
  const attributes = sharedAttributes(node, context);
  return context.emit("LayerNormalization", node.inputs, attributes, { outputs: node.outputs });
});

export const normalizations: readonly OnnxOperator[] = [
  batchNormalization,
  softmax("Softmax"),
  softmax("LogSoftmax"),
  ..."Sum Mean Max Min Prod L1 L2 SumSquare LogSum LogSumExp".split(" ").map((name) => reduction(`Reduce${name}`)),
  groupNormalization,
  lpNormalization,
  meanVariance,
  layerNormalization,
  ...same(family, "InstanceNormalization LRN"),
];
