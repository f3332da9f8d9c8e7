import { fail } from "../../base/diagnostic.js";
import { shown } from "./json.js";
import type { ModelTopology } from "./model.js";
import { declaredShape } from "./topology.js";

/** An input of a model; sizes without the batch, null where the file leaves one open. */
export interface DeclaredInput {
  readonly name: string;
  readonly shape: readonly (number | null)[];
}

/** The inputs that a model declares, in its order. */
export function declaredInputs({ layers, inputs }: ModelTopology): DeclaredInput[] {
  return inputs.map(({ layer: name }) => {
    const spec = layers.find((layer) => layer.name === name);
    const shape = spec === undefined ? undefined : declaredShape(spec.config);
    if (shape === undefined) return { name, shape: [] };
    return {
      name,
      shape: shape.slice(1).map((size) => {
        if (size === null || (typeof size === "number" && Number.isInteger(size) && size > 0)) return size;
        const where = `the input shape of "${name}"`;
        return fail("model-json-shape", { where, expected: "a list of sizes and nulls", found: shown(shape) });
      }),
    };
  });
}

/** The inputs with every size known: as declared, or as `inputShape` says for the one input of a model. */
export function resolveInputs(
  topology: ModelTopology,
  inputShape: readonly number[] | undefined,
): { readonly name: string; readonly shape: readonly number[] }[] {
  const inputs = declaredInputs(topology);
  if (inputShape !== undefined && inputs.length !== 1) {
    fail("model-input-several", { inputs: inputs.map(({ name }) => name) });
  }
  return inputs.map(({ name, shape: declared }) => {
    // A model that declares nothing at all takes any shape.
    if (inputShape !== undefined && declared.length === 0) return { name, shape: inputShape };
    const fits =
      inputShape === undefined ||
      (inputShape.length === declared.length && declared.every((size, i) => size === null || size === inputShape[i]));
    if (!fits) fail("model-input-mismatch", { input: name, declared, given: inputShape });
    const shape = (inputShape ?? declared).filter((size) => size !== null);
    if (shape.length !== declared.length || declared.length === 0) {
      fail("model-input-open", { input: name, shape: declared });
    }
    return { name, shape };
  });
}
