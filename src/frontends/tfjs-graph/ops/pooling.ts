import type { Lower, OpDefinition, OpFamily } from "../definition.js";
import { dataFormatOf, inChannelsFirst, needRank, operand } from "../steps.js";
import { slideOf, spatialAttribute, windowAttributes } from "../window.js";

/** Pooling over windows; an average over a border counts only the cells inside. */
function pooling(opType: "MaxPool" | "AveragePool", rank: number): Lower {
  return (context, inputs) => {
    const x = operand(context, inputs, 0);
    needRank(context, x, rank + 2);
    const format = dataFormatOf(context);
    const kernel = spatialAttribute(context, "ksize", rank, format);
    const slide = slideOf(context, rank, format);
    const result = inChannelsFirst(context, x, format, (value) => {
      const { dilations: _, ...window } = windowAttributes(context, value, kernel, slide);
      const border = opType === "AveragePool" ? { count_include_pad: 0 } : {};
      return context.emit(opType, [value], { ...window, ceil_mode: 0, ...border });
    });
    return [result];
  };
}

function lowered(op: string, summary: string, lower: Lower): OpDefinition {
  return { op, summary, support: "lowered", lower };
}

export const poolings: OpFamily = {
  family: "pooling",
  ops: [
    lowered("MaxPool", "largest value of each window", pooling("MaxPool", 2)),
    lowered("AvgPool", "mean of each window", pooling("AveragePool", 2)),
    lowered("MaxPool3D", "largest value of each window over three dimensions", pooling("MaxPool", 3)),
    lowered("AvgPool3D", "mean of each window over three dimensions", pooling("AveragePool", 3)),
    {
      op: "MaxPoolWithArgmax",
      summary: "largest value of each window, and where it lies",
      support: "refused",
      reason:
        "positions of maxima count the layout that TensorFlow has; export the model with MaxPool and without unpooling",
    },
  ],
};
