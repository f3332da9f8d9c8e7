import type { Scheme } from "../quantize/scheme.js";
import { layerFormat } from "../quantize/weight-format.js";
import { formatOf, scaleKindOf } from "../tensor/store.js";
import type { LayerSummary } from "./experiment.js";

const FLOAT_BYTES = 4;
/** Scales of groups are stored as fp16 where that holds them. */
const SCALE_BYTES = 2;

/** Layers that "dynamic" leaves in float: they have no fast kernel that quantizes its input at run time. */
const floatInDynamic = /Conv|GRU|Embedding/;

/**
 * Bytes of the weights of a model under a scheme, before anything is built: an estimate from the number of parameters,
 * without the graph around them. Undefined where a layer's parameters are not known.
 */
export function predictedBytes(scheme: Scheme, layers: readonly LayerSummary[]): number | undefined {
  if (scheme.mode === "given") return undefined;
  let total = 0;
  for (const layer of layers) {
    if (layer.parameters === undefined) return undefined;
    total += layer.parameters * bytesPerParameter(scheme, layer);
  }
  return layers.length === 0 ? undefined : Math.ceil(total);
}

function bytesPerParameter(scheme: Scheme, layer: LayerSummary): number {
  if (scheme.mode === "fp32" || !layer.quantizable) return FLOAT_BYTES;
  if (scheme.mode === "dynamic" && floatInDynamic.test(layer.className)) return FLOAT_BYTES;
  const weights = layerFormat(scheme, layer.name);
  if (!weights) return FLOAT_BYTES;
  const format = formatOf(weights.dtype);
  const own = format.bitsPerValue / 8;
  return weights.group !== undefined && scaleKindOf(format) === "given" ? own + SCALE_BYTES / weights.group : own;
}
