import { type DataFacts, dataWording } from "./data.js";
import { type DecoderFacts, decoderWording } from "./decoder.js";
import { type ExecutionFacts, executionWording } from "./execution.js";
import { type ExportFacts, exportWording } from "./export.js";
import { type GraphModelFacts, graphModelWording } from "./graph-model.js";
import { type KernelFacts, kernelWording } from "./kernel.js";
import { type LanguageFacts, languageWording } from "./language.js";
import { type ModelFacts, modelWording } from "./model.js";
import { type NotebookFacts, notebookWording } from "./notebook.js";
import { type OnnxFacts, onnxWording } from "./onnx.js";
import { type QuantizeFacts, quantizeWording } from "./quantize.js";
import { type ResultsFacts, resultsWording } from "./results.js";
import type { WordingOf } from "./wording.js";

/** Every diagnostic code of Nibble and the facts that it carries; one file an area, put together here. */
export type DiagnosticFacts = LanguageFacts &
  ModelFacts &
  GraphModelFacts &
  OnnxFacts &
  DataFacts &
  DecoderFacts &
  QuantizeFacts &
  ExecutionFacts &
  ResultsFacts &
  ExportFacts &
  KernelFacts &
  NotebookFacts;

export type DiagnosticCode = keyof DiagnosticFacts;

/** The words of each code. Facts are stored; words are made when shown. */
export const wording: WordingOf<DiagnosticFacts> = {
  ...languageWording,
  ...modelWording,
  ...graphModelWording,
  ...onnxWording,
  ...dataWording,
  ...decoderWording,
  ...quantizeWording,
  ...executionWording,
  ...resultsWording,
  ...exportWording,
  ...kernelWording,
  ...notebookWording,
};
