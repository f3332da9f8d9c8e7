import { hashBytes, hashJson } from "../../base/hash.js";
import { bytesOf, type Tensor } from "../../tensor/tensor.js";
import type { ModelTopology, TfjsModel } from "./model.js";

/** A model of a topology and weights that are checked already, with its hash. */
export function assembleModel(
  topology: ModelTopology,
  weights: ReadonlyMap<string, Tensor<"float32">>,
  source?: string,
): TfjsModel {
  const names = [...weights.keys()].sort();
  const shapes = names.map((name) => [name, weights.get(name)?.shape ?? []]);
  const bytes = names.flatMap((name) => {
    const weight = weights.get(name);
    return weight === undefined ? [] : [bytesOf(weight)];
  });
  const hash = hashBytes(Buffer.from(hashJson([topology, shapes])), ...bytes);
  return { name: topology.name, topology, weights, hash, ...(source === undefined ? {} : { source }) };
}
