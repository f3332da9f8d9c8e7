import { decoderDefinitions } from "../../decoder/layers.js";
import type { LayerDefinition } from "../layer.js";
import { activations, masking, trainingOnly } from "./activations.js";
import { conv1D, conv2D, conv2DTranspose, depthwiseConv2D, separableConv2D } from "./convolution.js";
import { dense } from "./dense.js";
import { encodings } from "./encoding.js";
import { merges } from "./merging.js";
import { batchNormalization, layerNormalization, prelu } from "./normalization.js";
import { poolings } from "./pooling.js";
import { recurrents } from "./recurrent.js";
import { resizings } from "./resizing.js";
import { shapings } from "./shaping.js";
import { wrappers } from "./wrappers.js";

/** Every layer class that Nibble lowers by itself. */
export const layerDefinitions: readonly LayerDefinition[] = [
  dense,
  conv1D,
  conv2D,
  depthwiseConv2D,
  separableConv2D,
  conv2DTranspose,
  batchNormalization,
  layerNormalization,
  prelu,
  masking,
  ...activations,
  ...trainingOnly,
  ...poolings,
  ...shapings,
  ...resizings,
  ...encodings,
  ...merges,
  ...recurrents,
  ...wrappers,
  ...decoderDefinitions,
];

const byClass = new Map(layerDefinitions.map((definition) => [definition.className, definition]));
const origins = new Map<string, string>();

/**
 * Teaches Nibble a layer class of the user's own, or another meaning of a known one; models read afterwards use it, in this
 * process alone (`run/layer-modules.ts` does it in child processes, too).
 * @param className the `className` that the layer's TF.js class has
 * @param origin    hash of the code that defines it, which becomes part of the hash of every model that has such a layer
 */
export function registerLayer(className: string, definition: Omit<LayerDefinition, "className">, origin = ""): void {
  byClass.set(className, { ...definition, className });
  origins.set(className, origin);
}

/** Hashes of the code of the user's own layers that a topology mentions, sorted. */
export function ownOrigins(topology: object): readonly string[] {
  if (origins.size === 0) return [];
  const text = JSON.stringify(topology);
  const used = [...origins].filter(([name]) => text.includes(JSON.stringify(name)));
  return used.map(([name, origin]) => `${name} ${origin}`).sort();
}

/** The definition of a class; Keras writes classes of packages as `Package>Name`, which stand for `Name`. */
export function layerDefinition(className: string): LayerDefinition | undefined {
  return byClass.get(className) ?? byClass.get(className.slice(className.lastIndexOf(">") + 1));
}

/** The classes that can be lowered, for "did you mean". */
export function layerClasses(): string[] {
  return [...byClass.keys()].sort();
}
