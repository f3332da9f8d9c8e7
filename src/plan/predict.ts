import type { Scheme } from "../quantize/scheme.js";
import type { LayerSummary } from "./experiment.js";

const FLOAT_BYTES = 4;
const SCALE_BYTES = 4;

/** Layers that "dynamic" leaves in float: they have no fast kernel that quantizes its input at run time. */
const floatInDynamic = /Conv|GRU|Embedding/;

/**
 * Bytes of the weights of a model under a scheme, before anything is built: an estimate from the number of parameters,
 * without the graph around them. Undefined where a layer's parameters or a format's width are not known.
 */
export function predictedBytes(scheme: Scheme, layers: readonly LayerSummary[]): number | undefined {
  let total = 0;
  for (const layer of layers) {
    const perParameter = bytesPerParameter(scheme, layer);
    if (perParameter === undefined || layer.parameters === undefined) return undefined;
    total += layer.parameters * perParameter;
  }
  return layers.length === 0 ? undefined : Math.ceil(total);
}

function bytesPerParameter(scheme: Scheme, layer: LayerSummary): number | undefined {
  const { mode, weights } = scheme;
  const kept = scheme.keep[layer.name];
  const float = mode === "fp32" || !weights || !layer.quantizable || kept === "fp32";
  if (float || (mode === "dynamic" && floatInDynamic.test(layer.className))) return FLOAT_BYTES;
  const bits = /^u?int(\d+)$/.exec(kept ?? weights.dtype)?.[1];
  if (bits === undefined) return undefined;
  const scales = weights.granularity === "group" && weights.group !== undefined ? SCALE_BYTES / weights.group : 0;
  return Number(bits) / 8 + scales;
}
