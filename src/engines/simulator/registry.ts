import type { Domain } from "../../ir/graph.js";
import { matMulNBits } from "./blocked-matrix.js";
import { floatBinary, floatUnary, transpose } from "./broadcast.js";
import { dequantizeLinear, dynamicQuantizeLinear, quantizeLinear } from "./codes.js";
import { conv, convInteger, qLinearConv } from "./convolutions.js";
import { gemm, matMul } from "./float-matrices.js";
import {
  dynamicQuantizeMatMul,
  matMulInteger,
  matMulIntegerToFloat,
  qGemm,
  qLinearMatMul,
} from "./integer-matrices.js";
import type { PrepareNode } from "./node.js";
import { averagePool, maxPool } from "./pooling.js";
import { codeBinary, codeConcat, codeUnary } from "./tables.js";

/** The operators that have a fast kernel; every other one runs as its plain meaning in `src/ir/operators`. */
const kernels: Readonly<Partial<Record<Domain, Readonly<Record<string, PrepareNode>>>>> = {
  "": {
    Add: floatBinary((a, b) => a + b),
    AveragePool: averagePool,
    Conv: conv,
    ConvInteger: convInteger,
    DequantizeLinear: dequantizeLinear,
    Div: floatBinary((a, b) => a / b),
    DynamicQuantizeLinear: dynamicQuantizeLinear,
    Gemm: gemm,
    MatMul: matMul,
    MatMulInteger: matMulInteger,
    MaxPool: maxPool,
    Mul: floatBinary((a, b) => a * b),
    QLinearConv: qLinearConv,
    QLinearMatMul: qLinearMatMul,
    QuantizeLinear: quantizeLinear,
    Relu: floatUnary((x) => Math.max(x, 0)),
    Sub: floatBinary((a, b) => a - b),
    Transpose: transpose,
  },
  "com.microsoft": {
    DynamicQuantizeMatMul: dynamicQuantizeMatMul,
    MatMulIntegerToFloat: matMulIntegerToFloat,
    MatMulNBits: matMulNBits,
    QGemm: qGemm,
    QLinearAdd: codeBinary,
    QLinearConcat: codeConcat,
    QLinearLeakyRelu: codeUnary,
    QLinearMul: codeBinary,
    QLinearSigmoid: codeUnary,
  },
};

/** The kernel of an operator, or undefined. */
export function kernelOf(domain: Domain, opType: string): PrepareNode | undefined {
  const own = kernels[domain];
  return own && Object.hasOwn(own, opType) ? own[opType] : undefined;
}

/** Whether an operator has a kernel at all; some kernels leave rare uses to the operator. */
export function hasKernel(domain: Domain, opType: string): boolean {
  return kernelOf(domain, opType) !== undefined;
}
