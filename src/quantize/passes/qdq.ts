import type { Node, Pass } from "../../ir/graph.js";
import { type Tensor, tensor } from "../../tensor/tensor.js";
import { type Rewrite, startRewrite } from "./rewrite.js";

/**
 * A statically quantized graph in QDQ form: each operator on codes becomes its float operator between DequantizeLinear and
 * QuantizeLinear with the same codes, scales and zero points, so both forms mean the same. Scales of weights lie along axis 0 of a
 * convolution and axis 1 of a matrix [K, N]; a bias stays int32 codes with scale inputScale * weightScale. What moves codes stays as
 * it is, and so do values' names.
 * @see ONNX QuantizeLinear, DequantizeLinear; onnxruntime's qdq_selectors.cc for the patterns that it makes integer again
 */
export const qdqForm: Pass = {
  name: "qdq-form",
  summary: "Operators on codes as float operators between DequantizeLinear and QuantizeLinear",
  run(graph) {
    if (!graph.nodes.some(({ opType }) => opType in forms)) return graph;
    const rewrite = startRewrite(graph);
    for (const node of graph.nodes) {
      const form = forms[node.opType];
      if (form) form({ node, rewrite, constants: graph.initializers });
      else rewrite.add(node);
    }
    return rewrite.finish();
  },
};

interface Place {
  readonly node: Node;
  readonly rewrite: Rewrite;
  readonly constants: ReadonlyMap<string, Tensor>;
}

/** Codes with their parameters: names of values. */
interface Quantized {
  readonly codes: string;
  readonly scale: string;
  readonly zeroPoint: string;
}

type Form = (place: Place) => void;

const forms: Readonly<Record<string, Form>> = {
  QLinearConv: convolution,
  QGemm: gemm,
  QLinearMatMul: matMul,
  MatMulIntegerToFloat: floatMatMul,
  QLinearAdd: binary("Add"),
  QLinearMul: binary("Mul"),
  QLinearConcat: concat,
  QLinearAveragePool: unary("AveragePool"),
  QLinearGlobalAveragePool: unary("GlobalAveragePool"),
  QLinearLeakyRelu: unary("LeakyRelu"),
  QLinearSigmoid: unary("Sigmoid"),
};

/** x, x_scale, x_zp, w, w_scale, w_zp, y_scale, y_zp, B; weights [O, I / group, k...]. */
function convolution(place: Place): void {
  const bias = place.node.inputs[8] ?? "";
  const operands = [decode(operand(place, 0), place), decode(operand(place, 3), place, 0)];
  const biases = bias === "" ? [] : [decodeBias(bias, place, 1, 4)];
  encode(float(place, "Conv", [...operands, ...biases]), [6, 7], place);
}

/** A, a_scale, a_zp, B, b_scale, b_zp, C, y_scale, y_zp; without y_scale the result is float. */
function gemm(place: Place): void {
  const { inputs, attributes } = place.node;
  const [bias = "", scale = ""] = inputs.slice(6);
  const axis = attributes.transB === 1 ? 0 : 1;
  const operands = [decode(operand(place, 0), place), decode(operand(place, 3), place, axis)];
  const biases = bias === "" ? [] : [decodeBias(bias, place, 1, 4)];
  const values = [...operands, ...biases];
  if (scale === "") asFloat(place, "Gemm", values);
  else encode(float(place, "Gemm", values), [7, 8], place);
}

/** a, a_scale, a_zp, b, b_scale, b_zp, y_scale, y_zp; b [K, N]. */
function matMul(place: Place): void {
  const operands = [decode(operand(place, 0), place), decode(operand(place, 3), place, 1)];
  encode(float(place, "MatMul", operands), [6, 7], place);
}

/** A, B, a_scale, b_scale, a_zp, b_zp, float bias; B [K, N]. */
function floatMatMul(place: Place): void {
  const [a = "", b = "", aScale = "", bScale = "", aZero = "", bZero = "", bias = ""] = place.node.inputs;
  const left = decode({ codes: a, scale: aScale, zeroPoint: aZero }, place);
  const right = decode({ codes: b, scale: bScale, zeroPoint: bZero }, place, 1);
  if (bias === "") {
    asFloat(place, "MatMul", [left, right]);
    return;
  }
  const product = float(place, "MatMul", [left, right]);
  place.rewrite.add({ ...bare(place.node), name: `${place.node.name}/Add`, opType: "Add", inputs: [product, bias] });
}

function binary(opType: string): Form {
  return (place) => {
    const operands = [decode(operand(place, 0), place), decode(operand(place, 3), place)];
    encode(float(place, opType, operands), [6, 7], place);
  };
}

/** X, x_scale, x_zp, y_scale, y_zp. */
function unary(opType: string): Form {
  return (place) => {
    const { channels_last: last = 0, ...attributes } = place.node.attributes;
    if (last !== 0) throw new Error(`qdq-form: ${place.node.name} has its channels last`);
    const node = { ...place.node, attributes };
    encode(float({ ...place, node }, opType, [decode(operand(place, 0), place)]), [3, 4], place);
  };
}

/** y_scale, y_zp, then x, x_scale, x_zp of each input. */
function concat(place: Place): void {
  const count = (place.node.inputs.length - 2) / 3;
  const parts = Array.from({ length: count }, (_, i) => decode(operand(place, 2 + 3 * i), place));
  encode(float(place, "Concat", parts), [0, 1], place);
}

function operand({ node }: Place, at: number): Quantized {
  const [codes = "", scale = "", zeroPoint = ""] = node.inputs.slice(at, at + 3);
  return { codes, scale, zeroPoint };
}

/** A DequantizeLinear of this reader's own: the engine fuses only what nobody else reads. */
function decode({ codes, scale, zeroPoint }: Quantized, { node, rewrite }: Place, axis?: number): string {
  const real = rewrite.freeName(`${codes}:real`);
  rewrite.add({
    ...bare(node),
    name: `${codes}/DequantizeLinear`,
    opType: "DequantizeLinear",
    inputs: [codes, scale, ...(zeroPoint === "" ? [] : [zeroPoint])],
    outputs: [real],
    attributes: axis === undefined ? {} : { axis },
  });
  return real;
}

/** int32 codes [channels] with the products of the input's scale and the weights' scales, in float32. */
function decodeBias(bias: string, place: Place, inputScaleAt: number, weightScaleAt: number): string {
  const { node, rewrite, constants } = place;
  const scaleOf = (at: number) => {
    const found = constants.get(node.inputs[at] ?? "");
    if (!found) throw new Error(`qdq-form: a scale of ${node.name} is no constant`);
    return found as Tensor<"float32">;
  };
  const [inputScale] = scaleOf(inputScaleAt).data;
  const weightScale = scaleOf(weightScaleAt);
  const products = Float32Array.from(weightScale.data, (each) => Number(each) * Number(inputScale));
  const scale = rewrite.constant(`${bias}:scale`, tensor("float32", weightScale.shape, products));
  return decode({ codes: bias, scale, zeroPoint: "" }, place, 0);
}

/** The float operator under the node's name, with a value of its own. */
function float({ node, rewrite }: Place, opType: string, inputs: readonly string[]): string {
  const result = rewrite.freeName(`${node.outputs[0] ?? node.name}:float`);
  const { attributes } = node;
  rewrite.add({ ...bare(node), opType, inputs, outputs: [result], attributes });
  return result;
}

/** The float operator where its result is wanted as float. */
function asFloat({ node, rewrite }: Place, opType: string, inputs: readonly string[]): void {
  rewrite.add({ ...bare(node), opType, inputs, attributes: node.attributes });
}

/** Codes of the node's output. */
function encode(real: string, [scaleAt, zeroAt]: readonly [number, number], { node, rewrite }: Place): void {
  const [scale = "", zeroPoint = ""] = [node.inputs[scaleAt], node.inputs[zeroAt]];
  rewrite.add({
    ...bare(node),
    name: `${node.name}/QuantizeLinear`,
    opType: "QuantizeLinear",
    inputs: [real, scale, zeroPoint],
  });
}

function bare(node: Node): Node {
  return { ...node, domain: "", attributes: {} };
}
