import { hashJson, hashParts } from "../../base/hash.js";
import { bytesOf, type Tensor } from "../../tensor/tensor.js";
import type { Json } from "./json.js";
import { ownOrigins } from "./layers/registry.js";
import type { LayerSpec, ModelTopology, TfjsModel } from "./model.js";

type Weights = ReadonlyMap<string, Tensor<"float32">>;

/** A model of a topology and weights that are checked already, with its hash. */
export function assembleModel(read: ModelTopology, weights: Weights, source?: string): TfjsModel {
  const topology = repaired(read, weights);
  const names = [...weights.keys()].sort();
  const shapes = names.map((name) => [name, weights.get(name)?.shape ?? []]);
  const bytes = names.flatMap((name) => {
    const weight = weights.get(name);
    return weight === undefined ? [] : [bytesOf(weight)];
  });
  const own = ownOrigins(topology);
  const described = own.length === 0 ? [topology, shapes] : [topology, shapes, own];
  const hash = hashParts([Buffer.from(hashJson(described)), ...bytes]);
  return { name: topology.name, topology, weights, hash, ...(source === undefined ? {} : { source }) };
}

/**
 * The topology as TF.js would have to say it. TF.js 4.22 forgets `depthMultiplier` when it saves a SeparableConv2D,
 * whose kernel still shows it; Keras 3 calls the slope of a LeakyReLU otherwise, and swish silu.
 */
function repaired(topology: ModelTopology, weights: Weights): ModelTopology {
  const layers = topology.layers.map((layer): LayerSpec => {
    if (layer.model !== undefined) return { ...layer, model: repaired(layer.model, weights) };
    const { className, config } = layer;
    const fixes: Record<string, Json> = {};
    const depth = weights.get(`${layer.name}/depthwise_kernel`)?.shape[3];
    if (className === "SeparableConv2D" && config.depthMultiplier === undefined && depth !== undefined) {
      fixes.depthMultiplier = depth;
    }
    if (className === "LeakyReLU" && config.alpha === undefined && config.negativeSlope !== undefined) {
      fixes.alpha = config.negativeSlope;
    }
    if (config.activation === "silu") fixes.activation = "swish";
    return Object.keys(fixes).length === 0 ? layer : { ...layer, config: { ...config, ...fixes } };
  });
  return { ...topology, layers };
}
