import type { DataReference, Dataset } from "../datasets/dataset.js";
import { readers } from "../datasets/registry.js";
import { openPretrained } from "../frontends/decoder/pretrained.js";
import type { GraphOptions } from "../frontends/onnx/inputs.js";
import { openOnnx } from "../frontends/onnx/open.js";
import { openSynthetic } from "../frontends/synthetic/open.js";
import { openTfjs } from "../frontends/tfjs-model.js";
import type { Graph } from "../ir/graph.js";
import type { ModelReference } from "../plan/plan.js";
import { prepare } from "../quantize/passes/float/prepare.js";

/** The user's model as the frontend lowers it, before any pass. */
export interface OpenedModel {
  /** Of a model that came quantized: its float form, which fp32 and every scheme start from. */
  readonly graph: Graph;
  /** The model as it came, where that is quantized. */
  readonly given?: Graph;
  readonly hash: string;
}

/** @throws {DiagnosticError} whatever the frontend finds wrong with the files or cannot lower. */
export async function openModel(ref: ModelReference): Promise<OpenedModel> {
  if (ref.format === "synthetic") return openSynthetic(ref.settings ?? {});
  if (ref.format === "safetensors") {
    const model = openPretrained(ref.path, ref.inputShape);
    return { graph: model.lower(), hash: model.hash };
  }
  if (ref.format === "onnx") {
    const model = await openOnnx(ref.path);
    return { ...model.lowerBoth(graphOptions(ref)), hash: model.hash };
  }
  const model = await openTfjs(ref.path);
  return { graph: model.lower(graphOptions(ref)), hash: model.hash };
}

/** What the program says of the model's inputs. */
export function graphOptions({ inputShape, layout, sequences }: ModelReference): GraphOptions {
  return {
    ...(inputShape ? { inputShape } : {}),
    ...(layout === "channels_last" ? { layout } : {}),
    ...(sequences ? { sequences } : {}),
  };
}

/**
 * The same with its float graph prepared, for a child process that is started with `--expose-gc`: the weights as they lay in
 * the file are given back before passes make their own, so that memory stays below three times the weights.
 * @throws {DiagnosticError} as `openModel` does
 */
export async function openPrepared(
  ref: ModelReference,
  entering: (stage: "load" | "lower") => void = () => {},
): Promise<OpenedModel> {
  const opened = await lowered(ref, entering);
  collectGarbage();
  return opened;
}

/** Apart, so that nothing of what it read is held when it has returned. */
async function lowered(ref: ModelReference, entering: (stage: "load" | "lower") => void): Promise<OpenedModel> {
  entering("load");
  const { graph, ...rest } = await openModel(ref);
  collectGarbage();
  entering("lower");
  return { ...rest, graph: prepare(graph) };
}

const collectGarbage = () => (globalThis as { readonly gc?: () => void }).gc?.();

/** @throws {DiagnosticError} whatever the reader finds wrong. */
export async function openDataset(ref: DataReference): Promise<Dataset> {
  const reader = readers.find(({ name }) => name === ref.reader);
  if (!reader) throw new Error(`run: no reader is called ${ref.reader}; the checker lets none such through`);
  return reader.open(ref);
}
