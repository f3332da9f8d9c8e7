import distance from "fastest-levenshtein";
import { type Diagnostic, diagnostic } from "../../base/diagnostic.js";
import type { LayerDefinition, LayerSite } from "./layer.js";
import { layerClasses, layerDefinition } from "./layers/registry.js";
import type { LayerSpec, ModelTopology } from "./model.js";
import type { WeightScope } from "./scope.js";

/** A layer that has no layers inside but for a wrapper's, with everything that is asked of it. */
export interface Place {
  readonly site: LayerSite;
  /** The class that the user sees: of the outermost wrapper. */
  readonly shown: string;
  readonly spec: LayerSpec;
  readonly scope: WeightScope;
  /** What TF.js calls the scope of the layer's weights. */
  readonly canonical: string;
  /** Absent when nothing knows the class. */
  readonly definition: LayerDefinition | undefined;
}

/** The place of a layer of a model; `models` are the names of the models around it. */
export function placeOf(spec: LayerSpec, models: readonly string[]): Place {
  return {
    site: { name: [...models, spec.name].join("/"), className: spec.className, config: spec.config },
    shown: spec.className,
    spec,
    scope: { models, paths: [[spec.name]] },
    canonical: spec.name,
    definition: layerDefinition(spec.className),
  };
}

/** The place of the layer inside a wrapper: it goes by the wrapper's name, and so do its weights in TF.js. */
export function placeInside(outer: Place, spec: LayerSpec): Place {
  return {
    ...outer,
    site: { name: outer.site.name, className: spec.className, config: spec.config },
    spec,
    scope: {
      models: outer.scope.models,
      paths: [...outer.scope.paths.flatMap((path) => [[...path, spec.name], path]), [spec.name]],
    },
    definition: layerDefinition(spec.className),
  };
}

/** Names of the models around the layers of a model that is itself the layer at `place`. */
export function modelsInside({ site }: Place): readonly string[] {
  return site.name.split("/");
}

/** Every layer of a model in the file's order, those of models and wrappers inside it in their place; no inputs. */
export function placesOf(topology: ModelTopology, models: readonly string[] = []): Place[] {
  return topology.layers
    .filter(({ className }) => className !== "InputLayer")
    .flatMap((spec) => unfolded(placeOf(spec, models)));
}

function unfolded(place: Place): Place[] {
  if (place.spec.model !== undefined) return placesOf(place.spec.model, modelsInside(place));
  const inner = place.definition?.inside?.(place.site);
  if (inner === undefined) return [place];
  // A wrapper is one layer to the user: its class, with the weights of what is inside.
  return unfolded(placeInside(place, inner));
}

/** A diagnostic for each layer whose class nothing knows. */
export function unknownLayers(topology: ModelTopology): Diagnostic[] {
  const known = layerClasses();
  return placesOf(topology)
    .filter(({ definition }) => definition === undefined)
    .map(({ site: { name: layer, className } }) => {
      const reason = Object.hasOwn(REASONS, className) ? REASONS[className] : undefined;
      const nearest = distance.closest(className, known);
      const near = reason === undefined && distance.distance(className, nearest) <= 2;
      return diagnostic("unsupported-layer", {
        layer,
        className,
        ...(near ? { nearest } : {}),
        ...(reason === undefined ? {} : { reason }),
      });
    });
}

const code = "it holds Python code, which the file does not contain";
const operation = "it is a bare TensorFlow operation, which TF.js cannot load either; use a layer instead";
const volume = "windows over three dimensions have no kernels here";
const cells = "cells of an RNN are read as LSTM, GRU or SimpleRNN layers";

const REASONS: Readonly<Record<string, string>> = {
  Lambda: code,
  TFOpLambda: operation,
  SlicingOpLambda: operation,
  TensorFlowOpLayer: operation,
  Conv3D: volume,
  Conv3DTranspose: volume,
  MaxPooling3D: volume,
  AveragePooling3D: volume,
  ConvLSTM2D: "convolutional recurrent layers have no kernels here",
  RNN: cells,
};
