import { fail } from "../../base/diagnostic.js";
import { elementCount, type Tensor, tensorFrom } from "../../tensor/tensor.js";
import type { OnnxModel, ValueSpec } from "./model.js";
import { irType, isNarrowed, nameOfType } from "./tensors.js";

/**
 * Language models as Hugging Face's exporters write them take more than tokens. Where data is sequences of tokens that are
 * whole, never padded, these inputs are the same for every sample, and so constants of the graph.
 */

/** What the elements of an input are for whole sequences: one number, or 0, 1, 2 ... along the steps. */
export type Filling = "ones" | "zeros" | "counted";

const fillings: Readonly<Record<string, Filling>> = {
  attention_mask: "ones",
  position_ids: "counted",
  token_type_ids: "zeros",
  cache_position: "counted",
};

/** Keys and values of earlier tokens, which go in (`past_key_values.0.key`) and come out (`present.0.key`). */
const isCache = (name: string): boolean => /^(past|present|cache_params)|^use_cache_branch$/.test(name);

const fillingOf = (name: string): Filling | undefined => (Object.hasOwn(fillings, name) ? fillings[name] : undefined);

/** An input that is the same for every sample. */
export interface ConstantInput {
  readonly name: string;
  readonly filling: Filling;
  /** Contents for so many samples. */
  contents(batch: number): Tensor;
  /** Whether it has no batch: [steps]. */
  readonly isFlat: boolean;
  /** The float type of another width that the file declares. */
  readonly narrowed?: string;
}

/**
 * Which of a model's inputs are its tokens, where all others would be known from whole sequences, but for caches; undefined
 * for a model of another kind.
 */
export function tokensAmong(names: readonly string[]): string | undefined {
  const [tokens, ...others] = names.filter((name) => fillingOf(name) === undefined && !isCache(name));
  return others.length === 0 ? tokens : undefined;
}

/**
 * The tokens among a model's inputs.
 * @throws {DiagnosticError} `onnx-input` for a model that takes keys and values of earlier tokens, or other inputs than text gives
 */
export function tokensInput(inputs: readonly ValueSpec[]): ValueSpec {
  const cache = inputs.find(({ name }) => isCache(name));
  if (cache) {
    fail("onnx-input", {
      input: cache.name,
      reason: "belongs to a cache of earlier tokens, which text does not give",
      fix: "export the model without a cache (`use_cache=False`; optimum's task `text-generation`): decoding is timed behind one anyway",
    });
  }
  const name = tokensAmong(inputs.map((input) => input.name));
  const tokens = inputs.find((input) => input.name === name);
  return tokens ?? fail("onnx-input", { input: inputs[0]?.name ?? "", reason: "is not the one that takes tokens" });
}

/**
 * The inputs beside the tokens, for sequences of so many tokens.
 * @throws {DiagnosticError} `onnx-input` for one of another shape or type
 */
export function constantInputs({ graph }: OnnxModel, steps: number): readonly ConstantInput[] {
  return graph.inputs.flatMap((spec): ConstantInput[] => {
    const filling = graph.initializers.has(spec.name) ? undefined : fillingOf(spec.name);
    if (!filling) return [];
    const { name, elemType = 0, shape = [] } = spec;
    const dtype = irType(elemType);
    const size = shape.at(-1);
    const isFlat = shape.length === 1;
    if (
      !dtype ||
      shape.length > 2 ||
      (isFlat && filling !== "counted") ||
      (typeof size === "number" && size !== steps)
    ) {
      const what = dtype ? `has shape [${shape.join(", ")}]` : `is ${nameOfType(elemType)}`;
      return fail("onnx-input", { input: name, reason: `${what}; sequences of ${steps} tokens are read` });
    }
    const contents = (batch: number): Tensor => {
      const sizes = isFlat ? [steps] : [batch, steps];
      const element = (i: number) => (filling === "counted" ? i % steps : filling === "ones" ? 1 : 0);
      return tensorFrom(
        dtype,
        sizes,
        Array.from({ length: elementCount(sizes) }, (_, i) => element(i)),
      );
    };
    const narrowed = isNarrowed(elemType) ? { narrowed: nameOfType(elemType) } : {};
    return [{ name, filling, contents, isFlat, ...narrowed }];
  });
}

/** Outputs without the caches among them, unless nothing else comes out. */
export function withoutCaches<T extends { readonly name: string }>(outputs: readonly T[]): readonly T[] {
  const others = outputs.filter(({ name }) => !isCache(name));
  return others.length > 0 ? others : outputs;
}
