import type { DataReference, Dataset } from "../datasets/dataset.js";
import { readers } from "../datasets/registry.js";
import { toGraph } from "../frontends/tfjs/graph.js";
import { readTfjs } from "../frontends/tfjs/read.js";
import type { Graph } from "../ir/graph.js";
import type { ModelReference } from "../plan/plan.js";

/** The user's model as the frontend lowers it, before any pass. */
export interface OpenedModel {
  readonly graph: Graph;
  readonly hash: string;
}

/** @throws {DiagnosticError} whatever the frontend finds wrong with the files or cannot lower. */
export async function openModel(ref: ModelReference): Promise<OpenedModel> {
  const model = await readTfjs(ref.path);
  const graph = toGraph(model, ref.inputShape ? { inputShape: ref.inputShape } : {});
  return { graph, hash: model.hash };
}

/** @throws {DiagnosticError} whatever the reader finds wrong. */
export async function openDataset(ref: DataReference): Promise<Dataset> {
  const reader = readers.find(({ name }) => name === ref.reader);
  if (!reader) throw new Error(`run: no reader is called ${ref.reader}; the checker lets none such through`);
  return reader.open(ref);
}
