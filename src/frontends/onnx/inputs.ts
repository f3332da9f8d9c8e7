import { fail } from "../../base/diagnostic.js";
import { codeOfDType } from "../../ir/operators/element-type.js";
import type { OnnxModel, ValueSpec } from "./model.js";
import { tokensInput } from "./sequences.js";
import { irType, isNarrowed, nameOfType } from "./tensors.js";

export interface GraphOptions {
  /** Sizes of one sample of the one input, as samples come, for a model that leaves them open. */
  readonly inputShape?: readonly number[];
  /** Samples come with their channels last, and the model takes them second: a Transpose is put in front. */
  readonly layout?: "channels_last";
  /**
   * Samples are sequences of tokens, never padded: inputs beside them (attention_mask, position_ids) are constants, and
   * outputs that are caches are left out.
   */
  readonly sequences?: "whole";
}

/** An input as a program sees it. Shapes are without the batch, as samples come; null is an open size. */
export interface DeclaredInput {
  readonly name: string;
  readonly shape: readonly (number | null)[];
}

/** An input whose sizes are known. */
export interface ResolvedInput {
  readonly name: string;
  /** Of one sample, as it comes. */
  readonly sampleShape: readonly number[];
  /** What moves the channels of [batch, ...sample] to where the model has them. */
  readonly permutation?: readonly number[];
  /** Number of the element type that the file declares, where it is not float32. */
  readonly cast?: number;
  /** The float type of another width that the file declares, which is float32 here. */
  readonly narrowed?: string;
  /** The batch that the file fixes. */
  readonly batch?: number;
}

/** Inputs that are fed: an input that is an initializer, too, has its value already. */
function fedInputs(model: OnnxModel, { sequences }: GraphOptions): readonly ValueSpec[] {
  const inputs = model.graph.inputs.filter(({ name }) => !model.graph.initializers.has(name));
  return sequences === "whole" && inputs.length > 1 ? [tokensInput(inputs)] : inputs;
}

/**
 * Inputs and their shapes as samples come.
 * @throws {DiagnosticError} `onnx-input` for an input that is no tensor of numbers or has no batch
 */
export function declaredInputs(model: OnnxModel, options: GraphOptions = {}): readonly DeclaredInput[] {
  return fedInputs(model, options).map((spec) => ({
    name: spec.name,
    shape: asSamples(modelShape(spec), options.layout),
  }));
}

/** The shape that the model takes, without the batch; null for open sizes. */
function modelShape({ name, elemType, shape }: ValueSpec): readonly (number | null)[] {
  if (elemType === undefined || irType(elemType) === undefined) {
    const type = elemType === undefined ? "no tensor" : nameOfType(elemType);
    return fail("onnx-input", { input: name, reason: `is ${type}; tensors of numbers are read` });
  }
  if (!shape || shape.length === 0) {
    const what = shape ? "is a single number, without a batch" : "has no shape";
    return fail("onnx-input", { input: name, reason: what, fix: "export the model with the shapes of its inputs" });
  }
  const [, ...rest] = shape;
  if (typeof shape[0] === "number" && rest.some((dim) => typeof dim === "string" && /^(batch|N$|n$)/.test(dim))) {
    const fix = "export it with the batch first (`batch_first=True` of PyTorch's recurrent layers)";
    return fail("onnx-input", {
      input: name,
      reason: `has shape [${shape.join(", ")}]: its batch is not the first size`,
      fix,
    });
  }
  if (shape.some((dim) => typeof dim === "number" && (dim < 0 || dim > 2 ** 31))) {
    return fail("onnx-input", { input: name, reason: `has shape [${shape.join(", ")}]` });
  }
  return rest.map((dim) => (typeof dim === "number" ? dim : null));
}

/** [C, H, W] as [H, W, C], where samples come so. */
function asSamples<D>(shape: readonly D[], layout: GraphOptions["layout"]): readonly D[] {
  const [channels, ...plane] = shape;
  return movesChannels(shape, layout) && channels !== undefined ? [...plane, channels] : shape;
}

const movesChannels = (shape: readonly unknown[], layout: GraphOptions["layout"]): boolean =>
  layout === "channels_last" && shape.length >= 2 && shape.length <= 4;

/**
 * Inputs with all sizes known.
 * @throws {DiagnosticError} `model-input-open`, `model-input-mismatch`, `model-input-several`, `onnx-layout`, `onnx-input`
 */
export function resolveInputs(model: OnnxModel, options: GraphOptions): readonly ResolvedInput[] {
  const specs = fedInputs(model, options);
  const declared = declaredInputs(model, options);
  if (declared.length === 0) fail("onnx-graph", { path: model.source, reason: "it has no inputs" });
  if (options.layout && !specs.some((spec) => movesChannels(modelShape(spec), options.layout))) {
    fail("onnx-layout", { shapes: declared.map(({ shape }) => `an input [${shape.join(", ")}]`) });
  }
  if (options.inputShape && declared.length > 1) {
    fail("model-input-several", { inputs: declared.map(({ name }) => name) });
  }
  return specs.map((spec, i): ResolvedInput => {
    const shape = declared[i]?.shape ?? [];
    const sampleShape = filled(spec.name, shape, options.inputShape);
    const rank = sampleShape.length + 1;
    const moved = movesChannels(shape, options.layout);
    const [batch] = spec.shape ?? [];
    const dtype = irType(spec.elemType ?? 1) ?? "float32";
    return {
      name: spec.name,
      sampleShape,
      ...(moved ? { permutation: [0, rank - 1, ...sampleShape.slice(1).map((_, at) => at + 1)] } : {}),
      ...(dtype === "float32" ? {} : { cast: codeOfDType(dtype) }),
      ...(isNarrowed(spec.elemType ?? 1) ? { narrowed: nameOfType(spec.elemType ?? 1) } : {}),
      ...(typeof batch === "number" ? { batch } : {}),
    };
  });
}

function filled(
  input: string,
  declared: readonly (number | null)[],
  given: readonly number[] | undefined,
): readonly number[] {
  const fits = given?.length === declared.length && declared.every((size, i) => size === null || size === given[i]);
  if (given && !fits) return fail("model-input-mismatch", { input, declared, given });
  return declared.map((size, i) => size ?? given?.[i] ?? fail("model-input-open", { input, shape: declared }));
}
