import { hashBytes, hashJson } from "../../base/hash.js";
import { bytesOf, type Tensor } from "../../tensor/tensor.js";
import type { LayerSpec, ModelTopology, TfjsModel } from "./model.js";

type Weights = ReadonlyMap<string, Tensor<"float32">>;

/** A model of a topology and weights that are checked already, with its hash. */
export function assembleModel(read: ModelTopology, weights: Weights, source?: string): TfjsModel {
  const topology = withDepthMultipliers(read, weights);
  const names = [...weights.keys()].sort();
  const shapes = names.map((name) => [name, weights.get(name)?.shape ?? []]);
  const bytes = names.flatMap((name) => {
    const weight = weights.get(name);
    return weight === undefined ? [] : [bytesOf(weight)];
  });
  const hash = hashBytes(Buffer.from(hashJson([topology, shapes])), ...bytes);
  return { name: topology.name, topology, weights, hash, ...(source === undefined ? {} : { source }) };
}

/** TF.js 4.22 forgets `depthMultiplier` when it saves a SeparableConv2D; the kernel's shape still has it. */
function withDepthMultipliers(topology: ModelTopology, weights: Weights): ModelTopology {
  const repaired = (layer: LayerSpec): LayerSpec => {
    if (layer.model !== undefined) return { ...layer, model: withDepthMultipliers(layer.model, weights) };
    if (layer.className !== "SeparableConv2D" || layer.config.depthMultiplier !== undefined) return layer;
    const depthMultiplier = weights.get(`${layer.name}/depthwise_kernel`)?.shape[3];
    return depthMultiplier === undefined ? layer : { ...layer, config: { ...layer.config, depthMultiplier } };
  };
  return { ...topology, layers: topology.layers.map(repaired) };
}
