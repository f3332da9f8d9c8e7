import { floatAttribute, intAttribute } from "../attributes.js";
import type { Lower, OpFamily } from "../definition.js";
import { dataFormatOf, inChannelsFirst, needRank, operand } from "../steps.js";

/** (x - mean) / sqrt(variance + epsilon) * scale + offset, one of each for a channel. Only the first output is computed. */
const batchNorm: Lower = (context, inputs) => {
  const x = operand(context, inputs, 0);
  const [scale, offset, mean, variance] = [1, 2, 3, 4].map((i) => operand(context, inputs, i));
  needRank(context, x, 4);
  const epsilon = floatAttribute(context.node, "epsilon", 0.001);
  const result = inChannelsFirst(context, x, dataFormatOf(context), (value) =>
    context.emit("BatchNormalization", [value, scale, offset, mean, variance], { epsilon }),
  );
  return [result];
};

/**
 * x / (bias + alpha * (sum of squares over 2 * radius + 1 channels))^beta. ONNX divides its alpha by the number of channels
 * in the sum.
 * @see https://onnx.ai/onnx/operators/onnx__LRN.html
 */
const lrn: Lower = (context, inputs) => {
  const x = operand(context, inputs, 0);
  needRank(context, x, 4);
  const size = 2 * intAttribute(context.node, "depth_radius", 5) + 1;
  const alpha = floatAttribute(context.node, "alpha", 1) * size;
  const beta = floatAttribute(context.node, "beta", 0.5);
  const bias = floatAttribute(context.node, "bias", 1);
  const result = inChannelsFirst(context, x, "channelsLast", (value) =>
    context.emit("LRN", [value], { size, alpha, beta, bias }),
  );
  return [result];
};

const softmax =
  (opType: string): Lower =>
  (context, inputs) => [context.emit(opType, [operand(context, inputs, 0)], { axis: -1 })];

export const normalizations: OpFamily = {
  family: "normalization",
  ops: [
    ...["FusedBatchNorm", "FusedBatchNormV2", "FusedBatchNormV3"].map((op) => ({
      op,
      summary: "batch normalization with the moving mean and variance",
      support: "lowered" as const,
      lower: batchNorm,
    })),
    { op: "LRN", summary: "local response normalization", support: "lowered", lower: lrn },
    {
      op: "Softmax",
      summary: "shares that sum to 1 along the last axis",
      support: "lowered",
      lower: softmax("Softmax"),
    },
    { op: "LogSoftmax", summary: "logarithm of Softmax", support: "lowered", lower: softmax("LogSoftmax") },
  ],
};
