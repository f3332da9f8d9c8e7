import type { Graph } from "../ir/graph.js";
import type { StoredBytes } from "../tensor/store.js";
import { bytesOf, type Tensor } from "../tensor/tensor.js";
import { suffix } from "./weights.js";

/** Bytes of a graph's initializers by what they are. */
export interface WeightBytes {
  /** Integer weights and quantized constants; packed ones as packed. */
  codes: number;
  scales: number;
  zeroPoints: number;
  /** float32 weights and constants that were left as they are. */
  float: number;
  /** int32 biases, shapes, axes and other integers. */
  other: number;
}

/**
 * The bytes as they lie in the file; names and graph structure are not among them.
 * @param stored what initializers of a simulated graph would take in their formats, instead of what they are
 */
export function weightBytes(graph: Graph, stored: ReadonlyMap<string, StoredBytes> = new Map()): WeightBytes {
  const bytes: WeightBytes = { codes: 0, scales: 0, zeroPoints: 0, float: 0, other: 0 };
  for (const [name, t] of graph.initializers) {
    const own = stored.get(name);
    if (!own) bytes[kindOf(name, t)] += bytesOf(t).length;
    else for (const kind of ["codes", "scales", "zeroPoints"] as const) bytes[kind] += own[kind];
  }
  return bytes;
}

/** What the inputs of quantized operators are, in order: codes, scale, zero point; "." is something else. */
const operands: Readonly<Record<string, string>> = {
  ...{ QuantizeLinear: ".sz", DequantizeLinear: "csz", MatMulInteger: "cczz", ConvInteger: "cczz" },
  ...{ QLinearConv: "cszcszsz.", QLinearMatMul: "cszcszsz", QLinearAdd: "cszcszsz", QLinearMul: "cszcszsz" },
  ...{ QGemm: "cszcsz.sz", DynamicQuantizeMatMul: ".csz.", MatMulIntegerToFloat: "ccsszz." },
  ...{ DynamicQuantizeLSTM: ".cc.....szsz", MatMulNBits: ".csz..", GatherBlockQuantized: "c.sz" },
  ...{ QLinearLeakyRelu: "cszsz", QLinearSigmoid: "cszsz", QLinearSoftmax: "cszsz" },
  ...{ QLinearAveragePool: "cszsz", QLinearGlobalAveragePool: "cszsz", QLinearConcat: "sz" },
};

/** The same of a model that another tool quantized: names say nothing there, but who reads an initializer does. */
export function givenBytes(graph: Graph): WeightBytes {
  const roles = new Map<string, string>();
  for (const { opType, inputs } of graph.nodes) {
    for (const [i, role] of [...(operands[opType] ?? "")].entries()) if (role !== ".") roles.set(inputs[i] ?? "", role);
  }
  const bytes: WeightBytes = { codes: 0, scales: 0, zeroPoints: 0, float: 0, other: 0 };
  for (const [name, t] of graph.initializers) {
    const role = roles.get(name);
    // Biases of 32 bits are no codes of weights.
    const isCode = role === "c" && t.dtype !== "int32";
    const kind = isCode ? "codes" : role === "s" ? "scales" : role === "z" ? "zeroPoints" : undefined;
    bytes[kind ?? (t.dtype.startsWith("float") ? "float" : "other")] += bytesOf(t).length;
  }
  return bytes;
}

function kindOf(name: string, { dtype }: Tensor): keyof WeightBytes {
  // A name that was taken has a number after its ending.
  const ending = (text: string) => name.replace(/_\d+$/, "").endsWith(text);
  if (ending(suffix.zeroPoint)) return "zeroPoints";
  if (ending(suffix.scale)) return "scales";
  if (ending(suffix.codes)) return "codes";
  return dtype.startsWith("float") ? "float" : "other";
}
