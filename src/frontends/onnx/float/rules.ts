import type { Attribute, Node } from "../../../ir/graph.js";
import { completeAttributes } from "../../../ir/infer.js";
import { blockedSizes, blockedWeights } from "../../../ir/operators/matmul-nbits.js";
import { operatorOf } from "../../../ir/operators/registry.js";
import { tensor, tensorFrom } from "../../../tensor/tensor.js";
import { type Attributes, type FloatContext, realBias } from "./context.js";
import { cast, dynamicQuantizeLinear, integerProduct, mul } from "./integer-products.js";
import { type FloatRule, input, output } from "./rule.js";

function without(attributes: Attributes, ...names: readonly string[]): Record<string, Attribute> {
  return Object.fromEntries(Object.entries(attributes).filter(([name]) => !names.includes(name)));
}

/** The numbers of a constant scale. */
function numbers(context: FloatContext, node: Node, index: number): readonly number[] {
  const contents = context.constantOf(input(node, index));
  if (!contents) return context.refuse(node, `"${input(node, index)}" is not constant`);
  return Array.from(contents.data as ArrayLike<number>, Number);
}

/** The bias in int32 codes of the operands' scales. */
function bias(context: FloatContext, node: Node, index: number, a: number, b: number): string | undefined {
  const name = input(node, index);
  if (name === "") return undefined;
  const codes = context.constantOf(name) ?? context.refuse(node, "its bias is not constant");
  const [scaleA = 1] = numbers(context, node, a);
  const scales = numbers(context, node, b).map((scale) => scaleA * scale);
  return context.addConstant(`${name}_float`, realBias(codes, scales));
}

const qLinearConv: FloatRule = (node, context) => {
  const x = context.real(input(node, 0), input(node, 1), input(node, 2), 0);
  const w = context.real(input(node, 3), input(node, 4), input(node, 5), 0);
  const y = context.emit(node, "Conv", [x, w, bias(context, node, 8, 1, 4)], node.attributes, output(node));
  context.setReal(output(node), y, input(node, 6), input(node, 7));
};

const qLinearMatMul: FloatRule = (node, context) => {
  const rank = context.constantOf(input(node, 3))?.shape.length ?? 1;
  const a = context.real(input(node, 0), input(node, 1), input(node, 2), 0);
  const b = context.real(input(node, 3), input(node, 4), input(node, 5), rank - 1);
  const y = context.emit(node, "MatMul", [a, b], {}, output(node));
  context.setReal(output(node), y, input(node, 6), input(node, 7));
};

const qGemm: FloatRule = (node, context) => {
  const a = context.real(input(node, 0), input(node, 1), input(node, 2), 0);
  const b = context.real(input(node, 3), input(node, 4), input(node, 5), node.attributes.transB === 1 ? 0 : 1);
  const c = bias(context, node, 6, 1, 4);
  const y = context.emit(node, "Gemm", [a, b, c], node.attributes, output(node));
  if (input(node, 7) === "") context.setValue(output(node), y);
  else context.setReal(output(node), y, input(node, 7), input(node, 8));
};

/** A, A_scale, A_zp, B, B_scale, B_zp, C_scale, C_zp. */
const binary =
  (opType: string): FloatRule =>
  (node, context) => {
    const a = context.real(input(node, 0), input(node, 1), input(node, 2), 0);
    const b = context.real(input(node, 3), input(node, 4), input(node, 5), 0);
    context.setReal(output(node), context.emit(node, opType, [a, b], {}, output(node)), input(node, 6), input(node, 7));
  };

/** X, X_scale, X_zp, Y_scale, Y_zp. */
const unary =
  (opType: string, dropped: readonly string[] = []): FloatRule =>
  (node, context) => {
    if (node.attributes.channels_last === 1) context.refuse(node, "channels_last is 1");
    const x = context.real(input(node, 0), input(node, 1), input(node, 2), 0);
    const attributes = without(node.attributes, "channels_last", ...dropped);
    context.setReal(
      output(node),
      context.emit(node, opType, [x], attributes, output(node)),
      input(node, 3),
      input(node, 4),
    );
  };

/** Y_scale, Y_zp, then X, X_scale, X_zp for each part. */
const qLinearConcat: FloatRule = (node, context) => {
  const parts = Array.from({ length: Math.floor((node.inputs.length - 2) / 3) }, (_, i) =>
    context.real(input(node, 2 + 3 * i), input(node, 3 + 3 * i), input(node, 4 + 3 * i), 0),
  );
  context.setReal(
    output(node),
    context.emit(node, "Concat", parts, node.attributes, output(node)),
    input(node, 0),
    input(node, 1),
  );
};

const quantizeLinear: FloatRule = (node, context) => {
  context.setReal(output(node), context.value(input(node, 0)), input(node, 1), input(node, 2));
};

const dequantizeLinear: FloatRule = (node, context) => {
  const codes = input(node, 0);
  if (context.isCoded(codes)) context.setValue(output(node), context.real(codes, undefined, undefined, 0));
  else {
    const inputs = node.inputs.map((name) => context.value(name));
    context.setValue(output(node), context.emit(node, "DequantizeLinear", inputs, node.attributes, output(node)));
  }
};

/** A, B, b_scale, b_zero_point, bias. */
const dynamicQuantizeMatMul: FloatRule = (node, context) => {
  const b = context.real(input(node, 1), input(node, 2), input(node, 3), 1);
  added(node, context, context.emit(node, "MatMul", [context.value(input(node, 0)), b]), input(node, 4));
};

/** A, B, a_scale, b_scale, a_zero_point, b_zero_point, bias. */
const matMulIntegerToFloat: FloatRule = (node, context) => {
  const a = context.real(input(node, 0), input(node, 2), input(node, 4), 0);
  const b = context.real(input(node, 1), input(node, 3), input(node, 5), 1);
  added(node, context, context.emit(node, "MatMul", [a, b]), input(node, 6));
};

function added(node: Node, context: FloatContext, product: string, name: string): void {
  const sum = name === "" ? product : context.emit(node, "Add", [product, context.value(name)], {}, output(node));
  context.setValue(output(node), sum);
}

/** Weights by blocks as the matrix [K, N] that they stand for. */
const matMulNBits: FloatRule = (node, context) => {
  const operator = operatorOf(node.domain, node.opType);
  const operands = node.inputs.map((name) => context.constantOf(name));
  const scales = operands[2];
  if (!operator || !operands[1] || !scales) return context.refuse(node, "its weights are not constant");
  const sizes = blockedSizes(completeAttributes(operator, node));
  const codes = blockedWeights(operands, sizes);
  const { n, k, blocks, blockSize } = sizes;
  const matrix = new Float32Array(k * n);
  for (let column = 0; column < n; column++) {
    for (let row = 0; row < k; row++) {
      const block = column * blocks + Math.floor(row / blockSize);
      matrix[row * n + column] = (codes[column * blocks * blockSize + row] as number) * (scales.data[block] as number);
    }
  }
  const b = context.addConstant(`${input(node, 1)}_float`, tensor("float32", [k, n], matrix));
  added(node, context, context.emit(node, "MatMul", [context.value(input(node, 0)), b]), input(node, 5));
};

/** Rows of a table of codes: the table that all its rows make. */
const gatherBlockQuantized: FloatRule = (node, context) => {
  const operator = operatorOf(node.domain, node.opType);
  const [table, , ...others] = node.inputs.map((name) => context.constantOf(name));
  if (!operator || !table || !others[0]) return context.refuse(node, "its table is not constant");
  const attributes = completeAttributes(operator, node);
  if (attributes.gather_axis !== 0) return context.refuse(node, "gather_axis is not 0");
  const rows = table.shape[0] ?? 0;
  const all = tensorFrom(
    "int64",
    [rows],
    Array.from({ length: rows }, (_, i) => i),
  );
  const [whole] = operator.evaluate([table, all, ...others], attributes);
  if (!whole) return context.refuse(node, "its table cannot be dequantized");
  const data = context.addConstant(`${input(node, 0)}_float`, whole);
  context.setValue(
    output(node),
    context.emit(node, "Gather", [data, context.value(input(node, 1))], { axis: 0 }, output(node)),
  );
};

/** W [D, I, 4H] and R [D, H, 4H] with scales [D] or [D, 4H] become LSTM's [D, 4H, I] and [D, 4H, H]. */
const dynamicQuantizeLstm: FloatRule = (node, context) => {
  const weights = (index: number, scale: number): string => {
    const [codes, scales, points] = [index, scale, scale + 1].map((i) => context.constantOf(input(node, i)));
    if (!codes || !scales) return context.refuse(node, "its weights are not constant");
    const [count = 1, rows = 1, columns = 1] = codes.shape;
    const each = scales.data.length / count;
    const real = new Float32Array(codes.data.length);
    for (let d = 0; d < count; d++) {
      for (let r = 0; r < rows; r++) {
        for (let c = 0; c < columns; c++) {
          const at = d * each + (each > 1 ? c : 0);
          const code = Number(codes.data[(d * rows + r) * columns + c]) - Number(points?.data[at] ?? 0);
          real[(d * columns + c) * rows + r] = code * Number(scales.data[at]);
        }
      }
    }
    return context.addConstant(`${input(node, index)}_float`, tensor("float32", [count, columns, rows], real));
  };
  const others = [3, 4, 5, 6, 7].map((i) => context.value(input(node, i)));
  const inputs = [context.value(input(node, 0)), weights(1, 8), weights(2, 10), ...others];
  const outputs = context.emitAll(node, "LSTM", inputs, node.attributes);
  for (const [i, name] of node.outputs.entries()) if (name !== "") context.setValue(name, outputs[i] ?? "");
};

export const floatRules: Readonly<Record<string, FloatRule>> = {
  QuantizeLinear: quantizeLinear,
  DequantizeLinear: dequantizeLinear,
  DynamicQuantizeLinear: dynamicQuantizeLinear,
  QLinearConv: qLinearConv,
  QLinearMatMul: qLinearMatMul,
  QGemm: qGemm,
  MatMulInteger: integerProduct("MatMul"),
  ConvInteger: integerProduct("Conv"),
  Cast: cast,
  Mul: mul,
  DynamicQuantizeMatMul: dynamicQuantizeMatMul,
  MatMulIntegerToFloat: matMulIntegerToFloat,
  MatMulNBits: matMulNBits,
  GatherBlockQuantized: gatherBlockQuantized,
  DynamicQuantizeLSTM: dynamicQuantizeLstm,
  QLinearAdd: binary("Add"),
  QLinearMul: binary("Mul"),
  QLinearConcat: qLinearConcat,
  QLinearLeakyRelu: unary("LeakyRelu"),
  QLinearSigmoid: unary("Sigmoid"),
  QLinearSoftmax: unary("Softmax", ["opset"]),
  QLinearAveragePool: unary("AveragePool"),
  QLinearGlobalAveragePool: unary("GlobalAveragePool"),
};
