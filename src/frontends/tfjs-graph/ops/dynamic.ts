import type { OpDefinition, OpFamily } from "../definition.js";

const tail = (ops: readonly string[], summary: string, reason: string): OpDefinition[] =>
  ops.map((op) => ({ op, summary, support: "tail", reason }));

/** Operators whose results have sizes that depend on values, and those that keep lists of tensors. */
export const dynamics: OpFamily = {
  family: "sizes that depend on values",
  ops: [
    ...tail(
      ["NonMaxSuppressionV2", "NonMaxSuppressionV3", "NonMaxSuppressionV4", "NonMaxSuppressionV5"],
      "boxes that do not overlap",
      "how many boxes are left depends on values",
    ),
    ...tail(
      ["Where", "ListDiff", "Unique", "UniqueV2"],
      "where values are, or differ",
      "how many there are depends on values",
    ),
    ...tail(
      [
        "EmptyTensorList",
        "TensorListConcat",
        "TensorListConcatV2",
        "TensorListFromTensor",
        "TensorListGather",
        "TensorListGetItem",
        "TensorListLength",
        "TensorListPopBack",
        "TensorListPushBack",
        "TensorListReserve",
        "TensorListResize",
        "TensorListScatter",
        "TensorListScatterV2",
        "TensorListSetItem",
        "TensorListSplit",
        "TensorListStack",
      ],
      "lists of tensors",
      "lists of tensors grow while a loop runs",
    ),
    ...tail(
      [
        "TensorArrayV3",
        "TensorArrayCloseV3",
        "TensorArrayConcatV3",
        "TensorArrayGatherV3",
        "TensorArrayReadV3",
        "TensorArrayScatterV3",
        "TensorArraySizeV3",
        "TensorArraySplitV3",
        "TensorArrayWriteV3",
      ],
      "arrays of tensors",
      "arrays of tensors grow while a loop runs",
    ),
  ],
};
