import type { Domain } from "../../ir/graph.js";
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

/** The operators that have a fast kernel; every other one runs as its plain meaning in `src/ir/operators`. */
const kernels: Readonly<Partial<Record<Domain, Readonly<Record<string, PrepareNode>>>>> = {
  "": {
    Conv: conv,
    ConvInteger: convInteger,
    DequantizeLinear: dequantizeLinear,
    DynamicQuantizeLinear: dynamicQuantizeLinear,
    Gemm: gemm,
    MatMul: matMul,
    MatMulInteger: matMulInteger,
    QLinearConv: qLinearConv,
    QLinearMatMul: qLinearMatMul,
    QuantizeLinear: quantizeLinear,
  },
  "com.microsoft": {
    DynamicQuantizeMatMul: dynamicQuantizeMatMul,
    MatMulIntegerToFloat: matMulIntegerToFloat,
    QGemm: qGemm,
  },
};

/** The kernel of an operator, or undefined. */
export function kernelOf(domain: Domain, opType: string): PrepareNode | undefined {
  const own = kernels[domain];
  return own && Object.hasOwn(own, opType) ? own[opType] : undefined;
}

/** Names of the operators with a kernel, as `domain:opType`. */
export const kernelNames: readonly string[] = Object.entries(kernels).flatMap(([domain, own]) =>
  Object.keys(own).map((opType) => `${domain}:${opType}`),
);
