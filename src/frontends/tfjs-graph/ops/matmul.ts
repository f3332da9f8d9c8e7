import { transposed } from "../../../tensor/layout.js";
import { fusedOf } from "../activation.js";
import { boolAttribute } from "../attributes.js";
import type { Lower, OpContext, OpDefinition, OpFamily, TensorValue } from "../definition.js";
import { operand, transpose } from "../steps.js";

/** The value with its last two axes changed; of a constant, a constant. */
function turned(context: OpContext, value: TensorValue): TensorValue {
  const rank = value.shape.length;
  const permutation = Array.from({ length: rank }, (_, i) => (i < rank - 2 ? i : 2 * rank - 3 - i));
  if (value.constant === undefined) return transpose(context, value, permutation);
  return context.derive(value, "transposed", (tensor) => transposed(tensor, permutation));
}

/** a [..., m, k] times b [..., k, n], each transposed where the attribute says so. */
function product(transposeA: string, transposeB: string): Lower {
  return (context, inputs) => {
    const a = operand(context, inputs, 0);
    const b = operand(context, inputs, 1);
    const left = boolAttribute(context.node, transposeA, false) ? turned(context, a) : a;
    const right = boolAttribute(context.node, transposeB, false) ? turned(context, b) : b;
    const { bias, finish } = fusedOf(context, inputs);
    const value = context.emit("MatMul", [left, right]);
    return [finish(bias === undefined ? value : context.emit("Add", [value, bias]))];
  };
}

function lowered(op: string, summary: string, lower: Lower): OpDefinition {
  return { op, summary, support: "lowered", quantizable: true, lower };
}

export const matMuls: OpFamily = {
  family: "matrix product",
  ops: [
    lowered("MatMul", "product of two matrices", product("transpose_a", "transpose_b")),
    lowered("_FusedMatMul", "MatMul with bias and activation", product("transpose_a", "transpose_b")),
    lowered("BatchMatMul", "products of stacks of matrices", product("adj_x", "adj_y")),
    lowered("BatchMatMulV2", "products of stacks of matrices, which broadcast", product("adj_x", "adj_y")),
    lowered("BatchMatMulV3", "products of stacks of matrices, which broadcast", product("adj_x", "adj_y")),
  ],
};
