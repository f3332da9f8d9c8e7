/**
 * Nibble as a library: quantization experiments on TF.js models, from TypeScript or JavaScript.
 *
 * ```ts
 * import { nibble } from "nibble-quant";
 * const result = await nibble`…a program of the language…`;
 * console.log(result.table());
 * ```
 */
export { type Diagnostic, DiagnosticError, renderDiagnostic, words } from "./base/diagnostic.js";
export type { SourceFile, Span } from "./base/span.js";
export { type AttentionArgs, type DecoderLayers, decoderLayers } from "./engines/decoder-layers.js";
export type { Exported } from "./export/export.js";
export type { ExportManifest } from "./export/manifest.js";
export { verifyExport } from "./export/manifest-file.js";
export type { LayerContext, LayerDefinition, LayerSite, Value as LayerValue } from "./frontends/tfjs/layer.js";
export type { Plan, SkippedTrial, Trial } from "./plan/plan.js";
export type { Scheme } from "./quantize/scheme.js";
export type { ExpectationResult } from "./results/expectations.js";
export type {
  AccuracyResult,
  CompletedRecord,
  FailedRecord,
  LatencyResult,
  SizeResult,
  SkippedRecord,
  TrialRecord,
} from "./results/record.js";
export type { RunEvent } from "./run/events.js";
export { type LayerModule, registerLayers } from "./run/layer-modules.js";
export { type Data, type DataSource, openData, type Samples, type Values } from "./session/data.js";
export { type AnyOf, anyOf, type ExperimentSpec, experimentText, runExperiment } from "./session/experiment.js";
export type { ExportOptions, ExportWish } from "./session/export.js";
export {
  type CheckedText,
  checkText,
  explainText,
  type ProgramOptions,
  type RanText,
  type RunTextOptions,
  runText,
} from "./session/program.js";
export { ProgramError } from "./session/program-error.js";
export type { Result } from "./session/result.js";
export {
  type SavedExperiment,
  type SavedResult,
  type SavedResultOptions,
  savedExperiments,
  savedResult,
} from "./session/saved-result.js";
export { type Displayable, show } from "./session/show.js";
export { nibble, runProgram } from "./session/template.js";
