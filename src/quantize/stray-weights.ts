import type { Graph, Node } from "../ir/graph.js";
import { elementCount, type Tensor } from "../tensor/tensor.js";

/** A product whose integer weights do not mean the float ones that they were made from. */
export interface StrayWeights {
  readonly node: string;
  readonly layer?: string;
  /** How far the worst weight is off, in steps of its scale. */
  readonly steps: number;
}

/** Where operators hold int8 weights and their scales, and along which axis these lie: output channels. */
const places: Readonly<Record<string, { readonly codes: number; readonly scale: number; readonly axis: 0 | 1 }>> = {
  QLinearConv: { codes: 3, scale: 4, axis: 0 },
  QGemm: { codes: 3, scale: 4, axis: 1 },
  QLinearMatMul: { codes: 3, scale: 4, axis: 1 },
  MatMulIntegerToFloat: { codes: 1, scale: 3, axis: 1 },
  DynamicQuantizeMatMul: { codes: 1, scale: 2, axis: 1 },
};

/** Half a step, and float32's rounding of the scale. */
const MOST_STEPS = 0.501;

/**
 * Products whose weights do not come back from their codes within half a step, read as the engine reads them: along the axis
 * that the operator gives scales. Scales of a wrong axis, of another layer or in another order show here even where their number
 * fits, which no check of shapes sees. Holds for codes that were rounded to nearest.
 */
export function strayWeights(float: Graph, quantized: Graph): readonly StrayWeights[] {
  const originals = new Map(float.nodes.map((node) => [node.name, node]));
  return quantized.nodes.flatMap((node) => {
    const place = places[node.opType];
    const codesName = node.inputs[place?.codes ?? -1] ?? "";
    const codes = quantized.initializers.get(codesName);
    const scale = quantized.initializers.get(node.inputs[place?.scale ?? -1] ?? "");
    const real = float.initializers.get(codesName.replace(/:codes(_\d+)?$/, ""));
    if (!place || !scale || !real || codes?.dtype !== "int8" || real.data.length !== codes.data.length) return [];
    const turned = place.axis === 1 && originals.get(node.name)?.attributes.transB === 1;
    const steps = farthest(codes, scale, place.axis, real, turned);
    if (steps <= MOST_STEPS) return [];
    return [{ node: node.name, ...layerOf(node), steps }];
  });
}

function layerOf({ layer }: Node): { readonly layer?: string } {
  return layer === undefined ? {} : { layer };
}

/** @param turned whether `real` is the transposed matrix [N, K] */
function farthest(codes: Tensor, scale: Tensor, axis: number, real: Tensor, turned: boolean): number {
  const channels = codes.shape[axis] ?? 1;
  const inner = elementCount(codes.shape.slice(axis + 1));
  const [rows = 1, columns = 1] = codes.shape;
  let most = 0;
  for (let i = 0; i < codes.data.length; i++) {
    const channel = Math.floor(i / inner) % channels;
    const step = Number(scale.data[scale.data.length === 1 ? 0 : channel]);
    const at = turned ? (i % columns) * rows + Math.floor(i / columns) : i;
    most = Math.max(most, Math.abs(Number(real.data[at]) / step - Number(codes.data[i])));
  }
  return most;
}
