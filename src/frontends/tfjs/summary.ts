import { type Diagnostic, DiagnosticError, diagnostic } from "../../base/diagnostic.js";
import { elementCount } from "../../tensor/tensor.js";
import { shapesOnly } from "./emitter.js";
import type { GraphOptions } from "./graph.js";
import { declaredInputs, resolveInputs } from "./inputs.js";
import { lowerModel } from "./lower.js";
import type { TfjsModel } from "./model.js";
import { weightFinder } from "./scope.js";
import { placesOf, unknownLayers } from "./walk.js";

export interface LayerSummary {
  /** As nodes, `keep` rules and per-layer reports have it: `a/b` for the layer b of a model a used as a layer. */
  readonly name: string;
  readonly className: string;
  /** Elements of its weights; a shared layer counts once. */
  readonly parameters: number;
  /** Whether quantization has integer kernels for its weights. */
  readonly quantizable: boolean;
}

export interface InputSummary {
  readonly name: string;
  /** Without the batch; null is a size that the model leaves open. */
  readonly shape: readonly (number | null)[];
}

export interface OutputSummary {
  readonly name: string;
  /** Without the batch; absent while input sizes are open or the model cannot be lowered. */
  readonly shape?: readonly number[];
}

/** What a program can name of a model, known from its topology without building a graph. */
export interface ModelSummary {
  readonly layers: readonly LayerSummary[];
  readonly inputs: readonly InputSummary[];
  readonly outputs: readonly OutputSummary[];
  /** Errors for what `toGraph` would refuse; warnings for options that TF.js ignores and Keras does not. */
  readonly diagnostics: readonly Diagnostic[];
}

/** Layers, inputs and outputs of a model. Never throws: what is wrong with the model is in `diagnostics`. */
export function summarize(model: TfjsModel, options: GraphOptions = {}): ModelSummary {
  const diagnostics: Diagnostic[] = unknownLayers(model.topology);
  const find = weightFinder(model);
  const layers = placesOf(model.topology).map(({ site, shown: className, scope, definition }): LayerSummary => {
    const variables = collected(diagnostics, () => definition?.weights?.(site)) ?? [];
    const sizes = variables.map((variable) => {
      const found = collected(diagnostics, () => find(scope, site.name, variable));
      return found === undefined ? 0 : elementCount(found[1].shape);
    });
    for (const [option, value] of collected(diagnostics, () => definition?.ignored?.(site)) ?? []) {
      const facts = { layer: site.name, className: site.className, option, value };
      diagnostics.push(diagnostic("option-ignored", facts, { severity: "warning" }));
    }
    return {
      name: site.name,
      className,
      parameters: sizes.reduce((sum, size) => sum + size, 0),
      quantizable: definition?.quantizable === true,
    };
  });
  const inputs = collected(diagnostics, () => declaredInputs(model.topology)) ?? [];
  const lowered = diagnostics.some(({ severity }) => severity === "error")
    ? undefined
    : collected(diagnostics, () => {
        const values = resolveInputs(model.topology, options.inputShape);
        return lowerModel({ emitter: shapesOnly, find }, model.topology, values);
      });
  const outputs = model.topology.outputs.map(({ layer: name }, i): OutputSummary => {
    const shape = lowered?.[i]?.shape;
    return shape === undefined ? { name } : { name, shape };
  });
  return { layers, inputs, outputs, diagnostics };
}

/** The result of `read`, or its diagnostics put with the others. */
function collected<T>(diagnostics: Diagnostic[], read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof DiagnosticError)) throw error;
    diagnostics.push(...error.diagnostics);
    return undefined;
  }
}
