import { fail } from "../../base/diagnostic.js";
import type { Dim } from "../../ir/graph.js";
import type { GraphModel, GraphModelInput } from "./model.js";

/** An input with every size known but for the batch, which comes first. */
export interface ResolvedInput extends GraphModelInput {
  /** The batch that the file fixes; null where it leaves that open. */
  readonly batch: number | null;
  readonly sample: readonly number[];
}

/** The inputs as a user declares them: sizes without the batch; null is a size that is left open. */
export function declaredInputs({ inputs }: Pick<GraphModel, "inputs">) {
  return inputs.map(({ name, shape }) => ({ name, shape: (shape ?? [null]).slice(1) }));
}

/**
 * The inputs with every size known: as declared, or as `inputShape` (without the batch) says for the one input of a model.
 * @throws {DiagnosticError} for sizes that are open, and for inputs that hold no samples
 */
export function resolveInputs({ inputs }: GraphModel, inputShape: readonly number[] | undefined): ResolvedInput[] {
  if (inputShape !== undefined && inputs.length !== 1) {
    fail("model-input-several", { inputs: inputs.map(({ name }) => name) });
  }
  return inputs.map((input) => {
    const { name, node, shape } = input;
    if (shape !== undefined && shape.length === 0) {
      const reason = "it is a single number, not one for each sample; export the model with a constant in its place";
      fail("graph-op-unsupported", { node, op: "Placeholder", reason });
    }
    const declared = shape?.slice(1);
    const fits =
      inputShape === undefined ||
      declared === undefined ||
      (inputShape.length === declared.length && declared.every((size, i) => size === null || size === inputShape[i]));
    if (!fits) fail("model-input-mismatch", { input: name, declared: declared ?? [], given: inputShape });
    const sample = (inputShape ?? declared ?? [null]).filter((size) => size !== null);
    const open = sample.length !== (inputShape ?? declared ?? [null]).length || sample.some((size) => size < 1);
    if (open) fail("model-input-open", { input: name, shape: declared ?? [null] });
    return { ...input, batch: shape?.[0] ?? null, sample };
  });
}

/** The batch that every input has in the file; null where one leaves it open, undefined where they differ. */
export function commonBatch(inputs: readonly ResolvedInput[]): number | null | undefined {
  const batches = new Set(inputs.map(({ batch }) => batch));
  if (batches.has(null)) return null;
  return batches.size === 1 ? inputs[0]?.batch : undefined;
}

/** The shape of an input's tensor. */
export function shapeOf({ batch, sample }: ResolvedInput, common: Dim | undefined): Dim[] {
  return [common ?? batch ?? 1, ...sample];
}
