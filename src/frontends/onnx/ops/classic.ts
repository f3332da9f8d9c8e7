import { tensorFrom } from "../../../tensor/tensor.js";
import {
  familyOf,
  numberAttribute,
  numbersAttribute,
  type OnnxContext,
  type OnnxNode,
  type OnnxOperator,
  operand,
  refused,
  textAttribute,
} from "../operator.js";
import { constantValue, integers, type Value } from "../value.js";

/** Operators of the domain ai.onnx.ml that are arithmetic on tensors: what sklearn-onnx writes for linear models. */

const family = "classic machine learning";
const domain = "ai.onnx.ml";

const { lowered } = familyOf(family, domain);

function floats(node: OnnxNode, name: string, shape?: readonly number[]): Value | undefined {
  const list = numbersAttribute(node, name);
  return list && constantValue(`${node.name}/${name}`, tensorFrom("float32", shape ?? [list.length], list));
}

/** (x - offset) * scale. */
const scaler = lowered("Scaler", (node, context) => {
  const x = operand(node, 0, context);
  const [offset, scale] = [floats(node, "offset"), floats(node, "scale")];
  const moved = offset ? context.one("Sub", [x, offset]) : x;
  return [scale ? context.one("Mul", [moved, scale]) : moved];
});

/** x W' + b, with the coefficients of one target after the other. */
function linearScores(node: OnnxNode, targets: number, context: OnnxContext): Value {
  const x = operand(node, 0, context);
  const count = numbersAttribute(node, "coefficients")?.length ?? 0;
  if (targets < 1 || count % targets !== 0) context.refuse(`${count} coefficients for ${targets} targets`);
  return context.one(
    "Gemm",
    [x, floats(node, "coefficients", [targets, count / targets]), floats(node, "intercepts")],
    { transB: 1 },
  );
}

function transformed(scores: Value, node: OnnxNode, context: OnnxContext): Value {
  switch (textAttribute(node, "post_transform", "NONE")) {
    case "NONE":
      return scores;
    case "LOGISTIC":
      return context.one("Sigmoid", [scores]);
    case "SOFTMAX":
      return context.one("Softmax", [scores], { axis: -1 });
    default:
      return context.refuse(`post_transform ${textAttribute(node, "post_transform", "")} is not supported`);
  }
}

const linearRegressor = lowered("LinearRegressor", (node, context) => [
  transformed(linearScores(node, numberAttribute(node, "targets", 1), context), node, context),
]);

/** Label and scores; the label is the place of the largest score among the labels. */
const linearClassifier = lowered(
  "LinearClassifier",
  (node, context) => {
    const labels = numbersAttribute(node, "classlabels_ints");
    if (!labels) return context.refuse("its labels are texts");
    const targets = numbersAttribute(node, "intercepts")?.length ?? labels.length;
    if (targets !== labels.length) return context.refuse(`it has ${targets} scores for ${labels.length} labels`);
    const scores = linearScores(node, targets, context);
    const place = context.one("ArgMax", [scores], { axis: 1, keepdims: 0 });
    const label = context.one("Gather", [integers(`${node.name}/labels`, labels), place]);
    return [label, transformed(scores, node, context)];
  },
  "whole-number labels, one score for each",
);

/** x / norm of each row. */
const normalizer = lowered("Normalizer", (node, context) => {
  const x = operand(node, 0, context);
  const axes = integers(`${node.name}/axes`, [1]);
  const norm = textAttribute(node, "norm", "MAX");
  const size =
    norm === "MAX"
      ? context.one("ReduceMax", [context.one("Abs", [x]), axes])
      : context.one(norm === "L1" ? "ReduceL1" : "ReduceL2", [x, axes]);
  return [context.one("Div", [x, size])];
});

/** Elements of the last axis by their places. */
const arrayFeatureExtractor = lowered("ArrayFeatureExtractor", (node, context) => {
  const [x, places] = [operand(node, 0, context), operand(node, 1, context)];
  const flat =
    places.type.shape.length === 1 ? places : context.one("Reshape", [places, integers(`${node.name}/flat`, [-1])]);
  return [context.one("Gather", [x, flat], { axis: -1 })];
});

const trees = "TreeEnsemble TreeEnsembleClassifier TreeEnsembleRegressor SVMClassifier SVMRegressor";
const mappings =
  "ZipMap DictVectorizer CastMap CategoryMapper LabelEncoder OneHotEncoder FeatureVectorizer Imputer Binarizer";

export const classic: readonly OnnxOperator[] = [
  scaler,
  linearRegressor,
  linearClassifier,
  normalizer,
  arrayFeatureExtractor,
  ...trees
    .split(" ")
    .map((name) => refused(family, name, "trees and support vectors have no tensor arithmetic to quantize", domain)),
  ...mappings
    .split(" ")
    .map((name) =>
      refused(
        family,
        name,
        "maps and labels are not supported: export tensors alone (`options={'zipmap': False}` in skl2onnx)",
        domain,
      ),
    ),
];
