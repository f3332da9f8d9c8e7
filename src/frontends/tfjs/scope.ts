import distance from "fastest-levenshtein";
import { fail } from "../../base/diagnostic.js";
import type { Tensor } from "../../tensor/tensor.js";
import type { TfjsModel } from "./model.js";

/** Where a layer's weights are looked for. */
export interface WeightScope {
  /** Names of the models around the layer, outermost first. */
  readonly models: readonly string[];
  /** Name parts that a weight of the layer has, best first: of a layer in a wrapper, with and without the wrapper's. */
  readonly paths: readonly (readonly string[])[];
}

/** Finds weights of a model by layer and variable. */
export type WeightFinder = (scope: WeightScope, layer: string, variable: string) => [string, Tensor<"float32">];

/**
 * A finder over the model's weights. TF.js calls a weight `layer/variable`; Keras exports add the models around it and
 * the cell inside it (`encoder/lstm/lstm_cell/kernel`). A weight is the layer's when its name ends with the variable
 * and has the layer's parts before it, in order; of several, the one with the most of the models around, then the
 * shortest.
 */
export function weightFinder({ weights }: Pick<TfjsModel, "weights">): WeightFinder {
  const byVariable = new Map<string, string[]>();
  for (const name of weights.keys()) {
    const variable = name.slice(name.lastIndexOf("/") + 1);
    const same = byVariable.get(variable);
    if (same === undefined) byVariable.set(variable, [name]);
    else same.push(name);
  }
  const get = (name: string): [string, Tensor<"float32">] | undefined => {
    const weight = weights.get(name);
    return weight === undefined ? undefined : [name, weight];
  };
  return ({ models, paths }, layer, variable) => {
    for (const path of paths) {
      const full = get([...models, ...path, variable].join("/")) ?? get([...path, variable].join("/"));
      if (full !== undefined) return full;
    }
    const last = variable.slice(variable.lastIndexOf("/") + 1);
    const candidates = byVariable.get(last) ?? [];
    for (const path of paths) {
      const found = best(candidates, [...path, variable].join("/").split("/"), models, layer);
      if (found !== undefined) return get(found) as [string, Tensor<"float32">];
    }
    return missing(layer, `${paths[0]?.join("/")}/${variable}`, [...weights.keys()]);
  };
}

function best(
  candidates: readonly string[],
  parts: readonly string[],
  models: readonly string[],
  layer: string,
): string | undefined {
  const scored = candidates
    .map((name) => ({ name, tokens: name.split("/") }))
    .filter(({ tokens }) => hasInOrder(tokens, parts))
    .map(({ name, tokens }) => ({
      name,
      score: [models.filter((model) => tokens.includes(model)).length, -tokens.length] as const,
    }))
    .sort((a, b) => b.score[0] - a.score[0] || b.score[1] - a.score[1]);
  const [head, next] = scored;
  if (head !== undefined && next !== undefined && head.score.every((value, i) => value === next.score[i])) {
    fail("model-weight-ambiguous", {
      layer,
      weight: parts.join("/"),
      candidates: scored.filter(({ score }) => score.every((v, i) => v === head.score[i])).map(({ name }) => name),
    });
  }
  return head?.name;
}

function hasInOrder(tokens: readonly string[], parts: readonly string[]): boolean {
  let at = 0;
  for (const token of tokens) if (token === parts[at]) at++;
  return at === parts.length;
}

function missing(layer: string, weight: string, names: readonly string[]): never {
  // A near miss is only worth showing when it is near.
  const nearest = names.length === 0 ? undefined : distance.closest(weight, [...names]);
  const near = nearest !== undefined && distance.distance(weight, nearest) <= Math.max(2, weight.length / 3);
  return fail("model-weight-missing", { layer, weight, known: names.length, ...(near ? { nearest } : {}) });
}
